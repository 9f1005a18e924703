//! The axes of arrays of which a mapping says what they hold.

use trainscape_run::ArrayKind;

use super::axes;
use crate::key_mapping::ArrayMapping;

/// The axes that an array of this kind must have.
fn needed(kind: ArrayKind) -> &'static [&'static str] {
    match kind {
        ArrayKind::Attention => &["query", "key"],
        ArrayKind::Embeddings => &["row", "dimension"],
        ArrayKind::Weights => &["snapshot", "parameter"],
        ArrayKind::Activations => &["layer", "channel"],
        ArrayKind::Gradients | ArrayKind::Steps => &["snapshot"],
        ArrayKind::Landscape | ArrayKind::X | ArrayKind::Y | ArrayKind::Trajectory => &[],
    }
}

/// The axes of the array `key` as what the mapping says; `None` of what has none. `name` may tell its layer, and
/// `has_snapshots` says that its first axis has a training step for each index.
pub(super) fn axes_of(
    mapping: &ArrayMapping,
    key: &str,
    name: &str,
    shape: &[usize],
    has_snapshots: bool,
) -> Result<Option<Vec<String>>, String> {
    let kind = mapping.kind;
    let shape_text: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let shape_text = shape_text.join(" × ");
    let refused = |why: &str| {
        Err(format!(
            "mapping: `{key}` ({shape_text}) is not read as {}: {why}",
            kind.name()
        ))
    };
    if let Some(given) = &mapping.axes {
        if given.len() != shape.len() {
            return refused(&format!("{} axes are named", given.len()));
        }
        let given: Vec<String> = given.iter().map(|name| axes::canonical(name)).collect();
        return match needed(kind)
            .iter()
            .find(|axis| !given.iter().any(|name| name == *axis))
        {
            Some(axis) => refused(&format!("none of its axes is named `{axis}`")),
            None => Ok(Some(given)),
        };
    }
    let named = |names: &[&str]| Ok(Some(names.iter().map(|name| (*name).to_owned()).collect()));
    let found = match kind {
        ArrayKind::Steps | ArrayKind::Gradients if shape.len() == 1 => {
            return named(&["snapshot"]);
        }
        ArrayKind::Gradients if shape.len() == 2 => return named(&["snapshot", "layer"]),
        ArrayKind::Landscape | ArrayKind::X | ArrayKind::Y if shape.len() <= 2 => {
            return Ok(None);
        }
        ArrayKind::Trajectory if matches!(shape, [_, 2 | 3]) => return Ok(None),
        ArrayKind::Weights if shape.len() == 2 && shape[0] >= 2 => {
            return named(&["snapshot", "parameter"]);
        }
        // The names of views' arrays have the readings of their shapes.
        ArrayKind::Attention | ArrayKind::Embeddings | ArrayKind::Activations => {
            axes::infer(&format!("{name}.{}", kind.name()), shape, has_snapshots)
        }
        ArrayKind::Steps
        | ArrayKind::Gradients
        | ArrayKind::Landscape
        | ArrayKind::X
        | ArrayKind::Y
        | ArrayKind::Trajectory
        | ArrayKind::Weights => None,
    };
    let fits = |found: &Vec<String>| {
        let needed = needed(kind).iter();
        needed
            .copied()
            .all(|axis| found.iter().any(|name| name == axis))
    };
    match found.filter(fits) {
        Some(found) => Ok(Some(found)),
        None if needed(kind).is_empty() => refused("its shape is not that of one"),
        None => refused(&format!(
            "name its axes, {} among them, as in `{key} = {{ kind = \"{}\", axes = [...] }}`",
            needed(kind).join(" and "),
            kind.name()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: ArrayKind, shape: &[usize], axes: Option<&[&str]>) -> String {
        let axes = axes.map(|axes| axes.iter().map(|axis| (*axis).to_owned()).collect());
        match axes_of(&ArrayMapping { kind, axes }, "A", "A", shape, false) {
            Ok(axes) => axes.map_or_else(|| "none".to_owned(), |axes| axes.join(",")),
            Err(why) => why,
        }
    }

    #[test]
    fn the_kind_names_the_axes_where_the_shape_allows_one_reading() {
        use ArrayKind as K;
        assert_eq!(
            read(K::Attention, &[2, 4, 8, 8], None),
            "layer,head,query,key"
        );
        assert_eq!(read(K::Embeddings, &[9, 3], None), "row,dimension");
        assert_eq!(read(K::Weights, &[9, 3], None), "snapshot,parameter");
        assert_eq!(
            read(K::Activations, &[2, 5, 3], None),
            "layer,position,channel"
        );
        assert_eq!(read(K::Gradients, &[9, 3], None), "snapshot,layer");
        assert_eq!(read(K::Landscape, &[9, 3], None), "none");
        let given = read(K::Attention, &[4, 8, 9], Some(&["heads", "q", "k"]));
        assert_eq!(given, "head,query,key");
    }

    #[test]
    fn what_does_not_fit_is_refused_in_a_sentence() {
        use ArrayKind as K;
        for (kind, shape, axes, why) in [
            (
                K::Attention,
                &[4, 8, 9][..],
                None,
                "name its axes, query and key among them",
            ),
            (
                K::Embeddings,
                &[4],
                None,
                "name its axes, row and dimension",
            ),
            (
                K::Embeddings,
                &[4, 2],
                Some(&["row"][..]),
                "1 axes are named",
            ),
            (
                K::Attention,
                &[4, 2],
                Some(&["row", "k"]),
                "none of its axes is named `query`",
            ),
            (
                K::Landscape,
                &[2, 2, 2],
                None,
                "its shape is not that of one",
            ),
            (K::Trajectory, &[9, 4], None, "its shape is not that of one"),
        ] {
            let found = read(kind, shape, axes);
            assert!(
                found.starts_with("mapping: `A` (") && found.contains(why),
                "{found}"
            );
        }
    }
}
