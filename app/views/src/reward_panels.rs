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

/// The runs that log the reward under one key.
struct Rewarded<'a> {
    key: Arc<str>,
    runs: Vec<&'a Arc<Run>>,
}

impl<'a> Rewarded<'a> {
    /// Those with the key that most of the runs use, and the other runs.
    fn most_of(runs: &[&'a Arc<Run>]) -> Option<(Self, Vec<&'a Arc<Run>>)> {
        let key = key_with_role(runs.iter().copied(), Role::Reward)?;
        let (runs, others) = runs.iter().partition(|run| run.series.contains_key(&key));
        Some((Self { key, runs }, others))
    }

    fn curves(&self) -> usize {
        let runs = self.runs.iter();
        let is_curve = |run: &&&Arc<Run>| {
            let series = &run.series[&self.key];
            series.len() > 1 && series.value_range().is_some()
        };
        runs.filter(is_curve).count()
    }

    fn scene(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
        let ids: BTreeSet<String> = self.runs.iter().map(|run| run.id.to_string()).collect();
        let settings = ViewSettings {
            runs_of_panel: !settings.has_chosen_runs(),
            runs: Some(ids),
            ..settings.clone()
        };
        let (members, notes) = run_rows::members_with_key(runs, &settings, &self.key)?;
        waterfall::build(&members, Some(Role::Reward), &notes, &settings)
    }

    /// The key, with a word that is in the names of all these runs and of none of the others: an algorithm's name, say.
    fn title(&self, others: &Self) -> String {
        let own = self.words();
        let mut shared = own.first().cloned().unwrap_or_default();
        shared.retain(|word| own.iter().all(|words| words.contains(word)));
        for words in others.words() {
            shared.retain(|word| !words.contains(word));
        }
        match shared.first() {
            Some(word) => format!("{} ({word})", self.key),
            None => self.key.to_string(),
        }
    }

    /// The words of the last parts of the ids.
    fn words(&self) -> Vec<BTreeSet<String>> {
        let of_id = |id: &str| {
            let last = id.rsplit('/').next().unwrap_or(id).to_lowercase();
            let words = last.split(|c: char| !c.is_alphanumeric());
            let words =
                words.filter(|word| word.len() > 1 && word.chars().all(char::is_alphabetic));
            words.map(str::to_owned).collect()
        };
        self.runs.iter().map(|run| of_id(&run.id)).collect()
    }
}

/// The rewards under the two keys that most runs use; `None` where nearly all use one, or the settings choose what is drawn.
pub(super) fn build(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Option<Result<Scene, NotAvailable>> {
    let is_chosen = |run: &Arc<Run>| run.chosen_roles.contains(&Role::Reward);
    if facets::are_chosen(settings) || settings.range(2).is_some() || runs.iter().any(is_chosen) {
        return None;
    }
    let drawn = runs.iter().filter(|run| settings.draws_run(&run.id));
    let (first, others) = Rewarded::most_of(&drawn.collect::<Vec<_>>())?;
    let (second, without) = Rewarded::most_of(&others)?;
    if second.curves() < 2 || second.curves() * RUNS_PER_RUN < first.curves() {
        return None;
    }
    let scenes = first.scene(runs, settings);
    let scenes = scenes.and_then(|of_first| Ok([of_first, second.scene(runs, settings)?]));
    match scenes {
        Ok(scenes) => composed(scenes, [&first, &second], without.len()).map(Ok),
        Err(error) => Some(Err(error)),
    }
}

/// Both as panels of one scene; `None` where one of them is no plane.
fn composed(
    mut scenes: [Scene; 2],
    [first, second]: [&Rewarded<'_>; 2],
    without: usize,
) -> Option<Scene> {
    let is_plane =
        |scene: &Scene| scene.flat && scene.facets.is_empty() && scene.colour_bar.is_none();
    if !scenes.iter().all(is_plane) {
        return None;
    }
    // The number of groups in a panel names none.
    let [a, b] = &scenes;
    if a.legend.len() == 1 && b.legend.len() == 1 && a.legend[0].label != b.legend[0].label {
        scenes.iter_mut().for_each(|scene| scene.legend.clear());
    }
    let [a, b] = scenes;
    let caption = Caption::new(&a.caption)
        .and_new_ones_of(&b.caption)
        .sentence_if(without > 0, || {
            left_out_runs(without, &format!("{} or {}", first.key, second.key))
        })
        .into_text();
    let x = match a.axes[0].title == b.axes[0].title {
        true => &*a.axes[0].title,
        false => "step",
    };
    let title = format!(
        "{} by {x}, {} in 2 panels",
        quantity_title("reward", Some(Role::Reward)),
        counted(first.runs.len() + second.runs.len(), "run"),
    );
    let panels = vec![(first.title(second), a), (second.title(first), b)];
    facets::side_by_side(panels, title, caption)
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
            ("ppo_ccc", "objective/scores"),
            ("ppo_dddd", "objective/scores"),
        ]);
        let expected: Vec<String> = ["reward", "objective/scores (ppo)"]
            .map(str::to_owned)
            .into();
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
