//! The axes that this program writes into pages and models.

use serde::Deserialize;
use trainscape_run::{PlotAxis, PlotScale};

/// An axis as it is written. Older files have no ends, or fewer scales.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenAxis {
    #[serde(default)]
    title: String,
    scale: Option<String>,
    low: Option<f64>,
    high: Option<f64>,
    linear_to: Option<f64>,
    #[serde(default)]
    categories: Vec<String>,
}

impl WrittenAxis {
    /// The axis; `None` where its ends are missing, or where no axis has such ones.
    pub(super) fn axis(self) -> Option<PlotAxis> {
        let (low, high) = (self.low?, self.high?);
        let scale = match self.scale.as_deref()? {
            "linear" => PlotScale::Linear,
            "whole" => PlotScale::Whole,
            "log10" => PlotScale::Log10,
            "symlog" => PlotScale::LogFromZero(self.linear_to?),
            "date" => PlotScale::Date,
            "category" => PlotScale::Category(self.categories),
            _ => return None,
        };
        let fits = match scale {
            PlotScale::Log10 => low > 0.0,
            PlotScale::LogFromZero(linear_to) => linear_to > 0.0 && low >= 0.0,
            _ => true,
        };
        let is_axis = low.is_finite() && high.is_finite() && low < high && fits;
        is_axis.then_some(PlotAxis {
            title: self.title,
            scale,
            low,
            high,
        })
    }
}

/// All axes, if each of them is one.
pub(super) fn all<const N: usize>(written: [WrittenAxis; N]) -> Option<[PlotAxis; N]> {
    let axes: Option<Vec<PlotAxis>> = written.into_iter().map(WrittenAxis::axis).collect();
    axes?.try_into().ok()
}
