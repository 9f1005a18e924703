//! The system's file dialogs, which do not block the interface.

use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, TryRecvError, channel},
};

use trainscape_export::Content;

use crate::export;

/// What a dialog was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Open,
    Png,
    Glb,
    Csv,
}

/// A dialog that is open.
pub(crate) struct Dialog {
    pub(crate) purpose: Purpose,
    answer: Receiver<Option<PathBuf>>,
}

impl Dialog {
    /// Opens the system's dialog; `ctx` is asked for a frame when it is answered.
    pub(crate) fn open(purpose: Purpose, file_name: &str, ctx: &egui::Context) -> Self {
        let (sender, answer) = channel();
        let dialog = rfd::AsyncFileDialog::new();
        // macOS requires that the dialog is created on this thread; another one waits for it.
        let dialog: std::pin::Pin<Box<dyn Future<Output = Option<rfd::FileHandle>> + Send>> =
            match purpose {
                Purpose::Open => Box::pin(dialog.set_title("Open a run folder").pick_folder()),
                Purpose::Png => Box::pin(
                    filtered(dialog, Content::Picture)
                        .set_title("Export the figure")
                        .set_file_name(format!("{file_name}.png"))
                        .save_file(),
                ),
                Purpose::Csv => Box::pin(
                    filtered(dialog, Content::Records)
                        .set_title("Save the selected records")
                        .set_file_name("selection.csv")
                        .save_file(),
                ),
                Purpose::Glb => Box::pin(
                    filtered(dialog, Content::Geometry)
                        .set_title("Export the geometry")
                        .set_file_name(format!("{file_name}.glb"))
                        .save_file(),
                ),
            };
        let ctx = ctx.clone();
        let waiting = std::thread::Builder::new()
            .name("trainscape-dialog".to_owned())
            .spawn(move || {
                let path = pollster::block_on(dialog).map(|handle| handle.path().to_owned());
                // The window may be gone by now.
                let _ = sender.send(path);
                ctx.request_repaint();
            });
        if let Err(error) = waiting {
            log::error!("no dialog can be opened: {error}");
        }
        Self { purpose, answer }
    }

    /// `None` while the dialog is open; then what was chosen, if anything.
    pub(crate) fn answer(&self) -> Option<Option<PathBuf>> {
        match self.answer.try_recv() {
            Ok(path) => Some(path),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(None),
        }
    }
}

/// A dialog with a filter for each format of a content.
fn filtered(dialog: rfd::AsyncFileDialog, content: Content) -> rfd::AsyncFileDialog {
    export::filters(content).fold(dialog, |dialog, (name, endings)| {
        dialog.add_filter(name, endings)
    })
}
