//! W&B's Object3D: rows of x, y, z, optionally with a category or a colour.

use trainscape_run::{Plot, Trace};

use super::format::{MediaFormat, json_of};
use crate::json::Json;

/// A point cloud of W&B's Object3D (`*.pts.json`).
pub(crate) static OBJECT3D: Object3d = Object3d;

#[derive(Debug)]
pub(crate) struct Object3d;

impl MediaFormat for Object3d {
    fn name(&self) -> &'static str {
        "object3d"
    }

    fn ending(&self) -> &'static str {
        ".pts.json"
    }

    fn folder(&self) -> &'static str {
        "object3d"
    }

    fn read(&self, file: &[u8]) -> Result<Plot, String> {
        read(&json_of(file)?)
    }
}

fn read(json: &Json) -> Result<Plot, String> {
    let mut notes = Vec::new();
    let rows = match json {
        Json::List(rows) => rows,
        Json::Map(_) => {
            for what in ["boxes", "vectors"] {
                if let Some(Json::List(items)) = json.get(what)
                    && !items.is_empty()
                {
                    notes.push(format!("{} {what} are not drawn", items.len()));
                }
            }
            match json.get("points") {
                Some(Json::List(rows)) => rows,
                _ => return Err("contains no list of points".to_owned()),
            }
        }
        _ => return Err("contains no list of points".to_owned()),
    };
    let mut positions = Vec::with_capacity(rows.len());
    let mut values = Vec::new();
    let mut colours = Vec::new();
    let mut damaged = 0;
    for row in rows {
        let Some(row) = numbers(row).filter(|row| row.len() >= 3) else {
            damaged += 1;
            continue;
        };
        match row.as_slice() {
            [_, _, _, category] => values.push(*category),
            // A colour may be followed by its opacity.
            [_, _, _, red, green, blue, ..] => colours.push([*red, *green, *blue].map(|c| c as u8)),
            _ => {}
        }
        positions.push([row[0], row[1], row[2]]);
    }
    if positions.is_empty() {
        return Err("contains no points with x, y and z".to_owned());
    }
    if damaged > 0 {
        notes.push(format!("{damaged} rows are not points and were skipped"));
    }
    for (what, count) in [("categories", values.len()), ("colours", colours.len())] {
        if count > 0 && count < positions.len() {
            notes.push(format!("the {what} are not drawn: not all points have one"));
        }
    }
    if values.len() < positions.len() {
        values.clear();
    }
    if colours.len() < positions.len() {
        colours.clear();
    }
    Ok(Plot {
        traces: vec![Trace::Points {
            name: String::new(),
            positions,
            values,
            value_title: String::new(),
            colours,
            texts: Vec::new(),
            markers: true,
            lines: false,
            diameter_pt: None,
        }],
        notes,
        ..Plot::default()
    })
}

fn numbers(row: &Json) -> Option<Vec<f64>> {
    let Json::List(cells) = row else {
        return None;
    };
    cells
        .iter()
        .map(|cell| match cell {
            Json::Null => Some(f64::NAN),
            cell => cell.as_f64(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Points = (Vec<[f64; 3]>, Vec<f64>, Vec<[u8; 3]>, Vec<String>);

    fn points(text: &str) -> Points {
        let plot = read(&Json::parse(text.as_bytes()).unwrap()).unwrap();
        let [
            Trace::Points {
                positions,
                values,
                colours,
                ..
            },
        ] = plot.traces.as_slice()
        else {
            panic!("one trace of points")
        };
        (
            positions.clone(),
            values.clone(),
            colours.clone(),
            plot.notes.clone(),
        )
    }

    #[test]
    fn rows_of_three_four_and_six() {
        let (positions, values, colours, notes) = points("[[0, 1, 2], [3, 4, null]]");
        assert_eq!(positions[0], [0.0, 1.0, 2.0]);
        assert!(
            positions[1][2].is_nan() && values.is_empty() && colours.is_empty() && notes.is_empty()
        );
        let (_, values, ..) = points("[[0, 1, 2, 3], [0, 1, 2, 4]]");
        assert_eq!(values, [3.0, 4.0]);
        let (_, _, colours, _) = points("[[0, 1, 2, 255.0, 127.9, -3], [0, 1, 2, 300, 0, 1]]");
        assert_eq!(colours, [[255, 127, 0], [255, 0, 1]]);
    }

    #[test]
    fn a_scene_keeps_its_points_and_notes_what_is_not_drawn() {
        let text = r#"{"type": "lidar/beta", "points": [[0, 1, 2, 9, 9, 9], [1, 2, 3], "x", [1]],
                       "boxes": [{}], "vectors": []}"#;
        let (positions, _, colours, notes) = points(text);
        assert_eq!((positions.len(), colours.len()), (2, 0));
        assert_eq!(
            notes,
            [
                "1 boxes are not drawn",
                "2 rows are not points and were skipped",
                "the colours are not drawn: not all points have one"
            ]
        );
        for text in ["[]", "3", "{}", "[[1, 2]]", r#"{"points": 3}"#] {
            assert!(
                read(&Json::parse(text.as_bytes()).unwrap()).is_err(),
                "{text}"
            );
        }
    }
}
