//! The flags of the views, built from their controls.

use std::{collections::BTreeMap, str::FromStr as _};

use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser};
use trainscape_views::{
    Control, ControlValues, Kind, Section, VIEWS, Value, ViewKind, ViewSettings,
};

use super::outcome::UsageError;

/// Help section of the flags for the appearance of a figure.
pub(super) const APPEARANCE: &str = "Appearance";

/// Aliases of flags.
const ALIASES: [(&str, &str); 1] = [("iterations", "epochs")];

/// The given flags of the views' controls, by control name.
#[derive(Clone, Debug, Default)]
pub(super) struct ControlArgs {
    given: BTreeMap<&'static str, GivenFlags>,
    /// The values of a figure file, which flags override.
    of_file: ControlValues,
}

/// The flags that were given for one control.
#[derive(Clone, Debug, Default)]
struct GivenFlags {
    values: Vec<String>,
    /// `--linear`, for axis scales.
    linear: Option<String>,
    /// `--NAME` or `--no-NAME`, for switches.
    switch: Option<bool>,
}

/// The first control of each name, with the views that have it.
fn flags() -> BTreeMap<&'static str, (&'static Control, Vec<ViewKind>)> {
    let mut flags: BTreeMap<&str, (&Control, Vec<ViewKind>)> = BTreeMap::new();
    for view in VIEWS {
        for control in view.controls() {
            let flag = flags.entry(control.name);
            flag.or_insert((control, Vec::new())).1.push(view);
        }
    }
    flags
}

impl clap::FromArgMatches for ControlArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = BTreeMap::new();
        for (name, (control, _)) in flags() {
            let flags = match control.kind {
                Kind::Switch(_) => {
                    let on = matches.get_flag(name);
                    let off = matches.get_flag(&negated(name));
                    GivenFlags {
                        switch: (on || off).then_some(on),
                        ..GivenFlags::default()
                    }
                }
                Kind::Scales(_) => GivenFlags {
                    values: values_of(matches, name),
                    linear: matches.get_one("linear").cloned(),
                    switch: None,
                },
                _ => GivenFlags {
                    values: values_of(matches, name),
                    ..GivenFlags::default()
                },
            };
            if flags.switch.is_some() || flags.linear.is_some() || !flags.values.is_empty() {
                given.insert(name, flags);
            }
        }
        Ok(Self {
            given,
            of_file: ControlValues::default(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn values_of(matches: &ArgMatches, name: &str) -> Vec<String> {
    let values = matches.get_many::<String>(name);
    values.into_iter().flatten().cloned().collect()
}

fn negated(name: &str) -> String {
    format!("no-{name}")
}

impl clap::Args for ControlArgs {
    fn augment_args(command: Command) -> Command {
        let mut command = command;
        for (name, (control, views)) in flags() {
            for flag in flags_of(name, control, &views) {
                command = command.arg(flag);
            }
        }
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The flags of one control: two for switches (`--NAME`, `--no-NAME`) and axis scales, otherwise one.
fn flags_of(name: &'static str, control: &Control, views: &[ViewKind]) -> Vec<Arg> {
    let heading = match control.section {
        Section::View => "View",
        Section::Axes => "Axes",
        Section::Appearance => APPEARANCE,
    };
    let help_text = control.help.trim_end_matches('.');
    let of_views = if views.len() > 4 {
        String::new()
    } else {
        let titles: Vec<&str> = views.iter().map(|view| view.title()).collect();
        format!(" [{}]", titles.join(", "))
    };
    let help = format!("{help_text}{of_views}");
    let arg = |name: String| {
        let arg = Arg::new(name.clone()).long(name);
        arg.help_heading(heading).help(help.clone())
    };
    let taking = |value_name: &'static str| arg(name.to_owned()).value_name(value_name);
    match control.kind {
        Kind::Switch(default) => {
            let is_default = |on: bool| {
                let defaults = views.iter().filter_map(|view| view.control(name));
                default == Some(on) && defaults.clone().all(|other| other.kind == control.kind)
            };
            let off = negated(name);
            let on = arg(name.to_owned()).action(ArgAction::SetTrue);
            let off = arg(off)
                .help(format!("Disable: {help_text}{of_views}"))
                .action(ArgAction::SetTrue)
                .conflicts_with(name);
            vec![on.hide(is_default(true)), off.hide(is_default(false))]
        }
        Kind::Number(_) => vec![taking("N").allow_negative_numbers(true)],
        Kind::Choice { options, .. } => {
            let names = options.iter().map(|(name, _)| *name);
            vec![taking("NAME").value_parser(PossibleValuesParser::new(names))]
        }
        Kind::Colours => vec![taking("MAP")],
        Kind::Key { .. } => vec![taking("KEY")],
        Kind::Keys => vec![
            taking("KEY,…")
                .value_delimiter(',')
                .action(ArgAction::Append),
        ],
        Kind::Text => vec![taking("TEXT")],
        Kind::Scales(_) => {
            let linear = arg("linear".to_owned()).value_name("AXES");
            vec![
                taking("AXES"),
                linear.help("Axes with a linear scale, for example xz"),
            ]
        }
        Kind::Ranges => vec![taking("AXIS=A..B").action(ArgAction::Append)],
    }
    .into_iter()
    .map(|arg| {
        let alias = ALIASES.iter().find(|(of, _)| *of == name);
        match alias {
            Some((_, alias)) => arg.visible_alias(*alias),
            None => arg,
        }
    })
    .collect()
}

impl ControlArgs {
    /// With the values of a figure file where no flag was given.
    pub(super) fn over(self, of_file: ControlValues) -> Self {
        Self { of_file, ..self }
    }

    /// Applies the flags to a view's settings; returns a warning for each flag that the view does not have.
    ///
    /// # Errors
    /// If a value is invalid for its control.
    pub(super) fn apply(
        &self,
        view: ViewKind,
        settings: &mut ViewSettings,
    ) -> Result<Vec<String>, UsageError> {
        let mut without_effect = Vec::new();
        settings.controls = self.of_file.clone();
        for (name, given) in &self.given {
            let Some(control) = view.control(name) else {
                let flag = match given.switch {
                    Some(false) => negated(name),
                    _ => (*name).to_owned(),
                };
                let others: Vec<&str> = VIEWS
                    .iter()
                    .filter(|view| view.control(name).is_some())
                    .map(|view| view.name())
                    .collect();
                without_effect.push(format!(
                    "--{flag} has no effect in {view}, only in {}",
                    others.join(", ")
                ));
                continue;
            };
            let expected = || format!("--{name} takes {}", control.expected());
            let value = given.value_for(control).map_err(|why| {
                UsageError(why.map_or_else(expected, |why| format!("--{name}: {why}")))
            })?;
            if !control.takes(&value) {
                return Err(UsageError(expected()));
            }
            settings.controls.set(control, value);
        }
        Ok(without_effect)
    }
}

impl GivenFlags {
    /// The value in the type of the control, or the reason why it cannot be parsed if more specific than the expected
    /// type.
    fn value_for(&self, control: &Control) -> Result<Value, Option<&'static str>> {
        let first = || self.values.first().map(String::as_str).ok_or(None);
        match control.kind {
            Kind::Switch(_) => self.switch.map(Value::Switch).ok_or(None),
            Kind::Number(_) => f64::from_str(first()?).map(Value::Number).map_err(|_| None),
            Kind::Keys => Ok(Value::Keys(self.values.clone())),
            Kind::Scales(_) => {
                let mut scales = [None; 3];
                let given = [(self.linear.as_deref(), false), (first().ok(), true)];
                for (letters, logarithmic) in given {
                    for axis in axes(letters.unwrap_or_default()).ok_or(None)? {
                        scales[axis] = Some(logarithmic);
                    }
                }
                Ok(Value::Scales(scales))
            }
            Kind::Ranges => {
                let mut ranges = [None; 3];
                for text in &self.values {
                    let (axis, range) = range(text).map_err(Some)?;
                    ranges[axis] = Some(range);
                }
                Ok(Value::Ranges(ranges))
            }
            Kind::Choice { .. } | Kind::Colours | Kind::Key { .. } | Kind::Text => {
                Ok(Value::Text(first()?.to_owned()))
            }
        }
    }
}

/// The axes named by letters.
fn axes(letters: &str) -> Option<Vec<usize>> {
    let letters = letters.chars().filter(|letter| *letter != ',');
    letters.map(|letter| "xyz".find(letter)).collect()
}

/// An axis and its limits: `x=0..100`, or open-ended as in `y=..5`.
fn range(text: &str) -> Result<(usize, [f64; 2]), &'static str> {
    let usage = "write AXIS=A..B, as in x=0..100; either limit may be omitted";
    let (axis, range) = text.split_once('=').ok_or(usage)?;
    let axis = ["x", "y", "z"]
        .iter()
        .position(|name| *name == axis.trim())
        .ok_or("the axis must be x, y or z")?;
    let (low, high) = range.split_once("..").ok_or(usage)?;
    let end = |text: &str, open: f64| match text.trim() {
        "" => Ok(open),
        text => f64::from_str(text)
            .ok()
            .filter(|end| end.is_finite())
            .ok_or("a limit is not a number"),
    };
    let range = [end(low, f64::NEG_INFINITY)?, end(high, f64::INFINITY)?];
    if range[0] < range[1] {
        Ok((axis, range))
    } else {
        Err("the first limit must be below the second")
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::*;

    fn parsed(arguments: &[&str]) -> ControlArgs {
        let command = ControlArgs::augment_args(Command::new("render").no_binary_name(true));
        let matches = command.try_get_matches_from(arguments).unwrap();
        ControlArgs::from_arg_matches(&matches).unwrap()
    }

    /// Arguments that set a control to a value other than its default.
    fn arguments_for(control: &Control) -> Vec<String> {
        let flag = format!("--{}", control.name);
        let value = match control.kind {
            Kind::Switch(Some(true)) => return vec![format!("--no-{}", control.name)],
            Kind::Switch(_) => return vec![flag],
            Kind::Number(number) => number.range[1].min(2.0).max(number.range[0]).to_string(),
            Kind::Choice { options, default } => {
                let mut names = options.iter().map(|(name, _)| *name);
                names
                    .find(|name| Some(*name) != default)
                    .unwrap()
                    .to_owned()
            }
            Kind::Colours => "cividis".to_owned(),
            Kind::Key { .. } | Kind::Keys | Kind::Text => "some/key".to_owned(),
            Kind::Scales(axes) => "xyz"[axes[0]..=axes[0]].to_owned(),
            Kind::Ranges => "z=..5e-3".to_owned(),
        };
        vec![flag, value]
    }

    #[test]
    fn every_control_has_a_flag_that_sets_it() {
        for view in VIEWS {
            for control in view.controls() {
                let arguments = arguments_for(control);
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                let mut settings = ViewSettings::default();
                let unused = parsed(&arguments).apply(view, &mut settings).unwrap();
                assert!(unused.is_empty(), "{view}: {unused:?}");
                assert!(
                    settings.controls.get(control).is_some(),
                    "{view}: {arguments:?}"
                );
            }
        }
    }

    #[test]
    fn a_flag_of_another_view_is_reported() {
        let view = ViewKind::from_name("loss-surface").unwrap();
        let unused = parsed(&["--threshold", "0.5"])
            .apply(view, &mut ViewSettings::default())
            .unwrap();
        assert_eq!(
            unused,
            ["--threshold has no effect in loss-surface, only in attention"]
        );
    }

    #[test]
    fn a_value_out_of_range_is_rejected() {
        let view = ViewKind::from_name("loss-surface").unwrap();
        let error = parsed(&["--opacity", "7"])
            .apply(view, &mut ViewSettings::default())
            .unwrap_err();
        assert_eq!(error.to_string(), "--opacity takes a number from 0 to 1");
    }

    #[test]
    fn ranges_name_an_axis_and_may_be_open_ended() {
        assert_eq!(range("x=0..100"), Ok((0, [0.0, 100.0])));
        assert_eq!(range("z=..5e-3"), Ok((2, [f64::NEG_INFINITY, 5e-3])));
        assert_eq!(range("y=-2.5.."), Ok((1, [-2.5, f64::INFINITY])));
        for bad in [
            "x", "w=1..2", "x=1", "x=2..1", "x=1..1", "x=nan..2", "x=a..2",
        ] {
            assert!(range(bad).is_err(), "{bad}");
        }
    }
}
