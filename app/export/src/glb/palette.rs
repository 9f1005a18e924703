//! The texture with the colours of lit surfaces: a row for each colour map and opacity.

use trainscape_scene::colour::ColourMap;

use crate::{error::ExportError, geometry::Paint, png, raster::Raster};

/// Texels of a row: the colours of a map.
const WIDTH: usize = 256;
/// Texels of the height of a row, so that programs which average neighbouring texels do not mix rows.
const HEIGHT: usize = 4;

/// What a row has.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Colours {
    Map(ColourMap),
    Solid([u8; 3]),
}

/// The rows that are used.
#[derive(Debug, Default)]
pub(super) struct Palette(Vec<(Colours, u8)>);

impl Palette {
    /// Adds the row of a paint with an opacity (0 to 255), unless it is there already; returns its index.
    pub(super) fn row(&mut self, paint: Paint, alpha: u8) -> usize {
        let colours = match paint {
            Paint::OnMap(map, _) => Colours::Map(map),
            Paint::Solid(rgb) => Colours::Solid(rgb),
        };
        let known = self.0.iter().position(|row| *row == (colours, alpha));
        known.unwrap_or_else(|| {
            self.0.push((colours, alpha));
            self.0.len() - 1
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Rows of the texture: programs like powers of two. Those that are not used are the last one's.
    fn rows(&self) -> usize {
        self.0.len().next_power_of_two()
    }

    /// Where a paint is in the texture; all rows must have been added. The nearest texel has the colour of [`Paint::rgb`].
    pub(super) fn coordinates(&self, paint: Paint, row: usize) -> [f32; 2] {
        let half = 0.5 / WIDTH as f32;
        let along = match paint {
            Paint::OnMap(_, unit) => unit.clamp(half, 1.0 - half),
            Paint::Solid(_) => 0.5,
        };
        [along, (row as f32 + 0.5) / self.rows() as f32]
    }

    /// The texture as PNG.
    pub(super) fn encode(&self) -> Result<Vec<u8>, ExportError> {
        let mut rgba = Vec::with_capacity(4 * WIDTH * HEIGHT * self.rows());
        let last = self.0.last().into_iter().cycle();
        for (colours, alpha) in self.0.iter().chain(last).take(self.rows()) {
            let texel = |at: usize| match colours {
                Colours::Map(map) => map.table()[at],
                Colours::Solid(rgb) => *rgb,
            };
            let row: Vec<u8> = (0..WIDTH)
                .flat_map(|at| {
                    let [r, g, b] = texel(at);
                    [r, g, b, *alpha]
                })
                .collect();
            for _ in 0..HEIGHT {
                rgba.extend(&row);
            }
        }
        let size_in_pixel = [WIDTH as u32, (HEIGHT * self.rows()) as u32];
        let raster = Raster {
            size_in_pixel,
            rgba,
        };
        png::encode(&raster, 72.0, &[])
    }
}
