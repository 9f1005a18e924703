//! Environments, data sets and algorithms by the names that trainers give them.

use std::sync::LazyLock;

use regex::Regex;

use crate::known_methods::is_algorithm_word;

/// Names of environments and data sets that have no version, in lower case and without separators.
const KNOWN: [&str; 207] = [
    "acrobot",
    "ant",
    "bipedalwalker",
    "cartpole",
    "halfcheetah",
    "hopper",
    "humanoid",
    "lunarlander",
    "mountaincar",
    "pendulum",
    "reacher",
    "swimmer",
    "walker2d",
    "walker",
    "cheetah",
    "alien",
    "amidar",
    "assault",
    "asterix",
    "beamrider",
    "boxing",
    "breakout",
    "demonattack",
    "enduro",
    "freeway",
    "frostbite",
    "gopher",
    "hero",
    "jamesbond",
    "kangaroo",
    "krull",
    "mspacman",
    "pong",
    "qbert",
    "roadrunner",
    "seaquest",
    "spaceinvaders",
    "coinrun",
    "starpilot",
    "cifar10",
    "cifar100",
    "mnist",
    "fashionmnist",
    "kmnist",
    "emnist",
    "svhn",
    "stl10",
    "imagenet",
    "tinyimagenet",
    "celeba",
    "coco",
    "voc",
    "cora",
    "citeseer",
    "pubmed",
    "sst2",
    "mrpc",
    "cola",
    "qnli",
    "rte",
    "mnli",
    "qqp",
    "stsb",
    "squad",
    "imdb",
    "wikitext",
    "openwebtext",
    "c4",
    "librispeech",
    "ogbnarxiv",
    "places365",
    "gtsrb",
    "eurosat",
    "dtd",
    "caltech101",
    "stanfordcars",
    "oxfordpets",
    "flowers102",
    "food101",
    "bigfish",
    "bossfight",
    "caveflyer",
    "chaser",
    "climber",
    "dodgeball",
    "fruitbot",
    "heist",
    "jumper",
    "leaper",
    "maze",
    "miner",
    "ninja",
    "plunder",
    "1c3s5z",
    "2c64zg",
    "2cvs64zg",
    "2mvs1z",
    "2s3z",
    "2svs1sc",
    "3m",
    "3s5z",
    "3s5zvs3s6z",
    "3svs3z",
    "3svs4z",
    "3svs5z",
    "5mvs6m",
    "6hvs8z",
    "8m",
    "8mvs9m",
    "10mvs11m",
    "25m",
    "27mvs30m",
    "banevsbane",
    "corridor",
    "mmm",
    "mmm2",
    "somanybaneling",
    "5m6m",
    "6h8z",
    "airraid",
    "asteroids",
    "atlantis",
    "bankheist",
    "battlezone",
    "berzerk",
    "bowling",
    "carnival",
    "centipede",
    "choppercommand",
    "crazyclimber",
    "doubledunk",
    "fishingderby",
    "gravitar",
    "icehockey",
    "kungfumaster",
    "montezumarevenge",
    "namethisgame",
    "phoenix",
    "pitfall",
    "privateeye",
    "riverraid",
    "robotank",
    "skiing",
    "solaris",
    "surround",
    "tennis",
    "timepilot",
    "tutankham",
    "upndown",
    "venture",
    "videopinball",
    "wizardofwor",
    "yarsrevenge",
    "zaxxon",
    "elevatoraction",
    "pooyan",
    "journeyescape",
    "defender",
    "adult",
    "covertype",
    "higgs",
    "year",
    "yahoo",
    "helena",
    "jannah",
    "californiahousing",
    "aloi",
    "microsoft",
    "yeast",
    "iris",
    "caltech256",
    "pascal",
    "kitti",
    "cityscapes",
    "ade20k",
    "nyuv2",
    "lsun",
    "ffhq",
    "cub200",
    "core50",
    "ecoset",
    "librittts",
    "vctk",
    "ljspeech",
    "timit",
    "speechcommands",
    "glue",
    "superglue",
    "boolq",
    "piqa",
    "hellaswag",
    "winogrande",
    "arc",
    "gsm8k",
    "math",
    "humaneval",
    "mbpp",
    "pubmedqa",
    "ogbnproducts",
    "reddit",
    "ppi",
    "zinc",
    "qm9",
    "mutag",
    "proteins",
    "enzymes",
    "imdbbinary",
];

/// `HalfCheetah-v4` and `MiniGrid-DoorKey-5x5-v0`.
static VERSIONED: LazyLock<Regex> =
    LazyLock::new(|| regex(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*-v\d+"));
/// Domain and task of the DeepMind Control Suite.
static CONTROL_SUITE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?:acrobot|ball_in_cup|cartpole|cheetah|dog|finger|fish|hopper|humanoid|manipulator|pendulum|point_mass|quadruped|reacher|stacker|swimmer|walker)_(?:[a-z]+(?:_sparse)?\d*)",
    )
});
pub(super) static VERSION: LazyLock<Regex> = LazyLock::new(|| regex(r"-v\d+$"));
fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern is valid")
}

/// Whether a word is the name of an environment or a data set.
pub(super) fn is_known(word: &str) -> bool {
    let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    KNOWN.contains(&word.to_ascii_lowercase().as_str())
}

/// The environment that a path names.
pub(super) fn environment(path: &str) -> Option<&str> {
    let Some(found) = VERSIONED.find(path) else {
        return CONTROL_SUITE.find(path).map(|found| found.as_str());
    };
    let mut found = found.as_str();
    while let Some((first, rest)) = found.split_once('-') {
        if !rest.contains('-') || !is_algorithm_word(first) {
            break;
        }
        found = rest;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_found_in_names() {
        for (path, wanted) in [
            ("TD3/Hopper-v2/td3_s1", Some("Hopper-v2")),
            ("PPO-Ant-v4__1__1667000000", Some("Ant-v4")),
            ("MiniGrid-DoorKey-5x5-v0", Some("MiniGrid-DoorKey-5x5-v0")),
            ("sac/walker_walk/1", Some("walker_walk")),
            ("lr_0.1", None),
        ] {
            assert_eq!(environment(path), wanted, "{path}");
        }
        assert!(is_known("CIFAR10") && is_known("3s_vs_5z") && !is_known("run"));
    }
}
