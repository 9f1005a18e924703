//! Seeds in the names of runs, which trainers that record no configuration write there.

use std::sync::LazyLock;

use regex::Regex;

/// What stands for the seed in a stem.
const SEED: char = '*';

/// `seed_3`, `seed=3`, `Seed3` and `rep-3`.
static WORD_AND_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)(^|[^a-z])(?:(?:random|rng|env)[_-]?)?(?:seed|rep|repeat|replicate)[_=:. -]*\d+")
});
/// `fold_3` and `fold3`.
static FOLD: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)(^|[^a-z])(?:k|cv)?[_-]?fold[_=:. -]*\d+"));
/// CleanRL: environment, experiment, seed and time.
static CLEANRL: LazyLock<Regex> = LazyLock::new(|| regex(r"__\d+__\d{9,}"));
/// Dates, times and numbers that count seconds.
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?:[T_. -]*[0-2]\d[-_:.h]?[0-5]\d(?:[-_:.m]?[0-5]\d)?)?|\d{9,}",
    )
});
/// Spinning Up: `exp/exp_s10`, also below other folders.
static SPINNING_UP: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(?:|(.*)/)([^/]+)_s\d+((?:/.*)?)$"));
/// A number at the end of a name, before the name of its file.
static LAST_NUMBER: LazyLock<Regex> = LazyLock::new(|| regex(r"(^|[^0-9.])\d+(/[^/]*\.[a-z]+)?$"));

/// Microseconds after a time.
static AFTER_TIME: LazyLock<Regex> = LazyLock::new(|| regex(r"\*[-_.:]?\d+"));
/// A last part that is nothing but a date, a time or an identifier in hexadecimal digits.
static LAST_IDENTIFIER: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(^|/)(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d[\d_:. -]{7,}\d)((?:/[^/]*)?(?:\.[a-z]+)?)$",
    )
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern is valid")
}

/// The name with `*` for the seed that it states, and for times beside it; `None` if it states none.
pub(super) fn stem(name: &str) -> Option<String> {
    let stem = if CLEANRL.is_match(name) {
        CLEANRL.replace_all(name, "__*")
    } else if let Some(stem) = spinning_up(name) {
        stem.into()
    } else if WORD_AND_NUMBER.is_match(name) {
        WORD_AND_NUMBER.replace_all(name, "$1*")
    } else {
        return None;
    };
    Some(TIME.replace_all(&stem, "*").into_owned())
}

/// The name with `*` for the fold of a cross-validation that it states; `None` if it states none.
pub(super) fn fold_stem(name: &str) -> Option<String> {
    FOLD.is_match(name)
        .then(|| FOLD.replace_all(name, "$1*").into_owned())
}

/// The stem where a folder above says what the seeds are of: `vit_s16` alone is a model.
fn spinning_up(name: &str) -> Option<String> {
    let found = SPINNING_UP.captures(name)?;
    let above = found.get(1)?.as_str();
    let is_stated = |folder: &str| folder.eq_ignore_ascii_case(&found[2]);
    above
        .split('/')
        .any(is_stated)
        .then(|| match above.ends_with(&found[2]) {
            true => format!("{above}/*{}", &found[3]),
            false => format!("{above}/{}_*{}", &found[2], &found[3]),
        })
}

/// The name with `*` for the number, the time or the identifier at its end, which can count repeats.
pub(super) fn numbered_stem(name: &str) -> Option<String> {
    // Trainings of one log can be of anything.
    let is_numbered =
        LAST_NUMBER.is_match(name) && !name.contains('#') && !name.contains(", start ");
    let is_identified = LAST_IDENTIFIER.is_match(name);
    if is_identified {
        return Some(LAST_IDENTIFIER.replace(name, "$1*$2").into_owned());
    }
    let (above, last) = name
        .rsplit_once('/')
        .map_or(("", name), |(above, last)| (above, last));
    if TIME.is_match(last) {
        let timed = TIME.replace_all(last, "*");
        let timed = AFTER_TIME.replace_all(&timed, "*");
        let slash = if above.is_empty() { "" } else { "/" };
        return Some(format!("{above}{slash}{timed}"));
    }
    is_numbered.then(|| LAST_NUMBER.replace(name, "$1*$2").into_owned())
}

/// What a stem says of its runs.
pub(super) fn without_seed(stem: &str) -> String {
    let separators = ['_', '-', '.', ',', ' ', '=', ':'];
    let parts = stem.split('/').map(|part| {
        let words: Vec<&str> = part.split(SEED).collect();
        let words = words.iter().map(|word| word.trim_matches(separators));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        words.join(" ")
    });
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_seed_is_left_out() {
        for (name, wanted) in [
            ("Hopper-v4/seed_3/progress.csv", "Hopper-v4/*/progress.csv"),
            ("ppo-seed12", "ppo-*"),
            ("SAC_Ant_Seed=0", "SAC_Ant_*"),
            ("random_seed-7", "*"),
            ("td3/rep2", "td3/*"),
            ("Hopper-v4__ppo__1__1667000000", "Hopper-v4__ppo__*"),
            ("vpg/vpg_s10", "vpg/*"),
            ("TD3/Hopper-v2/td3_s6621/eval", "TD3/Hopper-v2/td3_*/eval"),
            ("data/vpg/vpg_s0/progress.txt", "data/vpg/*/progress.txt"),
            ("dqn_seed1_20230102-101112", "dqn_*_*"),
            ("dqn_seed2_2023-01-02_10-11-12", "dqn_*_*"),
        ] {
            assert_eq!(stem(name).as_deref(), Some(wanted), "{name}");
        }
        for name in [
            "vit_s16",
            "PPO_1",
            "seedling3",
            "linseed 4x",
            "reps",
            "a/b_s3",
            "20230102",
        ] {
            assert_eq!(stem(name), None, "{name}");
        }
    }

    #[test]
    fn a_stated_fold_is_left_out() {
        assert_eq!(
            fold_stem("alpha_0.3/fold_2").as_deref(),
            Some("alpha_0.3/*")
        );
        assert_eq!(fold_stem("vit_fold3_best").as_deref(), Some("vit_*_best"));
        assert_eq!(fold_stem("unfold_2"), None);
        assert_eq!(fold_stem("folder_2"), None);
    }

    #[test]
    fn a_number_at_the_end_can_count_repeats() {
        for (name, wanted) in [
            ("PPO_1", Some("PPO_*")),
            ("ppo/3", Some("ppo/*")),
            ("ppo/3/progress.csv", Some("ppo/*/progress.csv")),
            ("PPO/08-28-09-14-15-772993", Some("PPO/*")),
            ("ES/run-2020-08-28-19-30-41-520174", Some("ES/run-*")),
            ("muon/1bd8db7a-f3a3-4195-856d-cab7e0816443", Some("muon/*")),
            ("lr0.001", None),
            ("adam", None),
        ] {
            assert_eq!(numbered_stem(name).as_deref(), wanted, "{name}");
        }
    }

    #[test]
    fn a_label_says_what_is_not_the_seed() {
        assert_eq!(
            without_seed("Hopper-v4/*/progress.csv"),
            "Hopper-v4/progress.csv"
        );
        assert_eq!(without_seed("dqn_*_*"), "dqn");
        assert_eq!(without_seed("ppo_*_Ant"), "ppo Ant");
        assert_eq!(without_seed("*"), "");
    }
}
