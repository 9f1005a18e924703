//! What the views of tensors share: finding the one to draw, its snapshots, its labels.

use std::{collections::BTreeSet, sync::Arc};

use trainscape_compute::projection::RowsError;
use trainscape_run::{Labels, Run, Tensor, TensorError};
use trainscape_scene::ticks::format_value;

use crate::{
    Choices, NotAvailable, UnnamedArray, ViewSettings,
    common::TENSOR,
    samples::{counted, verb},
};

/// The tensor a view draws.
pub(super) struct Chosen {
    pub(super) run: Arc<Run>,
    pub(super) tensor: Arc<Tensor>,
    /// Other runs that have one.
    pub(super) other_runs: usize,
    /// Other tensors of the run that the view could draw.
    pub(super) other_tensors: usize,
}

impl From<RowsError> for NotAvailable {
    fn from(error: RowsError) -> Self {
        Self::new(error.0)
    }
}

impl From<TensorError> for NotAvailable {
    fn from(error: TensorError) -> Self {
        Self::new(error.to_string())
    }
}

/// Finds the tensor to draw: the one called `wanted`, otherwise the first that `suits`. `needs` states what
/// the view needs; `axes` are names that would make a tensor suit.
pub(super) fn choose(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    wanted: Option<&str>,
    suits: impl Fn(&Tensor) -> bool,
    needs: &str,
    axes: &str,
) -> Result<Chosen, NotAvailable> {
    let rank = axes.split(',').count();
    let readings = |tensor: &Tensor| match tensor.shape.len() == rank || wanted.is_some() {
        true => vec![axes.to_owned()],
        false => Vec::new(),
    };
    choose_with_readings(runs, settings, wanted, suits, needs, readings)
}

/// As [`choose`], with the names that the axes of a tensor can have, the most likely first.
pub(super) fn choose_with_readings(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    wanted: Option<&str>,
    suits: impl Fn(&Tensor) -> bool,
    needs: &str,
    readings: impl Fn(&Tensor) -> Vec<String>,
) -> Result<Chosen, NotAvailable> {
    let drawn = || runs.iter().filter(|run| settings.draws_run(&run.id));
    if let Some(key) = wanted {
        let mut with_key = drawn().filter_map(|run| Some((run, run.tensors.get(key)?)));
        let Some((run, tensor)) = with_key.next() else {
            return Err(no_tensor_called(key, drawn()));
        };
        if !suits(tensor) {
            let remedy = axes_options(tensor, &readings(tensor))
                .map_or_else(String::new, |options| {
                    format!("; name its axes with {options} or in the window")
                });
            return Err(NotAvailable::new(format!(
                "{needs}, and `{key}` is {}{remedy}",
                shape_text(tensor)
            )));
        }
        return Ok(Chosen {
            run: Arc::clone(run),
            tensor: Arc::clone(tensor),
            other_runs: with_key.filter(|(_, tensor)| suits(tensor)).count(),
            other_tensors: 0,
        });
    }
    let mut with_tensor = drawn().filter_map(|run| {
        let fitting: Vec<&Arc<Tensor>> = run.tensors.values().filter(|t| suits(t)).collect();
        // What the user says of an array comes before what its name suggests.
        let is_mapped = |tensor: &&&Arc<Tensor>| run.array_kinds.contains_key(&tensor.key);
        let first = fitting.iter().find(is_mapped).or(fitting.first())?;
        Some((run, *first, fitting.len() - 1))
    });
    if let Some((run, tensor, other_tensors)) = with_tensor.next() {
        return Ok(Chosen {
            run: Arc::clone(run),
            tensor: Arc::clone(tensor),
            other_runs: with_tensor.count(),
            other_tensors,
        });
    }
    let unnamed = drawn()
        .flat_map(|run| run.tensors.values())
        .filter(|tensor| tensor.axes.is_none())
        .find_map(|tensor| Some((tensor, axes_options(tensor, &readings(tensor))?)));
    let hint = unnamed.map_or_else(String::new, |(tensor, options)| {
        format!(
            "; `{}` is {}: if it is one, name its axes with {options} or in the window",
            tensor.key,
            shape_text(tensor),
        )
    });
    Err(NotAvailable::new(format!("{needs}{hint}")))
}

fn no_tensor_called<'a>(key: &str, runs: impl Iterator<Item = &'a Arc<Run>>) -> NotAvailable {
    let known: Vec<&str> = runs
        .flat_map(|run| run.tensors.keys().map(AsRef::as_ref))
        .take(12)
        .collect();
    let known = if known.is_empty() {
        "the runs have no tensors".to_owned()
    } else {
        format!("there are: {}", known.join(", "))
    };
    NotAvailable::new(format!("needs a tensor called `{key}`; {known}"))
}

/// The options that name the axes of a tensor, to be pasted; `None` without a reading.
fn axes_options(tensor: &Tensor, readings: &[String]) -> Option<String> {
    let options: Vec<String> = readings
        .iter()
        .map(|axes| format!("`--axes {}={axes}`", tensor.key))
        .collect();
    (!options.is_empty()).then(|| options.join(" or "))
}

/// The entries of the axes that are not drawn: `batch 0 of 4, layer 11 of 12`. `index_of` gives the index along an axis,
/// or `None` for an axis that is drawn.
pub(super) fn fixed_text(tensor: &Tensor, index_of: impl Fn(&str) -> Option<usize>) -> String {
    let axes = tensor.axes.as_deref().unwrap_or_default();
    let fixed = axes
        .iter()
        .zip(tensor.shape.iter())
        .filter(|(_, len)| **len > 1)
        .filter_map(|(axis, len)| Some(format!("{axis} {} of {len}", index_of(axis)?)));
    fixed.collect::<Vec<_>>().join(", ")
}

/// `21 × 8 × 4 (snapshot, layer, head)`.
pub(super) fn shape_text(tensor: &Tensor) -> String {
    let shape: Vec<String> = tensor.shape.iter().map(ToString::to_string).collect();
    let shape = shape.join(" × ");
    match &tensor.axes {
        Some(axes) => format!("{shape} ({})", axes.join(", ")),
        None => format!("{shape} with unnamed axes"),
    }
}

/// Index along the snapshot axis that the settings ask for, and its step. Index 0 where there is no such
/// axis.
pub(super) fn snapshot(tensor: &Tensor, settings: &ViewSettings) -> (usize, Option<f64>) {
    let Some(count) = tensor.len_of("snapshot").filter(|count| *count > 0) else {
        return (0, None);
    };
    let step_of = |index: usize| step_of_snapshot(tensor, index);
    let index = (0..count)
        .rev()
        .find(|index| settings.has_reached(step_of(*index)))
        .unwrap_or(0);
    (index, Some(step_of(index)))
}

/// Training step of a snapshot; its index where the steps are not known.
pub(super) fn step_of_snapshot(tensor: &Tensor, index: usize) -> f64 {
    tensor
        .steps
        .as_ref()
        .and_then(|steps| steps.get(index).copied())
        .unwrap_or(index as f64)
}

/// What a caption and a hover call a step.
pub(super) fn step_text(step: f64) -> String {
    if step.fract() == 0.0 && step.abs() < 1e15 {
        format!("{step:.0}")
    } else {
        format_value(step)
    }
}

/// The labels of an axis, where they have its length.
pub(super) fn labels_of_axis<'a>(tensor: &'a Tensor, axis: &str) -> Option<&'a Labels> {
    let labels = tensor.labels.as_deref()?;
    (tensor.len_of(axis)? == labels.len()).then_some(labels)
}

/// A token as it can be read on an axis: blanks and line breaks get visible symbols.
pub(super) fn visible(token: &str) -> String {
    if token.is_empty() {
        return "∅".to_owned();
    }
    token
        .chars()
        .map(|c| match c {
            ' ' if token.trim().is_empty() => '·',
            '\n' | '\r' => '↵',
            '\t' => '→',
            c if c.is_control() => '?',
            c => c,
        })
        .collect()
}

/// The file a tensor is read from, relative to its run.
///
/// Says, too, where a mapping says what the tensor holds.
pub(super) fn file_text(run: &Run, tensor: &Tensor) -> String {
    let path = run.path_text(&tensor.path);
    match run.array_kinds.get(&tensor.key) {
        Some(kind) => format!("{path} (mapped to {})", kind.name()),
        None => path,
    }
}

/// Sentences of a caption on the runs and tensors that are not drawn.
pub(super) fn others_text(chosen: &Chosen, what: &str) -> String {
    let mut sentences = Vec::new();
    if chosen.other_tensors > 0 {
        let others = counted(chosen.other_tensors, &format!("other {what}"));
        sentences.push(format!(
            "{others} of this run {} not shown.",
            verb(chosen.other_tensors)
        ));
    }
    if chosen.other_runs > 0 {
        let others = counted(chosen.other_runs, "other run");
        sentences.push(format!(
            "{others} with {what}s {} not shown.",
            verb(chosen.other_runs)
        ));
    }
    sentences.join(" ")
}

/// What the data offer for the controls of a view that draws tensors which `suits` accepts, and whose axes can be
/// called `axes`.
pub(super) fn choices(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    suits: impl Fn(&Tensor) -> bool,
    axes: &str,
) -> Choices {
    let drawn = || runs.iter().filter(|run| settings.draws_run(&run.id));
    let all = || drawn().flat_map(|run| run.tensors.values());
    let keys: BTreeSet<&str> = all()
        .filter(|tensor| suits(tensor))
        .map(|tensor| &*tensor.key)
        .collect();
    let mut choices = Choices::of(&TENSOR, keys.into_iter().map(str::to_owned).collect());
    let rank = axes.split(',').count();
    choices.unnamed = all()
        .filter(|tensor| tensor.axes.is_none())
        .filter(|tensor| (rank - 1..=rank + 1).contains(&tensor.shape.len()))
        .map(|tensor| UnnamedArray {
            key: tensor.key.to_string(),
            shape: tensor.shape.to_vec(),
            suggestion: axes_of_rank(axes, tensor.shape.len()),
        })
        .collect();
    let chosen = all().find(|tensor| match settings.tensor() {
        Some(key) => *tensor.key == *key,
        None => suits(tensor),
    });
    if let Some(tensor) = chosen
        && let Some(count) = tensor.len_of("snapshot")
    {
        choices.steps = (0..count)
            .map(|index| step_of_snapshot(tensor, index))
            .collect();
    }
    choices
}

/// Names for another number of axes than the view's own: with a snapshot axis in front, or without the first.
fn axes_of_rank(axes: &str, rank: usize) -> String {
    let names: Vec<&str> = axes.split(',').collect();
    if rank > names.len() {
        return format!("snapshot,{axes}");
    }
    names[names.len() - rank..].join(",")
}
