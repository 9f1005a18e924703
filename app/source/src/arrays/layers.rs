//! Attention weights with an array for each layer: they become one tensor with an axis for the layer.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use trainscape_run::{Dtype, SourceContent};

use super::{
    axes::{self, LAYERS},
    contents::stem,
    drafts::TensorDraft,
    run_files::OpenedFiles,
};

/// Names that NumPy gives to arrays without one: `arr_0`.
const UNNAMED: &str = "arr_";

/// What the arrays of all layers have in common.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LayerGroup {
    /// The file's set, or the folder of files with one array each.
    scope: (Option<usize>, PathBuf),
    key: String,
    shape: Vec<usize>,
    dtype: &'static str,
}

/// Replaces the arrays of consecutive layers by one.
pub(super) fn stack_layers(run: &OpenedFiles<'_>, drafts: &mut Vec<TensorDraft>) {
    let mut groups: BTreeMap<LayerGroup, BTreeMap<u32, usize>> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        if let Some((group, layer)) = group_of(run, draft) {
            groups
                .entry(group)
                .or_default()
                .entry(layer)
                .or_insert(index);
        }
    }
    let mut replaced = BTreeSet::new();
    let mut stacked = Vec::new();
    for (group, layers) in groups {
        if layers.len() < 2 || !are_consecutive(&layers) {
            continue;
        }
        let members: Vec<&TensorDraft> = layers.values().map(|&index| &drafts[index]).collect();
        let key: Arc<str> = group.key.into();
        stacked.push(TensorDraft {
            own_key: Arc::clone(&key),
            key,
            shape: std::iter::once(members.len()).chain(group.shape).collect(),
            dtype: members[0].dtype,
            parts: members
                .iter()
                .flat_map(|draft| draft.parts.iter().cloned())
                .collect(),
            part_steps: None,
            are_layers: true,
            file: members[0].file,
            set: members[0].set,
        });
        replaced.extend(layers.into_values());
    }
    let mut index = 0;
    drafts.retain(|_| {
        index += 1;
        !replaced.contains(&(index - 1))
    });
    drafts.extend(stacked);
}

/// Layers are counted from 0 or 1.
fn are_consecutive(layers: &BTreeMap<u32, usize>) -> bool {
    let first = layers.keys().next().copied().unwrap_or(0);
    first <= 1
        && layers
            .keys()
            .copied()
            .eq(first..first + layers.len() as u32)
}

fn group_of(run: &OpenedFiles<'_>, draft: &TensorDraft) -> Option<(LayerGroup, u32)> {
    let is_named = run.overrides.contains_key(&*draft.key)
        || run.mapping.array(&draft.key, &draft.own_key).is_some();
    if draft.parts.len() != 1 || draft.part_steps.is_some() || is_named {
        return None;
    }
    let file = run.files[draft.file];
    let is_one_array = file.format.source_format().content == SourceContent::OneArray;
    let folder = file.path.parent().unwrap_or(run.folder);
    let (without_layer, layer) = split_layer(&draft.own_key)?;
    let key = match (without_layer.is_empty(), is_one_array) {
        (false, _) => without_layer,
        (true, true) => folder.file_name()?.to_string_lossy().into_owned(),
        (true, false) => stem(&file.path),
    };
    let scope = match is_one_array {
        true => (None, folder.to_owned()),
        false => (Some(draft.set), PathBuf::new()),
    };
    axes::is_attention(&key).then(|| {
        let group = LayerGroup {
            scope,
            key,
            shape: draft.shape.clone(),
            dtype: Dtype::name(draft.dtype),
        };
        (group, layer)
    })
}

/// A key without the index of its layer, and that index: `layer_3/attention`, `attention_3`. The rest is empty for
/// keys that are only an index: `layer_3`, `arr_3`, `3`.
fn split_layer(key: &str) -> Option<(String, u32)> {
    if let Ok(layer) = key.strip_prefix(UNNAMED).unwrap_or(key).parse() {
        return Some((String::new(), layer));
    }
    let lower = key.to_ascii_lowercase();
    let is_separator = |c: char| matches!(c, '_' | '-' | '.' | '/' | ' ');
    let mut at = 0;
    while let Some(start) = lower[at..].find(|c: char| c.is_ascii_digit()) {
        let start = at + start;
        let digits = lower[start..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        let end = start + digits;
        at = end;
        let Ok(layer) = lower[start..end].parse() else {
            continue;
        };
        let before = lower[..start].trim_end_matches(is_separator);
        let word = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next()?;
        let kept = if LAYERS.contains(&word) || word == "l" {
            &key[..before.len() - word.len()]
        } else if end == key.len() && axes::is_attention(word) {
            &key[..before.len()]
        } else {
            continue;
        };
        let (left, right) = (kept.trim_end_matches(is_separator), &key[end..]);
        let rest = match left.is_empty() {
            true => right.trim_start_matches(is_separator).to_owned(),
            false => format!("{left}{right}"),
        };
        return Some((rest, layer));
    }
    None
}

/// The name that tells what an array is: that of its file for arrays without one.
pub(super) fn telling_name(run: &OpenedFiles<'_>, draft: &TensorDraft) -> Arc<str> {
    let key = &draft.own_key;
    let index = key.strip_prefix(UNNAMED).unwrap_or(key);
    if index.bytes().all(|byte| byte.is_ascii_digit()) {
        return stem(&run.files[draft.file].path).into();
    }
    Arc::clone(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_a_layer_is_removed_from_its_key() {
        for (key, rest, layer) in [
            ("layer_0/attention", "attention", 0),
            ("attn_layer11", "attn", 11),
            ("attn_layer11_weights", "attn_weights", 11),
            ("encoder.layers.3.attn", "encoder.attn", 3),
            ("Block-2.attention", "attention", 2),
            ("attention_7", "attention", 7),
            ("attentions.7", "attentions", 7),
            ("layer_1_attention_head_2", "attention_head_2", 1),
            ("attn_L4", "attn", 4),
            ("layer3", "", 3),
            ("arr_10", "", 10),
            ("4", "", 4),
        ] {
            assert_eq!(split_layer(key), Some((rest.to_owned(), layer)), "{key}");
        }
        for key in [
            "attention",
            "head_2",
            "multilayer9",
            "attention_2_mean",
            "arr_x",
            "layer_99999999999",
        ] {
            assert_eq!(split_layer(key), None, "{key}");
        }
    }
}
