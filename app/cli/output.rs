//! Building a view and writing files, for `render` and `export`.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use trainscape_export::{Content, ExportJob, Exporter, exporter_of};
use trainscape_gpu::{AdapterChoice, BlockingProjector, GpuContext, Projections, Renderer};
use trainscape_run::Snapshot;
use trainscape_scene::Scene;
use trainscape_views::{ViewKind, ViewSettings};

use super::{
    args::ViewArgs,
    common::{self, Opened},
    input_files::InputFiles,
    outcome::UsageError,
    progress::StepBar,
};

/// Measures the parts and the total time of a command.
pub(super) struct Stopwatch {
    start: Instant,
    lap: Instant,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Self {
            start: now,
            lap: now,
        }
    }

    /// Milliseconds since the last lap.
    pub(super) fn lap_ms(&mut self) -> f64 {
        common::lap_ms(&mut self.lap)
    }

    /// Milliseconds since the start.
    pub(super) fn total_ms(&self) -> f64 {
        milliseconds(self.start.elapsed())
    }
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// An output file and its exporter.
pub(super) type Output<'a> = (&'a Path, &'static dyn Exporter);

/// The exporters of the files, by their extensions.
pub(super) fn outputs(paths: &[PathBuf], content: Content) -> Result<Vec<Output<'_>>, UsageError> {
    paths
        .iter()
        .map(|path| match exporter_of(path, content) {
            Ok(exporter) => Ok((path.as_path(), exporter)),
            Err(error) => Err(UsageError(error.to_string())),
        })
        .collect()
}

/// Names of files for JSON, which has no bytes that are not text.
pub(super) fn names<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Vec<Cow<'a, str>> {
    paths
        .into_iter()
        .map(|path| path.to_string_lossy())
        .collect()
}

/// The view built for the given arguments.
pub(super) struct BuiltView {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) renderer: Renderer,
    pub(super) view: ViewKind,
    pub(super) settings: ViewSettings,
    pub(super) scene: Scene,
    pub(super) open_ms: f64,
    /// What arrays are read from when they are drawn.
    _opened: Opened,
}

impl BuiltView {
    /// `figure_file`, where there is one, was read before; the `outputs` must be none of the files that are read.
    pub(super) fn new(
        args: &ViewArgs,
        figure_file: Option<&Path>,
        outputs: &[PathBuf],
        stopwatch: &mut Stopwatch,
    ) -> anyhow::Result<Self> {
        // Starting the GPU and reading files overlap, because they wait for different resources.
        let choice = AdapterChoice::from(args.adapter);
        let (renderer, opened) = std::thread::scope(|scope| {
            let renderer =
                scope.spawn(move || GpuContext::new(choice).map(|context| Renderer::new(&context)));
            let opened = common::read_or_demo(&args.paths, &args.read);
            let renderer = renderer.join();
            (
                renderer.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                opened,
            )
        });
        let opened = opened?;
        let snapshot = Arc::clone(&opened.snapshot);
        let mut inputs = InputFiles::of(&snapshot, &args.paths, &args.read);
        figure_file.into_iter().for_each(|path| inputs.add(path));
        inputs.refuse(outputs.iter().map(PathBuf::as_path))?;
        let renderer = renderer.context("cannot draw")?;
        let open_ms = stopwatch.lap_ms();
        let (view, settings) = common::view_and_settings(args, &snapshot.runs)?;
        let bar = StepBar::new("projecting", args.read.quiet);
        let progress = |steps| bar.update(steps);
        let projections = Projections::fastest(Some(renderer.context()));
        let projector = BlockingProjector::new(projections, &progress);
        let scene = view
            .build(&snapshot.runs, &settings, &projector)
            .with_context(|| format!("cannot draw the view {view}"))?;
        Ok(Self {
            snapshot,
            renderer,
            view,
            settings,
            scene,
            open_ms,
            _opened: opened,
        })
    }
}

/// Number of bytes written and the time taken.
#[derive(Default)]
pub(super) struct Written {
    pub(super) bytes: usize,
    pub(super) draw_ms: f64,
    pub(super) encode_ms: f64,
}

/// Writes a job to all files.
pub(super) fn write(job: &ExportJob<'_>, outputs: &[Output<'_>]) -> anyhow::Result<Written> {
    let mut written = Written::default();
    for (path, exporter) in outputs {
        let start = Instant::now();
        written.bytes += exporter.write(job, path)?;
        let drawing = job.take_drawing_time();
        written.draw_ms += milliseconds(drawing);
        written.encode_ms += milliseconds(start.elapsed().saturating_sub(drawing));
    }
    Ok(written)
}
