//! Cubic B-splines on a grid: how a point's mass is spread over the nodes around it, and how the potential and its
//! gradient are read there.

/// Cubic B-spline over the four nodes around a point, by the point's place between the middle two.
pub(super) fn weights(fraction: f32) -> [f32; 4] {
    let rest = 1.0 - fraction;
    let (squared, rest_squared) = (fraction * fraction, rest * rest);
    [
        rest_squared * rest / 6.0,
        2.0 / 3.0 - squared + 0.5 * squared * fraction,
        2.0 / 3.0 - rest_squared + 0.5 * rest_squared * rest,
        squared * fraction / 6.0,
    ]
}

/// Its derivative.
fn slopes(fraction: f32) -> [f32; 4] {
    let rest = 1.0 - fraction;
    [
        -0.5 * rest * rest,
        fraction * (1.5 * fraction - 2.0),
        rest * (2.0 - 1.5 * rest),
        0.5 * fraction * fraction,
    ]
}

/// The first node a point's spline covers, and its place between the middle two.
pub(super) fn cell(place: f32) -> (usize, f32) {
    let node = place as usize;
    (node - 1, place - node as f32)
}

/// Adds a point's share to the nodes of a slice.
pub(super) fn spread_in_slice<const D: usize>(
    mass: &mut [f32],
    nodes: [usize; 3],
    place: &[f32; D],
    share: f32,
) {
    if D == 1 {
        mass[0] += share;
        return;
    }
    let (x, x_fraction) = cell(place[0]);
    let along_x = weights(x_fraction);
    let mut row = |y: usize, share: f32| {
        let first = y * nodes[0] + x;
        for (mass, weight) in mass[first..first + 4].iter_mut().zip(along_x) {
            *mass += share * weight;
        }
    };
    if D == 2 {
        row(0, share);
    } else {
        let (y, y_fraction) = cell(place[1]);
        for (at, weight) in weights(y_fraction).into_iter().enumerate() {
            row(y + at, share * weight);
        }
    }
}

/// The potential at a place, and its gradient in the grid's coordinates.
pub(super) fn read<const D: usize>(
    potential: &[f32],
    nodes: [usize; 3],
    place: [f32; D],
) -> (f32, [f32; D]) {
    let (x, fraction) = cell(place[0]);
    let (along_x, slope_x) = (weights(fraction), slopes(fraction));
    let row = |first: usize| {
        let values = &potential[first + x..first + x + 4];
        let dot = |weights: [f32; 4]| {
            values[0] * weights[0]
                + values[1] * weights[1]
                + values[2] * weights[2]
                + values[3] * weights[3]
        };
        [dot(along_x), dot(slope_x)]
    };
    let mut gradient = [0.0; D];
    if D == 1 {
        let [value, slope] = row(0);
        gradient[0] = slope;
        return (value, gradient);
    }
    let (y, fraction) = cell(place[1]);
    let (along_y, slope_y) = (weights(fraction), slopes(fraction));
    // Value, slope along x, slope along y.
    let plane = |z: usize| {
        let mut sums = [0.0; 3];
        for at in 0..4 {
            let [value, slope] = row((z * nodes[1] + y + at) * nodes[0]);
            sums[0] += value * along_y[at];
            sums[1] += slope * along_y[at];
            sums[2] += value * slope_y[at];
        }
        sums
    };
    if D == 2 {
        let [value, slope_x, slope_y] = plane(0);
        gradient[0] = slope_x;
        gradient[1] = slope_y;
        return (value, gradient);
    }
    let (z, fraction) = cell(place[2]);
    let (along_z, slope_z) = (weights(fraction), slopes(fraction));
    let mut value = 0.0;
    for at in 0..4 {
        let sums = plane(z + at);
        value += sums[0] * along_z[at];
        gradient[0] += sums[1] * along_z[at];
        gradient[1] += sums[2] * along_z[at];
        gradient[2] += sums[0] * slope_z[at];
    }
    (value, gradient)
}

/// The part of the potential at a place, and of its gradient, that is the point's own: the grid has no notion of
/// it. It pulls the point towards the nodes, where a layout would freeze.
pub(super) fn own_share<const D: usize>(near: &[f32], place: [f32; D]) -> (f32, [f32; D]) {
    // The point's weights correlated with themselves at each distance in nodes, and half its derivative.
    let met = place.map(|place| {
        let (_, fraction) = cell(place);
        let (weights, slopes) = (weights(fraction), slopes(fraction));
        let mut met = [[0.0; 4]; 2];
        let [shares, leanings] = &mut met;
        for (apart, (share, leaning)) in shares.iter_mut().zip(leanings).enumerate() {
            let sides = if apart == 0 { 1.0 } else { 2.0 };
            for at in 0..4 - apart {
                let (low, high) = (at, at + apart);
                *share += sides * weights[low] * weights[high];
                let slope = slopes[low] * weights[high] + weights[low] * slopes[high];
                *leaning += 0.5 * sides * slope;
            }
        }
        met
    });
    let mut value = 0.0;
    let mut gradient = [0.0; D];
    for (offset, near) in near.iter().enumerate() {
        let apart: [usize; D] = std::array::from_fn(|axis| offset >> (2 * axis) & 3);
        let product = |sloping: usize| -> f32 {
            let factors = (0..D).map(|axis| met[axis][usize::from(axis == sloping)][apart[axis]]);
            near * factors.product::<f32>()
        };
        value += product(D);
        for (axis, slope) in gradient.iter_mut().enumerate() {
            *slope += product(axis);
        }
    }
    (value, gradient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_to_one_and_slopes_are_theirs() {
        for fraction in [0.0, 0.1, 0.5, 0.93, 1.0] {
            assert!((weights(fraction).iter().sum::<f32>() - 1.0).abs() < 1.0e-6);
            let (low, high) = (weights(fraction - 0.005), weights(fraction + 0.005));
            for (at, slope) in slopes(fraction).into_iter().enumerate() {
                let wanted = (high[at] - low[at]) / 0.01;
                // The difference of numbers of 0.5, in f32, over a hundredth.
                assert!(
                    (slope - wanted).abs() < 1.0e-4,
                    "{fraction} {at}: {slope} {wanted}"
                );
            }
        }
    }
}
