use std::{collections::HashMap, ops::Range};

use bytes::Bytes;
use prost::Message;
use rayon::prelude::*;
use trainscape_run::{ConfigValue, Histogram, Step};

use super::{
    proto::{Event, Histo, HparamsPluginData, Metadata, SummaryValue, TensorProto},
    record::{RecordFrame, record_at, split_at_records},
    scalar_event::ScalarEvent,
};
use crate::{
    batch::RowHead,
    keys::{Keys, Slot},
    parse::{FatalError, Parser},
    row_decoder::DecodedRows,
    statistics::ReadStatistics,
    store::Store,
};

/// Bytes of records that one thread reads at once; less is read on one thread.
const PIECE: usize = 256 << 10;

/// Chunks that are read on one thread after one that did not consist of scalars.
const CHUNKS_IN_ORDER: u32 = 8;

/// Reads TensorBoard event files: scalars and histograms of TensorFlow 1 (`simple_value`, `histo`)
/// and 2 (tensors whose plugin is named in the tag's first event), and hyper-parameters.
#[derive(Debug, Default)]
pub(crate) struct EventParser {
    output: DecodedRows,
    /// The output of each piece that is read on its own.
    pieces: Vec<DecodedRows>,
    /// Number of the next chunks that are read on one thread.
    in_order: u32,
    /// Bytes that follow of a record that is too long.
    skip: u64,
    /// The kind of each tag according to its first metadata, by slot.
    kinds: Vec<TagKind>,
    /// The kinds of tags of plugins whose content is listed and not drawn, according to their first metadata.
    listed: HashMap<String, &'static str>,
}

/// What a plugin's data are called in the list of media; `None` if they are read.
fn listed_kind(plugin: &[u8]) -> Option<&'static str> {
    match plugin {
        b"text" => Some("text"),
        b"images" => Some("image"),
        b"audio" => Some("audio"),
        b"mesh" => Some("mesh"),
        b"pr_curves" => Some("pr_curve"),
        b"custom_scalars" => Some("custom_scalars"),
        b"video" => Some("video"),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum TagKind {
    #[default]
    Unknown,
    Scalar,
    Histogram,
    Other,
}

impl Parser for EventParser {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        let mut at = self.skip_long_record(chunk);
        if at == 0 {
            at = self.read_in_parallel(chunk, offset, store, statistics);
        }
        let result = loop {
            match record_at(chunk, at) {
                RecordFrame::Valid {
                    data,
                    size,
                    unchecked,
                } => {
                    statistics.unchecked += u64::from(unchecked);
                    if let Some(event) = ScalarEvent::read(&chunk[data.clone()]) {
                        statistics.records += 1;
                        add_scalar(&event, &store.keys, &mut self.output);
                    } else if let Ok(event) = Event::decode(chunk.slice(data)) {
                        statistics.records += 1;
                        self.event(event, offset + at as u64, store);
                    } else {
                        statistics.add_damage(offset + at as u64, NO_EVENT);
                    }
                    at += size;
                }
                RecordFrame::Damaged { size } => {
                    statistics.add_damage(offset + at as u64, BAD_CHECKSUM);
                    at += size;
                }
                RecordFrame::TooLong { size } => {
                    statistics.add_damage(offset + at as u64, "it is longer than 256 MiB");
                    self.skip = size;
                    at += self.skip_long_record(&chunk[at..]);
                }
                RecordFrame::Incomplete => break Ok(at),
                RecordFrame::Unreadable => {
                    break Err(FatalError(format!(
                        "the record length at byte {} fails its checksum, so the records after it cannot be found",
                        offset + at as u64
                    )));
                }
            }
        };
        store.absorb(std::slice::from_mut(&mut self.output), statistics);
        result
    }
}

/// Why a record is damaged.
const NO_EVENT: &str = "it is not an event";
const BAD_CHECKSUM: &str = "its data fail their checksum";
const BAD_TENSOR: &str = "a tensor has other bytes than its shape needs";

/// A piece holds an event whose meaning depends on those before it.
struct NeedsOrder;

/// Reads the records of `piece`, if they are scalars.
fn read_scalars(
    chunk: &Bytes,
    piece: Range<usize>,
    offset: u64,
    keys: &Keys,
    output: &mut DecodedRows,
) -> Result<(), NeedsOrder> {
    let mut at = piece.start;
    while at < piece.end {
        match record_at(&chunk[..piece.end], at) {
            RecordFrame::Valid {
                data,
                size,
                unchecked,
            } => {
                output.statistics.unchecked += u64::from(unchecked);
                output.statistics.records += 1;
                match ScalarEvent::read(&chunk[data.clone()]) {
                    Some(event) => add_scalar(&event, keys, output),
                    // The version of the format, say.
                    None => match Event::decode(chunk.slice(data)) {
                        Ok(Event { summary: None, .. }) => {}
                        _ => return Err(NeedsOrder),
                    },
                }
                at += size;
            }
            RecordFrame::Damaged { size } => {
                let statistics = &mut output.statistics;
                statistics.add_damage(offset + at as u64, BAD_CHECKSUM);
                at += size;
            }
            RecordFrame::TooLong { .. } | RecordFrame::Incomplete | RecordFrame::Unreadable => {
                return Err(NeedsOrder);
            }
        }
    }
    Ok(())
}

fn add_scalar(event: &ScalarEvent<'_>, keys: &Keys, output: &mut DecodedRows) {
    let tag = String::from_utf8_lossy(event.tag);
    let slot = output.slot(keys, &tag);
    output.batch.start_row(head(event.step, event.wall_time));
    output.batch.push(slot, f64::from(event.value));
}

fn head(step: i64, wall_time: f64) -> RowHead {
    RowHead {
        step: Step::Int(step),
        wall_time_secs: Some(wall_time).filter(|secs| *secs > 0.0),
    }
}

impl EventParser {
    /// Bytes at the start of `bytes` that belong to a record that is too long.
    fn skip_long_record(&mut self, bytes: &[u8]) -> usize {
        let skipped = bytes
            .len()
            .min(usize::try_from(self.skip).unwrap_or(usize::MAX));
        self.skip -= skipped as u64;
        skipped
    }

    /// Reads the whole records of a large chunk on several threads, if they are scalars. Returns how many
    /// bytes were read.
    fn read_in_parallel(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> usize {
        let in_order = self.in_order > 0;
        self.in_order = self.in_order.saturating_sub(1);
        if in_order || chunk.len() < 2 * PIECE || rayon::current_num_threads() < 2 {
            return 0;
        }
        let pieces = split_at_records(chunk, PIECE);
        let end = pieces.last().map_or(0, |piece| piece.end);
        self.pieces.resize_with(pieces.len(), DecodedRows::default);
        let keys = &store.keys;
        let read: Result<Vec<()>, NeedsOrder> = pieces
            .into_par_iter()
            .zip(&mut self.pieces)
            .map(|(piece, output)| read_scalars(chunk, piece, offset, keys, output))
            .collect();
        if read.is_err() {
            self.pieces.clear();
            self.in_order = CHUNKS_IN_ORDER;
            return 0;
        }
        store.absorb(&mut self.pieces, statistics);
        end
    }

    /// Reads the event of the record at `offset`.
    fn event(&mut self, event: Event, offset: u64, store: &mut Store) {
        let Some(summary) = event.summary else { return };
        let head = head(event.step, event.wall_time);
        for value in summary.value {
            let tag = String::from_utf8_lossy(&value.tag);
            if let Some(number) = value.simple_value {
                let slot = self.output.slot(&store.keys, &tag);
                self.output.batch.start_row(head);
                self.output.batch.push(slot, f64::from(number));
            } else {
                self.structured_value(&tag, &value, (head, offset), store);
            }
        }
    }

    fn structured_value(
        &mut self,
        tag: &str,
        value: &SummaryValue,
        (head, offset): (RowHead, u64),
        store: &mut Store,
    ) {
        if let Some(histo) = &value.histo {
            let slot = self.output.slot(&store.keys, tag);
            if let Some(histogram) = from_histo(histo) {
                self.output.batch.start_row(head);
                self.output.batch.push_histogram(slot, histogram);
            }
            return;
        }
        let plugin = value.metadata.as_deref().and_then(plugin);
        if plugin.is_some_and(|plugin| plugin.0 == b"hparams") {
            if let Some((_, content)) = plugin {
                hparams(content, store);
            }
            return;
        }
        if let Some(kind) = plugin.and_then(|plugin| listed_kind(plugin.0)) {
            self.listed.insert(tag.to_owned(), kind);
        }
        if let Some(kind) = self.listed.get(tag) {
            store.count_media(tag, kind);
            return;
        }
        let Some(tensor) = &value.tensor else { return };
        if !tensor.is_whole() {
            self.output.statistics.add_damage(offset, BAD_TENSOR);
            return;
        }
        let slot = self.output.slot(&store.keys, tag);
        match self.kind(slot, plugin.map(|plugin| plugin.0), tensor) {
            TagKind::Scalar => {
                if let Some([number]) = tensor.floats().as_deref() {
                    self.output.batch.start_row(head);
                    self.output.batch.push(slot, *number);
                }
            }
            TagKind::Histogram => {
                if let Some(histogram) = from_tensor(tensor) {
                    self.output.batch.start_row(head);
                    self.output.batch.push_histogram(slot, histogram);
                }
            }
            TagKind::Unknown | TagKind::Other => {}
        }
    }

    /// The kind of a tag: its first metadata decide; without metadata a single number is a scalar.
    fn kind(&mut self, slot: Slot, plugin: Option<&[u8]>, tensor: &TensorProto) -> TagKind {
        let index = slot as usize;
        if self.kinds.len() <= index {
            self.kinds.resize(index + 1, TagKind::Unknown);
        }
        if self.kinds[index] != TagKind::Unknown {
            return self.kinds[index];
        }
        let kind = match plugin {
            Some(b"scalars") => TagKind::Scalar,
            Some(b"histograms") => TagKind::Histogram,
            Some(b"") | None if tensor.dims().iter().all(|&size| size == 1) => TagKind::Scalar,
            _ => TagKind::Other,
        };
        self.kinds[index] = kind;
        kind
    }
}

fn plugin(metadata: &Metadata) -> Option<(&[u8], &Bytes)> {
    metadata
        .plugin_data
        .as_ref()
        .map(|data| (&data.plugin_name[..], &data.content))
}

fn hparams(content: &Bytes, store: &mut Store) {
    let Ok(data) = HparamsPluginData::decode(content.clone()) else {
        return;
    };
    for (key, value) in data
        .session_start
        .map(|start| start.hparams)
        .unwrap_or_default()
    {
        let value = match (value.number, value.text, value.flag) {
            (Some(number), _, _) if number.fract() == 0.0 && number.abs() < 1e15 => {
                ConfigValue::Int(number as i64)
            }
            (Some(number), _, _) => ConfigValue::Float(number),
            (None, Some(text), _) => ConfigValue::Text(text),
            (None, None, Some(flag)) => ConfigValue::Bool(flag),
            (None, None, None) => continue,
        };
        store.config.insert(key, value);
    }
}

/// TensorFlow 1 writes each bucket's upper limit; the first bucket begins at the minimum. Empty
/// buckets at both ends, whose limits are the largest floats, are omitted.
fn from_histo(histo: &Histo) -> Option<Histogram> {
    let count = histo.bucket.len().min(histo.bucket_limit.len());
    let first = histo.bucket[..count].iter().position(|&count| count > 0.0);
    let last = histo.bucket[..count].iter().rposition(|&count| count > 0.0);
    let (first, last) = match (first, last) {
        (Some(first), Some(last)) => (first, last),
        _ => (0, count.checked_sub(1)?),
    };
    // No value is below the minimum, even if the bucket's limit is.
    let lowest = match first.checked_sub(1) {
        Some(before) => histo.bucket_limit[before].max(histo.min),
        None => histo.min,
    };
    let lowest = lowest.min(histo.bucket_limit[first]);
    let edges = std::iter::once(lowest).chain(histo.bucket_limit[first..=last].iter().copied());
    Some(Histogram {
        edges: edges.collect(),
        counts: histo.bucket[first..=last].into(),
        sum_squares: Some(histo.sum_squares),
    })
}

/// TensorFlow 2 writes a row of left edge, right edge and count per bucket.
fn from_tensor(tensor: &TensorProto) -> Option<Histogram> {
    let [rows, 3] = tensor.dims()[..] else {
        return None;
    };
    let values = tensor.floats()?;
    let (buckets, _) = values.as_chunks::<3>();
    if buckets.len() != rows || rows == 0 {
        return None;
    }
    let edges = std::iter::once(buckets[0][0]).chain(buckets.iter().map(|bucket| bucket[1]));
    Some(Histogram {
        edges: edges.collect(),
        counts: buckets.iter().map(|bucket| bucket[2]).collect(),
        sum_squares: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensorboard::proto::{Dim, PluginData, ShapeProto, Summary};

    fn read(values: Vec<SummaryValue>) -> Store {
        let mut store = Store::new(None);
        let mut parser = EventParser::default();
        for (step, value) in values.into_iter().enumerate() {
            let summary = Some(Summary { value: vec![value] });
            parser.event(
                Event {
                    wall_time: 1.7e9,
                    step: step as i64,
                    summary,
                },
                0,
                &mut store,
            );
        }
        store.absorb(
            std::slice::from_mut(&mut parser.output),
            &mut ReadStatistics::default(),
        );
        store
    }

    #[test]
    fn a_tag_that_is_not_utf8_keeps_its_points() {
        let value = SummaryValue {
            tag: Bytes::from_static(b"loss\xff"),
            simple_value: Some(0.5),
            ..SummaryValue::default()
        };
        let store = read(vec![value]);
        let series: Vec<(String, usize)> = store
            .series()
            .map(|(key, series, _)| (key.to_string(), series.len()))
            .collect();
        assert_eq!(series, [("loss\u{fffd}".to_owned(), 1)]);
    }

    fn tagged(tag: &str, plugin: &'static str, tensor: TensorProto) -> SummaryValue {
        let data = PluginData {
            plugin_name: Bytes::from(plugin),
            content: Bytes::new(),
        };
        let metadata = (!plugin.is_empty()).then(|| {
            Box::new(Metadata {
                plugin_data: Some(data),
            })
        });
        let tag = Bytes::copy_from_slice(tag.as_bytes());
        SummaryValue {
            tag,
            tensor: Some(Box::new(tensor)),
            metadata,
            ..SummaryValue::default()
        }
    }

    #[test]
    fn the_first_metadata_determine_the_kind_of_a_tag() {
        let buckets = [-1.0, 0.0, 3.0, 0.0, 2.0, 1.0];
        let dim = vec![Dim { size: 2 }, Dim { size: 3 }];
        let histogram = TensorProto {
            dtype: 2,
            shape: Some(ShapeProto { dim }),
            double_val: buckets.to_vec(),
            ..TensorProto::default()
        };
        let scalar = TensorProto {
            dtype: 1,
            float_val: vec![2.5],
            ..TensorProto::default()
        };
        let store = read(vec![
            tagged("loss", "scalars", scalar.clone()),
            tagged("loss", "", scalar.clone()),
            tagged("weights", "histograms", histogram.clone()),
            tagged("weights", "", histogram),
            tagged("text", "text", scalar),
        ]);
        let series: Vec<_> = store
            .series()
            .map(|(key, series, _)| (key.to_string(), series.len()))
            .collect();
        assert_eq!(series, [("loss".to_owned(), 2)]);
        let (_, weights) = store.histograms().next().unwrap();
        assert_eq!(weights.points().len(), 2);
        assert_eq!(*weights.points()[0].histogram.edges, [-1.0, 0.0, 2.0]);
        assert_eq!(*weights.points()[0].histogram.counts, [3.0, 1.0]);
    }

    #[test]
    fn an_old_histogram_keeps_its_sum_of_squares() {
        let histo = Histo {
            min: -0.5,
            sum_squares: 9.0,
            bucket_limit: vec![-1e308, -0.1, 0.0, 2.0, 1e308],
            bucket: vec![0.0, 1.0, 0.0, 4.0, 0.0],
        };
        let histogram = from_histo(&histo).unwrap();
        assert_eq!(*histogram.edges, [-0.5, -0.1, 0.0, 2.0]);
        assert_eq!(*histogram.counts, [1.0, 0.0, 4.0]);
        assert_eq!(histogram.l2_norm().value, 3.0);
    }
}
