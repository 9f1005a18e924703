//! The system's ssh, as it is started.

use std::process::Command;

use super::failure;
use crate::location::Location;

/// ssh with the options of every connection, up to the host.
pub(super) fn ssh(location: &Location) -> Command {
    let mut command = Command::new("ssh");
    for option in [
        "ConnectTimeout=10",
        "ServerAliveInterval=10",
        "ServerAliveCountMax=3",
        "ForwardAgent=no",
        "ForwardX11=no",
        "ClearAllForwardings=yes",
        "PermitLocalCommand=no",
    ] {
        command.arg("-o").arg(option);
    }
    let host = failure::destination(location);
    if let Some((_, port)) = location.authority.rsplit_once(':')
        && location.authority != host
    {
        command.arg("-p").arg(port);
    }
    command
}
