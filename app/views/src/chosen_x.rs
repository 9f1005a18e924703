//! The x axis that the user chose: runs that lack it are left out, and the caption says what it shows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use trainscape_run::{Run, XOfSeries};
use trainscape_scene::scene::Scene;

use crate::{
    NotAvailable, ViewSettings, caption::Caption, samples::counted_are, x_lookup::left_out_before,
};

/// Names that the caption lists.
const MAX_NAMED: usize = 6;

/// A series as the x axis of all others, chosen for the view or for all runs.
pub(crate) struct ChosenX {
    key: String,
    /// Names of the drawn runs that do not have it.
    lacking: Vec<Arc<str>>,
    /// Ids of the drawn runs that have it.
    having: BTreeSet<String>,
}

impl ChosenX {
    /// `None` where the runs are drawn over their own x axes.
    pub(crate) fn of(runs: &[Arc<Run>], settings: &ViewSettings) -> Option<Self> {
        let drawn = || runs.iter().filter(|run| settings.draws_run(&run.id));
        let of_runs = || drawn().find_map(|run| run.chosen_x.get("*").map(|key| &**key));
        let key = settings.x().or_else(of_runs)?;
        let is_other = |run: &Arc<Run>| {
            let x = run.x_named(key, "");
            matches!(x, XOfSeries::Series(_) | XOfSeries::Missing)
        };
        if !drawn().any(is_other) {
            return None;
        }
        let (having, lacking): (Vec<_>, Vec<_>) = drawn()
            .filter(|run| !run.series.is_empty())
            .partition(|run| run.has_x(key));
        Some(Self {
            key: key.to_owned(),
            lacking: lacking.into_iter().map(|run| run.name.clone()).collect(),
            having: having.into_iter().map(|run| run.id.to_string()).collect(),
        })
    }

    /// The settings with the runs that have the series.
    ///
    /// # Errors
    /// If no run has it.
    pub(crate) fn settings(&self, settings: &ViewSettings) -> Result<ViewSettings, NotAvailable> {
        let mut settings = settings.clone();
        if self.having.is_empty() && !self.lacking.is_empty() {
            let reason = format!("no run has `{}` for the x axis", self.key);
            return Err(NotAvailable::new(reason));
        }
        if !self.lacking.is_empty() {
            settings.runs = Some(self.having.clone());
        }
        Ok(settings)
    }

    /// Says in the caption what the axis shows and which runs and points it cannot place.
    pub(crate) fn describe(&self, scene: &mut Scene, settings: &ViewSettings) {
        let of_panels = scene.facets.iter().map(|facet| &facet.axes[0].title);
        let mut titles = of_panels.chain([&scene.axes[0].title]);
        let is_shown = titles.any(|title| *title == self.key);
        let names = self.lacking.iter().take(MAX_NAMED).map(|name| &**name);
        let mut named = names.collect::<Vec<_>>().join(", ");
        if self.lacking.len() > MAX_NAMED {
            named += ", …";
        }
        let before: usize = match scene.caption.contains("before the first value") {
            true => 0,
            false => scene
                .runs
                .iter()
                .flat_map(|run| scene.keys.values().map(move |key| (run, key)))
                .map(|(run, key)| left_out_before(run, key, &self.key, settings))
                .sum(),
        };
        let key = &self.key;
        scene.caption = Caption::new(&scene.caption)
            .sentence_if(is_shown, || format!("Along x is `{key}`, matched by step"))
            .sentence_if(is_shown && before > 0, || {
                format!(
                    "{} left out: before the first value of `{key}`",
                    counted_are(before, "point")
                )
            })
            .sentence_if(!self.lacking.is_empty(), || {
                format!(
                    "{} left out, without `{key}`: {named}",
                    counted_are(self.lacking.len(), "run")
                )
            })
            .into_text();
    }
}

/// Says under which keys the log has what the user renamed.
pub(crate) fn describe_names(scene: &mut Scene) {
    let mut logged: BTreeMap<&str, &str> = BTreeMap::new();
    let titles = scene.axes.iter().map(|axis| &axis.title);
    let drawn: Vec<&String> = scene.keys.values().chain(titles).collect();
    for run in &scene.runs {
        let renamed = run.logged_keys.iter();
        let shown = renamed.filter(|(key, _)| drawn.iter().any(|name| **name == ***key));
        logged.extend(shown.map(|(key, of_log)| (&**key, &**of_log)));
    }
    if logged.is_empty() {
        return;
    }
    let names: Vec<String> = logged
        .iter()
        .map(|(key, of_log)| format!("`{key}` is logged as `{of_log}`"))
        .collect();
    scene.caption = Caption::new(&scene.caption)
        .sentence(names.join(", "))
        .into_text();
}
