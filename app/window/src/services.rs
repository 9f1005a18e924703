//! What is not data: threads, dialogs and the graphics device.

use std::sync::{Arc, mpsc::Receiver};

use egui::util::undoer::Undoer;
use trainscape_compute::projection::ProjectionMethod;

use crate::{
    animation_export::AnimationExport,
    dialogs::{self, Dialog},
    export_preview::PreviewDrawing,
    follow::Session,
    graphics::Graphics,
    projections::ProjectionJobs,
    worker::SceneWorker,
    workspace::{self, Workspace},
};

/// What is not data: threads, dialogs and the graphics device.
pub(crate) struct Services {
    /// Reads and follows what is open.
    pub(crate) session: Option<Session>,
    pub(crate) worker: Option<SceneWorker>,
    pub(crate) projections: Option<Arc<ProjectionJobs>>,
    pub(crate) graphics: Option<Graphics>,
    pub(crate) dialog: Option<Dialog>,
    /// The animation that is being written.
    pub(crate) animation: Option<AnimationExport>,
    pub(crate) preview: PreviewDrawing,
    /// A file is being shown in the system's file manager.
    pub(crate) revealing: Option<Receiver<Option<String>>>,
    /// A dialog of the system was asked for and never shown.
    pub(crate) system_dialogs_failed: bool,
    pub(crate) undoer: Undoer<Workspace>,
}

impl Default for Services {
    fn default() -> Self {
        Self {
            session: None,
            worker: None,
            projections: None,
            graphics: None,
            dialog: None,
            animation: None,
            preview: PreviewDrawing::default(),
            revealing: None,
            system_dialogs_failed: false,
            undoer: workspace::new_undoer(),
        }
    }
}

impl Services {
    /// Whether the system's file dialogs can be used.
    pub(crate) fn has_system_dialogs(&self) -> bool {
        !self.system_dialogs_failed && dialogs::system_has_dialogs()
    }

    pub(crate) fn restart_projection(&self, method: ProjectionMethod) {
        if let Some(jobs) = &self.projections {
            jobs.restart(method);
        }
    }

    pub(crate) fn stop_projection(&self) {
        if let Some(jobs) = &self.projections {
            jobs.stop();
        }
    }

    pub(crate) fn pause_projection(&self, paused: bool) {
        if let Some(jobs) = &self.projections {
            jobs.pause(paused);
        }
    }
}
