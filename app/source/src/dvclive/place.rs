//! The files of a run and what their paths say.

use std::path::Path;

/// The folders of tables inside a run's folder, in current and older versions.
const TABLES: &[&str] = &["plots/metrics", "plots/scalars"];

/// The last values of all metrics.
pub(super) const SUMMARY: &str = "metrics.json";

/// The run's folder and the folder of tables in it that contains the file.
fn run_and_tables(path: &Path) -> Option<(&Path, &Path)> {
    let tables = path
        .ancestors()
        .skip(1)
        .filter(|folder| TABLES.iter().any(|tables| folder.ends_with(tables)))
        .last()?;
    Some((tables.parent()?.parent()?, tables))
}

/// The run's folder of a table.
pub(super) fn run_of_table(path: &Path) -> Option<&Path> {
    let is_table = path.extension().is_some_and(|ending| ending == "tsv");
    let (run, _) = run_and_tables(path).filter(|_| is_table)?;
    Some(run)
}

/// The metric's key: the path below `plots/metrics` without its ending.
pub(super) fn key_of_table(path: &Path) -> Option<String> {
    let (_, tables) = run_and_tables(path)?;
    let relative = path.strip_prefix(tables).ok()?.with_extension("");
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    Some(parts.join("/"))
}

/// True if the file holds the last values of the tables beside it.
pub(super) fn is_summary(path: &Path) -> bool {
    let has_tables = |run: &Path| TABLES.iter().any(|tables| run.join(tables).is_dir());
    path.file_name().is_some_and(|name| name == SUMMARY) && path.parent().is_some_and(has_tables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_paths_below_the_folder_of_tables() {
        let path = Path::new("/a/dvclive/plots/metrics/train/loss.v1.tsv");
        assert_eq!(run_of_table(path), Some(Path::new("/a/dvclive")));
        assert_eq!(key_of_table(path).as_deref(), Some("train/loss.v1"));
        assert_eq!(run_of_table(Path::new("/a/plots/metrics/x.json")), None);
        assert_eq!(run_of_table(Path::new("/a/metrics/x.tsv")), None);
    }
}
