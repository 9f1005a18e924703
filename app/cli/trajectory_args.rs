//! What trajectories, groups of runs and axes can be told.

use std::str::FromStr as _;

use trainscape_views::{TrajectorySettings, ViewSettings};

use super::args::ViewArgs;

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Axes and trajectories")]
pub(super) struct TrajectoryArgs {
    /// Ends of an axis: x=0..100, or open as in y=..5; once for each of x, y, z.
    #[arg(long = "range", value_name = "AXIS=A..B", value_parser = parse_range)]
    pub(super) ranges: Vec<(usize, [f64; 2])>,
    /// Draw runs that differ in their seed only as their mean with its standard deviation.
    #[arg(long)]
    pub(super) group_seeds: bool,
    /// Opacity of surfaces, bars and clouds, 0 to 1.
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub(super) opacity: Option<f32>,
    /// Reward landscape, training dynamics: a series along y, or `step` or `wall_time`.
    #[arg(long, value_name = "KEY")]
    pub(super) y: Option<String>,
    /// Reward landscape, training dynamics: a series as height.
    #[arg(long, value_name = "KEY")]
    pub(super) z: Option<String>,
    /// Training dynamics: the surface interpolated through the points.
    #[arg(long)]
    pub(super) surface: bool,
    /// Reward landscape: no surface.
    #[arg(long, conflicts_with = "surface")]
    pub(super) no_surface: bool,
    /// Reward landscape, training dynamics: no arrows in the direction of time.
    #[arg(long)]
    pub(super) no_arrows: bool,
}

impl TrajectoryArgs {
    /// Puts what was said into the settings.
    pub(super) fn apply(&self, args: &ViewArgs, settings: &mut ViewSettings) {
        for &(axis, range) in &self.ranges {
            settings.ranges[axis] = Some(range);
        }
        settings.group_seeds = self.group_seeds;
        settings.opacity = self.opacity;
        for trajectory in [&mut settings.reward, &mut settings.dynamics] {
            *trajectory = TrajectorySettings {
                x: args.x.clone(),
                y: self.y.clone(),
                z: self.z.clone(),
                colour: args.tensors.colour_by.clone(),
                surface: (trajectory.surface || self.surface) && !self.no_surface,
                arrows: !self.no_arrows,
            };
        }
    }
}

fn parse_range(text: &str) -> Result<(usize, [f64; 2]), String> {
    let write = "write AXIS=A..B, as in x=0..100; either end may be left open";
    let (axis, range) = text.split_once('=').ok_or(write)?;
    let axis = ["x", "y", "z"]
        .iter()
        .position(|name| *name == axis.trim())
        .ok_or("name the axis by its letter: x, y or z")?;
    let (low, high) = range.split_once("..").ok_or(write)?;
    let end = |text: &str, open: f64| match text.trim() {
        "" => Ok(open),
        text => f64::from_str(text)
            .ok()
            .filter(|end| end.is_finite())
            .ok_or_else(|| format!("`{text}` is no number")),
    };
    let range = [end(low, f64::NEG_INFINITY)?, end(high, f64::INFINITY)?];
    if range[0] < range[1] {
        Ok((axis, range))
    } else {
        Err("the first end must lie below the second".to_owned())
    }
}

fn parse_share(text: &str) -> Result<f32, String> {
    f32::from_str(text)
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "a number from 0 to 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_range;

    #[test]
    fn ranges_name_an_axis_and_may_be_open() {
        assert_eq!(parse_range("x=0..100"), Ok((0, [0.0, 100.0])));
        assert_eq!(parse_range("z=..5e-3"), Ok((2, [f64::NEG_INFINITY, 5e-3])));
        assert_eq!(parse_range("y=-2.5.."), Ok((1, [-2.5, f64::INFINITY])));
        for bad in [
            "x", "w=1..2", "x=1", "x=2..1", "x=1..1", "x=nan..2", "x=a..2",
        ] {
            parse_range(bad).unwrap_err();
        }
    }
}
