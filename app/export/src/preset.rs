//! Sizes that publishers ask for.

/// The page of a figure for a publisher.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    /// Name on the command line.
    pub name: &'static str,
    /// What it is for, as a phrase.
    pub purpose: &'static str,
    /// Width and height in points.
    pub size_pt: [f32; 2],
    /// Size of tick labels in points.
    pub font_pt: f32,
    /// Factor of the widths of lines.
    pub line_scale: f32,
    /// Pixels per inch.
    pub dots_per_inch: f32,
}

const MM: f32 = 72.0 / 25.4;
const INCH: f32 = 72.0;

const fn four_by_three(width_pt: f32) -> [f32; 2] {
    [width_pt, width_pt * 0.75]
}

/// All presets.
pub const PRESETS: [Preset; 6] = [
    Preset {
        name: "nature-1",
        purpose: "one column of Nature: 89 mm, text of 5 to 7 pt",
        size_pt: four_by_three(89.0 * MM),
        font_pt: 6.0,
        line_scale: 0.8,
        dots_per_inch: 450.0,
    },
    Preset {
        name: "nature-2",
        purpose: "two columns of Nature: 183 mm, text of 5 to 7 pt",
        size_pt: [183.0 * MM, 110.0 * MM],
        font_pt: 7.0,
        line_scale: 0.9,
        dots_per_inch: 450.0,
    },
    Preset {
        name: "plos",
        purpose: "the text column of PLOS: 5.2 in, text of 8 to 12 pt",
        size_pt: four_by_three(5.2 * INCH),
        font_pt: 8.0,
        line_scale: 1.0,
        dots_per_inch: 300.0,
    },
    Preset {
        name: "ieee",
        purpose: "one column of IEEE: 3.5 in, text of 8 pt",
        size_pt: four_by_three(3.5 * INCH),
        font_pt: 8.0,
        line_scale: 1.0,
        dots_per_inch: 600.0,
    },
    Preset {
        name: "neurips",
        purpose: "the text width of NeurIPS: 5.5 in, text of 9 pt",
        size_pt: four_by_three(5.5 * INCH),
        font_pt: 9.0,
        line_scale: 1.0,
        dots_per_inch: 300.0,
    },
    Preset {
        name: "slide",
        purpose: "a slide of 16:9 at 1920x1080 pixels",
        size_pt: [13.333_333 * INCH, 7.5 * INCH],
        font_pt: 16.0,
        line_scale: 1.8,
        dots_per_inch: 144.0,
    },
];

impl Preset {
    /// The preset of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_find_their_preset() {
        for preset in &PRESETS {
            assert_eq!(Preset::from_name(preset.name), Some(preset));
        }
        assert_eq!(Preset::from_name("poster"), None);
    }
}
