//! Shapes of one colour, which are not lit.

use std::collections::BTreeMap;

use glam::Vec3;

use super::{ball::Ball, detail::MOST_SIDES, shape::Shape, tube::Tube};
use crate::geometry::{Paint, Triangles};

/// Colours that a map is rounded to: each is a material.
const COLOURS_OF_A_MAP: f32 = 128.0;
/// Into how many parts a piece of a line is divided at most.
const MOST_PARTS: f32 = 16.0;
/// Part of a map that a piece of a line in one colour stands for.
const MAP_OF_A_PART: f32 = 1.0 / 32.0;
/// Most colours of one element; beyond, they are rounded.
const MOST_COLOURS: usize = 256;

/// The shapes of an element by their sRGB colours.
#[derive(Debug)]
pub(super) struct ByColour {
    pub(super) shapes: BTreeMap<[u8; 3], Shape>,
    /// The bits of each channel that are kept.
    mask: u8,
}

impl ByColour {
    /// For an element with these paints.
    pub(super) fn of<'a>(paints: &(impl Iterator<Item = &'a Paint> + Clone)) -> Self {
        let mut bits = 0;
        loop {
            let mask = 0xff << bits;
            let mut colours: Vec<_> = paints.clone().map(|paint| rounded(*paint, mask)).collect();
            colours.sort_unstable();
            colours.dedup();
            if colours.len() <= MOST_COLOURS || bits == 5 {
                let shapes = BTreeMap::new();
                return Self { shapes, mask };
            }
            bits += 1;
        }
    }

    fn colour(&self, paint: Paint) -> [u8; 3] {
        rounded(paint, self.mask)
    }

    fn shape(&mut self, paint: Paint) -> &mut Shape {
        let colour = self.colour(paint);
        self.shapes.entry(colour).or_default()
    }

    /// Adds triangles, each in the colour of its first corner.
    pub(super) fn triangles(&mut self, positions: &[Vec3], triangles: &Triangles) {
        let mut places = BTreeMap::new();
        let (corners, _) = triangles.indices.as_chunks::<3>();
        for corners in corners {
            let colour = self.colour(triangles.paints[corners[0] as usize]);
            let shape = self.shapes.entry(colour).or_default();
            for corner in corners {
                let place = places.entry((colour, *corner)).or_insert_with(|| {
                    shape.positions.push(positions[*corner as usize].to_array());
                    shape.positions.len() as u32 - 1
                });
                shape.indices.push(*place);
            }
        }
    }

    /// Adds a line as a tube of a number of sides, or as it is; each piece in the colour of its middle.
    pub(super) fn line(
        &mut self,
        positions: &[Vec3],
        paints: &[Paint],
        radius: f32,
        sides: Option<usize>,
    ) {
        // Of few pieces, those between unlike colours are divided.
        let most = if sides == Some(MOST_SIDES) {
            MOST_PARTS
        } else {
            1.0
        };
        // Repeated positions have no direction.
        let mut kept: Vec<(Vec3, Paint)> = Vec::with_capacity(positions.len());
        for (position, paint) in positions.iter().zip(paints) {
            let Some((last, before)) = kept.last().copied() else {
                kept.push((*position, *paint));
                continue;
            };
            if last.distance(*position) <= radius * 1e-3 {
                continue;
            }
            let parts = parts_between(before, *paint).min(most);
            for part in 1..=parts as u32 {
                let share = part as f32 / parts;
                kept.push((last.lerp(*position, share), before.towards(*paint, share)));
            }
        }
        let middle = |pair: &[(Vec3, Paint)]| pair[0].1.towards(pair[1].1, 0.5);
        let colours: Vec<Paint> = kept.windows(2).map(middle).collect();
        let centres: Vec<Vec3> = kept.iter().map(|(position, _)| *position).collect();
        let tube = sides.map(|sides| Tube::along(&centres, radius, sides));
        let (mut first, mask) = (0, self.mask);
        for run in colours.chunk_by(|a, b| rounded(*a, mask) == rounded(*b, mask)) {
            let pieces = first..first + run.len();
            first = pieces.end;
            let shape = self.shape(run[0]);
            match &tube {
                Some(tube) => tube.add(pieces, shape),
                None => {
                    let start = shape.positions.len() as u32;
                    let range = &centres[pieces.start..=pieces.end];
                    shape.positions.extend(range.iter().map(Vec3::to_array));
                    let lines = (start..).take(pieces.len());
                    shape.indices.extend(lines.flat_map(|at| [at, at + 1]));
                }
            }
        }
    }

    /// Adds a point as a ball, or as it is.
    pub(super) fn point(&mut self, at: Vec3, paint: Paint, radius: f32, ball: Option<&Ball>) {
        let shape = self.shape(paint);
        match ball {
            Some(ball) => ball.add(shape, at, radius),
            None => shape.positions.push(at.to_array()),
        }
    }
}

/// How many parts a piece of a line between two paints needs.
fn parts_between(a: Paint, b: Paint) -> f32 {
    match (a, b) {
        (Paint::OnMap(_, a), Paint::OnMap(_, b)) => ((b - a).abs() / MAP_OF_A_PART).ceil().max(1.0),
        _ => 1.0,
    }
}

/// The colour of a paint, of a map one of [`COLOURS_OF_A_MAP`], and each channel in its kept bits.
fn rounded(paint: Paint, mask: u8) -> [u8; 3] {
    let paint = match paint {
        Paint::OnMap(map, unit) => {
            let step = (unit.clamp(0.0, 1.0) * COLOURS_OF_A_MAP)
                .floor()
                .min(COLOURS_OF_A_MAP - 1.0);
            Paint::OnMap(map, (step + 0.5) / COLOURS_OF_A_MAP)
        }
        solid @ Paint::Solid(_) => solid,
    };
    // To the middle of what the kept bits leave open.
    let middle = (!mask) >> 1;
    paint
        .rgb()
        .map(|channel| (channel & mask) | if mask == 0xff { 0 } else { middle + 1 })
}
