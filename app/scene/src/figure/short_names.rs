//! Names of runs or layers without what all of them share.

use std::borrow::Cow;

/// Separators between the parts of a name; the first ones separate larger parts.
const SEPARATORS: [&[char]; 2] = [&['/', ' ', ','], &['/', ' ', ',', '_', '-', '.', ':']];

/// Fewer names than these are not shortened without one of them; of more, finding it takes too long for every frame.
const WITHOUT_ONE: std::ops::RangeInclusive<usize> = 4..=32;

/// The names without their common beginning and end. What remains consists of whole parts and has a letter, so that
/// `sweep/seed_0/loss` and `sweep/seed_1/loss` become `seed_0` and `seed_1`. One name of many may share nothing: it is whole.
pub(super) fn short_names<S: AsRef<str>>(names: &[S]) -> Vec<Cow<'_, str>> {
    let short = without_common_parts(names);
    let is_whole = |(short, name): (&Cow<'_, str>, &S)| short.len() == name.as_ref().len();
    let unchanged = short.iter().zip(names).all(is_whole);
    if !unchanged || !WITHOUT_ONE.contains(&names.len()) {
        return short;
    }
    for other in 0..names.len() {
        let alike: Vec<&str> = (0..names.len())
            .filter(|at| *at != other)
            .map(|at| names[at].as_ref())
            .collect();
        let mut shorter = without_common_parts(&alike);
        let name = names[other].as_ref();
        if shorter[0].len() < alike[0].len() && !shorter.iter().any(|shorter| shorter == name) {
            shorter.insert(other, Cow::Borrowed(name));
            return shorter
                .into_iter()
                .map(|name| Cow::Owned(name.into_owned()))
                .collect();
        }
    }
    short
}

fn without_common_parts<S: AsRef<str>>(names: &[S]) -> Vec<Cow<'_, str>> {
    let whole = || {
        let names = names.iter();
        names.map(|name| Cow::Borrowed(name.as_ref())).collect()
    };
    let Some((first, others)) = names.split_first() else {
        return Vec::new();
    };
    let first = first.as_ref();
    if others.is_empty() {
        return whole();
    }
    let common = |shared: &dyn Fn(&str) -> usize| {
        let others = others.iter();
        others.map(|name| shared(name.as_ref())).min().unwrap_or(0)
    };
    let prefix = common(&|name| shared_bytes(first.chars(), name.chars()));
    let suffix = common(&|name| shared_bytes(first.chars().rev(), name.chars().rev()));
    let end = suffix_cut(names, suffix);
    match prefix_cut(names, prefix, end) {
        0 if end == 0 => whole(),
        start => names
            .iter()
            .map(|name| {
                let name = name.as_ref();
                Cow::Owned(name[start..name.len() - end].to_owned())
            })
            .collect(),
    }
}

/// Bytes of the characters that two texts begin with.
fn shared_bytes(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b)
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum()
}

/// Bytes to leave out at the start of each name: up to the last separator that leaves a letter in each.
fn prefix_cut<S: AsRef<str>>(names: &[S], shared: usize, end: usize) -> usize {
    let first = names[0].as_ref();
    let leaves_a_letter = |cut: usize| {
        names.iter().all(|name| {
            let name = name.as_ref();
            name.len() > cut + end && name[cut..name.len() - end].contains(char::is_alphabetic)
        })
    };
    // `lr` of `lr 0.1, wd 2` says what 0.1 is.
    let keeps_keys = |cut: usize| {
        let is_value = |name: &S| name.as_ref()[cut..].starts_with(|c: char| c.is_ascii_digit());
        !first[..cut].ends_with(' ') || !names.iter().all(is_value)
    };
    for separators in SEPARATORS {
        let cut = first[..shared]
            .rmatch_indices(separators)
            .map(|(at, separator)| at + separator.len())
            .filter(|cut| !names.iter().any(|name| is_inside(name.as_ref(), cut - 1)))
            .find(|cut| leaves_a_letter(*cut) && keeps_keys(*cut));
        if let Some(cut) = cut {
            return cut;
        }
    }
    0
}

/// Bytes to leave out at the end of each name: from the first separator of the common end.
fn suffix_cut<S: AsRef<str>>(names: &[S], shared: usize) -> usize {
    let first = names[0].as_ref();
    let shared = shared.min(
        names
            .iter()
            .map(|name| name.as_ref().len())
            .min()
            .unwrap_or(0),
    );
    first[first.len() - shared..]
        .match_indices(SEPARATORS[1])
        .map(|(at, _)| shared - at)
        .find(|cut| {
            names.iter().all(|name| {
                let name = name.as_ref();
                name.len() > *cut && !is_inside(name, name.len() - cut)
            })
        })
        .unwrap_or(0)
}

/// What changes the meaning of the word behind its hyphen: `non-iid` is not `iid`.
const CHANGING: &[&str] = &[
    "non", "no", "not", "un", "anti", "semi", "self", "multi", "pre", "post", "quasi", "pseudo",
];

/// Whether the separator at `at` belongs to a number or a word: the point of `0.1`, the minus of `1e-4`, the hyphen of
/// `non-iid`.
fn is_inside(name: &str, at: usize) -> bool {
    let mut before = name[..at].chars().rev();
    let after = name[at + 1..].chars().next();
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    match name.as_bytes()[at] {
        b'.' | b',' => is_digit(before.next()) && is_digit(after),
        b'-' => {
            let word = name[..at].rsplit(|c: char| !c.is_alphabetic()).next();
            let is_changing = |word: &str| {
                CHANGING
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(word))
            };
            matches!(before.next(), Some('e' | 'E')) && is_digit(before.next())
                || word.is_some_and(is_changing)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::short_names;

    #[test]
    fn whole_parts_that_all_names_share_are_left_out() {
        for (names, expected) in [
            (
                &["sweep/seed_0/loss", "sweep/seed_1/loss"][..],
                &["seed_0", "seed_1"][..],
            ),
            (&["a/lr-1e-4", "a/lr-1e-3"], &["lr-1e-4", "lr-1e-3"]),
            (&["lr 0.1", "lr 0.2"], &["lr 0.1", "lr 0.2"]),
            (&["non-iid a", "non-iid"], &["non-iid a", "non-iid"]),
            (
                &["model.layers.0.attn.q", "model.layers.11.attn.q"],
                &["layers.0", "layers.11"],
            ),
            (
                &["PPO_v1_seed0_lr3e-4", "PPO_v1_seed1_lr3e-4"],
                &["seed0", "seed1"],
            ),
            (&["run", "run-2"], &["run", "run-2"]),
            (&["σ/α", "σ/β"], &["α", "β"]),
            (&["only/one"], &["only/one"]),
            (
                &["a/lr 0.1, wd 2", "a/lr 0.2, wd 2", "a/lr 0.2, wd 3"],
                &["lr 0.1, wd 2", "lr 0.2, wd 2", "lr 0.2, wd 3"],
            ),
            (
                &["all", "runs/lr 1_b", "runs/lr 2_b", "runs/lr 3_b"],
                &["all", "lr 1", "lr 2", "lr 3"],
            ),
            (
                &["all", "both", "runs/lr 2_b", "runs/lr 3_b"],
                &["all", "both", "runs/lr 2_b", "runs/lr 3_b"],
            ),
        ] {
            assert_eq!(short_names(names), expected, "{names:?}");
        }
    }
}
