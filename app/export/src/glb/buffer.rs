//! The binary chunk and the accessors that describe it.

use serde_json::{Value, json};

use crate::geometry::LinearColour;

const FLOAT: u32 = 5126;
const UNSIGNED_SHORT: u32 = 5123;
const UNSIGNED_INT: u32 = 5125;
const ARRAY_BUFFER: u32 = 34962;
const ELEMENT_ARRAY_BUFFER: u32 = 34963;

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
