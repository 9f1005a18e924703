//! What went wrong with a request, as a sentence that names the place and what helps.

use std::{error::Error, time::Duration};

use object_store::client::{HttpError, HttpErrorKind};

use crate::{error::RemoteError, limits, location::Location, scheme::Scheme};

/// What went wrong with a request.
#[derive(Debug)]
pub(super) enum Failure {
    Store(object_store::Error),
    Http(HttpError),
    /// An answer that is none, and its text.
    Status(u16, String),
    Slow(Duration),
    TooMany,
    Text(String),
}

/// Codes in the answers of servers by what they mean.
const EXPIRED: &[&str] = &[
    "invalid_grant",
    "invalid_rapt",
    "ExpiredToken",
    "TokenRefreshRequired",
    "RequestExpired",
    "InvalidToken",
];
const UNKNOWN_CREDENTIALS: &[&str] = &[
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthenticationFailed",
    "InvalidAuthenticationInfo",
    "NoAuthenticationInformation",
    "invalid_client",
    "unauthorized_client",
];
const NO_BUCKET: &[&str] = &[
    "NoSuchBucket",
    "ContainerNotFound",
    "bucket does not exist",
    "InvalidBucketName",
];

impl Failure {
    /// The sentence for a place, or for a file of it.
    pub(super) fn at(self, location: &Location, anonymous: bool) -> RemoteError {
        let place = location.to_string();
        let help = location.scheme.sign_in().to_owned();
        match &self {
            Self::Slow(time) => {
                return RemoteError::Slow {
                    place,
                    seconds: time.as_secs(),
                };
            }
            Self::TooMany => {
                return RemoteError::TooMany {
                    place,
                    most: limits::FILES,
                };
            }
            Self::Store(object_store::Error::Precondition { .. }) | Self::Status(412, _) => {
                return RemoteError::Replaced { key: place };
            }
            _ => {}
        }
        let text = self.text();
        let code = |codes: &'static [&'static str]| {
            let mut codes = codes.iter();
            codes.find(|code| text.contains(**code)).copied()
        };
        if let Some(code) = code(EXPIRED) {
            let code = code.to_owned();
            return RemoteError::Expired { place, code, help };
        }
        if let Some(code) = code(UNKNOWN_CREDENTIALS) {
            let code = code.to_owned();
            return match anonymous {
                true => RemoteError::NoCredentials { place, help },
                false => RemoteError::Denied { place, code, help },
            };
        }
        if code(NO_BUCKET).is_some() {
            let help = buckets_command(location.scheme);
            return RemoteError::NoBucket { place, help };
        }
        match self.status() {
            Some(401 | 403) if anonymous => RemoteError::NoCredentials { place, help },
            Some(401) => RemoteError::Expired {
                place,
                code: "401 Unauthorized".to_owned(),
                help,
            },
            Some(403) => RemoteError::Denied {
                place,
                code: "403 Forbidden".to_owned(),
                help: "ask its owner for the right to list and read".to_owned(),
            },
            Some(404) => RemoteError::NotFound { place },
            _ => self.of_connection(location, &text),
        }
    }

    fn of_connection(&self, location: &Location, text: &str) -> RemoteError {
        let place = location.to_string();
        match self.http().map(HttpError::kind) {
            Some(HttpErrorKind::Connect) => RemoteError::NoNetwork {
                place,
                host: host_in(text).unwrap_or_else(|| location.host().to_owned()),
                reason: innermost(self.source()),
            },
            Some(HttpErrorKind::Timeout) => RemoteError::Slow {
                place,
                seconds: limits::CONNECT.as_secs(),
            },
            _ => RemoteError::Other {
                place,
                reason: self.reason(),
            },
        }
    }

    /// Whether the place as a whole cannot be reached, and not only a part of it.
    pub(super) fn is_of_place(&self) -> bool {
        use HttpErrorKind as Kind;
        let lost = [
            Kind::Connect,
            Kind::Timeout,
            Kind::Interrupted,
            Kind::Request,
        ];
        let kind = self.http().map(HttpError::kind);
        matches!(self, Self::Slow(_)) || kind.is_some_and(|kind| lost.contains(&kind))
    }

    /// What has happened, without the place.
    pub(super) fn reason(&self) -> String {
        if let Some(status) = self.status() {
            return format!("the server answers with status {status}");
        }
        match self {
            Self::Text(text) => text.clone(),
            Self::Store(object_store::Error::InvalidPath { source }) => source.to_string(),
            _ => innermost(self.source()),
        }
    }

    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Http(error) => Some(error),
            _ => None,
        }
    }

    /// The messages of all causes. It may name addresses, so that it is searched and never shown.
    fn text(&self) -> String {
        let mut text = match self {
            Self::Status(_, body) | Self::Text(body) => body.clone(),
            _ => String::new(),
        };
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(&error.to_string());
            text.push('\n');
            cause = error.source();
        }
        text
    }

    fn http(&self) -> Option<&HttpError> {
        let mut cause = self.source();
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            cause = error.source();
        }
        None
    }

    fn status(&self) -> Option<u16> {
        use object_store::Error as E;
        match self {
            Self::Status(status, _) => Some(*status),
            Self::Store(E::NotFound { .. }) => Some(404),
            Self::Store(E::PermissionDenied { .. }) => Some(403),
            Self::Store(E::Unauthenticated { .. }) => Some(401),
            _ => None,
        }
    }
}

/// The message of the last cause, which says most and names no address.
fn innermost(mut cause: Option<&(dyn Error + 'static)>) -> String {
    let mut last = "no reason was given".to_owned();
    while let Some(error) = cause {
        last = error.to_string();
        cause = error.source();
    }
    let line = last.lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}

/// The host of the first address in a message: it may be that of a sign-in and not that of the place.
fn host_in(text: &str) -> Option<String> {
    let rest = text.split("://").nth(1)?;
    let host: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'))
        .collect();
    (!host.is_empty()).then_some(host)
}

fn buckets_command(scheme: Scheme) -> String {
    let command = match scheme {
        Scheme::GoogleCloud => "gcloud storage ls",
        Scheme::S3 => "aws s3 ls",
        _ => "az storage container list",
    };
    format!("`{command}` lists those that you may see")
}
