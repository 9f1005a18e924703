//! The logs of Kaldi's training: a file an iteration and a job, `acc.3.1.log`, with a line of what was reached.

use std::{path::Path, sync::LazyLock};

use regex::Regex;
use trainscape_run::Step;

use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_log_per_folder},
    keys::Keys,
    line_points::{LineFormat, LineParser},
    log_format::{Detection, LogFormat},
    points::Points,
    reader::Reader,
    sample::Sample,
};

/// Likelihoods and objective functions by iteration.
pub(crate) static KALDI: Kaldi = Kaldi;

#[derive(Debug)]
pub(crate) struct Kaldi;

/// The names of files that count iterations: other programs of Kaldi number their jobs alike.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // A file of one number may be that of a job.
    Regex::new(concat!(
        r"^(?:(?P<job>acc|align|train)\.(?P<first>\d+)\.\d+",
        r"|(?P<whole>update|compute_prob_train|compute_prob_valid)\.(?P<only>\d+))\.log$"
    ))
    .ok()
});

/// `Overall avg like per frame = -99.07 over 390155 frames`, `Overall log-likelihood per frame is -94.3`,
/// `Overall average objective function for 'output' is -1.2`, `Overall 0.27 objective function improvement`.
static RESULT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:(?P<update>[\w ]+) update: )?Overall ",
        r"(?:(?P<first>-?[\d.]+(?:e[-+]?\d+)?) (?P<after>[A-Za-z][\w -]*?) over",
        r"|(?P<before>[A-Za-z][\w ()'-]*?) (?:=|is) (?P<last>-?[\d.]+(?:e[-+]?\d+)?))"
    ))
    .ok()
});

impl LogFormat for Kaldi {
    fn name(&self) -> &'static str {
        "kaldi"
    }

    fn title(&self) -> &'static str {
        "Kaldi"
    }

    fn rank(&self) -> u8 {
        27
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        if kind_and_iteration(sample.name()).is_none() {
            return Detection::No;
        }
        let text = String::from_utf8_lossy(sample.text());
        let is_kaldi = text.contains(":main():") || text.starts_with("# ");
        match is_kaldi && text.lines().any(|line| result_of(line).is_some()) {
            true => Detection::Log(FirstRows::default()),
            false if is_kaldi && sample.is_short() => Detection::NotYet,
            false => Detection::No,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (kind, iteration) = kind_and_iteration(&name).unwrap_or_default();
        Reader::Stream(Box::new(LineParser::new(Iteration { kind, iteration })))
    }

    fn group(&self, folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_log_per_folder(folder, files)
    }
}

/// What a file logs, and its iteration.
fn kind_and_iteration(name: &str) -> Option<(String, i64)> {
    let found = NAME.as_ref()?.captures(name)?;
    let kind = found.name("job").or(found.name("whole"))?;
    let iteration = found.name("first").or(found.name("only"))?;
    Some((kind.as_str().to_owned(), iteration.as_str().parse().ok()?))
}

/// The name and the value of the result on a line.
fn result_of(line: &str) -> Option<(String, f64)> {
    let found = RESULT.as_ref()?.captures(line)?;
    let text = |name: &str| found.name(name).map(|text| text.as_str());
    let name = text("before").or(text("after"))?;
    let value = text("last").or(text("first"))?;
    let value = value.trim_end_matches('.').parse().ok()?;
    let of = text("update").map_or_else(String::new, |update| format!("{}/", update.trim()));
    Some((format!("{of}{name}"), value))
}

/// One file.
#[derive(Clone, Debug)]
struct Iteration {
    kind: String,
    iteration: i64,
}

impl LineFormat for Iteration {
    fn add(&mut self, line: &str, keys: &Keys, points: &mut Points) -> Result<bool, &'static str> {
        let Some((name, value)) = result_of(line) else {
            return Ok(false);
        };
        points.start_row(Step::Int(self.iteration), None);
        points.push(keys, &format!("{}/{name}", self.kind), value);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_named_by_what_stands_around_them() {
        for (line, name, value) in [
            (
                "LOG (acc:main():a.cc:1) Overall avg like per frame (Gaussian only) = -95.5 over 100 frames.",
                "avg like per frame (Gaussian only)",
                -95.5,
            ),
            (
                "LOG (gmm-est:main():gmm-est.cc:1) GMM update: Overall 0.25 objective function improvement per frame over 9 frames",
                "GMM/objective function improvement per frame",
                0.25,
            ),
            (
                "LOG (align:main():a.cc:1) Overall log-likelihood per frame is -94.5 over 9 frames.",
                "log-likelihood per frame",
                -94.5,
            ),
            (
                "LOG (nnet3-train:main():n.cc:1) Overall average objective function for 'output' is -1.5 over 9 frames.",
                "average objective function for 'output'",
                -1.5,
            ),
        ] {
            assert_eq!(result_of(line), Some((name.to_owned(), value)), "{line}");
        }
        assert_eq!(result_of("Overall it went well"), None);
    }

    #[test]
    fn names_state_the_iteration_and_not_the_job() {
        assert_eq!(
            kind_and_iteration("acc.3.1.log"),
            Some(("acc".to_owned(), 3))
        );
        assert_eq!(kind_and_iteration("decode.1.log"), None);
    }
}
