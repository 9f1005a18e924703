//! What panels are of: the environment or the data set of runs, which their configurations or their names state.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::LazyLock,
};

use regex::Regex;
use trainscape_run::{Config, ConfigValue, Role, Run};

use super::{
    known_names::{VERSION, environment, is_known},
    stages::stages,
};
use crate::{
    classes::{self, Classes, of_config, of_names},
    groups,
    known_methods::is_algorithm,
};

/// The largest number of panels: more would be too small.
pub(super) const MOST_PANELS: usize = 30;
/// The last part of configuration keys whose values are learned by different runs.
const KEYS: [&str; 19] = [
    "env",
    "env_id",
    "env_name",
    "environment",
    "environment_name",
    "gym_id",
    "game",
    "map_name",
    "level",
    "task",
    "task_name",
    "data",
    "dataset",
    "dataset_name",
    "data_set",
    "scenario",
    "domain",
    "benchmark",
    "problem",
];

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?:19|20)\d\d[-_]\d\d[-_]\d\d\S*";
    Regex::new(pattern).expect("a constant pattern is valid")
});

/// What the rows are of.
pub(super) struct Subject {
    pub(super) what: String,
    /// The title of each row's panel.
    pub(super) of_row: Vec<String>,
    /// Whether that is the stage of a training.
    pub(super) is_stage: bool,
    /// Whether what the panels show is compared: methods with one task.
    pub(super) are_compared: bool,
    /// Whether the runs state it, but for some.
    pub(super) is_stated: bool,
    /// The configuration key that states it.
    key: Option<String>,
    /// The part of the path that states it, from 0.
    part: Option<usize>,
}

impl Subject {
    /// The environment or the data set; `None` where all rows are of the same, or nothing says of which.
    pub(super) fn find(runs: &[&Run], role: Option<Role>) -> Option<Self> {
        let configs: Vec<&Config> = runs.iter().map(|run| &*run.config).collect();
        let of_configs = groups::varying_keys(configs.iter().copied())
            .into_iter()
            .filter(|key| KEYS.contains(&groups::last_part(key).as_str()))
            .filter(|key| configs.iter().all(|config| is_text(config.get(*key))))
            .filter_map(|key| Some((Some(key), of_config(key, &configs)?)))
            .filter(|(_, classes)| classes.of_row.iter().all(|name| name.len() <= LONGEST_NAME));
        let paths: Vec<String> = runs.iter().map(|run| run.id.to_string()).collect();
        let named = [environments(&paths), known_names(&paths)];
        let in_names = named.into_iter().flatten().map(|classes| (None, classes));
        let (key, classes) = of_configs.chain(in_names).find(|(_, classes)| {
            let distinct: HashSet<&String> = classes.of_row.iter().collect();
            let are_repeated = runs.len() >= 2 * distinct.len();
            distinct.len() > 1 && (are_repeated || role == Some(Role::Reward))
        })?;
        Some(Self {
            what: classes.what,
            of_row: classes.of_row.into_iter().map(plain).collect(),
            is_stage: false,
            are_compared: false,
            is_stated: true,
            key: key.map(str::to_owned),
            part: None,
        })
    }

    /// The methods that are values of a configuration key.
    pub(super) fn of_method(key: &str, classes: Classes) -> Self {
        Self {
            what: classes.what,
            of_row: classes.of_row,
            is_stage: false,
            are_compared: true,
            is_stated: true,
            key: Some(key.to_owned()),
            part: None,
        }
    }

    /// The stages of training a language model, whose losses have nothing in common.
    pub(super) fn of_stages(runs: &[&Run], last: &[f64]) -> Option<Self> {
        stages(runs, last).map(|of_row| Self {
            what: "stages of the training that the names state".to_owned(),
            of_row,
            is_stage: true,
            are_compared: false,
            is_stated: false,
            key: None,
            part: None,
        })
    }

    /// The folders of environments where each algorithm was tried in most of them: of two crossed levels, the one that has
    /// known names, or that is crossed with algorithms.
    pub(super) fn of_crossed_folders(runs: &[&Run], last: &[f64]) -> Option<Self> {
        let paths: Vec<String> = runs.iter().map(|run| run.id.to_string()).collect();
        let ranks = classes::ranks(last);
        let distinct = |classes: &Classes| {
            let names: BTreeSet<&String> = classes.of_row.iter().collect();
            names.len()
        };
        let levels = of_names(&paths, &['/']).into_iter();
        let levels: Vec<Classes> = levels
            .filter(|classes| {
                distinct(classes) > 1
                    && classes
                        .of_row
                        .iter()
                        .all(|name| classes::is_word(name) && !is_of_logs(name))
            })
            .collect();
        let are_crossed = |level: &Classes, other: &Classes| {
            let pairs: BTreeSet<(&String, &String)> =
                level.of_row.iter().zip(&other.of_row).collect();
            let all = distinct(level) * distinct(other);
            // A level that the other one decides is the same twice.
            pairs.len() > distinct(level).max(distinct(other))
                && pairs.len() as f64 >= CROSSED * all as f64
        };
        let are_mostly = |level: &Classes, is: fn(&str) -> bool| {
            let names: BTreeSet<&String> = level.of_row.iter().collect();
            2 * names.iter().filter(|name| is(name)).count() >= names.len()
        };
        // `DQN_1` and `DQN_2` are of one algorithm.
        let are_algorithms = |level: &Classes| {
            let stem = |name: &String| {
                name.trim_end_matches(|c: char| !c.is_alphabetic())
                    .to_owned()
            };
            let stems: BTreeSet<String> = level.of_row.iter().map(stem).collect();
            stems.len() > 1 && are_mostly(level, is_algorithm)
        };
        let rated = levels.iter().filter_map(|level| {
            let mut others = levels.iter().filter(|other| are_crossed(level, other));
            let is_known = are_mostly(level, is_known_part) && others.clone().next().is_some();
            let is_usable =
                is_known || !are_mostly(level, is_algorithm) && others.any(are_algorithms);
            let explained = classes::explained(&ranks, &level.of_row);
            is_usable.then_some((is_known, explained, level))
        });
        let (_, _, best) = rated.reduce(|best, next| {
            let is_better = (next.0, next.1) > (best.0, best.1);
            if is_better { next } else { best }
        })?;
        Some(Self {
            what: "folders of environments".to_owned(),
            of_row: best.of_row.clone(),
            is_stage: false,
            are_compared: false,
            is_stated: false,
            key: None,
            part: None,
        })
    }

    /// Folders whose last values have so little in common that one axis would show those of one folder alone.
    pub(super) fn of_unlike_folders(runs: &[&Run], last: &[f64]) -> Option<Self> {
        let paths: Vec<String> = runs.iter().map(|run| run.id.to_string()).collect();
        let classes = of_names(&paths, &['/']).into_iter().find(|classes| {
            let distinct: HashSet<&String> = classes.of_row.iter().collect();
            distinct.len() > 1
        })?;
        let mut ranges: BTreeMap<&str, (f64, f64, usize)> = BTreeMap::new();
        for (folder, value) in classes.of_row.iter().zip(last) {
            let (low, high, count) =
                ranges
                    .entry(folder)
                    .or_insert((f64::INFINITY, f64::NEG_INFINITY, 0));
            (*low, *high, *count) = (low.min(*value), high.max(*value), *count + 1);
        }
        // Algorithms are compared on one axis, however unlike they are.
        let are_algorithms =
            ranges.keys().filter(|name| is_algorithm(name)).count() * 2 > ranges.len();
        if are_algorithms
            || ranges.len() > MOST_FOLDERS
            || ranges.values().any(|(_, _, count)| *count < 2)
        {
            return None;
        }
        let low = ranges
            .values()
            .map(|range| range.0)
            .fold(f64::INFINITY, f64::min);
        let high = ranges
            .values()
            .map(|range| range.1)
            .fold(f64::NEG_INFINITY, f64::max);
        let mut spans: Vec<f64> = ranges.values().map(|(low, high, _)| high - low).collect();
        spans.sort_by(f64::total_cmp);
        let median = spans[(spans.len() - 1) / 2];
        (median < UNLIKE * (high - low)).then(|| Self {
            what: "folders, whose rewards are unlike".to_owned(),
            of_row: classes.of_row,
            is_stage: false,
            are_compared: false,
            is_stated: false,
            key: None,
            part: None,
        })
    }

    /// As the user chooses: a configuration key, or a part of the path. `None` where the rows have no such part, or have all
    /// the same.
    pub(super) fn of_key(chosen: &str, runs: &[&Run]) -> Option<Self> {
        let part = chosen.strip_prefix(PATH).and_then(|part| part.parse().ok());
        let of_row = runs.iter().map(|run| match part {
            Some(part) => part_of(&run.id, part),
            None => run.config.get(chosen).map(|value| titled(chosen, value)),
        });
        let of_row: Vec<String> = of_row
            .map(|title| title.unwrap_or_else(|| OTHERS.to_owned()))
            .collect();
        of_row.iter().any(|title| title != OTHERS).then(|| Self {
            what: match part {
                Some(part) => format!("part {part} of the paths"),
                None => format!("{chosen} from the configuration"),
            },
            of_row,
            is_stage: false,
            are_compared: false,
            is_stated: true,
            key: part.is_none().then(|| chosen.to_owned()),
            part: part.map(|part: usize| part - 1),
        })
    }

    /// What [`Self::of_key`] takes for these runs.
    pub(super) fn choices(runs: &[&Run]) -> Vec<String> {
        let says_something = |of_row: &[Option<String>]| {
            let distinct: BTreeSet<&Option<String>> = of_row.iter().collect();
            (2..=MOST_PANELS).contains(&distinct.len())
        };
        let keys = groups::varying_keys(runs.iter().map(|run| &*run.config));
        let of_config = keys.into_iter().filter(|key| {
            let value = |run: &&Run| run.config.get(*key).map(ToString::to_string);
            says_something(&runs.iter().map(value).collect::<Vec<_>>())
        });
        let mut choices: Vec<String> = of_config.map(str::to_owned).collect();
        let deepest = runs.iter().map(|run| run.id.split('/').count()).max();
        let parts = (1..=deepest.unwrap_or(0)).filter(|part| {
            let of_run = |run: &&Run| part_of(&run.id, *part);
            says_something(&runs.iter().map(of_run).collect::<Vec<_>>())
        });
        choices.extend(parts.map(|part| format!("{PATH}{part}")));
        choices
    }

    /// The configuration without what the subject decides.
    pub(super) fn config_without(&self, run: &Run) -> Config {
        let config = run.config.iter();
        let rest = config.filter(|(key, _)| self.key.as_ref() != Some(key));
        rest.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// A name or a path of a row without its subject.
    pub(super) fn rest_of(&self, row: usize, name: &str) -> String {
        let rest = match self.part {
            Some(part) => {
                let parts = name.split('/').enumerate();
                let others = parts.filter(|(at, _)| *at != part).map(|(_, part)| part);
                others.collect::<Vec<_>>().join("/")
            }
            None => {
                let rest = name.replace(&self.of_row[row], "");
                // What stood on both sides of it.
                ["--", "__"]
                    .iter()
                    .fold(rest, |rest, twice| rest.replace(twice, &twice[1..]))
            }
        };
        DATE.replace_all(&rest, "").into_owned()
    }
}

/// What chooses a part of the path, before its number from 1.
const PATH: &str = "path:";
/// Bytes of the longest name of an environment or a data set; of a file, its own name counts.
const LONGEST_NAME: usize = 60;
/// The share of the pairs of two crossed levels of folders that has runs.
const CROSSED: f64 = 0.5;
/// Folders are unlike if the median range of their values is this share of the whole one.
const UNLIKE: f64 = 0.05;
/// More folders are no studies of their own.
const MOST_FOLDERS: usize = 12;
/// The share of paths without an environment beside others that name one.
const MOST_UNNAMED: f64 = 0.2;
/// The panel of rows without the chosen value, or an environment.
pub(crate) const OTHERS: &str = "others";

/// Whether a folder is named after what it holds of runs, not after what these are of.
fn is_of_logs(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "log",
        "logs",
        "result",
        "results",
        "run",
        "runs",
        "output",
        "outputs",
        "tb",
        "tensorboard",
        "experiments",
        "models",
        "data",
        "checkpoints",
    ];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a name, or what follows its first word, is known: `progress-bigfish`.
fn is_known_part(name: &str) -> bool {
    let rest = name.split_once(['-', '_']).map(|(_, rest)| rest);
    is_known(name) || rest.is_some_and(is_known)
}

/// The name in a list of one.
fn plain(name: String) -> String {
    let inner = name
        .strip_prefix("[\"")
        .and_then(|name| name.strip_suffix("\"]"));
    match inner {
        Some(inner) if !inner.contains('"') => inner.to_owned(),
        _ => name,
    }
}

/// A configuration value as a title: a number needs its name.
fn titled(key: &str, value: &ConfigValue) -> String {
    let name = key.rsplit(['.', '/']).next().unwrap_or(key);
    match value {
        ConfigValue::Text(text) => plain(text.clone()),
        value => format!("{name} {value}"),
    }
}

fn part_of(path: &str, part: usize) -> Option<String> {
    path.split('/').nth(part.checked_sub(1)?).map(str::to_owned)
}

fn is_text(value: Option<&ConfigValue>) -> bool {
    matches!(value, Some(ConfigValue::Text(_)))
}

/// The first known name in each path; `None` if many have none.
fn known_names(paths: &[String]) -> Option<Classes> {
    let known = |path: &String| {
        let parts = path.split('/');
        let words = path.split(['/', '_', ' ', '.']);
        let hyphenated = path.split(['/', '_', ' ', '.', '-']);
        parts
            .chain(words)
            .chain(hyphenated)
            .find(|word| is_known(word))
            .map(str::to_owned)
    };
    let of_row: Vec<Option<String>> = paths.iter().map(known).collect();
    let what = "names of data sets or environments in the paths";
    Some(Classes::new(what, with_others(of_row)?))
}

/// Names with one for the rows without; `None` if these are many.
fn with_others(of_row: Vec<Option<String>>) -> Option<Vec<String>> {
    let unnamed = of_row.iter().filter(|name| name.is_none()).count();
    let are_few = unnamed as f64 <= MOST_UNNAMED * of_row.len() as f64;
    let names = of_row.into_iter();
    are_few.then(|| {
        names
            .map(|name| name.unwrap_or_else(|| OTHERS.to_owned()))
            .collect()
    })
}

/// The environment that each path names; `None` if many do not, or if they differ only in the version.
fn environments(paths: &[String]) -> Option<Classes> {
    let of_row = paths
        .iter()
        .map(|path| environment(path).map(str::to_owned));
    let of_row = with_others(of_row.collect())?;
    let names: HashSet<_> = of_row
        .iter()
        .map(|name| VERSION.replace(name, ""))
        .collect();
    let what = "the environment in the names of the runs";
    (names.len() > 1).then(|| Classes::new(what, of_row))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn subject(ids: &[&str], role: Role) -> Option<Subject> {
        let runs: Vec<Run> = ids
            .iter()
            .map(|id| Run::new(*id, *id, (*id).into()))
            .collect();
        Subject::find(&runs.iter().collect::<Vec<_>>(), Some(role))
    }

    #[test]
    fn names_state_environments() {
        let found = subject(
            &[
                "TD3/Hopper-v2/td3_s1",
                "PPO-Ant-v4__1__1667000000",
                "MiniGrid-DoorKey-5x5-v0",
            ],
            Role::Reward,
        );
        let found = found.unwrap();
        assert_eq!(
            found.of_row,
            ["Hopper-v2", "Ant-v4", "MiniGrid-DoorKey-5x5-v0"]
        );
        assert_eq!(found.rest_of(0, "TD3/Hopper-v2/td3_s1"), "TD3//td3_s1");
        let tasks = subject(&["sac/walker_walk/1", "fetch-reach-v1/2"], Role::Reward);
        assert_eq!(tasks.unwrap().of_row, ["walker_walk", "fetch-reach-v1"]);
    }

    #[test]
    fn of_crossed_folders_the_environments_have_panels() {
        let ids = [
            "ppo/stack/1",
            "ppo/lift/1",
            "ppo/door/1",
            "sac/stack/1",
            "sac/lift/1",
            "sac/door/1",
        ];
        let runs = ids.map(|id| Run::new(id, id, id.into()));
        let runs: Vec<&Run> = runs.iter().collect();
        let of = |last: [f64; 6]| Subject::of_crossed_folders(&runs, &last);
        let found = of([1.0, 1.1, 1.2, 5.0, 5.1, 5.2]).unwrap();
        assert_eq!(found.of_row[..3], ["stack", "lift", "door"]);
        // Nothing says which level is of environments.
        let ids = ["a/x/1", "a/y/1", "b/x/1", "b/y/1"];
        let runs = ids.map(|id| Run::new(id, id, id.into()));
        let runs: Vec<&Run> = runs.iter().collect();
        assert!(Subject::of_crossed_folders(&runs, &[1.0, 9.0, 1.0, 9.0]).is_none());
        let ids = ["a/x/1", "a/x/2", "b/y/1", "b/y/2"];
        let runs = ids.map(|id| Run::new(id, id, id.into()));
        let runs: Vec<&Run> = runs.iter().collect();
        assert!(Subject::of_crossed_folders(&runs, &[1.0, 1.0, 9.0, 9.0]).is_none());
    }

    #[test]
    fn folders_with_unlike_values_are_apart() {
        let ids = ["a/1", "a/2", "b/1", "b/2", "b/3"];
        let runs = ids.map(|id| Run::new(id, id, id.into()));
        let runs: Vec<&Run> = runs.iter().collect();
        let of = |last: [f64; 5]| Subject::of_unlike_folders(&runs, &last);
        assert!(of([1.0, 2.0, -900.0, -500.0, -400.0]).is_some());
        assert!(of([1.0, 200.0, -10.0, 150.0, 300.0]).is_none());
        assert_eq!(plain("[\"user1\"]".to_owned()), "user1");
    }

    #[test]
    fn versions_of_one_thing_are_no_environments() {
        assert!(subject(&["exp-v1", "exp-v2", "exp-v3"], Role::Reward).is_none());
        assert!(subject(&["lr_0.1", "lr_0.2"], Role::Reward).is_none());
        assert!(subject(&["a/Hopper-v2", "b/Hopper-v2"], Role::Reward).is_none());
    }

    #[test]
    fn losses_of_data_sets_are_apart_where_several_runs_are_of_each() {
        let ids = ["CIFAR10/a", "CIFAR10/b", "ImageNet/a", "ImageNet/c"];
        let found = subject(&ids, Role::Loss).unwrap();
        assert_eq!(found.of_row, ["CIFAR10", "CIFAR10", "ImageNet", "ImageNet"]);
        assert!(subject(&["mnist/a", "svhn/a"], Role::Loss).is_none());
    }

    #[test]
    fn a_configuration_key_states_environments() {
        let run = |id: &str, env: &str| {
            let mut run = Run::new(id, id, id.into());
            let env = ConfigValue::Text(env.to_owned());
            run.config = Arc::new(Config::from([("train.env_id".to_owned(), env)]));
            run
        };
        let runs = [run("1", "DeepCars-v0"), run("2", "DeepCars-v1")];
        let runs: Vec<&Run> = runs.iter().collect();
        let found = Subject::find(&runs, Some(Role::Reward)).unwrap();
        assert_eq!(found.what, "train.env_id from the configuration");
        assert_eq!(Subject::choices(&runs), ["train.env_id", "path:1"]);
        let chosen = Subject::of_key("path:1", &runs).unwrap();
        assert_eq!(chosen.of_row, ["1", "2"]);
    }
}
