//! The URL of an engine and of the catalog that it sees.

use std::fmt;

use crate::{error::EngineError, tables::Tables};

/// `flightsql://HOST:PORT/PATH?tables=NAMES`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineUrl {
    pub(crate) has_tls: bool,
    /// The host with its port.
    pub(crate) authority: String,
    /// The catalog: its folder or URL, or the schema of its views.
    pub(crate) path: String,
    pub(crate) tables: Tables,
}

/// The port of Flight SQL where none is given.
const PORT: &str = "32010";

impl EngineUrl {
    /// Parses a URL.
    ///
    /// # Errors
    /// When it is none, or holds a password.
    pub fn parse(text: &str) -> Result<Self, EngineError> {
        let (before, question) = text.split_once('?').unwrap_or((text, ""));
        let fault = |why: &'static str| EngineError::NotAnEngine {
            url: shown(before),
            why,
        };
        let (scheme, rest) = before
            .split_once("://")
            .ok_or_else(|| fault("it has no `://`"))?;
        let has_tls = match scheme.to_ascii_lowercase().as_str() {
            "flightsql" => false,
            "flightsql+tls" => true,
            _ => return Err(fault("it begins with something else")),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(fault(
                "leave the user and the password out, and give a token by the environment or a file",
            ));
        }
        let is_host =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if authority.is_empty() || !authority.chars().all(is_host) {
            return Err(fault("name a host after `://`"));
        }
        let has_port = authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = match has_port {
            true => authority.to_owned(),
            false => format!("{authority}:{PORT}"),
        };
        let mut tables = Tables::Parquet;
        for parameter in question
            .split('&')
            .filter(|parameter| !parameter.is_empty())
        {
            let named = parameter
                .strip_prefix("tables=")
                .and_then(Tables::from_name);
            let unknown = "the only parameter is tables=, with parquet, duckdb or views";
            tables = named.ok_or_else(|| fault(unknown))?;
        }
        let path = path.trim_end_matches('/');
        let path = match (tables, path.contains("://")) {
            (Tables::Views, _) => path.trim_start_matches('/').to_owned(),
            (_, true) => path.to_owned(),
            (_, false) => format!("/{}", path.trim_start_matches('/')),
        };
        if path == "/" {
            return Err(fault(
                "name the catalog's folder after the port, or add ?tables=views",
            ));
        }
        if !tables.takes(&path) {
            return Err(fault("its path holds characters that no table's name has"));
        }
        Ok(Self {
            has_tls,
            authority,
            path,
            tables,
        })
    }

    /// The host without its port.
    fn host(&self) -> &str {
        let host = self.authority.rsplit_once(':');
        host.map_or(self.authority.as_str(), |(host, _)| host)
    }

    /// True if what is sent does not leave this machine.
    pub(crate) fn is_this_machine(&self) -> bool {
        let host = self.host();
        host == "localhost" || host == "[::1]" || host.starts_with("127.")
    }

    /// The address as HTTP has it.
    pub(crate) fn address(&self) -> String {
        let scheme = if self.has_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }
}

impl fmt::Display for EngineUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.has_tls {
            "flightsql+tls"
        } else {
            "flightsql"
        };
        let path = self.path.trim_start_matches('/');
        write!(f, "{scheme}://{}/{path}", self.authority)
    }
}

/// A URL without what stands before `@`.
fn shown(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
            format!("{scheme}://{host}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_the_engine_and_the_catalog() {
        let url = EngineUrl::parse("flightsql://lab:4000/data/catalog/").unwrap();
        assert_eq!(
            (url.address().as_str(), url.path.as_str()),
            ("http://lab:4000", "/data/catalog")
        );
        assert_eq!(url.to_string(), "flightsql://lab:4000/data/catalog");
        let url = EngineUrl::parse("FlightSQL+TLS://lab/gs://bucket/catalog").unwrap();
        assert_eq!(
            (url.address().as_str(), url.path.as_str()),
            ("https://lab:32010", "gs://bucket/catalog")
        );
        let url = EngineUrl::parse("flightsql://[::1]:4000/lab.training?tables=views").unwrap();
        assert_eq!(
            (url.path.as_str(), url.tables),
            ("lab.training", Tables::Views)
        );
        assert!(url.is_this_machine());
        assert!(
            EngineUrl::parse("flightsql://h:1?tables=views")
                .unwrap()
                .path
                .is_empty()
        );
    }

    #[test]
    fn what_is_no_engine_is_told_without_secrets() {
        for (text, word) in [
            ("flightsql://me:secret@lab/c", "password"),
            ("flightsql://lab/c?token=secret", "tables="),
            ("flightsql://lab", "folder"),
            ("flightsql:///c", "host"),
            ("gs://lab/c", "begins"),
            ("flightsql://lab/a`b", "characters"),
            ("flightsql://lab/a;b?tables=views", "characters"),
        ] {
            let error = EngineUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains(word) && !error.contains("secret"), "{error}");
        }
    }
}
