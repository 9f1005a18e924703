use std::{io::Read, path::Path, sync::Arc};

use bytes::Bytes;

use super::{
    place::{DESCRIPTION, data_set, is_copy, is_table},
    table::{Table, is_loss, metrics_of, role_of_loss},
};
use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_log_per_file},
    json::{Json, is_complete_json},
    line_points::LineParser,
    log_format::{Detection, LogFormat},
    parse::{FatalError, Parser},
    reader::Reader,
    regular_file,
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// Bytes of the description that are examined: what the metrics are comes first.
const HEAD: u64 = 64 << 10;

/// CatBoost's tables.
pub(crate) static CATBOOST: CatBoost = CatBoost;

#[derive(Debug)]
pub(crate) struct CatBoost;

impl LogFormat for CatBoost {
    fn name(&self) -> &'static str {
        "catboost"
    }

    fn title(&self) -> &'static str {
        "CatBoost"
    }

    fn rank(&self) -> u8 {
        25
    }

    fn is_certain_from_place(&self, path: &Path) -> bool {
        is_table(path) || is_copy(path)
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let text = String::from_utf8_lossy(sample.text());
        let metrics = metrics_of(text.lines().next().unwrap_or_default());
        match metrics.filter(|_| is_table(sample.path())) {
            Some(metrics) => Detection::Log(FirstRows::of_keys(metrics)),
            None => Detection::No,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        let data_set = data_set(path).map(str::to_owned);
        let table = LineParser::new(Table {
            prefix: data_set.iter().map(|name| format!("{name}/")).collect(),
            keys: None,
        });
        match data_set {
            None => Reader::Stream(Box::new(table)),
            Some(data_set) => Reader::Stream(Box::new(WithRoles {
                losses: losses(path.parent().unwrap_or(path), &data_set),
                data_set,
                table,
            })),
        }
    }

    fn folder_of<'a>(&self, path: &'a Path) -> &'a Path {
        let folder = path.parent().unwrap_or(path);
        let is_event_file = !is_table(path) && !path.ends_with(DESCRIPTION);
        match is_event_file {
            true => folder.parent().unwrap_or(folder),
            false => folder,
        }
    }

    /// The description also holds data sets whose tables may be missing.
    fn why_left_out(&self, path: &Path) -> Option<&'static str> {
        if !path.ends_with(DESCRIPTION) {
            return None;
        }
        let is_complete = regular_file::open(path).and_then(is_complete_json);
        (!is_complete.ok()?).then_some(
            "it is cut short, and the tables beside it are read instead: if a data set is missing, copy the file again",
        )
    }

    /// The event files and the description repeat what the tables hold.
    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let tables: Vec<FolderFile<'_>> = files
            .iter()
            .filter(|file| is_table(file.path))
            .copied()
            .collect();
        one_log_per_file(&tables)
    }
}

/// A table of metrics, some of which are losses.
#[derive(Debug)]
struct WithRoles {
    data_set: String,
    /// The losses that the description names; `None` if there is none.
    losses: Option<Vec<String>>,
    table: LineParser<Table>,
}

impl Parser for WithRoles {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        let done = self.table.feed(chunk, offset, store, statistics)?;
        for slot in 0..store.keys.len() {
            // The first loss is the one that is trained with.
            if !store.declared_roles.is_empty() {
                break;
            }
            let key = Arc::clone(store.keys.name(slot as u32));
            let metric = key.split_once('/').map_or(&*key, |(_, metric)| metric);
            let is_loss = match &self.losses {
                Some(losses) => losses.iter().any(|loss| loss == metric),
                None => is_loss(metric),
            };
            if is_loss {
                let role = role_of_loss(&self.data_set);
                store.declared_roles.insert(key, role);
            }
        }
        Ok(done)
    }

    fn caught_up(
        &mut self,
        rest: &[u8],
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> usize {
        self.table.caught_up(rest, offset, store, statistics)
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        self.table.unfinished(rest)
    }
}

/// The metrics whose smallest value is the best, from `catboost_training.json`. Its second line holds them
/// as soon as the training has begun.
fn losses(folder: &Path, data_set: &str) -> Option<Vec<String>> {
    let mut head = Vec::new();
    let file = regular_file::open(&folder.join(DESCRIPTION)).ok()?;
    file.take(HEAD).read_to_end(&mut head).ok()?;
    let line = head
        .split(|&byte| byte == b'\n')
        .find_map(|line| line.trim_ascii().strip_prefix(b"\"meta\":"))?;
    let meta = Json::parse(line.strip_suffix(b",").unwrap_or(line))?;
    let metrics = match data_set {
        "learn" => "learn_metrics",
        _ => "test_metrics",
    };
    let Some(Json::List(metrics)) = meta.get(metrics) else {
        return None;
    };
    let is_smallest =
        |metric: &&Json| metric.get("best_value").and_then(Json::as_text) == Some("Min");
    let names = metrics.iter().filter(is_smallest).filter_map(|metric| {
        let name = metric.get("name").and_then(Json::as_text)?;
        Some(name.to_owned())
    });
    Some(names.collect())
}
