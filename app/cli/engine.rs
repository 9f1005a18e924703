//! `--engine`: the catalogs that paths and URLs name, as an engine sees them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use trainscape_source::catalog::is_engine;

use super::outcome::UsageError;

/// Puts the URL of the same catalog behind an engine in the place of each path.
pub(super) fn ask(engine: Option<&str>, paths: &mut [PathBuf]) -> Result<(), UsageError> {
    let Some(engine) = engine else {
        return Ok(());
    };
    if paths.is_empty() {
        let text = format!("--engine {engine}: name the catalog that the engine reads");
        return Err(UsageError(text));
    }
    for path in paths {
        *path = behind(engine, path)?;
    }
    Ok(())
}

/// The URL of a catalog behind an engine: `flightsql://HOST:PORT/PATH?tables=NAMES`.
fn behind(engine: &str, catalog: &Path) -> Result<PathBuf, UsageError> {
    let failed = |why: &str| UsageError(format!("--engine {engine}: {why}"));
    let (base, question) = engine.split_once('?').unwrap_or((engine, ""));
    if !is_engine(Path::new(base)) {
        return Err(failed(
            "give the URL of an engine, flightsql://HOST:PORT or flightsql+tls://HOST:PORT",
        ));
    }
    let base = base.trim_end_matches('/');
    if base
        .split_once("://")
        .is_some_and(|(_, rest)| rest.contains('/'))
    {
        return Err(failed(
            "leave out what follows the port: the catalog is the path or URL beside it",
        ));
    }
    if is_engine(catalog) {
        let catalog = catalog.display();
        return Err(failed(&format!("{catalog} is an engine itself")));
    }
    let catalog = place(catalog).map_err(|why| failed(&why))?;
    let question = match question {
        "" => String::new(),
        question => format!("?{question}"),
    };
    Ok(format!("{base}/{catalog}{question}").into())
}

/// A catalog as an engine is told of it: its URL, or its folder from the root.
fn place(catalog: &Path) -> Result<String, String> {
    let shown = catalog.display();
    let text = catalog
        .to_str()
        .ok_or_else(|| format!("{shown} is no text"))?;
    if text.contains("://") {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    let absolute = match fs::canonicalize(catalog) {
        Ok(found) if found.is_dir() => found,
        Ok(_) => return Err(format!("{shown} is a file, not the folder of a catalog")),
        // A folder that only the engine has.
        Err(_) if catalog.is_absolute() => catalog.to_owned(),
        Err(error) => {
            return Err(format!(
                "{shown} cannot be found here ({error}): name the folder from the root where the engine has it"
            ));
        }
    };
    let text = absolute
        .to_str()
        .map(|text| text.trim_matches('/').to_owned());
    text.ok_or_else(|| format!("{shown} is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalog_has_a_url_behind_an_engine() {
        for (engine, catalog, url) in [
            (
                "flightsql://lab:4000",
                "/no/such/catalog/",
                "flightsql://lab:4000/no/such/catalog",
            ),
            (
                "flightsql+tls://lab/",
                "s3://bucket/catalog/",
                "flightsql+tls://lab/s3://bucket/catalog",
            ),
            (
                "flightsql://lab:4000?tables=duckdb",
                "gs://bucket/c",
                "flightsql://lab:4000/gs://bucket/c?tables=duckdb",
            ),
        ] {
            let found = behind(engine, Path::new(catalog)).unwrap();
            assert_eq!(found, Path::new(url));
        }
        let folder = tempfile::tempdir().unwrap();
        let found = behind("flightsql://lab:1", folder.path()).unwrap();
        let absolute = fs::canonicalize(folder.path()).unwrap();
        let expected = format!("flightsql://lab:1{}", absolute.display());
        assert_eq!(found, Path::new(&expected));
    }

    #[test]
    fn what_cannot_be_asked_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let file = file.path().to_str().unwrap().to_owned();
        for (engine, catalog, word) in [
            ("http://lab", "/c", "flightsql://HOST"),
            ("flightsql://lab/path", "/c", "leave out"),
            ("flightsql://lab", "flightsql://lab/c", "itself"),
            ("flightsql://lab", "no/such/folder", "from the root"),
            ("flightsql://lab", &file, "is a file"),
        ] {
            let UsageError(text) = behind(engine, Path::new(catalog)).unwrap_err();
            assert!(text.contains(word), "{text}");
        }
        assert!(ask(Some("flightsql://lab"), &mut []).is_err());
    }
}
