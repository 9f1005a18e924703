//! Writes logs of any size in the four formats, as their loggers do.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use prost::Message;

/// Metrics of each row.
pub const KEYS: [&str; 8] = [
    "train/loss",
    "train/grad_norm",
    "train/learning_rate",
    "train/tokens_per_second",
    "val/loss",
    "reward",
    "kl",
    "grad_norm/layers.0.mlp.up",
];

/// A value with as many digits as a float has: what loggers write.
pub fn value(row: u64, key: usize) -> f64 {
    let phase = row as f64 * 0.001 + key as f64;
    (phase.sin() + 1.5) * f64::exp(-0.1 * key as f64) / 3.0
}

/// Seconds since the Unix epoch at which a row was logged.
pub fn wall_time_secs(row: u64) -> f64 {
    1_700_000_000.25 + row as f64 * 0.5
}

/// One line of JSON.
pub fn jsonl_row(row: u64) -> String {
    let mut line = format!("{{\"step\": {row}, \"_timestamp\": {}", wall_time_secs(row));
    for (index, key) in KEYS.iter().enumerate() {
        line += &format!(", \"{key}\": {}", value(row, index));
    }
    line + "}\n"
}

/// A table's header.
pub fn csv_header() -> String {
    format!("step,_timestamp,{}\n", KEYS.join(","))
}

/// One row of a table.
pub fn csv_row(row: u64) -> String {
    let mut line = format!("{row},{}", wall_time_secs(row));
    for index in 0..KEYS.len() {
        line += &format!(",{}", value(row, index));
    }
    line + "\n"
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Event {
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    #[prost(int64, tag = "2")]
    pub step: i64,
    #[prost(string, tag = "3")]
    pub file_version: String,
    #[prost(message, optional, tag = "5")]
    pub summary: Option<Summary>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Value>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Value {
    #[prost(string, tag = "1")]
    pub tag: String,
    #[prost(float, optional, tag = "2")]
    pub simple_value: Option<f32>,
}

fn masked_crc(data: &[u8]) -> u32 {
    crc32c::crc32c(data)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

/// Frames one event.
pub fn event_record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut out = length.to_vec();
    out.extend(masked_crc(&length).to_le_bytes());
    out.extend(data);
    out.extend(masked_crc(data).to_le_bytes());
    out
}

/// One framed event with one scalar.
pub fn scalar_event(tag: &str, step: i64, wall_time: f64, value: f32) -> Vec<u8> {
    let value = Value {
        tag: tag.to_owned(),
        simple_value: Some(value),
    };
    let summary = Some(Summary { value: vec![value] });
    event_record(
        &Event {
            wall_time,
            step,
            file_version: String::new(),
            summary,
        }
        .encode_to_vec(),
    )
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Record {
    #[prost(int64, tag = "1")]
    pub num: i64,
    #[prost(message, optional, tag = "2")]
    pub history: Option<History>,
    #[prost(message, optional, tag = "3")]
    pub summary: Option<SummaryRecord>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct History {
    #[prost(message, repeated, tag = "1")]
    pub item: Vec<Item>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SummaryRecord {
    #[prost(message, repeated, tag = "1")]
    pub update: Vec<Item>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Item {
    #[prost(string, repeated, tag = "2")]
    pub nested_key: Vec<String>,
    #[prost(string, tag = "16")]
    pub value_json: String,
}

/// One history record.
pub fn wandb_row(row: u64) -> Record {
    let item = |key: &str, value: String| Item {
        nested_key: vec![key.to_owned()],
        value_json: value,
    };
    let mut items: Vec<Item> = KEYS
        .iter()
        .enumerate()
        .map(|(index, key)| item(key, value(row, index).to_string()))
        .collect();
    items.push(item("_step", row.to_string()));
    items.push(item("_timestamp", wall_time_secs(row).to_string()));
    Record {
        num: row as i64 + 1,
        history: Some(History { item: items }),
        summary: None,
    }
}

/// Writes a `.wandb` file record by record.
pub struct WandbWriter<W> {
    out: W,
    at: usize,
}

impl<W: Write> WandbWriter<W> {
    /// Writes the header.
    pub fn new(mut out: W) -> std::io::Result<Self> {
        out.write_all(b":W&B\xE1\xBE\x00")?;
        Ok(Self { out, at: 7 })
    }

    /// Writes one record in as many fragments as it takes.
    pub fn write(&mut self, record: &Record) -> std::io::Result<()> {
        const BLOCK: usize = 32 * 1024;
        let data = record.encode_to_vec();
        let mut rest = &data[..];
        let mut first = true;
        loop {
            let left = BLOCK - self.at % BLOCK;
            if left < 7 {
                self.out.write_all(&[0; 7][..left])?;
                self.at += left;
                continue;
            }
            let (part, after) = rest.split_at(rest.len().min(left - 7));
            let kind = match (first, after.is_empty()) {
                (true, true) => 1,
                (true, false) => 2,
                (false, false) => 3,
                (false, true) => 4,
            };
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(&[kind]);
            hasher.update(part);
            self.out.write_all(&hasher.finalize().to_le_bytes())?;
            self.out.write_all(&(part.len() as u16).to_le_bytes())?;
            self.out.write_all(&[kind])?;
            self.out.write_all(part)?;
            self.at += 7 + part.len();
            rest = after;
            first = false;
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// Bytes written.
    pub fn bytes(&self) -> usize {
        self.at
    }
}

/// Writes a log of about `bytes` bytes into `folder`; the file's name shows its format. Returns the
/// number of rows.
pub fn write_log(folder: &Path, format: &str, bytes: usize) -> std::io::Result<u64> {
    fs::create_dir_all(folder)?;
    let name = match format {
        "jsonl" => "metrics.jsonl",
        "csv" => "metrics.csv",
        "tensorboard" => "events.out.tfevents.1.host",
        _ => "run-a.wandb",
    };
    let mut out = BufWriter::new(File::create(folder.join(name))?);
    let (mut row, mut size) = (0, 0);
    if format == "wandb" {
        let mut writer = WandbWriter::new(out)?;
        while writer.bytes() < bytes {
            let record = wandb_row(row);
            writer.write(&record)?;
            let update = record
                .history
                .map(|history| history.item)
                .unwrap_or_default();
            let summary = Some(SummaryRecord { update });
            writer.write(&Record {
                num: record.num,
                history: None,
                summary,
            })?;
            row += 1;
        }
        writer.out.flush()?;
        return Ok(row);
    }
    if format == "csv" {
        out.write_all(csv_header().as_bytes())?;
    }
    if format == "tensorboard" {
        let version = Event {
            wall_time: wall_time_secs(0),
            file_version: "brain.Event:2".to_owned(),
            ..Event::default()
        };
        out.write_all(&event_record(&version.encode_to_vec()))?;
    }
    while size < bytes {
        match format {
            "jsonl" => {
                let line = jsonl_row(row);
                size += line.len();
                out.write_all(line.as_bytes())?;
            }
            "csv" => {
                let line = csv_row(row);
                size += line.len();
                out.write_all(line.as_bytes())?;
            }
            _ => {
                for (index, key) in KEYS.iter().enumerate() {
                    let value = value(row, index) as f32;
                    let record = scalar_event(key, row as i64, wall_time_secs(row), value);
                    size += record.len();
                    out.write_all(&record)?;
                }
            }
        }
        row += 1;
    }
    out.flush()?;
    Ok(row)
}
