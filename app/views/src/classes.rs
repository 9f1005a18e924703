//! Ways to divide runs into a few classes: by folders, configuration values or words of their names.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use trainscape_run::Config;

use super::{groups, known_methods::methods_in, side::Side};

/// The largest number of classes with colours that can be told apart.
const MOST_CLASSES: usize = 10;
/// A class with fewer runs would say no more than a name.
const FEWEST_IN_CLASS: usize = 2;
/// Classes that explain less of the values would colour noise.
const LEAST_EXPLAINED: f64 = 0.05;

/// The class of rows that are in no class of their own.
pub(super) const OTHERS: &str = "others";
/// One in so many names may be of another form.
const FEW_OTHERS: usize = 10;
/// One in so many names may state no method.
const FEW_WITHOUT_METHOD: usize = 3;
/// Of more folders than have colours, the best ones have some, ...
const BEST_FOLDERS: usize = 6;
/// ... if they are no more than this and tell so much of the values.
const MOST_FOLDERS: usize = 200;
const LEAST_OF_FOLDERS: f64 = 0.3;

/// A way to divide rows.
pub(super) struct Classes {
    /// What the classes are values of, for a caption.
    pub(super) what: String,
    /// The class of each row.
    pub(super) of_row: Vec<String>,
    /// The configuration key whose values the classes are.
    pub(super) key: Option<String>,
    /// How much the classes tell of the values, by their weight.
    pub(super) rating: f64,
    /// How much more the classes say to a reader than others that tell as much of the values.
    weight: f64,
}

impl Classes {
    pub(super) fn new(what: impl Into<String>, of_row: Vec<String>) -> Self {
        Self {
            what: what.into(),
            of_row,
            key: None,
            rating: f64::INFINITY,
            weight: 1.0,
        }
    }

    /// By the values of a configuration key.
    pub(super) fn of_setting(key: &str, of_row: Vec<String>) -> Self {
        Self {
            key: Some(key.to_owned()),
            weight: groups::weight_of_setting(key),
            ..Self::new(format!("{key} from the configuration"), of_row)
        }
    }
}

/// What is known of rows that are to be divided; all lists have one entry a row.
pub(super) struct RowsToDivide<'a> {
    pub(super) configs: Vec<&'a Config>,
    pub(super) paths: Vec<String>,
    pub(super) names: Vec<String>,
    /// What the classes should tell of.
    pub(super) values: Vec<f64>,
    /// Which values are better.
    pub(super) side: Side,
}

impl RowsToDivide<'_> {
    /// The classes that tell most of the values: by folders, otherwise by configuration values, otherwise by words of the
    /// names.
    pub(super) fn telling_classes(&self) -> Option<Classes> {
        let ranks = ranks(&self.values);
        let most_telling = |candidates: Vec<Classes>, says_something: fn(&str) -> bool| {
            let usable = candidates.into_iter();
            let usable = usable.filter(|classes| is_usable(&classes.of_row, says_something));
            let rated = usable.map(|classes| (explained(&ranks, &classes.of_row), classes));
            let rated = rated.filter(|(explained, _)| *explained > LEAST_EXPLAINED);
            let rated = rated.map(|(explained, classes)| (explained * classes.weight, classes));
            // The first of equal ones.
            let best = rated.reduce(|best, next| if next.0 > best.0 { next } else { best });
            best.map(|(rating, classes)| Classes { rating, ..classes })
        };
        let of_words = |separators: &[char]| {
            let of = |names: &[String]| {
                let mut words = of_names(names, separators);
                words.retain(|classes| tell_apart(classes, names, separators));
                words
            };
            let mut words = of(&self.paths);
            words.extend(of(&self.names));
            words
        };
        let words = &['/', '_', '-', ' '];
        let by_folder = |classes: Classes| Classes {
            rating: f64::INFINITY,
            ..classes
        };
        most_telling(of_words(&['/']), is_word)
            .map(by_folder)
            .or_else(|| most_telling(self.of_configs(), |_| true))
            .or_else(|| most_telling(of_words(words), is_word))
            .or_else(|| most_telling(of_most_names(&self.names, words), is_word_or_others))
            .or_else(|| most_telling(of_methods(&self.paths), is_word_or_others))
            .or_else(|| most_telling(of_words(&['/']), is_number))
            .or_else(|| self.best_folders(&ranks))
    }

    /// The folders with the best runs, where there are more than have colours; the other rows are [`OTHERS`].
    fn best_folders(&self, ranks: &[f64]) -> Option<Classes> {
        let folders = of_names(&self.paths, &['/']).into_iter();
        let many = folders.filter(|classes| {
            let counts = counts(&classes.of_row);
            let repeated = counts.values().filter(|count| **count >= FEWEST_IN_CLASS);
            (MOST_CLASSES + 1..=MOST_FOLDERS).contains(&counts.len())
                && 2 * repeated.count() > counts.len()
        });
        let rated = many.map(|classes| (explained(ranks, &classes.of_row), classes));
        let telling = rated.filter(|(explained, _)| *explained > LEAST_OF_FOLDERS);
        let (_, mut classes) =
            telling.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        let best = self.best(&classes.of_row, ranks);
        let all = counts(&classes.of_row).len();
        for class in &mut classes.of_row {
            if !best.contains(class) {
                OTHERS.clone_into(class);
            }
        }
        classes.what = format!(
            "the {} best of {all} folders by their mean ranks",
            best.len()
        );
        Some(classes)
    }

    /// The classes with the best mean ranks, of those with several rows.
    fn best(&self, of_row: &[String], ranks: &[f64]) -> Vec<String> {
        let mut sums: BTreeMap<&String, (f64, usize)> = BTreeMap::new();
        for (class, rank) in of_row.iter().zip(ranks) {
            let (sum, count) = sums.entry(class).or_default();
            *sum += rank;
            *count += 1;
        }
        let several = sums
            .into_iter()
            .filter(|(_, (_, count))| *count >= FEWEST_IN_CLASS);
        let mut means: Vec<(f64, &String)> = several
            .map(|(class, (sum, count))| (sum / count as f64, class))
            .collect();
        means.sort_by(|a, b| a.0.total_cmp(&b.0));
        if self.side == Side::Highest {
            means.reverse();
        }
        means
            .into_iter()
            .take(BEST_FOLDERS)
            .map(|(_, class)| class.clone())
            .collect()
    }

    fn of_configs(&self) -> Vec<Classes> {
        let varying = groups::varying_keys(self.configs.iter().copied()).into_iter();
        varying
            .filter(|key| groups::orders_runs(key))
            .filter_map(|key| of_config(key, &self.configs))
            .collect()
    }
}

/// By the values of a configuration key; `None` if a row has none.
pub(super) fn of_config(key: &str, configs: &[&Config]) -> Option<Classes> {
    let value = |config: &&Config| config.get(key).map(ToString::to_string);
    let of_row: Option<Vec<String>> = configs.iter().map(value).collect();
    of_row.map(|of_row| Classes::of_setting(key, names_of_files(of_row)))
}

/// The names of files without endings and without folders, or with their nearest ones where several files have one name; the
/// values themselves where they are no files.
fn names_of_files(values: Vec<String>) -> Vec<String> {
    let paths: Vec<String> = values
        .iter()
        .map(|value| value.replace('\\', "/"))
        .collect();
    let is_file = |path: &String| path.contains('/') && !path.ends_with('/');
    if !paths.iter().all(is_file) {
        return values;
    }
    let last = |path: &String, parts: usize| {
        let parts: Vec<&str> = path.rsplitn(parts + 1, '/').take(parts).collect();
        let name: Vec<&str> = parts.into_iter().rev().collect();
        let name = name.join("/");
        let stem = name.rsplit_once('.').map(|(stem, _)| stem.to_owned());
        stem.unwrap_or(name)
    };
    let distinct = |values: &[String]| values.iter().collect::<BTreeSet<_>>().len();
    let stems: Vec<String> = paths.iter().map(|path| last(path, 1)).collect();
    match distinct(&paths) == distinct(&stems) {
        true => stems,
        // Files of one name in folders of one name are one file on two machines.
        false => paths.iter().map(|path| last(path, 2)).collect(),
    }
}

/// By words at one place of the names, counted from their beginnings and from their ends.
pub(super) fn of_names(names: &[String], separators: &[char]) -> Vec<Classes> {
    let names: Vec<Vec<&str>> = names
        .iter()
        .map(|name| name.split(separators).collect())
        .collect();
    let fewest = names.iter().map(Vec::len).min().unwrap_or(0);
    let places = (0..fewest).flat_map(|at| [(at, false), (at, true)]);
    // `ppo, start 2`
    let word = |words: &Vec<&str>, (at, is_from_end): (usize, bool)| {
        let word = match is_from_end {
            true => words[words.len() - 1 - at],
            false => words[at],
        };
        word.trim_end_matches(',').to_owned()
    };
    let of_place = |place| {
        let of_row = names.iter().map(|words| word(words, place)).collect();
        Classes::new("a part of the names of the runs", of_row)
    };
    places.map(of_place).collect()
}

/// The same by words of nearly all names: those with the fewest words, of other runs, are [`OTHERS`].
fn of_most_names(names: &[String], separators: &[char]) -> Vec<Classes> {
    let words_in = |name: &String| name.split(separators).count();
    let mut counts: Vec<usize> = names.iter().map(words_in).collect();
    counts.sort_unstable();
    let Some(fewest) = counts.get(counts.len() / FEW_OTHERS) else {
        return Vec::new();
    };
    let is_kept = |name: &&String| words_in(name) >= *fewest;
    let kept: Vec<String> = names.iter().filter(is_kept).cloned().collect();
    if kept.len() == names.len() {
        return Vec::new();
    }
    let mut found = of_names(&kept, separators);
    found.retain(|classes| tell_apart(classes, &kept, separators));
    for classes in &mut found {
        let mut of_kept = std::mem::take(&mut classes.of_row).into_iter();
        let of_name = |name: &String| match is_kept(&name) {
            true => of_kept.next().unwrap_or_default(),
            false => OTHERS.to_owned(),
        };
        classes.of_row = names.iter().map(of_name).collect();
    }
    found
}

/// By the methods that most names state, wherever they do.
fn of_methods(names: &[String]) -> Vec<Classes> {
    let found: Vec<Option<String>> = names.iter().map(|name| methods_in(name)).collect();
    let unnamed = found.iter().filter(|found| found.is_none()).count();
    if unnamed > names.len() / FEW_WITHOUT_METHOD {
        return Vec::new();
    }
    let of_row = found
        .into_iter()
        .map(|found| found.unwrap_or_else(|| OTHERS.to_owned()));
    vec![Classes::new(
        "the methods in the names of the runs",
        of_row.collect(),
    )]
}

fn is_word_or_others(word: &str) -> bool {
    word == OTHERS || is_word(word)
}

/// Whether a word of a name says what a run is, not which repeat of it, and is no date.
pub(super) fn is_word(word: &str) -> bool {
    const OF_REPEATS: [&str; 10] = [
        "seed", "fold", "rep", "run", "trial", "version", "exp", "s", "v", "start",
    ];
    const OF_FILES: [&str; 6] = ["json", "csv", "log", "logs", "txt", "stats"];
    let letters: String = word.chars().filter(|c| c.is_alphabetic()).collect();
    let lower = letters.to_lowercase();
    let is_repeat = |of: &&str| lower == **of || lower.ends_with(&format!("_{of}"));
    let mentions = |of: &str| lower.ends_with(of) && word.ends_with(|c: char| c.is_ascii_digit());
    !letters.is_empty()
        && !OF_REPEATS.iter().any(is_repeat)
        && !OF_FILES.contains(&&*lower)
        && !["seed", "fold"].iter().any(|of| mentions(of))
}

fn is_number(word: &str) -> bool {
    word.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Whether no word of a class is in more names of other classes than of its own, as it is where names have different
/// numbers of words.
fn tell_apart(classes: &Classes, names: &[String], separators: &[char]) -> bool {
    let counts = counts(&classes.of_row);
    // Thousands of classes are not looked for in thousands of names each.
    let mut with_word: HashMap<&str, usize> = HashMap::new();
    for name in names {
        let words: HashSet<&str> = name.split(separators).collect();
        for word in words.into_iter().filter(|word| counts.contains_key(word)) {
            *with_word.entry(word).or_default() += 1;
        }
    }
    counts.iter().all(|(word, count)| {
        let with_word = with_word.get(word).copied().unwrap_or_default();
        with_word <= 2 * count
    })
}

/// How many rows each class has.
fn counts(of_row: &[String]) -> BTreeMap<&str, usize> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for class in of_row {
        *counts.entry(class).or_default() += 1;
    }
    counts
}

/// Whether a few classes have several runs each, and names that say something.
fn is_usable(of_row: &[String], says_something: fn(&str) -> bool) -> bool {
    let counts = counts(of_row);
    (2..=MOST_CLASSES).contains(&counts.len())
        && counts
            .iter()
            .all(|(class, count)| *class == OTHERS || *count >= FEWEST_IN_CLASS)
        && counts.keys().all(|class| says_something(class))
}

/// The rank of each value.
pub(super) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    for (rank, at) in order.into_iter().enumerate() {
        ranks[at] = rank as f64;
    }
    ranks
}

/// The share of the variance that lies between the classes, adjusted for their number.
pub(super) fn explained(values: &[f64], of_row: &[String]) -> f64 {
    let mut classes: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (value, class) in values.iter().zip(of_row) {
        classes.entry(class).or_default().push(*value);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let squares = |values: &[f64]| -> f64 {
        let mean = mean(values);
        values.iter().map(|value| (value - mean).powi(2)).sum()
    };
    let within: f64 = classes.values().map(|values| squares(values)).sum();
    let (n, k) = (values.len() as f64, classes.len() as f64);
    if n <= k {
        return f64::NEG_INFINITY;
    }
    1.0 - within / squares(values).max(f64::MIN_POSITIVE) * (n - 1.0) / (n - k)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn classes_have_several_runs_and_say_something() {
        assert!(is_usable(&classes(&["ppo", "ppo", "sac", "sac"]), is_word));
        assert!(!is_usable(&classes(&["ppo", "ppo", "sac"]), is_word));
        assert!(!is_usable(&classes(&["ppo", "ppo", "ppo"]), is_word));
        let numbers = classes(&["16", "16", "32", "32"]);
        assert!(!is_usable(&numbers, is_word) && is_usable(&numbers, is_number));
        for word in [
            "seed1",
            "fold_2",
            "history_fold_3",
            "run7",
            "v0",
            "2023",
            "version_1",
        ] {
            assert!(!is_word(word), "{word}");
        }
        for word in ["ppo", "Hopper-v4", "vitb16", "wd5pct", "td3"] {
            assert!(is_word(word), "{word}");
        }
    }

    #[test]
    fn a_name_of_another_form_is_of_the_others() {
        let mut names: Vec<String> = (0..10).map(|at| format!("ppo_cnn_{at}")).collect();
        names.extend((0..10).map(|at| format!("ppo_mlp_{at}")));
        names.push("old".to_owned());
        let found = of_most_names(&names, &['_']);
        let wanted = |classes: &&Classes| classes.of_row[0] == "cnn";
        let classes = found.iter().find(wanted).unwrap();
        assert_eq!(classes.of_row[19..], ["mlp", OTHERS]);
        assert!(is_usable(&classes.of_row, is_word_or_others));
        assert!(of_most_names(&names[..20], &['_']).is_empty());
    }

    #[test]
    fn a_word_of_most_names_tells_nothing() {
        let words = &['_'];
        let names = classes(&["log_a", "log_b", "log_x_c", "log_x_d", "log_x_e"]);
        let is_misplaced = |of: &Classes| of.of_row[0] == "log" && of.of_row[2] == "x";
        let misplaced = of_names(&names, words).into_iter().find(is_misplaced);
        // Three other names have the word, two are in its class.
        assert!(!tell_apart(&misplaced.unwrap(), &names, words));
        let names = classes(&["ppo_a", "ppo_b", "sac_a", "sac_b"]);
        assert!(
            of_names(&names, words)
                .iter()
                .all(|of| tell_apart(of, &names, words))
        );
    }

    /// Each word looked for in each name takes half a minute.
    #[test]
    fn thousands_of_names_are_compared_in_little_time() {
        let names: Vec<String> = (0..8000).map(|n| format!("r{n:05}/x")).collect();
        let begun = std::time::Instant::now();
        let words = of_names(&names, &['/']);
        assert!(words.iter().all(|of| tell_apart(of, &names, &['/'])));
        let taken = begun.elapsed();
        assert!(taken < std::time::Duration::from_secs(5), "{taken:?}");
    }

    #[test]
    fn the_classes_that_separate_the_values_explain_more() {
        let values = ranks(&[1.0, 1.1, 5.0, 5.2]);
        let good = explained(&values, &classes(&["a", "a", "b", "b"]));
        let bad = explained(&values, &classes(&["a", "b", "a", "b"]));
        assert!(good > 0.6 && bad < 0.0, "{good}, {bad}");
    }

    #[test]
    fn files_are_named_without_folders_that_tell_nothing() {
        let of = |values: [&str; 2]| names_of_files(values.map(str::to_owned).to_vec());
        assert_eq!(of(["D:/sets/a.yaml", "D:\\sets\\b.yaml"]), ["a", "b"]);
        assert_eq!(of(["D:/sets/a.yaml", "D:\\sets\\a.yaml"]), ["a", "a"]);
        assert_eq!(
            of(["/x/coco/data.yaml", "/x/voc/data.yaml"]),
            ["coco/data", "voc/data"]
        );
        assert_eq!(
            of(["/home/a/data/my.yaml", "D:/b/data/my.yaml"]),
            ["data/my", "data/my"]
        );
        // The folders tell these apart.
        assert_eq!(of(["x/train.csv", "y/train.csv"]), ["x/train", "y/train"]);
        assert_eq!(of(["x/train.csv", "1.5"]), ["x/train.csv", "1.5"]);
    }
}
