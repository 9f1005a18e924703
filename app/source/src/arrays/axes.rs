//! The names of an array's axes, inferred from its key and shape.

/// Names of arrays that hold the training step of each snapshot.
pub(super) const STEP_NAMES: &[&str] = &[
    "steps",
    "step",
    "iterations",
    "iteration",
    "timesteps",
    "global_step",
    "global_steps",
];

/// Other spellings of the canonical names.
const SPELLINGS: &[(&str, &[&str])] = &[
    (
        "snapshot",
        &[
            "snapshots",
            "step",
            "steps",
            "time",
            "epoch",
            "epochs",
            "checkpoint",
            "checkpoints",
            "t",
        ],
    ),
    ("layer", &["layers", "block", "blocks"]),
    ("batch", &["batches", "example", "examples"]),
    ("head", &["heads"]),
    ("query", &["queries", "q"]),
    ("key", &["keys", "k"]),
    ("row", &["rows", "sample", "samples", "n"]),
    (
        "dimension",
        &["dimensions", "dim", "dims", "feature", "features", "d"],
    ),
    ("position", &["positions", "pos"]),
    (
        "channel",
        &["channels", "unit", "units", "neuron", "neurons"],
    ),
    (
        "parameter",
        &["parameters", "param", "params", "weight", "weights"],
    ),
    ("token", &["tokens"]),
];

const ATTENTION: &[&str] = &["attention", "attentions", "attn", "attns"];
const EMBEDDING: &[&str] = &[
    "embedding",
    "embeddings",
    "emb",
    "embs",
    "embed",
    "embeds",
    "hidden",
    "latent",
    "latents",
    "features",
    "representations",
    "wte",
    "wpe",
];
const PARAMETERS: &[&str] = &[
    "weights",
    "params",
    "parameters",
    "theta",
    "snapshots",
    "checkpoints",
];
/// Names of arrays of snapshots of all parameters.
const SNAPSHOTS: &[&str] = &[
    "params",
    "parameters",
    "theta",
    "snapshots",
    "checkpoints",
    "weights",
];
const ACTIVATIONS: &[&str] = &["activation", "activations", "acts"];
const TOKENS: &[&str] = &["tokens", "token_ids", "input_ids"];

/// Words before the index of a layer.
pub(super) const LAYERS: &[&str] = &["layer", "layers", "block", "blocks"];

/// Words that exclude the interpretation that other words suggest: `attention_mask`.
const EXCLUDING: &[&str] = &[
    "bias",
    "mask",
    "norm",
    "layernorm",
    "proj",
    "projection",
    "qkv",
    "gate",
    "ids",
    "grad",
    "grads",
    "loss",
    "labels",
    "lengths",
    "entropy",
    "distance",
    "scale",
    "mean",
    "std",
];

/// Words that may be combined with those for parameters: `model_weights` is one, `conv_weights` is not.
const WITH_PARAMETERS: &[&str] = &["model", "flat", "all", "snapshots", "trajectory", "path"];

/// The canonical name of an axis, which the views use; unknown names are returned unchanged.
pub(crate) fn canonical(name: &str) -> String {
    let name = name.trim().to_lowercase();
    SPELLINGS
        .iter()
        .find(|(_, others)| others.contains(&name.as_str()))
        .map_or(name, |(canonical, _)| (*canonical).to_owned())
}

/// True if metadata of that name contains names of axes.
pub(super) fn is_axes_name(name: &str) -> bool {
    name == "axes" || name.ends_with("_axes") || name.ends_with(".axes")
}

/// Names the axes if the array's key and shape allow only one interpretation. `snapshots` is true if the first axis
/// has a training step for each index.
///
/// | key | the axes after `snapshot` |
/// |---|---|
/// | `attention`, `attn` | layer, head, query, key; with a layer or a head in the key the others; square: query, key; with \
/// an axis of length 1, and of `attentions` (of Hugging Face): layer, batch, head, query, key |
/// | `embeddings`, `emb`, `hidden` | row, dimension |
/// | `weights`, `params`, `theta` | parameter; with two axes: snapshot, parameter |
/// | `activations` | layer, position, channel; with a layer in the key: position, channel |
/// | `tokens` | token |
/// | any, with steps | none |
pub(super) fn infer(key: &str, shape: &[usize], snapshots: bool) -> Option<Vec<String>> {
    let rank = shape.len();
    if rank == 1 && STEP_NAMES.contains(&key) {
        return Some(vec!["snapshot".to_owned()]);
    }
    if !snapshots && is_of_snapshots(key, shape) {
        return Some(named(&["snapshot", "parameter"]));
    }
    let inner = if snapshots { shape.get(1..)? } else { shape };
    let names = inner_axes(key, inner, snapshots, false)?;
    let first: &[&str] = if snapshots { &["snapshot"] } else { &[] };
    Some(named(&[first, names].concat()))
}

/// As [`infer`], for an array whose first axis is the layer.
pub(super) fn infer_of_layers(key: &str, shape: &[usize], snapshots: bool) -> Option<Vec<String>> {
    let inner = shape.get(1 + usize::from(snapshots)..)?;
    let names = inner_axes(key, inner, snapshots, true)?;
    let first: &[&str] = match snapshots {
        true => &["layer", "snapshot"],
        false => &["layer"],
    };
    Some(named(&[first, names].concat()))
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// True for an array of all parameters at several steps. A matrix of weights with more rows than columns may be a
/// layer's.
fn is_of_snapshots(key: &str, shape: &[usize]) -> bool {
    let &[rows, columns] = shape else {
        return false;
    };
    let names = words(key);
    let is_named = !key.contains(['.', '/'])
        && names.iter().any(|word| SNAPSHOTS.contains(&word.as_str()))
        && names.iter().all(|word| {
            SNAPSHOTS.contains(&word.as_str()) || WITH_PARAMETERS.contains(&word.as_str())
        });
    let may_be_layer = names
        .iter()
        .all(|word| word == "weights" || word == "model");
    is_named && rows >= 2 && (!may_be_layer || rows < columns)
}

/// True if a key names attention weights.
pub(super) fn is_attention(key: &str) -> bool {
    let names = own_words(key);
    let is = |known: &[&str]| names.iter().any(|word| known.contains(&word.as_str()));
    is(ATTENTION) && !is(EXCLUDING)
}

/// The words of a key's last part that is not an index.
fn own_words(key: &str) -> Vec<String> {
    let mut parts = key.rsplit(['.', '/']);
    let is_name = |part: &&str| !part.bytes().all(|byte| byte.is_ascii_digit());
    words(parts.find(is_name).unwrap_or(key))
}

/// The axes of an array without those that are known: snapshots, and the layer if it `is_of_layer`.
fn inner_axes(
    key: &str,
    shape: &[usize],
    snapshots: bool,
    is_of_layer: bool,
) -> Option<&'static [&'static str]> {
    if shape.is_empty() {
        return snapshots.then_some(&[]);
    }
    let last = |key: &str| words(key.rsplit(['.', '/']).next().unwrap_or(key));
    let names = last(key);
    let is =
        |names: &[String], known: &[&str]| names.iter().any(|word| known.contains(&word.as_str()));
    if is(&names, EXCLUDING) {
        return None;
    }
    let layer = is_of_layer || numbered(key, LAYERS);
    let head = numbered(key, &["head", "heads"]);
    if is_attention(key) {
        let names = own_words(key);
        let is_stack = names.iter().any(|word| word == "attentions");
        return attention_axes(shape, layer, head, is_stack);
    }
    if is(&names, ACTIVATIONS) {
        return match (shape.len(), layer) {
            (3, false) => Some(&["layer", "position", "channel"]),
            (2, true) => Some(&["position", "channel"]),
            _ => None,
        };
    }
    // A layer's matrix is named after the layer: `embed_tokens.weight`.
    let layer_names = last(key.strip_suffix(".weight").unwrap_or(key));
    if is(&layer_names, EMBEDDING) && !is(&layer_names, EXCLUDING) && shape.len() == 2 {
        return Some(&["row", "dimension"]);
    }
    let only_parameters = names.iter().all(|word| {
        PARAMETERS.contains(&word.as_str()) || WITH_PARAMETERS.contains(&word.as_str())
    });
    if is(&names, PARAMETERS) && only_parameters && shape.len() == 1 {
        return Some(&["parameter"]);
    }
    if TOKENS.contains(&key) && shape.len() == 1 {
        return Some(&["token"]);
    }
    None
}

/// The axes of attention weights, with or without the index of a layer or a head in their key; `is_stack` for a stack
/// of the layers' outputs.
fn attention_axes(
    shape: &[usize],
    layer: bool,
    head: bool,
    is_stack: bool,
) -> Option<&'static [&'static str]> {
    match (shape, layer, head) {
        ([_, batch, _, _, _], false, false) if is_stack || *batch == 1 => {
            Some(&["layer", "batch", "head", "query", "key"])
        }
        ([1, _, _, _, _], false, false) => Some(&["batch", "layer", "head", "query", "key"]),
        ([_, _, _, _], false, false) => Some(&["layer", "head", "query", "key"]),
        ([_, _, _, _], true, false) => Some(&["batch", "head", "query", "key"]),
        ([_, _, _], true, false) => Some(&["head", "query", "key"]),
        ([_, _, _], false, true) => Some(&["layer", "query", "key"]),
        // If the sides differ, layers x heads is equally likely.
        ([queries, keys], _, _) if queries == keys => Some(&["query", "key"]),
        _ => None,
    }
}

/// True if the key contains the index of a layer or head: `layers.3`, `layer_3`.
fn numbered(key: &str, names: &[&str]) -> bool {
    let words = words(key);
    words.windows(2).any(|pair| {
        names.contains(&pair[0].as_str()) && pair[1].starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Lower-case words and numbers of `selfAttention_layer3`: `self`, `attention`, `layer`, `3`.
fn words(name: &str) -> Vec<String> {
    #[derive(Clone, Copy, PartialEq)]
    enum CharacterKind {
        Lower,
        Upper,
        Digit,
        Gap,
    }
    let mut words: Vec<String> = Vec::new();
    let mut before = CharacterKind::Gap;
    for character in name.chars() {
        let kind = match character {
            _ if character.is_numeric() => CharacterKind::Digit,
            _ if character.is_uppercase() => CharacterKind::Upper,
            _ if character.is_alphabetic() => CharacterKind::Lower,
            _ => CharacterKind::Gap,
        };
        let continues =
            kind == before || (before, kind) == (CharacterKind::Upper, CharacterKind::Lower);
        before = kind;
        if kind == CharacterKind::Gap {
            continue;
        }
        match words.last_mut() {
            Some(word) if continues => word.extend(character.to_lowercase()),
            _ => words.push(character.to_lowercase().collect()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, shape: &[usize], snapshots: bool, wanted: &str) {
        let found =
            infer(key, shape, snapshots).map_or_else(|| "?".to_owned(), |axes| axes.join(","));
        assert_eq!(found, wanted, "{key} {shape:?} {snapshots}");
    }

    #[test]
    fn unambiguous_arrays_have_names() {
        check("steps", &[21], false, "snapshot");
        check(
            "attention",
            &[21, 8, 4, 64, 64],
            true,
            "snapshot,layer,head,query,key",
        );
        check(
            "attn_weights",
            &[6, 12, 52, 52],
            false,
            "layer,head,query,key",
        );
        check("attention", &[9, 8, 8], true, "snapshot,query,key");
        check("attention", &[8, 8], false, "query,key");
        check(
            "attn_layer3",
            &[21, 4, 64, 64],
            true,
            "snapshot,head,query,key",
        );
        check("layers.3.attention", &[4, 64, 64], false, "head,query,key");
        check("attention.head_2", &[21, 4, 64, 64], true, "?");
        check(
            "attention_head2",
            &[21, 8, 64, 64],
            true,
            "snapshot,layer,query,key",
        );
        check("embeddings", &[101, 96, 32], true, "snapshot,row,dimension");
        check("embeddings", &[12000, 384], false, "row,dimension");
        check(
            "model.embed_tokens.weight",
            &[50257, 768],
            false,
            "row,dimension",
        );
        check("lastHiddenState", &[52, 384], false, "row,dimension");
        check("weights", &[17, 901_728], true, "snapshot,parameter");
        check("theta", &[17, 3], true, "snapshot,parameter");
        check("theta", &[17, 3], false, "snapshot,parameter");
        check("weights", &[17, 901_728], false, "snapshot,parameter");
        check(
            "attentions",
            &[6, 4, 8, 20, 20],
            false,
            "layer,batch,head,query,key",
        );
        check(
            "attn",
            &[6, 1, 8, 20, 30],
            false,
            "layer,batch,head,query,key",
        );
        check(
            "attn",
            &[1, 6, 8, 20, 30],
            false,
            "batch,layer,head,query,key",
        );
        check(
            "layers.3.attention",
            &[2, 4, 64, 64],
            false,
            "batch,head,query,key",
        );
        check(
            "activations",
            &[21, 8, 64, 96],
            true,
            "snapshot,layer,position,channel",
        );
        check("activations", &[8, 64, 96], false, "layer,position,channel");
        check(
            "layer_2.activations",
            &[21, 64, 96],
            true,
            "snapshot,position,channel",
        );
        check("tokens", &[64], false, "token");
        check("loss", &[101], true, "snapshot");
    }

    #[test]
    fn ambiguous_arrays_have_no_names() {
        check("attention", &[21, 8, 64, 64], true, "?");
        check("attention", &[8, 64, 64], false, "?");
        check("attention", &[12, 6], false, "?");
        check("attention", &[2, 3, 4, 5, 5], false, "?");
        check("attention_mask", &[8, 8], false, "?");
        check("layers.0.attn.qkv", &[96, 288], false, "?");
        check("layers.0.attn.proj", &[96, 96], false, "?");
        check("layers.0.attn.weight", &[96, 96, 96], false, "?");
        check("embeddings", &[101, 96, 32], false, "?");
        check("weights", &[784, 10], false, "?");
        check("encoder.weights", &[17, 901_728], false, "?");
        check("theta", &[1, 3], false, "?");
        check("conv_weights", &[17, 3], true, "?");
        check("hidden_layers.0.weight", &[32, 37], false, "?");
        check("activations", &[8, 64], false, "?");
        check("results", &[40, 20], true, "?");
        check("anything", &[3, 4], false, "?");
        check("scalar", &[], false, "?");
        check("", &[1], false, "?");
    }

    #[test]
    fn other_spellings_become_canonical_names() {
        assert_eq!(canonical(" Layers"), "layer");
        assert_eq!(canonical("dim"), "dimension");
        assert_eq!(canonical("head"), "head");
        assert_eq!(canonical("batch"), "batch");
    }
}
