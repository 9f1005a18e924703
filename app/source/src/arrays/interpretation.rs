//! The interpretation of arrays: training steps, names of axes and labels, from the user, the file and the files
//! next to it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    rc::Rc,
    sync::Arc,
};

use trainscape_run::{ArrayKind, Labels, SourceContent, Tensor};

use super::{
    array_labels, axes,
    checkpoints::FileSet,
    contents::stem,
    drafts::TensorDraft,
    labels::{self, LabelTable},
    layers::telling_name,
    mapped,
    run_files::{Assembled, OpenedFiles, add_note},
};

use crate::limits;

/// A longer array is not a list of training steps.
const MAX_STEPS: usize = limits::STEPS.items;

/// Where the steps of an array are searched: in its set of files, or in the folder if each file contains a
/// single array.
type SearchScope = (PathBuf, Option<usize>);

/// Completes the drafts and adds them to the tensors of `out`.
pub(super) fn interpret(
    run: &OpenedFiles<'_>,
    drafts: &[TensorDraft],
    sets: &[FileSet],
    out: &mut Assembled,
) {
    let mut by_scope: HashMap<SearchScope, HashMap<&str, &TensorDraft>> = HashMap::new();
    for draft in drafts {
        let scope = by_scope.entry(scope(run, draft)).or_default();
        scope.insert(&draft.own_key, draft);
    }
    let mut interpreter = Interpreter {
        run,
        by_scope,
        steps: HashMap::new(),
        classes: HashMap::new(),
        texts: HashMap::new(),
        labels: HashMap::new(),
        used_labels: vec![false; run.labels.len()],
    };
    for draft in drafts {
        let tensor = interpreter.tensor(draft, &sets[draft.set], &mut out.warnings);
        out.tensors.insert(Arc::clone(&draft.key), Arc::new(tensor));
    }
    note_unused_labels(run, &interpreter.used_labels, out);
}

fn scope(run: &OpenedFiles<'_>, draft: &TensorDraft) -> SearchScope {
    let file = run.files[draft.file];
    let is_one_array = file.format.source_format().content == SourceContent::OneArray;
    if is_one_array && draft.part_steps.is_none() {
        (file.path.parent().unwrap_or(run.folder).to_owned(), None)
    } else {
        (PathBuf::new(), Some(draft.set))
    }
}

/// The files of a run, and what was already read from them.
struct Interpreter<'a> {
    run: &'a OpenedFiles<'a>,
    by_scope: HashMap<SearchScope, HashMap<&'a str, &'a TensorDraft>>,
    steps: HashMap<*const TensorDraft, Option<Arc<[f64]>>>,
    /// By array of whole numbers.
    classes: HashMap<*const TensorDraft, Option<Arc<Labels>>>,
    texts: HashMap<usize, Rc<Texts>>,
    /// By label file and number of labels.
    labels: HashMap<(usize, usize), Option<Arc<Labels>>>,
    used_labels: Vec<bool>,
}

impl Interpreter<'_> {
    fn tensor(
        &mut self,
        draft: &TensorDraft,
        set: &FileSet,
        warnings: &mut BTreeSet<String>,
    ) -> Tensor {
        let texts = self.texts.entry(draft.set);
        let texts = Rc::clone(texts.or_insert_with(|| Rc::new(Texts::of_set(self.run, set))));
        let steps = self.steps(draft);
        let axes = axes_of(self.run, draft, &texts, steps.is_some(), warnings).or_else(|| {
            let scope = &self.by_scope[&scope(self.run, draft)];
            array_labels::is_labelled_matrix(draft, scope)
                .then(|| ["row", "dimension"].map(str::to_owned).to_vec())
        });
        let has_snapshots = |axes: &Vec<String>| {
            axes.get(snapshot_axis(draft))
                .is_some_and(|a| a == "snapshot")
        };
        let steps = steps.filter(|_| axes.as_ref().is_none_or(has_snapshots));
        let labels = self
            .labels_beside(draft, axes.as_deref(), true)
            .or_else(|| texts.labels(draft, axes.as_deref()))
            .or_else(|| self.labels_of_file(draft, axes.as_deref()))
            .or_else(|| self.labels_beside(draft, axes.as_deref(), false))
            .or_else(|| self.labels_of_array(draft, axes.as_deref()));
        Tensor {
            axes: axes.map(Into::into),
            steps,
            labels,
            ..draft.tensor(self.run)
        }
    }

    /// The names of rows that came with the file.
    fn labels_of_file(&self, draft: &TensorDraft, axes: Option<&[String]>) -> Option<Arc<Labels>> {
        let table = self.run.files[draft.file].contents()?.labels.as_ref()?;
        let mut lens = item_lens(&draft.shape, axes, true).into_iter();
        lens.find_map(|len| table.of_len(len))
    }

    /// Classes from an array of whole numbers.
    fn labels_of_array(
        &mut self,
        draft: &TensorDraft,
        axes: Option<&[String]>,
    ) -> Option<Arc<Labels>> {
        let row = axes?.iter().position(|axis| axis == "row")?;
        let scope = &self.by_scope[&scope(self.run, draft)];
        let found = array_labels::draft_of_labels(draft, draft.shape[row], scope)?;
        let read = self.classes.entry(std::ptr::from_ref(found));
        read.or_insert_with(|| array_labels::read(&found.tensor(self.run)))
            .clone()
    }

    fn steps(&mut self, draft: &TensorDraft) -> Option<Arc<[f64]>> {
        if let Some(steps) = &draft.part_steps {
            return Some(Arc::clone(steps));
        }
        let found = steps_draft(self.run, draft, &self.by_scope[&scope(self.run, draft)])?;
        let read = self.steps.entry(std::ptr::from_ref(found));
        read.or_insert_with(|| read_steps(&found.tensor(self.run)))
            .clone()
    }

    /// Labels from a file named after the array, or from one for the whole folder.
    fn labels_beside(
        &mut self,
        draft: &TensorDraft,
        axes: Option<&[String]>,
        own: bool,
    ) -> Option<Arc<Labels>> {
        let file = self.run.files[draft.file];
        let stem = stem(&file.path);
        let rank_of = |name: &str| labels::rank(name, &stem, own);
        let mut neighbours: Vec<(usize, usize)> = self
            .run
            .labels
            .iter()
            .enumerate()
            .filter(|(_, (path, _))| path.parent() == file.path.parent() && **path != *file.path)
            .filter_map(|(index, (path, _))| {
                Some((rank_of(&path.file_name()?.to_string_lossy())?, index))
            })
            .collect();
        neighbours.sort_unstable();
        for (_, index) in neighbours {
            let Ok(table) = self.run.labels[index].1 else {
                continue;
            };
            // A file for the whole folder does not label axes without names.
            for len in item_lens(&draft.shape, axes, own) {
                let found = self
                    .labels
                    .entry((index, len))
                    .or_insert_with(|| table.of_len(len));
                if let Some(found) = found {
                    self.used_labels[index] = true;
                    return Some(Arc::clone(found));
                }
            }
        }
        None
    }
}

/// The names of a tensor's axes: the user's, the file's, or those that its key and shape allow.
fn axes_of(
    run: &OpenedFiles<'_>,
    draft: &TensorDraft,
    texts: &Texts,
    has_snapshots: bool,
    warnings: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    let rank = draft.shape.len();
    let given = run
        .overrides
        .get(&*draft.key)
        .or_else(|| run.overrides.get(&*draft.own_key));
    if let Some(given) = given {
        if given.len() == rank {
            return Some(given.iter().map(|name| axes::canonical(name)).collect());
        }
        warnings.insert(format!(
            "`{}` has {rank} axes, and {} names were given ({}): name each axis once",
            draft.key,
            given.len(),
            given.join(", ")
        ));
    }
    let name = telling_name(run, draft);
    if let Some(mapping) = run.mapping.array(&draft.key, &draft.own_key) {
        let shape = &draft.shape;
        match mapped::axes_of(mapping, &draft.key, &name, shape, has_snapshots) {
            Ok(axes) => return axes,
            Err(why) => {
                warnings.insert(why);
            }
        }
    }
    let is_steps = rank == 1 && axes::STEP_NAMES.contains(&&*draft.own_key);
    if !is_steps && let Some(named) = texts.axes(draft) {
        return Some(named);
    }
    if draft.are_layers {
        return axes::infer_of_layers(&name, &draft.shape, has_snapshots);
    }
    axes::infer(&name, &draft.shape, has_snapshots)
}

/// Notes label files that cannot be read or do not match any axis.
fn note_unused_labels(run: &OpenedFiles<'_>, used: &[bool], out: &mut Assembled) {
    let is_array = |path: &std::path::Path| run.files.iter().any(|file| *file.path == *path);
    for ((path, table), _) in run.labels.iter().zip(used).filter(|(_, used)| !**used) {
        if is_array(path) {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let neighbours = |tensor: &&Arc<Tensor>| tensor.path.parent() == path.parent();
        let own = out
            .tensors
            .values()
            .filter(neighbours)
            .find(|tensor| labels::rank(&name, &stem(&tensor.path), true).is_some());
        // Only rows without labels are missing them; a folder of weights may contain any table.
        let any = || {
            let mut neighbours = out.tensors.values().filter(neighbours);
            neighbours.find(|tensor| tensor.axis("row").is_some() && tensor.labels.is_none())
        };
        let Some(tensor) = own.or_else(any) else {
            continue;
        };
        let source = tensor.source - run.sources_before;
        let note = match table {
            Ok(table) => format!("the {} labels of {name} match no axis", table.len()),
            Err(reason) => reason.clone(),
        };
        add_note(&mut out.sources[source], &note);
    }
}

/// Lists of words in the metadata of a set of files.
struct Texts {
    all: BTreeMap<String, Vec<String>>,
    labels: BTreeMap<String, LabelTable>,
}

impl Texts {
    fn of_set(run: &OpenedFiles<'_>, set: &FileSet) -> Self {
        let mut all = BTreeMap::new();
        for &file in set.steps.values().flatten() {
            if let Some(contents) = run.files[file].contents() {
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
        Self { all, labels }
    }

    fn axes(&self, draft: &TensorDraft) -> Option<Vec<String>> {
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

    fn labels(&self, draft: &TensorDraft, axes: Option<&[String]>) -> Option<Arc<Labels>> {
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

/// Lengths of the axes whose indices have names; of all axes if the axes are not named.
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

/// The axis that is the snapshot if there are any.
fn snapshot_axis(draft: &TensorDraft) -> usize {
    usize::from(draft.are_layers)
}

/// The array of training steps that belongs to the axis of `draft`'s snapshots.
fn steps_draft<'a>(
    run: &OpenedFiles<'_>,
    draft: &TensorDraft,
    scope: &HashMap<&str, &'a TensorDraft>,
) -> Option<&'a TensorDraft> {
    let &len = draft.shape.get(snapshot_axis(draft))?;
    let mapped = |draft: &TensorDraft| {
        let mapping = run.mapping.array(&draft.key, &draft.own_key);
        mapping.map(|mapping| mapping.kind)
    };
    if axes::STEP_NAMES.contains(&&*draft.own_key) || mapped(draft) == Some(ArrayKind::Steps) {
        return None;
    }
    let fits = |steps: &TensorDraft| steps.shape == [len] && len > 0 && len <= MAX_STEPS;
    let mut by_mapping: Vec<&TensorDraft> = match run.mapping.arrays.is_empty() {
        true => Vec::new(),
        false => scope.values().copied().collect(),
    };
    by_mapping.retain(|steps| mapped(steps) == Some(ArrayKind::Steps) && fits(steps));
    by_mapping.sort_by_key(|steps| &steps.own_key);
    if let Some(steps) = by_mapping.first() {
        return Some(steps);
    }
    let own = [".steps", "_steps"].map(|ending| format!("{}{ending}", draft.own_key));
    own.iter()
        .map(String::as_str)
        .chain(axes::STEP_NAMES.iter().copied())
        .filter_map(|name| scope.get(name).copied())
        .find(|steps| fits(steps) && steps.own_key != draft.own_key)
}

fn read_steps(tensor: &Tensor) -> Option<Arc<[f64]>> {
    let whole: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    tensor.read_f64(&whole).ok().map(Into::into)
}
