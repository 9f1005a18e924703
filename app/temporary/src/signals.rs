//! Removing temporary files when a signal ends the process.

/// Removes all temporary files and folders when a signal of the terminal or the system ends the process, which then ends
/// as that signal ends it. A signal that the process was started to ignore (`nohup`) stays ignored.
#[cfg(unix)]
pub fn remove_on_signals() {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        iterator::Signals,
        low_level::emulate_default_handler,
    };

    use crate::registry::remove_all;

    let ignored = ignored_signals();
    let ends = [SIGHUP, SIGINT, SIGTERM]
        .into_iter()
        .filter(|signal| ignored & (1 << (signal - 1)) == 0);
    let mut signals = match Signals::new(ends) {
        Ok(signals) => signals,
        Err(error) => {
            log::info!("temporary files stay behind when a signal ends the process: {error}");
            return;
        }
    };
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            let _nothing_more_is_created = remove_all();
            // Returns only for a signal that does not end the process.
            let _ended = emulate_default_handler(signal);
            std::process::exit(128 + signal);
        }
    };
    let thread = std::thread::Builder::new().name("trainscape-signals".to_owned());
    if let Err(error) = thread.spawn(wait) {
        log::info!("temporary files stay behind when a signal ends the process: {error}");
    }
}

/// The signals that the process ignores, a bit each from the first. What cannot be found out counts as none but the
/// hang-up, which `nohup` ignores.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(1 << (signal_hook::consts::SIGHUP - 1))
}

/// The system removes nothing; the next start does.
#[cfg(not(unix))]
pub fn remove_on_signals() {}
