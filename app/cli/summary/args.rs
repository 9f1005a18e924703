//! The arguments of `summary`.

use std::{num::NonZeroU32, path::PathBuf};

use trainscape_scene::theme::ThemeName;

use crate::cli::{
    args::{Adapter, ReadArgs, XArgs, parse_theme},
    page::PageArgs,
};

#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct SummaryArgs {
    /// Run folders, log files or URLs (gs://, s3://, az://, https://, ssh://, flightsql://); without any, the built-in demo run.
    pub(super) paths: Vec<PathBuf>,
    /// Folder to write into; it is created.
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,
    /// Folder below it, such as `final`.
    #[arg(long, value_name = "NAME", value_parser = parse_prefix)]
    pub(super) prefix: Option<String>,
    /// Follow the runs, and write a summary every N steps.
    #[arg(long, value_name = "N")]
    pub(super) every: Option<NonZeroU32>,
    /// Theme: paper (the default), light or dark.
    #[arg(long, value_parser = parse_theme)]
    pub(super) theme: Option<ThemeName>,
    #[command(flatten)]
    pub(super) page: PageArgs,
    /// Adapter for computing and drawing.
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) adapter: Adapter,
    #[command(flatten)]
    pub(super) x: XArgs,
    #[command(flatten)]
    pub(super) read: ReadArgs,
}

impl SummaryArgs {
    /// The engine that is asked, and for which paths.
    pub(in crate::cli) fn engine_and_paths(&mut self) -> (Option<&str>, &mut [PathBuf]) {
        (self.read.engine.as_deref(), &mut self.paths)
    }
}

/// A name that is a folder on every system and needs no escapes in a link.
fn parse_prefix(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("write a name of letters, digits, `-`, `_` and `.`, as in final".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::parse_prefix;

    #[test]
    fn a_prefix_is_one_plain_folder() {
        assert!(parse_prefix("final").is_ok() && parse_prefix("step_3.b").is_ok());
        for bad in ["", "..", ".", "a/b", "/tmp", "a b", "-o", "<b>"] {
            assert!(parse_prefix(bad).is_err(), "{bad}");
        }
    }
}
