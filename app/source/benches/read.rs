//! Seconds to read 100 MB (CSV: 53 MB) of each format, every point. `benches/peers_read.py` reads the
//! same files with other readers: set `TRAINSCAPE_BENCH_DIR` to keep them.

use std::{hint::black_box, path::PathBuf, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use trainscape_source::{Loader, OpenOptions};

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "shared with the tests"
)]
mod generate;

const FORMATS: [(&str, usize); 4] = [
    ("tensorboard", 100_000_000),
    ("jsonl", 100_000_000),
    ("csv", 53_000_000),
    ("wandb", 100_000_000),
];

fn read(criterion: &mut Criterion) {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let kept = std::env::var_os("TRAINSCAPE_BENCH_DIR").map(PathBuf::from);
    let folder = kept.unwrap_or_else(|| temporary.path().to_owned());
    let mut group = criterion.benchmark_group("read");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500));
    for (format, bytes) in FORMATS {
        let log = folder.join(format);
        if !log.exists() {
            generate::write_log(&log, format, bytes).expect("room for the log");
        }
        group.bench_function(format, |bencher| {
            bencher.iter(|| {
                let mut loader = Loader::open(std::slice::from_ref(&log), OpenOptions::default())
                    .expect("a log");
                loader.read_to_end();
                black_box(loader.snapshot())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
