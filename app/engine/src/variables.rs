//! Names of the environment variables that say how an engine is asked.

/// The environment variable with the token.
pub(crate) const TOKEN: &str = "TRAINSCAPE_ENGINE_TOKEN";
/// The environment variable with the path of a file with the token.
pub(crate) const TOKEN_FILE: &str = "TRAINSCAPE_ENGINE_TOKEN_FILE";
/// Sets how long an engine is waited for, in seconds.
pub(crate) const TIMEOUT: &str = "TRAINSCAPE_ENGINE_TIMEOUT_SECS";
