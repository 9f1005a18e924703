//! Plotly's surfaces: heights over a grid, or over any two coordinates of each node.

use trainscape_run::Trace;

use super::numbers::{Numbers, coordinates};
use crate::json::Json;

pub(super) fn read(trace: &Json, name: String, notes: &mut Vec<String>) -> Result<Trace, String> {
    let z = coordinates(trace, "z", notes)?.ok_or("it has no z")?;
    let columns = z.columns.ok_or("its z is not a grid")?;
    if columns == 0 || z.values.is_empty() {
        return Err("its grid is empty".to_owned());
    }
    if trace
        .get("surfacecolor")
        .is_some_and(|colour| *colour != Json::Null)
    {
        notes.push("a surface's own colours are not drawn: it is coloured by height".to_owned());
    }
    let x = coordinates(trace, "x", notes)?;
    let y = coordinates(trace, "y", notes)?;
    let rows = z.values.len() / columns;
    let along = |given: &Option<Numbers>, by_column: bool| match given {
        Some(given) => line(given, by_column),
        None => {
            let count = if by_column { columns } else { rows };
            Some((0..count).map(|at| at as f64).collect())
        }
    };
    if let (Some(x), Some(y)) = (along(&x, true), along(&y, false)) {
        return grid(name, x, y, &z, columns, false);
    }
    // numpy.meshgrid(indexing="ij"): x varies along the rows.
    if let (Some(x), Some(y)) = (along(&x, false), along(&y, true)) {
        return grid(name, x, y, &z, columns, true);
    }
    let full = |given: Option<Numbers>, by_column: bool| {
        nodes(given.as_ref(), rows, columns, by_column).ok_or("its x, y and z differ in shape")
    };
    let (x, y) = (full(x, true)?, full(y, false)?);
    Ok(curvilinear(name, &x, &y, &z.values, columns))
}

/// One coordinate per column, or per row: a one-dimensional list, or a grid whose lines are all equal.
fn line(given: &Numbers, by_column: bool) -> Option<Vec<f64>> {
    let Some(columns) = given.columns else {
        return Some(given.values.clone());
    };
    let same = |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan());
    if by_column {
        let first = given.rows().next()?;
        let all = given
            .rows()
            .all(|row| row.iter().zip(first).all(|(&a, &b)| same(a, b)));
        all.then(|| first.to_vec())
    } else {
        let all = given
            .rows()
            .all(|row| row.iter().all(|&value| same(value, row[0])));
        (all && columns > 0).then(|| given.rows().map(|row| row[0]).collect())
    }
}

fn grid(
    name: String,
    mut x: Vec<f64>,
    mut y: Vec<f64>,
    heights: &Numbers,
    columns: usize,
    transposed: bool,
) -> Result<Trace, String> {
    let rows = heights.values.len() / columns;
    let (wide, high) = if transposed {
        (rows, columns)
    } else {
        (columns, rows)
    };
    x.truncate(wide);
    y.truncate(high);
    if x.is_empty() || y.is_empty() {
        return Err("its grid is empty".to_owned());
    }
    let mut z = Vec::with_capacity(x.len() * y.len());
    for row in 0..y.len() {
        for column in 0..x.len() {
            z.push(match transposed {
                true => heights.values[column * columns + row],
                false => heights.values[row * columns + column],
            });
        }
    }
    Ok(Trace::Surface { name, x, y, z })
}

/// A coordinate of every node.
fn nodes(
    given: Option<&Numbers>,
    rows: usize,
    columns: usize,
    by_column: bool,
) -> Option<Vec<f64>> {
    let index = |at: usize| {
        if by_column {
            at % columns
        } else {
            at / columns
        }
    };
    match given {
        None => Some((0..rows * columns).map(|at| index(at) as f64).collect()),
        Some(given) if given.columns.is_some() => (given.columns == Some(columns)
            && given.values.len() == rows * columns)
            .then(|| given.values.clone()),
        Some(line) => (0..rows * columns)
            .map(|at| line.values.get(index(at)).copied())
            .collect(),
    }
}

/// Two triangles for each cell with four finite vertices.
fn curvilinear(name: String, x: &[f64], y: &[f64], z: &[f64], columns: usize) -> Trace {
    let positions: Vec<[f64; 3]> = x
        .iter()
        .zip(y)
        .zip(z)
        .map(|((&x, &y), &z)| [x, y, z])
        .collect();
    let is_finite = |at: usize| positions[at].iter().all(|value| value.is_finite());
    let mut triangles = Vec::new();
    for at in 0..positions.len().saturating_sub(columns) {
        if at % columns + 1 == columns {
            continue;
        }
        let corners = [at, at + 1, at + columns, at + columns + 1];
        for triangle in [[0, 1, 3], [0, 3, 2]] {
            if triangle.iter().all(|&corner| is_finite(corners[corner])) {
                triangles.push(triangle.map(|corner| corners[corner] as u32));
            }
        }
    }
    Trace::Mesh {
        name,
        positions,
        triangles,
        values: Vec::new(),
        colour: None,
        opacity: 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(text: &str) -> Result<Trace, String> {
        read(
            &Json::parse(text.as_bytes()).unwrap(),
            String::new(),
            &mut Vec::new(),
        )
    }

    fn grid_of(text: &str) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        match surface(text).unwrap() {
            Trace::Surface { x, y, z, .. } => (x, y, z),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn coordinates_may_be_lists_grids_or_missing() {
        let wanted = (
            vec![1.0, 2.0, 3.0],
            vec![5.0, 6.0],
            vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        );
        let z = r#""z": [[0, 1, 2], [3, 4, 5]]"#;
        assert_eq!(
            grid_of(&format!(r#"{{"x": [1, 2, 3], "y": [5, 6], {z}}}"#)),
            wanted
        );
        let mesh = r#""x": [[1, 2, 3], [1, 2, 3]], "y": [[5, 5, 5], [6, 6, 6]]"#;
        assert_eq!(grid_of(&format!("{{{mesh}, {z}}}")), wanted);
        let turned = r#"{"x": [[1, 1], [2, 2], [3, 3]], "y": [[5, 6], [5, 6], [5, 6]],
                        "z": [[0, 3], [1, 4], [2, 5]]}"#;
        assert_eq!(grid_of(turned), wanted);
        let (x, y, _) = grid_of(&format!("{{{z}}}"));
        assert_eq!((x, y), (vec![0.0, 1.0, 2.0], vec![0.0, 1.0]));
        let (x, y, z) = grid_of(&format!(r#"{{"x": [1, 2], "y": [5], {z}}}"#));
        assert_eq!((x.len(), y.len(), z), (2, 1, vec![0.0, 1.0]));
    }

    #[test]
    fn a_curvilinear_surface_becomes_triangles_around_its_holes() {
        let text = r#"{"x": [[0, 1, 2], [0, 1.5, 2]], "y": [[0, 0, 0], [1, 1, 1]],
                      "z": [[0, 0, 0], [0, 0, null]]}"#;
        let Trace::Mesh {
            positions,
            triangles,
            ..
        } = surface(text).unwrap()
        else {
            panic!("a mesh")
        };
        assert_eq!(positions.len(), 6);
        assert_eq!(triangles, [[0, 1, 4], [0, 4, 3]]);
    }

    #[test]
    fn other_traces_are_errors() {
        for text in [
            "{}",
            r#"{"z": [1, 2]}"#,
            r#"{"z": []}"#,
            r#"{"z": [[]]}"#,
            r#"{"z": "x"}"#,
            r#"{"z": [[1, 2], [3, 4]], "x": []}"#,
            r#"{"z": [[1, 2], [3, 4]], "x": [[1, 2, 3], [2, 3, 9]], "y": [[1, 2], [2, 9]]}"#,
        ] {
            assert!(surface(text).is_err(), "{text}");
        }
    }
}
