//! The caption of a terrain.

use trainscape_scene::scene::Scene;

use super::{
    grid::{COLUMNS, MeasuredGrid},
    row::SweepRow,
    selected::Terrain,
    sheets,
};
use crate::{
    axes,
    caption::Caption,
    heights,
    held_out::SurfaceTest,
    run_rows,
    samples::{counted, counted_are, left_out},
};

/// What a caption describes beside the selected data.
pub(super) struct Described<'a> {
    pub(super) grids: &'a [MeasuredGrid],
    /// The test of the interpolation; `None` where no surface is possible or wanted.
    pub(super) test: Option<SurfaceTest>,
    /// Sentences on the minimum, and on outliers and what is not finite.
    pub(super) minimum: String,
    pub(super) beyond: String,
    /// Whether the logged points are drawn behind the lines.
    pub(super) shows_raw: bool,
    /// Points that the axes cannot show.
    pub(super) not_placed: usize,
}

impl Terrain<'_> {
    /// What is drawn, from which keys, what was averaged and what is left out.
    pub(super) fn caption(
        &self,
        scene: &Scene,
        described: &Described<'_>,
        notes: &[String],
    ) -> String {
        let y_title = &self.second.title;
        let sum = |of: fn(&SweepRow) -> usize| -> usize { self.rows.iter().map(of).sum() };
        let has_surface = !scene.surfaces.is_empty();
        let averages = described.grids.iter().any(MeasuredGrid::averages_runs);
        Caption::new(format!(
            "{} by {} and {y_title} (from {}) for {}, {}",
            self.key,
            scene.axes[0].title,
            self.second.source.replace('`', ""),
            counted(self.rows.len(), "run"),
            counted(sum(|row| row.row.samples.points.len()), "logged point"),
        ))
        .sentence(self.surface_text(has_surface))
        .sentences(described.test.as_ref().map(|test| test.sentence(has_surface)))
        .sentence(&described.minimum)
        .sentence_if(self.window > 1, || {
            let rows = self.rows.iter().map(|row| &row.row);
            let exceptions = run_rows::Exceptions::of(rows, self.window);
            let average = run_rows::average_text(self.window, self.settings);
            format!("{average}{}", exceptions.text())
        })
        .sentence_if(described.shows_raw, || "Dots are logged values")
        .sentence_if(has_surface && averages, || {
            format!("The surface averages runs with the same {y_title}, which differ only in their seed")
        })
        .sentence_if(
            has_surface && described.grids.iter().any(|grid| grid.thinned),
            || {
                format!(
                    "The surface averages the steps into {COLUMNS} columns; the lines show every point"
                )
            },
        )
        .sentence(self.other_factors_text(has_surface))
        .sentence_if(self.line_stride(scene) > 1, || {
            format!("One line in {} is drawn", self.line_stride(scene))
        })
        .sentence(&described.beyond)
        .sentence(left_out(
            sum(|row| row.row.samples.superseded),
            0,
        ))
        .sentence(axes::not_placed_text(described.not_placed, &scene.axes))
        .sentence_if(self.without_log > 0, || {
            format!(
                "{} left out: the {y_title} is zero or less on a logarithmic axis",
                counted_are(self.without_log, "run")
            )
        })
        .sentences(notes)
        .into_text()
    }

    fn surface_text(&self, has_surface: bool) -> String {
        if has_surface {
            let how = self
                .settings
                .method()
                .map_or("monotone cubic between adjacent runs", heights::method_name);
            return format!("Lines are runs; the surface is interpolated between them ({how})");
        }
        if self.second.names.is_some() {
            return format!(
                "Lines are runs; no surface is drawn between values of {}, which have no order",
                self.second.title
            );
        }
        match &self.sheets.factor {
            Some(factor) => format!("Lines are runs, coloured by {factor}"),
            None => "Lines are runs".to_owned(),
        }
    }

    fn other_factors_text(&self, has_surface: bool) -> String {
        if !has_surface || self.sheets.factor.is_some() {
            return String::new();
        }
        let key = self.second.key.as_deref();
        sheets::other_factors(&self.rows, self.members, key).map_or_else(String::new, |factors| {
            format!("The runs also differ in {factors}")
        })
    }
}
