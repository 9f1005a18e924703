//! Synthetic runs with a noisy, increasing reward, as in reinforcement learning.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use std::sync::Arc;

use trainscape_run::{ConfigValue, Point, Role, Run, Series};

/// Pseudo-random numbers from -1 to 1.
fn noise(step: usize, salt: usize) -> f64 {
    let mixed = (step * 7919 + salt * 104_729 + 12_345) as f64;
    ((mixed * 12.9898).sin() * 43_758.545_3).fract() * 2.0 - 1.0
}

fn series(key: &str, steps: usize, every: usize, value: impl Fn(usize) -> f64) -> Arc<Series> {
    let mut series = Series::new(key);
    for step in (0..steps).step_by(every) {
        series.push(Point {
            step: (step as i64).into(),
            wall_time_secs: None,
            value: value(step),
        });
    }
    Arc::new(series)
}

/// A run of 160 steps: loss, reward, gradient norm with spikes at steps 50 and 110, Kullback-Leibler
/// divergence; noise amplitude `noisy` from 0 to 1.
pub fn run(id: &str, learning_rate: f64, seed: usize, noisy: f64) -> Arc<Run> {
    let rate = learning_rate.log10() + 4.0;
    let (steps, salt) = (160, seed + (rate * 100.0) as usize);
    let t = |step: usize| step as f64 / steps as f64;
    let every = 1 + seed % 3;
    let mut run = Run::new(id, id, id.into());
    for (role, series) in [
        (
            Role::Loss,
            series("train/loss", steps, every, |step| {
                0.5 + 2.0 * (-3.0 * t(step) * (1.0 + rate / 3.0)).exp()
                    + 0.4 * noisy * noise(step, salt)
            }),
        ),
        (
            Role::Reward,
            series("train/reward", steps, every, |step| {
                (1.0 - (-2.5 * t(step)).exp()) * (1.0 - 0.15 * rate)
                    + 0.1 * seed as f64 * t(step)
                    + 0.25 * noisy * noise(step, salt + 1)
            }),
        ),
        (
            Role::GradientNorm,
            series("train/grad_norm", steps, every, |step| {
                let spike = if step == 50 || step == 110 { 6.0 } else { 1.0 };
                spike * (1.0 - 1.5 * t(step) + 0.4 * noisy * noise(step, salt + 2)).exp()
            }),
        ),
        (
            Role::Kl,
            series("train/kl", steps, every, |step| 0.2 * t(step)),
        ),
    ] {
        run.roles.insert(series.key().clone(), role);
        run.series.insert(series.key().clone(), series);
    }
    run.config = Arc::new(
        [
            ("lr".to_owned(), ConfigValue::Float(learning_rate)),
            ("seed".to_owned(), ConfigValue::Int(seed as i64)),
        ]
        .into(),
    );
    Arc::new(run)
}

/// Three learning rates with three seeds each.
pub fn seeds() -> Vec<Arc<Run>> {
    [1e-4, 1e-3, 1e-2]
        .into_iter()
        .flat_map(|rate| {
            (0..3).map(move |seed| run(&format!("lr {rate}, {seed}"), rate, seed, 0.3))
        })
        .collect()
}

/// Two algorithms in three environments with three seeds each; the rewards have different scales.
pub fn environments() -> Vec<Arc<Run>> {
    let mut runs = Vec::new();
    for (at, (environment, scale)) in [
        ("Ant-v4", 5000.0),
        ("Hopper-v4", 3000.0),
        ("Reacher-v4", -8.0),
    ]
    .into_iter()
    .enumerate()
    {
        for (algorithm, rate) in [("sac", 1e-4), ("td3", 1e-3)] {
            for seed in 0..3 {
                let id = format!("{environment}/{algorithm}/seed_{seed}");
                let mut scaled = Run::clone(&run(&id, rate, seed + 3 * at, 0.3));
                let rewards = &scaled.series["train/reward"];
                let mut series = Series::new("train/reward");
                series.extend(rewards.live().map(|(_, point)| Point {
                    value: point.value * scale,
                    ..point
                }));
                scaled
                    .series
                    .insert("train/reward".into(), Arc::new(series));
                scaled.config = Arc::default();
                runs.push(Arc::new(scaled));
            }
        }
    }
    runs
}
