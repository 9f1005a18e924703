//! Every check: format, lints, tests, and the loggers' own readers.

use crate::{Failure, oracle, process, system, workspace::Workspace};

pub(crate) fn run() -> Result<(), Failure> {
    let workspace = Workspace::find()?;
    system::ensure(&[
        &system::SOFTWARE_VULKAN,
        &system::WINDOW,
        &system::VIRTUAL_DISPLAY,
        &system::NODE,
    ])?;
    let cargo = |arguments: &[&str]| process::run(process::cargo(&workspace)?.args(arguments));
    let checks: [(&str, &dyn Fn() -> Result<(), Failure>); 4] = [
        ("formatting", &|| cargo(&["fmt", "--all", "--check"])),
        ("clippy", &|| {
            cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])
        }),
        ("tests", &|| cargo(&["test", "--workspace", "--no-fail-fast"])),
        ("comparison with the loggers' readers", &|| oracle::compare_readers(&workspace)),
    ];
    // All of them, so that one run tells all there is to repair.
    let failures: Vec<String> = checks
        .into_iter()
        .filter_map(|(name, check)| check().err().map(|failure| format!("{name}: {failure}")))
        .collect();
    if failures.is_empty() {
        println!("All checks passed.");
        return Ok(());
    }
    Err(format!("{} of {} checks failed:\n  {}", failures.len(), checks.len(), failures.join("\n  ")))
}
