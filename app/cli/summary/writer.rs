//! Writes one summary: the files of each view, and the page.

use std::{fs, path::Path};

use anyhow::Context as _;
use trainscape_export::{EXPORTERS, ExportError, ExportJob, FigureJob, write_output};
use trainscape_gpu::{BlockingProjector, Projections, Renderer};
use trainscape_run::Snapshot;
use trainscape_scene::figure::Figure;
use trainscape_views::{VIEWS, ViewKind, ViewSettings};

use super::{
    args::SummaryArgs,
    gallery::{Gallery, Shown},
    steps::last_step,
};
use crate::cli::{
    args::ViewArgs, console, figure, outcome::Outcome, progress::StepBar, render::picture_options,
};

/// Folder of the figures, as trackers group them.
const GROUP: &str = "3d";

/// Writes summaries.
pub(super) struct Writer<'a> {
    pub(super) args: &'a SummaryArgs,
    pub(super) renderer: &'a Renderer,
}

impl Writer<'_> {
    /// Writes the views that a snapshot allows, and the page. A view that fails is reported and does not stop the others.
    pub(super) fn write(&self, snapshot: &Snapshot, folder: &Path) -> anyhow::Result<Outcome> {
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
            anyhow::bail!(
                "no view can be drawn from these data; `trainscape inspect PATH` lists what each view needs"
            );
        }
        let page = folder.join("index.html");
        write_output(&page, gallery.html().as_bytes())?;
        if !quiet {
            console::note(format!("wrote {}", page.display()));
        }
        Ok(outcome)
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
        let stem = view.name().replace('-', "_");
        let mut shown = Shown {
            title: view.title(),
            caption: scene.caption.clone(),
            files: Vec::new(),
        };
        for exporter in EXPORTERS {
            if exporter.summary_use().is_none() {
                continue;
            }
            let ending = exporter.endings().first().copied().unwrap_or_default();
            let name = format!("{GROUP}/{stem}.{ending}");
            match exporter.write(&job, &folder.join(&name)) {
                Ok(_) => shown.files.push((*exporter, name)),
                // A flat view has no geometry to export.
                Err(ExportError::Empty { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(shown)
    }
}
