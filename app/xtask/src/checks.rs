//! All checks: formatting, lints, tests, the dependencies, the comparison with the loggers' readers, catalogs in engines, exported
//! pages, the Python package, buckets and other machines, and attacks for two minutes.

use crate::{
    attack, deny, engines, failure::Failure, oracle, pages, process, python, remote, system,
    workspace::Workspace,
};

pub(crate) fn run() -> Result<(), Failure> {
    let workspace = Workspace::find()?;
    system::ensure(&[
        &system::SOFTWARE_VULKAN,
        &system::WINDOW,
        &system::VIRTUAL_DISPLAY,
        &system::NODE,
        &system::PDF_READER,
    ])?;
    let cargo = |arguments: &[&str]| process::run(process::cargo(&workspace)?.args(arguments));
    // A failed check does not stop the others, so that one run reports all failures.
    let results = [
        ("formatting", cargo(&["fmt", "--all", "--check"])),
        (
            "clippy",
            cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--keep-going",
                "--",
                "--deny",
                "warnings",
            ]),
        ),
        (
            "the program without buckets",
            cargo(&[
                "clippy",
                "--package",
                "trainscape",
                "--no-default-features",
                "--",
                "--deny",
                "warnings",
            ]),
        ),
        ("tests", cargo(&["test", "--workspace", "--no-fail-fast"])),
        ("dependencies", deny::check(&workspace)),
        (
            "comparison with the loggers' readers",
            oracle::compare_readers(&workspace),
        ),
        ("catalogs in engines", engines::compare(&workspace)),
        ("types of the pages' viewer", pages::check_types(&workspace)),
        ("pages in a browser", pages::open(&workspace)),
        ("Python package", python::check(&workspace)),
        ("buckets and other machines", remote::check(&workspace)),
        ("attacks for two minutes", attack::run(2.0)),
    ];
    let checks = results.len();
    let failures: Vec<String> = results
        .into_iter()
        .filter_map(|(name, result)| result.err().map(|failure| format!("{name}: {failure}")))
        .collect();
    if failures.is_empty() {
        println!("All checks passed.");
        return Ok(());
    }
    Err(format!(
        "{} of {checks} checks failed:\n  {}",
        failures.len(),
        failures.join("\n  ")
    ))
}
