//! The table of all shader modules, and the description of a struct that Rust and WGSL share.
//!
//! A module is the concatenation of its parts: first what it shares with others (`shaders/common/`), then its
//! own file, without a preprocessor. A test parses and validates every entry, and compares every shared struct
//! with the layout that WGSL gives it.

/// A part of a module: its path below `shaders/` and its text.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Path below `shaders/`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// A shader module.
#[derive(Clone, Copy, Debug)]
pub struct Shader {
    /// The name by which passes request it: that of its own file.
    pub name: &'static str,
    /// Its parts in order.
    pub parts: &'static [Part],
}

macro_rules! part {
    ($path:literal) => {
        Part {
            path: $path,
            text: include_str!(concat!("../../../shaders/", $path)),
        }
    };
}

macro_rules! shader {
    ($name:literal: $($path:literal),+) => {
        Shader { name: $name, parts: &[$(part!($path)),+] }
    };
}

/// Every shader module.
pub const SHADERS: &[Shader] = &[
    shader!("interpolate_linear": "common/support.wgsl", "common/interpolation.wgsl", "interpolate_linear.wgsl"),
    shader!("interpolate_nearest": "common/interpolation.wgsl", "interpolate_nearest.wgsl"),
    shader!("interpolate_rbf": "common/interpolation.wgsl", "interpolate_rbf.wgsl"),
    shader!("refine": "common/support.wgsl", "refine.wgsl"),
    shader!("tsne_repulsion": "tsne_repulsion.wgsl"),
    shader!("tsne_sum": "tsne_sum.wgsl"),
    shader!("tsne_step": "tsne_step.wgsl"),
    shader!("umap": "common/random.wgsl", "umap.wgsl"),
    shader!("normals": "common/support.wgsl", "common/normal.wgsl", "normals.wgsl"),
    shader!("compact": "compact.wgsl"),
    shader!("pca_products": "common/tiles.wgsl", "pca_products.wgsl"),
    shader!("neighbours_distances": "common/tiles.wgsl", "neighbours_distances.wgsl"),
    shader!("neighbours_select": "neighbours_select.wgsl"),
    shader!("surface": "common/frame.wgsl", "common/lighting.wgsl", "common/translucent.wgsl", "common/normal.wgsl", "surface.wgsl"),
    shader!("lines": "common/frame.wgsl", "lines.wgsl"),
    shader!("cloud": "common/frame.wgsl", "common/translucent.wgsl", "cloud.wgsl"),
    shader!("mesh": "common/frame.wgsl", "common/lighting.wgsl", "common/translucent.wgsl", "mesh.wgsl"),
    shader!("points": "common/frame.wgsl", "points.wgsl"),
    shader!("walls": "common/frame.wgsl", "walls.wgsl"),
    shader!("composite": "composite.wgsl"),
];

/// The whole text of a module.
///
/// # Panics
/// When the table has no such module; tests request every name that the passes use.
#[must_use]
pub fn source(name: &str) -> String {
    let shader = SHADERS.iter().find(|shader| shader.name == name);
    let shader = shader.expect("invariant: passes request modules of the table");
    shader
        .parts
        .iter()
        .map(|part| part.text)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The memory layout of a struct in Rust; a test compares it with WGSL's.
#[derive(Clone, Debug)]
pub struct SharedLayout {
    /// The module that declares it.
    pub shader: &'static str,
    /// Its name in WGSL.
    pub name: &'static str,
    /// Its size in bytes.
    pub size: usize,
    /// Its fields in order, each with its offset in bytes.
    pub fields: Vec<(&'static str, usize)>,
}

/// A [`SharedLayout`] of a Rust struct: `shared_layout!("module", Struct { field, field })`. Both languages
/// use the same names.
macro_rules! shared_layout {
    ($shader:literal, $name:ident { $($field:ident),+ $(,)? }) => {
        $crate::shaders::SharedLayout {
            shader: $shader,
            name: stringify!($name),
            size: size_of::<$name>(),
            fields: vec![$((stringify!($field), core::mem::offset_of!($name, $field))),+],
        }
    };
}
pub(crate) use shared_layout;
