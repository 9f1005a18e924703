//! The Python package: its checks, and its wheel.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{failure::Failure, process, system, workspace::Workspace};

const PACKAGE: &str = "app/python";
/// What the tests need on every interpreter.
const TEST_REQUIREMENTS: &str = "app/python/tests/requirements.txt";
/// What is run on one interpreter only: linters, type checker, W&B.
const CHECK_REQUIREMENTS: &str = "app/python/tests/requirements-newest.txt";
const MATURIN: &str = "maturin==1.16.0";
/// The oldest version that the package supports.
const OLDEST: (u32, u32) = (3, 9);

/// A Python interpreter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Interpreter {
    version: (u32, u32),
    path: PathBuf,
}

/// Formatting, lints, types and tests, on the oldest supported interpreter and on the newest one.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    system::ensure(&[&system::PYTHON])?;
    process::run(process::cargo(workspace)?.args(["build", "--package", "trainscape"]))?;
    let interpreters = interpreters();
    let newest = interpreters
        .last()
        .ok_or("no Python 3.9 or newer was found")?;
    let oldest = interpreters
        .iter()
        .find(|interpreter| interpreter.version == OLDEST)
        .filter(|oldest| *oldest != newest);
    if oldest.is_none() {
        println!(
            "xtask: Python {}.{} was not found beside Python {}.{}: the package is tested on the latter only",
            OLDEST.0, OLDEST.1, newest.version.0, newest.version.1
        );
    }
    let python = environment(workspace, newest, &[TEST_REQUIREMENTS, CHECK_REQUIREMENTS])?;
    let module = |name: &str, arguments: &[&str]| {
        let mut command = process::command(&python, workspace)?;
        command.current_dir(workspace.root.join(PACKAGE));
        process::run(command.args(["-m", name]).args(arguments))
    };
    module("ruff", &["format", "--check", "--quiet", "."])?;
    module("ruff", &["check", "--quiet", "."])?;
    module("mypy", &[])?;
    test(workspace, &python)?;
    match oldest {
        Some(oldest) => test(
            workspace,
            &environment(workspace, oldest, &[TEST_REQUIREMENTS])?,
        ),
        None => Ok(()),
    }
}

/// Builds the wheel and the source distribution into `target/wheels`.
pub(crate) fn wheel(workspace: &Workspace) -> Result<(), Failure> {
    system::ensure(&[&system::PYTHON])?;
    let interpreters = interpreters();
    let newest = interpreters
        .last()
        .ok_or("no Python 3.9 or newer was found")?;
    let requirements = workspace.folder("python")?.join("maturin.txt");
    fs::write(&requirements, MATURIN)
        .map_err(|error| format!("cannot write {}: {error}", requirements.display()))?;
    let python = environment(workspace, newest, &[&requirements.to_string_lossy()])?;
    let wheels = workspace.folder("wheels")?;
    let maturin = |arguments: &[&str]| {
        let mut command = process::without_own_package(process::command(&python, workspace)?);
        command
            .current_dir(workspace.root.join(PACKAGE))
            .args(["-m", "maturin"])
            .args(arguments);
        process::run(command.arg("--out").arg(&wheels))
    };
    maturin(&["sdist"])?;
    maturin(&["build", "--release"])
}

fn test(workspace: &Workspace, python: &Path) -> Result<(), Failure> {
    let mut command = process::command(python, workspace)?;
    command
        .current_dir(workspace.root.join(PACKAGE))
        .env("TRAINSCAPE_BINARY", workspace.binary("debug"))
        .env("PYTHONPATH", "src")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    // The reasons of skipped tests are told.
    process::run(command.args(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"]))
}

/// The Python of a virtual environment with the packages of `requirements`, made anew if they have changed.
fn environment(
    workspace: &Workspace,
    interpreter: &Interpreter,
    requirements: &[&str],
) -> Result<PathBuf, Failure> {
    let (major, minor) = interpreter.version;
    let kind = requirements
        .last()
        .and_then(|path| Path::new(path).file_stem())
        .unwrap_or_default()
        .to_string_lossy();
    let folder = workspace
        .folder("python")?
        .join(format!("{major}.{minor}-{kind}"));
    process::environment(workspace, &interpreter.path, &folder, requirements)
}

/// The interpreters that the package supports, the oldest first: those on the search path and those of pyenv.
fn interpreters() -> Vec<Interpreter> {
    let mut programs: Vec<PathBuf> = ["python3", "python"]
        .into_iter()
        .map(str::to_owned)
        .chain((OLDEST.1..30).map(|minor| format!("python3.{minor}")))
        .filter_map(|name| process::find(&name))
        .collect();
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(|| {
        let home = env::var_os("HOME")?;
        Some(Path::new(&home).join(".pyenv"))
    });
    let versions = root.map(|root| fs::read_dir(root.join("versions")));
    for version in versions.into_iter().flatten().flatten().flatten() {
        programs.push(version.path().join("bin/python"));
    }
    let mut found: Vec<Interpreter> = programs
        .into_iter()
        .filter_map(|path| {
            let version = version_of(&path)?;
            (version >= OLDEST).then_some(Interpreter { version, path })
        })
        .collect();
    found.sort();
    found.dedup_by_key(|interpreter| interpreter.version);
    found
}

/// The version of an interpreter that can make virtual environments.
fn version_of(path: &Path) -> Option<(u32, u32)> {
    let output = Command::new(path)
        .args([
            "-c",
            "import ensurepip, sys, venv; print(*sys.version_info[:2])",
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
