//! The binary chunk and the accessors that describe it.

use serde_json::{Value, json};
use trainscape_scene::colour::{Colour, linear_from_srgb};

const FLOAT: u32 = 5126;
const UNSIGNED_SHORT: u32 = 5123;
const UNSIGNED_INT: u32 = 5125;
const ARRAY_BUFFER: u32 = 34962;
const ELEMENT_ARRAY_BUFFER: u32 = 34963;

/// Linear red, green, blue and alpha as normalised 16-bit integers: eight bits would show bands in the dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub(super) struct LinearColour([u16; 4]);

impl LinearColour {
    pub(super) fn of(colour: Colour) -> Self {
        let [r, g, b] = colour
            .rgb
            .map(|byte| (linear_from_srgb(byte) * 65535.0).round() as u16);
        Self([r, g, b, u16::MAX])
    }

    /// The same with an opacity from 0 to 1.
    pub(super) fn with_opacity(self, opacity: f32) -> Self {
        let Self([r, g, b, _]) = self;
        Self([r, g, b, (opacity.clamp(0.0, 1.0) * 65535.0).round() as u16])
    }

    /// Interpolates towards another colour.
    pub(super) fn towards(self, other: Self, share: f32) -> Self {
        Self(std::array::from_fn(|i| {
            let (a, b) = (f32::from(self.0[i]), f32::from(other.0[i]));
            (a + (b - a) * share).round() as u16
        }))
    }
}

#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
}

impl Buffer {
    pub(super) fn positions(&mut self, positions: &[[f32; 3]]) -> usize {
        let (mut low, mut high) = ([f32::MAX; 3], [f32::MIN; 3]);
        for position in positions {
            for axis in 0..3 {
                low[axis] = low[axis].min(position[axis]);
                high[axis] = high[axis].max(position[axis]);
            }
        }
        self.push(
            bytemuck::cast_slice(positions),
            Some(ARRAY_BUFFER),
            json!({
                "componentType": FLOAT,
                "type": "VEC3",
                "count": positions.len(),
                "min": low,
                "max": high,
            }),
        )
    }

    pub(super) fn colours(&mut self, colours: &[LinearColour]) -> usize {
        self.push(
            bytemuck::cast_slice(colours),
            Some(ARRAY_BUFFER),
            json!({
                "componentType": UNSIGNED_SHORT,
                "normalized": true,
                "type": "VEC4",
                "count": colours.len(),
            }),
        )
    }

    pub(super) fn indices(&mut self, indices: &[u32]) -> usize {
        self.push(
            bytemuck::cast_slice(indices),
            Some(ELEMENT_ARRAY_BUFFER),
            json!({ "componentType": UNSIGNED_INT, "type": "SCALAR", "count": indices.len() }),
        )
    }

    fn push(&mut self, bytes: &[u8], target: Option<u32>, mut accessor: Value) -> usize {
        accessor["bufferView"] = self.views.len().into();
        self.views.push(json!({
            "buffer": 0,
            "byteOffset": self.bytes.len(),
            "byteLength": bytes.len(),
            "target": target,
        }));
        self.bytes.extend(bytes);
        self.accessors.push(accessor);
        self.accessors.len() - 1
    }

    pub(super) fn finish(self) -> (Vec<Value>, Vec<Value>, Vec<u8>) {
        (self.accessors, self.views, self.bytes)
    }
}
