//! The list of exporters: a new one is a file here and a line in [`EXPORTERS`].

mod csv;
mod glb;
mod html;
mod pdf;
mod ply;
mod png;
mod svg;

use std::path::Path;

use crate::{
    error::ExportError,
    exporter::{Content, Exporter},
};

/// Every exporter; the first one of a content is the default.
pub static EXPORTERS: &[&dyn Exporter] = &[
    &png::Png,
    &svg::Svg,
    &pdf::Pdf,
    &glb::Glb,
    &html::Html,
    &ply::Ply,
    &csv::Csv,
];

/// The exporters that write this content.
pub fn exporters_of(content: Content) -> impl Iterator<Item = &'static dyn Exporter> {
    EXPORTERS
        .iter()
        .copied()
        .filter(move |exporter| exporter.content() == content)
}

/// The exporter that writes this content to a file, by the ending of its name.
///
/// # Errors
/// When no exporter has that ending; the message lists the endings.
pub fn exporter_of(path: &Path, content: Content) -> Result<&'static dyn Exporter, ExportError> {
    let ending = path.extension().unwrap_or_default();
    let has_ending = |exporter: &&dyn Exporter| {
        let mut endings = exporter.endings().iter();
        endings.any(|known| ending.eq_ignore_ascii_case(known))
    };
    exporters_of(content).find(has_ending).ok_or_else(|| {
        let endings: Vec<String> = exporters_of(content)
            .flat_map(Exporter::endings)
            .map(|ending| format!(".{ending}"))
            .collect();
        ExportError::UnknownEnding {
            path: path.to_owned(),
            endings: endings.join(" or "),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ExportJob;
    use crate::job::RecordTable;

    #[test]
    fn endings_are_unique_and_find_their_exporter() {
        for exporter in EXPORTERS {
            assert!(!exporter.endings().is_empty());
            for ending in exporter.endings() {
                let path = format!("figure.{}", ending.to_uppercase());
                let found = exporter_of(Path::new(&path), exporter.content()).unwrap();
                assert_eq!(found.name(), exporter.name());
            }
        }
    }

    #[test]
    fn an_unknown_ending_is_answered_with_the_known_ones() {
        let message = |name, content| {
            exporter_of(Path::new(name), content)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message("figure.bmp", Content::Picture),
            "figure.bmp: end the name in .png or .svg or .pdf"
        );
        assert_eq!(
            message("figure", Content::Geometry),
            "figure: end the name in .glb or .html or .htm or .ply"
        );
    }

    #[test]
    fn an_exporter_refuses_content_that_it_does_not_write() {
        let columns = ["run".to_owned()];
        let rows = vec![vec!["a"], vec!["b"]];
        let job = ExportJob::Records(RecordTable {
            columns: &columns,
            rows,
        });
        for exporter in EXPORTERS {
            let encoded = exporter.encode(&job);
            assert_eq!(encoded.is_ok(), exporter.content() == Content::Records);
        }
        let csv = exporters_of(Content::Records).next().unwrap();
        assert_eq!(csv.encode(&job).unwrap(), b"run\na\nb\n");
    }
}
