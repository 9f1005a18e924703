//! Colour maps and the colours of runs.

use serde::{Deserialize, Serialize};

/// Written by `tests/oracle/make_colour_maps.py`: 256 sRGB triples per map, in the order of [`ColourMap::ALL`].
static TABLES: &[u8] = include_bytes!("../../../assets/colour/maps.bin");

/// An sRGB colour with straight alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colour {
    /// Red, green, blue as sRGB bytes.
    pub rgb: [u8; 3],
    /// Opacity, 255 is opaque.
    pub alpha: u8,
}

impl Colour {
    /// An opaque colour from `0xRRGGBB`.
    #[must_use]
    pub const fn hex(rgb: u32) -> Self {
        Self {
            rgb: [(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8],
            alpha: 255,
        }
    }

    /// The same colour with this opacity (0 to 1).
    #[must_use]
    pub fn with_opacity(self, opacity: f32) -> Self {
        Self {
            alpha: (opacity.clamp(0.0, 1.0) * 255.0).round() as u8,
            ..self
        }
    }

    /// Linear-light red, green, blue with straight alpha, each 0 to 1.
    #[must_use]
    pub fn to_linear(self) -> [f32; 4] {
        let [r, g, b] = self.rgb.map(linear_from_srgb);
        [r, g, b, f32::from(self.alpha) / 255.0]
    }

    /// Linear interpolation in sRGB: 0 gives `self`, 1 gives `other`.
    #[must_use]
    pub fn mix(self, other: Self, share: f32) -> Self {
        let mix =
            |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
        Self {
            rgb: std::array::from_fn(|i| mix(self.rgb[i], other.rgb[i])),
            alpha: mix(self.alpha, other.alpha),
        }
    }
}

/// One sRGB byte as linear light, 0 to 1.
#[must_use]
pub fn linear_from_srgb(byte: u8) -> f32 {
    let encoded = f32::from(byte) / 255.0;
    if encoded <= 0.04045 {
        encoded / 12.92
    } else {
        ((encoded + 0.055) / 1.055).powf(2.4)
    }
}

/// Linear light, 0 to 1, as one sRGB byte.
#[must_use]
pub fn srgb_from_linear(light: f32) -> u8 {
    let encoded = if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    };
    (encoded.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// A map from [0, 1] to colours, the same bytes as matplotlib's (batlow: Crameri's).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColourMap {
    /// Perceptually uniform, the default.
    #[default]
    Viridis,
    /// Perceptually uniform.
    Plasma,
    /// Perceptually uniform.
    Inferno,
    /// Perceptually uniform.
    Magma,
    /// Perceptually uniform, made for colour-vision deficiency.
    Cividis,
    /// Rainbow-like, smoother than `Rainbow`.
    Turbo,
    /// matplotlib's rainbow.
    Rainbow,
    /// Red to green through yellow.
    RdYlGn,
    /// Crameri's batlow, perceptually uniform.
    Batlow,
    /// Blue to red through grey.
    Coolwarm,
}

impl ColourMap {
    /// All maps, in the order of the user interface.
    pub const ALL: [Self; 10] = [
        Self::Viridis,
        Self::Plasma,
        Self::Inferno,
        Self::Magma,
        Self::Cividis,
        Self::Turbo,
        Self::Rainbow,
        Self::RdYlGn,
        Self::Batlow,
        Self::Coolwarm,
    ];

    /// The name matplotlib uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viridis => "viridis",
            Self::Plasma => "plasma",
            Self::Inferno => "inferno",
            Self::Magma => "magma",
            Self::Cividis => "cividis",
            Self::Turbo => "turbo",
            Self::Rainbow => "rainbow",
            Self::RdYlGn => "RdYlGn",
            Self::Batlow => "batlow",
            Self::Coolwarm => "coolwarm",
        }
    }

    /// The map with this name, ignoring case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|map| map.name().eq_ignore_ascii_case(name))
    }

    /// The 256 sRGB triples.
    #[must_use]
    pub fn table(self) -> &'static [[u8; 3]] {
        let (triples, _) = TABLES.as_chunks::<3>();
        let index = Self::ALL.iter().position(|map| *map == self).unwrap_or(0);
        &triples[index * 256..(index + 1) * 256]
    }

    /// The colour at `unit` (clamped to 0 to 1), quantised as in matplotlib.
    #[must_use]
    pub fn colour(self, unit: f32) -> Colour {
        let index = ((unit.clamp(0.0, 1.0) * 256.0) as usize).min(255);
        Colour {
            rgb: self.table()[index],
            alpha: 255,
        }
    }
}

/// Contrast of two opaque colours as WCAG 2 defines it, 1 to 21.
#[must_use]
pub fn contrast(a: Colour, b: Colour) -> f32 {
    let luminance = |colour: Colour| {
        let [r, g, b, _] = colour.to_linear();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The colour of the run with this index: distinct for the first ten (the palette of Okabe and Ito that Wong 2011
/// recommends, extended, with the lightness adjusted for contrast on light and dark backgrounds), then repeated with
/// another lightness.
#[must_use]
pub fn run_colour(index: usize) -> Colour {
    const SET: [Colour; 10] = [
        Colour::hex(0x0072b2),
        Colour::hex(0xd55e00),
        Colour::hex(0x009e73),
        Colour::hex(0xc474a0),
        Colour::hex(0xbd8200),
        Colour::hex(0x0099b8),
        Colour::hex(0x8f6550),
        Colour::hex(0x786789),
        Colour::hex(0x647624),
        Colour::hex(0x6d6d6d),
    ];
    let colour = SET[index % SET.len()];
    match (index / SET.len()) % 3 {
        0 => colour,
        1 => colour.mix(Colour::hex(0xffffff), 0.35),
        _ => colour.mix(Colour::hex(0x000000), 0.35),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_match_matplotlib() {
        assert_eq!(TABLES.len(), ColourMap::ALL.len() * 256 * 3);
        // First and last colours as matplotlib prints them.
        assert_eq!(ColourMap::Viridis.colour(0.0), Colour::hex(0x440154));
        assert_eq!(ColourMap::Viridis.colour(1.0), Colour::hex(0xfde725));
        assert_eq!(ColourMap::Coolwarm.colour(0.0), Colour::hex(0x3b4cc0));
        assert_eq!(ColourMap::Turbo.colour(0.0), Colour::hex(0x30123b));
    }

    #[test]
    fn names_round_trip() {
        for map in ColourMap::ALL {
            assert_eq!(ColourMap::from_name(map.name()), Some(map));
        }
    }
}
