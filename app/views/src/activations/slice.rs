//! The activations of one snapshot, and their statistics.

use trainscape_run::Tensor;
use trainscape_scene::{axis::Axis, ticks::group_thousands};

use crate::{
    NotAvailable,
    samples::counted,
    tensor_snapshot::{TensorSnapshot, index_axis, numbers},
};

/// The axes of a slice, in its order.
const AXES: [&str; 3] = ["layer", "position", "channel"];
/// A channel is dead where its values differ by less than this share of its layer's spread.
const DEAD_SPREAD: f32 = 1e-3;
/// A value is saturated within this share of its layer's largest magnitude.
const SATURATED_WITHIN: f32 = 0.01;

/// A snapshot's values, layer × position × channel.
pub(super) struct ActivationSlice {
    pub(super) from: TensorSnapshot,
    pub(super) layers: usize,
    pub(super) positions: usize,
    pub(super) channels: usize,
    pub(super) values: Vec<f32>,
}

impl ActivationSlice {
    pub(super) fn read(from: TensorSnapshot) -> Result<Self, NotAvailable> {
        let tensor = &from.tensor;
        let len = |axis: &str| tensor.len_of(axis).unwrap_or(1);
        let (layers, positions, channels) = (len("layer"), len("position"), len("channel"));
        let ranges = from.ranges(|axis, len| AXES.contains(&axis).then_some(0..len));
        let mut values = tensor.read(&ranges)?;
        let in_order = AXES
            .into_iter()
            .filter_map(|axis| tensor.axis(axis))
            .is_sorted();
        if !in_order {
            values = transposed(tensor, &values, [layers, positions, channels]);
        }
        Ok(Self {
            from,
            layers,
            positions,
            channels,
            values,
        })
    }

    pub(super) fn layer(&self, layer: usize) -> &[f32] {
        let each = self.positions * self.channels;
        &self.values[layer * each..(layer + 1) * each]
    }

    /// The numbers of layers, positions and channels.
    pub(super) fn extent_text(&self) -> String {
        format!(
            "{}, {} and {}",
            counted(self.layers, "layer"),
            counted(self.positions, "position"),
            counted(self.channels, "channel")
        )
    }

    /// Dead channels of all layers and saturated values.
    pub(super) fn shares(&self) -> ValueShares {
        let mut shares = ValueShares::default();
        for layer in 0..self.layers {
            let values = self.layer(layer);
            let finite = || values.iter().copied().filter(|value| value.is_finite());
            let largest = finite().fold(0.0_f32, |most, value| most.max(value.abs()));
            let count = finite().count().max(1) as f32;
            let mean = finite().sum::<f32>() / count;
            let spread = (finite().map(|v| (v - mean).powi(2)).sum::<f32>() / count).sqrt();
            for channel in 0..self.channels {
                let of_channel = || values.iter().skip(channel).step_by(self.channels);
                let (low, high) = of_channel().fold((f32::MAX, f32::MIN), |(low, high), value| {
                    (low.min(*value), high.max(*value))
                });
                shares.dead += usize::from(high - low <= DEAD_SPREAD * spread);
            }
            shares.saturated += finite()
                .filter(|value| largest > 0.0 && value.abs() >= (1.0 - SATURATED_WITHIN) * largest)
                .count();
        }
        shares.channels = self.layers * self.channels;
        shares.values = self.values.len();
        shares
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ValueShares {
    dead: usize,
    channels: usize,
    saturated: usize,
    values: usize,
}

impl ValueShares {
    pub(super) fn text(&self) -> String {
        let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        format!(
            "Dead channels (constant over positions): {} of {} ({:.1} %). Saturated values (within 1 % of \
             the largest magnitude of their layer): {:.2} %.",
            group_thousands(&self.dead.to_string()),
            group_thousands(&self.channels.to_string()),
            percent(self.dead, self.channels),
            percent(self.saturated, self.values),
        )
    }
}

/// Values in the order layer, position, channel.
fn transposed(tensor: &Tensor, values: &[f32], lens: [usize; 3]) -> Vec<f32> {
    let mut order: Vec<usize> = (0..3)
        .filter(|name| tensor.axis(AXES[*name]).is_some())
        .collect();
    order.sort_by_key(|name| tensor.axis(AXES[*name]));
    let mut strides = [0; 3];
    let mut stride = 1;
    for name in order.into_iter().rev() {
        strides[name] = stride;
        stride *= lens[name];
    }
    let mut out = Vec::with_capacity(values.len());
    for layer in 0..lens[0] {
        for position in 0..lens[1] {
            for channel in 0..lens[2] {
                out.push(values[layer * strides[0] + position * strides[1] + channel * strides[2]]);
            }
        }
    }
    out
}

pub(super) fn layer_axis(layers: usize) -> Axis {
    index_axis("layer", layers, numbers(layers))
}

/// The magnitude that `share` of the finite values do not exceed.
pub(super) fn quantile_of_magnitudes(values: &[f32], share: f32) -> f32 {
    let mut magnitudes: Vec<f32> = values
        .iter()
        .map(|value| value.abs())
        .filter(|value| value.is_finite())
        .collect();
    if magnitudes.is_empty() {
        return 0.0;
    }
    let at = ((magnitudes.len() - 1) as f32 * share).round() as usize;
    *magnitudes.select_nth_unstable_by(at, f32::total_cmp).1
}
