//! The bearer token, which is never on the command line and never printed.

use std::{env, fmt, fs, io::Read as _};

use tonic::metadata::{Ascii, MetadataValue};

use crate::{error::EngineError, url::EngineUrl, variables};

/// A token has some hundreds of bytes.
const LONGEST: u64 = 64 << 10;

/// A token as a header.
#[derive(Clone)]
pub(crate) struct Token(pub(crate) MetadataValue<Ascii>);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Token {
    /// The token of the environment, if there is one.
    pub(crate) fn of_environment(url: &EngineUrl) -> Result<Option<Self>, EngineError> {
        let of_file = env::var_os(variables::TOKEN_FILE).filter(|path| !path.is_empty());
        let text = match (env::var(variables::TOKEN), of_file) {
            (Ok(text), _) if !text.is_empty() => text,
            (_, Some(path)) => {
                let mut text = String::new();
                let read = fs::File::open(&path)
                    .and_then(|file| file.take(LONGEST).read_to_string(&mut text));
                read.map_err(|error| EngineError::Token {
                    url: url.to_string(),
                    why: format!("{}: {error}", path.display()),
                })?;
                text
            }
            _ => return Ok(None),
        };
        Self::new(&text, url).map(Some)
    }

    fn new(text: &str, url: &EngineUrl) -> Result<Self, EngineError> {
        if !url.has_tls && !url.is_this_machine() {
            return Err(EngineError::PlainToken {
                url: url.to_string(),
            });
        }
        let header = format!("Bearer {}", text.trim());
        // The reason would name the token.
        let mut header: MetadataValue<Ascii> = header.parse().map_err(|_| EngineError::Token {
            url: url.to_string(),
            why: "it holds characters that no header has".to_owned(),
        })?;
        header.set_sensitive(true);
        Ok(Self(header))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_over_tls_or_to_this_machine_and_never_shown() {
        let tls = EngineUrl::parse("flightsql+tls://lab/c").unwrap();
        let token = Token::new(" secret\n", &tls).unwrap();
        assert_eq!(token.0.to_str().unwrap(), "Bearer secret");
        assert!(!format!("{token:?} {:?}", token.0).contains("secret"));
        let plain = EngineUrl::parse("flightsql://lab/c").unwrap();
        let error = Token::new("secret", &plain).unwrap_err().to_string();
        assert!(
            error.contains("TLS") && !error.contains("secret"),
            "{error}"
        );
        let here = EngineUrl::parse("flightsql://127.0.0.1:1/c").unwrap();
        assert!(Token::new("secret", &here).is_ok());
        let error = Token::new("sec\nret", &here).unwrap_err().to_string();
        assert!(
            error.contains("header") && !error.contains("sec\n"),
            "{error}"
        );
    }
}
