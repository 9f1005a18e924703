//! Every limit of a reader stands in one list, and each is honoured by some reader.

use std::{
    fs,
    path::{Path, PathBuf},
};

use syn::{Expr, ExprLit, Item, Lit};

/// Constants below this value count a few things and decide no allocation.
const SMALL: u64 = 64 << 10;

/// The value of a literal, or of one that is shifted.
fn value(expression: &Expr) -> Option<u64> {
    match expression {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        Expr::Binary(shift) if matches!(shift.op, syn::BinOp::Shl(_)) => {
            Some(value(&shift.left)? << value(&shift.right)?)
        }
        _ => None,
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => rust_files(&path),
            false => vec![path],
        })
        .collect()
}

#[test]
fn the_limits_of_readers_stand_in_one_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("app/source/src");
    let list = folder.join("limits.rs");
    let mut others = String::new();
    for path in rust_files(&folder) {
        let text = fs::read_to_string(&path).unwrap();
        if path == list {
            continue;
        }
        for item in syn::parse_file(&text).unwrap().items {
            let Item::Const(constant) = item else {
                continue;
            };
            let name = constant.ident.to_string();
            let is_limit = name.starts_with("MAX_") || name.starts_with("MOST_");
            let own = value(&constant.expr).filter(|value| *value >= SMALL);
            assert!(
                !is_limit || own.is_none(),
                "{name} of {} belongs in limits.rs",
                path.display()
            );
        }
        others += &text;
    }
    let limits = syn::parse_file(&fs::read_to_string(&list).unwrap()).unwrap();
    let mut count = 0;
    for item in limits.items {
        let Item::Const(limit) = item else { continue };
        if matches!(limit.vis, syn::Visibility::Inherited) {
            continue;
        }
        let name = limit.ident.to_string();
        assert!(others.contains(&name), "no reader honours {name}");
        count += 1;
    }
    assert!(count > 30, "{count} limits");
}
