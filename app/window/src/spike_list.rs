//! The spikes of the losses and gradient norms of the drawn runs, the largest first.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use trainscape_run::{Role, Series, Snapshot};
use trainscape_scene::scene::Mark;
use trainscape_views::{Spike, spikes_of};

use crate::series_list::SeriesList;

/// The most spikes that are listed.
const MOST: usize = 2_000;
/// Time between two searches while runs grow: a search goes over whole series.
const INTERVAL_SECS: f64 = 2.0;

/// A record that was chosen in the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MarkedRecord {
    pub(crate) mark: Mark,
    pub(crate) key: String,
    pub(crate) value: f64,
}

/// A spike of a run.
#[derive(Clone, Debug)]
pub(crate) struct SpikeRow {
    /// Index of the run in the snapshot, which decides its colour.
    pub(crate) run: usize,
    pub(crate) id: Arc<str>,
    pub(crate) key: Arc<str>,
    pub(crate) spike: Spike,
}

impl SpikeRow {
    pub(crate) fn record(&self) -> MarkedRecord {
        let mark = Mark {
            run: Arc::clone(&self.id),
            step: Some(self.spike.step),
            row: None,
        };
        MarkedRecord {
            mark,
            key: self.key.to_string(),
            value: self.spike.value,
        }
    }

    /// The value as a multiple of the running median; `None` where the median is not positive.
    pub(crate) fn multiple(&self) -> Option<f64> {
        let median = self.spike.value - self.spike.jump;
        (median > 0.0).then(|| self.spike.value / median)
    }

    /// The value as a multiple of the running median, or its distance from that where the median is not positive.
    fn size(&self) -> f64 {
        self.multiple().unwrap_or(self.spike.jump)
    }
}

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SpikeOrder {
    Run,
    Series,
    Step,
    Value,
    Jump,
    /// The largest multiple of the running median first.
    #[default]
    Multiple,
}

/// What a list was made from: the snapshot, the drawn runs and the range of steps.
#[derive(Clone, PartialEq)]
pub(crate) struct SpikeSource {
    pub(crate) generation: u64,
    pub(crate) runs: Option<BTreeSet<String>>,
    pub(crate) steps: Option<(f64, f64)>,
}

/// The spikes of the drawn runs.
#[derive(Default)]
pub(crate) struct SpikeList {
    of: Option<SpikeSource>,
    /// egui's time of the search.
    at_secs: f64,
    /// The spikes of each series, which is kept so that no other gets its address.
    known: HashMap<*const Series, (Arc<Series>, Arc<[Spike]>)>,
    pub(crate) rows: Vec<SpikeRow>,
    /// How many there are; `rows` holds the largest of them.
    pub(crate) total: usize,
    pub(crate) order: SpikeOrder,
}

impl SpikeList {
    pub(crate) fn sort_by(&mut self, order: SpikeOrder) {
        self.order = order;
        self.sort();
    }

    /// Numbers that tell how bad a spike is begin with the largest.
    fn sort(&mut self) {
        let number = |a: f64, b: f64| b.total_cmp(&a);
        let order = self.order;
        self.rows.sort_by(|a, b| match order {
            SpikeOrder::Run => a.run.cmp(&b.run),
            SpikeOrder::Series => a.key.cmp(&b.key),
            SpikeOrder::Step => a.spike.step.total_cmp(&b.spike.step),
            SpikeOrder::Value => number(a.spike.value, b.spike.value),
            SpikeOrder::Jump => number(a.spike.jump, b.spike.jump),
            SpikeOrder::Multiple => number(a.size(), b.size()),
        });
    }

    /// Updates the list; returns when to try again where that is too early.
    pub(crate) fn update(
        &mut self,
        source: SpikeSource,
        snapshot: &Snapshot,
        series: &SeriesList,
        now_secs: f64,
    ) -> Option<Duration> {
        if self.of.as_ref() == Some(&source) {
            return None;
        }
        let has_only_grown = self.of.as_ref().is_some_and(|of| {
            let grown = SpikeSource {
                generation: source.generation,
                ..of.clone()
            };
            grown == source
        });
        let left_secs = INTERVAL_SECS - (now_secs - self.at_secs);
        if has_only_grown && left_secs > 0.0 {
            return Some(Duration::from_secs_f64(left_secs));
        }
        let keys = [Role::Loss, Role::GradientNorm].map(|role| series.of_roles.get(&role));
        let keys: Vec<&Arc<str>> = keys.into_iter().flatten().map(|used| &used.key).collect();
        let before = std::mem::take(&mut self.known);
        self.rows.clear();
        for (index, run) in snapshot.runs.iter().enumerate() {
            let runs = source.runs.as_ref();
            if runs.is_some_and(|runs| !runs.contains(run.id.as_ref())) {
                continue;
            }
            for series in keys.iter().filter_map(|key| run.series.get(*key)) {
                let address = Arc::as_ptr(series);
                let spikes = match before.get(&address) {
                    Some((_, spikes)) => Arc::clone(spikes),
                    None => spikes_of(series).into(),
                };
                let is_drawn = |spike: &&Spike| {
                    let steps = source.steps.as_ref();
                    steps.is_none_or(|(first, last)| (*first..=*last).contains(&spike.step))
                };
                self.rows
                    .extend(spikes.iter().filter(is_drawn).map(|spike| SpikeRow {
                        run: index,
                        id: Arc::clone(&run.id),
                        key: Arc::clone(series.key()),
                        spike: *spike,
                    }));
                self.known.insert(address, (Arc::clone(series), spikes));
            }
        }
        self.total = self.rows.len();
        self.rows.sort_by(|a, b| b.size().total_cmp(&a.size()));
        self.rows.truncate(MOST);
        self.sort();
        self.of = Some(source);
        self.at_secs = now_secs;
        None
    }
}
