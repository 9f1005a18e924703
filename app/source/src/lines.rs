//! Reading text by lines, on several threads where there is much of it.

use bytes::Bytes;
use rayon::prelude::*;
use trainscape_run::Step;

use crate::{
    batch::{Scribe, Tally},
    keys::Keys,
    row::{Row, Stepper},
    store::Store,
};

/// Text below this size is read on one thread.
const PARALLEL_BYTES: usize = 512 << 10;

/// How one line becomes a row.
pub(crate) trait LineFormat: Sync {
    /// Reads one line without its line end into `row`. Returns false for a line that is no record at
    /// all (blank, a comment), and what is wrong with a damaged one.
    fn line(
        &self,
        line: &[u8],
        keys: &Keys,
        scribe: &mut Scribe,
        row: &mut Row,
    ) -> Result<bool, &'static str>;
}

/// What one thread works with.
#[derive(Debug, Default)]
pub(crate) struct Worker {
    row: Row,
}

/// Reads lines into a store.
#[derive(Debug, Default)]
pub(crate) struct LineReader {
    pub(crate) stepper: Stepper,
    scribes: Vec<Scribe>,
    workers: Vec<Worker>,
}

/// A piece read on its own met a row whose step depends on the rows before it.
struct NeedsOrder;

impl LineReader {
    /// Reads all complete lines of `chunk`; returns how many bytes they take.
    pub(crate) fn feed(
        &mut self,
        format: &impl LineFormat,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        tally: &mut Tally,
    ) -> usize {
        let Some(end) = memchr::memrchr(b'\n', chunk) else {
            return 0;
        };
        let lines = &chunk[..=end];
        let threads = rayon::current_num_threads();
        if lines.len() >= PARALLEL_BYTES
            && threads > 1
            && let Some(rank) = self.stepper.settled()
            && self
                .in_parallel(format, lines, offset, rank, threads, store, tally)
                .is_ok()
        {
            return lines.len();
        }
        self.in_order(format, lines, offset, store, tally);
        lines.len()
    }

    fn in_parallel(
        &mut self,
        format: &impl LineFormat,
        lines: &[u8],
        offset: u64,
        rank: u8,
        threads: usize,
        store: &mut Store,
        tally: &mut Tally,
    ) -> Result<(), NeedsOrder> {
        let pieces = split_at_lines(lines, threads * 2);
        self.scribes.resize_with(pieces.len(), Scribe::default);
        self.workers.resize_with(pieces.len(), Worker::default);
        let keys = &store.keys;
        let ends: Vec<Result<(u64, Option<Step>), NeedsOrder>> = pieces
            .par_iter()
            .zip(&mut self.scribes)
            .zip(&mut self.workers)
            .map(|((&(start, piece), scribe), worker)| {
                let mut rows = 0;
                let mut last = None;
                each_line(piece, |at, line| {
                    worker.row.clear();
                    match format.line(line, keys, scribe, &mut worker.row) {
                        Ok(false) => {}
                        Ok(true) => {
                            let Some(step) =
                                worker.row.step().filter(|_| worker.row.step_rank() == rank)
                            else {
                                return Err(NeedsOrder);
                            };
                            rows += 1;
                            last = Some(step);
                            scribe.tally.records += 1;
                            let wall_time_secs = worker.row.wall_time_secs();
                            worker.row.commit(
                                crate::batch::Head {
                                    step,
                                    wall_time_secs,
                                },
                                scribe,
                            );
                        }
                        Err(what) => scribe.tally.damage(offset + (start + at) as u64, what),
                    }
                    Ok(())
                })?;
                Ok((rows, last))
            })
            .collect();
        if ends.iter().any(Result::is_err) {
            self.scribes.clear();
            return Err(NeedsOrder);
        }
        for (rows, last) in ends.into_iter().flatten() {
            self.stepper.skip_rows(rows, last);
        }
        store.absorb(&mut self.scribes, tally);
        Ok(())
    }

    fn in_order(
        &mut self,
        format: &impl LineFormat,
        lines: &[u8],
        offset: u64,
        store: &mut Store,
        tally: &mut Tally,
    ) {
        self.scribes
            .resize_with(self.scribes.len().max(1), Scribe::default);
        self.workers
            .resize_with(self.workers.len().max(1), Worker::default);
        let (scribe, row) = (&mut self.scribes[0], &mut self.workers[0].row);
        let stepper = &mut self.stepper;
        let keys = &store.keys;
        let _: Result<(), ()> = each_line(lines, |at, line| {
            row.clear();
            match format.line(line, keys, scribe, row) {
                Ok(false) => {}
                Ok(true) => {
                    scribe.tally.records += 1;
                    let head = stepper.head(row);
                    row.commit(head, scribe);
                }
                Err(what) => scribe.tally.damage(offset + at as u64, what),
            }
            Ok(())
        });
        store.absorb(&mut self.scribes[..1], tally);
    }

    /// Reads `line` for show: nothing but the result remembers it. `None` where it is no whole row.
    pub(crate) fn provisional(
        &self,
        format: &impl LineFormat,
        line: &[u8],
        keys: &Keys,
    ) -> Option<Scribe> {
        let mut scribe = Scribe::default();
        let mut row = Row::default();
        match format.line(trim_line_end(line), keys, &mut scribe, &mut row) {
            Ok(true) => {
                let mut stepper = self.stepper;
                let head = stepper.head(&row);
                row.commit(head, &mut scribe);
                Some(scribe)
            }
            Ok(false) | Err(_) => None,
        }
    }
}

/// Calls `visit` with each line and where it begins.
fn each_line<E>(
    text: &[u8],
    mut visit: impl FnMut(usize, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text) {
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

/// Cuts text that ends with a line end into about `count` pieces of whole lines, each with where it
/// begins.
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
