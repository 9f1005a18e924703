//! The losses of the two networks of an adversarial training (Goodfellow et al., 2014), in a panel each: each is low where the
//! other one is high, so that neither alone shows the training, and no minimum of one of them is its best state.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use trainscape_run::{Role, Run};
use trainscape_scene::scene::Scene;

use super::metric_panel::is_plane;
use crate::{
    NotAvailable, ViewSettings, caption::Caption, facets, run_rows, samples::counted, waterfall,
};

const GENERATOR: [&str; 3] = ["g", "gen", "generator"];
const DISCRIMINATOR: [&str; 5] = ["d", "dis", "disc", "discriminator", "critic"];
/// Terms of a loss, which is logged as a whole, too.
const TERMS: [&str; 6] = ["reg", "penalty", "gp", "fake", "real", "std"];

/// Words for the part of a loss that one network has from the other one.
const ADVERSARIAL: [&str; 5] = ["adv", "adversarial", "gan", "fake", "real"];

/// The keys of the two losses.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pair {
    discriminator: Arc<str>,
    generator: Arc<str>,
}

/// Both losses, where at least half of the drawn runs that log a curve of a loss log them and the settings do not choose what is drawn.
pub(super) fn build(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Option<Result<Scene, NotAvailable>> {
    let is_chosen = |run: &Arc<Run>| run.chosen_roles.contains(&Role::Loss);
    if facets::are_chosen(settings) || settings.range(2).is_some() || runs.iter().any(is_chosen) {
        return None;
    }
    let drawn = runs.iter().filter(|run| settings.draws_run(&run.id));
    let pair = Pair::of(drawn)?;
    let scene = |key: &str| {
        let (members, notes) = run_rows::members_with_key(runs, settings, key)?;
        waterfall::in_plane(&members, None, &notes, settings)
    };
    let scenes = scene(&pair.discriminator).and_then(|of_d| Ok((of_d, scene(&pair.generator)?)));
    match scenes {
        Ok((of_d, of_g)) => composed(&pair, of_d, of_g).map(Ok),
        Err(error) => Some(Err(error)),
    }
}

impl Pair {
    /// The pair of keys that differ in the name of the network alone, and that most runs log.
    fn of<'a>(runs: impl Iterator<Item = &'a Arc<Run>>) -> Option<Self> {
        let (mut counts, mut all) = (BTreeMap::<(Arc<str>, Arc<str>), usize>::new(), 0);
        for run in runs {
            let is_curve = |key: &&Arc<str>| run.series[*key].len() > 1;
            let losses = run.roles.iter().filter(|(_, role)| **role == Role::Loss);
            let keys = losses.map(|(key, _)| key);
            let keys: Vec<&Arc<str>> = keys
                .filter(|key| run.series.contains_key(*key))
                .filter(is_curve)
                .collect();
            all += usize::from(!keys.is_empty());
            let of_generators: BTreeMap<String, &Arc<str>> = keys
                .iter()
                .filter_map(|key| Some((without(key, &GENERATOR)?, *key)))
                .collect();
            for key in keys {
                let shape = without(key, &DISCRIMINATOR);
                let generator = shape.and_then(|shape| of_generators.get(&shape));
                if let Some(generator) = generator.filter(|generator| **generator != key) {
                    let pair = (Arc::clone(key), Arc::clone(generator));
                    *counts.entry(pair).or_default() += 1;
                }
            }
        }
        let is_term = |key: &str| words(key).iter().any(|word| TERMS.contains(&word.as_str()));
        // Of equal ones the first: the last is the greatest that `max_by_key` finds.
        let best = counts
            .into_iter()
            .rev()
            .max_by_key(|((discriminator, _), count)| {
                let short = std::cmp::Reverse(discriminator.len());
                (*count, !is_term(discriminator), short)
            });
        let ((discriminator, generator), count) = best?;
        (2 * count >= all).then_some(Self {
            discriminator,
            generator,
        })
    }
}

/// The words of a key, where `lossD` are two.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in key.chars() {
        let begins = c.is_uppercase() && before.is_lowercase();
        if !c.is_alphanumeric() || begins {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words
                .last_mut()
                .expect("it begins with one")
                .extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The key without the name of a network; `None` if it has none.
fn without(key: &str, networks: &[&str]) -> Option<String> {
    let mut words = words(key);
    let at = words
        .iter()
        .position(|word| networks.contains(&word.as_str()))?;
    words[at] = "*".to_owned();
    // `D_real` and `G_GAN` of pix2pix.
    words.retain(|word| !ADVERSARIAL.contains(&word.as_str()));
    Some(words.join(" "))
}

/// Both as panels of one scene; `None` where one of them is no plane.
fn composed(pair: &Pair, of_d: Scene, of_g: Scene) -> Option<Scene> {
    if !is_plane(&of_d) || !is_plane(&of_g) {
        return None;
    }
    let runs: BTreeSet<&str> = of_d
        .runs
        .iter()
        .chain(&of_g.runs)
        .map(|run| &*run.id)
        .collect();
    let whose = match runs.len() {
        1 => of_d
            .title
            .rsplit_once(", ")
            .map_or_else(String::new, |(_, name)| name.to_owned()),
        count => counted(count, "run"),
    };
    let title = format!("Adversarial losses by {}, {whose}", of_d.axes[0].title);
    let caption = Caption::new(&of_d.caption)
        .and_new_ones_of(&of_g.caption)
        .sentence("Each of the two losses is low where the other is high: no extreme is named")
        .into_text();
    let panels = vec![
        (pair.discriminator.to_string(), of_d),
        (pair.generator.to_string(), of_g),
    ];
    facets::side_by_side(panels, title, caption)
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Point, Series};

    use super::*;

    fn run(id: &str, keys: &[&str]) -> Arc<Run> {
        let mut run = Run::new(id, id, id.into());
        for key in keys {
            let mut series = Series::new(*key);
            series.extend((0..9_i64).map(|step| Point {
                step: step.into(),
                wall_time_secs: None,
                value: 1.0 / (step + key.len() as i64) as f64,
            }));
            run.roles.insert((*key).into(), Role::Loss);
            run.series.insert((*key).into(), Arc::new(series));
        }
        Arc::new(run)
    }

    fn titles(keys: &[&str]) -> Option<Vec<String>> {
        let scene = build(&[run("a", keys)], &ViewSettings::default())?.unwrap();
        assert!(scene.labels.is_empty());
        let facets = scene.facets.iter();
        Some(facets.map(|facet| facet.title.clone()).collect())
    }

    #[test]
    fn the_losses_of_both_networks_have_a_panel_each() {
        for [of_d, of_g] in [
            ["D_loss", "G_loss"],
            ["loss_dis", "loss_gen"],
            ["critic_loss", "generator_loss"],
            ["train_disc_loss", "train_gen_loss"],
            ["lossD", "lossG"],
        ] {
            let found = titles(&[of_g, of_d, "loss_l1"]);
            assert_eq!(found, Some(vec![of_d.to_owned(), of_g.to_owned()]));
        }
        let stylegan = [
            "Loss/D/loss.mean",
            "Loss/D/reg.mean",
            "Loss/G/loss.mean",
            "Loss/G/reg.mean",
        ];
        assert_eq!(
            titles(&stylegan),
            Some(vec![
                "Loss/D/loss.mean".to_owned(),
                "Loss/G/loss.mean".to_owned()
            ])
        );
    }

    #[test]
    fn a_critic_beside_an_actor_is_no_adversary() {
        assert_eq!(titles(&["critic_loss", "actor_loss"]), None);
        assert_eq!(titles(&["d_loss"]), None);
        let runs = [
            run("a", &["d_loss", "g_loss"]),
            run("b", &["loss"]),
            run("c", &["loss"]),
        ];
        assert!(build(&runs, &ViewSettings::default()).is_none());
    }
}
