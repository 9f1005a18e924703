//! The meaning of the points' colours: time, the norm of a row, or a label.

use std::{collections::HashMap, ops::RangeInclusive, sync::Arc};

use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap, run_colour},
    scene::{CloudColour, CloudPoint, ColourBar, LegendEntry, LegendMark, PathColour},
};

use super::{options::ColourBy, projected::ProjectedRows, records::row_labels};
use crate::{
    NotAvailable, ViewSettings,
    tensors::{self, visible},
};

/// The largest groups get distinct colours; all others share one.
const GROUPS: usize = 10;
/// A column with more distinct values than this does not group rows.
const MOST_GROUPS: usize = 2000;
const OTHERS: Colour = Colour::hex(0x9a9a9a);

pub(super) enum RowColours {
    Time {
        axis: Axis,
        map: ColourMap,
    },
    Norm {
        axis: Axis,
        map: ColourMap,
        /// Of every row of every snapshot.
        norms: Vec<f32>,
    },
    Label {
        column: String,
        /// Group of each row; [`GROUPS`] and above are the others.
        groups: Vec<usize>,
        /// Name and size of the groups with a colour.
        names: Vec<(String, usize)>,
        /// Rows and groups that share a colour.
        others: [usize; 2],
    },
    Plain(Colour),
}

impl RowColours {
    pub(super) fn new(
        embedding: &ProjectedRows,
        colour: &ColourBy,
        settings: &ViewSettings,
    ) -> Result<Self, NotAvailable> {
        let map = settings.chosen_colours();
        let labels = row_labels(embedding.tensor(), embedding.rows);
        match colour {
            ColourBy::Time | ColourBy::Auto if embedding.has_snapshots() => {
                Ok(Self::time(embedding, map))
            }
            ColourBy::Time => Err(NotAvailable::new(
                "needs snapshots to colour by time, and this array has none".to_owned(),
            )),
            ColourBy::Norm => Self::norm(embedding, map),
            ColourBy::Label(column) => {
                let known = labels.map(|labels| &labels.columns[..]).unwrap_or_default();
                let cells = labels.and_then(|labels| labels.column(column));
                let Some(cells) = cells else {
                    let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
                    let known = if known.is_empty() {
                        "no labels were found".to_owned()
                    } else {
                        format!("there are: {}", known.join(", "))
                    };
                    return Err(NotAvailable::new(format!(
                        "needs a column of labels called `{column}`; {known}"
                    )));
                };
                Ok(Self::label(column, cells))
            }
            ColourBy::Auto => {
                let grouping = labels.and_then(|labels| {
                    let columns = labels.columns.iter().zip(&labels.cells);
                    columns
                        .map(|(column, cells)| (column, cells, different(cells)))
                        .filter(|(_, cells, count)| {
                            (2..=MOST_GROUPS.min(cells.len() / 2)).contains(count)
                        })
                        .min_by_key(|(.., count)| *count)
                });
                match grouping {
                    Some((column, cells, _)) => Ok(Self::label(column, cells)),
                    None => Self::norm(embedding, map),
                }
            }
        }
    }

    fn time(embedding: &ProjectedRows, map: Option<ColourMap>) -> Self {
        let steps = (0..embedding.snapshots)
            .map(|snapshot| tensors::step_of_snapshot(embedding.tensor(), snapshot));
        Self::Time {
            axis: Axis::spanning("step", Scale::Linear, steps),
            map: map.unwrap_or(ColourMap::Plasma),
        }
    }

    fn norm(embedding: &ProjectedRows, map: Option<ColourMap>) -> Result<Self, NotAvailable> {
        let [rows, columns] = embedding.matrix.shape();
        let mut norms = Vec::with_capacity(rows);
        let block = (1 << 20) / columns.max(1) + 1;
        let mut values = vec![0.0_f32; block * columns];
        for first in (0..rows).step_by(block) {
            let count = block.min(rows - first);
            let values = &mut values[..count * columns];
            embedding
                .matrix
                .read(first..first + count, 0..columns, values)?;
            let squares = |row: &[f32]| row.iter().map(|value| value * value).sum::<f32>();
            norms.extend(values.chunks_exact(columns).map(|row| squares(row).sqrt()));
        }
        let (low, high) = norms
            .iter()
            .fold((f32::MAX, f32::MIN), |(low, high), norm| {
                (low.min(*norm), high.max(*norm))
            });
        // The norms of unit vectors differ only by rounding.
        if high - low < 2e-3 * high {
            return Ok(Self::Plain(run_colour(0)));
        }
        Ok(Self::Norm {
            axis: Axis::spanning(
                "norm",
                Scale::Linear,
                norms.iter().map(|norm| f64::from(*norm)),
            ),
            map: map.unwrap_or(ColourMap::Viridis),
            norms,
        })
    }

    fn label(column: &str, cells: &[Arc<str>]) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for cell in cells {
            *counts.entry(cell).or_default() += 1;
        }
        let mut order: Vec<(&str, usize)> = counts.into_iter().collect();
        order.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let places: HashMap<&str, usize> = order
            .iter()
            .enumerate()
            .map(|(place, (name, _))| (*name, place))
            .collect();
        let kept = if order.len() <= GROUPS {
            order.len()
        } else {
            GROUPS
        };
        let others = &order[kept..];
        Self::Label {
            column: column.to_owned(),
            groups: cells.iter().map(|cell| places[&**cell]).collect(),
            names: order[..kept]
                .iter()
                .map(|(name, count)| (visible(name), *count))
                .collect(),
            others: [others.iter().map(|(_, count)| count).sum(), others.len()],
        }
    }

    pub(super) fn kind(&self) -> CloudColour {
        match self {
            Self::Time { map, .. } | Self::Norm { map, .. } => CloudColour::Map(*map),
            Self::Label { .. } | Self::Plain(_) => CloudColour::Rgb,
        }
    }

    fn value(&self, embedding: &ProjectedRows, snapshot: usize, row: usize) -> f32 {
        let unit = |axis: &Axis, value: f64| axis.unit_from_value(value).unwrap_or(0.0) as f32;
        match self {
            Self::Time { axis, .. } => {
                let step = tensors::step_of_snapshot(embedding.tensor(), snapshot);
                unit(axis, step)
            }
            Self::Norm { axis, norms, .. } => {
                unit(axis, f64::from(norms[snapshot * embedding.rows + row]))
            }
            Self::Label { .. } | Self::Plain(_) => 0.0,
        }
    }

    fn own(&self, row: usize) -> Option<Colour> {
        match self {
            Self::Label { groups, names, .. } if groups[row] < names.len() => {
                Some(run_colour(groups[row]))
            }
            Self::Label { .. } => Some(OTHERS),
            Self::Plain(colour) => Some(*colour),
            Self::Time { .. } | Self::Norm { .. } => None,
        }
    }

    pub(super) fn point(
        &self,
        embedding: &ProjectedRows,
        snapshot: usize,
        row: usize,
        position_unit: [f32; 3],
    ) -> CloudPoint {
        match self.own(row) {
            Some(colour) => CloudPoint::from_rgb(position_unit, colour.rgb),
            None => CloudPoint {
                position_unit,
                value: self.value(embedding, snapshot, row),
            },
        }
    }

    pub(super) fn of_path(
        &self,
        embedding: &ProjectedRows,
        row: usize,
        snapshots: RangeInclusive<usize>,
    ) -> PathColour {
        match (self, self.own(row)) {
            (_, Some(colour)) => PathColour::Solid(colour),
            (Self::Time { map, .. } | Self::Norm { map, .. }, _) => PathColour::Values(
                snapshots
                    .map(|snapshot| self.value(embedding, snapshot, row))
                    .collect(),
                *map,
            ),
            _ => PathColour::Theme,
        }
    }

    pub(super) fn bar(&self) -> Option<ColourBar> {
        match self {
            Self::Time { axis, map } | Self::Norm { axis, map, .. } => Some(ColourBar {
                axis: axis.clone(),
                map: *map,
            }),
            Self::Label { .. } | Self::Plain(_) => None,
        }
    }

    pub(super) fn legend(&self) -> Vec<LegendEntry> {
        let Self::Label { names, others, .. } = self else {
            return Vec::new();
        };
        let entry = |label: String, colour| LegendEntry {
            label,
            colour: Some(colour),
            mark: LegendMark::Dot,
        };
        let mut legend: Vec<LegendEntry> = names
            .iter()
            .enumerate()
            .map(|(group, (name, _))| entry(name.clone(), run_colour(group)))
            .collect();
        if others[1] > 0 {
            legend.push(entry(format!("{} others", others[1]), OTHERS));
        }
        legend
    }

    pub(super) fn caption(&self) -> String {
        match self {
            Self::Time { .. } => "Colour: training step.".to_owned(),
            Self::Norm { .. } => "Colour: Euclidean norm of the row.".to_owned(),
            Self::Label {
                column,
                names,
                others,
                ..
            } => {
                let mut caption = format!("Colour: {column}");
                if others[1] > 0 {
                    caption += &format!(
                        " (the {} largest of {} groups)",
                        names.len(),
                        names.len() + others[1]
                    );
                }
                caption + "."
            }
            Self::Plain(_) => String::new(),
        }
    }
}

fn different(cells: &[Arc<str>]) -> usize {
    let set: std::collections::HashSet<&str> = cells.iter().map(|cell| &**cell).collect();
    set.len()
}
