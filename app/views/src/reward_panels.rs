//! Rewards that runs log under two keys, in a panel each: values under different keys are different quantities, but both are
//! what the runs are for.

use std::{collections::BTreeSet, sync::Arc};

use trainscape_run::{Role, Run};
use trainscape_scene::scene::Scene;

use super::{
    NotAvailable, ViewSettings,
    caption::Caption,
    facets, run_rows,
    samples::{counted, key_with_role, left_out_runs, quantity_title},
    waterfall,
};

/// A second key is that of one run for so many of the first, at least.
const RUNS_PER_RUN: usize = 2;

/// The rewards under the two keys that most runs use; `None` where nearly all use one, or the settings choose what is drawn.
pub(super) fn build(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Option<Result<Scene, NotAvailable>> {
    let is_chosen = facets::are_chosen(settings) || settings.range(2).is_some();
    let chosen = runs
        .iter()
        .any(|run| run.chosen_roles.contains(&Role::Reward));
    if is_chosen || chosen {
        return None;
    }
    let drawn: Vec<&Arc<Run>> = runs
        .iter()
        .filter(|run| settings.draws_run(&run.id))
        .collect();
    let first = key_with_role(drawn.iter().copied(), Role::Reward)?;
    let (with_first, others) = with_key(&drawn, &first);
    let second = key_with_role(others.iter().copied(), Role::Reward)?;
    let (with_second, without) = with_key(&others, &second);
    let is_usual = |runs: &[&Arc<Run>], key: &str| {
        let curves = runs.iter().filter(|run| run.series[key].len() > 1);
        curves.count()
    };
    let (of_first, of_second) = (
        is_usual(&with_first, &first),
        is_usual(&with_second, &second),
    );
    if of_second < 2 || of_second * RUNS_PER_RUN < of_first {
        return None;
    }
    let panel = |key: &Arc<str>, of_key: &[&Arc<Run>]| -> Result<Scene, NotAvailable> {
        let ids: BTreeSet<String> = of_key.iter().map(|run| run.id.to_string()).collect();
        let settings = ViewSettings {
            runs: Some(ids),
            ..settings.clone()
        };
        let (members, notes) = run_rows::members_with_key(runs, &settings, key)?;
        waterfall::build(&members, Some(Role::Reward), &notes, &settings)
    };
    let scenes =
        panel(&first, &with_first).and_then(|a| panel(&second, &with_second).map(|b| [a, b]));
    let [a, b] = match scenes {
        Ok(scenes) => scenes,
        Err(error) => return Some(Err(error)),
    };
    let is_plane =
        |scene: &Scene| scene.flat && scene.facets.is_empty() && scene.colour_bar.is_none();
    if !is_plane(&a) || !is_plane(&b) {
        return None;
    }
    let [mut a, mut b] = [a, b];
    // The number of groups in a panel names none.
    if a.legend.len() == 1 && b.legend.len() == 1 && a.legend[0].label != b.legend[0].label {
        a.legend.clear();
        b.legend.clear();
    }
    let caption = Caption::new(format!("{} {}", a.caption, b.caption))
        .sentence_if(!without.is_empty(), || {
            left_out_runs(without.len(), "a reward")
        })
        .into_text();
    let title = format!(
        "{} by {}, {} in 2 panels",
        quantity_title("reward", Some(Role::Reward)),
        a.axes[0].title,
        counted(with_first.len() + with_second.len(), "run"),
    );
    let mut scene = facets::compose(
        vec![(first.to_string(), a), (second.to_string(), b)],
        [false, false],
    )?;
    scene.title = title;
    scene.caption = caption;
    // The panels have their titles.
    scene.axes[2].title.clear();
    Some(Ok(scene))
}

/// The runs that log `key`, and the others.
fn with_key<'a>(runs: &[&'a Arc<Run>], key: &str) -> (Vec<&'a Arc<Run>>, Vec<&'a Arc<Run>>) {
    runs.iter().partition(|run| run.series.contains_key(key))
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Point, Series};

    use super::*;

    fn run(id: &str, key: &str) -> Arc<Run> {
        let mut run = Run::new(id, id, id.into());
        let mut series = Series::new(key);
        series.extend((0..9_i64).map(|step| Point {
            step: step.into(),
            wall_time_secs: None,
            value: (step + id.len() as i64) as f64,
        }));
        run.roles.insert(key.into(), Role::Reward);
        run.series.insert(key.into(), Arc::new(series));
        Arc::new(run)
    }

    fn titles(runs: &[Arc<Run>]) -> Option<Vec<String>> {
        let scene = build(runs, &ViewSettings::default())?.unwrap();
        let facets = scene.facets.iter();
        Some(facets.map(|facet| facet.title.clone()).collect())
    }

    #[test]
    fn rewards_under_two_keys_have_a_panel_each() {
        let of = |names: [(&str, &str); 4]| names.map(|(id, key)| run(id, key));
        let two = of([
            ("a", "reward"),
            ("bb", "reward"),
            ("ccc", "objective/scores"),
            ("dddd", "objective/scores"),
        ]);
        let expected: Vec<String> = ["reward", "objective/scores"].map(str::to_owned).into();
        assert_eq!(titles(&two), Some(expected));
        // A single run under another key is left out, as ever.
        let one = of([
            ("a", "reward"),
            ("bb", "reward"),
            ("ccc", "reward"),
            ("dddd", "objective/scores"),
        ]);
        assert_eq!(titles(&one), None);
    }
}
