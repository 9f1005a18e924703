//! The numbers of captions, counted again from the series of the demo run by other means than the views'.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/figures.rs"]
mod figures;

use std::sync::Arc;

use figures::{demo, project_blocking};
use trainscape_run::{Role, Run};
use trainscape_scene::{
    Scene,
    ticks::{format_derived, format_value},
};
use trainscape_views::{ViewKind, ViewSettings};

fn drawn(view: &str, runs: &[Arc<Run>], change: impl FnOnce(&mut ViewSettings)) -> Scene {
    let mut settings = ViewSettings {
        runs: Some(runs.iter().map(|run| run.id.to_string()).collect()),
        ..ViewSettings::default()
    };
    change(&mut settings);
    let all = &demo().runs;
    ViewKind::named(view)
        .build(all, &settings, &project_blocking())
        .unwrap()
}

/// Step and value of each finite point that no restart repeats.
fn points(run: &Run, key: &str) -> Vec<(f64, f64)> {
    let live = run.series[key].live();
    live.map(|(_, point)| (point.step.as_f64(), point.value))
        .filter(|(_, value)| value.is_finite())
        .collect()
}

fn sweep() -> Vec<Arc<Run>> {
    let snapshot = demo();
    let runs = snapshot.runs.iter();
    let sweep = runs.filter(|run| run.config.contains_key("peak_lr") && run.name.starts_with("lr"));
    sweep.cloned().collect()
}

#[test]
fn the_minimum_of_a_sweep_is_a_record_with_a_full_window() {
    const WINDOW: usize = 9;
    let runs = sweep();
    assert!(runs.len() > 3, "{} runs", runs.len());
    let key = runs[0].series_with_role(Role::Loss)[0].key().clone();
    let scene = drawn("loss-surface", &runs, |settings| {
        ViewKind::named("loss-surface")
            .set(settings, "smooth", WINDOW)
            .unwrap();
    });
    let mut lowest_mean = (f64::MAX, 0.0, 0.0, "");
    let mut lowest = (f64::MAX, 0.0, "");
    let mut count = 0;
    for run in &runs {
        let points = points(run, &key);
        count += points.len();
        for window in points.windows(WINDOW) {
            let mean = window.iter().map(|(_, value)| value).sum::<f64>() / WINDOW as f64;
            if mean < lowest_mean.0 {
                let (step, value) = window[WINDOW / 2];
                lowest_mean = (mean, step, value, &run.name);
            }
        }
        for (step, value) in points {
            if value < lowest.0 {
                lowest = (value, step, &run.name);
            }
        }
    }
    let caption = &scene.caption;
    let counted = format!("for {} runs, {count} logged points", runs.len());
    assert!(caption.contains(&counted), "{counted}: {caption}");
    let (mean, step, value, name) = lowest_mean;
    let (mean, step) = (format_derived(mean), format_value(step));
    let wanted = format!("Lowest mean of 9 points: {mean} at step {step} of {name}");
    assert!(caption.contains(&wanted), "{wanted}: {caption}");
    let wanted = format!("where {} was logged", format_value(value));
    assert!(caption.contains(&wanted), "{wanted}: {caption}");
    let (value, step, name) = lowest;
    let [value, step] = [value, step].map(format_value);
    let wanted = format!("Lowest logged value: {value} at step {step} of {name}");
    assert!(caption.contains(&wanted), "{wanted}: {caption}");
    // The marker is at the record.
    let marker = scene.markers.iter().find(|marks| marks.name == "minimum");
    let [x, _, z] = marker.unwrap().positions_unit[0];
    let at = |axis: usize, unit: f32| scene.axes[axis].value_from_unit(f64::from(unit));
    assert!((at(0, x) - lowest_mean.1).abs() < 0.01);
    assert!((at(2, z) - lowest_mean.0).abs() < 1e-4);
}

#[test]
fn points_of_trajectories_are_counted() {
    let runs: Vec<Arc<Run>> = demo()
        .runs
        .iter()
        .filter(|run| &*run.name == "rl")
        .cloned()
        .collect();
    let scene = drawn("reward-landscape", &runs, |settings| {
        let view = ViewKind::named("reward-landscape");
        let key = runs[0].series_with_role(Role::Loss)[0].key().to_string();
        view.set(settings, "y", key.as_str()).unwrap();
    });
    let [loss, reward] = [Role::Loss, Role::Reward].map(|role| {
        let series = runs[0].series_with_role(role)[0].key().clone();
        points(&runs[0], &series)
    });
    // Loss and reward are logged at the same steps.
    assert_eq!(loss.len(), reward.len());
    let wanted = format!("for run rl, {} logged points", loss.len());
    assert!(
        scene.caption.contains(&wanted),
        "{wanted}: {}",
        scene.caption
    );
    let axes = &scene.axes;
    let beyond = loss
        .iter()
        .zip(&reward)
        .filter(|((step, loss), (_, reward))| {
            let places = [*step, *loss, *reward];
            let inside = (0..3).all(|axis| {
                let unit = axes[axis].unit_from_value(places[axis]).unwrap();
                (-1e-4..=1.0 + 1e-4).contains(&unit)
            });
            !inside
        });
    let wanted = format!("{} logged points beyond the axes", beyond.count());
    assert!(
        scene.caption.contains(&wanted),
        "{wanted}: {}",
        scene.caption
    );
}
