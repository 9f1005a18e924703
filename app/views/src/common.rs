//! Controls that several views share, each defined once. A view lists those that change what it draws.

use trainscape_compute::InterpolationMethod;
use trainscape_scene::colour::ColourMap;

use crate::{
    control::{Control, Kind, Number, Section, Value},
    settings::ViewSettings,
};

/// Colours of surfaces, paths and clouds.
pub const COLOURS: Control = Control {
    name: "colours",
    label: "Color",
    help: "The colour map.",
    kind: Kind::Colours,
    section: Section::Appearance,
    names_data: false,
    only_with: None,
};

/// How strongly the light's direction shows.
pub const SHADING: Control = Control {
    name: "shading",
    label: "Shading",
    help: "Strength of directional lighting, 0 to 1.",
    kind: Kind::Number(Number::real(Some(0.7), [0.0, 1.0])),
    section: Section::Appearance,
    names_data: false,
    only_with: None,
};

/// Opacity of what has an area.
pub const OPACITY: Control = Control {
    name: "opacity",
    label: "Opacity",
    help: "Opacity of surfaces, bars and clouds, 0 to 1.",
    kind: Kind::Number(Number::real(None, [0.0, 1.0])),
    section: Section::Appearance,
    names_data: false,
    only_with: None,
};

/// Contour lines.
pub const CONTOURS: Control = Control {
    name: "contours",
    label: "Contours",
    help: "Contour lines on surfaces.",
    kind: Kind::Switch(Some(true)),
    section: Section::Appearance,
    names_data: false,
    only_with: None,
};

/// Lines along the measured nodes.
pub const WIREFRAME: Control = Control {
    name: "wireframe",
    label: "Wireframe",
    help: "Lines along the measured nodes of surfaces.",
    kind: Kind::Switch(Some(false)),
    section: Section::Appearance,
    names_data: false,
    only_with: None,
};

/// Every sample as a dot.
pub const SAMPLES: Control = Control {
    name: "samples",
    label: "Data points",
    help: "Every logged sample as a dot.",
    kind: Kind::Switch(Some(false)),
    section: Section::Appearance,
    names_data: false,
    only_with: None,
};

/// Colours on the floor.
pub const FLOOR: Control = Control {
    name: "floor",
    label: "Floor projection",
    help: "The colours projected onto the floor.",
    kind: Kind::Switch(None),
    section: Section::Appearance,
    names_data: false,
    only_with: None,
};

/// Points in the moving average.
pub const SMOOTHING: Control = Control {
    name: "smooth",
    label: "Smoothing",
    help: "Points in the moving average; 1 draws values as logged.",
    kind: Kind::Number(
        Number::whole(None, [1.0, 1e9])
            .usually([1.0, 501.0])
            .logarithmic(),
    ),
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// Labels of the controls of what the three axes show.
pub const AXIS_LABELS: [&str; 3] = ["X axis", "Y axis", "Z axis"];

/// Label of the controls of what colours show.
pub const COLOUR_BY_LABEL: &str = "Color by";

/// Interpolation of the samples to a surface.
pub const METHOD: Control = Control {
    name: "method",
    label: "Interpolation",
    help: "Interpolation of the samples to a surface.",
    kind: Kind::Choice {
        options: &[
            ("linear", "Linear"),
            ("nearest", "Nearest"),
            ("rbf", "Thin-plate splines"),
        ],
        default: None,
    },
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// The option of [`METHOD`] that is an interpolation.
pub(crate) fn method_option(method: InterpolationMethod) -> &'static str {
    match method {
        InterpolationMethod::Linear => "linear",
        InterpolationMethod::Nearest => "nearest",
        InterpolationMethod::Rbf { .. } => "rbf",
    }
}

/// Mean and standard deviation over seeds.
pub const GROUP_SEEDS: Control = Control {
    name: "group-seeds",
    label: "Group seeds (mean ± SD)",
    help: "Draw runs that differ only in their seed, or in a number at the end of their names, as their mean with its standard deviation.",
    kind: Kind::Switch(None),
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// Panels beside each other.
pub const FACETS: Control = Control {
    name: "facet",
    label: "Panels by",
    help: "Draw a panel for each value of a configuration key, or for each part of the paths (`path:1`); by default for each environment or data set.",
    kind: Kind::Key {
        fixed: &[("none", "One panel")],
    },
    section: Section::View,
    names_data: true,
    only_with: None,
};

/// The second coordinate of the loss surface, which also colours runs in other views.
pub const SECOND: Control = Control {
    name: "second",
    label: AXIS_LABELS[1],
    help: "The second coordinate: a configuration value or a series; the learning rate by default.",
    kind: Kind::Key { fixed: &[] },
    section: Section::Axes,
    names_data: true,
    only_with: None,
};

/// What the x axis shows in views over steps.
pub const X: Control = Control {
    name: "x",
    label: AXIS_LABELS[0],
    help: "Quantity on the x axis: `step`, `wall_time` or a series.",
    kind: Kind::Key {
        fixed: &[("step", "Step"), ("wall_time", "Wall time")],
    },
    section: Section::Axes,
    names_data: true,
    only_with: None,
};

/// Fixed ends of the axes.
pub const RANGE: Control = Control {
    name: "range",
    label: "Ranges",
    help: "Limits of an axis: x=0..100, or open-ended as in y=..5; can be repeated for x, y and z.",
    kind: Kind::Ranges,
    section: Section::Axes,
    names_data: true,
    only_with: None,
};

/// Logarithmic or linear, where each axis can be either.
pub const LOG_XYZ: Control = log(&[0, 1, 2]);
/// Logarithmic or linear, where x and z can be either.
pub const LOG_XZ: Control = log(&[0, 2]);
/// Logarithmic or linear, where only z can be either.
pub const LOG_Z: Control = log(&[2]);

const fn log(axes: &'static [usize]) -> Control {
    Control {
        name: "log",
        label: "Logarithmic",
        help: "Axes with a logarithmic scale.",
        kind: Kind::Scales(axes),
        section: Section::Axes,
        names_data: false,
        only_with: None,
    }
}

/// The name of the control that a clicked row sets, in views of the rows of a matrix.
pub const FOCUSED_ROW: &str = "focus";

/// The tensor that a view of tensors draws.
pub const TENSOR: Control = Control {
    name: "tensor",
    label: "Array",
    help: "The array to draw.",
    kind: Kind::Key { fixed: &[] },
    section: Section::View,
    names_data: true,
    only_with: None,
};

/// Reading the shared controls.
impl ViewSettings {
    /// The colour map, where one was chosen.
    #[must_use]
    pub fn chosen_colours(&self) -> Option<ColourMap> {
        self.text(&COLOURS).and_then(ColourMap::from_name)
    }

    /// The colour map; `default` is the view's.
    #[must_use]
    pub fn colours(&self, default: ColourMap) -> ColourMap {
        self.chosen_colours().unwrap_or(default)
    }

    pub(crate) fn shading(&self) -> f32 {
        self.number(&SHADING) as f32
    }

    pub(crate) fn opacity(&self, default: f32) -> f32 {
        self.chosen_number(&OPACITY)
            .map_or(default, |opacity| opacity as f32)
    }

    pub(crate) fn contours(&self) -> bool {
        self.switch(&CONTOURS)
    }

    pub(crate) fn wireframe(&self) -> bool {
        self.switch(&WIREFRAME)
    }

    pub(crate) fn samples(&self) -> bool {
        self.switch(&SAMPLES)
    }

    pub(crate) fn floor(&self, default: bool) -> bool {
        self.chosen_switch(&FLOOR).unwrap_or(default)
    }

    /// The window of the moving average, where one was chosen.
    pub(crate) fn smoothing(&self) -> Option<usize> {
        self.chosen_number(&SMOOTHING).map(|window| window as usize)
    }

    /// The interpolation, where one was chosen.
    pub(crate) fn method(&self) -> Option<InterpolationMethod> {
        match self.text(&METHOD)? {
            "linear" => Some(InterpolationMethod::Linear),
            "nearest" => Some(InterpolationMethod::Nearest),
            _ => Some(InterpolationMethod::RBF),
        }
    }

    pub(crate) fn group_seeds(&self) -> bool {
        self.switch(&GROUP_SEEDS)
    }

    /// What panels are of, where it was chosen.
    pub(crate) fn facets(&self) -> Option<&str> {
        self.text(&FACETS)
    }

    /// The second coordinate of the loss surface, where one was chosen.
    pub(crate) fn second(&self) -> Option<&str> {
        self.text(&SECOND)
    }

    /// The tensor that was chosen.
    pub(crate) fn tensor(&self) -> Option<&str> {
        self.text(&TENSOR)
    }

    /// What the x axis shows, where it was chosen: `step`, `wall_time` or the key of a series.
    #[must_use]
    pub fn x(&self) -> Option<&str> {
        self.text(&X)
    }

    /// Whether an axis is logarithmic, where that was chosen.
    #[must_use]
    pub fn log(&self, axis: usize) -> Option<bool> {
        match self.controls.get(&LOG_XYZ) {
            Some(Value::Scales(scales)) => scales[axis],
            _ => None,
        }
    }

    /// The fixed ends of an axis.
    #[must_use]
    pub fn range(&self, axis: usize) -> Option<[f64; 2]> {
        self.ranges()[axis]
    }

    /// The fixed ends of all axes.
    #[must_use]
    pub fn ranges(&self) -> [Option<[f64; 2]>; 3] {
        match self.controls.get(&RANGE) {
            Some(Value::Ranges(ranges)) => *ranges,
            _ => [None; 3],
        }
    }

    /// Fixes the ends of axes.
    pub fn set_ranges(&mut self, ranges: [Option<[f64; 2]>; 3]) {
        let value = ranges
            .iter()
            .any(Option::is_some)
            .then_some(Value::Ranges(ranges));
        self.controls.set(&RANGE, value);
    }
}
