//! The arrays of one run: sets of files become tensors with keys, axes, steps and labels.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use trainscape_run::{Dtype, Labels, PlotFile, Source, SourceFormat, SourceState, Storage, Tensor};

use super::{
    Contents, axes,
    checkpoints::{self, Set},
    labels::{self, LabelTable},
    store::ArrayFile,
};
use crate::stamp::Stamp;

/// A list of training steps longer than this is none.
const MAX_STEPS: usize = 10_000_000;

/// A note that quotes a hostile name must not fill the screen.
const MAX_NOTE: usize = 400;

/// What a run holds beside its logs.
#[derive(Debug, Default)]
pub(crate) struct Assembled {
    pub(crate) tensors: BTreeMap<Arc<str>, Arc<Tensor>>,
    pub(crate) plots: Vec<PlotFile>,
    pub(crate) sources: Vec<Source>,
    pub(crate) warnings: BTreeSet<String>,
}

/// The user's own names of axes, by key.
pub(crate) type AxesOverrides = BTreeMap<String, Vec<String>>;

/// A tensor in the making.
#[derive(Debug)]
struct Draft {
    /// Its name in its file, and its name in the run.
    own_key: Arc<str>,
    key: Arc<str>,
    shape: Vec<usize>,
    dtype: Dtype,
    parts: Vec<Storage>,
    /// Steps of the parts, where each is a checkpoint of its own.
    part_steps: Option<Arc<[f64]>>,
    file: usize,
    set: usize,
}

/// Where steps, names of axes and labels of an array are looked for: in its own set of files; for npy
/// files, in all of the folder.
type Scope = (PathBuf, Option<usize>);

pub(super) struct Assembler<'a> {
    pub(super) folder: &'a Path,
    /// Sources of the run that come before these files.
    pub(super) sources_before: usize,
    pub(super) files: &'a [&'a ArrayFile],
    pub(super) labels: &'a [(&'a Path, &'a Result<LabelTable, String>)],
    pub(super) overrides: &'a AxesOverrides,
}

impl Assembler<'_> {
    pub(super) fn assemble(&self) -> Assembled {
        let mut out = Assembled {
            sources: self.files.iter().map(|file| source(file)).collect(),
            ..Assembled::default()
        };
        let files = self.files.iter();
        let paths: Vec<_> = files
            .map(|file| (self.relative(file), file.format))
            .collect();
        let sets = checkpoints::sets(&paths);
        let mut drafts = Vec::new();
        for (index, set) in sets.iter().enumerate() {
            self.drafts_of(index, set, &mut drafts, &mut out.sources);
        }
        tell_apart(&mut drafts, &sets);
        self.finish(&drafts, &sets, &mut out);
        for file in self.files {
            out.plots
                .extend(file.contents().and_then(|contents| contents.plot.clone()));
        }
        out.plots.sort_by(|a, b| {
            (&a.key, a.kind, a.step, &a.path).cmp(&(&b.key, b.kind, b.step, &b.path))
        });
        for source in &mut out.sources {
            shorten(&mut source.note);
        }
        out
    }

    /// The file's path in the run's folder; its name, where the run is that file.
    fn relative<'f>(&self, file: &'f ArrayFile) -> &'f Path {
        match file.path.strip_prefix(self.folder) {
            Ok(relative) if relative != Path::new("") => relative,
            _ => Path::new(file.path.file_name().unwrap_or_default()),
        }
    }

    fn drafts_of(&self, index: usize, set: &Set, drafts: &mut Vec<Draft>, sources: &mut [Source]) {
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
            SourceFormat::Npy => set.npy_key.as_str().into(),
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

    fn finish(&self, drafts: &[Draft], sets: &[Set], out: &mut Assembled) {
        let mut scopes: HashMap<Scope, HashMap<&str, &Draft>> = HashMap::new();
        for draft in drafts {
            scopes
                .entry(self.scope(draft))
                .or_default()
                .insert(&draft.own_key, draft);
        }
        let mut steps_read: HashMap<*const Draft, Option<Arc<[f64]>>> = HashMap::new();
        let mut texts: HashMap<usize, Texts> = HashMap::new();
        let mut fitting: HashMap<(usize, usize), Option<Arc<Labels>>> = HashMap::new();
        let mut used_labels = vec![false; self.labels.len()];
        for draft in drafts {
            let scope = &scopes[&self.scope(draft)];
            let texts = texts
                .entry(draft.set)
                .or_insert_with(|| self.texts(&sets[draft.set]));
            let steps = match &draft.part_steps {
                Some(steps) => Some(Arc::clone(steps)),
                None => steps_draft(draft, scope).and_then(|found| {
                    let read = steps_read.entry(std::ptr::from_ref(found));
                    read.or_insert_with(|| read_steps(&self.tensor(found)))
                        .clone()
                }),
            };
            let axes = self.axes(draft, texts, steps.is_some(), &mut out.warnings);
            let steps = steps.filter(|_| {
                axes.as_ref()
                    .is_none_or(|axes| axes.first().is_some_and(|axis| axis == "snapshot"))
            });
            let labels = texts.labels(draft, axes.as_deref());
            let labels = self
                .labels_beside(draft, axes.as_deref(), true, &mut fitting, &mut used_labels)
                .or(labels)
                .or_else(|| {
                    self.labels_beside(
                        draft,
                        axes.as_deref(),
                        false,
                        &mut fitting,
                        &mut used_labels,
                    )
                });
            let tensor = Tensor {
                axes: axes.map(Into::into),
                steps,
                labels,
                ..self.tensor(draft)
            };
            out.tensors.insert(Arc::clone(&draft.key), Arc::new(tensor));
        }
        self.note_labels(&used_labels, out);
    }

    fn scope(&self, draft: &Draft) -> Scope {
        let file = self.files[draft.file];
        match file.format {
            SourceFormat::Npy if draft.part_steps.is_none() => {
                (file.path.parent().unwrap_or(self.folder).to_owned(), None)
            }
            _ => (PathBuf::new(), Some(draft.set)),
        }
    }

    fn tensor(&self, draft: &Draft) -> Tensor {
        Tensor {
            key: Arc::clone(&draft.key),
            shape: draft.shape.as_slice().into(),
            dtype: draft.dtype,
            axes: None,
            steps: None,
            labels: None,
            path: self.files[draft.file].path.clone(),
            source: self.sources_before + draft.file,
            parts: draft.parts.clone(),
        }
    }

    fn texts(&self, set: &Set) -> Texts {
        let mut all = BTreeMap::new();
        for &file in set.steps.values().flatten() {
            if let Some(contents) = self.files[file].contents() {
                for (name, words) in &contents.texts {
                    all.entry(name.clone()).or_insert_with(|| words.clone());
                }
            }
        }
        let labels = all
            .iter()
            .filter(|(name, _)| labels::is_labels_key(name))
            .map(|(name, words)| (name.clone(), LabelTable::of_list(words)))
            .collect();
        Texts { all, labels }
    }

    /// The names of a tensor's axes: the user's, the file's, or those that its key and shape allow.
    fn axes(
        &self,
        draft: &Draft,
        texts: &Texts,
        snapshots: bool,
        warnings: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        let rank = draft.shape.len();
        let said = self
            .overrides
            .get(&*draft.key)
            .or_else(|| self.overrides.get(&*draft.own_key));
        if let Some(said) = said {
            if said.len() == rank {
                return Some(said.iter().map(|name| axes::canonical(name)).collect());
            }
            warnings.insert(format!(
                "`{}` has {rank} axes, and {} names were given ({}): name each axis once",
                draft.key,
                said.len(),
                said.join(", ")
            ));
        }
        let steps_themselves = rank == 1 && axes::STEP_NAMES.contains(&&*draft.own_key);
        if !steps_themselves && let Some(named) = texts.axes(draft) {
            return Some(named);
        }
        axes::infer(&draft.own_key, &draft.shape, snapshots)
    }

    /// Labels from a file of the array's own name, or from one for the whole folder.
    fn labels_beside(
        &self,
        draft: &Draft,
        axes: Option<&[String]>,
        own: bool,
        fitting: &mut HashMap<(usize, usize), Option<Arc<Labels>>>,
        used: &mut [bool],
    ) -> Option<Arc<Labels>> {
        let file = self.files[draft.file];
        let stem = super::stem(&file.path);
        let rank_of = |name: &str| labels::rank(name, &stem, own);
        let mut beside: Vec<(usize, usize)> = self
            .labels
            .iter()
            .enumerate()
            .filter(|(_, (path, _))| path.parent() == file.path.parent())
            .filter_map(|(index, (path, _))| {
                Some((rank_of(&path.file_name()?.to_string_lossy())?, index))
            })
            .collect();
        beside.sort_unstable();
        for (_, index) in beside {
            let Ok(table) = self.labels[index].1 else {
                continue;
            };
            // A file for the whole folder says nothing about axes that nobody has named.
            for len in item_lens(&draft.shape, axes, own) {
                let found = fitting
                    .entry((index, len))
                    .or_insert_with(|| table.of_len(len));
                if let Some(found) = found {
                    used[index] = true;
                    return Some(Arc::clone(found));
                }
            }
        }
        None
    }

    /// Says which label files cannot be read or fit nothing.
    fn note_labels(&self, used: &[bool], out: &mut Assembled) {
        for ((path, table), _) in self.labels.iter().zip(used).filter(|(_, used)| !**used) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let beside = |tensor: &&Arc<Tensor>| tensor.path.parent() == path.parent();
            let own = out
                .tensors
                .values()
                .filter(beside)
                .find(|tensor| labels::rank(&name, &super::stem(&tensor.path), true).is_some());
            // Rows without names want them; a folder of weights may hold a table of anything.
            let any = || {
                let mut beside = out.tensors.values().filter(beside);
                beside.find(|tensor| tensor.axis("row").is_some() && tensor.labels.is_none())
            };
            let source = own
                .or_else(any)
                .map(|tensor| tensor.source - self.sources_before);
            let Some(source) = source else {
                continue;
            };
            let note = match table {
                Ok(table) => format!("the {} labels of {name} fit no axis", table.len()),
                Err(reason) => reason.clone(),
            };
            add_note(&mut out.sources[source], &note);
        }
    }
}

/// Words that a file's metadata holds.
struct Texts {
    all: BTreeMap<String, Vec<String>>,
    labels: BTreeMap<String, LabelTable>,
}

impl Texts {
    fn axes(&self, draft: &Draft) -> Option<Vec<String>> {
        let key = &draft.own_key;
        let rank = draft.shape.len();
        [
            format!("{key}.axes"),
            format!("{key}_axes"),
            "axes".to_owned(),
        ]
        .iter()
        .filter_map(|name| self.all.get(name))
        .find_map(|names| {
            let named = names.iter().map(|name| axes::canonical(name));
            if names.len() == rank {
                Some(named.collect())
            } else if draft.part_steps.is_some() && names.len() + 1 == rank {
                Some(
                    std::iter::once("snapshot".to_owned())
                        .chain(named)
                        .collect(),
                )
            } else {
                None
            }
        })
    }

    fn labels(&self, draft: &Draft, axes: Option<&[String]>) -> Option<Arc<Labels>> {
        let key = &draft.own_key;
        let own = [format!("{key}.labels"), format!("{key}_labels")];
        own.iter()
            .map(String::as_str)
            .chain(labels::KEYS.iter().copied())
            .filter_map(|name| self.labels.get(name))
            .find_map(|table| {
                let mut lens = item_lens(&draft.shape, axes, true).into_iter();
                lens.find_map(|len| table.of_len(len))
            })
    }
}

/// Lengths of the axes whose indices have names; of any axis where nobody has said what they are.
fn item_lens(shape: &[usize], axes: Option<&[String]>, own: bool) -> Vec<usize> {
    match axes {
        Some(axes) => axes
            .iter()
            .zip(shape)
            .filter(|(axis, _)| labels::ITEM_AXES.contains(&axis.as_str()))
            .map(|(_, &len)| len)
            .collect(),
        None if own => shape.to_vec(),
        None => Vec::new(),
    }
}

/// The array of training steps that belongs to `draft`'s first axis.
fn steps_draft<'a>(draft: &Draft, scope: &HashMap<&str, &'a Draft>) -> Option<&'a Draft> {
    let &len = draft.shape.first()?;
    if axes::STEP_NAMES.contains(&&*draft.own_key) {
        return None;
    }
    let own = [".steps", "_steps"].map(|ending| format!("{}{ending}", draft.own_key));
    own.iter()
        .map(String::as_str)
        .chain(axes::STEP_NAMES.iter().copied())
        .filter_map(|name| scope.get(name).copied())
        .find(|steps| {
            steps.shape == [len] && len > 0 && len <= MAX_STEPS && steps.own_key != draft.own_key
        })
}

fn read_steps(tensor: &Tensor) -> Option<Arc<[f64]>> {
    let whole: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    tensor.read_f64(&whole).ok().map(Into::into)
}

/// Puts the file's stem before keys that several files hold, its path where that is not enough.
fn tell_apart(drafts: &mut [Draft], sets: &[Set]) {
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

fn source(file: &ArrayFile) -> Source {
    let (state, records, note) = match file.result() {
        Err(reason) => (SourceState::Failed, 0, reason.to_owned()),
        Ok(contents) => {
            let state = match contents.notes.is_empty() {
                true => SourceState::Ok,
                false => SourceState::Partial,
            };
            let records = contents.entries.len() + usize::from(contents.plot.is_some());
            (state, records as u64, contents.notes.join("; "))
        }
    };
    Source {
        path: file.path.clone(),
        format: file.format,
        bytes: file.len(),
        state,
        records,
        skipped: 0,
        note,
    }
}

fn add_note(source: &mut Source, note: &str) {
    if source.state == SourceState::Ok {
        source.state = SourceState::Partial;
    }
    // Thousands of keys may fail alike.
    if source.note.len() < MAX_NOTE {
        if !source.note.is_empty() {
            source.note.push_str("; ");
        }
        source.note.push_str(note);
    }
}

fn shorten(note: &mut String) {
    if note.len() > MAX_NOTE {
        let end = (0..=MAX_NOTE)
            .rev()
            .find(|&at| note.is_char_boundary(at))
            .unwrap_or(0);
        note.truncate(end);
        note.push('…');
    }
}

/// The tensors of one file that no run holds, with the labels beside it.
pub(super) fn alone(
    path: &Path,
    format: SourceFormat,
    stamp: Stamp,
    contents: Contents,
) -> Vec<Tensor> {
    let file = ArrayFile::of(path, format, stamp, contents);
    let folder = path.parent().unwrap_or(Path::new(""));
    let stem = super::stem(path);
    let tables: Vec<_> = labels::names_for(&stem)
        .map(|name| folder.join(name))
        .filter(|path| path.is_file())
        .map(|path| {
            let table = labels::read(&path);
            (path, table)
        })
        .collect();
    let tables: Vec<_> = tables
        .iter()
        .map(|(path, table)| (path.as_path(), table))
        .collect();
    let assembled = Assembler {
        folder,
        sources_before: 0,
        files: &[&file],
        labels: &tables,
        overrides: &AxesOverrides::new(),
    }
    .assemble();
    let tensors = assembled.tensors.into_values();
    tensors.map(|tensor| (*tensor).clone()).collect()
}
