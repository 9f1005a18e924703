//! Every shader module is valid, every file is used, every shared struct has the same layout in both languages.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use trainscape_compute::{MISSING, MISSING_BELOW};
use trainscape_gpu::shaders::{SHADERS, SharedLayout, source};
use trainscape_gpu::shared_layouts;
use trainscape_scene::scene::BOX_TOLERANCE_UNIT;
use wgpu::naga::valid::{Capabilities, ValidationFlags, Validator};
use wgpu::naga::{Expression, Literal, Module, TypeInner, UnaryOperator, front::wgsl};

fn parse(name: &str) -> Module {
    let text = source(name);
    wgsl::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(&text)))
}

fn validate(module: &Module) -> Result<(), String> {
    // No capability beyond WebGPU's core: what passes here runs on every adapter.
    Validator::new(ValidationFlags::all(), Capabilities::empty())
        .validate(module)
        .map(|_| ())
        .map_err(|error| format!("{:?}", error.into_inner()))
}

/// Compares a Rust struct with the WGSL struct of the same name.
fn compare(module: &Module, expected: &SharedLayout) -> Result<(), String> {
    let name = expected.name;
    let (_, found) = module
        .types
        .iter()
        .find(|(_, found)| found.name.as_deref() == Some(name))
        .ok_or_else(|| format!("{}: no struct {name}", expected.shader))?;
    let TypeInner::Struct { members, span } = &found.inner else {
        return Err(format!("{name} is not a struct"));
    };
    let fields: Vec<(&str, usize)> = members
        .iter()
        .map(|m| (m.name.as_deref().unwrap_or(""), m.offset as usize))
        .collect();
    if fields != expected.fields {
        return Err(format!(
            "{name}: WGSL has {fields:?}, Rust {:?}",
            expected.fields
        ));
    }
    if *span as usize != expected.size {
        return Err(format!(
            "{name}: {span} bytes in WGSL, {} in Rust",
            expected.size
        ));
    }
    Ok(())
}

fn shader_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shaders")
}

fn files_below(folder: &Path, into: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, into);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "wgsl")
        {
            into.insert(path);
        }
    }
}

#[test]
fn every_module_is_valid() {
    assert!(!SHADERS.is_empty());
    for shader in SHADERS {
        let module = parse(shader.name);
        assert!(
            !module.entry_points.is_empty(),
            "{}: no entry point",
            shader.name
        );
        validate(&module).unwrap_or_else(|error| panic!("{}: {error}", shader.name));
    }
}

#[test]
fn names_are_unique() {
    let names: BTreeSet<_> = SHADERS.iter().map(|shader| shader.name).collect();
    assert_eq!(names.len(), SHADERS.len());
}

#[test]
fn every_file_is_in_the_table_and_has_a_comment_at_its_head() {
    let folder = shader_folder();
    let mut on_disk = BTreeSet::new();
    files_below(&folder, &mut on_disk);
    let in_table: BTreeSet<_> = SHADERS
        .iter()
        .flat_map(|s| s.parts)
        .map(|part| folder.join(part.path))
        .collect();
    assert!(!on_disk.is_empty());
    assert_eq!(on_disk, in_table);
    for part in SHADERS.iter().flat_map(|shader| shader.parts) {
        assert!(
            part.text.starts_with("// "),
            "{}: no comment at its head",
            part.path
        );
    }
}

#[test]
fn shared_structs_have_the_same_layout_in_both_languages() {
    let layouts = shared_layouts();
    assert!(!layouts.is_empty());
    for layout in &layouts {
        compare(&parse(layout.shader), layout).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// The value of a constant of a module.
fn constant(module: &Module, name: &str) -> f32 {
    let (_, found) = module
        .constants
        .iter()
        .find(|(_, constant)| constant.name.as_deref() == Some(name))
        .unwrap_or_else(|| panic!("no constant {name}"));
    match module.global_expressions[found.init] {
        Expression::Literal(Literal::F32(value)) => value,
        Expression::Unary {
            op: UnaryOperator::Negate,
            expr,
        } => match module.global_expressions[expr] {
            Expression::Literal(Literal::F32(value)) => -value,
            ref other => panic!("{name} is {other:?}"),
        },
        ref other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn shared_constants_are_equal_in_both_languages() {
    let cases = [
        ("surface", "BOX_TOLERANCE_UNIT", BOX_TOLERANCE_UNIT),
        ("refine", "MISSING", MISSING),
        ("refine", "MISSING_BELOW", MISSING_BELOW),
    ];
    for (shader, name, wanted) in cases {
        assert_eq!(constant(&parse(shader), name), wanted, "{name}");
    }
}

#[test]
fn a_planted_mismatch_is_found() {
    let right = shared_layouts().remove(0);
    let module = parse(right.shader);
    compare(&module, &right).unwrap();

    let mut swapped = right.clone();
    swapped.fields.swap(0, 1);
    assert!(compare(&module, &swapped).is_err());
    let mut moved = right.clone();
    moved.fields.last_mut().unwrap().1 += 4;
    assert!(compare(&module, &moved).is_err());
    let longer = SharedLayout {
        size: right.size + 4,
        ..right.clone()
    };
    assert!(compare(&module, &longer).is_err());
    let unknown = SharedLayout {
        name: "Nobody",
        ..right
    };
    assert!(compare(&module, &unknown).is_err());
}

#[test]
fn a_planted_error_is_found() {
    // Valid to the parser, not to the validator: a vec3f where the entry point needs a vec4f.
    let text = "@vertex fn main() -> @location(0) vec4f { return vec4f(); }";
    assert!(validate(&wgsl::parse_str(text).unwrap()).is_err());
    assert!(wgsl::parse_str("fn main( {").is_err());
}
