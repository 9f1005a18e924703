use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use serde::Serialize;

use crate::{Config, HistogramSeries, PlotFile, Role, Series, Tensor, ViewFile};

/// The format of one source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceFormat {
    /// A W&B transaction log (`run-….wandb`).
    Wandb,
    /// A TensorBoard event file.
    Tensorboard,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header line.
    Csv,
    /// One NumPy array.
    Npy,
    /// A zip of NumPy arrays.
    Npz,
    /// Hugging Face's safetensors.
    Safetensors,
    /// An HDF5 file of datasets.
    Hdf5,
    /// A Plotly figure that W&B kept.
    Plotly,
    /// A point cloud that W&B kept.
    Object3d,
}

/// How far a source could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// Everything there was could be read.
    Ok,
    /// Something was passed over or is not finished yet; `note` says what.
    Partial,
    /// The file cannot be read any further; `note` says why.
    Failed,
}

/// One file that a run was read from.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// Its format.
    pub format: SourceFormat,
    /// Bytes read so far.
    pub bytes: u64,
    /// How far it could be read.
    pub state: SourceState,
    /// Records read so far (lines, rows or log records).
    pub records: u64,
    /// Damaged records passed over.
    pub skipped: u64,
    /// What was passed over or went wrong, in one sentence; empty where nothing did.
    pub note: String,
}

/// Something other than a series that a run folder holds.
#[derive(Clone, Debug, Serialize)]
pub struct Media {
    /// The key it was logged under.
    pub key: String,
    /// What it is: `histogram`, `plotly` or `object3d`.
    pub kind: String,
    /// How many were logged.
    pub count: usize,
}

/// One training run, as far as it has been read.
#[derive(Clone, Debug)]
pub struct Run {
    /// Unique among the runs opened together and stable between openings: the folder's path relative
    /// to what was opened.
    pub id: Arc<str>,
    /// What to call it: the logger's display name, otherwise the folder's name.
    pub name: Arc<str>,
    /// The run's folder (or its only file).
    pub path: PathBuf,
    /// The files it was read from.
    pub sources: Vec<Source>,
    /// Flattened configuration.
    pub config: Arc<Config>,
    /// Series by key, in natural order of the keys.
    pub series: BTreeMap<Arc<str>, Arc<Series>>,
    /// Histogram series by key.
    pub histograms: BTreeMap<Arc<str>, Arc<HistogramSeries>>,
    /// Arrays by key, in natural order of the keys. A key that several files hold is told apart by the
    /// file's stem in front of it: `evaluations/timesteps`.
    pub tensors: BTreeMap<Arc<str>, Arc<Tensor>>,
    /// Figures and clouds, by key and step.
    pub plots: Vec<PlotFile>,
    /// What each series means. Only keys with a known role are listed.
    pub roles: BTreeMap<Arc<str>, Role>,
    /// The source (index into `sources`) that each series was taken from, where several hold it.
    pub series_source: BTreeMap<Arc<str>, usize>,
    /// The x axis that the run declares for a key or for all keys under `*` (`define_metric`).
    pub declared_x: BTreeMap<Arc<str>, Arc<str>>,
    /// Files of the user's own views that apply to the run, the nearest first.
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
            series: BTreeMap::new(),
            histograms: BTreeMap::new(),
            tensors: BTreeMap::new(),
            plots: Vec::new(),
            roles: BTreeMap::new(),
            series_source: BTreeMap::new(),
            declared_x: BTreeMap::new(),
            view_files: Vec::new(),
        }
    }

    /// Number of points of all series, the superseded ones included.
    #[must_use]
    pub fn points(&self) -> usize {
        self.series.values().map(|series| series.len()).sum()
    }

    /// The series that carry `role`: the one that serves best first (see [`Role::rank_of_key`]), then by key.
    #[must_use]
    pub fn series_with_role(&self, role: Role) -> Vec<&Arc<Series>> {
        let mut found: Vec<&Arc<Series>> = self
            .roles
            .iter()
            .filter(|(_, has)| **has == role)
            .filter_map(|(key, _)| self.series.get(key))
            .collect();
        found.sort_by_key(|series| role.rank_of_key(series.key()));
        found
    }

    /// What the folder holds beside series.
    #[must_use]
    pub fn media(&self) -> Vec<Media> {
        let histograms = self.histograms.values().map(|series| Media {
            key: series.key.to_string(),
            kind: "histogram".to_owned(),
            count: series.points.len(),
        });
        let mut plots: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for plot in &self.plots {
            *plots.entry((&plot.key, plot.kind.name())).or_default() += 1;
        }
        let plots = plots.into_iter().map(|((key, kind), count)| Media {
            key: key.to_owned(),
            kind: kind.to_owned(),
            count,
        });
        histograms.chain(plots).collect()
    }
}
