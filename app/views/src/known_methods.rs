//! Names of methods that runs are compared by: algorithms of reinforcement learning, and optimizers.

/// Algorithms.
const ALGORITHMS: [&str; 47] = [
    "a2c",
    "a3c",
    "acktr",
    "apex",
    "ars",
    "bc",
    "c51",
    "cql",
    "ddpg",
    "dqn",
    "dreamer",
    "es",
    "gail",
    "her",
    "impala",
    "iql",
    "iqn",
    "ppo",
    "ppo2",
    "qrdqn",
    "rainbow",
    "sac",
    "td3",
    "tqc",
    "trpo",
    "vpg",
    "qmix",
    "vdn",
    "coma",
    "maven",
    "qtran",
    "mappo",
    "ippo",
    "maddpg",
    "reinforce",
    "rnd",
    "icm",
    "mpo",
    "redq",
    "crossq",
    "tdmpc",
    "muzero",
    "npg",
    "awac",
    "td3bc",
    "grpo",
    "cem",
];

/// Optimizers.
const OPTIMIZERS: [&str; 24] = [
    "adabelief",
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "adan",
    "ademamix",
    "lamb",
    "lars",
    "lbfgs",
    "lion",
    "muon",
    "nadam",
    "prodigy",
    "radam",
    "rmsprop",
    "sgd",
    "sgdm",
    "shampoo",
    "signsgd",
    "soap",
    "sophia",
];

/// Whether a word is the name of an algorithm.
pub(super) fn is_algorithm_word(word: &str) -> bool {
    ALGORITHMS.contains(&word.to_ascii_lowercase().as_str())
}

/// Whether a name begins with that of an algorithm: `ppo_clip`, `dreamerv3`, `SAC`.
pub(super) fn is_algorithm(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let continues = |rest: &str| rest.starts_with(|c: char| c.is_alphabetic());
    ALGORITHMS.iter().any(|algorithm| {
        let rest = lower.strip_prefix(algorithm);
        rest.is_some_and(|rest| rest.starts_with('v') || !continues(rest))
    })
}

/// The methods in a name, in the order of the alphabet: `adamw` of `seedstudy_adamw_lr_0.1`.
pub(super) fn methods_in(name: &str) -> Option<String> {
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words = words.map(str::to_ascii_lowercase);
    let mut known: Vec<String> = words
        .filter(|word| OPTIMIZERS.contains(&word.as_str()) || is_algorithm_word(word))
        .collect();
    known.sort();
    known.dedup();
    (!known.is_empty()).then(|| known.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_found_in_names() {
        for name in [
            "ppo_clip",
            "dreamerv3",
            "SAC",
            "td3",
            "qtran_alt",
            "central",
        ] {
            assert_eq!(is_algorithm(name), name != "central", "{name}");
        }
        let found = |name: &str| methods_in(name);
        assert_eq!(
            found("seedstudy_adamw_stable_seed_2").as_deref(),
            Some("adamw")
        );
        assert_eq!(found("runs/PPO-Muon/3").as_deref(), Some("muon ppo"));
        assert_eq!(found("madam_curie"), None);
    }
}
