//! What a terrain is made of.

use std::sync::Arc;

use trainscape_run::Run;

use super::{
    row::SweepRow,
    sheets::{self, Sheets},
};
use crate::{
    NotAvailable, ViewSettings,
    loss_surface::selection::PerRun,
    run_rows::{self, RunSeries},
};

/// The selected data.
pub(super) struct Terrain<'a> {
    pub(super) members: &'a [RunSeries],
    pub(super) second: &'a PerRun,
    pub(super) settings: &'a ViewSettings,
    pub(super) runs: Vec<Arc<Run>>,
    /// The loss.
    pub(super) key: Arc<str>,
    /// Points in the moving average.
    pub(super) window: usize,
    /// The runs with samples, by rising second coordinate.
    pub(super) rows: Vec<SweepRow>,
    /// Which of them make one surface.
    pub(super) sheets: Sheets,
    /// Runs left out because their second coordinate is not positive and its axis is logarithmic.
    pub(super) without_log: usize,
}

impl<'a> Terrain<'a> {
    pub(super) fn select(
        members: &'a [RunSeries],
        second: &'a PerRun,
        settings: &'a ViewSettings,
    ) -> Result<Self, NotAvailable> {
        let (rows, window) = run_rows::rows(members, settings)?;
        let mut rows: Vec<SweepRow> = rows
            .into_iter()
            .map(|row| SweepRow {
                y: second.values[row.member],
                row,
            })
            .collect();
        rows.sort_by(|a, b| a.y.total_cmp(&b.y));
        let all_rows = rows.len();
        if settings.log(1) == Some(true) && second.names.is_none() {
            rows.retain(|row| row.y > 0.0);
        }
        if rows.is_empty() {
            return Err(NotAvailable::new(format!(
                "no run has a {} above zero, which a logarithmic axis needs; a linear one shows all",
                second.title
            ))
            .on_command_line("choose it with `--linear y`"));
        }
        Ok(Self {
            members,
            second,
            settings,
            runs: members.iter().map(|member| member.run.clone()).collect(),
            key: members[0].series.key().clone(),
            window,
            without_log: all_rows - rows.len(),
            sheets: sheets::sheets(&rows, members, second.key.as_deref()),
            rows,
        })
    }

    /// Whether nothing else has the second coordinate of a row.
    pub(super) fn is_alone(&self, row: usize) -> bool {
        let y = self.rows[row].y;
        let others = self.rows.iter().enumerate();
        others
            .filter(|(other, _)| *other != row)
            .all(|(_, other)| !super::row::is_same_place(other.y, y))
    }
}
