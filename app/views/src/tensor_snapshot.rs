//! A tensor at one of its snapshots: what the views of attention and activations draw and describe.

use std::{ops::Range, sync::Arc};

use trainscape_run::{Labels, Run, Tensor};
use trainscape_scene::{
    axis::{Axis, Scale},
    scene::Mark,
};

use crate::{
    ViewSettings,
    samples::counted,
    tensors::{self, Chosen, step_text, visible},
};

/// A run's tensor at one index of its snapshot axis.
#[derive(Clone, Debug)]
pub(super) struct TensorSnapshot {
    pub(super) run: Arc<Run>,
    pub(super) tensor: Arc<Tensor>,
    /// 0 where the tensor has no snapshot axis.
    pub(super) index: usize,
    /// `None` where the tensor has no snapshot axis.
    pub(super) step: Option<f64>,
}

impl TensorSnapshot {
    /// The snapshot at the current step.
    pub(super) fn of(chosen: &Chosen, settings: &ViewSettings) -> Self {
        let (index, step) = tensors::snapshot(&chosen.tensor, settings);
        Self {
            run: Arc::clone(&chosen.run),
            tensor: Arc::clone(&chosen.tensor),
            index,
            step,
        }
    }

    /// A range for each axis: `of_axis` gives those of the axes it knows, of all others one index is read.
    pub(super) fn ranges(
        &self,
        of_axis: impl Fn(&str, usize) -> Option<Range<usize>>,
    ) -> Vec<Range<usize>> {
        let axes = self.tensor.axes.as_deref().unwrap_or_default();
        axes.iter()
            .zip(self.tensor.shape.iter())
            .map(|(axis, &len)| match of_axis(axis, len) {
                Some(range) => range,
                None if axis == "snapshot" => self.index..self.index + 1,
                None => 0..1,
            })
            .collect()
    }

    /// One element, NaN where it cannot be read: `of_axis` gives its index along the axes it knows.
    pub(super) fn element(&self, of_axis: impl Fn(&str) -> Option<usize>) -> f64 {
        let ranges = self.ranges(|axis, _| of_axis(axis).map(|index| index..index + 1));
        let at: Vec<usize> = ranges.iter().map(|range| range.start).collect();
        self.tensor.element(&at).unwrap_or(f64::NAN)
    }

    /// What other views show of a record.
    pub(super) fn mark(&self) -> Option<Mark> {
        Some(Mark {
            run: Arc::clone(&self.run.id),
            step: Some(self.step?),
            row: None,
        })
    }

    /// The last lines of a hover: step, run and file.
    pub(super) fn origin_lines(&self) -> Vec<(String, String)> {
        let step = self.step.map(|step| ("step".to_owned(), step_text(step)));
        let run = ("run".to_owned(), self.run.name.to_string());
        let file = tensors::file_text(&self.run, &self.tensor);
        step.into_iter()
            .chain([run, ("file".to_owned(), file)])
            .collect()
    }

    /// `what`, with the step and the run.
    pub(super) fn title(&self, what: &str) -> String {
        match self.step {
            Some(step) => format!("{what}, step {} of {}", step_text(step), self.run.name),
            None => format!("{what} of {}", self.run.name),
        }
    }

    /// `Snapshot 3 of 21.`; empty where the tensor has no snapshot axis.
    pub(super) fn number_text(&self) -> String {
        self.tensor
            .len_of("snapshot")
            .map_or_else(String::new, |count| {
                format!("Snapshot {} of {count}.", self.index + 1)
            })
    }
}

/// A sentence on values that cannot be drawn; empty where there are none.
pub(super) fn not_finite_text(count: usize) -> String {
    if count == 0 {
        return String::new();
    }
    format!("Not drawn: {}.", counted(count, "NaN or infinite value"))
}

/// An index and its label: `3 'the'`.
pub(super) fn labelled(index: usize, labels: Option<&Labels>) -> String {
    match labels {
        Some(labels) => format!("{index} '{}'", visible(&labels.names()[index])),
        None => index.to_string(),
    }
}

/// An axis over `count` indices, with half a cell of room at each end.
pub(super) fn index_axis(title: &str, count: usize, scale: Scale) -> Axis {
    Axis {
        title: title.to_owned(),
        scale,
        low: -0.5,
        high: count as f64 - 0.5,
    }
}

/// Every index gets a tick.
pub(super) fn numbers(count: usize) -> Scale {
    Scale::Category((0..count).map(|index| index.to_string()).collect())
}

/// The labels as ticks, or a linear scale where there are none.
pub(super) fn label_scale(labels: Option<&Labels>) -> Scale {
    labels.map_or(Scale::Linear, |labels| {
        Scale::Category(labels.names().iter().map(|name| visible(name)).collect())
    })
}
