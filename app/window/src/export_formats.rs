//! The formats that each kind of export can be written in.

use trainscape_export::{ANIMATION_FORMATS, Content, exporters_of};

use crate::export_kind::ExportKind;

/// A format of the export dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) name: &'static str,
    /// The endings of its files, without the dot; the first is the usual one.
    pub(crate) endings: Vec<&'static str>,
    /// Whether page and theme decide what is written.
    pub(crate) has_page: bool,
}

impl Format {
    /// The usual ending of its files, without the dot.
    pub(crate) fn ending(&self) -> &'static str {
        self.endings.first().copied().unwrap_or_default()
    }
}

/// The formats of a kind of export; the first is the default.
pub(crate) fn formats(kind: ExportKind) -> Vec<Format> {
    match kind {
        ExportKind::Picture => formats_of(Content::Picture),
        ExportKind::Model => formats_of(Content::Geometry),
        ExportKind::Animation => animations(),
    }
}

/// The formats of a content; the first is the default.
pub(crate) fn formats_of(content: Content) -> Vec<Format> {
    let exporters = exporters_of(content);
    exporters
        .map(|exporter| Format {
            name: exporter.name(),
            endings: exporter.endings().to_vec(),
            has_page: exporter.has_page(),
        })
        .collect()
}

fn animations() -> Vec<Format> {
    let formats = ANIMATION_FORMATS.iter();
    formats
        .map(|format| {
            let endings = format.endings().iter();
            Format {
                name: format.name(),
                endings: endings
                    .map(|ending| ending.strip_prefix('.').unwrap_or(ending))
                    .collect(),
                has_page: true,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_formats_with_endings_of_their_own() {
        for kind in ExportKind::ALL {
            let formats = formats(kind);
            let mut endings: Vec<_> = formats.iter().flat_map(|format| &format.endings).collect();
            let all = endings.len();
            endings.sort_unstable();
            endings.dedup();
            assert!(all >= formats.len() && formats.len() > 1, "{formats:?}");
            assert_eq!(endings.len(), all);
            assert!(endings.iter().all(|ending| !ending.starts_with('.')));
        }
    }
}
