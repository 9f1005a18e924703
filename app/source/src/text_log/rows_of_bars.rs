//! Rows of progress bars, and the dictionaries of values that trainers print below them.

use trainscape_run::Step;

use super::{
    bars::Bar,
    fields::Fields,
    first_dictionary::FirstDictionary,
    line_kinds::is_only_epoch,
    lines::LineEnd,
    names::{is_held_out, name_of},
    rows::Rows,
    sink::Sink,
};
use crate::batch::RowHead;

/// What AllenNLP writes between values and their bar: `loss: 0.61 ||:  74%|###  | 73/98`.
const BEFORE_BAR_OF_ALLENNLP: &[u8] = b"||:";

impl Rows {
    /// A state of a progress bar. Of the states at one position only the last counts: that of the epoch, or
    /// of each step if the bar spans the training.
    pub(super) fn bar(
        &mut self,
        text: &[u8],
        bar: Bar,
        end: LineEnd,
        fields: &mut Fields,
        sink: &mut Sink<'_>,
    ) {
        self.bars.note(&bar);
        fields.place.ratio = None;
        if fields.pairs.is_empty() {
            return;
        }
        // AllenNLP's bars of training and validation have the same keys.
        let is_allennlp = memchr::memmem::find(text, BEFORE_BAR_OF_ALLENNLP).is_some();
        let is_validation = is_allennlp && self.clock.follows_epoch(bar.total);
        let names_held_out = fields
            .pairs
            .first()
            .is_some_and(|pair| is_held_out(text, pair));
        let held_out = is_validation || names_held_out;
        let own = if fields.place.is_empty() || is_only_epoch(&fields.place) {
            None
        } else {
            self.clock.place(&fields.place, held_out)
        };
        let epoch = self.clock.epoch().filter(|_| !self.clock.bars_are_epochs());
        let within = own.or_else(|| epoch.and_then(|_| self.clock.current()));
        let Some(step) = within.or_else(|| self.clock.bar(bar.at, bar.total, !held_out)) else {
            return;
        };
        if !self.bars.continues(&bar, step) {
            self.flush_bar(sink);
        }
        self.is_certain = true;
        let mut row = Vec::new();
        for pair in &fields.pairs {
            let name = name_of(text, pair, sink.name());
            let name = match is_validation {
                true => format!("validation_{name}"),
                false => name.clone(),
            };
            row.push((name, pair.value));
        }
        self.bars.hold(&bar, step, row);
        if bar.at >= bar.total && end == LineEnd::Newline {
            self.flush_bar(sink);
        }
    }

    /// Ends the progress bar, whose last state is a row.
    pub(super) fn flush_bar(&mut self, sink: &mut Sink<'_>) {
        if let Some((step, row)) = self.bars.take() {
            sink.start(RowHead {
                step,
                wall_time_secs: None,
            });
            for (key, value) in row {
                sink.push(&key, value);
            }
            sink.finish(false);
        }
    }

    /// A dictionary of values at `epoch`. Its step is that of the progress bar before it on its line, if the
    /// second dictionary agrees.
    pub(super) fn dictionary(
        &mut self,
        text: &[u8],
        epoch: Step,
        wall_time_secs: Option<f64>,
        fields: &Fields,
        sink: &mut Sink<'_>,
    ) {
        let held_out = fields
            .pairs
            .first()
            .is_some_and(|pair| is_held_out(text, pair));
        self.leads.epoch_of_trainer(epoch.as_f64());
        let is_first = self.clock.expects_bars();
        // The values at the end of a training have other keys.
        let repeats = fields
            .pairs
            .iter()
            .any(|pair| &text[pair.key.0..pair.key.1] == b"loss");
        let on_line = self.bars.on_line();
        let by_bar = self
            .clock
            .dictionary(epoch.as_f64(), on_line, held_out, repeats);
        self.is_certain = true;
        if is_first && let Some(by_bar) = by_bar {
            let mut values: Vec<(String, f64)> = vec![("epoch".to_owned(), epoch.as_f64())];
            for pair in &fields.pairs {
                values.push((name_of(text, pair, sink.name()).clone(), pair.value));
            }
            self.first_dictionary = Some(FirstDictionary {
                by_bar,
                by_epoch: epoch,
                wall_time_secs,
                values,
            });
            return;
        }
        if let Some(first) = self.first_dictionary.take() {
            let by_row = || self.clock.row(true).unwrap_or(first.by_epoch);
            let step = by_bar.map_or_else(by_row, |_| first.by_bar);
            first.push(step, sink);
        }
        let by_row = match by_bar {
            Some(_) => None,
            None => self.clock.row(repeats && !held_out),
        };
        let Some(step) = by_bar.or(by_row).or_else(|| self.position(text, fields)) else {
            return;
        };
        let head = RowHead {
            step,
            wall_time_secs,
        };
        self.placed(text, head, fields, sink);
    }
}
