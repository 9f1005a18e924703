//! Interpolation of scattered samples: the CPU twin and the pass on the software adapter.
//!
//! `benches/peers_interpolate.py` times SciPy on samples of the same distribution. A GPU is timed too
//! where there is one.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use trainscape_compute::{GridSize, InterpolationMethod, Scatter, interpolate};
use trainscape_gpu::{AdapterChoice, ComputePasses, GpuContext};

/// Evenly scattered samples of a smooth hill, from a fixed seed.
fn samples(count: usize) -> Arc<[[f32; 3]]> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u32 << 24) as f32
    };
    (0..count)
        .map(|_| {
            let (x, y) = (next(), next());
            [x, y, 0.5 + 0.3 * (7.0 * x).sin() * (5.0 * y).cos()]
        })
        .collect()
}

fn scatter(samples: Arc<[[f32; 3]]>, method: InterpolationMethod, side: u32) -> Scatter {
    let size = GridSize {
        width: side,
        height: side,
    };
    Scatter {
        samples,
        method,
        size,
        support_radius: None,
    }
}

fn bench(criterion: &mut Criterion) {
    let devices: Vec<(String, ComputePasses, GpuContext)> =
        [AdapterChoice::Cpu, AdapterChoice::Gpu]
            .into_iter()
            .filter_map(|choice| GpuContext::new(choice).ok())
            .map(|context| {
                (
                    context.adapter_name(),
                    ComputePasses::new(&context),
                    context,
                )
            })
            .collect();
    let few = samples(10_000);
    let many = samples(1_000_000);
    let rbf = InterpolationMethod::RBF;
    for (name, work) in [
        (
            "linear 10k to 512",
            scatter(Arc::clone(&few), InterpolationMethod::Linear, 512),
        ),
        (
            "nearest 10k to 512",
            scatter(Arc::clone(&few), InterpolationMethod::Nearest, 512),
        ),
        ("rbf 48 10k to 512", scatter(few, rbf, 512)),
        (
            "linear 1M to 2048",
            scatter(many, InterpolationMethod::Linear, 2048),
        ),
    ] {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10).warm_up_time(Duration::from_millis(1));
        group.bench_function("CPU twin", |bencher| {
            bencher.iter(|| interpolate(black_box(&work)).expect("the samples span a surface"));
        });
        for (adapter, passes, context) in &devices {
            group.bench_function(adapter.as_str(), |bencher| {
                bencher.iter(|| {
                    let field = passes.interpolate(black_box(&work));
                    context.wait().expect("the device works");
                    field.expect("the samples span a surface")
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
