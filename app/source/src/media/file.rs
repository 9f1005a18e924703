use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use trainscape_run::{Plot, PlotContent, PlotFile, TensorError};

use super::format::MediaFormat;
use crate::regular_file;

/// The figure in a file, which is read when it is needed.
pub(crate) fn plot_file(format: &'static dyn MediaFormat, path: &Path) -> PlotFile {
    let (key, step) = key_and_step(path, format.folder(), format.ending());
    let content = PlotFileContent {
        path: path.to_owned(),
        format,
        plot: OnceLock::new(),
    };
    PlotFile {
        key: key.into(),
        format: format.source_format(),
        step,
        path: path.to_owned(),
        content: Arc::new(content),
    }
}

/// The key under which a file was logged, and the step: W&B names the file
/// `media/plotly/<key>_<step>_<hash>.plotly.json`.
fn key_and_step(path: &Path, folder: &str, ending: &str) -> (String, Option<i64>) {
    let parts: Vec<String> = path
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let is = |at: usize, name: &str| parts[at].eq_ignore_ascii_case(name);
    let first = (1..parts.len())
        .rev()
        .find(|&at| is(at, folder) && is(at - 1, "media"))
        .map_or(parts.len().saturating_sub(1), |at| at + 1);
    let mut key = parts[first..].join("/");
    key.truncate(key.len().saturating_sub(ending.len()));
    let hashed = key.rsplit_once('_').and_then(|(left, hash)| {
        let (name, step) = left.rsplit_once('_')?;
        let is_hash = hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_hash && !name.is_empty()).then_some(())?;
        Some((name.to_owned(), step.parse::<i64>().ok()?))
    });
    match hashed {
        Some((name, step)) => (name, Some(step)),
        None => (key, None),
    }
}

#[derive(Debug)]
struct PlotFileContent {
    path: PathBuf,
    format: &'static dyn MediaFormat,
    plot: OnceLock<Arc<Plot>>,
}

impl PlotFileContent {
    fn parse(&self) -> Result<Plot, String> {
        let unreadable = |error| format!("cannot be read: {error}");
        let len = fs::metadata(&self.path).map_err(unreadable)?.len();
        let most = self.format.limits().bytes;
        if len > most {
            return Err(format!(
                "has {len} bytes, and figures of more than {most} bytes are not drawn"
            ));
        }
        self.format
            .read(&regular_file::read(&self.path).map_err(unreadable)?)
    }
}

impl PlotContent for PlotFileContent {
    fn read(&self) -> Result<Arc<Plot>, TensorError> {
        if let Some(plot) = self.plot.get() {
            return Ok(Arc::clone(plot));
        }
        let plot = self
            .parse()
            .map_err(|reason| TensorError(format!("{} {reason}", self.path.display())))?;
        Ok(Arc::clone(self.plot.get_or_init(|| Arc::new(plot))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::plotly::PLOTLY;

    #[test]
    fn keys_and_steps_are_taken_from_names() {
        let check = |path: &str, key: &str, step: Option<i64>| {
            let found = plot_file(&PLOTLY, Path::new(path));
            assert_eq!((&*found.key, found.step), (key, step), "{path}");
        };
        check(
            "/r/files/media/plotly/embeddings/trajectory_pca_0_0d378d0502bf0d7cd80d.plotly.json",
            "embeddings/trajectory_pca",
            Some(0),
        );
        check(
            "/r/files/media/plotly/a_12_deadbeef.plotly.json",
            "a",
            Some(12),
        );
        check("/r/loss_surface.plotly.json", "loss_surface", None);
        check("/r/a_b_deadbeef.plotly.json", "a_b_deadbeef", None);
        check(".plotly.json", "", None);
    }
}
