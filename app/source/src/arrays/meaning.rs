//! What arrays mean: training steps, names of axes and labels, from the user, the file and what lies beside.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
};

use trainscape_run::{Labels, SourceFormat, Tensor};

use super::{
    assemble::{Assembled, Assembler, add_note},
    axes,
    checkpoints::Set,
    drafts::Draft,
    labels::{self, LabelTable},
};

/// A list of training steps longer than this is none.
const MAX_STEPS: usize = 10_000_000;

/// Where steps, names of axes and labels of an array are looked for: in its own set of files; for npy
/// files, in all of the folder.
type Scope = (PathBuf, Option<usize>);

impl Assembler<'_> {
    pub(super) fn finish(&self, drafts: &[Draft], sets: &[Set], out: &mut Assembled) {
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
            SourceFormat::Npy | SourceFormat::Csv if draft.part_steps.is_none() => {
                (file.path.parent().unwrap_or(self.folder).to_owned(), None)
            }
            _ => (PathBuf::new(), Some(draft.set)),
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
