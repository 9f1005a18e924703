//! The binary chunk and the accessors that describe it.

use serde_json::{Value, json};

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
        self.accessor(
            bytemuck::cast_slice(positions),
            ARRAY_BUFFER,
            json!({
                "componentType": FLOAT,
                "type": "VEC3",
                "count": positions.len(),
                "min": low,
                "max": high,
            }),
        )
    }

    pub(super) fn normals(&mut self, normals: &[[f32; 3]]) -> usize {
        self.accessor(
            bytemuck::cast_slice(normals),
            ARRAY_BUFFER,
            json!({ "componentType": FLOAT, "type": "VEC3", "count": normals.len() }),
        )
    }

    /// Positions in a texture, 0 to 1 from its upper left corner.
    pub(super) fn texture_coordinates(&mut self, coordinates: &[[f32; 2]]) -> usize {
        self.accessor(
            bytemuck::cast_slice(coordinates),
            ARRAY_BUFFER,
            json!({ "componentType": FLOAT, "type": "VEC2", "count": coordinates.len() }),
        )
    }

    /// Indices of vertices, with two bytes each where that is enough for `vertices` of them.
    pub(super) fn indices(&mut self, indices: &[u32], vertices: usize) -> usize {
        let describe = |component: u32| json!({ "componentType": component, "type": "SCALAR", "count": indices.len() });
        // The largest number of each type is reserved.
        if vertices < usize::from(u16::MAX) {
            let short: Vec<u16> = indices.iter().map(|index| *index as u16).collect();
            let bytes = bytemuck::cast_slice(&short);
            return self.accessor(bytes, ELEMENT_ARRAY_BUFFER, describe(UNSIGNED_SHORT));
        }
        let bytes = bytemuck::cast_slice(indices);
        self.accessor(bytes, ELEMENT_ARRAY_BUFFER, describe(UNSIGNED_INT))
    }

    /// Adds a file, such as a picture; returns its view.
    pub(super) fn file(&mut self, bytes: &[u8]) -> usize {
        self.view(bytes, None)
    }

    fn accessor(&mut self, bytes: &[u8], target: u32, mut accessor: Value) -> usize {
        accessor["bufferView"] = self.view(bytes, Some(target)).into();
        self.accessors.push(accessor);
        self.accessors.len() - 1
    }

    fn view(&mut self, bytes: &[u8], target: Option<u32>) -> usize {
        let mut view = json!({
            "buffer": 0,
            "byteOffset": self.bytes.len(),
            "byteLength": bytes.len(),
        });
        if let Some(target) = target {
            view["target"] = target.into();
        }
        self.views.push(view);
        self.bytes.extend(bytes);
        // Accessors begin at multiples of the size of their numbers.
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.views.len() - 1
    }

    pub(super) fn finish(self) -> (Vec<Value>, Vec<Value>, Vec<u8>) {
        (self.accessors, self.views, self.bytes)
    }
}
