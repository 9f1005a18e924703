use std::path::{Path, PathBuf};

use bytes::Bytes;
use prost::Message;
use rayon::prelude::*;
use trainscape_run::{CUT_BESIDE_SUMMARY, RunStatus};

use super::{
    datastore::Datastore,
    history::{self, Listed},
    proto::{ConfigRecord, LogRecord, Metric, RunRecord},
    summary,
};
use crate::{
    json::Json,
    keys::Keys,
    parse::{FatalError, Parser},
    row::Row,
    row_decoder::{DecodedRows, RowDecoder},
    statistics::ReadStatistics,
    store::Store,
};

/// Records below this many bytes are decoded on one thread.
const PARALLEL_BYTES: usize = 512 << 10;

/// Reads W&B's transaction log.
#[derive(Debug, Default)]
pub(crate) struct WandbParser {
    datastore: Datastore,
    records: Vec<Bytes>,
    workers: Vec<Worker>,
    /// The log; `None`: its summary is not looked for.
    path: Option<PathBuf>,
    /// Values of the summary were added in the place of records that are missing, ...
    has_summary: bool,
    /// ... which have arrived since.
    has_grown: bool,
}

#[derive(Debug, Default)]
struct Worker {
    output: DecodedRows,
    row: Row,
    updates: Vec<RunUpdate>,
}

/// A record about the run as a whole. Later ones override earlier ones, so they keep their order.
#[derive(Debug)]
enum RunUpdate {
    Run(Box<RunRecord>),
    Config(Box<ConfigRecord>),
    Metric(Box<Metric>),
    Media(Listed),
    Exit(i32),
}

impl Parser for WandbParser {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        self.has_grown |= self.has_summary;
        let mut records = std::mem::take(&mut self.records);
        let done = self.datastore.feed(chunk, offset, &mut records, statistics);
        self.decode(&records, offset, store, statistics);
        // The records share the chunk's memory, which is returned to the caller.
        records.clear();
        self.records = records;
        done
    }

    fn caught_up(
        &mut self,
        rest: &[u8],
        _offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> usize {
        if let (true, Some(path)) = (self.is_cut(rest), &self.path) {
            self.has_summary |= summary::add_missing(path, store, statistics);
        }
        0
    }

    fn must_restart(&self) -> bool {
        self.has_grown
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        self.is_cut(rest).then_some(match self.has_summary {
            true => CUT_BESIDE_SUMMARY,
            false => "the last record is incomplete",
        })
    }
}

impl WandbParser {
    /// For the log at `path`.
    pub(super) fn of_file(path: &Path) -> Self {
        Self {
            path: Some(path.to_owned()),
            ..Self::default()
        }
    }

    /// Whether the log ends within a record.
    fn is_cut(&self, rest: &[u8]) -> bool {
        !rest.is_empty() || self.datastore.in_record()
    }

    fn decode(
        &mut self,
        records: &[Bytes],
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) {
        let bytes: usize = records.iter().map(Bytes::len).sum();
        let pieces = match rayon::current_num_threads() {
            threads if bytes >= PARALLEL_BYTES && threads > 1 => threads * 2,
            _ => 1,
        };
        let size = records.len().div_ceil(pieces).max(1);
        let pieces = records.len().div_ceil(size);
        self.workers
            .resize_with(pieces.max(self.workers.len()).max(1), Worker::default);
        let keys = &store.keys;
        let work = |(worker, records): (&mut Worker, &[Bytes])| {
            for record in records {
                worker.record(record, offset, keys);
            }
        };
        let workers = &mut self.workers[..pieces];
        if pieces > 1 {
            workers
                .par_iter_mut()
                .zip(records.par_chunks(size))
                .for_each(work);
        } else {
            workers.iter_mut().zip(records.chunks(size)).for_each(work);
        }
        let mut outputs: Vec<DecodedRows> = workers
            .iter_mut()
            .map(|worker| std::mem::take(&mut worker.output))
            .collect();
        store.absorb(&mut outputs, statistics);
        for (worker, output) in workers.iter_mut().zip(outputs) {
            worker.output = output;
            for update in worker.updates.drain(..) {
                apply(update, store, statistics);
            }
        }
    }
}

impl Worker {
    fn record(&mut self, bytes: &Bytes, offset: u64, keys: &Keys) {
        let Ok(record) = LogRecord::decode(bytes.clone()) else {
            self.output
                .statistics
                .add_damage(offset, "it is not a record that this version can read");
            return;
        };
        self.output.statistics.records += 1;
        if let Some(history) = &record.history {
            let mut decoder = RowDecoder {
                keys,
                output: &mut self.output,
                row: &mut self.row,
            };
            let mut listed = Vec::new();
            if !history::read(history, record.num, &mut decoder, &mut listed) {
                self.output.statistics.without_step += 1;
            }
            self.updates
                .extend(listed.into_iter().map(RunUpdate::Media));
        }
        self.updates.extend(record.run.map(RunUpdate::Run));
        self.updates.extend(record.config.map(RunUpdate::Config));
        self.updates.extend(record.metric.map(RunUpdate::Metric));
        let exit = record.exit.map(|exit| RunUpdate::Exit(exit.exit_code));
        self.updates.extend(exit);
    }
}

fn apply(update: RunUpdate, store: &mut Store, statistics: &mut ReadStatistics) {
    match update {
        RunUpdate::Run(run) => {
            if !run.display_name.is_empty() {
                store.display_name = Some(run.display_name);
            }
            if let Some(config) = run.config {
                update_config(&config, store, statistics);
            }
        }
        RunUpdate::Config(config) => update_config(&config, store, statistics),
        RunUpdate::Media((key, kind)) => store.count_media(&key, kind),
        RunUpdate::Exit(code) => store.ended = Some(RunStatus::of_exit_code(code)),
        RunUpdate::Metric(metric) => {
            // Dots that are part of a key are escaped.
            let unescape = |name: &str| name.replace("\\.", ".");
            let name = if metric.name.is_empty() {
                &metric.glob_name
            } else {
                &metric.name
            };
            if !name.is_empty() && !metric.step_metric.is_empty() {
                let (name, step) = (unescape(name), unescape(&metric.step_metric));
                store.declared_x.insert(name.into(), step.into());
            }
        }
    }
}

fn update_config(record: &ConfigRecord, store: &mut Store, statistics: &mut ReadStatistics) {
    let mut path = String::new();
    for item in &record.update {
        item.write_path(&mut path);
        // Metadata of the logger itself.
        if path == "_wandb" || path.starts_with("_wandb.") {
            continue;
        }
        match Json::parse(&item.value_json) {
            Some(value) => {
                remove_config(&path, store);
                value.flatten_config(&mut path, &mut store.config);
            }
            None => statistics.unread_settings += 1,
        }
    }
    for item in &record.remove {
        item.write_path(&mut path);
        remove_config(&path, store);
    }
}

fn remove_config(path: &str, store: &mut Store) {
    store.config.retain(|key, _| {
        key.strip_prefix(path)
            .is_none_or(|rest| !rest.is_empty() && !rest.starts_with('.'))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wandb::proto::{Exit, History, HistoryStep, Item};

    fn item(path: &[&str], json: &str) -> Item {
        let part = |part: &&str| Bytes::copy_from_slice(part.as_bytes());
        let value_json = Bytes::copy_from_slice(json.as_bytes());
        match path {
            [only] => Item {
                key: part(only),
                nested_key: Vec::new(),
                value_json,
            },
            _ => Item {
                nested_key: path.iter().map(part).collect(),
                value_json,
                ..Item::default()
            },
        }
    }

    fn read(records: &[LogRecord]) -> Store {
        let mut store = Store::new(None);
        let records: Vec<Bytes> = records
            .iter()
            .map(|record| Bytes::from(record.encode_to_vec()))
            .collect();
        WandbParser::default().decode(&records, 0, &mut store, &mut ReadStatistics::default());
        store
    }

    #[test]
    fn a_row_holds_numbers_histograms_and_media() {
        let items = vec![
            item(&["_step"], "1152921504606846977"),
            item(&["_timestamp"], "1700000000.5"),
            item(&["loss"], "NaN"),
            item(&["bad"], "\"-Infinity\""),
            item(&["flag"], "true"),
            item(&["a", "b"], "1.5"),
            item(
                &["nested"],
                "{\"c\": {\"d\": 2}, \"fig\": {\"_type\": \"plotly-file\", \"size\": 3}}",
            ),
            item(&["h", "_type"], "\"histogram\""),
            item(&["h", "values"], "[1, 2]"),
            item(&["h", "packedBins", "min"], "0"),
            item(&["h", "packedBins", "size"], "0.5"),
            item(&["h", "packedBins", "count"], "2"),
            item(&["cloud", "_type"], "\"object3D-file\""),
            item(&["cloud", "path"], "\"media/object3D/cloud_0.pts.json\""),
            item(&["page", "_type"], "\"html-file\""),
            item(&["page", "path"], "\"media/html/page_0.html\""),
            item(
                &["model"],
                "{\"_type\": \"object3D-file\", \"path\": \"media/object3D/model_0.glb\"}",
            ),
        ];
        let history = Some(History {
            item: items,
            step: None,
        });
        let store = read(&[LogRecord {
            num: 4,
            history,
            ..LogRecord::default()
        }]);
        let mut keys: Vec<_> = store.series().map(|(key, _, _)| key.to_string()).collect();
        keys.sort();
        assert_eq!(
            keys,
            ["_step", "_timestamp", "a.b", "bad", "loss", "nested.c.d"]
        );
        let (_, loss, _) = store
            .series()
            .find(|(key, _, _)| ***key == *"loss")
            .unwrap();
        let point = loss.first().unwrap();
        assert!(point.value.is_nan());
        assert_eq!(point.step, 1_152_921_504_606_846_977.into());
        assert_eq!(point.wall_time_secs, Some(1_700_000_000.5));
        let (key, histogram) = store.histograms().next().unwrap();
        assert_eq!(
            (key.as_ref(), &*histogram.points()[0].histogram.edges),
            ("h", &[0.0, 0.5, 1.0][..])
        );
        // Figures are read from their files; the rest is listed.
        let listed: Vec<_> = store.media.iter().collect();
        let of = |key: &str, kind| (key.to_owned(), kind);
        assert_eq!(
            listed,
            [(&of("model", "model"), &1), (&of("page", "html"), &1)]
        );
    }

    #[test]
    fn later_updates_override_earlier_ones() {
        let run = RunRecord {
            display_name: "brave-lake-1".to_owned(),
            config: Some(ConfigRecord {
                update: vec![
                    item(&["lr"], "0.1"),
                    item(&["opt"], "{\"name\": \"adam\", \"beta\": 0.9}"),
                    item(&["_wandb"], "{\"x\": 1}"),
                ],
                remove: Vec::new(),
            }),
        };
        let change = ConfigRecord {
            update: vec![item(&["lr"], "0.2")],
            remove: vec![item(&["opt", "beta"], "")],
        };
        let metric = Metric {
            glob_name: "*".to_owned(),
            step_metric: "train/step".to_owned(),
            ..Metric::default()
        };
        let store = read(&[
            LogRecord {
                run: Some(Box::new(run)),
                ..LogRecord::default()
            },
            LogRecord {
                config: Some(Box::new(change)),
                ..LogRecord::default()
            },
            LogRecord {
                metric: Some(Box::new(metric)),
                ..LogRecord::default()
            },
            LogRecord {
                history: Some(History {
                    item: vec![item(&["x"], "1")],
                    step: Some(HistoryStep { num: 9 }),
                }),
                ..LogRecord::default()
            },
            LogRecord {
                exit: Some(Exit { exit_code: 1 }),
                ..LogRecord::default()
            },
        ]);
        assert_eq!(store.ended, Some(RunStatus::Failed));
        assert_eq!(store.display_name.as_deref(), Some("brave-lake-1"));
        let config: Vec<_> = store
            .config
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        assert_eq!(config, ["lr=0.2", "opt.name=adam"]);
        assert_eq!(store.declared_x["*"].as_ref(), "train/step");
        let (_, series, _) = store.series().next().unwrap();
        assert_eq!(series.first().unwrap().step, 9.into());
    }
}
