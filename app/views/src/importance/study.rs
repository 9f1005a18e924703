//! The studies of an optimisation: each has an objective of its own, so that scores of several cannot be compared.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use trainscape_run::{ConfigValue, Run};

/// The key under which the trials of Optuna name their study.
const STUDY: &str = "optuna.study";
/// A study of fewer trials explains nothing.
const FEWEST_TRIALS: usize = 3;
/// So many of the largest studies are tried for one whose parameters predict its score.
const MOST_CANDIDATES: usize = 5;

/// The study that is explained, of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChosenStudy {
    name: String,
    /// How many there are.
    studies: usize,
    /// The runs of the others.
    left_out: usize,
}

impl ChosenStudy {
    pub(super) fn sentence(&self) -> String {
        let Self {
            name,
            studies,
            left_out,
        } = self;
        let are = if *left_out == 1 { "run is" } else { "runs are" };
        format!(
            "Of {studies} studies one is explained, {name}: {left_out} {are} left out, as the scores of another study \
             are other quantities (`--runs` chooses)."
        )
    }
}

/// The runs of each of the largest studies, where there are several; all runs otherwise.
pub(super) fn candidates<'a>(
    runs: &[&'a Arc<Run>],
) -> Vec<(Vec<&'a Arc<Run>>, Option<ChosenStudy>)> {
    let mut by_name: BTreeMap<&str, Vec<&Arc<Run>>> = BTreeMap::new();
    for run in runs {
        if let Some(ConfigValue::Text(name)) = run.config.get(STUDY) {
            by_name.entry(name).or_default().push(run);
        }
    }
    let studies = by_name.len();
    let mut largest: Vec<(&str, Vec<&Arc<Run>>)> = by_name.into_iter().collect();
    largest.retain(|(_, runs)| runs.len() >= FEWEST_TRIALS);
    if studies < 2 || largest.is_empty() {
        return vec![(runs.to_vec(), None)];
    }
    largest.sort_by_key(|(_, runs)| Reverse(runs.len()));
    largest.truncate(MOST_CANDIDATES);
    let chosen = |(name, of_study): (&str, Vec<&'a Arc<Run>>)| {
        let chosen = ChosenStudy {
            name: name.to_owned(),
            studies,
            left_out: runs.len() - of_study.len(),
        };
        (of_study, Some(chosen))
    };
    largest.into_iter().map(chosen).collect()
}

#[cfg(test)]
mod tests {
    use trainscape_run::Config;

    use super::*;

    fn run(id: &str, study: Option<&str>) -> Arc<Run> {
        let mut run = Run::new(id, id, id.into());
        let config = study.map(|study| (STUDY.to_owned(), ConfigValue::Text(study.to_owned())));
        run.config = Arc::new(config.into_iter().collect::<Config>());
        Arc::new(run)
    }

    #[test]
    fn of_several_studies_the_largest_comes_first() {
        let studies = ["a", "b", "b", "b", "c", "c", "c", "c"];
        let mut runs: Vec<_> = studies
            .iter()
            .map(|study| run(study, Some(study)))
            .collect();
        runs.push(run("other", None));
        let found = candidates(&runs.iter().collect::<Vec<_>>());
        let sizes: Vec<usize> = found.iter().map(|(runs, _)| runs.len()).collect();
        assert_eq!(sizes, [4, 3]);
        let sentence = found[0].1.as_ref().unwrap().sentence();
        assert!(sentence.starts_with("Of 3 studies one is explained, c: 5 runs are left out"));
        for some in [&runs[1..4], &runs[..3]] {
            let found = candidates(&some.iter().collect::<Vec<_>>());
            assert_eq!((found.len(), found[0].0.len(), &found[0].1), (1, 3, &None));
        }
    }
}
