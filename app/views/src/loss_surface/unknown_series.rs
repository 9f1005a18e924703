//! Series of which none has a name that suggests a loss, a reward or an accuracy, in a panel each: nothing says which of them is what
//! the runs are about.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::{Run, Series};
use trainscape_scene::scene::Scene;

use super::{metric_panel::is_plane, stand_in::is_measure};
use crate::{ViewSettings, caption::Caption, facets, run_rows, samples::counted, waterfall};

/// The largest number of panels.
const MOST_PANELS: usize = 9;
/// The share of the largest number of runs that log a key.
const NEARLY_ALL: f64 = 0.9;

/// The panels; `None` where the runs log one such series, where one of them is no plane, or the settings choose what is drawn.
pub(super) fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Option<Scene> {
    if facets::are_chosen(settings) || settings.range(2).is_some() {
        return None;
    }
    let drawn = || runs.iter().filter(|run| settings.draws_run(&run.id));
    let keys = keys(drawn());
    let shown = &keys[..keys.len().min(MOST_PANELS)];
    if shown.len() < 2 {
        return None;
    }
    let panel = |key: &Arc<str>| {
        let (members, notes) = run_rows::members_with_key(runs, settings, key).ok()?;
        let scene = waterfall::in_plane(&members, None, &notes, settings).ok()?;
        is_plane(&scene).then(|| (key.to_string(), scene))
    };
    let panels: Vec<(String, Scene)> = shown.iter().map(panel).collect::<Option<_>>()?;
    let captions = panels.iter().map(|(_, scene)| scene.caption.clone());
    let captions: Vec<String> = captions.collect();
    let mut scene = facets::compose(panels, [false, false])?;
    let x = facets::x_of_title(&scene).to_owned();
    scene.axes[2].title.clear();
    let of_runs = match drawn().count() {
        1 => drawn()
            .next()
            .map_or_else(String::new, |run| run.name.to_string()),
        several => counted(several, "run"),
    };
    scene.title = format!("{} series by {x}, {of_runs}", shown.len());
    let which = match keys.len() - shown.len() {
        0 => String::new(),
        more => format!(", {more} more are not shown"),
    };
    let mut caption = Caption::new(format!(
        "No series has a name that suggests a loss, a reward or an accuracy: each has a panel{which}"
    ));
    for of_panel in &captions {
        caption = caption.and_new_ones_of(of_panel);
    }
    scene.caption = caption.into_text();
    Some(scene)
}

/// The keys that nearly all runs log which log any, in the order in which they were first seen.
fn keys<'a>(runs: impl Iterator<Item = &'a Arc<Run>>) -> Vec<Arc<str>> {
    let mut votes: BTreeMap<&Arc<str>, (usize, u32)> = BTreeMap::new();
    for run in runs {
        let is_wanted = |(key, series): &(&Arc<str>, &Arc<Series>)| {
            is_measure(run, key, series) && !is_twin(run, key)
        };
        for (key, _) in run.series.iter().filter(is_wanted) {
            let seen = run.first_seen.get(key).copied().unwrap_or(u32::MAX);
            let (count, first) = votes.entry(key).or_insert((0, seen));
            *count += 1;
            *first = (*first).min(seen);
        }
    }
    let most = votes.values().map(|(count, _)| *count).max().unwrap_or(0);
    let mut keys: Vec<(u32, &Arc<str>)> = votes
        .into_iter()
        .filter(|(_, (count, _))| *count as f64 >= NEARLY_ALL * most as f64)
        .map(|(key, (_, first))| (first, key))
        .collect();
    keys.sort();
    let mut of_family: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, key) in &keys {
        *of_family.entry(family(key)).or_default() += 1;
    }
    let is_numbered = |key: &str| family(key) != key && of_family[family(key)] > MOST_OF_FAMILY;
    let others = keys.iter().filter(|(_, key)| !is_numbered(key));
    let others: Vec<Arc<str>> = others.map(|(_, key)| Arc::clone(key)).collect();
    match others.is_empty() {
        true => keys.into_iter().map(|(_, key)| Arc::clone(key)).collect(),
        false => others,
    }
}

/// So many series that differ in a number at their ends are parts of something, beside other series.
const MOST_OF_FAMILY: usize = 4;

/// A key without the number at its end.
fn family(key: &str) -> &str {
    key.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// Whether a series holds the least or the largest values of another one, as those that W&B's charts export.
fn is_twin(run: &Run, key: &str) -> bool {
    let ends = ["__MIN", "__MAX"].iter();
    let mut of = ends.filter_map(|end| key.strip_suffix(end));
    of.any(|of| run.series.contains_key(of))
}

#[cfg(test)]
mod tests {
    use trainscape_run::Point;

    use super::*;

    fn run(id: &str, keys: &[&str]) -> Arc<Run> {
        let mut run = Run::new(id, id, id.into());
        for (place, key) in keys.iter().enumerate() {
            let mut series = Series::new(*key);
            for step in 0..9_i64 {
                series.push(Point {
                    step: step.into(),
                    wall_time_secs: None,
                    value: ((step * step + place as i64) % 7) as f64 + id.len() as f64,
                });
            }
            run.first_seen.insert((*key).into(), place as u32);
            run.series.insert((*key).into(), Arc::new(series));
        }
        Arc::new(run)
    }

    #[test]
    fn each_series_has_a_panel() {
        let runs = [
            run("a", &["queue", "cars", "time"]),
            run("bb", &["queue", "cars"]),
        ];
        let scene = build(&runs, &ViewSettings::default()).unwrap();
        let titles: Vec<&str> = scene.facets.iter().map(|facet| &*facet.title).collect();
        assert_eq!(titles, ["queue", "cars"]);
        assert_eq!(scene.title, "2 series by step, 2 runs");
        let names: Vec<&str> = scene.legend.iter().map(|entry| &*entry.label).collect();
        assert_eq!(names, ["a", "bb"]);
        assert!(build(&[run("a", &["queue"])], &ViewSettings::default()).is_none());
        let family = ["queue", "cars", "h_1", "h_2", "h_3", "h_4", "h_5"];
        let scene = build(&[run("a", &family)], &ViewSettings::default()).unwrap();
        assert_eq!(scene.facets.len(), 2);
        let many: Vec<String> = (0..12).map(|at| format!("s{at}x")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let scene = build(&[run("a", &many)], &ViewSettings::default()).unwrap();
        assert_eq!(scene.facets.len(), MOST_PANELS);
        assert!(
            scene.caption.contains("3 more are not shown"),
            "{}",
            scene.caption
        );
    }
}
