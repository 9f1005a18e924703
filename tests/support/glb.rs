//! Reads GLB files, strictly by the specification.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use serde_json::Value;

/// A file's JSON and its binary chunk.
pub struct GlbFile {
    pub document: Value,
    binary: Vec<u8>,
    /// File offset of the binary chunk's data.
    binary_at: usize,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

impl GlbFile {
    pub fn read(path: &Path) -> Self {
        Self::parse(&fs::read(path).unwrap())
    }

    pub fn parse(bytes: &[u8]) -> Self {
        assert_eq!(&bytes[..4], b"glTF");
        assert_eq!(u32_at(bytes, 4), 2);
        assert_eq!(u32_at(bytes, 8) as usize, bytes.len());
        let json_length = u32_at(bytes, 12) as usize;
        assert_eq!(&bytes[16..20], b"JSON");
        let document = serde_json::from_slice(&bytes[20..20 + json_length]).unwrap();
        let binary_at = 20 + json_length + 8;
        assert_eq!(&bytes[binary_at - 4..binary_at], b"BIN\0");
        let binary_length = u32_at(bytes, binary_at - 8) as usize;
        let binary = bytes[binary_at..binary_at + binary_length].to_vec();
        Self {
            document,
            binary,
            binary_at,
        }
    }

    /// All primitives of the meshes of that name, in order.
    pub fn primitives(&self, mesh: &str) -> Vec<&Value> {
        let meshes = self.document["meshes"].as_array().unwrap();
        meshes
            .iter()
            .filter(|found| found["name"] == mesh)
            .flat_map(|found| found["primitives"].as_array().unwrap())
            .collect()
    }

    /// The bytes of an accessor, checked for its kind.
    fn accessor(&self, index: &Value, component: u64, kind: &str, bytes_each: usize) -> &[u8] {
        let accessor = &self.document["accessors"][index.as_u64().unwrap() as usize];
        assert_eq!(
            (&accessor["componentType"], &accessor["type"]),
            (&component.into(), &kind.into())
        );
        let start = self.start_of(accessor);
        &self.binary[start..start + accessor["count"].as_u64().unwrap() as usize * bytes_each]
    }

    fn start_of(&self, accessor: &Value) -> usize {
        let view = &self.document["bufferViews"][accessor["bufferView"].as_u64().unwrap() as usize];
        let offset = |value: &Value| value["byteOffset"].as_u64().unwrap_or(0) as usize;
        offset(view) + offset(accessor)
    }

    pub fn positions(&self, primitive: &Value) -> Vec<[f32; 3]> {
        let bytes = self.accessor(&primitive["attributes"]["POSITION"], 5126, "VEC3", 12);
        let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap());
        bytes
            .chunks(12)
            .map(|p| [number(&p[..4]), number(&p[4..8]), number(&p[8..])])
            .collect()
    }

    /// Colours from 0 to 1; the file has normalised 16-bit integers.
    pub fn colours(&self, primitive: &Value) -> Vec<[f32; 4]> {
        let bytes = self.accessor(&primitive["attributes"]["COLOR_0"], 5123, "VEC4", 8);
        let number =
            |bytes: &[u8]| f32::from(u16::from_le_bytes(bytes.try_into().unwrap())) / 65535.0;
        bytes
            .chunks(8)
            .map(|c| {
                [
                    number(&c[..2]),
                    number(&c[2..4]),
                    number(&c[4..6]),
                    number(&c[6..]),
                ]
            })
            .collect()
    }

    pub fn indices(&self, primitive: &Value) -> Vec<u32> {
        let bytes = self.accessor(&primitive["indices"], 5125, "SCALAR", 4);
        bytes.chunks(4).map(|index| u32_at(index, 0)).collect()
    }

    /// File offset of the first index of a primitive.
    pub fn offset_of_first_index(&self, primitive: &Value) -> usize {
        let index = primitive["indices"].as_u64().unwrap() as usize;
        self.binary_at + self.start_of(&self.document["accessors"][index])
    }
}
