//! The three themes of a figure.

use serde::{Deserialize, Serialize};

use crate::colour::Colour;

/// Name of a theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeName {
    /// Black on white, thin lines, no wall colours: for publications.
    #[default]
    Paper,
    /// Light background, for screens.
    Light,
    /// Dark background, for screens.
    Dark,
}

impl ThemeName {
    /// All themes.
    pub const ALL: [Self; 3] = [Self::Paper, Self::Light, Self::Dark];

    /// The name used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// The theme's colours.
    #[must_use]
    pub fn theme(self) -> Theme {
        match self {
            Self::Paper => Theme {
                background: Colour::hex(0xffffff),
                wall: Colour::hex(0xffffff),
                grid: Colour::hex(0xd9d9d9),
                axis: Colour::hex(0x262626),
                text: Colour::hex(0x111111),
                muted_text: Colour::hex(0x555555),
                path: Colour::hex(0x1a1a1a),
                muted_path: Colour::hex(0x4a4a4a),
                callout: Colour::hex(0xffffff),
            },
            Self::Light => Theme {
                background: Colour::hex(0xf6f7f9),
                wall: Colour::hex(0xffffff),
                grid: Colour::hex(0xd5d9e0),
                axis: Colour::hex(0x3c4450),
                text: Colour::hex(0x1b2027),
                muted_text: Colour::hex(0x56606d),
                path: Colour::hex(0x20262e),
                muted_path: Colour::hex(0x4c5560),
                callout: Colour::hex(0xffffff),
            },
            Self::Dark => Theme {
                background: Colour::hex(0x16191e),
                wall: Colour::hex(0x1d2127),
                grid: Colour::hex(0x353b45),
                axis: Colour::hex(0xaab2be),
                text: Colour::hex(0xe8ebef),
                muted_text: Colour::hex(0x9aa4b1),
                path: Colour::hex(0xd3d8df),
                muted_path: Colour::hex(0x9aa3ae),
                callout: Colour::hex(0x262b33),
            },
        }
    }
}

/// The colours of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    /// Background of the page.
    pub background: Colour,
    /// The three walls of the axis box behind the data.
    pub wall: Colour,
    /// Grid lines on the walls.
    pub grid: Colour,
    /// Axis lines and ticks.
    pub axis: Colour,
    /// Titles and tick labels.
    pub text: Colour,
    /// Captions.
    pub muted_text: Colour,
    /// Paths without an assigned colour.
    pub path: Colour,
    /// Secondary lines, such as the runs of a surface.
    pub muted_path: Colour,
    /// Background of callouts.
    pub callout: Colour,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::{contrast, run_colour};

    /// WCAG 2, level AA: a contrast of 4.5 for text, 3 for graphics.
    fn faults(theme: &Theme) -> Vec<String> {
        let mut faults = Vec::new();
        let mut check = |name: String, colour, behind: &[Colour], least| {
            for background in behind {
                let found = contrast(colour, *background);
                if found < least {
                    faults.push(format!("{name} on {background:?}: {found:.2}"));
                }
            }
        };
        let all = [theme.background, theme.wall, theme.callout];
        let drawn_on = [theme.background, theme.wall];
        check("text".to_owned(), theme.text, &all, 4.5);
        check("muted text".to_owned(), theme.muted_text, &all, 4.5);
        check("axis".to_owned(), theme.axis, &all, 3.0);
        check("path".to_owned(), theme.path, &drawn_on, 3.0);
        check("muted path".to_owned(), theme.muted_path, &drawn_on, 3.0);
        for index in 0..10 {
            check(format!("run {index}"), run_colour(index), &drawn_on, 3.0);
        }
        faults
    }

    #[test]
    fn every_colour_has_enough_contrast() {
        for name in ThemeName::ALL {
            let found = faults(&name.theme());
            assert!(found.is_empty(), "{}: {found:#?}", name.name());
        }
        let white_on_white = Theme {
            muted_text: Colour::hex(0x9a9a9a),
            ..ThemeName::Paper.theme()
        };
        assert_eq!(faults(&white_on_white).len(), 3);
        assert!((contrast(Colour::hex(0), Colour::hex(0xffffff)) - 21.0).abs() < 1e-4);
    }
}
