//! Materials.

use serde_json::{Value, json};
use trainscape_scene::colour::linear_from_srgb;

/// Part of a fully shaded colour that the light does not change and that is therefore emitted, and part that is lit. Our
/// own shader has 0.42 and up to 0.68 of it; programs differ in how bright their light is (white is 0.3 in f3d, 1 in the
/// environments of web pages), so that a larger part is emitted here.
const EMITTED: f32 = 0.6;
const LIT: f32 = 0.45;
/// Part of a label's colour that is lit: as good as none, but seen in programs that ignore what is emitted.
const LIT_OF_LABELS: f32 = 0.25;

/// How a primitive looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Material {
    /// One sRGB colour, whatever the light.
    Flat { rgb: [u8; 3], alpha: u8 },
    /// The colours of the palette, lit.
    Lit { shading_percent: u8, blends: bool },
    /// The atlas of labels.
    Label,
}

/// The materials that are used.
#[derive(Debug, Default)]
pub(super) struct Materials(Vec<Material>);

impl Materials {
    /// The index of a material.
    pub(super) fn index(&mut self, material: Material) -> usize {
        let known = self.0.iter().position(|known| *known == material);
        known.unwrap_or_else(|| {
            self.0.push(material);
            self.0.len() - 1
        })
    }

    /// As JSON; the palette and the atlas are the textures of these indices.
    pub(super) fn json(&self, palette: usize, atlas: usize) -> Vec<Value> {
        let of = |material: &Material| match material {
            Material::Flat { rgb, alpha } => flat(*rgb, *alpha),
            Material::Lit {
                shading_percent,
                blends,
            } => {
                let shading = f32::from(*shading_percent) / 100.0;
                let mut lit = lit(
                    "colour map",
                    palette,
                    1.0 - shading * (1.0 - EMITTED),
                    shading * LIT,
                );
                if *blends {
                    lit["alphaMode"] = "BLEND".into();
                }
                lit
            }
            Material::Label => {
                let mut label = lit("label", atlas, 1.0, LIT_OF_LABELS);
                label["alphaMode"] = "BLEND".into();
                // There is a quad for each side, so that text is not seen mirrored.
                label["doubleSided"] = false.into();
                label
            }
        };
        self.0.iter().map(of).collect()
    }

    /// The extensions that the materials use.
    pub(super) fn extensions(&self) -> Vec<&'static str> {
        let is_flat = |material: &Material| matches!(material, Material::Flat { .. });
        let mut extensions = Vec::new();
        if self.0.iter().any(is_flat) {
            extensions.push("KHR_materials_unlit");
        }
        if !self.0.iter().all(is_flat) {
            extensions.push("KHR_materials_specular");
        }
        extensions
    }
}

fn flat(rgb: [u8; 3], alpha: u8) -> Value {
    let [r, g, b] = rgb.map(linear_from_srgb);
    let [red, green, blue] = rgb;
    let mut material = json!({
        "name": format!("#{red:02x}{green:02x}{blue:02x}"),
        "doubleSided": true,
        "pbrMetallicRoughness": {
            "baseColorFactor": [r, g, b, f32::from(alpha) / 255.0],
            "metallicFactor": 0.0,
            "roughnessFactor": 1.0,
        },
        "extensions": { "KHR_materials_unlit": {} },
    });
    if alpha < 255 {
        material["alphaMode"] = "BLEND".into();
    }
    material
}

/// Matte and without reflections, which would change the colours.
fn lit(name: &str, texture: usize, emitted: f32, lit: f32) -> Value {
    json!({
        "name": name,
        "doubleSided": true,
        "pbrMetallicRoughness": {
            "baseColorTexture": { "index": texture },
            "baseColorFactor": [lit, lit, lit, 1.0],
            "metallicFactor": 0.0,
            "roughnessFactor": 1.0,
        },
        "emissiveTexture": { "index": texture },
        "emissiveFactor": [emitted, emitted, emitted],
        "extensions": { "KHR_materials_specular": { "specularFactor": 0.0 } },
    })
}
