//! Clipping to the axis box: triangles and lines are cut where they leave it.

use trainscape_scene::scene::{BOX_TOLERANCE_UNIT, is_in_box};

use super::{colour::LinearColour, paint::Paint};

/// How far outside of the unit box cuts are made: a little within its tolerance, so that a rounded corner is still in it.
const CUT_UNIT: f32 = BOX_TOLERANCE_UNIT - 1e-6;

/// A colour that can be interpolated where a cut is made.
pub(crate) trait Interpolated: Copy {
    fn between(a: Self, b: Self, share: f32) -> Self;
}

impl Interpolated for LinearColour {
    fn between(a: Self, b: Self, share: f32) -> Self {
        a.towards(b, share)
    }
}

impl Interpolated for Paint {
    fn between(a: Self, b: Self, share: f32) -> Self {
        a.towards(b, share)
    }
}

/// A corner with its colour.
type Corner<C> = ([f32; 3], C);

fn between<C: Interpolated>(a: Corner<C>, b: Corner<C>, share: f32) -> Corner<C> {
    let at = std::array::from_fn(|axis| a.0[axis] + (b.0[axis] - a.0[axis]) * share);
    (at, C::between(a.1, b.1, share))
}

/// The distance of a position from one of the box's six sides, positive inside.
fn inside(at: [f32; 3], side: usize) -> f32 {
    let unit = at[side / 2];
    if side.is_multiple_of(2) {
        unit + CUT_UNIT
    } else {
        1.0 + CUT_UNIT - unit
    }
}

/// Triangles clipped to the box (Sutherland-Hodgman); unchanged where all are inside.
pub(crate) fn triangles<C: Interpolated>(
    positions: &mut Vec<[f32; 3]>,
    colours: &mut Vec<C>,
    indices: &mut Vec<u32>,
) {
    if positions.iter().all(|at| is_in_box(*at)) {
        return;
    }
    let (mut kept, mut cut) = (Vec::with_capacity(indices.len()), Vec::new());
    let (triples, _) = indices.as_chunks::<3>();
    for triangle in triples {
        let corners = triangle.map(|index| (positions[index as usize], colours[index as usize]));
        let within = corners.map(|(at, _)| is_in_box(at));
        if within == [true; 3] {
            kept.extend(triangle);
        } else if corners
            .iter()
            .all(|(at, _)| at.iter().all(|unit| unit.is_finite()))
        {
            let polygon = polygon(&corners);
            for pair in polygon.get(1..).unwrap_or_default().windows(2) {
                cut.extend([polygon[0], pair[0], pair[1]]);
            }
        }
    }
    // Corners that no triangle uses are dropped.
    let mut places = vec![u32::MAX; positions.len()];
    let (mut new_positions, mut new_colours) = (Vec::new(), Vec::new());
    let mut add = |(at, colour): Corner<C>| {
        new_positions.push(at);
        new_colours.push(colour);
        (new_positions.len() - 1) as u32
    };
    for index in &mut kept {
        let old = *index as usize;
        if places[old] == u32::MAX {
            places[old] = add((positions[old], colours[old]));
        }
        *index = places[old];
    }
    kept.extend(cut.into_iter().map(add));
    *positions = new_positions;
    *colours = new_colours;
    *indices = kept;
}

fn polygon<C: Interpolated>(corners: &[Corner<C>]) -> Vec<Corner<C>> {
    let mut polygon = corners.to_vec();
    for side in 0..6 {
        let whole = std::mem::take(&mut polygon);
        for (index, corner) in whole.iter().enumerate() {
            let next = whole[(index + 1) % whole.len()];
            let (here, there) = (inside(corner.0, side), inside(next.0, side));
            if here >= 0.0 {
                polygon.push(*corner);
            }
            if (here >= 0.0) != (there >= 0.0) {
                polygon.push(between(*corner, next, here / (here - there)));
            }
        }
    }
    polygon
}

/// The parts of a strip of lines inside the box; the strip unchanged where all of it is inside.
pub(crate) fn strip<C: Interpolated>(positions: &[[f32; 3]], colours: &[C]) -> Vec<Vec<Corner<C>>> {
    let corners = || positions.iter().copied().zip(colours.iter().copied());
    if positions.iter().all(|at| is_in_box(*at)) {
        return vec![corners().collect()];
    }
    let mut parts: Vec<Vec<Corner<C>>> = Vec::new();
    let mut goes_on = false;
    for (start, end) in corners().zip(corners().skip(1)) {
        let Some((low, high)) = part_inside(start.0, end.0) else {
            goes_on = false;
            continue;
        };
        if !goes_on || low > 0.0 {
            parts.push(vec![between(start, end, low)]);
        }
        if let Some(part) = parts.last_mut() {
            part.push(between(start, end, high));
        }
        goes_on = high >= 1.0;
    }
    parts
}

/// The parameters between which a line segment is inside the box.
fn part_inside(start: [f32; 3], end: [f32; 3]) -> Option<(f32, f32)> {
    let finite = start.iter().chain(&end).all(|unit| unit.is_finite());
    let (mut low, mut high) = (0.0_f32, 1.0_f32);
    for side in 0..6 {
        let (here, there) = (inside(start, side), inside(end, side));
        if here < 0.0 && there < 0.0 {
            return None;
        }
        if here < 0.0 {
            low = low.max(here / (here - there));
        } else if there < 0.0 {
            high = high.min(here / (here - there));
        }
    }
    (finite && low < high).then_some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainscape_scene::colour::Colour;

    fn grey(count: usize) -> Vec<LinearColour> {
        vec![LinearColour::of(Colour::hex(0x808080)); count]
    }

    fn area(positions: &[[f32; 3]], indices: &[u32]) -> f32 {
        let (triples, _) = indices.as_chunks::<3>();
        let twice = triples.iter().map(|triangle| {
            let [a, b, c] = triangle.map(|index| positions[index as usize]);
            ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs()
        });
        twice.sum::<f32>() / 2.0
    }

    #[test]
    fn triangles_are_cut_to_the_box() {
        // A square of side 2 around a corner of the box: a quarter of it is inside.
        let mut positions: Vec<[f32; 3]> = vec![
            [-1.0, -1.0, 0.5],
            [1.0, -1.0, 0.5],
            [1.0, 1.0, 0.5],
            [-1.0, 1.0, 0.5],
        ];
        let (mut colours, mut indices) = (grey(4), vec![0, 1, 2, 0, 2, 3]);
        triangles(&mut positions, &mut colours, &mut indices);
        assert!(positions.iter().all(|at| is_in_box(*at)));
        let found = area(&positions, &indices);
        assert!((found - 1.0).abs() < 1e-3, "{found}");
        assert_eq!(positions.len(), colours.len());

        let mut away = vec![[2.0, 0.0, 0.0], [3.0, 0.0, 0.0], [2.0, f32::NAN, 0.0]];
        let (mut colours, mut indices) = (grey(3), vec![0, 1, 2]);
        triangles(&mut away, &mut colours, &mut indices);
        assert!(away.is_empty() && indices.is_empty() && colours.is_empty());
    }

    #[test]
    fn strips_end_and_begin_at_the_box() {
        let line = |x: f32| [x, 0.5, 0.5];
        let through = [line(-1.0), line(0.5), line(2.0), line(0.8), line(0.9)];
        let parts = strip(&through, &grey(5));
        let ends: Vec<[f32; 2]> = parts
            .iter()
            .map(|part| [part[0].0[0], part[part.len() - 1].0[0]])
            .collect();
        assert_eq!(parts.len(), 2);
        for (found, wanted) in ends.iter().zip([[0.0, 1.0], [1.0, 0.9]]) {
            assert!((found[0] - wanted[0]).abs() < 1e-3 && (found[1] - wanted[1]).abs() < 1e-3);
        }
        assert!(strip(&[line(2.0), line(3.0)], &grey(2)).is_empty());
        assert_eq!(strip(&through[3..], &grey(2))[0].len(), 2);
    }
}
