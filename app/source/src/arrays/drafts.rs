//! From files to tensors in the making: shards are put together, steps stacked, equal keys told apart.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use trainscape_run::{Dtype, Source, SourceFormat, Storage};

use super::{
    assemble::{Assembler, add_note},
    checkpoints::Set,
};

/// A tensor in the making.
#[derive(Debug)]
pub(super) struct Draft {
    /// Its name in its file, and its name in the run.
    pub(super) own_key: Arc<str>,
    pub(super) key: Arc<str>,
    pub(super) shape: Vec<usize>,
    pub(super) dtype: Dtype,
    pub(super) parts: Vec<Storage>,
    /// Steps of the parts, where each is a checkpoint of its own.
    pub(super) part_steps: Option<Arc<[f64]>>,
    pub(super) file: usize,
    pub(super) set: usize,
}

impl Assembler<'_> {
    pub(super) fn drafts_of(
        &self,
        index: usize,
        set: &Set,
        drafts: &mut Vec<Draft>,
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
            add_note(
                &mut sources[first],
                &format!("{count} of `{}` {verb} missing", set.label),
            );
        }
        if set.is_stacked() {
            self.stack(index, set, drafts, sources);
            return;
        }
        let mut seen: HashMap<Arc<str>, usize> = HashMap::new();
        for &file in set.steps.values().flatten() {
            for entry in self.files[file].entries() {
                let key = self.key_of(file, set, &entry.key);
                if seen.insert(Arc::clone(&key), file).is_some() {
                    add_note(
                        &mut sources[file],
                        &format!("`{key}` is in another shard, too"),
                    );
                    continue;
                }
                drafts.push(Draft {
                    own_key: Arc::clone(&key),
                    key,
                    shape: entry.shape.to_vec(),
                    dtype: entry.dtype,
                    parts: vec![entry.storage.clone()],
                    part_steps: None,
                    file,
                    set: index,
                });
            }
        }
    }

    fn key_of(&self, file: usize, set: &Set, key: &Arc<str>) -> Arc<str> {
        match self.files[file].format {
            SourceFormat::Npy | SourceFormat::Csv => set.npy_key.as_str().into(),
            _ => Arc::clone(key),
        }
    }

    /// The same key of many steps becomes one tensor, as long as shape and type stay the same.
    fn stack(&self, index: usize, set: &Set, drafts: &mut Vec<Draft>, sources: &mut [Source]) {
        type Kind = (Arc<[usize]>, Dtype);
        type Part<'a> = (u64, usize, Kind, &'a Storage);
        let mut by_key: BTreeMap<Arc<str>, Vec<Part<'_>>> = BTreeMap::new();
        for (step, files) in &set.steps {
            for &file in files {
                for entry in self.files[file].entries() {
                    let kind = (Arc::clone(&entry.shape), entry.dtype);
                    by_key
                        .entry(self.key_of(file, set, &entry.key))
                        .or_default()
                        .push((step.unwrap_or(0), file, kind, &entry.storage));
                }
            }
        }
        // Checkpoints of one run share their steps: one list serves all of their tensors.
        let mut known: HashMap<Vec<u64>, Arc<[f64]>> = HashMap::new();
        for (key, parts) in by_key {
            let mut kinds: HashMap<&Kind, usize> = HashMap::new();
            for (_, _, kind, _) in &parts {
                *kinds.entry(kind).or_default() += 1;
            }
            // Of equally many, what the last step holds.
            let Some(kind) = parts
                .iter()
                .map(|(_, _, kind, _)| kind)
                .max_by_key(|kind| kinds[kind])
                .cloned()
            else {
                continue;
            };
            for (step, file, _, _) in parts.iter().filter(|part| part.2 != kind) {
                let note = format!(
                    "`{key}` has another shape or type at step {step} and is left out there"
                );
                add_note(&mut sources[*file], &note);
            }
            let mut chosen: Vec<_> = parts.into_iter().filter(|part| part.2 == kind).collect();
            chosen.dedup_by_key(|part| part.0);
            let steps: Vec<u64> = chosen.iter().map(|part| part.0).collect();
            let part_steps = known
                .entry(steps)
                .or_insert_with_key(|steps| steps.iter().map(|&step| step as f64).collect());
            drafts.push(Draft {
                own_key: Arc::clone(&key),
                key,
                shape: std::iter::once(chosen.len())
                    .chain(kind.0.iter().copied())
                    .collect(),
                dtype: kind.1,
                part_steps: Some(Arc::clone(part_steps)),
                file: chosen[0].1,
                parts: chosen.into_iter().map(|part| part.3.clone()).collect(),
                set: index,
            });
        }
    }
}

/// Puts the file's stem before keys that several files hold, its path where that is not enough.
pub(super) fn tell_apart(drafts: &mut [Draft], sets: &[Set]) {
    let ways: [fn(&Draft, &Set) -> String; 2] = [
        |draft, set| format!("{}/{}", set.label, draft.own_key),
        |draft, set| match set.place.ends_with(&*draft.own_key) {
            true => set.place.clone(),
            false => format!("{}/{}", set.place, draft.own_key),
        },
    ];
    for way in ways {
        for index in repeated(drafts) {
            drafts[index].key = way(&drafts[index], &sets[drafts[index].set]).into();
        }
    }
    // The same name with two endings.
    for (count, index) in repeated(drafts).into_iter().enumerate() {
        drafts[index].key = format!("{}#{}", drafts[index].key, count + 1).into();
    }
}

fn repeated(drafts: &[Draft]) -> Vec<usize> {
    let mut holders: HashMap<&str, usize> = HashMap::new();
    for draft in drafts {
        *holders.entry(&draft.key).or_default() += 1;
    }
    (0..drafts.len())
        .filter(|&index| holders[&*drafts[index].key] > 1)
        .collect()
}
