//! The axes of a figure.

use trainscape_run::{Plot, Trace};
use trainscape_scene::axis::{Axis, Scale};

use super::layout;
use crate::{
    ViewSettings,
    axes::{in_range, scale},
};

pub(super) fn of_plot(plot: &Plot, settings: &ViewSettings) -> [Axis; 3] {
    if let Some(layout) = &plot.layout {
        return std::array::from_fn(|axis| {
            let mut written = layout::axis(&layout.axes[axis]);
            let chosen = scale(settings, axis, written.scale.clone());
            if chosen != Scale::Log10 || written.low > 0.0 {
                written.scale = chosen;
            }
            in_range(settings, axis, written)
        });
    }
    std::array::from_fn(|axis| {
        let mut values: Vec<f64> = Vec::new();
        let mut has_surface = false;
        for trace in &plot.traces {
            match trace {
                Trace::Surface { x, y, z, .. } => {
                    has_surface = true;
                    values.extend([x, y, z][axis]);
                }
                Trace::Points { positions, .. } | Trace::Mesh { positions, .. } => {
                    values.extend(positions.iter().map(|position| position[axis]));
                }
            }
        }
        let positive = values
            .iter()
            .all(|value| !value.is_finite() || *value > 0.0);
        let scale = if settings.log(axis).unwrap_or(plot.log[axis]) && positive {
            Scale::Log10
        } else {
            Scale::Linear
        };
        let title = match plot.axis_titles[axis].as_str() {
            "" => ["x", "y", "z"][axis].to_owned(),
            title => title.to_owned(),
        };
        let axis_of_values = Axis::spanning(title, scale, values);
        // A surface extends to the walls; points need a margin.
        if has_surface && axis < 2 {
            in_range(settings, axis, axis_of_values)
        } else {
            in_range(settings, axis, axis_of_values.rounded_outward())
        }
    })
}
