use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rayon::prelude::*;
use trainscape_run::{
    Config, HistogramPoint, HistogramSeries, Point, Role, RunStatus, Series, role_of_key,
};

use crate::{
    batch::{Batch, ColumnTexts},
    keys::{Keys, NONE, Slot},
    left_out::LeftOut,
    limits,
    row_decoder::DecodedRows,
    statistics::ReadStatistics,
};

/// Below this number of points, one thread is faster than several.
const PARALLEL_POINTS: usize = 50_000;

/// The content of one log, as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) keys: Keys,
    series: Vec<Option<Arc<Series>>>,
    histograms: Vec<Option<Arc<HistogramSeries>>>,
    roles: Vec<Option<Role>>,
    texts: Vec<ColumnTexts>,
    /// Number of points to keep per series, approximately, if the user bounds it.
    buffer: Option<usize>,
    /// Rows that may still change: a last line without its line end.
    provisional: Option<Batch>,
    pub(crate) config: Config,
    pub(crate) display_name: Option<String>,
    /// How the process that logged it ended.
    pub(crate) ended: Option<RunStatus>,
    pub(crate) declared_x: BTreeMap<Arc<str>, Arc<str>>,
    /// Texts that are shown as pages, with their titles.
    pub(crate) reports: Vec<(String, Arc<str>)>,
    /// What the log holds that is listed and not drawn: key and kind, with their numbers.
    pub(crate) media: BTreeMap<(String, &'static str), usize>,
    /// Runs that the log holds in addition to the one that its own series are.
    parts: Vec<RunPart>,
    part_indices: HashMap<String, usize>,
    /// True for a store of runs: it is no run itself, even if it holds none.
    holds_only_parts: bool,
    /// True if the points are of the end of a training and the log does not say at which step that was.
    pub(crate) is_at_end: bool,
    /// Values whose keys are more than a run may have.
    values_without_key: u64,
    /// The same of whole columns, whose values are not counted.
    columns_without_key: u64,
    /// What the steps count, where no series of the log shows it.
    pub(crate) steps_count: Option<&'static str>,
    /// Roles that the log itself gives to keys.
    pub(crate) declared_roles: BTreeMap<Arc<str>, Role>,
}

/// One of several runs in a log.
#[derive(Debug)]
pub(crate) struct RunPart {
    /// Unique in the log and stable while it grows.
    pub(crate) id: String,
    pub(crate) store: Store,
}

impl Store {
    pub(crate) fn new(buffer: Option<usize>) -> Self {
        Self {
            buffer,
            ..Self::default()
        }
    }

    /// Number of points to keep per series, if the user bounds it.
    pub(crate) fn buffer(&self) -> Option<usize> {
        self.buffer
    }

    /// Bytes that the points take, those of its runs included.
    pub(crate) fn memory(&self) -> u64 {
        let series = self.series.iter().flatten();
        let own: usize = series.map(|series| series.memory()).sum();
        let parts = self.parts.iter().map(|part| part.store.memory());
        own as u64 + parts.sum::<u64>()
    }

    /// Counts something that is listed and not drawn.
    pub(crate) fn count_media(&mut self, key: &str, kind: &'static str) {
        *self.media.entry((key.to_owned(), kind)).or_default() += 1;
    }

    pub(crate) fn parts(&self) -> &[RunPart] {
        &self.parts
    }

    /// The content of the run `id` among those of this log; an empty one is added if it is new.
    pub(crate) fn part(&mut self, id: &str) -> &mut Store {
        let index = match self.part_indices.get(id) {
            Some(&known) => known,
            None => {
                self.parts.push(RunPart {
                    id: id.to_owned(),
                    store: Self::new(self.buffer),
                });
                self.part_indices
                    .insert(id.to_owned(), self.parts.len() - 1);
                self.parts.len() - 1
            }
        };
        &mut self.parts[index].store
    }

    /// The content of the run `id`, if the log holds it.
    pub(crate) fn known_part(&self, id: &str) -> Option<&Store> {
        let index = self.part_indices.get(id)?;
        Some(&self.parts[*index].store)
    }

    /// The points of a key in logged order, those that are read provisionally left out.
    pub(crate) fn series_of(&self, slot: Slot) -> Option<&Series> {
        self.series.get(slot as usize)?.as_deref()
    }

    /// How many points each series had so far, by slot.
    pub(crate) fn lens(&self) -> Vec<usize> {
        let len = |series: &Option<Arc<Series>>| {
            let series = series.as_ref();
            series.map_or(0, |series| series.len() + series.dropped())
        };
        self.series.iter().map(len).collect()
    }

    /// Declares that the log holds nothing but runs of its own, or none.
    pub(crate) fn hold_only_parts(&mut self) {
        self.holds_only_parts = true;
    }

    /// True if the log holds nothing but runs of its own.
    pub(crate) fn is_only_parts(&self) -> bool {
        (self.holds_only_parts || !self.parts.is_empty())
            && self.series.iter().all(Option::is_none)
            && self.histograms.iter().all(Option::is_none)
    }

    /// Appends one point of a format whose rows are not tables.
    pub(crate) fn add_point(&mut self, key: &str, point: Point) {
        let Some(slot) = self.add_key(key) else {
            self.values_without_key += 1;
            return;
        };
        self.grow();
        let series = self.series[slot as usize]
            .get_or_insert_with(|| Arc::new(Series::new(Arc::clone(self.keys.name(slot)))));
        let series = Arc::make_mut(series);
        series.push(point);
        if let Some(buffer) = self.buffer {
            series.keep_last(buffer);
        }
    }

    /// Appends the outputs in their order, and empties them.
    pub(crate) fn absorb(&mut self, outputs: &mut [DecodedRows], statistics: &mut ReadStatistics) {
        let base = self.keys.len();
        for output in outputs.iter_mut() {
            if output.new_keys.len() > 0 {
                self.values_without_key += self.add_keys(base, output);
                output.new_keys = Keys::default();
                output.cursor = Default::default();
            }
            statistics.merge(&output.statistics);
            output.statistics = ReadStatistics::default();
            self.config.append(&mut output.settings);
        }
        self.grow();
        let points: usize = outputs.iter().map(|output| output.batch.points()).sum();
        if points >= PARALLEL_POINTS {
            let keys = &self.keys;
            let shared = &*outputs;
            let buffer = self.buffer;
            self.series
                .par_iter_mut()
                .enumerate()
                .for_each(|(index, series)| {
                    for output in shared {
                        append(series, keys, &output.batch, index as Slot, buffer);
                    }
                });
        } else {
            for output in outputs.iter() {
                for &slot in output.batch.used_slots() {
                    let series = &mut self.series[slot as usize];
                    append(series, &self.keys, &output.batch, slot, self.buffer);
                }
            }
        }
        for output in outputs.iter_mut() {
            for (slot, texts) in output.batch.texts() {
                self.texts[slot as usize].merge(texts);
            }
            for (slot, head, histogram) in output.batch.histograms() {
                let series = self.histograms[slot as usize].get_or_insert_with(|| {
                    Arc::new(HistogramSeries::new(Arc::clone(self.keys.name(slot))))
                });
                let series = Arc::make_mut(series);
                series.points_mut().push(HistogramPoint {
                    step: head.step,
                    wall_time_secs: head.wall_time_secs,
                    histogram: Arc::clone(histogram),
                });
                if let Some(buffer) = self.buffer
                    && series.len() > buffer.saturating_mul(2).max(16)
                {
                    let excess = series.len() - buffer;
                    series.points_mut().drain(..excess);
                }
            }
            output.batch.clear();
        }
    }

    /// The slot of `key`; none if it is new and there are as many as a run may have.
    pub(crate) fn add_key(&mut self, key: &str) -> Option<Slot> {
        self.keys.add_within(key, limits::KEYS.items)
    }

    /// The slot of a column's key; a column that has none is counted.
    pub(crate) fn add_column(&mut self, key: &str) -> Option<Slot> {
        let slot = self.add_key(key);
        self.columns_without_key += u64::from(slot.is_none());
        slot
    }

    /// Adds the new keys of `rows`, which numbered them from `base`. Returns how many values have none.
    fn add_keys(&mut self, base: usize, rows: &mut DecodedRows) -> u64 {
        let slots: Vec<Slot> = (0..rows.new_keys.len() as Slot)
            .map(|new| self.add_key(rows.new_keys.name(new)).unwrap_or(NONE))
            .collect();
        rows.batch.renumber(base, &slots)
    }

    fn grow(&mut self) {
        let known = self.roles.len();
        self.series.resize(self.keys.len(), None);
        self.histograms.resize(self.keys.len(), None);
        self.texts.resize(self.keys.len(), ColumnTexts::default());
        for slot in known..self.keys.len() {
            self.roles.push(role_of_key(self.keys.name(slot as Slot)));
        }
    }

    /// Replaces the rows that are shown although they may still change.
    pub(crate) fn set_provisional(&mut self, rows: Option<DecodedRows>) {
        self.provisional = rows.map(|mut rows| {
            self.add_keys(self.keys.len(), &mut rows);
            self.grow();
            rows.batch
        });
    }

    /// True if a row is shown although it may still change.
    pub(crate) fn has_provisional(&self) -> bool {
        self.provisional.is_some()
    }

    /// All series with at least one point, and the roles of their keys.
    pub(crate) fn series(
        &self,
    ) -> impl Iterator<Item = (&Arc<str>, Arc<Series>, Option<Role>)> + '_ {
        self.series.iter().enumerate().filter_map(|(slot, series)| {
            if self.units_differ(slot) {
                return None;
            }
            let key = self.keys.name(slot as Slot);
            let mut series = series.clone();
            if let Some(batch) = &self.provisional
                && batch.used_slots().contains(&(slot as Slot))
            {
                append(&mut series, &self.keys, batch, slot as Slot, None);
            }
            let series = series?;
            let series = series.in_step_order().map_or(series, Arc::new);
            let declared = self.declared_roles.get(key).copied();
            Some((key, series, declared.or(self.roles[slot])))
        })
    }

    /// Counts values whose keys are more than a run may have.
    pub(crate) fn leave_out_values(&mut self, count: u64) {
        self.values_without_key += count;
    }

    /// What is in the log and in no series.
    pub(crate) fn left_out(&self) -> LeftOut {
        LeftOut {
            texts: self.unread_texts(),
            of_several_units: self.numbers_of_several_units(),
            values_without_key: self.values_without_key(),
            columns_without_key: self.columns_without_key,
        }
    }

    /// Number of texts in columns of numbers.
    fn unread_texts(&self) -> u64 {
        let columns = self.series.iter().zip(&self.texts);
        let of_columns = columns.filter(|(series, _)| series.is_some());
        let of_log: u64 = of_columns.map(|(_, texts)| texts.others).sum();
        let parts = self.parts.iter().map(|part| part.store.unread_texts());
        of_log + parts.sum::<u64>()
    }

    /// True if the numbers of a key cannot be compared.
    fn units_differ(&self, slot: usize) -> bool {
        let texts = &self.texts[slot];
        let series = self.series[slot].as_ref();
        let points = series.map_or(0, |series| series.len() + series.dropped());
        texts.units.differ(points as u64 > texts.numbers)
    }

    /// Number of numbers in columns whose units differ.
    fn numbers_of_several_units(&self) -> u64 {
        let differing = (0..self.series.len()).filter(|&slot| self.units_differ(slot));
        let series = differing.filter_map(|slot| self.series[slot].as_ref());
        let of_log: u64 = series
            .map(|series| (series.len() + series.dropped()) as u64)
            .sum();
        let parts = self
            .parts
            .iter()
            .map(|part| part.store.numbers_of_several_units());
        of_log + parts.sum::<u64>()
    }

    /// Number of values that are left out because their keys are more than a run may have.
    fn values_without_key(&self) -> u64 {
        let parts = self
            .parts
            .iter()
            .map(|part| part.store.values_without_key());
        self.values_without_key + parts.sum::<u64>()
    }

    /// All histogram series.
    pub(crate) fn histograms(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<HistogramSeries>)> {
        self.histograms
            .iter()
            .flatten()
            .map(|series| (&series.key, series))
    }
}

fn append(
    series: &mut Option<Arc<Series>>,
    keys: &Keys,
    batch: &Batch,
    slot: Slot,
    buffer: Option<usize>,
) {
    if batch.is_empty(slot) {
        return;
    }
    let series = series.get_or_insert_with(|| Arc::new(Series::new(Arc::clone(keys.name(slot)))));
    let series = Arc::make_mut(series);
    batch.append_column(slot, series);
    if let Some(buffer) = buffer {
        series.keep_last(buffer);
    }
}
