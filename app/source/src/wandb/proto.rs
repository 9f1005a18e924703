//! The parts of `wandb_internal.proto` that describe the run. Record types and fields that are not
//! listed, including newer ones, are skipped without being decoded.

use prost::bytes::Bytes;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct LogRecord {
    #[prost(int64, tag = "1")]
    pub(crate) num: i64,
    #[prost(message, optional, tag = "2")]
    pub(crate) history: Option<History>,
    #[prost(message, optional, boxed, tag = "5")]
    pub(crate) config: Option<Box<ConfigRecord>>,
    #[prost(message, optional, boxed, tag = "12")]
    pub(crate) metric: Option<Box<Metric>>,
    #[prost(message, optional, boxed, tag = "17")]
    pub(crate) run: Option<Box<RunRecord>>,
    #[prost(message, optional, tag = "18")]
    pub(crate) exit: Option<Exit>,
}

/// The end of the process.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Exit {
    #[prost(int32, tag = "1")]
    pub(crate) exit_code: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct History {
    #[prost(message, repeated, tag = "1")]
    pub(crate) item: Vec<Item>,
    #[prost(message, optional, tag = "2")]
    pub(crate) step: Option<HistoryStep>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoryStep {
    #[prost(int64, tag = "1")]
    pub(crate) num: i64,
}

/// A key, plain or as a path, and a value as JSON text.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Item {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) key: Bytes,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub(crate) nested_key: Vec<Bytes>,
    #[prost(bytes = "bytes", tag = "16")]
    pub(crate) value_json: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ConfigRecord {
    #[prost(message, repeated, tag = "1")]
    pub(crate) update: Vec<Item>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) remove: Vec<Item>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RunRecord {
    #[prost(message, optional, tag = "4")]
    pub(crate) config: Option<ConfigRecord>,
    #[prost(string, tag = "8")]
    pub(crate) display_name: String,
}

/// A `define_metric` call.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Metric {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) glob_name: String,
    #[prost(string, tag = "4")]
    pub(crate) step_metric: String,
}

impl Item {
    /// The key's path, joined by dots.
    pub(crate) fn write_path(&self, path: &mut String) {
        path.clear();
        if self.nested_key.is_empty() {
            path.push_str(&String::from_utf8_lossy(&self.key));
        }
        for (index, part) in self.nested_key.iter().enumerate() {
            if index > 0 {
                path.push('.');
            }
            path.push_str(&String::from_utf8_lossy(part));
        }
    }
}
