//! Reads GLB files, strictly by the specification.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use serde_json::Value;
use trainscape_scene::colour::srgb_from_linear;

fn vectors(bytes: &[u8]) -> Vec<[f32; 3]> {
    let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap());
    let vector = |v: &[u8]| [number(&v[..4]), number(&v[4..8]), number(&v[8..])];
    bytes.chunks(12).map(vector).collect()
}

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
        vectors(bytes)
    }

    fn material(&self, primitive: &Value) -> &Value {
        &self.document["materials"][primitive["material"].as_u64().unwrap() as usize]
    }

    /// Whether the light changes the colours of a primitive.
    pub fn is_lit(&self, primitive: &Value) -> bool {
        self.material(primitive)["extensions"]["KHR_materials_unlit"].is_null()
    }

    /// Whether a primitive is drawn with its opacity.
    pub fn blends(&self, primitive: &Value) -> bool {
        self.material(primitive)["alphaMode"] == "BLEND"
    }

    /// The edges of the axis box, as the file states them.
    pub fn box_edges(&self) -> [f32; 3] {
        let edges = &self.document["asset"]["extras"]["boxEdges"];
        [0, 1, 2].map(|axis| edges[axis].as_f64().unwrap() as f32)
    }

    /// The colour and opacity of each vertex, as sRGB bytes: of the material, or of its texture there.
    pub fn colours(&self, primitive: &Value) -> Vec<[u8; 4]> {
        let surface = &self.material(primitive)["pbrMetallicRoughness"];
        let texture = &surface["baseColorTexture"]["index"];
        if texture.is_null() {
            let factor = [0, 1, 2, 3].map(|i| surface["baseColorFactor"][i].as_f64().unwrap());
            let [r, g, b, alpha] = factor.map(|light| light as f32);
            let [r, g, b] = [r, g, b].map(srgb_from_linear);
            let colour = [r, g, b, (alpha * 255.0).round() as u8];
            return vec![colour; self.positions(primitive).len()];
        }
        let (size, pixels) = self.texture(texture.as_u64().unwrap() as usize);
        let coordinates = self.texture_coordinates(primitive);
        let texel = coordinates.iter().map(|coordinates| {
            let [x, y] = [0, 1].map(|i| {
                let at = coordinates[i] * size[i] as f32;
                (at as usize).min(size[i] as usize - 1)
            });
            let at = 4 * (y * size[0] as usize + x);
            pixels[at..at + 4].try_into().unwrap()
        });
        texel.collect()
    }

    /// The size of a texture in pixels, and its sRGB bytes with opacity.
    pub fn texture(&self, index: usize) -> ([u32; 2], Vec<u8>) {
        let source = self.document["textures"][index]["source"].as_u64().unwrap() as usize;
        let view = self.document["images"][source]["bufferView"]
            .as_u64()
            .unwrap() as usize;
        let view = &self.document["bufferViews"][view];
        let number = |name: &str| view[name].as_u64().unwrap_or(0) as usize;
        let bytes = &self.binary[number("byteOffset")..][..number("byteLength")];
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::ALPHA);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(frame.color_type, png::ColorType::Rgba);
        ([frame.width, frame.height], pixels)
    }

    pub fn texture_coordinates(&self, primitive: &Value) -> Vec<[f32; 2]> {
        let bytes = self.accessor(&primitive["attributes"]["TEXCOORD_0"], 5126, "VEC2", 8);
        let (numbers, _) = bytes.as_chunks::<8>();
        let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap());
        let pair = |pair: &[u8; 8]| [number(&pair[..4]), number(&pair[4..])];
        numbers.iter().map(pair).collect()
    }

    pub fn normals(&self, primitive: &Value) -> Vec<[f32; 3]> {
        let bytes = self.accessor(&primitive["attributes"]["NORMAL"], 5126, "VEC3", 12);
        vectors(bytes)
    }

    /// Indices of vertices, in two or four bytes.
    pub fn indices(&self, primitive: &Value) -> Vec<u32> {
        let index = &primitive["indices"];
        let accessor = &self.document["accessors"][index.as_u64().unwrap() as usize];
        if accessor["componentType"] == 5123 {
            let bytes = self.accessor(index, 5123, "SCALAR", 2);
            let number = |bytes: &[u8]| u16::from_le_bytes(bytes.try_into().unwrap());
            return bytes.chunks(2).map(number).map(u32::from).collect();
        }
        let bytes = self.accessor(index, 5125, "SCALAR", 4);
        bytes.chunks(4).map(|index| u32_at(index, 0)).collect()
    }

    /// File offset of the first index of a primitive.
    pub fn offset_of_first_index(&self, primitive: &Value) -> usize {
        let index = primitive["indices"].as_u64().unwrap() as usize;
        self.binary_at + self.start_of(&self.document["accessors"][index])
    }
}
