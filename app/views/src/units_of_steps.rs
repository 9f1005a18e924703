//! Runs that are logged by different counters, by epoch and by step: on one axis an epoch would stand where a step is.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::{Run, Series};

use super::{
    samples::{counted, verb},
    x_lookup::counted_by,
};

/// The last steps of runs that count the same differ less.
const FACTOR: f64 = 10.0;

/// Finds the runs, each with its series, whose steps count something else than those of most runs, as far as their numbers show
/// it, too. Returns which are kept, and the sentence on the others; `None` if all are kept.
pub(super) fn kept(members: &[(&Arc<Run>, &Series)]) -> Option<(Vec<bool>, String)> {
    let unit = |(run, series): &(&Arc<Run>, &Series)| {
        let counted = counted_by(std::slice::from_ref(*run), series.key());
        counted.unwrap_or_else(|| match has_fractions(series) {
            // There is no half of a step; loggers write fractions of epochs.
            true => "epoch".to_owned(),
            false => "step".to_owned(),
        })
    };
    let units: Vec<String> = members.iter().map(unit).collect();
    let mut by_unit: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (unit, (_, series)) in units.iter().zip(members) {
        let last = series.last().map(|point| point.step.as_f64());
        by_unit.entry(unit).or_default().extend(last);
    }
    if by_unit.len() < 2 {
        return None;
    }
    // Of equally many, those by step.
    let rank = |(unit, lasts): &(&&str, &Vec<f64>)| (lasts.len(), **unit == "step");
    let (most, lasts) = by_unit.iter().max_by_key(rank)?;
    let usual = median(lasts);
    let differs = |unit: &str| {
        let other = by_unit.get(unit).map_or(usual, |lasts| median(lasts));
        unit != *most && (other * FACTOR <= usual || usual * FACTOR <= other)
    };
    let left_out: Vec<&str> = by_unit
        .keys()
        .copied()
        .filter(|unit| differs(unit))
        .collect();
    if left_out.is_empty() {
        return None;
    }
    let is_kept: Vec<bool> = units
        .iter()
        .map(|unit| !left_out.contains(&&**unit))
        .collect();
    let count = is_kept.iter().filter(|kept| !**kept).count();
    let sentence = format!(
        "{} logged by {} {} left out: the others are logged by {most}",
        counted(count, "run"),
        left_out.join(" or by "),
        verb(count)
    );
    Some((is_kept, sentence))
}

fn has_fractions(series: &Series) -> bool {
    const PROBED: usize = 8;
    let probed = (0..series.len().min(PROBED)).filter_map(|at| series.get(at));
    probed
        .map(|point| point.step.as_f64())
        .any(|step| step.fract() != 0.0)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Point, Role};

    use super::*;

    fn run(name: &str, counter: &str, steps: &[i64]) -> Arc<Run> {
        let mut run = Run::new(name, name, name.into());
        for (key, constant) in [(counter, None), ("loss", Some(1.0))] {
            let mut series = Series::new(key);
            series.extend(steps.iter().map(|step| Point {
                step: (*step).into(),
                wall_time_secs: None,
                value: constant.unwrap_or(*step as f64),
            }));
            run.series.insert(key.into(), Arc::new(series));
        }
        run.roles.insert(counter.into(), Role::Step);
        Arc::new(run)
    }

    fn kept_of(runs: &[Arc<Run>]) -> Option<(Vec<bool>, String)> {
        let members = runs.iter().map(|run| (run, &*run.series["loss"]));
        kept(&members.collect::<Vec<_>>())
    }

    #[test]
    fn epochs_are_not_drawn_as_steps() {
        let by_step = || run("a", "step", &[0, 100, 200, 500]);
        let (kept, sentence) = kept_of(&[by_step(), run("b", "epoch", &[0, 1, 2, 5])]).unwrap();
        assert_eq!(kept, [true, false]);
        assert_eq!(
            sentence,
            "1 run logged by epoch is left out: the others are logged by step"
        );
        // A log may not say that its steps are epochs.
        let alike = [run("a", "step", &[1, 2, 3]), run("b", "epoch", &[1, 2, 4])];
        assert_eq!(kept_of(&alike), None);
        assert_eq!(kept_of(&[by_step(), by_step()]), None);
    }
}
