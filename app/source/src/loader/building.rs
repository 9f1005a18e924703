//! Building runs from the logs and arrays that were read.

use std::sync::Arc;

use indexmap::IndexMap;
use trainscape_run::{Config, Run};

use super::{Loader, RunState};
use crate::{
    arrays::{Assembled, RunFiles},
    catalog_runs,
    key_naming::KeyNaming,
    log_file::Log,
    merge::{self, LogContent, RunIdentity},
    rows_of_tables::RowsOfTables,
    run_plan::RunPlan,
    starts,
    store::Store,
    user_choices,
};

/// The configuration of a run inside logs, and what each of them holds of it.
type Part<'a> = (Config, Vec<LogContent<'a>>);

impl Loader {
    pub(super) fn build_runs(&mut self) -> Vec<Arc<Run>> {
        let mut states = std::mem::take(&mut self.runs);
        let mut runs = Vec::with_capacity(states.len());
        for state in &mut states {
            let built = match &state.run {
                Some(built) => built.clone(),
                None => {
                    let built = self.build_run(state);
                    state.run.insert(built).clone()
                }
            };
            runs.extend(built);
        }
        self.runs = states;
        catalog_runs::append(&mut runs, &self.catalogs, &self.options, &self.views);
        runs
    }

    /// The run of a plan, and the runs inside its logs.
    pub(crate) fn build_run(&self, state: &mut RunState) -> Vec<Arc<Run>> {
        let plan = &state.plan;
        let logs: Vec<(&Log, &KeyNaming)> = plan
            .logs
            .iter()
            .filter_map(|log| {
                let index = *self.indices.get(&log.key)?;
                Some((&self.logs[index].log, &log.naming))
            })
            .collect();
        let mut config = Config::new();
        for part in plan
            .configs
            .iter()
            .filter_map(|path| self.configs.get(path))
        {
            let part = part.config.iter();
            config.extend(part.map(|(key, value)| (key.clone(), value.clone())));
        }
        let (own, with_parts): (Vec<_>, Vec<_>) =
            logs.iter().partition(|(log, _)| !log.store.is_only_parts());
        let before = own.iter().map(|(log, _)| log.sources().count()).sum();
        let known = state.arrays.take().filter(|(known, _)| *known == before);
        let (_, arrays) = state.arrays.insert(known.unwrap_or_else(|| {
            let files = RunFiles {
                folder: &plan.path,
                arrays: &plan.arrays,
                labels: &plan.labels,
                sources_before: before,
            };
            let (axes, mapping) = (&self.options.axes, &self.options.mapping);
            (before, self.arrays.assemble(&files, axes, mapping))
        }));
        let mut runs = Vec::new();
        if !own.is_empty() || !plan.arrays.is_empty() {
            let identity = RunIdentity {
                id: &plan.id,
                name: &plan.name,
                path: &plan.path,
            };
            let contents = own
                .iter()
                .map(|(log, naming)| content(log, &log.store, naming));
            let run = merge::build(identity, contents.collect(), &config, arrays);
            runs.extend(self.finish(run, plan));
        }
        let logs: Vec<_> = own.into_iter().chain(with_parts).collect();
        let settings = RowsOfTables::of(&logs);
        let mut parts: IndexMap<(Option<usize>, &str), Part<'_>> = IndexMap::new();
        for (at, (log, naming)) in logs.into_iter().enumerate() {
            let own = (!log.format.has_parts_of_others()).then_some(at);
            let of_log = log.store.parts().iter();
            for part in of_log.filter(|part| !settings.is_in_other(log, part)) {
                let content = LogContent {
                    sources: log.sources_of_part(&part.id),
                    ..content(log, &part.store, naming)
                };
                let (_, contents) = parts
                    .entry((own, &part.id))
                    .or_insert_with(|| (settings.config(log, part, &config), Vec::new()));
                contents.push(content);
            }
        }
        for ((_, id), (config, contents)) in parts {
            let run = self.build_part(plan, id, contents, &config);
            runs.extend(self.finish(run, plan));
        }
        runs
    }

    /// One of several runs in a log, or in several logs.
    fn build_part(
        &self,
        plan: &RunPlan,
        part: &str,
        contents: Vec<LogContent<'_>>,
        config: &Config,
    ) -> Run {
        let id = match plan.is_root {
            true => part.to_owned(),
            false => format!("{}/{part}", plan.id),
        };
        let name = match plan.is_root {
            true => part.to_owned(),
            false => format!("{}/{part}", plan.name),
        };
        let identity = RunIdentity {
            id: &id,
            name: &name,
            path: &plan.path,
        };
        let arrays = Assembled::default();
        merge::build(identity, contents, config, &arrays)
    }

    /// The trainings of a run, with what the user chose of its keys and the user's views.
    fn finish(&self, mut run: Run, plan: &RunPlan) -> Vec<Arc<Run>> {
        user_choices::apply(&mut run, &self.options);
        run.view_files = self
            .options
            .views
            .iter()
            .chain(&plan.views)
            .filter_map(|path| self.views.get(path)?.file.clone())
            .collect();
        let mut trainings = starts::separate(run);
        for training in &mut trainings {
            for series in training.series.values_mut() {
                if let Some(of_turns) = series.of_turns() {
                    *series = Arc::new(of_turns);
                }
            }
        }
        trainings.into_iter().map(Arc::new).collect()
    }
}

fn content<'a>(log: &Log, store: &'a Store, naming: &'a KeyNaming) -> LogContent<'a> {
    LogContent {
        rank: log.format.rank(),
        is_fallback: log.format.is_fallback(),
        sources: log.sources().collect(),
        store,
        naming,
    }
}
