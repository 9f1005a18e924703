//! What the workspace depends on: licences, sources, duplicates and advisories, by cargo-deny and `deny.toml`.

use crate::{failure::Failure, process, tool, workspace::Workspace};

const VERSION: &str = "0.20.2";

pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let program = tool::installed(workspace, "cargo-deny", VERSION)?;
    let deny = |arguments: &[&str]| {
        let mut command = process::command(&program, workspace)?;
        // Cargo's own subcommands get their name first.
        process::run(command.arg("--log-level").arg("error").args(arguments))
    };
    deny(&["check", "bans", "licenses", "sources"])?;
    // The database of advisories is fetched from a server that not every machine reaches.
    match deny(&["fetch", "db"]) {
        Ok(()) => deny(&["check", "advisories"]),
        Err(_) => {
            println!(
                "xtask: the advisories are not checked: their database could not be fetched from github.com"
            );
            Ok(())
        }
    }
}
