//! What containers put around the lines of their programs: Docker's JSON files, the lines of Kubernetes, and the names of pods.

use std::borrow::Cow;

use serde::Deserialize;

use super::words::counter_of;

/// A name of Kubernetes has no more bytes than this.
const MAX_NAME: usize = 63;

/// A line as Docker's `json-file` driver stores it.
#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
}

/// The text of `{"log":"loss: 0.5\n","stream":"stdout","time":"2024-05-01T10:00:01.12Z"}` behind its time, with what ended it. It holds
/// several states of a progress bar, each of which gets the time.
pub(super) fn without_docker(line: &[u8]) -> Option<Vec<u8>> {
    let trimmed = line.trim_ascii();
    if !trimmed.starts_with(b"{\"log\"") || !trimmed.ends_with(b"}") {
        return None;
    }
    let wrapped: Wrapped<'_> = serde_json::from_slice(trimmed).ok()?;
    let is_stream = matches!(&*wrapped.stream, "stdout" | "stderr");
    is_stream.then(|| {
        let text = wrapped.log.trim_end_matches(['\n', '\r']);
        let time = &wrapped.time;
        let states = text.split('\r').map(|state| format!("{time} {state}"));
        (states.collect::<Vec<_>>().join("\r") + "\n").into_bytes()
    })
}

/// The text after the `stdout F ` that Kubernetes writes behind the time of a line.
pub(super) fn after_stream(text: &[u8]) -> Option<&[u8]> {
    let rest = text
        .strip_prefix(b"stdout ")
        .or_else(|| text.strip_prefix(b"stderr "))?;
    rest.strip_prefix(b"F ")
        .or_else(|| rest.strip_prefix(b"P "))
}

/// The text after `train-0 trainer `, a pod and its container as stern writes them, before a position.
pub(super) fn after_pod(text: &[u8]) -> Option<&[u8]> {
    let mut words = text.splitn(4, |byte| *byte == b' ');
    let (pod, container, next) = (words.next()?, words.next()?, words.next()?);
    let is_name = |name: &[u8]| {
        let mut bytes = name.iter();
        name.len() <= MAX_NAME
            && name.first().is_some_and(u8::is_ascii_lowercase)
            && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
    };
    let is_pod = is_name(pod) && pod.contains(&b'-') && pod.iter().any(u8::is_ascii_digit);
    let is_line = is_pod && is_name(container) && counter_of(next).is_some();
    is_line.then(|| &text[pod.len() + container.len() + 2..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_containers_add_is_removed() {
        let docker = br#"{"log":"\u001b[32mloss: 1\u001b[0m\r\n","stream":"stdout","time":"2024-05-01T10:00:01Z"}"#;
        let text = without_docker(docker).unwrap();
        assert_eq!(text, b"2024-05-01T10:00:01Z \x1b[32mloss: 1\x1b[0m\n");
        assert_eq!(without_docker(br#"{"log": 1, "step": 2}"#), None);
        assert_eq!(after_stream(b"stdout F loss: 1"), Some(&b"loss: 1"[..]));
        assert_eq!(after_stream(b"stdout loss: 1"), None);
        assert_eq!(after_pod(b"train-0 main step 1"), Some(&b"step 1"[..]));
        for text in [
            "best model step 1",
            "val-loss now step 1",
            "train-0 main loss 1",
        ] {
            assert_eq!(after_pod(text.as_bytes()), None, "{text}");
        }
    }
}
