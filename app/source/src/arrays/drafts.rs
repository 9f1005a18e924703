//! From files to partially assembled tensors: shards are combined, steps stacked, keys made unique.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use trainscape_run::{Dtype, Source, SourceContent, Storage, Tensor};

use super::{
    checkpoints::FileSet,
    run_files::{OpenedFiles, add_note},
};

/// A partially assembled tensor.
#[derive(Debug)]
pub(super) struct TensorDraft {
    /// Its name in its file.
    pub(super) own_key: Arc<str>,
    /// Its name in the run.
    pub(super) key: Arc<str>,
    pub(super) shape: Vec<usize>,
    pub(super) dtype: Dtype,
    pub(super) parts: Vec<Storage>,
    /// Steps of the parts, if each is a separate checkpoint.
    pub(super) part_steps: Option<Arc<[f64]>>,
    /// True if the parts are layers.
    pub(super) are_layers: bool,
    pub(super) file: usize,
    pub(super) set: usize,
}

impl TensorDraft {
    /// The tensor, still without axes, steps and labels.
    pub(super) fn tensor(&self, run: &OpenedFiles<'_>) -> Tensor {
        Tensor {
            key: Arc::clone(&self.key),
            shape: self.shape.as_slice().into(),
            dtype: self.dtype,
            axes: None,
            steps: None,
            labels: None,
            path: run.files[self.file].path.clone(),
            source: run.sources_before + self.file,
            parts: self.parts.clone(),
        }
    }
}

/// Adds the tensors of the set with the given index.
pub(super) fn add_drafts(
    run: &OpenedFiles<'_>,
    index: usize,
    set: &FileSet,
    drafts: &mut Vec<TensorDraft>,
    sources: &mut [Source],
) {
    if set.left_out {
        for file in set.steps.values().flatten() {
            sources[*file].records = 0;
        }
        return;
    }
    if set.missing_shards > 0
        && let Some(&first) = set.steps.values().flatten().next()
    {
        let (count, verb) = match set.missing_shards {
            1 => ("1 shard".to_owned(), "is"),
            count => (format!("{count} shards"), "are"),
        };
        let note = format!("{count} of `{}` {verb} missing", set.label);
        add_note(&mut sources[first], &note);
    }
    if set.is_stacked() {
        stack(run, index, set, drafts, sources);
    } else {
        combine_shards(run, index, set, drafts, sources);
    }
}

/// Every key of every shard becomes a tensor.
fn combine_shards(
    run: &OpenedFiles<'_>,
    index: usize,
    set: &FileSet,
    drafts: &mut Vec<TensorDraft>,
    sources: &mut [Source],
) {
    let mut seen: HashSet<Arc<str>> = HashSet::new();
    for &file in set.steps.values().flatten() {
        for entry in run.files[file].entries() {
            let key = key_of(run, file, set, &entry.key);
            if !seen.insert(Arc::clone(&key)) {
                let note = format!("`{key}` is in another shard, too");
                add_note(&mut sources[file], &note);
                continue;
            }
            drafts.push(TensorDraft {
                own_key: Arc::clone(&key),
                key,
                shape: entry.shape.to_vec(),
                dtype: entry.dtype,
                parts: vec![entry.storage.clone()],
                part_steps: None,
                are_layers: false,
                file,
                set: index,
            });
        }
    }
}

fn key_of(run: &OpenedFiles<'_>, file: usize, set: &FileSet, key: &Arc<str>) -> Arc<str> {
    let is_one_array = run.files[file].format.source_format().content == SourceContent::OneArray;
    if is_one_array || key.is_empty() {
        set.file_key.as_str().into()
    } else {
        Arc::clone(key)
    }
}

type ShapeAndType = (Arc<[usize]>, Dtype);

/// An entry of one step's file.
struct Part<'a> {
    step: u64,
    file: usize,
    kind: ShapeAndType,
    storage: &'a Storage,
}

/// The same key of many steps becomes one tensor, as long as shape and type stay the same.
fn stack(
    run: &OpenedFiles<'_>,
    index: usize,
    set: &FileSet,
    drafts: &mut Vec<TensorDraft>,
    sources: &mut [Source],
) {
    let mut by_key: BTreeMap<Arc<str>, Vec<Part<'_>>> = BTreeMap::new();
    for (step, files) in &set.steps {
        for &file in files {
            for entry in run.files[file].entries() {
                let key = key_of(run, file, set, &entry.key);
                by_key.entry(key).or_default().push(Part {
                    step: step.unwrap_or(0),
                    file,
                    kind: (Arc::clone(&entry.shape), entry.dtype),
                    storage: &entry.storage,
                });
            }
        }
    }
    // Checkpoints of one run share their steps: one list serves all of their tensors.
    let mut known: HashMap<Vec<u64>, Arc<[f64]>> = HashMap::new();
    for (key, parts) in by_key {
        let Some(kind) = most_frequent_kind(&parts) else {
            continue;
        };
        for part in parts.iter().filter(|part| part.kind != kind) {
            let note = format!(
                "`{key}` has another shape or type at step {} and is omitted there",
                part.step
            );
            add_note(&mut sources[part.file], &note);
        }
        let mut chosen: Vec<_> = parts.into_iter().filter(|part| part.kind == kind).collect();
        chosen.dedup_by_key(|part| part.step);
        let steps: Vec<u64> = chosen.iter().map(|part| part.step).collect();
        let part_steps = known
            .entry(steps)
            .or_insert_with_key(|steps| steps.iter().map(|&step| step as f64).collect());
        drafts.push(TensorDraft {
            own_key: Arc::clone(&key),
            key,
            shape: std::iter::once(chosen.len())
                .chain(kind.0.iter().copied())
                .collect(),
            dtype: kind.1,
            part_steps: Some(Arc::clone(part_steps)),
            are_layers: false,
            file: chosen[0].file,
            parts: chosen
                .into_iter()
                .map(|part| part.storage.clone())
                .collect(),
            set: index,
        });
    }
}

/// The most frequent shape and type; among equally frequent ones, that of the last step.
fn most_frequent_kind(parts: &[Part<'_>]) -> Option<ShapeAndType> {
    let mut counts: HashMap<&ShapeAndType, usize> = HashMap::new();
    for part in parts {
        *counts.entry(&part.kind).or_default() += 1;
    }
    let kinds = parts.iter().map(|part| &part.kind);
    kinds.max_by_key(|kind| counts[kind]).cloned()
}

/// Puts the file's stem before keys that several files contain, or its path if the stem is not unique.
pub(super) fn make_keys_unique(drafts: &mut [TensorDraft], sets: &[FileSet]) {
    let rules: [fn(&TensorDraft, &FileSet) -> String; 2] = [
        |draft, set| format!("{}/{}", set.label, draft.own_key),
        |draft, set| match set.place.ends_with(&*draft.own_key) {
            true => set.place.clone(),
            false => format!("{}/{}", set.place, draft.own_key),
        },
    ];
    for rule in rules {
        for index in repeated(drafts) {
            drafts[index].key = rule(&drafts[index], &sets[drafts[index].set]).into();
        }
    }
    // The same name with two endings.
    for (count, index) in repeated(drafts).into_iter().enumerate() {
        drafts[index].key = format!("{}#{}", drafts[index].key, count + 1).into();
    }
}

fn repeated(drafts: &[TensorDraft]) -> Vec<usize> {
    let mut holders: HashMap<&str, usize> = HashMap::new();
    for draft in drafts {
        *holders.entry(&draft.key).or_default() += 1;
    }
    (0..drafts.len())
        .filter(|&index| holders[&*drafts[index].key] > 1)
        .collect()
}
