//! The files that the user chooses: what to open, where to write.

use std::path::{Path, PathBuf};

use trainscape_export::ExportError;

use crate::{
    app::ViewerApp,
    dialogs::{Dialog, Purpose},
    export,
};

impl ViewerApp {
    pub(crate) fn ask_for_file(&mut self, purpose: Purpose, ctx: &egui::Context) {
        if self.dialog.is_none() {
            self.dialog = Some(Dialog::open(purpose, self.pane.view.name(), ctx));
        }
    }

    pub(crate) fn use_file(&mut self, purpose: Purpose, path: PathBuf, ctx: &egui::Context) {
        if purpose == Purpose::Open {
            self.open_chosen(vec![path], ctx);
            return;
        }
        if purpose == Purpose::Csv {
            let written = self
                .selected
                .as_ref()
                .map(|selected| export::records(selected, &path));
            self.say_written(written, &path);
            return;
        }
        let callouts = self.pane.callouts();
        let written = match (&self.pane.built, &self.graphics, &self.pane.figure) {
            (Some(built), Some(graphics), Some(figure)) => {
                let (renderer, camera) = (graphics.renderer(), &figure.camera);
                match (purpose, &built.gpu) {
                    (Purpose::Glb, _) => {
                        Some(export::geometry(renderer, &built.scene, camera, &path))
                    }
                    (_, Some(gpu)) => Some(export::picture(
                        renderer,
                        gpu,
                        &built.scene,
                        camera,
                        callouts,
                        &path,
                    )),
                    (_, None) => None,
                }
            }
            _ => None,
        };
        self.say_written(written, &path);
    }

    fn say_written(&mut self, written: Option<Result<(), ExportError>>, path: &Path) {
        self.message = Some(match written {
            Some(Ok(())) => (format!("Wrote {}", path.display()), false),
            Some(Err(error)) => (error.to_string(), true),
            None => ("There is nothing to export yet.".to_owned(), true),
        });
    }
}
