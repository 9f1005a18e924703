//! Names of runs at axes.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::LazyLock,
};

use regex::Regex;

/// Dates and times of day, and seconds or milliseconds since 1970 (of the years 2014 to 2033).
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    const TIME_OF_DAY: &str = r"[0-2]\d[-_:.]?[0-5]\d(?:[-_:.]?[0-5]\d(?:[.,]\d{3,6})?)?";
    let patterns = [
        format!(r"(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?:[T_. -]*{TIME_OF_DAY})?"),
        format!(r"[0-3]\d[-_.][01]\d[-_.](?:19|20)\d\d(?:[T_. -]+{TIME_OF_DAY})?"),
        // TensorBoard's `SummaryWriter`.
        r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[0-3]\d_[0-2]\d-[0-5]\d-[0-5]\d"
            .to_owned(),
        r"[0-2]\d[-:][0-5]\d[-:][0-5]\d".to_owned(),
        r"1[4-9]\d{8}(?:\d{3})?(?:\.\d+)?".to_owned(),
    ];
    Regex::new(&patterns.join("|")).expect("a constant pattern is valid")
});

/// A date of TensorBoard's `SummaryWriter` before the name of a host.
static DATED_HOST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"([A-Z][a-z]{2}[0-3]\d_[0-2]\d-[0-5]\d-[0-5]\d)_[^/, ]+")
        .expect("a constant pattern is valid")
});

/// Characters of a name at an axis: longer ones would leave no room for the figure.
const MAX_NAME: usize = 28;

/// Characters of a name that keeps its date.
const MAX_DATED: usize = 19;
/// Characters of a long identifier that are shown.
const OF_IDENTIFIER: usize = 8;

/// The names without the words that all of them begin or end with.
pub(super) fn without_shared_ends(names: &[String]) -> Vec<String> {
    let Some(first) = names.first().filter(|_| names.len() > 1) else {
        return names.to_vec();
    };
    let is_separator = |c: char| "/\\_-. :=".contains(c);
    let shared = |of: &dyn Fn(&str) -> Vec<char>| {
        let first = of(first);
        let shared = names.iter().fold(first.len(), |shared, name| {
            let same = first.iter().zip(of(name)).take_while(|(a, b)| **a == *b);
            shared.min(same.count())
        });
        let is_in_number = |at: usize| {
            let digit = |at: usize| first.get(at).is_some_and(char::is_ascii_digit);
            first[at] == '.' && at > 0 && digit(at - 1) && digit(at + 1)
        };
        let separator = (0..shared).rfind(|&at| is_separator(first[at]) && !is_in_number(at));
        separator.map_or(0, |at| at + 1)
    };
    let mut prefix = shared(&|name| name.chars().collect());
    let mut suffix = shared(&|name| name.chars().rev().collect());
    let len = first.chars().count();
    // A part of a date says nothing.
    for time in times(first) {
        if (time.start + 1..time.end).contains(&prefix) {
            prefix = time.start;
        }
        if (time.start + 1..time.end).contains(&(len - suffix)) {
            suffix = len - time.end;
        }
    }
    let middles: Vec<String> = names
        .iter()
        .map(|name| {
            let len = name.chars().count();
            let kept = len.saturating_sub(prefix + suffix);
            name.chars().skip(prefix).take(kept).collect()
        })
        .collect();
    if middles.iter().any(String::is_empty) {
        return names.to_vec();
    }
    middles
}

/// The dates and times in a name, as ranges of its characters.
fn times(name: &str) -> Vec<Range<usize>> {
    let characters = |byte: usize| name[..byte].chars().count();
    let found = TIME.find_iter(name);
    let range = |found: regex::Match<'_>| characters(found.start())..characters(found.end());
    found.map(range).collect()
}

/// The names without the ends that all share, and long ones without the words that all share.
pub(super) fn without_shared_parts(names: &[String]) -> Vec<String> {
    let distinct = without_shared_ends(names);
    let is_long = |name: &String| name.chars().count() > MAX_NAME;
    if !distinct.iter().any(is_long) {
        return distinct;
    }
    without_shared_words(&distinct).unwrap_or(distinct)
}

/// Names that are told apart, short enough for an axis or a legend: without the ends and the words that all share, and
/// where they are still long, without dates or the part that tells least. Numbers keep the word before them.
pub(super) fn told_apart(names: &[String]) -> Vec<String> {
    let names = &without_hosts(names);
    let distinct = without_shared_parts(names);
    let is_number = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
    if distinct.iter().all(is_number) {
        return with_word_before(names, &distinct).unwrap_or(distinct);
    }
    let is_long = |name: &String| name.chars().count() > MAX_NAME;
    let is_dated = |name: &String| name.chars().count() > MAX_DATED && TIME.is_match(name);
    if !distinct.iter().any(|name| is_long(name) || is_dated(name)) {
        return distinct;
    }
    let cut =
        |of: fn(&str) -> String| -> Vec<String> { distinct.iter().map(|name| of(name)).collect() };
    let says_something = |name: &String| {
        let name = name.split(", start ").next().unwrap_or(name);
        let name = name.trim_end_matches(|c: char| c == ')' || c.is_ascii_digit());
        name.chars().any(char::is_alphanumeric)
    };
    let are_telling = |names: &Vec<String>| {
        let unique: HashSet<&String> = names.iter().collect();
        unique.len() == names.len() && !names.iter().any(String::is_empty)
    };
    let undated = cut(without_times);
    let numbered = with_numbers(&undated, &distinct);
    let distinct = match are_telling(&numbered) && undated.iter().all(says_something) {
        true => numbered,
        false => distinct,
    };
    if !distinct.iter().any(is_long) {
        return distinct;
    }
    let forms: [fn(&str) -> String; 3] = [shortened, start_of, end_of];
    // Each form of all names, with how many names have it.
    let counted = forms.map(|form| {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for name in &distinct {
            *counts.entry(form(name)).or_default() += 1;
        }
        (form, counts)
    });
    let cut = distinct.iter().map(|name| {
        let mut forms = counted.iter().map(|(form, counts)| (form(name), counts));
        let form = forms.find(|(own, counts)| counts.get(own) == Some(&1));
        form.map_or_else(|| name.clone(), |(own, _)| own)
    });
    let cut: Vec<String> = cut.collect();
    match are_telling(&cut) {
        true => cut,
        false => distinct,
    }
}

/// `Dec07_12-38-05_host`, the folders of TensorBoard's `SummaryWriter`, without the host, where that leaves no names equal.
fn without_hosts(names: &[String]) -> Vec<String> {
    let dated = |name: &String| DATED_HOST.replace(name, "$1").into_owned();
    let without: Vec<String> = names.iter().map(dated).collect();
    let unique: HashSet<&String> = without.iter().collect();
    match unique.len() == names.len() {
        true => without,
        false => names.to_vec(),
    }
}

/// Names without their dates, of which equal ones have a number in the order of the whole names: `lstm (1)`, `lstm (2)`.
/// Where nothing but the date tells any names apart, they have none.
fn with_numbers(undated: &[String], whole: &[String]) -> Vec<String> {
    let mut alike: HashMap<&String, Vec<usize>> = HashMap::new();
    for (at, name) in undated.iter().enumerate() {
        alike.entry(name).or_default().push(at);
    }
    let mut numbered = undated.to_vec();
    if alike.len() < 2 {
        return numbered;
    }
    for (name, mut places) in alike {
        places.sort_by_key(|at| &whole[*at]);
        if places.len() > 1 {
            for (number, at) in (1..).zip(places) {
                numbered[at] = format!("{name} ({number})");
            }
        }
    }
    numbered
}

/// `version_3` for `3`, where that is the word before the number in all names.
pub(super) fn with_word_before(names: &[String], numbers: &[String]) -> Option<Vec<String>> {
    let (first, number) = (names.first()?, numbers.first()?);
    let is_prefix = |at: usize| {
        let mut pairs = names.iter().zip(numbers);
        pairs.all(|(name, number)| {
            name.get(..at) == first.get(..at)
                && name
                    .get(at..)
                    .is_some_and(|rest| rest.starts_with(number.as_str()))
        })
    };
    let prefix = first
        .match_indices(number.as_str())
        .map(|(at, _)| &first[..at])
        .find(|prefix| is_prefix(prefix.len()))?;
    let word = prefix.trim_end_matches(['_', '-', ' ']);
    let letters = word
        .chars()
        .rev()
        .take_while(|c| c.is_alphabetic())
        .map(char::len_utf8);
    let len: usize = letters.sum();
    let word = &prefix[word.len() - len..];
    (len > 0 && word.chars().count() <= MAX_NAME / 2).then(|| {
        numbers
            .iter()
            .map(|number| format!("{word}{number}"))
            .collect()
    })
}

/// A name without dates and times.
fn without_times(name: &str) -> String {
    let separators = ['/', '_', '-', ' ', '.'];
    let parts = TIME.split(name);
    let parts: Vec<&str> = parts
        .map(|part| {
            // Parentheses around a time go with it.
            let part = part.strip_prefix(')').unwrap_or(part);
            let part = part.strip_suffix('(').unwrap_or(part);
            part.trim_matches(separators)
        })
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("_")
}

/// The names without the words that are in all of them; `None` if that leaves one empty or two equal.
fn without_shared_words(names: &[String]) -> Option<Vec<String>> {
    let separators = ['/', '_', '-', ' '];
    let words = |name: &str| -> Vec<String> { name.split(separators).map(str::to_owned).collect() };
    let first: Vec<String> = words(names.first().filter(|_| names.len() > 1)?);
    let sets: Vec<HashSet<String>> = names
        .iter()
        .map(|name| words(name).into_iter().collect())
        .collect();
    let shared: HashSet<&String> = first
        .iter()
        .filter(|word| sets.iter().all(|set| set.contains(*word)))
        .collect();
    let without = |name: &String| {
        let mut kept = String::new();
        let mut rest = name.as_str();
        while !rest.is_empty() {
            let end = rest.find(separators).unwrap_or(rest.len());
            let next = rest[end..]
                .chars()
                .next()
                .map_or(end, |c| end + c.len_utf8());
            if !shared.contains(&rest[..end].to_owned()) {
                kept.push_str(&rest[..next]);
            }
            rest = &rest[next..];
        }
        kept.trim_end_matches(separators).to_owned()
    };
    let kept: Vec<String> = names.iter().map(without).collect();
    let unique: HashSet<&String> = kept.iter().collect();
    let is_telling = unique.len() == kept.len() && !kept.iter().any(String::is_empty);
    is_telling.then_some(kept)
}

fn start_of(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn end_of(name: &str) -> String {
    match name.char_indices().nth_back(MAX_NAME - 1) {
        Some((start, _)) if start > 0 => format!("…{}", &name[start..]),
        _ => name.to_owned(),
    }
}

/// The shortest text that tells one path from the others: the last part, and of long identifiers the beginning, where these
/// are distinct.
pub(super) fn shortest_apart(paths: &[String]) -> Vec<String> {
    let are_distinct = |names: &[String]| {
        let unique: HashSet<&String> = names.iter().collect();
        unique.len() == names.len()
    };
    let ends = paths
        .iter()
        .map(|path| path.rsplit('/').next().unwrap_or(path).to_owned());
    let ends: Vec<String> = ends.collect();
    if !are_distinct(&ends) {
        return told_apart(paths);
    }
    let undated: Vec<String> = ends.iter().map(|name| without_times(name)).collect();
    let ends = match are_distinct(&undated) {
        true => undated,
        false => ends,
    };
    let is_identifier = |name: &String| {
        name.len() > 2 * OF_IDENTIFIER && name.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let starts: Vec<String> = ends
        .iter()
        .map(|name| name.chars().take(OF_IDENTIFIER).collect())
        .collect();
    match ends.iter().all(is_identifier) && are_distinct(&starts) {
        true => starts,
        false => told_apart(&ends),
    }
}

/// A name without its middle, if it is long.
pub(super) fn shortened(name: &str) -> String {
    without_middle(name, MAX_NAME)
}

/// A name without its middle, if it has more than `most` characters.
pub(super) fn without_middle(name: &str, most: usize) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= most {
        return name.to_owned();
    }
    let side = (most - 1) / 2;
    let (start, end) = (&characters[..side], &characters[characters.len() - side..]);
    start.iter().chain(&['…']).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn middles(names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        without_shared_ends(&names)
    }

    #[test]
    fn dates_that_tell_runs_apart_stay() {
        let named =
            |names: &[&str]| told_apart(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        let timed = [
            "2025-02-17 21:36:38.665813",
            "2025-02-17 22:01:05.504138",
            "version_0",
        ];
        assert_eq!(named(&timed), timed);
        let of_writer = [
            "runs/Dec07_12-38-05_gpu-257040b67c",
            "runs/Dec07_13-31-23_gpu-257040b67c",
            "output",
        ];
        assert_eq!(
            named(&of_writer),
            ["runs/Dec07_12-38-05", "runs/Dec07_13-31-23", "output"]
        );
    }

    #[test]
    fn shared_words_at_both_ends_are_left_out() {
        assert_eq!(
            middles(&["runs/exp-1/events", "runs/exp-22/events"]),
            ["1", "22"]
        );
        assert_eq!(middles(&["adam", "adagrad"]), ["adam", "adagrad"]);
        assert_eq!(middles(&["run-a", "run-"]), ["run-a", "run-"]);
        assert_eq!(middles(&["only/one"]), ["only/one"]);
        assert_eq!(middles(&["lr-0.001", "lr-0.002"]), ["0.001", "0.002"]);
        assert_eq!(
            middles(&["ppo-2023-04-13 03:35:09", "ppo-2023-04-20 07:38:00"]),
            ["2023-04-13 03:35:09", "2023-04-20 07:38:00"]
        );
        assert_eq!(
            middles(&["20230101_020518/vis", "20230511_020518/vis"]),
            ["20230101_020518", "20230511_020518"]
        );
    }

    #[test]
    fn long_names_keep_what_tells_them_apart() {
        let apart = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            told_apart(&names)
        };
        assert_eq!(
            apart(&[
                "a_model_of_eeg_v1_version_0",
                "b_model_of_eeg_v2_version_0_x"
            ]),
            ["a_v1", "b_v2_x"]
        );
        let long = "x".repeat(30);
        let [first, second] = [
            format!("one{long}mid1{long}end"),
            format!("one{long}mid2{long}end"),
        ];
        assert_eq!(apart(&[&first, &second]), [first.clone(), second]);
        let [first, second] = [format!("{long}{long}1"), format!("{long}a{long}2")];
        assert_eq!(apart(&[&first, &second]).len(), 2);
        assert_ne!(apart(&[&first, &second])[0], apart(&[&first, &second])[1]);
        assert_eq!(apart(&["short", "shorter"]), ["short", "shorter"]);
    }

    #[test]
    fn times_since_1970_are_dates_and_equal_names_are_numbered() {
        let names = [
            "gpt2_last_char_to_char1729642919.4054031",
            "gpt2_char_to_token1729578574.2848036",
            "gpt2_char_to_token1729534595.422701",
            "gpt2",
        ];
        let names = names.map(str::to_owned);
        let expected = [
            "gpt2_last_char_to_char",
            "gpt2_char_to_token (2)",
            "gpt2_char_to_token (1)",
            "gpt2",
        ];
        assert_eq!(told_apart(&names), expected);
        // Nothing but the time tells these apart.
        let names = ["lstm_1729578574", "lstm_1729534595"].map(str::to_owned);
        assert!(told_apart(&names).iter().all(|name| name.contains("1729")));
    }

    #[test]
    fn numbers_keep_their_word_and_identifiers_lose_their_date() {
        let apart = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            told_apart(&names)
        };
        assert_eq!(
            apart(&["logs/version_0", "logs/version_12"]),
            ["version_0", "version_12"]
        );
        assert_eq!(apart(&["runs/1", "runs/2"]), ["1", "2"]);
        assert_eq!(
            apart(&["20241121_145830-z2lzlmhv", "20241126_033512-x7myjk5s"]),
            ["z2lzlmhv", "x7myjk5s"]
        );
    }

    #[test]
    fn a_long_name_keeps_its_ends() {
        assert_eq!(shortened("short"), "short");
        assert_eq!(
            shortened("gpt2_char_pred_0.1_1675541.2756786"),
            "gpt2_char_pre…75541.2756786"
        );
    }
}
