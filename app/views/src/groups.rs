//! Groups of runs that differ only in their seed, with their mean and standard deviation.

mod mean;
mod named_by_seed;
mod numbered;
mod seed_names;

pub(super) use mean::{ColumnsOverSteps, Mean, mean};

pub(super) use super::config_keys::{is_seed, last_part};

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use trainscape_run::{Config, ConfigValue, Run, natural_cmp};

use self::{
    numbered::Count,
    seed_names::{fold_stem, numbered_stem, stem, without_seed},
};
use super::{
    names::without_shared_parts,
    samples::{counted, labels_of_runs},
};

/// The last part of keys that name a run rather than configure its training.
const NAMES: [&str; 33] = [
    "name",
    "run_name",
    "runname",
    "run_id",
    "run",
    "id",
    "uuid",
    "index",
    "trial",
    "trial_id",
    "exp_name",
    "exp_id",
    "experiment_name",
    "experiment_id",
    "wandb_name",
    "wandb_run_name",
    "wandb_id",
    "output_dir",
    "out_dir",
    "log_dir",
    "logdir",
    "logging_dir",
    "save_dir",
    "save_path",
    "checkpoint_dir",
    "run_dir",
    "exp_dir",
    "experiment_dir",
    "timestamp",
    "date",
    "start_time",
    "hostname",
    "host",
];

/// The last part of keys that say where and how a run is watched and stored.
const WATCHING: [&str; 52] = [
    "save_every",
    "save_freq",
    "save_interval",
    "save_steps",
    "save_total_limit",
    "save_model",
    "checkpoint_freq",
    "checkpoint_interval",
    "log_every",
    "log_freq",
    "log_interval",
    "log_steps",
    "logging_steps",
    "logging_strategy",
    "print_freq",
    "print_every",
    "eval_every",
    "eval_freq",
    "eval_interval",
    "eval_steps",
    "report_to",
    "num_workers",
    "n_workers",
    "workers",
    "dataloader_num_workers",
    "device",
    "devices",
    "gpu",
    "gpus",
    "gpu_id",
    "gpu_ids",
    "cuda",
    "use_cuda",
    "verbose",
    "tensorboard",
    "use_wandb",
    "wandb",
    "wandb_project",
    "project",
    "project_name",
    "entity",
    "group",
    "tags",
    "notes",
    "user",
    "username",
    "port",
    "local_rank",
    "resume",
    "render",
    "capture_video",
    "track",
];

/// The last part of keys that say how long a run trains, which is no setting to order runs by.
const DURATIONS: [&str; 20] = [
    "max_steps",
    "total_steps",
    "num_steps",
    "train_steps",
    "num_train_steps",
    "max_train_steps",
    "max_iters",
    "max_iter",
    "iterations",
    "num_iterations",
    "epochs",
    "epoch",
    "num_epochs",
    "max_epochs",
    "train_epochs",
    "num_train_epochs",
    "total_timesteps",
    "num_timesteps",
    "max_timesteps",
    "timesteps",
];

/// Runs whose configurations differ only in their seed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    /// Indices into the runs that were grouped, ascending.
    pub(super) members: Vec<usize>,
    /// What distinguishes it from the other groups.
    pub(super) label: String,
    /// What its runs differ in.
    pub(super) by: RepeatedBy,
    /// The name of its runs without what they differ in, if their names state that.
    pub(super) name: Option<String>,
}

/// What repeats of a training differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RepeatedBy {
    Seed,
    /// The part of the data that validates.
    Fold,
    /// The number at the end of their names.
    Number,
}

/// What the runs of lines differ in, in words.
pub(super) fn repeated_by(groups: impl Iterator<Item = RepeatedBy>) -> &'static str {
    let (mut by_seed, mut by_fold, mut by_number) = (false, false, false);
    for by in groups {
        match by {
            RepeatedBy::Seed => by_seed = true,
            RepeatedBy::Fold => by_fold = true,
            RepeatedBy::Number => by_number = true,
        }
    }
    match (by_seed, by_fold, by_number) {
        (false, false, true) => "last number",
        (true, false, true) => "seed or last number",
        (false, true, _) => "fold",
        (true, true, _) => "seed or fold",
        (_, false, false) => "seed",
    }
}

/// Order of labels such as `lr 0.001, wd 0.1`: word by word, numbers by their values.
pub(super) fn label_cmp(a: &str, b: &str) -> Ordering {
    let words = |text: &'_ str| -> Vec<String> {
        let words = text.split([' ', ',', '=']);
        words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (words(a), words(b));
    let pairs = a.iter().zip(&b);
    let mut orders = pairs.map(|(a, b)| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => natural_cmp(a, b),
    });
    let differing = orders.find(|order| *order != Ordering::Equal);
    differing.unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// Whether a configuration key configures the training, rather than naming, storing or watching the run or giving its seed.
pub(super) fn distinguishes_runs(key: &str) -> bool {
    let last = last_part(key);
    let last = last.as_str();
    !(key.starts_with("_wandb")
        || is_seed(key)
        || NAMES.contains(&last)
        // `best_epoch` and `best_val_acc` are results.
        || last.starts_with("best_")
        || WATCHING.contains(&last))
}

/// Whether a value configures the training: the address of an object in memory does not.
fn is_setting(key: &str, value: &ConfigValue) -> bool {
    const ADDRESS: &str = " at 0x";
    let is_address = matches!(value, ConfigValue::Text(text) if text.contains(ADDRESS));
    !is_address && !key.contains(ADDRESS) && distinguishes_runs(key)
}

/// Whether runs can be ordered by a configuration value: how long they train is no setting whose effect is studied.
pub(super) fn orders_runs(key: &str) -> bool {
    !DURATIONS.contains(&last_part(key).as_str())
}

/// The last part of keys whose values name what is trained, how and on what.
const METHODS: [&str; 26] = [
    "model",
    "model_name",
    "model_type",
    "_name_or_path",
    "name_or_path",
    "model_name_or_path",
    "model_id",
    "net",
    "network",
    "arch",
    "architecture",
    "backbone",
    "encoder",
    "algo",
    "algorithm",
    "agent",
    "policy",
    "method",
    "strategy",
    "optimizer",
    "optim",
    "activation",
    "norm_type",
    "dataset",
    "task",
    "loss",
];

/// The last part of keys of numbers that follow from the choice of a model.
const OF_MODELS: [&str; 10] = [
    "num_parameters",
    "n_parameters",
    "num_params",
    "n_params",
    "vocab_size",
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
    "type_vocab_size",
    "layer_norm_eps",
];

/// How much a setting says beside others that tell as much of the values, by its rank: the model tells about as much as the
/// number of its parameters, and says more.
pub(super) fn weight_of_setting(key: &str) -> f64 {
    const WEIGHTS: [f64; 3] = [1.0, 0.8, 0.6];
    WEIGHTS[usize::from(rank_of_setting(key))]
}

/// How much a setting says to a reader who compares runs: 0 for a method's name, 2 for what follows from other settings.
pub(super) fn rank_of_setting(key: &str) -> u8 {
    let last = last_part(key);
    match last.as_str() {
        last if METHODS.contains(&last) => 0,
        last if OF_MODELS.contains(&last) => 2,
        _ => 1,
    }
}

/// How runs are known to be repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeats {
    /// By a seed that their configurations or their names state.
    Seeds,
    /// Also by a number at the end of their names that counts from 0 or 1 after several names alike.
    Numbered(Count),
    /// Also by equal configurations or a number at the end of their names, where the user says that these are repeats.
    Chosen,
}

/// How the repeats among runs are known that the user does not group.
pub(super) fn known_repeats(runs: &[Arc<Run>]) -> Repeats {
    let groups = groups(runs, Repeats::Seeds);
    let have_seeds = groups.iter().any(|group| group.members.len() > 1);
    match Count::of(runs).filter(|_| !have_seeds) {
        Some(count) => Repeats::Numbered(count),
        None => Repeats::Seeds,
    }
}

/// What the repeats among runs differ in where the user groups them, in words.
pub(super) fn chosen_repeats(runs: &[Arc<Run>]) -> &'static str {
    let groups = groups(runs, Repeats::Chosen).into_iter();
    let repeated = groups.filter(|group| group.members.len() > 1);
    repeated_by(repeated.map(|group| group.by))
}

/// The runs in groups, in the order of their first runs: their configurations are equal but for the seed, and so are the
/// names that state one. A run that states no seed is a group by itself: it cannot be known to differ only in its seed. The
/// folds of several cross-validations are groups, too.
pub(super) fn groups(runs: &[Arc<Run>], repeats: Repeats) -> Vec<Group> {
    let by_fold = groups_with(runs, repeats, RepeatedBy::Fold);
    let validations = by_fold.iter().filter(|group| is_cross_validation(group));
    if validations.count() > 1 {
        return by_fold;
    }
    groups_with(runs, repeats, RepeatedBy::Seed)
}

/// The folds of one cross-validation alone are what is compared.
fn is_cross_validation(group: &Group) -> bool {
    group.by == RepeatedBy::Fold && group.members.len() > 1
}

/// As [`groups`], with groups of folds if `by` is the fold.
fn groups_with(runs: &[Arc<Run>], repeats: Repeats, by: RepeatedBy) -> Vec<Group> {
    let mut groups: Vec<(Group, Option<String>)> = Vec::new();
    let mut by_print: HashMap<(String, Option<String>), usize> = HashMap::new();
    let are_named_by_seeds = named_by_seed::are_named_by_seeds(runs);
    for (index, run) in runs.iter().enumerate() {
        let of_fold = match by {
            RepeatedBy::Fold => fold_stem(&run.id),
            RepeatedBy::Seed | RepeatedBy::Number => None,
        };
        let by = match (&of_fold, repeats) {
            (Some(_), _) => RepeatedBy::Fold,
            (None, Repeats::Numbered(_)) => RepeatedBy::Number,
            (None, _) => RepeatedBy::Seed,
        };
        let by_seed = || named_by_seed::stem(run).filter(|_| are_named_by_seeds);
        let stem = of_fold.or_else(|| stem_of(run, repeats));
        // The configuration names groups whose seeds it confirms.
        let print = (fingerprint(&run.config), stem.clone().or_else(by_seed));
        let is_known = match repeats {
            Repeats::Seeds | Repeats::Numbered(_) => {
                stem.is_some() || run.config.keys().any(|key| is_seed(key))
            }
            Repeats::Chosen => stem.is_some() || !run.config.is_empty(),
        };
        if let Some(group) = by_print.get(&print).filter(|_| is_known) {
            groups[*group].0.members.push(index);
        } else {
            by_print.insert(print, groups.len());
            let group = Group {
                members: vec![index],
                label: String::new(),
                by,
                name: None,
            };
            groups.push((group, stem));
        }
    }
    if repeats == Repeats::Seeds {
        groups = groups
            .into_iter()
            .flat_map(|group| with_seeds(group, runs))
            .collect();
    }
    let labels = group_labels(runs, &groups);
    let labelled = groups.into_iter().zip(labels);
    let labelled = labelled.map(|((group, stem), label)| Group {
        label,
        name: stem.as_deref().map(without_seed),
        ..group
    });
    labelled.collect()
}

/// A group whose runs have different seeds, or its runs: equal settings with one seed were something else.
fn with_seeds(
    (group, stem): (Group, Option<String>),
    runs: &[Arc<Run>],
) -> Vec<(Group, Option<String>)> {
    let seeds = |run: &Run| -> Vec<String> {
        let config = run.config.iter().filter(|(key, _)| is_seed(key));
        config.map(|(_, value)| value.to_string()).collect()
    };
    let distinct: HashSet<Vec<String>> = group.members.iter().map(|at| seeds(&runs[*at])).collect();
    if stem.is_some() || distinct.len() == group.members.len() {
        return vec![(group, stem)];
    }
    let single = |at| Group {
        members: vec![at],
        label: String::new(),
        by: RepeatedBy::Seed,
        name: None,
    };
    group
        .members
        .into_iter()
        .map(|at| (single(at), None))
        .collect()
}

/// The name of a run without its seed, if it states one: the path of its log does, or its own name.
fn stem_of(run: &Run, repeats: Repeats) -> Option<String> {
    let stated = stem(&run.id).or_else(|| stem(&run.name));
    let numbered = || numbered_stem(&run.id).or_else(|| numbered_stem(&run.name));
    match repeats {
        Repeats::Chosen if run.config.is_empty() => stated.or_else(numbered),
        Repeats::Numbered(count) => stated.or_else(|| count.stem_of(run).map(|(stem, _)| stem)),
        _ => stated,
    }
}

/// A name without a seed, and without a number, a time or an identifier at its end, which can count repeats; a number that
/// belongs to a word, as in `td3`, stays.
pub(super) fn without_repeat(name: &str) -> String {
    let counts = |stem: &String| {
        let before = stem.find('*').map(|at| &stem[..at]);
        !before.is_some_and(|before| before.ends_with(char::is_alphabetic))
    };
    let stem = stem(name).or_else(|| numbered_stem(name).filter(counts));
    stem.map_or_else(|| name.to_owned(), |stem| without_seed(&stem))
}

/// What distinguishes each group from the others: its name, if that states a seed, or values of the configuration.
fn group_labels(runs: &[Arc<Run>], groups: &[(Group, Option<String>)]) -> Vec<String> {
    let first = |group: &Group| runs[group.members[0]].clone();
    let firsts: Vec<Arc<Run>> = groups.iter().map(|(group, _)| first(group)).collect();
    let of_runs = labels_of_runs(&firsts);
    let is_only = groups.len() == 1;
    let names = groups.iter().zip(&of_runs);
    let names = names.map(|((_, stem), label)| {
        let name = stem.as_deref().map(without_seed).unwrap_or_default();
        if name.is_empty() { label.clone() } else { name }
    });
    // The names of trainings in one log say more than their ids.
    let names = names.zip(&firsts).map(|(name, run)| {
        let own = stem(&run.name).filter(|_| run.id.split('#').next() != Some(&*run.name));
        let own = own
            .map(|own| without_seed(&own))
            .filter(|own| own.contains('='));
        own.unwrap_or(name)
    });
    let names = without_shared_parts(&names.collect::<Vec<String>>());
    let values = labels_by_values(&firsts);
    let are_stated = groups.iter().any(|(_, stem)| stem.is_some()) && are_distinct(&names);
    let label = |(at, (group, stem)): (usize, &(Group, Option<String>))| {
        let is_named = stem
            .as_deref()
            .is_some_and(|stem| !without_seed(stem).is_empty());
        let says_nothing = is_only && !is_named;
        let name = &names[at];
        match (&values, group.members.len()) {
            (Some(values), several) if !are_stated => with_count(&values[at], several),
            (_, 1) => name.clone(),
            (_, several) if says_nothing => counted(several, "run"),
            (_, several) if is_named => with_count(name, several),
            (_, several) => format!("{name} and {} more", several - 1),
        }
    };
    groups.iter().enumerate().map(label).collect()
}

/// The label of a group of which only some runs are averaged.
pub(super) fn label_of_some(group: &Group, runs: usize) -> String {
    let all = group.members.len();
    if runs == all {
        return group.label.clone();
    }
    match group.label.strip_suffix(&format!(", n = {all}")) {
        Some(what) => format!("{} of {all}", with_count(what, runs)),
        None if group.label == counted(all, "run") => format!("{runs} of {}", group.label),
        None => group.label.clone(),
    }
}

fn with_count(what: &str, runs: usize) -> String {
    match runs {
        1 => what.to_owned(),
        several => format!("{what}, n = {several}"),
    }
}

/// The values of as few varying configuration keys as tell the runs apart; `None` if a few do not.
fn labels_by_values(runs: &[Arc<Run>]) -> Option<Vec<String>> {
    const MOST_KEYS: usize = 3;
    let varying = varying_keys(runs.iter().map(|run| &*run.config));
    let of_keys = |keys: &[&str]| -> Vec<String> {
        let of_run = |run: &Arc<Run>| {
            let values = keys.iter().filter_map(|key| {
                let name = key.rsplit(['.', '/']).next().unwrap_or(key);
                Some(format!("{name} {}", run.config.get(*key)?))
            });
            values.collect::<Vec<String>>().join(", ")
        };
        runs.iter().map(of_run).collect()
    };
    let most = varying.len().min(MOST_KEYS);
    let labels = (1..=most).map(|keys| of_keys(&varying[..keys]));
    labels.into_iter().find(|labels| are_distinct(labels))
}

fn are_distinct(labels: &[String]) -> bool {
    let distinct: HashSet<&String> = labels.iter().collect();
    distinct.len() == labels.len()
}

/// What a caption says where a mean is taken between the logged steps of a run.
pub(super) const INTERPOLATED: &str = "Between its logged steps each run is interpolated linearly";

/// The caption's sentences on lines that are means of several runs.
pub(super) fn caption_text(
    runs_of_lines: impl Iterator<Item = usize>,
    by: &str,
    z: &str,
) -> String {
    let runs: Vec<usize> = runs_of_lines.collect();
    let Some(each) = repeats_text(runs.iter().copied()) else {
        return "No runs differ only in their seed".to_owned();
    };
    let single = single_text(&runs);
    format!(
        "Lines are means of runs that differ only in their {by} ({each} each{single}); bands are {z} ± one standard deviation \
         (n - 1)"
    )
}

/// The same of lines without bands, of which `lines` counts the groups.
pub(super) fn means_text(
    runs_of_lines: impl Iterator<Item = usize>,
    by: &str,
    what: &str,
) -> String {
    let runs: Vec<usize> = runs_of_lines.collect();
    let Some(each) = repeats_text(runs.iter().copied()) else {
        return "No runs differ only in their seed".to_owned();
    };
    let groups = counted(runs.iter().filter(|runs| **runs > 1).count(), what);
    let single = single_text(&runs);
    format!(
        "Lines are means of {groups} of runs that differ only in their {by} ({each} each{single})"
    )
}

/// How many lines are single runs.
fn single_text(runs_of_lines: &[usize]) -> String {
    match runs_of_lines.iter().filter(|runs| **runs == 1).count() {
        0 => String::new(),
        1 => "; 1 line is a single run".to_owned(),
        single => format!("; {single} lines are single runs"),
    }
}

/// How many runs the lines of several runs have.
fn repeats_text(runs_of_lines: impl Iterator<Item = usize>) -> Option<String> {
    let several: Vec<usize> = runs_of_lines.filter(|runs| *runs > 1).collect();
    let (least, most) = (several.iter().min()?, several.iter().max()?);
    Some(match least == most {
        true => counted(*most, "run"),
        false => format!("{least} to {most} runs"),
    })
}

fn fingerprint(config: &Config) -> String {
    let mut text = String::new();
    for (key, value) in config.iter().filter(|(key, value)| is_setting(key, value)) {
        // No logger writes these separators in a key.
        text.push_str(key);
        text.push('\u{1}');
        text.push_str(&value.to_string());
        text.push('\u{2}');
    }
    text
}

/// Keys of the training configuration whose values differ between runs; fewest distinct values first.
pub(super) fn varying_keys<'a>(configs: impl Iterator<Item = &'a Config>) -> Vec<&'a str> {
    let mut values: BTreeMap<&str, HashSet<String>> = BTreeMap::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = 0;
    for config in configs {
        count += 1;
        for (key, value) in config.iter().filter(|(key, value)| is_setting(key, value)) {
            values.entry(key).or_default().insert(value.to_string());
            *seen.entry(key).or_default() += 1;
        }
    }
    let mut varying: Vec<(usize, &str)> = values
        .into_iter()
        .filter(|(key, values)| values.len() > 1 || seen[key] < count)
        .map(|(key, values)| (values.len(), key))
        .collect();
    varying.sort_unstable();
    varying.into_iter().map(|(_, key)| key).collect()
}

/// The numbers of runs under a key; `None` unless every run has a finite one.
pub(super) fn numbers<'a>(
    key: &str,
    mut configs: impl Iterator<Item = &'a Config>,
) -> Option<Vec<f64>> {
    configs.try_fold(Vec::new(), |mut numbers, config| {
        let number = config.get(key).and_then(ConfigValue::as_f64)?;
        number.is_finite().then(|| numbers.push(number))?;
        Some(numbers)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, config: &[(&str, ConfigValue)]) -> Arc<Run> {
        let mut run = Run::new(id, id, id.into());
        let config = config
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()));
        run.config = Arc::new(config.collect());
        Arc::new(run)
    }

    #[test]
    fn runs_that_differ_in_seed_and_name_are_one_group() {
        let of = |id: &str, lr: f64, seed: i64| {
            run(
                id,
                &[
                    ("optimizer.lr", ConfigValue::Float(lr)),
                    ("env.seed", ConfigValue::Int(seed)),
                    ("random-seed", ConfigValue::Int(seed + 1)),
                    ("run_name", ConfigValue::Text(id.to_owned())),
                ],
            )
        };
        let runs = [
            of("a", 0.1, 0),
            of("b", 0.2, 0),
            of("c", 0.1, 1),
            of("d", 0.1, 2),
        ];
        let groups = groups(&runs, Repeats::Seeds);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].members, [0, 2, 3]);
        assert_eq!(groups[0].label, "lr 0.1, n = 3");
        assert_eq!(groups[1].label, "lr 0.2");
    }

    #[test]
    fn runs_without_a_configuration_are_not_grouped() {
        let runs = [run("a", &[]), run("b", &[])];
        assert_eq!(groups(&runs, Repeats::Seeds).len(), 2);
        let seeds = [0, 1].map(|seed| run("s", &[("seed", ConfigValue::Int(seed))]));
        assert_eq!(groups(&seeds, Repeats::Seeds).len(), 1);
    }

    #[test]
    fn keys_of_seeds_and_names() {
        for key in [
            "seed",
            "random_seed",
            "env.seed",
            "trainer/manualSeed",
            "seed_offset",
            "x.run_name",
        ] {
            assert!(!distinguishes_runs(key), "{key}");
        }
        for key in [
            "lr",
            "model.name_dim",
            "seedling",
            "optimizer.beta",
            "hidden",
        ] {
            assert!(distinguishes_runs(key), "{key}");
        }
    }
}
