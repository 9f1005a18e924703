//! The URL of a place.

use std::{fmt, path::Path};

use crate::{error::RemoteError, scheme::Scheme};

/// The URL of a file or a folder in a bucket, on a web server or on another machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    pub(crate) scheme: Scheme,
    /// The bucket, the container, or the host with its port.
    pub(crate) authority: String,
    /// What follows, without slashes at its ends. On web servers with its percent signs.
    pub(crate) path: String,
}

impl Location {
    /// Whether a path is a URL, whichever its scheme.
    #[must_use]
    pub fn is_url(path: &Path) -> bool {
        let scheme = path.to_str().and_then(|text| text.split_once("://"));
        scheme.is_some_and(|(scheme, _)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        })
    }

    /// Parses a URL.
    ///
    /// # Errors
    /// When its scheme is unknown or it names no bucket or host.
    pub fn parse(text: &str) -> Result<Self, RemoteError> {
        let failed = |why: String| RemoteError::NotALocation {
            text: without_password(text),
            why,
        };
        let Some((prefix, rest)) = text.split_once("://") else {
            let schemes = Scheme::all();
            return Err(failed(format!("begin with one of {schemes}")));
        };
        let Some(scheme) = Scheme::from_prefix(prefix) else {
            let schemes = Scheme::all();
            return Err(failed(format!("{prefix}:// is not read, but {schemes}")));
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.is_empty() {
            return Err(failed("name a bucket or a host after `://`".to_owned()));
        }
        if text.chars().any(char::is_control) {
            return Err(failed("it holds a control character".to_owned()));
        }
        if authority.starts_with('-') {
            // The system's ssh would take it for an option.
            return Err(failed("a host does not begin with `-`".to_owned()));
        }
        let has_password = authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.contains(':'));
        if has_password {
            let why = "leave the password out: it would stand in the shell's history".to_owned();
            return Err(failed(why));
        }
        let path = match scheme {
            Scheme::Https | Scheme::Http => path.split(['?', '#']).next().unwrap_or_default(),
            _ => path,
        };
        Ok(Self {
            scheme,
            authority: authority.to_owned(),
            path: path.trim_matches('/').to_owned(),
        })
    }

    /// The name of what is at the place: the last part of its path, or the bucket or host.
    #[must_use]
    pub fn name(&self) -> &str {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        match last.trim_start_matches('~') {
            "" => &self.authority,
            _ => last,
        }
    }

    /// What is below, by its key.
    #[must_use]
    pub fn below(&self, key: &str) -> Self {
        let path = match (self.path.is_empty(), key.is_empty()) {
            (_, true) => self.path.clone(),
            (true, false) => key.to_owned(),
            (false, false) => format!("{}/{key}", self.path),
        };
        Self {
            path,
            ..self.clone()
        }
    }

    /// The host without a user and a port.
    pub(crate) fn host(&self) -> &str {
        let host = self.authority.rsplit('@').next().unwrap_or_default();
        match host.rsplit_once(':') {
            Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
            _ => host,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.prefix(), self.authority)?;
        match self.path.is_empty() {
            true => Ok(()),
            false => write!(f, "/{}", self.path),
        }
    }
}

/// The text of a URL without what stands between a user's name and `@`.
fn without_password(text: &str) -> String {
    let parts = text.split_once("://");
    let Some((scheme, rest)) = parts else {
        return text.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let Some((user, host)) = rest[..end].rsplit_once('@') else {
        return text.to_owned();
    };
    let user = user.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{host}{}", &rest[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_from_paths() {
        for url in ["gs://b/runs", "ssh://me@host:22/x", "ftp://x", "HTTPS://x"] {
            assert!(Location::is_url(Path::new(url)), "{url}");
        }
        for path in [
            "runs/x",
            "C:\\runs",
            "a:b",
            "-",
            "//host/share",
            "./a://b",
            "",
        ] {
            assert!(!Location::is_url(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn a_location_has_a_name_and_is_written_as_it_was() {
        let location = Location::parse("gs://bucket/runs/tiny-20260101-000000/").unwrap();
        assert_eq!(location.name(), "tiny-20260101-000000");
        assert_eq!(
            location.to_string(),
            "gs://bucket/runs/tiny-20260101-000000"
        );
        assert_eq!(Location::parse("s3://bucket").unwrap().name(), "bucket");
        let home = Location::parse("ssh://me@host:2222/~").unwrap();
        assert_eq!((home.name(), home.host()), ("me@host:2222", "host"));
        assert_eq!(location.below("a/b").to_string(), format!("{location}/a/b"));
    }

    #[test]
    fn what_cannot_be_read_is_told_without_the_password() {
        for (url, word) in [
            ("ftp://host/x", "ftp://"),
            ("gs:///x", "bucket"),
            ("ssh://-oProxyCommand=x/y", "`-`"),
            ("https://me:secret@host/x", "password"),
        ] {
            let error = Location::parse(url).unwrap_err().to_string();
            assert!(error.contains(word) && !error.contains("secret"), "{error}");
        }
    }
}
