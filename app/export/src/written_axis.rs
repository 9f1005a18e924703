//! An axis as it is written into pages and models, from which this program reads the figure again.

use serde_json::{Map, Value, json};
use trainscape_scene::axis::{Axis, Scale};

/// Title, scale and ends. Reader: `app/source/src/media/written_axes.rs`.
pub(crate) fn written_axis(axis: &Axis) -> Map<String, Value> {
    let scale = match axis.scale {
        Scale::Linear => "linear",
        Scale::Whole => "whole",
        Scale::Log10 => "log10",
        Scale::LogFromZero(_) => "symlog",
        Scale::Date => "date",
        Scale::Category(_) => "category",
    };
    let mut written = Map::new();
    for (name, value) in [
        ("title", json!(axis.title)),
        ("scale", json!(scale)),
        ("low", json!(axis.low)),
        ("high", json!(axis.high)),
    ] {
        written.insert(name.to_owned(), value);
    }
    match &axis.scale {
        Scale::LogFromZero(linear_to) => {
            written.insert("linearTo".to_owned(), json!(linear_to));
        }
        Scale::Category(names) => {
            written.insert("categories".to_owned(), json!(names));
        }
        Scale::Linear | Scale::Whole | Scale::Log10 | Scale::Date => {}
    }
    written
}
