//! Figures that this program wrote: their axes, and their positions as values of these.

use trainscape_run::{Plot, PlotAxis, PlotLayout, PlotPanel, PlotScale, Trace};
use trainscape_scene::{
    axis::{Axis, Scale},
    scene::{Facet, PointLabel, Scene},
};

/// Positions that are farther away from the box stand for what is no number.
const FAR_UNIT: f64 = 100.0;

/// An axis as it was written.
pub(super) fn axis(written: &PlotAxis) -> Axis {
    let scale = match &written.scale {
        PlotScale::Linear => Scale::Linear,
        PlotScale::Whole => Scale::Whole,
        PlotScale::Log10 => Scale::Log10,
        PlotScale::LogFromZero(linear_to) => Scale::LogFromZero(*linear_to),
        PlotScale::Date => Scale::Date,
        PlotScale::Category(names) => Scale::Category(names.clone()),
    };
    Axis {
        title: written.title.clone(),
        scale,
        low: written.low,
        high: written.high,
    }
}

/// What the colours of values show.
pub(super) fn value_axis(layout: &PlotLayout) -> Axis {
    layout.values.as_ref().map_or_else(
        || Axis {
            title: "share of the colour scale".to_owned(),
            scale: Scale::Linear,
            low: 0.0,
            high: 1.0,
        },
        axis,
    )
}

/// The figure with values of its axes in the place of positions in its box.
pub(super) fn with_values(plot: &Plot, layout: &PlotLayout) -> Plot {
    let axes = layout.axes.each_ref().map(axis);
    let values_axis = value_axis(layout);
    let value = |at: usize, unit: f64| match unit.abs() < FAR_UNIT {
        true => axes[at].value_from_unit(unit),
        false => f64::NAN,
    };
    let position = |unit: &[f64; 3]| [0, 1, 2].map(|at| value(at, unit[at]));
    let places = |positions: &[[f64; 3]]| positions.iter().map(position).collect();
    let along = |at: usize, units: &[f64]| units.iter().map(|unit| value(at, *unit)).collect();
    let shown = |shares: &[f64]| -> Vec<f64> {
        let value = |share: &f64| values_axis.value_from_unit(*share);
        shares.iter().map(value).collect()
    };
    let traces = plot.traces.iter().map(|trace| match trace {
        Trace::Surface { name, x, y, z } => Trace::Surface {
            name: name.clone(),
            x: along(0, x),
            y: along(1, y),
            z: along(2, z),
        },
        Trace::Points {
            name,
            positions,
            values,
            colours,
            texts,
            markers,
            lines,
            diameter_pt,
            ..
        } => Trace::Points {
            name: name.clone(),
            positions: places(positions),
            values: shown(values),
            value_title: values_axis.title.clone(),
            colours: colours.clone(),
            texts: texts.clone(),
            markers: *markers,
            lines: *lines,
            diameter_pt: *diameter_pt,
        },
        Trace::Mesh {
            name,
            positions,
            triangles,
            values,
            colour,
            opacity,
        } => Trace::Mesh {
            name: name.clone(),
            positions: places(positions),
            triangles: triangles.clone(),
            // Positions on the colour map, as the mesh has them.
            values: values.clone(),
            colour: *colour,
            opacity: *opacity,
        },
    });
    Plot {
        traces: traces.collect(),
        ..plot.clone_without_traces()
    }
}

/// Lays the scene out as the figure was.
pub(super) fn apply(scene: &mut Scene, layout: &PlotLayout) {
    scene.box_aspect = layout.box_aspect;
    scene.flat = layout.is_flat;
    if let Some(view) = layout.view {
        scene.default_view = view;
    }
    scene.facets = layout.panels.iter().map(facet).collect();
    let labels = layout.labels.iter();
    scene.labels = labels
        .map(|(position_unit, text)| PointLabel {
            position_unit: *position_unit,
            text: text.clone(),
        })
        .collect();
}

/// A panel as it was written.
pub(super) fn facet(panel: &PlotPanel) -> Facet {
    Facet {
        title: panel.title.clone(),
        corners_unit: panel.corners_unit,
        axes: panel.axes.each_ref().map(axis),
        labelled: panel.labelled,
    }
}
