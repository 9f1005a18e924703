//! Reading text by lines, on several threads for large chunks.

use std::collections::HashSet;

use bytes::Bytes;
use rayon::prelude::*;
use trainscape_run::Step;

use crate::{
    batch::RowHead,
    keys::Slot,
    long_lines::LongLines,
    row::Row,
    row_decoder::{DecodedRows, RowDecoder},
    statistics::ReadStatistics,
    steps::{StepTracker, UnreadableStep},
    store::Store,
};

/// Text below this size is read on one thread.
const PARALLEL_BYTES: usize = 512 << 10;

/// Decodes one line into a row.
pub(crate) trait LineDecoder: Sync {
    /// True for tables with a column for each counter.
    const IS_TABLE: bool = false;

    /// Reads one line without its line end. Returns false for a line that is not a record (blank, a
    /// comment), and the reason for a damaged one.
    fn decode(&self, line: &[u8], decoder: &mut RowDecoder<'_>) -> Result<bool, &'static str>;
}

/// So many rows wait for the first step of their epoch.
const MOST_WAITING: usize = 64;

/// Reads lines into a store.
#[derive(Debug, Default)]
pub(crate) struct LineReader {
    order: RowOrder,
    /// Output and current row of each thread.
    outputs: Vec<DecodedRows>,
    rows: Vec<Row>,
    long_lines: LongLines,
}

/// What the rows so far say about where the next one is.
#[derive(Clone, Debug, Default)]
struct RowOrder {
    steps: StepTracker,
    /// Keys of the rows of validations.
    of_evaluations: HashSet<Slot>,
    /// True if the last line was left out: a row without a step may belong to it.
    follows_gap: bool,
    /// True if a row that states the next epoch and no step waits for the first step of that epoch.
    may_wait: bool,
    /// The lines of those rows, and their epoch.
    waiting: Vec<Vec<u8>>,
    epoch_of_waiting: Option<i64>,
}

/// A piece that is read on its own contains a row whose step depends on the rows before it.
struct NeedsOrder;

impl LineReader {
    /// For a log whose rows may state an epoch before the step at which it begins.
    pub(crate) fn with_epochs() -> Self {
        Self {
            order: RowOrder {
                may_wait: true,
                ..RowOrder::default()
            },
            ..Self::default()
        }
    }

    /// What the steps count, if they are no steps: rows that state none.
    pub(crate) fn steps_count(&self) -> Option<&'static str> {
        self.order.steps.counts_rows().then_some("row")
    }

    /// Reads all complete lines of `chunk`; returns how many bytes they take.
    pub(crate) fn feed<D: LineDecoder>(
        &mut self,
        format: &D,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> usize {
        if D::IS_TABLE {
            self.order.steps.read_table();
        }
        let start = self.long_lines.skip(chunk);
        let Some(end) = memchr::memrchr2(b'\n', b'\r', &chunk[start..]) else {
            let rest = &chunk[start..];
            let offset = offset + start as u64;
            let begun = self.long_lines.begin(rest, offset, statistics);
            self.order.follows_gap |= begun > 0;
            return start + begun;
        };
        let (lines, rest) = chunk[start..].split_at(end + 1);
        let offset = offset + start as u64;
        let in_parallel = lines.len() >= PARALLEL_BYTES
            && self.order.waiting.is_empty()
            && rayon::current_num_threads() > 1
            && self.read_in_parallel(format, lines, offset, store).is_ok();
        if in_parallel {
            store.absorb(&mut self.outputs, statistics);
        } else {
            self.read_in_order(format, lines, offset, store);
            store.absorb(&mut self.outputs[..1], statistics);
        }
        let read = start + lines.len();
        let at = offset + lines.len() as u64;
        let begun = self.long_lines.begin(rest, at, statistics);
        self.order.follows_gap |= begun > 0;
        read + begun
    }

    fn read_in_parallel(
        &mut self,
        format: &impl LineDecoder,
        lines: &[u8],
        offset: u64,
        store: &Store,
    ) -> Result<(), NeedsOrder> {
        let rank = self.order.steps.known_rank().ok_or(NeedsOrder)?;
        let pieces = split_at_lines(lines, rayon::current_num_threads() * 4);
        self.outputs.resize_with(pieces.len(), DecodedRows::default);
        self.rows.resize_with(pieces.len(), Row::default);
        let keys = &store.keys;
        let ends: Vec<Result<PieceRead, NeedsOrder>> = pieces
            .par_iter()
            .zip(&mut self.outputs)
            .zip(&mut self.rows)
            .map(|((&(start, piece), output), row)| {
                let mut decoder = RowDecoder { keys, output, row };
                read_piece(format, piece, offset + start as u64, rank, &mut decoder)
            })
            .collect();
        let ends: Result<Vec<PieceRead>, NeedsOrder> = ends.into_iter().collect();
        let ends = match ends {
            Ok(ends) if !begins_again(&self.order.steps, &ends) => ends,
            _ => {
                self.outputs.clear();
                return Err(NeedsOrder);
            }
        };
        for piece in ends {
            let order = &mut self.order;
            order.follows_gap = piece.ends_in_gap || order.follows_gap && piece.rows == 0;
            order.steps.skip_rows(piece.rows, piece.last, piece.epoch);
        }
        Ok(())
    }

    fn read_in_order<D: LineDecoder>(
        &mut self,
        format: &D,
        lines: &[u8],
        offset: u64,
        store: &Store,
    ) {
        self.outputs
            .resize_with(self.outputs.len().max(1), DecodedRows::default);
        self.rows.resize_with(self.rows.len().max(1), Row::default);
        let mut decoder = RowDecoder {
            keys: &store.keys,
            output: &mut self.outputs[0],
            row: &mut self.rows[0],
        };
        let order = &mut self.order;
        let _: Result<(), ()> = each_line(lines, |at, line| {
            order.line(format, line, offset + at as u64, &mut decoder, store);
            Ok(())
        });
    }

    /// Reads `line` without recording it: only the result contains it. `None` if it is not a whole row.
    pub(crate) fn provisional<D: LineDecoder>(
        &self,
        format: &D,
        line: &[u8],
        store: &Store,
    ) -> Option<DecodedRows> {
        let mut output = DecodedRows::default();
        let mut decoder = RowDecoder {
            keys: &store.keys,
            output: &mut output,
            row: &mut Row::default(),
        };
        let line = trim_line_end(line);
        let mut order = self.order.clone();
        match format.decode(line, &mut decoder) {
            Ok(true) => {
                let known = decoder.key_count();
                decoder.separate_evaluation(known, &mut order.of_evaluations);
                if lacks_step::<D>(&order.steps, &decoder, order.follows_gap, store) {
                    return None;
                }
                order.steps.clone().head(decoder.row).ok()?;
            }
            Ok(false) | Err(_) => return None,
        }
        order.line(format, line, 0, &mut decoder, store);
        order.end(format, &mut decoder, store);
        Some(output)
    }

    /// The rows that wait for a step, as they are if none follows.
    pub(crate) fn waiting<D: LineDecoder>(&self, format: &D, store: &Store) -> Option<DecodedRows> {
        if self.order.waiting.is_empty() {
            return None;
        }
        let mut output = DecodedRows::default();
        let mut decoder = RowDecoder {
            keys: &store.keys,
            output: &mut output,
            row: &mut Row::default(),
        };
        self.order.clone().end(format, &mut decoder, store);
        Some(output)
    }
}

impl RowOrder {
    /// Reads a line, which is `offset` bytes into the log.
    fn line<D: LineDecoder>(
        &mut self,
        format: &D,
        line: &[u8],
        offset: u64,
        decoder: &mut RowDecoder<'_>,
        store: &Store,
    ) {
        decoder.row.clear();
        let known = decoder.key_count();
        match decode(format, line, decoder) {
            Ok(false) => {}
            Ok(true) => {
                decoder.output.statistics.records += 1;
                if self.may_wait && self.steps.waits(decoder.row) {
                    return self.wait(format, line, decoder, store);
                }
                if self.waiting.is_empty() {
                    return self.commit::<D>(known, decoder, store);
                }
                let epoch = self.epoch_of_waiting;
                if epoch.is_some() && self.steps.begins_epoch(decoder.row) == epoch {
                    self.place_waiting(format, line, decoder, store);
                } else {
                    self.end(format, decoder, store);
                    self.read_again(format, line, decoder, store);
                }
            }
            Err(reason) => {
                self.follows_gap = true;
                decoder.output.statistics.add_damage(offset, reason);
            }
        }
    }

    /// Ends a row; `known` is the number of keys before it.
    fn commit<D: LineDecoder>(
        &mut self,
        known: usize,
        decoder: &mut RowDecoder<'_>,
        store: &Store,
    ) {
        decoder.separate_evaluation(known, &mut self.of_evaluations);
        let head = match lacks_step::<D>(&self.steps, decoder, self.follows_gap, store) {
            true => Err(UnreadableStep),
            false => self.steps.head(decoder.row),
        };
        self.follows_gap = head.is_err();
        match head {
            Ok(head) => decoder.commit(head),
            Err(UnreadableStep) => {
                decoder.output.statistics.without_step += 1;
                decoder.row.clear();
            }
        }
    }

    /// Keeps a row that waits for the first step of its epoch.
    fn wait<D: LineDecoder>(
        &mut self,
        format: &D,
        line: &[u8],
        decoder: &mut RowDecoder<'_>,
        store: &Store,
    ) {
        let epoch = decoder.row.epoch();
        if self.epoch_of_waiting != epoch || self.waiting.len() >= MOST_WAITING {
            self.end(format, decoder, store);
        }
        self.epoch_of_waiting = epoch;
        self.waiting.push(line.to_vec());
        decoder.row.clear();
    }

    /// Puts the rows that wait at the step of `line`, and that row after them.
    fn place_waiting<D: LineDecoder>(
        &mut self,
        format: &D,
        line: &[u8],
        decoder: &mut RowDecoder<'_>,
        store: &Store,
    ) {
        let Ok(head) = self.steps.clone().head(decoder.row) else {
            self.end(format, decoder, store);
            return self.read_again(format, line, decoder, store);
        };
        for waiting in std::mem::take(&mut self.waiting) {
            decoder.row.clear();
            let known = decoder.key_count();
            if decode(format, &waiting, decoder) == Ok(true) {
                decoder.separate_evaluation(known, &mut self.of_evaluations);
                let wall_time_secs = decoder.row.wall_time_secs();
                decoder.commit(RowHead {
                    step: head.step,
                    wall_time_secs,
                });
            }
        }
        self.follows_gap = false;
        self.read_again(format, line, decoder, store);
    }

    /// Puts the rows that wait at the last step: none of their epoch follows.
    fn end<D: LineDecoder>(&mut self, format: &D, decoder: &mut RowDecoder<'_>, store: &Store) {
        self.epoch_of_waiting = None;
        for waiting in std::mem::take(&mut self.waiting) {
            self.read_again(format, &waiting, decoder, store);
        }
    }

    /// Reads a line that was counted before.
    fn read_again<D: LineDecoder>(
        &mut self,
        format: &D,
        line: &[u8],
        decoder: &mut RowDecoder<'_>,
        store: &Store,
    ) {
        decoder.row.clear();
        let known = decoder.key_count();
        if decode(format, line, decoder) == Ok(true) {
            self.commit::<D>(known, decoder, store);
        }
    }
}

/// True for a row of a table that states no step and cannot take the last one: the row before was left out, so that the step
/// may be that one's, or the row repeats columns of the row that has the step.
fn lacks_step<D: LineDecoder>(
    steps: &StepTracker,
    decoder: &RowDecoder<'_>,
    follows_gap: bool,
    store: &Store,
) -> bool {
    let step = steps.taken_over(decoder.row).filter(|_| D::IS_TABLE);
    step.is_some_and(|step| follows_gap || has_values_at(step, decoder, store))
}

/// True if a key of the row, its positions left out, has a value at `step` already.
fn has_values_at(step: Step, decoder: &RowDecoder<'_>, store: &Store) -> bool {
    let mut slots = decoder.row.slots();
    slots.any(|slot| {
        let last = decoder.output.batch.last_step(slot);
        let last = last.or_else(|| Some(store.series_of(slot)?.last()?.step));
        last == Some(step) && !decoder.ranks(slot).is_position()
    })
}

/// Decodes a line that is not too long.
fn decode(
    format: &impl LineDecoder,
    line: &[u8],
    decoder: &mut RowDecoder<'_>,
) -> Result<bool, &'static str> {
    if let Some(reason) = LongLines::reason(line) {
        return Err(reason);
    }
    format.decode(line, decoder)
}

/// What was read of a piece.
struct PieceRead {
    rows: u64,
    first: Option<Step>,
    last: Option<Step>,
    /// The last epoch, if rows state it.
    epoch: Option<i64>,
    /// True if its last line was left out.
    ends_in_gap: bool,
}

/// True if the steps begin again between two pieces, in rows that state their epoch.
fn begins_again(steps: &StepTracker, pieces: &[PieceRead]) -> bool {
    let mut last = steps.last_in_epoch();
    pieces.iter().any(|piece| {
        let goes_back = match (last, piece.first) {
            (Some(last), Some(first)) => piece.epoch.is_some() && !last.is_before(first),
            _ => false,
        };
        last = piece.last.or(last);
        goes_back
    })
}

/// Reads a piece that begins at `offset`, whose rows all hold a step of `rank`.
fn read_piece(
    format: &impl LineDecoder,
    piece: &[u8],
    offset: u64,
    rank: u8,
    decoder: &mut RowDecoder<'_>,
) -> Result<PieceRead, NeedsOrder> {
    let mut read = PieceRead {
        rows: 0,
        first: None,
        last: None,
        epoch: None,
        ends_in_gap: false,
    };
    each_line(piece, |at, line| {
        decoder.row.clear();
        match decode(format, line, decoder) {
            Ok(false) => {}
            Ok(true) => {
                let own = decoder.row.step_rank() == rank;
                let step = decoder.row.step().filter(|_| own).ok_or(NeedsOrder)?;
                let epoch = decoder.row.epoch();
                let has_epoch = epoch.is_some();
                let goes_on = read
                    .last
                    .is_none_or(|last| last.is_before(step) || last == step && epoch == read.epoch);
                let depends_on_order = decoder.row.evaluation().is_some()
                    || decoder.row.unreadable_rank() > 0
                    // A step that does not go on may count within an epoch.
                    || has_epoch && !goes_on
                    || has_epoch != read.epoch.is_some() && read.rows > 0;
                if depends_on_order {
                    return Err(NeedsOrder);
                }
                read.rows += 1;
                read.ends_in_gap = false;
                read.first = read.first.or(Some(step));
                read.last = Some(step);
                read.epoch = epoch;
                decoder.output.statistics.records += 1;
                let wall_time_secs = decoder.row.wall_time_secs();
                decoder.commit(RowHead {
                    step,
                    wall_time_secs,
                });
            }
            Err(reason) => {
                read.ends_in_gap = true;
                let statistics = &mut decoder.output.statistics;
                statistics.add_damage(offset + at as u64, reason);
            }
        }
        Ok(())
    })?;
    Ok(read)
}

/// Calls `visit` with the offset of each line and the line. A carriage return ends a line, too; before a
/// line feed it leaves an empty line.
fn each_line<E>(
    text: &[u8],
    mut visit: impl FnMut(usize, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut start = 0;
    for end in memchr::memchr2_iter(b'\n', b'\r', text) {
        visit(start, trim_line_end(&text[start..end]))?;
        start = end + 1;
    }
    if start < text.len() {
        visit(start, trim_line_end(&text[start..]))?;
    }
    Ok(())
}

fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Splits text that ends with a line end into about `count` pieces of whole lines, each with its offset.
pub(crate) fn split_at_lines(text: &[u8], count: usize) -> Vec<(usize, &[u8])> {
    let size = text.len().div_ceil(count.max(1)).max(1);
    let mut pieces = Vec::with_capacity(count);
    let mut start = 0;
    while start < text.len() {
        let wanted = (start + size).min(text.len());
        let end = memchr::memchr(b'\n', &text[wanted - 1..]).map_or(text.len(), |at| wanted + at);
        pieces.push((start, &text[start..end]));
        start = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_whole_lines_and_lose_nothing() {
        let text = b"a\nbb\n\nccc\ndddd\n";
        for count in 1..20 {
            let pieces = split_at_lines(text, count);
            assert!(pieces.iter().all(|(_, piece)| piece.ends_with(b"\n")));
            let joined: Vec<u8> = pieces
                .iter()
                .flat_map(|(_, piece)| piece.to_vec())
                .collect();
            assert_eq!(joined, text);
        }
    }
}
