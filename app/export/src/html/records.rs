//! The records behind what is drawn, for the hover card: exact values, column by column.

use std::collections::HashMap;

use serde_json::{Value, json};
use trainscape_scene::{Scene, scene::RecordKind};

use super::{blob::Blob, legend::Groups, steps::Steps};

/// Records whose page still answers at once; the page says how many more there are.
const MOST: usize = 2_000_000;

/// Neighbouring records with the same names of lines.
struct Batch {
    names: Vec<String>,
    kind: RecordKind,
    group: u8,
    columns: Vec<Column>,
    positions_unit: Vec<[f32; 3]>,
    steps: Vec<i32>,
}

/// One line of all records of a batch.
#[derive(Default)]
struct Column {
    /// The texts as numbers, as long as each is the shortest text of its number.
    numbers: Option<Vec<f64>>,
    /// Each distinct text, and the place of each record's among them.
    texts: Vec<String>,
    places: Vec<i32>,
    known: HashMap<String, i32>,
}

impl Column {
    fn push(&mut self, text: String, at: usize) {
        if at == 0 {
            self.numbers = Some(Vec::new());
        }
        if let Some(numbers) = &mut self.numbers {
            match text.parse::<f64>() {
                Ok(number) if number.is_finite() && number.to_string() == text => {
                    numbers.push(number);
                    return;
                }
                _ => {
                    let before = std::mem::take(numbers);
                    self.numbers = None;
                    for number in before {
                        self.push_text(number.to_string());
                    }
                }
            }
        }
        self.push_text(text);
    }

    fn push_text(&mut self, text: String) {
        let place = *self.known.entry(text).or_insert_with_key(|text| {
            self.texts.push(text.clone());
            self.texts.len() as i32 - 1
        });
        self.places.push(place);
    }

    fn write(self, blob: &mut Blob) -> Value {
        match self.numbers {
            // Whole numbers are small as differences.
            Some(numbers) => {
                let whole = |number: &f64| {
                    number.fract() == 0.0
                        && number.abs() < f64::from(i32::MAX)
                        && !(*number == 0.0 && number.is_sign_negative())
                };
                if numbers.iter().all(whole) {
                    blob.integers(numbers.iter().map(|number| *number as i32))
                } else {
                    blob.doubles(&numbers)
                }
            }
            None => {
                let texts = json!(self.texts).to_string();
                let texts = blob.bytes(texts.as_bytes());
                json!({ "texts": texts, "places": blob.integers(self.places.into_iter()) })
            }
        }
    }
}

/// Writes all records.
pub(super) fn write(scene: &Scene, steps: &Steps, groups: &Groups, blob: &mut Blob) -> Value {
    let mut batches: Vec<Batch> = Vec::new();
    let mut total = 0_usize;
    scene.for_each_picked(|record| {
        total += 1;
        if total > MOST {
            return;
        }
        let group = match record.path {
            Some(path) => groups.of_path(&path.name, &path.colour),
            None => {
                let mark = record.picked.mark.as_ref();
                let run = mark.and_then(|mark| scene.runs.iter().find(|run| run.id == mark.run));
                groups.of_point(run.map(|run| run.name.as_ref()), record.colour)
            }
        };
        let lines = record.picked.lines;
        let fits = batches.last().is_some_and(|batch| {
            batch.kind == record.kind
                && batch.group == group
                && batch.names.len() == lines.len()
                && batch.names.iter().zip(&lines).all(|(a, (b, _))| a == b)
        });
        if !fits {
            batches.push(Batch {
                names: lines.iter().map(|(name, _)| name.clone()).collect(),
                kind: record.kind,
                group,
                columns: lines.iter().map(|_| Column::default()).collect(),
                positions_unit: Vec::new(),
                steps: Vec::new(),
            });
        }
        let Some(batch) = batches.last_mut() else {
            return;
        };
        let at = batch.positions_unit.len();
        batch.positions_unit.push(record.picked.position_unit);
        let step = record.picked.mark.and_then(|mark| mark.step);
        batch.steps.push(step.map_or(0, |step| steps.index(step)));
        for (column, (_, text)) in batch.columns.iter_mut().zip(lines) {
            column.push(text, at);
        }
    });
    let batches: Vec<Value> = batches
        .into_iter()
        .map(|batch| {
            let columns = batch.columns.into_iter();
            json!({
                "positions": blob.positions(&batch.positions_unit),
                "steps": blob.integers(batch.steps.into_iter()),
                "names": batch.names,
                "rank": batch.kind as u8,
                "group": batch.group,
                "columns": columns.map(|column| column.write(blob)).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "batches": batches, "omitted": total.saturating_sub(MOST) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(texts: &[&str]) -> Column {
        let mut column = Column::default();
        for (at, text) in texts.iter().enumerate() {
            column.push((*text).to_owned(), at);
        }
        column
    }

    #[test]
    fn numbers_keep_every_digit() {
        let exact = column(&["0.1", "1234567.875", "-0", "0.30000000000000004"]);
        assert_eq!(exact.numbers.unwrap()[3], 0.1 + 0.2);
    }

    #[test]
    fn what_is_not_the_shortest_text_of_a_number_stays_text() {
        let mixed = column(&["1", "2.50", "NaN", "1"]);
        assert!(mixed.numbers.is_none());
        assert_eq!(mixed.texts, ["1", "2.50", "NaN"]);
        assert_eq!(mixed.places, [0, 1, 2, 0]);
    }
}
