//! Writes one summary: the files of each view, and the page.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use trainscape_export::{EXPORTERS, ExportError, ExportJob, Exporter, FigureJob, write_output};
use trainscape_gpu::{BlockingProjector, Projections, Renderer};
use trainscape_run::Snapshot;
use trainscape_scene::figure::Figure;
use trainscape_views::{VIEWS, ViewKind, ViewSettings};

use super::{
    args::SummaryArgs,
    gallery::{self, Gallery, Shown},
    steps::last_step,
};
use crate::cli::{
    args::ViewArgs,
    common::no_view,
    console, figure,
    input_files::InputFiles,
    outcome::{Outcome, UsageError},
    page::picture_options,
    progress::StepBar,
};

/// Folder of the figures, as trackers group them.
const GROUP: &str = "3d";

/// The page, in the folder of the summary.
const PAGE: &str = "index.html";

/// The exporters whose files a summary has.
fn exporters() -> impl Iterator<Item = &'static dyn Exporter> {
    let all = EXPORTERS.iter().copied();
    all.filter(|exporter| exporter.summary_use().is_some())
}

/// The name of a view's file, relative to the page.
fn name(view: ViewKind, exporter: &dyn Exporter) -> String {
    let ending = exporter.endings().first().copied().unwrap_or_default();
    format!("{GROUP}/{}.{ending}", view.name().replace('-', "_"))
}

/// Writes summaries.
pub(super) struct Writer<'a> {
    pub(super) args: &'a SummaryArgs,
    pub(super) renderer: &'a Renderer,
}

impl Writer<'_> {
    /// Writes the views that a snapshot allows, and the page. A view that fails is reported and does not stop the others.
    pub(super) fn write(&self, snapshot: &Snapshot, folder: &Path) -> anyhow::Result<Outcome> {
        self.check(snapshot, folder)?;
        let quiet = self.args.read.quiet;
        let step = last_step(&snapshot.runs);
        if !quiet {
            let at = step.map_or(String::new(), |step| format!(" at step {step}"));
            console::note(format!("Generating 3D visualizations{at}..."));
        }
        let group = folder.join(GROUP);
        fs::create_dir_all(&group).with_context(|| format!("cannot create {}", group.display()))?;
        let mut outcome = Outcome::Done;
        let mut gallery = Gallery::new(&snapshot.runs, step);
        for view in VIEWS {
            let settings = ViewSettings::default();
            if view.available(&snapshot.runs, &settings).is_err() {
                continue;
            }
            match self.write_view(snapshot, view, folder) {
                Ok(shown) => {
                    if !quiet {
                        console::note(format!("{}: {}", view.title(), shown.names()));
                    }
                    gallery.figures.push(shown);
                }
                Err(error) => {
                    outcome = Outcome::InputSkipped;
                    let text = format!("{} was not drawn: {error:#}", view.title());
                    console::note(&text);
                    gallery.failures.push(text);
                }
            }
        }
        if gallery.figures.is_empty() && gallery.failures.is_empty() {
            anyhow::bail!("{}", no_view(&snapshot.runs));
        }
        let page = folder.join(PAGE);
        write_output(&page, gallery.html().as_bytes())?;
        if !quiet {
            console::note(format!("wrote {}", page.display()));
        }
        Ok(outcome)
    }

    /// Finds files that must not be replaced, before anything is drawn.
    fn check(&self, snapshot: &Snapshot, folder: &Path) -> Result<(), UsageError> {
        let views = VIEWS.into_iter();
        let files = views.flat_map(|view| exporters().map(move |exporter| name(view, exporter)));
        let mut files: Vec<PathBuf> = files.map(|name| folder.join(name)).collect();
        files.push(folder.join(PAGE));
        let inputs = InputFiles::of(snapshot, &self.args.paths, &self.args.read);
        inputs.refuse(files.iter().map(PathBuf::as_path))?;
        let page = folder.join(PAGE);
        if page.is_file() && !gallery::is_page(&page) {
            let text = "is there, and no summary wrote it: choose another folder, or remove it";
            return Err(UsageError(format!("{} {text}", page.display())));
        }
        Ok(())
    }

    fn write_view(
        &self,
        snapshot: &Snapshot,
        view: ViewKind,
        folder: &Path,
    ) -> anyhow::Result<Shown> {
        let bar = StepBar::new("projecting", self.args.read.quiet);
        let progress = |steps| bar.update(steps);
        let projections = Projections::fastest(Some(self.renderer.context()));
        let projector = BlockingProjector::new(projections, &progress);
        let settings = ViewSettings::default();
        let scene = view.build(&snapshot.runs, &settings, &projector)?;
        let page = self.args.page.page(None);
        let view_args = ViewArgs::of_summary(
            self.args.paths.clone(),
            self.args.theme,
            self.args.adapter,
            self.args.read.clone(),
        );
        let described = figure::describe(&view_args, view, &settings, page);
        let figure = Figure::lay_out(&scene, &described.spec());
        let job = FigureJob::new(self.renderer, &scene, &figure, picture_options(&page), None);
        let job = ExportJob::of_figure(job.with_texts(figure::texts(&described)));
        let mut shown = Shown {
            title: view.title(),
            caption: scene.caption.clone(),
            files: Vec::new(),
        };
        for exporter in exporters() {
            let name = name(view, exporter);
            match exporter.write(&job, &folder.join(&name)) {
                Ok(_) => shown.files.push((exporter, name)),
                // A flat view has no geometry to export.
                Err(ExportError::Empty { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(shown)
    }
}
