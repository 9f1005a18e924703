//! The runs of opened catalogs, among those of logs.

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use trainscape_run::{Run, ViewFile};

use crate::{
    catalog::OpenCatalog, file_cache::FileCache, open_options::OpenOptions, read_views::ReadViews,
    user_choices,
};

/// Appends the runs of catalogs, with what the user chose of their keys and the views that the user gives.
pub(crate) fn append(
    runs: &mut Vec<Arc<Run>>,
    catalogs: &[OpenCatalog],
    options: &OpenOptions,
    views: &FileCache<ReadViews>,
) {
    if catalogs.is_empty() {
        return;
    }
    let view_files: Vec<Arc<ViewFile>> = options
        .views
        .iter()
        .filter_map(|path: &PathBuf| views.get(path)?.file.clone())
        .collect();
    let is_changed = !view_files.is_empty() || user_choices::are_given(options);
    let has_others = catalogs.len() > 1 || !runs.is_empty();
    let mut ids: HashSet<Arc<str>> = HashSet::new();
    if has_others {
        ids.extend(runs.iter().map(|run| Arc::clone(&run.id)));
    }
    for catalog in catalogs {
        runs.reserve(catalog.runs().len());
        for entry in catalog.runs() {
            let mut run = Arc::clone(&entry.run);
            if is_changed {
                let run = Arc::make_mut(&mut run);
                run.view_files.clone_from(&view_files);
                user_choices::apply(run, options);
            }
            if has_others && !ids.insert(Arc::clone(&run.id)) {
                let id = unique_id(catalog, &run.id, &mut ids);
                Arc::make_mut(&mut run).id = id;
            }
            runs.push(run);
        }
    }
}

/// Two opened folders may contain runs of the same name.
fn unique_id(catalog: &OpenCatalog, id: &str, ids: &mut HashSet<Arc<str>>) -> Arc<str> {
    let name = catalog.path().file_name().unwrap_or_default();
    let id = format!("{}/{id}", name.to_string_lossy());
    let numbered = (2..).map(|count| format!("{id}#{count}"));
    let mut candidates = std::iter::once(id.clone()).chain(numbered).map(Arc::from);
    let unique = candidates.find(|id| ids.insert(Arc::clone(id)));
    unique.unwrap_or_else(|| id.into())
}
