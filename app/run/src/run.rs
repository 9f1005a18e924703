use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

use crate::{
    ArrayKind, Config, HistogramSeries, PlotFile, Role, RunStatus, Series, Source, Tensor, ViewFile,
};

/// Something other than a series that a run folder holds.
#[derive(Clone, Debug, Serialize)]
pub struct Media {
    /// The key it was logged under.
    pub key: String,
    /// What it is: `histogram`, or the name of a figure's format (`plotly`, `object3d`).
    pub kind: String,
    /// How many were logged.
    pub count: usize,
}

/// A text about a run that is shown as a page, as its logger wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its title.
    pub title: String,
    /// The file that holds it.
    pub path: PathBuf,
    /// Its content, in Markdown.
    pub text: Arc<str>,
}

/// One training run, as far as it has been read.
#[derive(Clone, Debug)]
pub struct Run {
    /// Unique among the runs opened together and stable between openings: the folder's path relative
    /// to what was opened.
    pub id: Arc<str>,
    /// The logger's display name, otherwise the folder's name.
    pub name: Arc<str>,
    /// The run's folder (or its only file).
    pub path: PathBuf,
    /// The files it was read from.
    pub sources: Vec<Source>,
    /// Flattened configuration.
    pub config: Arc<Config>,
    /// How the process that logged it ended, where the log tells.
    pub ended: Option<RunStatus>,
    /// Series by key, in natural order of the keys.
    pub series: BTreeMap<Arc<str>, Arc<Series>>,
    /// Histogram series by key.
    pub histograms: BTreeMap<Arc<str>, Arc<HistogramSeries>>,
    /// The place of each key of a series or histogram in the order in which the logs first mention them.
    pub first_seen: BTreeMap<Arc<str>, u32>,
    /// Arrays by key, in natural order of the keys. Where several files hold the same key, the file's stem
    /// is put in front of it: `evaluations/timesteps`.
    pub tensors: BTreeMap<Arc<str>, Arc<Tensor>>,
    /// Figures and clouds, by key and step.
    pub plots: Vec<PlotFile>,
    /// What else the logs hold that is listed and not drawn: texts, images.
    pub other_media: Vec<Media>,
    /// Reports in Markdown, in the order of their paths.
    pub reports: Vec<Report>,
    /// The role of each series. Only keys with a known role are listed.
    pub roles: BTreeMap<Arc<str>, Role>,
    /// Roles that, as the user says, no series has.
    pub without_roles: BTreeSet<Role>,
    /// Roles whose series the user chose.
    pub chosen_roles: BTreeSet<Role>,
    /// The source (index into `sources`) that each series was taken from, where several hold it.
    pub series_source: BTreeMap<Arc<str>, usize>,
    /// The x axis that the run declares for a key or for all keys under `*` (`define_metric`).
    pub declared_x: BTreeMap<Arc<str>, Arc<str>>,
    /// The x axis that the user chose for a key or for all keys under `*`; it overrides `declared_x`.
    pub chosen_x: BTreeMap<Arc<str>, Arc<str>>,
    /// The key that the log has for each series or histogram which the user renamed.
    pub logged_keys: BTreeMap<Arc<str>, Arc<str>>,
    /// What arrays hold, as the user says, by their keys.
    pub array_kinds: BTreeMap<Arc<str>, ArrayKind>,
    /// What of the user's choices could not be done for this run, a sentence each.
    pub refused_choices: Vec<String>,
    /// Files of user-defined views that apply to the run, the nearest first.
    pub view_files: Vec<Arc<ViewFile>>,
}

impl Run {
    /// An empty run.
    #[must_use]
    pub fn new(id: impl Into<Arc<str>>, name: impl Into<Arc<str>>, path: PathBuf) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            path,
            sources: Vec::new(),
            config: Arc::default(),
            ended: None,
            series: BTreeMap::new(),
            histograms: BTreeMap::new(),
            first_seen: BTreeMap::new(),
            tensors: BTreeMap::new(),
            plots: Vec::new(),
            other_media: Vec::new(),
            reports: Vec::new(),
            roles: BTreeMap::new(),
            without_roles: BTreeSet::new(),
            chosen_roles: BTreeSet::new(),
            series_source: BTreeMap::new(),
            declared_x: BTreeMap::new(),
            chosen_x: BTreeMap::new(),
            logged_keys: BTreeMap::new(),
            array_kinds: BTreeMap::new(),
            refused_choices: Vec::new(),
            view_files: Vec::new(),
        }
    }

    /// How the run ended, as its logger says.
    #[must_use]
    pub fn status(&self) -> Option<RunStatus> {
        self.ended.or_else(|| RunStatus::of_config(&self.config))
    }

    /// The path of one of the run's files, relative to the run's folder; the whole path if the run is that
    /// file.
    #[must_use]
    pub fn path_text(&self, file: &Path) -> String {
        let path = match file.strip_prefix(&self.path) {
            Ok(relative) if !relative.as_os_str().is_empty() => relative,
            _ => file,
        };
        path.display().to_string()
    }

    /// Why points that were asked for could not be read: one sentence for the user.
    #[must_use]
    pub fn load_error(&self) -> Option<&str> {
        let of_series = self.series.values().find_map(|series| series.load_error());
        let mut histograms = self.histograms.values();
        of_series.or_else(|| histograms.find_map(|series| series.load_error()))
    }

    /// How often points were asked for that could not be read: what asks for some finds out whether it got them.
    #[must_use]
    pub fn load_failures(&self) -> usize {
        let of_series = self.series.values().map(|series| series.failures());
        let of_histograms = self.histograms.values().map(|series| series.failures());
        of_series.chain(of_histograms).sum()
    }

    /// Number of points of all series, the superseded ones included.
    #[must_use]
    pub fn points(&self) -> usize {
        self.series.values().map(|series| series.len()).sum()
    }

    /// The series with the role `role`: those that change before constant ones, which say nothing; then the most suitable
    /// first (see [`Role::rank_of_key`]), then by key.
    #[must_use]
    pub fn series_with_role(&self, role: Role) -> Vec<&Arc<Series>> {
        let mut found: Vec<&Arc<Series>> = self
            .roles
            .iter()
            .filter(|(_, has)| **has == role)
            .filter_map(|(key, _)| self.series.get(key))
            .collect();
        let is_constant = |series: &Series| {
            let range = series.value_range();
            series.len() > 1 && range.is_some_and(|(low, high)| low >= high)
        };
        found.sort_by_cached_key(|series| (is_constant(series), role.rank_of_key(series.key())));
        found
    }

    /// What the folder holds in addition to series.
    #[must_use]
    pub fn media(&self) -> Vec<Media> {
        let histograms = self.histograms.values().map(|series| Media {
            key: series.key.to_string(),
            kind: "histogram".to_owned(),
            count: series.len(),
        });
        let mut plots: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for plot in &self.plots {
            *plots.entry((&plot.key, plot.format.name)).or_default() += 1;
        }
        let plots = plots.into_iter().map(|((key, kind), count)| Media {
            key: key.to_owned(),
            kind: kind.to_owned(),
            count,
        });
        // What is read as a figure is listed as one.
        let keys: BTreeSet<&str> = self.plots.iter().map(|plot| &*plot.key).collect();
        let is_plot = |media: &&Media| keys.contains(&*media.key);
        let others = self
            .other_media
            .iter()
            .filter(|media| !is_plot(media))
            .cloned();
        histograms.chain(plots).chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;

    #[test]
    fn a_series_that_changes_comes_before_a_constant_one() {
        let mut run = Run::new("r", "r", "r".into());
        for (key, slope) in [("loss", 0.0), ("train/ce_loss", 1.0)] {
            let mut series = Series::new(key);
            series.extend((0..3).map(|step| Point {
                step: step.into(),
                wall_time_secs: None,
                value: slope * step as f64,
            }));
            run.roles.insert(key.into(), Role::Loss);
            run.series.insert(key.into(), Arc::new(series));
        }
        let first = |run: &Run| run.series_with_role(Role::Loss)[0].key().to_string();
        assert_eq!(first(&run), "train/ce_loss");
        run.series.remove("train/ce_loss");
        assert_eq!(first(&run), "loss");
    }
}
