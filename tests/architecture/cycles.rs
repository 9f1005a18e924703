//! Files of a crate do not import each other, even indirectly.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::{Path, PathBuf},
};

use crate::{
    metadata,
    modules::{Imports, Modules},
};

/// `lib.rs` or `main.rs` of every crate of the workspace.
fn crate_roots() -> Vec<PathBuf> {
    let metadata = metadata::of_workspace();
    let members = metadata["workspace_members"].as_array().unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .filter(|package| members.contains(&package["id"]))
        .flat_map(|package| package["targets"].as_array().unwrap())
        .filter(|target| {
            let kinds = target["kind"].as_array().unwrap();
            kinds.iter().any(|kind| kind == "lib" || kind == "bin")
        })
        .map(|target| target["src_path"].as_str().unwrap().into())
        .collect()
}

/// Groups of files that import each other, each described by its edges.
fn cycles(imports: &Imports) -> Vec<String> {
    let mut next: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for (from, to) in imports.keys() {
        next.entry(from).or_default().insert(to);
    }
    let reached: BTreeMap<&Path, BTreeSet<&Path>> = next
        .keys()
        .map(|from| (*from, reached_from(from, &next)))
        .collect();
    let mut groups: BTreeSet<BTreeSet<&Path>> = BTreeSet::new();
    for (file, files) in &reached {
        if files.contains(file) {
            let both = |other: &&&Path| reached.get(**other).is_some_and(|set| set.contains(file));
            groups.insert(files.iter().filter(both).copied().collect());
        }
    }
    groups
        .iter()
        .map(|group| described(group, imports))
        .collect()
}

fn reached_from<'a>(
    start: &'a Path,
    next: &BTreeMap<&'a Path, BTreeSet<&'a Path>>,
) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![start];
    while let Some(file) = waiting.pop() {
        for to in next.get(file).into_iter().flatten() {
            if reached.insert(*to) {
                waiting.push(to);
            }
        }
    }
    reached
}

fn described(group: &BTreeSet<&Path>, imports: &Imports) -> String {
    let mut text = format!("a cycle of {} files:", group.len());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shown = |file: &Path| {
        file.strip_prefix(root)
            .unwrap_or(file)
            .display()
            .to_string()
    };
    for ((from, to), names) in imports {
        if group.contains(from.as_path()) && group.contains(to.as_path()) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let (from, to) = (shown(from), shown(to));
            write!(text, "\n  {from} -> {to}: {}", names.join(", ")).unwrap();
        }
    }
    text
}

#[test]
fn no_files_import_each_other() {
    let roots = crate_roots();
    assert!(roots.len() >= 9, "{roots:?}");
    let found: Vec<String> = roots
        .iter()
        .flat_map(|root| cycles(&Modules::of_crate(root).imports()))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Writes a crate with the given files and returns the cycles found.
fn cycles_of(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let prefix = format!("{}/", folder.path().display());
    cycles(&Modules::of_crate(&folder.path().join("lib.rs")).imports())
        .into_iter()
        .map(|text| text.replace(&prefix, ""))
        .collect()
}

#[test]
fn planted_cycles_are_found_with_their_edges() {
    let lib = ("lib.rs", "mod a; mod b; pub use a::A;");
    let b = ("b.rs", "use crate::a::A; pub struct B(pub A);");
    let imported = cycles_of(&[lib, b, ("a.rs", "use crate::b::B; pub struct A(Box<B>);")]);
    let expected = "a cycle of 2 files:\n  a.rs -> b.rs: B\n  b.rs -> a.rs: A";
    assert_eq!(imported, [expected]);
    let written = "pub struct A; fn f() { println!(\"{}\", crate::b::g()); }";
    let in_a_macro = cycles_of(&[
        lib,
        ("b.rs", "pub fn g() -> super::A { super::A }"),
        ("a.rs", written),
    ]);
    assert_eq!(in_a_macro.len(), 1, "{in_a_macro:?}");
    let defined_above = cycles_of(&[
        (
            "lib.rs",
            "mod a; pub const N: u32 = 1; pub fn f() { a::f() }",
        ),
        ("a.rs", "pub fn f() { let _ = super::N; }"),
    ]);
    assert_eq!(defined_above.len(), 1, "{defined_above:?}");
}

#[test]
fn re_exports_of_a_parent_are_not_a_cycle() {
    let found = cycles_of(&[
        ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
        (
            "a.rs",
            "pub struct A; #[cfg(test)] mod tests { use crate::B; }",
        ),
        ("b.rs", "use super::A; pub struct B(A);"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}
