use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;
use trainscape_run::{Config, HistogramPoint, HistogramSeries, Role, Series, role_of_key};

use crate::{
    batch::{Batch, Scribe, Tally},
    keys::{Keys, Slot},
};

/// Below this many points, handing them to other threads costs more than it saves.
const PARALLEL_POINTS: usize = 50_000;

/// Everything one log (a file, or all event files of a folder) has said so far.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) keys: Keys,
    series: Vec<Option<Arc<Series>>>,
    histograms: Vec<Option<Arc<HistogramSeries>>>,
    roles: Vec<Option<Role>>,
    /// Keep about this many points a series, where the user bounds a stream.
    buffer: Option<usize>,
    /// Rows that may still be taken back: a last line without its line end.
    provisional: Option<Batch>,
    pub(crate) config: Config,
    pub(crate) display_name: Option<String>,
    pub(crate) declared_x: BTreeMap<Arc<str>, Arc<str>>,
}

impl Store {
    pub(crate) fn new(buffer: Option<usize>) -> Self {
        Self {
            buffer,
            ..Self::default()
        }
    }

    /// Appends what the scribes decoded, in their order, and empties them.
    pub(crate) fn absorb(&mut self, scribes: &mut [Scribe], tally: &mut Tally) {
        let base = self.keys.len();
        for scribe in scribes.iter_mut() {
            if scribe.fresh.len() > 0 {
                let slots: Vec<Slot> = (0..scribe.fresh.len() as Slot)
                    .map(|fresh| self.keys.add(scribe.fresh.name(fresh)))
                    .collect();
                scribe.batch.renumber(base, &slots);
                scribe.fresh = Keys::default();
                scribe.cursor = Default::default();
            }
            tally.add(&scribe.tally);
            scribe.tally = Tally::default();
        }
        self.grow();
        let points: usize = scribes.iter().map(|scribe| scribe.batch.points()).sum();
        if points >= PARALLEL_POINTS {
            let keys = &self.keys;
            let shared = &*scribes;
            let buffer = self.buffer;
            self.series
                .par_iter_mut()
                .enumerate()
                .for_each(|(index, series)| {
                    for scribe in shared {
                        append(series, keys, &scribe.batch, index as Slot, buffer);
                    }
                });
        } else {
            for scribe in scribes.iter() {
                for &slot in scribe.batch.touched() {
                    let series = &mut self.series[slot as usize];
                    append(series, &self.keys, &scribe.batch, slot, self.buffer);
                }
            }
        }
        for scribe in scribes.iter_mut() {
            for (slot, head, histogram) in scribe.batch.histograms() {
                let series = self.histograms[slot as usize].get_or_insert_with(|| {
                    Arc::new(HistogramSeries::new(Arc::clone(self.keys.name(slot))))
                });
                let series = Arc::make_mut(series);
                series.points.push(HistogramPoint {
                    step: head.step,
                    wall_time_secs: head.wall_time_secs,
                    histogram: Arc::clone(histogram),
                });
                if let Some(buffer) = self.buffer
                    && series.points.len() > buffer.saturating_mul(2).max(16)
                {
                    let excess = series.points.len() - buffer;
                    series.points.drain(..excess);
                }
            }
            scribe.batch.clear();
        }
    }

    fn grow(&mut self) {
        let known = self.roles.len();
        self.series.resize(self.keys.len(), None);
        self.histograms.resize(self.keys.len(), None);
        for slot in known..self.keys.len() {
            self.roles.push(role_of_key(self.keys.name(slot as Slot)));
        }
    }

    /// Replaces the rows that are shown although they may still be taken back.
    pub(crate) fn set_provisional(&mut self, scribe: Option<Scribe>) {
        self.provisional = scribe.map(|mut scribe| {
            let base = self.keys.len();
            let slots: Vec<Slot> = (0..scribe.fresh.len() as Slot)
                .map(|fresh| self.keys.add(scribe.fresh.name(fresh)))
                .collect();
            scribe.batch.renumber(base, &slots);
            self.grow();
            scribe.batch
        });
    }

    /// All series with at least one point, and what their keys mean.
    pub(crate) fn series(
        &self,
    ) -> impl Iterator<Item = (&Arc<str>, Arc<Series>, Option<Role>)> + '_ {
        self.series.iter().enumerate().filter_map(|(slot, series)| {
            let key = self.keys.name(slot as Slot);
            let mut series = series.clone();
            if let Some(batch) = &self.provisional
                && batch.touched().contains(&(slot as Slot))
            {
                append(&mut series, &self.keys, batch, slot as Slot, None);
            }
            Some((key, series?, self.roles[slot]))
        })
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
    let points = batch.column(slot);
    if points.len() == 0 {
        return;
    }
    let series = series.get_or_insert_with(|| Arc::new(Series::new(Arc::clone(keys.name(slot)))));
    let series = Arc::make_mut(series);
    series.extend(points);
    if let Some(buffer) = buffer {
        series.keep_last(buffer);
    }
}
