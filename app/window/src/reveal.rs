//! Shows a file in the system's file manager.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc::{Receiver, channel},
};

/// Shows a file in its folder, on a thread of its own: a file manager may take its time. The answer is why it cannot be
/// shown, in one sentence.
pub(crate) fn start(path: PathBuf, ctx: &egui::Context) -> Receiver<Option<String>> {
    let (sender, answer) = channel();
    let ctx = ctx.clone();
    let thread = std::thread::Builder::new().name("trainscape-reveal".to_owned());
    let started = thread.spawn(move || {
        let failed = in_file_manager(&path).err();
        let why = failed.map(|error| {
            let folder = path.parent().unwrap_or(&path).display();
            format!("No file manager could be started ({error}); the folder is {folder}.")
        });
        // The window may be gone by now.
        let _ = sender.send(why);
        ctx.request_repaint();
    });
    if let Err(error) = started {
        log::error!("no thread can be started: {error}");
    }
    answer
}

/// Shows a file in its folder, selected where the file manager can do that.
///
/// # Errors
/// When the system has no file manager that can be asked.
fn in_file_manager(path: &Path) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    #[cfg(target_os = "linux")]
    if ask_over_bus(&path).is_some() {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(&path);
    let mut command = if cfg!(target_os = "macos") {
        let mut command = Command::new("open");
        command.arg("-R").arg(&path);
        command
    } else if cfg!(windows) {
        let mut command = Command::new("explorer");
        command.arg("/select,").arg(&path);
        command
    } else {
        let mut command = Command::new("xdg-open");
        command.arg(folder);
        command
    };
    let command = command.stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status()?;
    // Explorer ends with 1 also where it has shown the file.
    if status.success() || cfg!(windows) {
        return Ok(());
    }
    Err(io::Error::other(status.to_string()))
}

/// Asks the desktop's file manager: <https://www.freedesktop.org/wiki/Specifications/file-manager-interface/>.
/// `None` where there is none.
#[cfg(target_os = "linux")]
fn ask_over_bus(path: &Path) -> Option<()> {
    const NAME: &str = "org.freedesktop.FileManager1";
    let uri = url::Url::from_file_path(path).ok()?;
    let connection = zbus::blocking::Connection::session().ok()?;
    let (uris, startup_id) = ([uri.as_str()], "");
    let body = &(uris.as_slice(), startup_id);
    let (object, method) = ("/org/freedesktop/FileManager1", "ShowItems");
    let answer = connection.call_method(Some(NAME), object, Some(NAME), method, body);
    answer.ok().map(|_| ())
}
