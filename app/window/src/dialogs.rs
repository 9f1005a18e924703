//! The system's file dialogs, which do not block the interface.

use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, TryRecvError, channel},
    time::{Duration, Instant},
};

use trainscape_export::Content;

use crate::{
    export_formats::{Format, formats_of},
    export_kind::ExportKind,
};

/// What a dialog was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Open,
    Export(ExportKind),
    Csv,
    Figure,
}

impl Purpose {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Open => "Open a run folder",
            Self::Export(ExportKind::Picture) => "Export the figure",
            Self::Export(ExportKind::Model) => "Export the model or its data",
            Self::Export(ExportKind::Animation) => "Export an animation",
            Self::Csv => "Save the selected records",
            Self::Figure => "Save the figure as a file",
        }
    }

    /// The suggested name of a file with the content of a view; `format` is that of an export.
    pub(crate) fn file_name(self, view: &str, format: Option<&Format>) -> String {
        match self {
            Self::Open => String::new(),
            Self::Export(_) => {
                let ending = format.map_or("", Format::ending);
                format!("{view}.{ending}")
            }
            Self::Csv => "selection.csv".to_owned(),
            Self::Figure => format!("{view}.toml"),
        }
    }
}

/// A system's dialog that ends sooner was not one that a person has closed.
const LEAST_SHOWN: Duration = Duration::from_millis(250);

/// A dialog that is open.
pub(crate) struct Dialog {
    pub(crate) purpose: Purpose,
    answer: Receiver<Option<PathBuf>>,
    since: Instant,
}

/// How a dialog ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Path(PathBuf),
    Cancelled,
    /// It was never shown.
    Failed,
}

/// Whether the system seems to have file dialogs: on Linux a desktop portal or zenity.
pub(crate) fn system_has_dialogs() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let in_any = |variable: &str, otherwise: &str, file: &str| {
        let folders = std::env::var_os(variable).filter(|folders| !folders.is_empty());
        let folders = folders.unwrap_or_else(|| otherwise.into());
        std::env::split_paths(&folders).any(|folder| folder.join(file).exists())
    };
    let has_bus = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()
        || in_any("XDG_RUNTIME_DIR", "", "bus");
    let portal = "dbus-1/services/org.freedesktop.portal.Desktop.service";
    let data = "/usr/local/share:/usr/share";
    in_any("PATH", "", "zenity") || has_bus && in_any("XDG_DATA_DIRS", data, portal)
}

impl Dialog {
    /// Opens the system's dialog; `ctx` is asked for a frame when it is answered. `formats` are those of an export.
    pub(crate) fn open(
        purpose: Purpose,
        file_name: &str,
        formats: &[Format],
        ctx: &egui::Context,
    ) -> Self {
        let (sender, answer) = channel();
        let dialog = rfd::AsyncFileDialog::new().set_title(purpose.title());
        let saving = |formats: &[Format]| {
            filtered(rfd::AsyncFileDialog::new(), formats)
                .set_title(purpose.title())
                .set_file_name(file_name)
                .save_file()
        };
        // macOS requires that the dialog is created on this thread; another one waits for it.
        let dialog: std::pin::Pin<Box<dyn Future<Output = Option<rfd::FileHandle>> + Send>> =
            match purpose {
                Purpose::Open => Box::pin(dialog.pick_folder()),
                Purpose::Export(_) => Box::pin(saving(formats)),
                Purpose::Csv => Box::pin(saving(&formats_of(Content::Records))),
                Purpose::Figure => Box::pin(
                    dialog
                        .add_filter("Figure file", &["toml"])
                        .set_file_name(file_name)
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
        Self {
            purpose,
            answer,
            since: Instant::now(),
        }
    }

    /// `None` while the dialog is open.
    pub(crate) fn answer(&self) -> Option<Answer> {
        match self.answer.try_recv() {
            Ok(Some(path)) => Some(Answer::Path(path)),
            Ok(None) if self.since.elapsed() > LEAST_SHOWN => Some(Answer::Cancelled),
            Ok(None) | Err(TryRecvError::Disconnected) => Some(Answer::Failed),
            Err(TryRecvError::Empty) => None,
        }
    }
}

/// A dialog with a filter for each format.
fn filtered(dialog: rfd::AsyncFileDialog, formats: &[Format]) -> rfd::AsyncFileDialog {
    formats.iter().fold(dialog, |dialog, format| {
        // The ending of a numbered file is what follows its number.
        let endings = format.endings.iter();
        let endings: Vec<&str> = endings
            .map(|ending| ending.rsplit('.').next().unwrap_or(ending))
            .collect();
        dialog.add_filter(format.name, &endings)
    })
}
