//! A part: some runs, whose files are written together.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
};

use trainscape_run::{HistogramSeries, Run, Series};
use trainscape_source::catalog::{
    CatalogRun, OTHER_SETTINGS, Part, STATUS, SettingKind, is_abbreviated, partition_of_key,
};

use crate::{
    error::BuildError,
    files::{WriteFile, write},
    history_table,
    runs_table::encode_runs,
    series_table::{Place, Places, SeriesName, encode_series},
    settings,
    shard::fnv_1a,
};

/// Points of a part: what is held in memory while it is written, and about a hundred megabytes on disk.
pub(crate) const PART_POINTS: u64 = 4 << 20;

/// A part that was written, and the keys whose partitions have abbreviated names.
#[derive(Clone, Debug)]
pub(crate) struct WrittenPart {
    pub(crate) part: Part,
    pub(crate) partitions: BTreeMap<String, String>,
}

/// Number of values of a run: its points, and the bins of its histograms.
pub(crate) fn size(run: &Run) -> u64 {
    let histograms = run.histograms.values().map(|series| series.len() as u64);
    run.points() as u64 + histograms.sum::<u64>() * 64
}

/// Writes the files of some runs below `folder`.
pub(crate) fn write_part(
    folder: &Path,
    mut runs: Vec<CatalogRun>,
    file: WriteFile<'_>,
) -> Result<WrittenPart, BuildError> {
    runs.sort_by(|a, b| a.run.id.cmp(&b.run.id));
    let id = id(&runs);
    let mut writer = Writer {
        folder,
        file,
        id: &id,
        bytes: 0,
        places: Places::new(),
        partitions: BTreeMap::new(),
    };
    let plain: Vec<&Run> = runs.iter().map(|entry| &*entry.run).collect();
    let history = writer.write_history(&plain)?;
    let histograms = writer.write_histograms(&plain)?;
    let series_file = format!("series/{id}.parquet");
    let series = encode_series(&plain, &writer.places)?;
    writer.write(&series_file, &series)?;
    let configs = runs.iter().map(|entry| &*entry.run.config);
    let settings = settings::kinds(configs);
    let Writer {
        bytes, partitions, ..
    } = writer;
    let mut part = Part {
        points: plain.iter().map(|run| run.points() as u64).sum(),
        runs: runs.len() as u64,
        id,
        bytes,
        settings,
        runs_file: String::new(),
        series_file,
        history,
        histograms,
    };
    let kinds = part.settings.clone();
    write_runs_file(folder, &mut part, &runs, &kinds, file)?;
    Ok(WrittenPart { part, partitions })
}

/// Writes the table of a part's runs with columns for the settings of all parts.
pub(crate) fn write_runs_file(
    folder: &Path,
    part: &mut Part,
    runs: &[CatalogRun],
    kinds: &BTreeMap<String, SettingKind>,
    file: WriteFile<'_>,
) -> Result<(), BuildError> {
    let name = runs_file_name(&part.id, kinds);
    let bytes = encode_runs(runs, kinds)?;
    write(file, &folder.join(&name), &bytes)?;
    part.runs_file = name;
    Ok(())
}

/// The name of a table of runs, which tells its columns apart from those of another.
pub(crate) fn runs_file_name(id: &str, kinds: &BTreeMap<String, SettingKind>) -> String {
    let columns = kinds.iter().map(|(key, kind)| format!("{key}\0{kind:?}\0"));
    let columns: String = [STATUS, OTHER_SETTINGS]
        .map(str::to_owned)
        .into_iter()
        .chain(columns)
        .collect();
    format!(
        "runs/{id}-{:08x}.parquet",
        fnv_1a(columns.as_bytes()) as u32
    )
}

/// The name of a part, which follows from what is in it.
fn id(runs: &[CatalogRun]) -> String {
    let mut text = Vec::new();
    for entry in runs {
        for part in [&*entry.run.id, &*entry.origin, &*entry.fingerprint] {
            text.extend_from_slice(part.as_bytes());
            text.push(0);
        }
    }
    format!("{:016x}", fnv_1a(&text))
}

struct Writer<'a> {
    folder: &'a Path,
    file: WriteFile<'a>,
    id: &'a str,
    bytes: u64,
    places: Places,
    partitions: BTreeMap<String, String>,
}

/// The series of a key, by the places of their runs.
type ByKey<'a, T> = BTreeMap<&'a Arc<str>, Vec<(usize, &'a Arc<T>)>>;

impl Writer<'_> {
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), BuildError> {
        self.bytes += bytes.len() as u64;
        write(self.file, &self.folder.join(name), bytes)
    }

    /// The name of the file of a key.
    fn name(&mut self, table: &str, key: &Arc<str>) -> String {
        let partition = partition_of_key(key);
        if is_abbreviated(key) {
            self.partitions.insert(partition.clone(), key.to_string());
        }
        format!("{table}/{partition}/{}.parquet", self.id)
    }

    /// Notes where the series of a key are: one after the other.
    fn place(
        &mut self,
        file: &str,
        key: &Arc<str>,
        is_histogram: bool,
        lengths: &[(usize, usize)],
    ) {
        let mut first_row = 0;
        for &(run, len) in lengths {
            let place = Place {
                file: file.to_owned(),
                first_row,
            };
            let key = Arc::clone(key);
            self.places
                .insert((run, SeriesName { key, is_histogram }), place);
            first_row += len as u64;
        }
    }

    fn write_history(&mut self, runs: &[&Run]) -> Result<Vec<String>, BuildError> {
        let mut by_key: ByKey<'_, Series> = BTreeMap::new();
        for (at, run) in runs.iter().enumerate() {
            for (key, series) in run.series.iter().filter(|(_, series)| !series.is_empty()) {
                by_key.entry(key).or_default().push((at, series));
            }
        }
        let mut files = Vec::new();
        for (key, series) in by_key {
            let name = self.name("history", key);
            let of_runs = series.iter().map(|&(at, series)| {
                // What is read from another part is not kept.
                let fresh = series
                    .unloaded()
                    .map_or_else(|| Arc::clone(series), Arc::new);
                (Arc::clone(&runs[at].id), fresh)
            });
            let bytes = history_table::points(&of_runs.collect::<Vec<_>>())?;
            self.write(&name, &bytes)?;
            let lengths: Vec<_> = series
                .iter()
                .map(|(at, series)| (*at, series.len()))
                .collect();
            self.place(&name, key, false, &lengths);
            files.push(name);
        }
        Ok(files)
    }

    fn write_histograms(&mut self, runs: &[&Run]) -> Result<Vec<String>, BuildError> {
        let mut by_key: ByKey<'_, HistogramSeries> = BTreeMap::new();
        for (at, run) in runs.iter().enumerate() {
            for (key, series) in run
                .histograms
                .iter()
                .filter(|(_, series)| !series.is_empty())
            {
                by_key.entry(key).or_default().push((at, series));
            }
        }
        let mut files = Vec::new();
        for (key, series) in by_key {
            let name = self.name("histograms", key);
            let of_runs: Vec<_> = series
                .iter()
                .map(|(at, series)| (Arc::clone(&runs[*at].id), series.points()))
                .collect();
            let bytes = history_table::histograms(&of_runs)?;
            let mut errors = series.iter().filter_map(|(_, series)| series.load_error());
            if let Some(error) = errors.next() {
                return Err(BuildError::Points(error.to_owned()));
            }
            self.write(&name, &bytes)?;
            let lengths: Vec<_> = series
                .iter()
                .map(|(at, series)| (*at, series.len()))
                .collect();
            self.place(&name, key, true, &lengths);
            files.push(name);
        }
        Ok(files)
    }
}

/// Refuses two runs of one id.
pub(crate) fn check_ids<'a>(runs: impl Iterator<Item = &'a CatalogRun>) -> Result<(), BuildError> {
    let mut paths: HashMap<&str, &Path> = HashMap::new();
    for CatalogRun { run, .. } in runs {
        if let Some(first) = paths.insert(&run.id, &run.path) {
            return Err(BuildError::SameId {
                id: run.id.to_string(),
                first: first.to_owned(),
                second: run.path.clone(),
            });
        }
    }
    Ok(())
}
