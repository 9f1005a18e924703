//! Runs that are logged by different counters, by epoch and by step: on one axis an epoch would stand where a step is.

use std::collections::BTreeMap;

use super::{
    run_rows::RunSeries,
    samples::{counted, verb},
    x_lookup::counted_by,
};

/// The last steps of runs that count the same differ less.
const FACTOR: f64 = 10.0;

/// Leaves out the runs whose steps count something else than those of most runs, as far as their numbers show it, too. Returns
/// the sentence on them.
pub(super) fn leave_out(members: &mut Vec<RunSeries>) -> Option<String> {
    let unit = |member: &RunSeries| {
        let run = std::slice::from_ref(&member.run);
        counted_by(run, member.series.key()).unwrap_or_else(|| "step".to_owned())
    };
    let units: Vec<String> = members.iter().map(unit).collect();
    let mut by_unit: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (unit, member) in units.iter().zip(&*members) {
        let last = member.series.last().map(|point| point.step.as_f64());
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
    let mut is_kept = is_kept.into_iter();
    members.retain(|_| is_kept.next() == Some(true));
    Some(sentence)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use trainscape_run::{Point, Role, Run, Series};

    use super::*;

    fn member(name: &str, counter: &str, steps: &[i64]) -> RunSeries {
        let mut run = Run::new(name, name, name.into());
        let point = |step: i64, value: f64| Point {
            step: step.into(),
            wall_time_secs: None,
            value,
        };
        for (key, value) in [(counter, None), ("loss", Some(1.0))] {
            let mut series = Series::new(key);
            let points = steps.iter();
            series.extend(points.map(|step| point(*step, value.unwrap_or(*step as f64))));
            run.series.insert(key.into(), Arc::new(series));
        }
        run.roles.insert(counter.into(), Role::Step);
        let series = Arc::clone(&run.series["loss"]);
        RunSeries {
            ordinal: 0,
            run: Arc::new(run),
            series,
        }
    }

    #[test]
    fn epochs_are_not_drawn_as_steps() {
        let by_step = || member("a", "step", &[0, 100, 200, 500]);
        let mut members = vec![by_step(), member("b", "epoch", &[0, 1, 2, 5])];
        let sentence = leave_out(&mut members);
        assert_eq!(
            sentence.as_deref(),
            Some("1 run logged by epoch is left out: the others are logged by step")
        );
        assert_eq!(members.len(), 1);
        // A log may not say that its steps are epochs.
        let mut members = vec![
            member("a", "step", &[1, 2, 3]),
            member("b", "epoch", &[1, 2, 4]),
        ];
        assert_eq!(leave_out(&mut members), None);
        let mut members = vec![by_step(), by_step()];
        assert_eq!(leave_out(&mut members), None);
    }
}
