//! The order of a model's layers: that of their definition, as far as a log shows it.

use std::{cmp::Ordering, collections::BTreeMap};

use trainscape_run::natural_cmp;

/// A layer's name, ordered as models define their layers: embeddings and the first layer, the encoder's, numbered and other
/// layers, the decoder's, the last norm, heads.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct LayerName(pub(super) String);

/// Words of names by stage; a word with a number, such as `down1`, is one of its letters.
const STAGES: [(u8, &[&str]); 5] = [
    (
        0,
        &[
            "embed",
            "embedding",
            "embeddings",
            "emb",
            "wte",
            "wpe",
            "stem",
            "patch",
            "input",
            "inc",
        ],
    ),
    (1, &["down", "encoder", "enc"]),
    (3, &["up", "decoder", "dec"]),
    (4, &["norm", "ln_f", "ln", "final"]),
    (
        5,
        &[
            "head",
            "heads",
            "lm_head",
            "classifier",
            "classif",
            "output",
            "out",
            "outc",
            "logits",
            "fc",
            "unembed",
        ],
    ),
];
/// The stage of layers in the middle of a model.
const MIDDLE: u8 = 2;

impl LayerName {
    fn stage(&self) -> u8 {
        let name = self.0.to_ascii_lowercase();
        let is_numbered = name.contains(|c: char| c.is_ascii_digit());
        let words = name.split(|c: char| !c.is_ascii_alphabetic());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        // The last word says most: `decoder.norm` is the decoder's norm, but `lm_head` is a head.
        let stage_of = |word: &str| {
            let stage = STAGES.iter().find(|(_, names)| names.contains(&word));
            stage.map(|(stage, _)| *stage)
        };
        let first = words.first().and_then(|word| stage_of(word));
        let last = words.last().and_then(|word| stage_of(word));
        let first_decides: &[u8] = if is_numbered { &[0, 1, 3] } else { &[1, 3] };
        let first_stage = first.filter(|stage| first_decides.contains(stage));
        // Numbered norms and projections are parts of blocks.
        let other = if is_numbered { None } else { last.or(first) };
        first_stage.or(other).unwrap_or(MIDDLE)
    }
}

impl PartialOrd for LayerName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LayerName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.stage()
            .cmp(&other.stage())
            .then_with(|| natural_cmp(&self.0, &other.0))
    }
}

/// The names in the order of the model, as their indices: that in which the log first mentions them (`first_seen`), or its
/// reverse where gradients were logged as they were computed, from the last layer to the first. A log that sorts or
/// scrambles its keys says nothing: then embeddings come first, heads last, and the others in natural order.
pub(super) fn in_model_order(names: &[String], first_seen: &[u32]) -> Vec<usize> {
    let mut usual: Vec<usize> = (0..names.len()).collect();
    usual.sort_by_cached_key(|at| LayerName(names[*at].clone()));
    let mut logged: Vec<usize> = (0..names.len()).collect();
    logged.sort_by_key(|at| first_seen[*at]);
    let is_sorted_by = |compare: &dyn Fn(&str, &str) -> Ordering| {
        logged.is_sorted_by(|a, b| compare(&names[*a], &names[*b]) != Ordering::Greater)
    };
    if is_sorted_by(&str::cmp) || is_sorted_by(&natural_cmp) || is_scrambled(names, &logged) {
        return usual;
    }
    let mut place = vec![0; names.len()];
    for (at, name) in usual.iter().enumerate() {
        place[*name] = at;
    }
    let rising = logged
        .windows(2)
        .filter(|pair| place[pair[0]] < place[pair[1]])
        .count();
    if 2 * rising < logged.len() - 1 {
        logged.reverse();
    }
    logged
}

/// Whether names that differ in a number alone are neither in rising nor in falling order, as in a log that keeps its keys
/// in a hash table.
fn is_scrambled(names: &[String], logged: &[usize]) -> bool {
    let mut of_pattern: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in logged.iter().map(|at| names[*at].as_str()) {
        let pattern = name.split(|c: char| c.is_ascii_digit()).collect::<Vec<_>>();
        of_pattern.entry(pattern.join("#")).or_default().push(name);
    }
    let rises = |numbered: &Vec<&str>| numbered.is_sorted_by(|a, b| natural_cmp(a, b).is_le());
    let falls = |numbered: &Vec<&str>| numbered.is_sorted_by(|a, b| natural_cmp(a, b).is_ge());
    let groups = || of_pattern.values();
    !groups().all(rises) && !groups().all(falls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_the_order_of_the_model() {
        let mut names: Vec<LayerName> = ["norm_f", "layers.10", "tok_emb", "layers.2", "lm_head"]
            .map(|name| LayerName(name.to_owned()))
            .into();
        names.sort();
        let names: Vec<&str> = names.iter().map(|name| name.0.as_str()).collect();
        assert_eq!(
            names,
            ["tok_emb", "layers.2", "layers.10", "norm_f", "lm_head"]
        );
        let mut names: Vec<LayerName> =
            ["down1", "outc", "up1", "inc", "down2", "up2", "bottleneck"]
                .map(|name| LayerName(name.to_owned()))
                .into();
        names.sort();
        let names: Vec<&str> = names.iter().map(|name| name.0.as_str()).collect();
        assert_eq!(
            names,
            ["inc", "down1", "down2", "bottleneck", "up1", "up2", "outc"]
        );
    }

    fn ordered(names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let first_seen: Vec<u32> = (0..names.len() as u32).collect();
        let order = in_model_order(&names, &first_seen);
        order.into_iter().map(|at| names[at].clone()).collect()
    }

    #[test]
    fn a_log_tells_the_order_of_its_layers_forwards_or_backwards() {
        let defined = [
            "stem", "trunk.1", "trunk.2", "mixer", "pool", "norm", "head",
        ];
        assert_eq!(ordered(&defined), defined);
        let mut backward = defined;
        backward.reverse();
        assert_eq!(ordered(&backward), defined);
    }

    #[test]
    fn a_log_of_scrambled_keys_tells_nothing() {
        let scrambled = ["head", "layers.4", "layers.0", "tok_emb", "layers.3"];
        assert_eq!(
            ordered(&scrambled),
            ["tok_emb", "layers.0", "layers.3", "layers.4", "head"]
        );
    }

    #[test]
    fn a_log_of_sorted_keys_tells_nothing() {
        let sorted = ["down1", "down2", "inc", "outc", "up1"];
        assert_eq!(ordered(&sorted), ["inc", "down1", "down2", "up1", "outc"]);
        let natural = ["head", "layers.2", "layers.10", "norm", "tok_emb"];
        assert_eq!(
            ordered(&natural),
            ["tok_emb", "layers.2", "layers.10", "norm", "head"]
        );
    }
}
