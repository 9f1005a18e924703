//! The kinds of places, by how their URLs begin.

/// A kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    GoogleCloud,
    S3,
    Azure,
    Https,
    Http,
    Ssh,
}

/// What is known of a kind of place without reaching it.
struct Row {
    scheme: Scheme,
    /// How URLs begin, before `://`.
    prefix: &'static str,
    /// The command that helps where the user must sign in.
    sign_in: &'static str,
    /// Whether catalogs are written there.
    is_written: bool,
}

const ROWS: &[Row] = &[
    Row {
        scheme: Scheme::GoogleCloud,
        prefix: "gs",
        sign_in: "run `gcloud auth application-default login`, or let GOOGLE_APPLICATION_CREDENTIALS name a key file",
        is_written: true,
    },
    Row {
        scheme: Scheme::S3,
        prefix: "s3",
        sign_in: "run `aws sso login` or `aws configure`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        is_written: true,
    },
    Row {
        scheme: Scheme::Azure,
        prefix: "az",
        sign_in: "run `az login` and set AZURE_STORAGE_ACCOUNT_NAME, or set AZURE_STORAGE_CONNECTION_STRING",
        is_written: true,
    },
    Row {
        scheme: Scheme::Https,
        prefix: "https",
        sign_in: "give a URL that can be read without signing in",
        is_written: false,
    },
    Row {
        scheme: Scheme::Http,
        prefix: "http",
        sign_in: "give a URL that can be read without signing in",
        is_written: false,
    },
    Row {
        scheme: Scheme::Ssh,
        prefix: "ssh",
        sign_in: "run `ssh HOST` once in a terminal",
        is_written: false,
    },
];

impl Scheme {
    pub(crate) fn from_prefix(prefix: &str) -> Option<Self> {
        let mut rows = ROWS.iter();
        let row = rows.find(|row| row.prefix.eq_ignore_ascii_case(prefix))?;
        Some(row.scheme)
    }

    pub(crate) fn prefix(self) -> &'static str {
        self.row().prefix
    }

    /// What to do where the user must sign in.
    pub(crate) fn sign_in(self) -> &'static str {
        self.row().sign_in
    }

    /// Whether catalogs are written there.
    pub(crate) fn is_written(self) -> bool {
        self.row().is_written
    }

    /// All prefixes, for messages.
    pub(crate) fn all() -> String {
        let all: Vec<String> = ROWS
            .iter()
            .map(|row| format!("{}://", row.prefix))
            .collect();
        all.join(", ")
    }

    fn row(self) -> &'static Row {
        let mut rows = ROWS.iter();
        rows.find(|row| row.scheme == self)
            .expect("each scheme has a row")
    }
}
