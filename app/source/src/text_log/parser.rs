use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use regex::Regex;

use super::{
    fields::Fields,
    lines::{LineEnd, each_line},
    pattern::Pattern,
    rounded_epochs,
    rows::Rows,
    sink::Sink,
};
use crate::{
    limits,
    long_lines::LongLines,
    parse::{FatalError, Parser},
    row_decoder::DecodedRows,
    statistics::ReadStatistics,
    store::Store,
};

/// Reads what a training script prints. Lines that contain no metrics are normal in such a log and are not
/// counted as damage.
#[derive(Debug, Default)]
pub(crate) struct TextParser {
    rows: Rows,
    /// Reads only the lines that match it, in place of the known shapes of lines.
    pattern: Option<Pattern>,
    fields: Fields,
    output: DecodedRows,
    long_lines: LongLines,
    /// The file, as long as its beginning may show that epochs are repeated.
    path: Option<PathBuf>,
    /// Bytes of it that were examined.
    examined: u64,
    /// True once it was seen that the rows must be read in another way.
    is_misread: bool,
}

impl TextParser {
    /// For the log at `path`, whose epochs may be repeated.
    pub(super) fn of_file(path: &Path) -> Self {
        let counts_rows = rounded_epochs::repeat(path);
        Self {
            rows: match counts_rows {
                true => Rows::counting(),
                false => Rows::default(),
            },
            path: (!counts_rows).then(|| path.to_owned()),
            examined: path.metadata().map_or(0, |metadata| metadata.len()),
            ..Self::default()
        }
    }

    /// Examines a log again that has doubled.
    fn note_end(&mut self, len: u64) {
        let is_short = self.examined < limits::EPOCHS_EXAMINED.bytes;
        let has_doubled = len >= self.examined.saturating_mul(2).max(1);
        if let Some(path) = self.path.as_ref().filter(|_| is_short && has_doubled) {
            self.examined = len;
            self.is_misread = rounded_epochs::repeat(path);
        }
    }

    /// Reads the lines that match `regex`: each named group is a key, and the groups `step` and `epoch` are
    /// the position.
    pub(super) fn with_pattern(regex: Regex) -> Self {
        Self {
            pattern: Some(Pattern::new(regex)),
            ..Self::default()
        }
    }
}

impl Parser for TextParser {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        store.set_provisional(None);
        let start = self.long_lines.skip(chunk);
        let mut sink = Sink::new(&store.keys, &mut self.output);
        let read = each_line(&chunk[start..], |line, end| match &mut self.pattern {
            Some(pattern) => pattern.line(line, &mut sink),
            None => self.rows.line(line, end, &mut self.fields, &mut sink),
        });
        store.absorb(std::slice::from_mut(&mut self.output), statistics);
        let done = start + read;
        let at = offset + done as u64;
        Ok(done + self.long_lines.begin(&chunk[done..], at, statistics))
    }

    /// A last line without its line end is shown, but not consumed: its last number may still grow. So is
    /// the state of a progress bar that has not ended.
    fn caught_up(
        &mut self,
        rest: &[u8],
        offset: u64,
        store: &mut Store,
        _statistics: &mut ReadStatistics,
    ) -> usize {
        self.note_end(offset + rest.len() as u64);
        let mut output = DecodedRows::default();
        let mut sink = Sink::new(&store.keys, &mut output);
        let rest = rest.trim_ascii_end();
        match &self.pattern {
            Some(pattern) => pattern.clone().line(rest, &mut sink),
            None => {
                let mut rows = self.rows.clone();
                if !rest.is_empty() {
                    rows.line(rest, LineEnd::Newline, &mut self.fields, &mut sink);
                }
                rows.finish(&mut self.fields, &mut sink);
            }
        }
        store.set_provisional((output.batch.points() > 0).then_some(output));
        0
    }

    fn steps_count(&self) -> Option<Cow<'static, str>> {
        let counted = self.rows.steps_count().filter(|_| self.pattern.is_none());
        counted.map(Cow::Borrowed)
    }

    fn unfinished(&self, _rest: &[u8]) -> Option<&'static str> {
        None
    }

    fn must_restart(&self) -> bool {
        self.is_misread
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    type Points = BTreeMap<String, Vec<(f64, f64)>>;

    fn points(store: &Store) -> Points {
        store
            .series()
            .map(|(key, series, _)| {
                let points = series
                    .iter()
                    .map(|point| (point.step.as_f64(), point.value));
                (key.to_string(), points.collect())
            })
            .collect()
    }

    /// Reads a text that arrives in pieces of at most `piece` bytes.
    fn read_in_pieces(mut parser: TextParser, text: &[u8], piece: usize) -> Points {
        let mut store = Store::default();
        let mut statistics = ReadStatistics::default();
        let (mut done, mut end) = (0, 0);
        while end < text.len() {
            end = (end + piece).min(text.len());
            let chunk = Bytes::copy_from_slice(&text[done..end]);
            done += parser
                .feed(&chunk, done as u64, &mut store, &mut statistics)
                .unwrap();
            parser.caught_up(&text[done..end], done as u64, &mut store, &mut statistics);
        }
        assert_eq!(statistics.skipped, 0);
        points(&store)
    }

    fn read(text: &str) -> Points {
        read_in_pieces(TextParser::default(), text.as_bytes(), usize::MAX)
    }

    fn expect(text: &str, expected: &[(&str, &[(f64, f64)])]) {
        let found = read(text);
        let found: Vec<(&str, &[(f64, f64)])> = found
            .iter()
            .map(|(key, points)| (key.as_str(), points.as_slice()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn the_loss_of_an_epoch_is_not_that_of_its_batches() {
        let found = read(
            "Epoch: [0][0/9]\tLoss 0.11 (0.17)\tERR 23.9 (28.3)\nEpoch: [0][5/9]\tLoss 0.12 (0.16)\tERR 22.9 (27.3)\n\
             Training Error: 27.8  Loss: 0.63\n\
             Epoch: [1][0/9]\tLoss 0.10 (0.10)\tERR 20.9 (20.9)\nTraining Error: 25.5  Loss: 0.38\n",
        );
        let values =
            |key: &str| -> Vec<f64> { found[key].iter().map(|(_, value)| *value).collect() };
        assert_eq!(values("Loss"), [0.11, 0.12, 0.10]);
        assert_eq!(values("Training/Loss"), [0.63, 0.38]);
        assert_eq!(values("Training Error"), [27.8, 25.5]);
    }

    #[test]
    fn the_last_running_means_of_an_evaluation_are_its_result() {
        let mut text = String::new();
        for epoch in 0..2 {
            for batch in [0, 50] {
                text += &format!(
                    "Epoch: [{epoch}][{batch:>3}/100]\tTime  2.1 ( 2.1)\tLoss {epoch}.{batch} (5.5)\tAcc@1  1.5 ( 2.5)\n"
                );
            }
            text += &format!(
                "Test: [ 0/40]\tTime  1.9 ( 1.9)\tLoss 9.{epoch} (8.{epoch})\tAcc@1  9.1 (  9.1)\n"
            );
            text += &format!(
                "Test: [10/40]\tTime  0.1 ( 0.3)\tLoss 7.{epoch} (6.{epoch})\tAcc@1  8.1 (  8.6)\n"
            );
            text += &format!(" *   Acc@1 8.{epoch} Acc@5 19.{epoch}\n");
        }
        text += "Test: [0/40]\tLoss 9.0 (4.0)\tAcc@1 9.1 (9.5)\n";
        let found = read(&text);
        assert_eq!(
            found["test/Loss"],
            [(50.0, 6.0), (150.0, 6.1), (150.0, 4.0)]
        );
        assert_eq!(
            found["test/Acc@1"],
            [(50.0, 8.0), (150.0, 8.1), (150.0, 9.5)]
        );
        assert_eq!(found["test/Acc@5"], [(50.0, 19.0), (150.0, 19.1)]);
        assert_eq!(found["Loss"].len(), 4);
        // Without means the rows are kept as they are, and a result behind the name of its data is one.
        let found = read(
            "Epoch[0] - Iter: [0/13]\tLoss 6.7 (6.7)\n0:01:02 - Test:\tTime 4.7\tLoss 3.5\tAcc@1 27.2\n\
             Epoch[1] - Iter: [0/13]\tLoss 5.7 (5.7)\nTest:\tTime 4.5\tLoss 3.1\tAcc@1 29.2\n",
        );
        let values =
            |key: &str| -> Vec<f64> { found[key].iter().map(|(_, value)| *value).collect() };
        assert_eq!(values("test/Loss"), [3.5, 3.1]);
        assert_eq!(values("test/Acc@1"), [27.2, 29.2]);
    }

    #[test]
    fn rows_below_a_heading_of_validation_are_at_the_step_of_the_training() {
        let mut text = String::new();
        for epoch in 1..=2 {
            text += "======== Training Loss (Wed May 22 17:16:09 2024) ========\n";
            for step in [100, 200] {
                text += &format!(
                    "(epoch: {epoch}, iters: {step}, time: 0.3) D_A: {epoch}.{step} G_A: 1.0\n"
                );
            }
            text += "======== Validation Loss (Wed May 22 17:20:41 2024) ========\n";
            text += &format!("(epoch: {epoch}, iters: 58, time: 0.1) D_A: 9.{epoch} G_A: 1.0\n");
        }
        let found = read(&text);
        assert_eq!(
            found["D_A"],
            [(100.0, 1.1), (200.0, 1.2), (300.0, 2.1), (400.0, 2.2)]
        );
        assert_eq!(found["val/D_A"], [(200.0, 9.1), (400.0, 9.2)]);
        // A heading with the result itself is none of a section.
        expect(
            "==== epoch 1 val loss: 0.5 ====\nepoch 1 loss: 2\n==== epoch 2 val loss: 0.4 ====\nepoch 2 loss: 1\n",
            &[
                ("loss", &[(1.0, 2.0), (2.0, 1.0)]),
                ("val loss", &[(1.0, 0.5), (2.0, 0.4)]),
            ],
        );
    }

    #[test]
    fn the_verb_of_a_sentence_is_no_part_of_a_key() {
        let found = read(
            "Epoch 0, Step 25, total used time 7.1 (s), avg loss so far is 0.109\n\
             Epoch 0, Step 50, total used time 9.4 (s), avg loss so far is 0.072\n\
             Validation accuracy was 0.5\nthe number of images is 25\n\
             Epoch 1, Step 25, total used time 9.9 (s), avg loss so far is 0.05\n\
             Validation accuracy was 0.6\nthe number of images is 30\n",
        );
        assert_eq!(
            found["avg loss"],
            [(25.0, 0.109), (50.0, 0.072), (75.0, 0.05)]
        );
        assert_eq!(found["Validation accuracy"], [(50.0, 0.5), (75.0, 0.6)]);
        assert!(!found.keys().any(|key| key.contains("images")));
    }

    #[test]
    fn an_evaluation_that_is_announced_counts_its_own_steps() {
        let mut text = String::new();
        for epoch in 1..=2 {
            text += &format!("Epoch {epoch}/2\n");
            for step in [10, 20] {
                text += &format!("step {step}/20 - loss: {epoch}.{step} - acc: 0.5\n");
            }
            text += "Eval begin...\nThe loss value printed in the log is the current batch\n";
            for step in [4, 8] {
                text += &format!("step {step}/8 - loss: 9.{epoch}{step} - acc: 0.7\n");
            }
            text += "Eval samples: 11219\n";
        }
        let found = read(&text);
        assert_eq!(
            found["loss"],
            [(10.0, 1.1), (20.0, 1.2), (30.0, 2.1), (40.0, 2.2)]
        );
        assert_eq!(found["eval/loss"], [(20.0, 9.18), (40.0, 9.28)]);
    }

    #[test]
    fn results_of_detectron2_are_at_the_step_that_follows_them() {
        let row = |iter| format!("[1/2] d2.utils.events INFO: iter: {iter}  total_loss: 0.5\n");
        let results = |ap| {
            format!(
                "[1/2] d2: copypaste: Task: bbox\n[1/2] d2: copypaste: AP,AP50\n[1/2] d2: copypaste: {ap},nan\n"
            )
        };
        let text = [
            row(19),
            row(39),
            results("15.5"),
            row(59),
            row(79),
            results("17"),
        ];
        let found = read(&text.concat());
        assert_eq!(found["bbox/AP"], [(59.0, 15.5), (79.0, 17.0)]);
        assert!(found["bbox/AP50"].iter().all(|(_, value)| value.is_nan()));
        assert_eq!(found["total_loss"].len(), 4);
    }

    #[test]
    fn pieces_change_nothing() {
        let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs/text");
        for entry in std::fs::read_dir(logs).unwrap() {
            let text = std::fs::read(entry.unwrap().path()).unwrap();
            let whole = format!(
                "{:?}",
                read_in_pieces(TextParser::default(), &text, usize::MAX)
            );
            for piece in [1, 7, 100, 1000] {
                let pieces = read_in_pieces(TextParser::default(), &text, piece);
                assert!(format!("{pieces:?}") == whole, "{piece}");
            }
        }
    }

    #[test]
    fn mutated_logs_are_read_without_a_panic() {
        let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs/text");
        let mut state = 7_u64;
        let mut below = |bound: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound.max(1)
        };
        for entry in std::fs::read_dir(logs).unwrap() {
            let seed = std::fs::read(entry.unwrap().path()).unwrap();
            for _ in 0..60 {
                let mut text = seed.clone();
                for _ in 0..40 {
                    let at = below(text.len());
                    match below(4) {
                        0 => {
                            let bytes =
                                b"0123456789:=[](){}|%/-+., \t\r\n\x08\x1b\0\xe2\xff'\"enai";
                            text[at] = bytes[below(bytes.len())];
                        }
                        1 => drop(text.drain(at..(at + below(9)).min(text.len()))),
                        2 => text.insert(at, b":=/[(%.,-"[below(8)]),
                        _ => {
                            let part = text[at..(at + below(20)).min(text.len())].to_vec();
                            text.splice(at..at, part);
                        }
                    }
                }
                read_in_pieces(TextParser::default(), &text, 5000);
            }
        }
    }

    #[test]
    fn only_the_last_state_of_a_bar_in_an_epoch_counts() {
        expect(
            "Epoch 1/2\n\r 1/100 [>...] - ETA: 0s - loss: 3.0\r100/100 [===] - ETA: 0s - loss: 2.0\
             \r100/100 [===] - 1s 5ms/step - loss: 2.0 - val_loss: 2.5\nEpoch 2/2\n\
             \x08\x08100/100 [===] - 1s 5ms/step - loss: 1.0 - val_loss: 1.5\n",
            &[
                ("loss", &[(1.0, 2.0), (2.0, 1.0)]),
                ("val_loss", &[(1.0, 2.5), (2.0, 1.5)]),
            ],
        );
        expect(
            "Epoch 0:  50%|#####     | 5/10 [00:10<00:10, 4.9it/s, loss=3]\rEpoch 0: 100%|####| 10/10 [00:20<00:00, loss=2]\n\
             Epoch 1: 100%|####| 10/10 [00:20<00:00, loss=1]",
            &[("loss", &[(0.0, 2.0), (1.0, 1.0)])],
        );
    }

    #[test]
    fn every_state_of_a_bar_over_the_training_counts() {
        expect(
            " 10%|#    | 10/100 [00:10<01:30, 1.0it/s, reward=1]\r 20%|##   | 20/100 [00:20<01:20, reward=2]\r 30%|",
            &[("reward", &[(10.0, 1.0), (20.0, 2.0)])],
        );
    }

    #[test]
    fn dictionaries_take_the_step_of_the_bar_on_their_line() {
        let log = |first: &str, second: &str| {
            format!(
                "{first}\r      \r{{'loss': 2.0, 'epoch': 0.5}}\n{second}\r      \r{{'loss': 1.0, 'epoch': 1.0}}\n"
            )
        };
        let bar = |at: i64| format!("  5%|##   | {at}/100 [00:10<03:20, 4.7it/s]");
        expect(
            &log(&bar(5), &bar(10)),
            &[
                ("epoch", &[(5.0, 0.5), (10.0, 1.0)]),
                ("loss", &[(5.0, 2.0), (10.0, 1.0)]),
            ],
        );
        // Buffered apart from the bar.
        expect(&log(&bar(50), ""), &[("loss", &[(0.5, 2.0), (1.0, 1.0)])]);
        expect(&log("", ""), &[("loss", &[(0.5, 2.0), (1.0, 1.0)])]);
    }

    #[test]
    fn lines_below_a_position_belong_to_it() {
        expect(
            "epoch:  100\nlr: 0.5\nsize: 7\nepoch:  0\ntrain loss : -0.5\nlr: 0.1\nsize: 7\n\
             epoch:  1\ntrain loss : -0.6\nlr: 0.01\nsize: 7\ndone: 5\n",
            &[
                ("lr", &[(0.0, 0.1), (1.0, 0.01)]),
                ("train loss", &[(0.0, -0.5), (1.0, -0.6)]),
            ],
        );
    }

    #[test]
    fn held_out_values_have_their_own_keys() {
        expect(
            "Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.5\nTrain Epoch: 1 [640/60000 (1%)]\tLoss: 2.0\n\
             Test set: Average loss: 0.5, Accuracy: 9800/10000 (98%)\nTrain Epoch: 2 [0/60000 (0%)]\tLoss: 1.0\n",
            &[
                ("Epoch", &[(0.0, 1.0), (640.0, 1.0), (60000.0, 2.0)]),
                ("Loss", &[(0.0, 2.5), (640.0, 2.0), (60000.0, 1.0)]),
                ("test/Accuracy", &[(640.0, 0.98)]),
                ("test/Average loss", &[(640.0, 0.5)]),
            ],
        );
    }

    #[test]
    fn rows_of_several_ranks_are_all_kept() {
        expect(
            "[rank0]: step 1 loss: 2\n[rank1]: step 1 loss: 3\n0: step 2 loss: 1\n",
            &[("loss", &[(1.0, 2.0), (1.0, 3.0), (2.0, 1.0)])],
        );
    }

    #[test]
    fn logs_without_positions_count_their_rows() {
        expect(
            "loss: 3\nloss: 2\nport: 80\nloss: 1\n",
            &[("loss", &[(0.0, 3.0), (1.0, 2.0), (2.0, 1.0)])],
        );
        expect("lr: 3\nlr: 3\nlr: 3\nloss: 2\nloss: 2\nloss: 2\n", &[]);
    }

    #[test]
    fn evaluations_before_step_0_belong_to_the_next_step() {
        expect(
            "validation loss: 10.5\nHella accuracy: 25/100=0.25\nstep 0 | loss: 10\nstep 249 | loss: 6\n\
             validation loss: 6.5\nHella accuracy: 30/100=0.3\nstep 250 | loss: 5\n",
            &[
                ("Hella accuracy", &[(0.0, 0.25), (250.0, 0.3)]),
                ("loss", &[(0.0, 10.0), (249.0, 6.0), (250.0, 5.0)]),
                ("validation loss", &[(0.0, 10.5), (250.0, 6.5)]),
            ],
        );
    }

    #[test]
    fn another_counter_between_rows_of_batches_is_no_position() {
        let text = "Epoch[0] Batch [50] acc=0.1\nEpoch[0] Batch [100] acc=0.2\nUpdate[150000]: lower rate\n\
                    Epoch[0] Batch [150] acc=0.3\nEpoch[1] Batch [50] acc=0.4\n";
        let found = read(text);
        let steps: Vec<f64> = found["acc"].iter().map(|(step, _)| *step).collect();
        assert_eq!(steps, [50.0, 100.0, 150.0, 200.0]);
    }

    #[test]
    fn dictionaries_that_were_buffered_are_at_their_epochs() {
        expect(
            " 20%|##| 40/200 [02:23<08:06, 3.0s/it]\r   \r{'loss': 3.0, 'epoch': 0.0}\n\
             {'loss': 2.0, 'epoch': 0.0}\n{'loss': 1.0, 'epoch': 0.01}\n",
            &[("loss", &[(0.0, 3.0), (0.0, 2.0), (0.01, 1.0)])],
        );
    }

    #[test]
    fn rows_of_darknet_and_llm_c() {
        expect(
            "6001: 5.5, 5.25 avg, 0.0001 rate, 10.5 seconds, 6001 images\n",
            &[
                ("avg", &[(6001.0, 5.25)]),
                ("images", &[(6001.0, 6001.0)]),
                ("loss", &[(6001.0, 5.5)]),
                ("rate", &[(6001.0, 0.0001)]),
                ("seconds", &[(6001.0, 10.5)]),
            ],
        );
        expect(
            "s:0 tel:11.5\ns:0 trl:11.25 lr:0.5\ns:250 tel:6.5\ns:250 eval:0.25\n",
            &[
                ("eval", &[(250.0, 0.25)]),
                ("lr", &[(0.0, 0.5)]),
                ("tel", &[(0.0, 11.5), (250.0, 6.5)]),
                ("trl", &[(0.0, 11.25)]),
            ],
        );
    }

    #[test]
    fn settings_are_not_series() {
        expect(
            "Namespace(batch=5, loss=3, step=1)\nnumber of parameters: 124.4M\nseed: 5\nport: 80\n\
             step 1 loss: 2\nseed: 5\nstep 2 loss: 1\nseed: 5\nloss: 0.5\n",
            &[("loss", &[(1.0, 2.0), (2.0, 1.0)])],
        );
    }

    #[test]
    fn a_pattern_replaces_the_known_shapes() {
        let regex = Regex::new(r"at (?<step>\d+): (?<loss>\S+) nats").unwrap();
        let text = "at 10: 2.5 nats\nstep 11 loss: 7\nat 20: nan nats\nat 30: 1.5 nats";
        let found = read_in_pieces(TextParser::with_pattern(regex), text.as_bytes(), 9);
        assert_eq!(found.len(), 1);
        assert_eq!(found["loss"][0], (10.0, 2.5));
        assert!(found["loss"][1].1.is_nan());
        assert_eq!(found["loss"][2], (30.0, 1.5));
    }
}
