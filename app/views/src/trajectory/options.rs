//! Controls of the views of trajectories.

use crate::{
    common::{AXIS_LABELS, COLOUR_BY_LABEL, CONTOURS, FLOOR, METHOD, OPACITY, SHADING, WIREFRAME},
    control::{Control, Kind, OnlyWith, Section},
    held_out::SURFACE,
    settings::ViewSettings,
};

const TIMES: Kind = Kind::Key {
    fixed: &[("step", "Step"), ("wall_time", "Wall time")],
};

const fn axis(name: &'static str, label: &'static str, help: &'static str) -> Control {
    Control {
        name,
        label,
        help,
        kind: TIMES,
        section: Section::Axes,
        names_data: true,
        only_with: None,
    }
}

pub(crate) const X: Control = axis(
    "x",
    AXIS_LABELS[0],
    "Quantity on the x axis: `step`, `wall_time` or a series.",
);
pub(crate) const Y: Control = axis(
    "y",
    AXIS_LABELS[1],
    "Quantity on the y axis: a series, `step` or `wall_time`.",
);
pub(crate) const Z: Control = axis(
    "z",
    AXIS_LABELS[2],
    "Quantity on the z axis: a series, `step` or `wall_time`.",
);
pub(crate) const COLOUR_BY: Control = axis(
    "colour-by",
    COLOUR_BY_LABEL,
    "Quantity shown by colour: `step`, `wall_time`, a series or a numeric configuration value.",
);

/// The switch for views whose axes are not functions of each other.
pub(crate) const NO_SURFACE: Control = Control {
    help: "The surface interpolated through the points.",
    kind: Kind::Switch(Some(false)),
    ..SURFACE
};

pub(crate) const ARROWS: Control = Control {
    name: "arrows",
    label: "Direction arrows",
    help: "Arrows in the direction of time.",
    kind: Kind::Switch(Some(true)),
    section: Section::Appearance,
    names_data: false,
    only_with: None,
};

const WITH_SURFACE: OnlyWith = OnlyWith {
    control: "surface",
    values: &["on"],
};
// The shared controls that act on the surface alone.
pub(crate) const SURFACE_METHOD: Control = METHOD.only_with(WITH_SURFACE);
pub(crate) const SURFACE_SHADING: Control = SHADING.only_with(WITH_SURFACE);
pub(crate) const SURFACE_OPACITY: Control = OPACITY.only_with(WITH_SURFACE);
pub(crate) const SURFACE_CONTOURS: Control = CONTOURS.only_with(WITH_SURFACE);
pub(crate) const SURFACE_WIREFRAME: Control = WIREFRAME.only_with(WITH_SURFACE);
pub(crate) const SURFACE_FLOOR: Control = FLOOR.only_with(WITH_SURFACE);

/// The values of the controls; a coordinate that is `None` is the view's default.
pub(crate) struct TrajectoryOptions {
    pub(crate) x: Option<String>,
    pub(crate) y: Option<String>,
    pub(crate) z: Option<String>,
    pub(crate) colour: Option<String>,
    /// Whether a surface is drawn; `None`: where it predicts held-out points.
    pub(crate) surface: Option<bool>,
    pub(crate) arrows: bool,
}

impl TrajectoryOptions {
    /// `surface` is the view's switch for the surface.
    pub(crate) fn of(settings: &ViewSettings, surface: &Control) -> Self {
        let key = |control| settings.text(control).map(str::to_owned);
        Self {
            x: key(&X),
            y: key(&Y),
            z: key(&Z),
            colour: key(&COLOUR_BY),
            surface: match surface.kind {
                Kind::Switch(None) => settings.chosen_switch(surface),
                _ => Some(settings.switch(surface)),
            },
            arrows: settings.switch(&ARROWS),
        }
    }
}
