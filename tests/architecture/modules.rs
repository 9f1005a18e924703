//! The modules declared in a crate's sources, and the files that their paths refer to.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Item, UseTree, visit::Visit};

/// Maximum number of re-exports followed for a name; more are a cycle of `use`.
const MAX_REEXPORTS: usize = 32;

/// The sources of one crate.
#[derive(Default)]
pub(crate) struct Modules {
    files: Vec<PathBuf>,
    /// By path from the crate's root.
    modules: BTreeMap<Vec<String>, Module>,
}

#[derive(Default)]
struct Module {
    file: usize,
    /// Names defined here.
    defined: BTreeSet<String>,
    /// Names bound by `use`, and the paths they stand for.
    bound: BTreeMap<String, Vec<String>>,
    /// Paths of `use path::*`.
    globs: Vec<Vec<String>>,
    /// All paths in the module.
    paths: BTreeSet<Vec<String>>,
}

/// From the first file to the second: the imported names.
pub(crate) type Imports = BTreeMap<(PathBuf, PathBuf), BTreeSet<String>>;

impl Modules {
    /// Reads a crate from its `lib.rs` or `main.rs`.
    pub(crate) fn of_crate(root: &Path) -> Self {
        let mut modules = Self::default();
        let folder = root.parent().unwrap().to_owned();
        modules.read_file(root.to_owned(), &folder, Vec::new());
        modules
    }

    /// Adds a file as the module `name` with the modules below it in `folder`.
    fn read_file(&mut self, path: PathBuf, folder: &Path, name: Vec<String>) {
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let parsed =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.files.push(path);
        let file = self.files.len() - 1;
        self.read_items(&parsed.items, file, folder, name);
    }

    fn read_items(&mut self, items: &[Item], file: usize, folder: &Path, name: Vec<String>) {
        let mut module = Module {
            file,
            ..Module::default()
        };
        for item in items.iter().filter(|item| !is_for_tests(item)) {
            if let Some(defined) = name_of(item) {
                module.defined.insert(defined);
            }
            match item {
                Item::Mod(child) => {
                    let ident = child.ident.to_string();
                    let mut path = name.clone();
                    path.push(ident.clone());
                    let below = folder.join(&ident);
                    match &child.content {
                        Some((_, items)) => self.read_items(items, file, &below, path),
                        None => {
                            let flat = folder.join(format!("{ident}.rs"));
                            let nested = below.join("mod.rs");
                            let found = if flat.is_file() { flat } else { nested };
                            self.read_file(found, &below, path);
                        }
                    }
                }
                Item::Use(item) => bind(&item.tree, &mut Vec::new(), &mut module),
                item => PathsOf(&mut module.paths).visit_item(item),
            }
        }
        self.modules.insert(name, module);
    }

    /// The names that each file imports from each other file.
    pub(crate) fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (name, module) in &self.modules {
            let written = module.paths.iter().filter(|path| path.len() > 1);
            let all = written.chain(module.bound.values()).chain(&module.globs);
            for path in all {
                let Some(file) = self.file_of(name, path, 0) else {
                    continue;
                };
                if file != module.file {
                    let ends = (self.files[module.file].clone(), self.files[file].clone());
                    let taken = path.last().unwrap().clone();
                    imports.entry(ends).or_default().insert(taken);
                }
            }
        }
        imports
    }

    /// The file that defines what a path written in the module `from` stands for; `None` for other crates.
    fn file_of(&self, from: &[String], path: &[String], depth: usize) -> Option<usize> {
        let mut at = from.to_vec();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                at.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|segment| segment == "super") {
                    at.pop()?;
                    rest = &rest[1..];
                }
            }
            _ => {}
        }
        self.walk(at, rest, depth)
    }

    fn walk(&self, mut at: Vec<String>, mut rest: &[String], depth: usize) -> Option<usize> {
        if depth > MAX_REEXPORTS {
            return None;
        }
        loop {
            let module = self.modules.get(&at)?;
            let Some(next) = rest.first() else {
                return Some(module.file);
            };
            let mut child = at.clone();
            child.push(next.clone());
            if self.modules.contains_key(&child) {
                at = child;
                rest = &rest[1..];
                continue;
            }
            if module.defined.contains(next) {
                return Some(module.file);
            }
            if let Some(bound) = module.bound.get(next) {
                let mut path = bound.clone();
                path.extend_from_slice(&rest[1..]);
                return self.file_of(&at, &path, depth + 1);
            }
            return module.globs.iter().find_map(|glob| {
                let mut path = glob.clone();
                path.extend_from_slice(rest);
                self.file_of(&at, &path, depth + 1)
            });
        }
    }
}

fn is_for_tests(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Records the names that a `use` binds.
fn bind(tree: &UseTree, path: &mut Vec<String>, module: &mut Module) {
    match tree {
        UseTree::Path(next) => {
            path.push(next.ident.to_string());
            bind(&next.tree, path, module);
            path.pop();
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            let mut whole = path.clone();
            if name != "self" {
                whole.push(name);
            }
            let bound = whole.last().unwrap().clone();
            module.bound.insert(bound, whole);
        }
        UseTree::Rename(rename) => {
            let mut whole = path.clone();
            whole.push(rename.ident.to_string());
            let mut bound = rename.rename.to_string();
            if bound == "_" {
                bound = format!("_ {}", whole.join("::"));
            }
            module.bound.insert(bound, whole);
        }
        UseTree::Glob(_) => module.globs.push(path.clone()),
        UseTree::Group(group) => {
            for tree in &group.items {
                bind(tree, path, module);
            }
        }
    }
}

/// Collects the paths of an item, including those in macro arguments.
struct PathsOf<'a>(&'a mut BTreeSet<Vec<String>>);

impl<'a> Visit<'a> for PathsOf<'_> {
    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments = path.segments.iter();
        self.0
            .insert(segments.map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'a syn::Visibility) {
        // `pub(in path)` imports nothing.
    }

    fn visit_macro(&mut self, called: &'a syn::Macro) {
        self.visit_path(&called.path);
        self.tokens(called.tokens.clone());
    }
}

impl PathsOf<'_> {
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) if path.is_empty() || colons == 2 => {
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' && !path.is_empty() => colons += 1,
                other => {
                    self.0.insert(std::mem::take(&mut path));
                    colons = 0;
                    match other {
                        TokenTree::Ident(name) => path.push(name.to_string()),
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        _ => {}
                    }
                }
            }
        }
        self.0.insert(path);
    }
}
