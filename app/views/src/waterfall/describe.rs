//! The caption of a waterfall.

use trainscape_scene::{scene::Scene, ticks::format_value};

use super::{MOST_CURTAINS, Waterfall};
use crate::{caption::Caption, run_rows, samples::counted};

impl Waterfall<'_> {
    pub(super) fn results_caption(&self, scene: &Scene, extremes: &str) -> Caption {
        let points = self.sum(|row| row.samples.points.len());
        Caption::new(format!(
            "{} for {}, {}",
            self.key,
            counted(self.rows.len(), "run"),
            counted(points, "logged point"),
        ))
        .sentence(match &self.conditions {
            Some(conditions) => format!("One dot per run; {}", conditions.note),
            None => format!("One dot per run, {}", self.order.note),
        })
        .sentence(self.means_of_results().text(self.side))
        .sentence(self.beyond_text(scene))
        .sentences(self.many.as_ref().map(|many| many.note.clone()))
        .sentence(extremes)
    }

    pub(super) fn caption(&self, scene: &Scene, extremes: &str) -> Caption {
        let stride = self.line_stride();
        let of = match self.rows.as_slice() {
            [row] => format!("run {}", self.members[row.member].run.name),
            rows => counted(rows.len(), "run"),
        };
        Caption::new(format!(
            "{} by {} for {of}, {}",
            self.key,
            scene.axes[0].title,
            counted(self.sum(|row| row.samples.points.len()), "logged point"),
        ))
        .sentences(self.only_step.map(|step| {
            let at = format_value(step);
            format!("All points were logged at step {at}: they are drawn in the order of the log")
        }))
        .sentence_if(
            self.sum(|row| row.samples.points.len()) == 1,
            || "A single point has no line: it is drawn as a dot",
        )
        .sentence_if(self.rows.len() > 1 && !self.is_flat, || {
            let what = if self.rows.iter().all(|row| row.samples.points.len() == 1) {
                "dot"
            } else if self.rows.len() <= MOST_CURTAINS {
                "curtain"
            } else {
                "line"
            };
            format!("One {what} per run, {}", self.order.note)
        })
        .sentences(self.many.as_ref().map(|many| many.note.clone()))
        .sentences(self.seeds.text(&self.key, &scene.axes[0].title))
        .sentence(extremes)
        .sentence(self.counterpart.text(&scene.axes[0].title))
        .sentence_if(self.window > 1 && !self.seeds.is_empty(), || {
            format!(
                "Each run is averaged over {} points first{}",
                self.window,
                run_rows::chosen_text(self.settings)
            )
        })
        .sentence_if(self.window > 1 && self.seeds.is_empty(), || {
            let average = run_rows::average_text(self.window, self.settings);
            let dots = if self.shows_raw() {
                "; dots: logged values"
            } else {
                ""
            };
            let exceptions = run_rows::Exceptions::of(self.rows.iter(), self.window);
            format!("{average}{}{dots}", exceptions.text())
        })
        .sentence_if(stride > 1, || format!("One line in {stride} is drawn"))
    }
}
