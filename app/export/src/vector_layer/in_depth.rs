//! Lines and points in depth: cut into short pieces that are drawn from the farthest to the nearest, so that what is in
//! front hides what is behind (the painter's algorithm, Newell, Newell and Sancha, A solution to the hidden surface
//! problem, 1972; pieces of lines this short have no overlap in depth that matters).

use trainscape_gpu::{
    MARKER_BIAS, OUTLINE_BIAS, OUTLINE_PT, PATH_BIAS, is_translucent, path_outlines,
};
use trainscape_scene::{
    Scene,
    colour::Colour,
    figure::Figure,
    scene::{Cloud, Markers, Path, PathColour, is_in_box},
};

use super::shape::{NoVectors, Point, VectorShape, as_in_linear_light, placed, with_opacity};
use crate::geometry::{LinearColour, clip};

/// Longest piece of a line.
const PIECE_PT: f32 = 3.0;
/// Share of the radius of a disc that its rim takes, and by how much this is darker.
const RIM: f32 = 0.22;
const RIM_DARKER: f32 = 0.45;
/// Smaller discs have no rim.
const RIM_FROM_DIAMETER_PT: f32 = 1.2;
/// Points on the floor are smaller by this, and paler by that.
const FLOOR_SHRINK: f32 = 0.9;
const FLOOR_FADE: f32 = 0.4;

/// One thing to draw.
struct Piece {
    depth: f32,
    shape: PieceShape,
}

#[derive(Clone, Copy)]
enum PieceShape {
    Line {
        ends: [Point; 2],
        width: f32,
        colour: Colour,
    },
    Disc {
        centre: Point,
        diameter: f32,
        colour: Colour,
        ring: Option<(f32, Colour)>,
    },
}

/// The shapes, the farthest first.
pub(super) fn data(
    scene: &Scene,
    figure: &Figure,
    most: usize,
) -> Result<Vec<VectorShape>, NoVectors> {
    if !scene.meshes.is_empty() {
        return Err(NoVectors::Meshes);
    }
    let mut pieces = Pieces {
        figure,
        most,
        all: Vec::new(),
    };
    for line in &figure.frame {
        let [start, end] = line.ends_unit;
        let style = LineStyle {
            width: line.width_pt * figure.line_scale,
            bias: -PATH_BIAS,
        };
        let colour = LinearColour::of(line.colour);
        pieces.line([(start, colour), (end, colour)], style)?;
    }
    for (path, outline) in scene.paths.iter().zip(path_outlines(scene)) {
        if let Some(outline) = outline {
            let width = path.width_pt + 2.0 * OUTLINE_PT;
            pieces.path(path, &outline, width, OUTLINE_BIAS)?;
        }
        pieces.path(path, &path.colour, path.width_pt, PATH_BIAS)?;
    }
    for cloud in &scene.clouds {
        pieces.cloud(cloud)?;
    }
    for markers in &scene.markers {
        pieces.markers(markers)?;
    }
    pieces.all.sort_by(|a, b| a.depth.total_cmp(&b.depth));
    Ok(joined(&pieces.all))
}

#[derive(Clone, Copy)]
struct LineStyle {
    width: f32,
    bias: f32,
}

struct Pieces<'a> {
    figure: &'a Figure,
    most: usize,
    all: Vec<Piece>,
}

impl Pieces<'_> {
    fn push(&mut self, depth: f32, shape: PieceShape) -> Result<(), NoVectors> {
        if self.all.len() >= self.most {
            return Err(NoVectors::Positions(self.most));
        }
        self.all.push(Piece { depth, shape });
        Ok(())
    }

    /// A straight line in pieces; its ends with their colours.
    fn line(
        &mut self,
        ends: [([f32; 3], LinearColour); 2],
        style: LineStyle,
    ) -> Result<(), NoVectors> {
        let [start, end] = ends;
        let behind = NoVectors::BehindCamera;
        let (from, _) = placed(start.0, self.figure).ok_or(behind)?;
        let (to, _) = placed(end.0, self.figure).ok_or(behind)?;
        let length_pt = (to[0] - from[0]).hypot(to[1] - from[1]);
        let count = (length_pt / PIECE_PT).ceil().max(1.0);
        let mut before = from;
        for piece in 0..count as u32 {
            let share = |offset: f32| (piece as f32 + offset) / count;
            let unit = |share: f32| {
                let axis = |axis: usize| start.0[axis] + (end.0[axis] - start.0[axis]) * share;
                [axis(0), axis(1), axis(2)]
            };
            let (_, depth) = placed(unit(share(0.5)), self.figure).ok_or(behind)?;
            let (after, _) = placed(unit(share(1.0)), self.figure).ok_or(behind)?;
            let [r, g, b, _] = start.1.towards(end.1, share(0.5)).srgba();
            let shape = PieceShape::Line {
                ends: [before, after],
                width: style.width,
                colour: Colour {
                    rgb: [r, g, b],
                    alpha: 255,
                },
            };
            self.push(depth + style.bias, shape)?;
            before = after;
        }
        Ok(())
    }

    fn path(
        &mut self,
        path: &Path,
        colour: &PathColour,
        width_pt: f32,
        bias: f32,
    ) -> Result<(), NoVectors> {
        let theme = &self.figure.theme;
        let one = match colour {
            PathColour::Theme | PathColour::Values(..) => theme.path,
            PathColour::Muted => theme.muted_path,
            PathColour::Solid(colour) | PathColour::Outlined(colour) => *colour,
        };
        let colour_at = |index: usize| match colour {
            PathColour::Values(values, map) => {
                LinearColour::of(map.colour(values.get(index).copied().unwrap_or(0.0)))
            }
            _ => LinearColour::of(one),
        };
        let style = LineStyle {
            width: width_pt * self.figure.line_scale,
            bias,
        };
        for strip in path.strips.iter().filter(|strip| strip.len() > 1) {
            let range = strip.start as usize..strip.end as usize;
            let positions = &path.positions_unit[range.clone()];
            let colours: Vec<_> = range.map(colour_at).collect();
            for part in clip::strip(positions, &colours) {
                for ends in part.windows(2) {
                    self.line([ends[0], ends[1]], style)?;
                }
            }
        }
        Ok(())
    }

    fn cloud(&mut self, cloud: &Cloud) -> Result<(), NoVectors> {
        let figure = self.figure;
        let floor_unit = if figure.camera.elevation >= 0.0 {
            0.0
        } else {
            1.0
        };
        let fade = LinearColour::of(figure.theme.background);
        let mut result = Ok(());
        cloud.for_each(|_, point| {
            let unit = point.position_unit;
            if result.is_err() || !is_in_box(unit) {
                return;
            }
            let colour = cloud.colour.of(&point);
            let diameter = cloud.diameter_pt(&point) * figure.line_scale;
            let own = with_opacity(
                Colour {
                    alpha: 255,
                    ..colour
                },
                cloud.opacity,
            );
            let own = as_in_linear_light(own, figure.theme.background);
            let has_rim = !is_translucent(cloud.opacity) && diameter > RIM_FROM_DIAMETER_PT;
            let ring = has_rim.then(|| (RIM * diameter / 2.0, darker(colour)));
            result = self.disc(unit, diameter, own, ring, 0.0);
            if cloud.floor_projection && result.is_ok() {
                let [r, g, b, _] = LinearColour::of(colour).towards(fade, FLOOR_FADE).srgba();
                let pale = Colour {
                    rgb: [r, g, b],
                    alpha: 255,
                };
                let on_floor = [unit[0], unit[1], floor_unit];
                result = self.disc(on_floor, diameter * FLOOR_SHRINK, pale, None, 0.0);
            }
        });
        result
    }

    fn markers(&mut self, markers: &Markers) -> Result<(), NoVectors> {
        let diameter = markers.diameter_pt * self.figure.line_scale;
        let ring = markers
            .outline
            .map(|colour| (RIM * markers.diameter_pt * self.figure.line_scale, colour));
        for unit in markers
            .positions_unit
            .iter()
            .filter(|unit| is_in_box(**unit))
        {
            self.disc(*unit, diameter, markers.colour, ring, MARKER_BIAS)?;
        }
        Ok(())
    }

    fn disc(
        &mut self,
        unit: [f32; 3],
        diameter: f32,
        colour: Colour,
        ring: Option<(f32, Colour)>,
        bias: f32,
    ) -> Result<(), NoVectors> {
        let (centre, depth) = placed(unit, self.figure).ok_or(NoVectors::BehindCamera)?;
        let shape = PieceShape::Disc {
            centre,
            diameter,
            colour,
            ring,
        };
        self.push(depth + bias, shape)
    }
}

fn darker(colour: Colour) -> Colour {
    let black = LinearColour::of(Colour::hex(0));
    let [r, g, b, _] = LinearColour::of(colour).towards(black, RIM_DARKER).srgba();
    Colour {
        rgb: [r, g, b],
        alpha: 255,
    }
}

/// Pieces that follow each other and look alike, as one shape.
fn joined(pieces: &[Piece]) -> Vec<VectorShape> {
    let mut shapes: Vec<VectorShape> = Vec::new();
    for piece in pieces {
        match (piece.shape, shapes.last_mut()) {
            (
                PieceShape::Line {
                    ends: [start, end],
                    width,
                    colour,
                },
                Some(VectorShape::Lines {
                    strips,
                    width: last_width,
                    colour: last_colour,
                }),
            ) if width == *last_width && colour == *last_colour => extend(strips, start, end),
            (
                PieceShape::Line {
                    ends,
                    width,
                    colour,
                },
                _,
            ) => shapes.push(VectorShape::Lines {
                strips: vec![ends.to_vec()],
                width,
                colour,
            }),
            // Translucent discs cover each other one by one.
            (
                PieceShape::Disc {
                    centre,
                    diameter,
                    colour,
                    ring: None,
                },
                Some(VectorShape::Dots {
                    centres,
                    diameter: last_diameter,
                    colour: last_colour,
                }),
            ) if diameter == *last_diameter && colour == *last_colour && colour.alpha == 255 => {
                centres.push(centre);
            }
            (
                PieceShape::Disc {
                    centre,
                    diameter,
                    colour,
                    ring,
                },
                _,
            ) => shapes.push(match ring {
                Some((ring_width, ring_colour)) => VectorShape::Disc {
                    centre,
                    diameter,
                    colour,
                    ring_width,
                    ring_colour,
                },
                None => VectorShape::Dots {
                    centres: vec![centre],
                    diameter,
                    colour,
                },
            }),
        }
    }
    shapes
}

/// Adds a line to strips, to the last one where it goes on at either end.
fn extend(strips: &mut Vec<Vec<Point>>, start: Point, end: Point) {
    if let Some(strip) = strips.last_mut() {
        if strip.len() == 2 && [start, end].contains(&strip[0]) {
            strip.reverse();
        }
        let last = strip.last().copied();
        if last == Some(start) || last == Some(end) {
            strip.push(if last == Some(start) { end } else { start });
            return;
        }
    }
    strips.push(vec![start, end]);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use trainscape_scene::{
        axis::{Axis, Scale},
        figure::FigureSpec,
    };

    use super::*;

    const RED: Colour = Colour::hex(0xff_0000);
    const BLUE: Colour = Colour::hex(0x00_00ff);

    fn line(from: [f32; 3], to: [f32; 3], colour: Colour) -> Path {
        Path {
            name: String::new(),
            positions_unit: Arc::new([from, to]),
            strips: Path::unbroken(2),
            colour: PathColour::Solid(colour),
            width_pt: 2.0,
            series_key: "".into(),
            records: Arc::default(),
            details: Vec::new(),
            describe: None,
        }
    }

    /// The colour that is drawn last at a point.
    fn on_top(shapes: &[VectorShape], at: Point) -> Option<Colour> {
        let near = |[from, to]: [Point; 2]| {
            let middle = [(from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0];
            (middle[0] - at[0]).hypot(middle[1] - at[1]) <= PIECE_PT
        };
        shapes.iter().rev().find_map(|shape| match shape {
            VectorShape::Lines { strips, colour, .. } => {
                let mut pairs = strips.iter().flat_map(|strip| strip.windows(2));
                pairs
                    .any(|pair| near([pair[0], pair[1]]))
                    .then_some(*colour)
            }
            _ => None,
        })
    }

    #[test]
    fn each_of_two_long_lines_hides_the_other_where_it_is_in_front() {
        // A diagonal that rises, between two lines across it: over the first, under the second.
        let axes = [(); 3].map(|()| Axis::spanning("", Scale::Linear, [0.0, 1.0]));
        let mut scene = Scene::new(axes);
        let rising = line([0.0, 0.5, 0.0], [1.0, 0.5, 1.0], RED);
        let across = |x: f32| line([x, 0.0, 0.5], [x, 1.0, 0.5], BLUE);
        scene.paths = vec![across(0.2), rising, across(0.8)];
        scene.default_view = [-std::f32::consts::FRAC_PI_2, 1.5];
        let figure = Figure::lay_out(&scene, &FigureSpec::new([400.0, 300.0]));
        let shapes = data(&scene, &figure, 10_000).unwrap();
        for (x, wanted) in [(0.2, BLUE), (0.8, RED)] {
            let place = |z: f32| placed([x, 0.5, z], &figure).unwrap();
            let ((under, _), (over, _)) = (place(x), place(0.5));
            // Nearly from above: both lines are at nearly one point.
            assert!((under[1] - over[1]).abs() < 10.0);
            let at = [under[0].midpoint(over[0]), under[1].midpoint(over[1])];
            assert_eq!(on_top(&shapes, at), Some(wanted), "x = {x}");
        }
    }

    #[test]
    fn pieces_that_follow_each_other_are_one_strip_in_either_direction() {
        let piece = |ends: [f32; 2], colour| Piece {
            depth: 0.0,
            shape: PieceShape::Line {
                ends: ends.map(|x| [x, 0.0]),
                width: 1.0,
                colour,
            },
        };
        let pieces = [
            piece([3.0, 4.0], RED),
            piece([2.0, 3.0], RED),
            piece([1.0, 2.0], RED),
            piece([7.0, 8.0], RED),
            piece([0.0, 1.0], BLUE),
        ];
        let shapes = joined(&pieces);
        let strips: Vec<Vec<Vec<f32>>> = shapes
            .iter()
            .map(|shape| match shape {
                VectorShape::Lines { strips, .. } => {
                    let strips = strips.iter();
                    strips
                        .map(|strip| strip.iter().map(|at| at[0]).collect())
                        .collect()
                }
                _ => Vec::new(),
            })
            .collect();
        let red = vec![vec![4.0, 3.0, 2.0, 1.0], vec![7.0, 8.0]];
        assert_eq!(strips, [red, vec![vec![0.0, 1.0]]]);
    }

    #[test]
    fn more_pieces_than_allowed_are_refused() {
        let axes = [(); 3].map(|()| Axis::spanning("", Scale::Linear, [0.0, 1.0]));
        let mut scene = Scene::new(axes);
        scene.paths = vec![line([0.1, 0.1, 0.5], [0.9, 0.9, 0.5], RED)];
        let figure = Figure::lay_out(&scene, &FigureSpec::new([400.0, 300.0]));
        assert!(data(&scene, &figure, 10_000).is_ok());
        let few = data(&scene, &figure, 10).unwrap_err();
        assert_eq!(few, NoVectors::Positions(10));
    }
}
