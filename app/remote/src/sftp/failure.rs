//! What ssh says when it fails, as a sentence.

use crate::{error::RemoteError, location::Location};

/// What went wrong, from what ssh has printed.
pub(super) fn of_ssh(location: &Location, printed: &str) -> RemoteError {
    let has = |texts: &[&str]| texts.iter().any(|text| printed.contains(text));
    let host = destination(location);
    if has(&[
        "Host key verification failed",
        "HOST IDENTIFICATION HAS CHANGED",
    ]) {
        let command = sign_in(location);
        return RemoteError::HostKey { host, command };
    }
    let unreachable = [
        "Could not resolve hostname",
        "Connection refused",
        "Connection reset",
        "Connection closed",
        "Connection timed out",
        "Operation timed out",
        "No route to host",
        "Network is unreachable",
    ];
    if has(&unreachable) {
        return RemoteError::NoNetwork {
            place: location.to_string(),
            host: location.host().to_owned(),
            reason: last_line(printed),
        };
    }
    if has(&["Permission denied", "Too many authentication failures"]) {
        return RemoteError::Denied {
            place: location.to_string(),
            code: last_line(printed),
            help: format!(
                "sign in with `{}` in a terminal, or load the key with `ssh-add`",
                sign_in(location)
            ),
        };
    }
    let reason = match printed.trim() {
        "" => format!(
            "it ended before it answered: try `{}` in a terminal",
            sign_in(location)
        ),
        _ if printed.contains("subsystem request failed") => {
            "the machine has no sftp: ask its administrator for OpenSSH's subsystem".to_owned()
        }
        _ => last_line(printed),
    };
    RemoteError::Ssh { host, reason }
}

/// The command that signs in.
fn sign_in(location: &Location) -> String {
    let host = destination(location);
    match location.authority.rsplit_once(':') {
        Some((_, port)) if host != location.authority => format!("ssh -p {port} {host}"),
        _ => format!("ssh {host}"),
    }
}

/// The host as ssh takes it.
pub(super) fn destination(location: &Location) -> String {
    match location.authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host.to_owned(),
        _ => location.authority.clone(),
    }
}

/// The last line that ssh itself has printed; warnings and banners come before.
fn last_line(printed: &str) -> String {
    let mut lines = printed
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let last = lines.next_back().unwrap_or("no reason was given");
    last.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_a_sentence_that_helps() {
        let location = Location::parse("ssh://me@gpu:2222/runs").unwrap();
        for (printed, words) in [
            (
                "No ED25519 host key is known for gpu.\nHost key verification failed.\n",
                "ssh -p 2222 me@gpu",
            ),
            (
                "ssh: Could not resolve hostname gpu: Name or service not known\n",
                "cannot be reached",
            ),
            (
                "Banner\nme@gpu: Permission denied (publickey).\n",
                "ssh-add",
            ),
            ("subsystem request failed on channel 0\n", "sftp"),
            ("", "before it answered"),
        ] {
            let error = of_ssh(&location, printed).to_string();
            assert!(error.contains(words) && !error.contains('\n'), "{error}");
        }
    }
}
