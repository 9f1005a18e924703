//! Names of runs with the folders and the settings in which they differ, where the names themselves say nothing of the
//! runs.

use std::{cmp::Reverse, collections::BTreeSet, sync::LazyLock};

use regex::Regex;
use trainscape_run::{Config, Run};

use super::{classes, groups, names::without_middle};

/// Settings in a name: more make no legend.
const MOST_SETTINGS: usize = 2;
/// Characters of a setting's value in a name.
const MAX_VALUE: usize = 18;
/// Characters of a folder's name.
const MAX_FOLDER: usize = 28;
/// Characters of a setting's key in a name.
const MAX_KEY: usize = 16;

/// Words that say that a name is one of a run, not what the run is.
const OF_RUNS: [&str; 16] = [
    "version",
    "run",
    "trial",
    "exp",
    "experiment",
    "log",
    "logs",
    "job",
    "start",
    "try",
    "offline",
    "checkpoint",
    "output",
    "outputs",
    "results",
    "data",
];

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// The names that W&B gives to runs: `dainty-sky-12`.
static OF_WANDB: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[a-z]+-[a-z]+-\d+$").expect("a constant pattern is valid"));

/// The identifiers that W&B gives to runs: `z2lzlmhv`.
static ID_OF_WANDB: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[a-z0-9]{8}$").expect("a constant pattern is valid"));

/// Names that say nothing of their runs, each with the folder and up to two settings that tell most of the runs apart;
/// the names themselves where they tell something or nothing is known that does.
pub(super) fn telling_names(names: Vec<String>, runs: &[&Run]) -> Vec<String> {
    if names.len() < 2 || !are_opaque(&names) {
        return names;
    }
    let configs: Vec<&Config> = runs.iter().map(|run| &*run.config).collect();
    let folders = telling_folders(runs);
    // How long a run trains is said where nothing else is known.
    let settings = telling_settings(&configs, groups::orders_runs)
        .or_else(|| telling_settings(&configs, |_| true));
    let named = names.into_iter().enumerate();
    named
        .map(|(row, name)| {
            let name = match &folders {
                // The folder of one run alone is its name.
                Some(folders) if is_only(folders, row) => folders[row].clone(),
                Some(folders) => format!("{}/{name}", folders[row]),
                None => name,
            };
            match &settings {
                Some(settings) => format!("{name}: {}", settings[row]),
                None => name,
            }
        })
        .collect()
}

/// The folder of each run at the level that tells most runs apart by words.
fn telling_folders(runs: &[&Run]) -> Option<Vec<String>> {
    let paths: Vec<Vec<&str>> = runs.iter().map(|run| run.id.split('/').collect()).collect();
    let levels = paths.iter().map(|path| path.len() - 1).min()?;
    let at_level = |level: usize| -> Vec<String> {
        let folders = paths.iter().map(|path| path[level]);
        folders.map(str::to_owned).collect()
    };
    let says_something =
        |folder: &String| classes::is_word(folder) && !are_opaque(std::slice::from_ref(folder));
    let telling = (0..levels).map(at_level).filter(|folders| {
        distinct(folders) > 1
            && folders.iter().all(says_something)
            && longest(folders) <= MAX_FOLDER
    });
    telling.max_by_key(|folders| distinct(folders))
}

/// Up to two settings that tell at least half of the runs apart.
fn telling_settings(configs: &[&Config], is_told: fn(&str) -> bool) -> Option<Vec<String>> {
    let mut texts = vec![String::new(); configs.len()];
    let mut told = 1;
    let mut candidates = candidates(configs, is_told);
    for _ in 0..MOST_SETTINGS {
        let with = |candidate: &Candidate| -> Vec<String> {
            let joined = texts.iter().zip(&candidate.values);
            joined
                .map(|(text, value)| match text.is_empty() {
                    true => value.clone(),
                    false => format!("{text}, {value}"),
                })
                .collect()
        };
        let all = candidates
            .iter()
            .map(|candidate| (with(candidate), &candidate.key));
        let best = all.max_by_key(|(texts, _)| (distinct(texts), Reverse(longest(texts))));
        let Some((best, key)) = best else { break };
        if distinct(&best) > told {
            told = distinct(&best);
            texts = best;
            // Loggers record one setting under several keys.
            let key = key.clone();
            candidates.retain(|candidate| candidate.key != key);
        }
    }
    (told > 1 && told * 2 >= configs.len()).then_some(texts)
}

/// Whether no name says what its run is: numbers, dates, random identifiers and words for a run.
fn are_opaque(names: &[String]) -> bool {
    let are_all = |pattern: &Regex| names.iter().all(|name| pattern.is_match(name));
    let is_opaque = |name: &String| {
        let words = name.split(|c: char| !c.is_alphanumeric());
        words.filter(|word| !word.is_empty()).all(is_opaque_word)
    };
    are_all(&OF_WANDB)
        || are_all(&ID_OF_WANDB) && names.iter().any(|name| has_digit_inside(name))
        || names.iter().all(is_opaque)
}

/// Whether letters follow a digit, as they do in random identifiers but not in `resnet50`.
fn has_digit_inside(word: &str) -> bool {
    let mut pairs = word.as_bytes().windows(2);
    pairs.any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_alphabetic())
}

fn is_only(folders: &[String], row: usize) -> bool {
    let same = folders.iter().filter(|folder| **folder == folders[row]);
    same.count() == 1
}

fn is_opaque_word(word: &str) -> bool {
    let lower = word.to_lowercase();
    // TensorBoard's writer of PyTorch names folders `Apr26_23-55-01_host`.
    let is_day = MONTHS.iter().any(|month| {
        lower
            .strip_prefix(month)
            .is_some_and(|day| !day.is_empty() && day.len() <= 2)
    });
    let is_hash = word.len() >= 7
        && has_digit_inside(word)
        && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    word.bytes().all(|byte| byte.is_ascii_digit())
        || is_hash
        || is_day && word.ends_with(|c: char| c.is_ascii_digit())
        || OF_RUNS.contains(&lower.trim_end_matches(|c: char| c.is_ascii_digit()))
}

/// A setting that all runs state.
struct Candidate {
    /// The last part of its key.
    key: String,
    /// What a name says of its value.
    values: Vec<String>,
}

/// The settings that all runs state, and that may be told, in the order of preference.
fn candidates(configs: &[&Config], is_told: fn(&str) -> bool) -> Vec<Candidate> {
    let keys = groups::varying_keys(configs.iter().copied());
    let mut keys: Vec<&str> = keys.into_iter().filter(|key| is_told(key)).collect();
    // The last of those that tell equally many apart is taken.
    keys.sort_by_key(|key| Reverse(groups::rank_of_setting(key)));
    let values = keys.into_iter().map(|key| {
        let short = match key.rsplit(['.', '/']).next().unwrap_or(key) {
            "learning_rate" => "lr",
            short => short,
        };
        let value = |config: &&Config| {
            let value = config.get(key)?.to_string();
            let value = value.rsplit('/').next().unwrap_or(&value).to_owned();
            Some(value)
        };
        let values: Vec<String> = configs.iter().map(value).collect::<Option<_>>()?;
        let values = match groups::rank_of_setting(key) {
            0 => without_middles(values),
            _ => {
                let fits = short.chars().count() <= MAX_KEY
                    && values
                        .iter()
                        .all(|value| value.chars().count() <= MAX_VALUE);
                let named = values.iter().map(|value| format!("{short} {value}"));
                fits.then(|| named.collect())?
            }
        };
        Some(Candidate {
            key: short.to_owned(),
            values,
        })
    });
    values.flatten().collect()
}

/// The names of methods without their middles, where they are long and differ without them, too.
fn without_middles(names: Vec<String>) -> Vec<String> {
    let cut: Vec<String> = names
        .iter()
        .map(|name| without_middle(name, MAX_VALUE))
        .collect();
    match distinct(&cut) == distinct(&names) {
        true => cut,
        false => names,
    }
}

fn distinct(texts: &[String]) -> usize {
    texts.iter().collect::<BTreeSet<_>>().len()
}

fn longest(texts: &[String]) -> usize {
    let lens = texts.iter().map(|text| text.chars().count());
    lens.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use trainscape_run::ConfigValue;

    use super::*;

    fn named(runs: &[(&str, &[(&str, ConfigValue)])]) -> Vec<String> {
        let runs: Vec<Run> = runs
            .iter()
            .map(|(id, settings)| {
                let mut run = Run::new(*id, *id, (*id).into());
                let settings = settings.iter();
                let config: Config = settings
                    .map(|(key, value)| ((*key).to_owned(), value.clone()))
                    .collect();
                run.config = Arc::new(config);
                run
            })
            .collect();
        let name = |run: &Run| run.id.rsplit('/').next().unwrap().to_owned();
        telling_names(
            runs.iter().map(name).collect(),
            &runs.iter().collect::<Vec<_>>(),
        )
    }

    #[test]
    fn numbers_and_random_names_have_settings() {
        let settings = |dim: i64, lr: f64, model: &str| {
            [
                ("dim", ConfigValue::Int(dim)),
                ("optim.lr", ConfigValue::Float(lr)),
                ("model_name", ConfigValue::Text(model.to_owned())),
                ("seed", ConfigValue::Int(dim)),
            ]
        };
        let of = |names: [&str; 3]| {
            let [a, b, c] = [
                settings(64, 0.1, "org/albert"),
                settings(64, 0.01, "org/albert"),
                settings(32, 0.01, "org/bert"),
            ];
            named(&[(names[0], &a), (names[1], &b), (names[2], &c)])
        };
        let expected = ["albert, lr 0.1", "albert, lr 0.01", "bert, lr 0.01"];
        for names in [
            ["0", "3", "14"],
            ["version_0", "version_3", "version_14"],
            ["z2lzlmhv", "6a0em794", "2q7opfsy"],
            ["dainty-sky-12", "wise-fog-3", "ruby-sun-144"],
        ] {
            let expected = names.iter().zip(expected);
            let expected: Vec<String> = expected
                .map(|(name, settings)| format!("{name}: {settings}"))
                .collect();
            assert_eq!(of(names), expected);
        }
        for names in [["resnet50", "resnet18", "vgg16"], ["baseline", "wide", "3"]] {
            assert_eq!(of(names), names);
        }
    }

    #[test]
    fn checkpoints_of_several_trainings_have_their_lengths() {
        let steps = |steps: i64| [("max_steps", ConfigValue::Int(steps))];
        let [a, b, c] = [steps(872), steps(1743), steps(7843)];
        assert_eq!(
            named(&[
                ("checkpoint-872", &a),
                ("checkpoint-1500", &b),
                ("data", &c)
            ]),
            [
                "checkpoint-872: max_steps 872",
                "checkpoint-1500: max_steps 1743",
                "data: max_steps 7843"
            ]
        );
    }

    #[test]
    fn the_folder_of_one_run_takes_the_place_of_a_name_that_says_nothing() {
        assert_eq!(
            named(&[
                ("out/full_ft/runs/Apr26_23-55-01", &[]),
                ("out/lora/runs/Apr27_14-05-38", &[]),
                ("out/lora/runs/Apr28_11-44-05", &[]),
            ]),
            ["full_ft", "lora/Apr27_14-05-38", "lora/Apr28_11-44-05"]
        );
    }

    #[test]
    fn dates_have_the_folder_that_tells_them_apart() {
        assert_eq!(
            named(&[
                ("logs/sac/4213/240417-233532", &[]),
                ("logs/sac/4213/240418-214003", &[]),
                ("logs/rainbow/0/240417-113524", &[]),
            ]),
            ["sac/240417-233532", "sac/240418-214003", "rainbow"]
        );
    }

    #[test]
    fn settings_that_tell_few_runs_apart_are_no_names() {
        let settings = |lr: f64| [("lr", ConfigValue::Float(lr))];
        let [one, other] = [settings(0.1), settings(0.01)];
        assert_eq!(
            named(&[
                ("1", &one),
                ("2", &one),
                ("3", &one),
                ("4", &one),
                ("5", &other)
            ]),
            ["1", "2", "3", "4", "5"]
        );
        assert_eq!(named(&[("1", &one), ("2", &one)]), ["1", "2"]);
    }
}
