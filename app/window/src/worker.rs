//! Builds scenes away from the interface's thread: each tile's newest request wins, its last result stays.

use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use trainscape_gpu::{GpuScene, Renderer};
use trainscape_run::Run;
use trainscape_scene::Scene;
use trainscape_views::{NotAvailable, Remedy, ViewKind, ViewSettings, stop_at};

use crate::{pane::PaneId, projections::ProjectionJobs};

/// What to build.
pub(crate) struct Request {
    pub(crate) runs: Vec<Arc<Run>>,
    pub(crate) view: ViewKind,
    pub(crate) settings: ViewSettings,
    /// Some ranges are other tiles'.
    pub(crate) with_linked_ranges: bool,
    pub(crate) projections: Arc<ProjectionJobs>,
    /// Puts the scene on the GPU too, where there is one.
    pub(crate) renderer: Option<Arc<Renderer>>,
    /// The tile's last scene: what has not changed is taken from it.
    pub(crate) previous: Option<Arc<GpuScene>>,
}

/// A scene, on the GPU where there is one.
pub(crate) struct Built {
    pub(crate) view: ViewKind,
    pub(crate) with_linked_ranges: bool,
    pub(crate) scene: Arc<Scene>,
    pub(crate) gpu: Option<Arc<GpuScene>>,
}

/// Why there is no scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// In one sentence.
    pub(crate) text: String,
    /// What would bring one.
    pub(crate) remedy: Option<Remedy>,
}

/// A finished request.
pub(crate) type Outcome = Result<Built, Problem>;

#[derive(Default)]
struct Slots {
    requests: Vec<(PaneId, Request)>,
    outcomes: Vec<(PaneId, Outcome)>,
    busy: bool,
    stop: bool,
}

#[derive(Default)]
struct Shared {
    slots: Mutex<Slots>,
    asked: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A named thread that builds scenes.
pub(crate) struct SceneWorker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl SceneWorker {
    /// `done` is called on the worker's thread after each scene.
    pub(crate) fn start(done: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("trainscape-scene".to_owned())
            .spawn(move || work(&own, &done))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Asks for a tile's scene; its request that has not begun is forgotten.
    pub(crate) fn ask(&self, pane: PaneId, request: Request) {
        let mut slots = self.shared.lock();
        match slots.requests.iter_mut().find(|(id, _)| *id == pane) {
            Some((_, waiting)) => *waiting = request,
            None => slots.requests.push((pane, request)),
        }
        drop(slots);
        self.shared.asked.notify_one();
    }

    /// The finished scenes, each once.
    pub(crate) fn take(&self) -> Vec<(PaneId, Outcome)> {
        std::mem::take(&mut self.shared.lock().outcomes)
    }

    /// Whether a scene is being built, waits to be, or waits to be taken.
    pub(crate) fn is_busy(&self) -> bool {
        let slots = self.shared.lock();
        slots.busy || !slots.requests.is_empty() || !slots.outcomes.is_empty()
    }
}

impl Drop for SceneWorker {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.asked.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the scene thread had panicked");
        }
    }
}

fn work(shared: &Shared, done: &dyn Fn()) {
    let mut bases = HashMap::new();
    loop {
        let (pane, request) = {
            let mut slots = shared.lock();
            loop {
                if slots.stop {
                    return;
                }
                if !slots.requests.is_empty() {
                    slots.busy = true;
                    break slots.requests.remove(0);
                }
                slots = shared
                    .asked
                    .wait(slots)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        };
        let outcome = build(pane, &request, &mut bases);
        {
            let mut slots = shared.lock();
            slots.outcomes.retain(|(id, _)| *id != pane);
            slots.outcomes.push((pane, outcome));
            slots.busy = false;
        }
        done();
    }
}

/// A tile's scene with time at its end: where only time moves, it is not built again, and its surfaces stay on
/// the GPU.
struct Base {
    runs: Vec<Arc<Run>>,
    view: ViewKind,
    settings: ViewSettings,
    scene: Scene,
}

fn build(pane: PaneId, request: &Request, bases: &mut HashMap<PaneId, Base>) -> Outcome {
    let failed = |error: NotAvailable| Problem {
        remedy: error.remedy,
        text: error.reason,
    };
    let build = |settings: &ViewSettings| {
        let projections = &*request.projections;
        request.view.build(&request.runs, settings, projections)
    };
    let scene = if request.view.only_stops_in_time() {
        let mut settings = request.settings.clone();
        let at_step = settings.at_step.take();
        let is_same = |base: &Base| {
            let runs = base.runs.iter().zip(&request.runs);
            base.runs.len() == request.runs.len()
                && runs.into_iter().all(|(base, run)| Arc::ptr_eq(base, run))
                && base.view == request.view
                && base.settings == settings
        };
        let scene = match bases.get(&pane).filter(|base| is_same(base)) {
            Some(base) => base.scene.clone(),
            None => {
                let scene = build(&settings).map_err(failed)?;
                let base = Base {
                    runs: request.runs.clone(),
                    view: request.view,
                    settings,
                    scene: scene.clone(),
                };
                bases.insert(pane, base);
                scene
            }
        };
        let mut scene = scene;
        if let Some(at) = at_step {
            stop_at(&mut scene, at);
        }
        scene
    } else {
        bases.remove(&pane);
        build(&request.settings).map_err(failed)?
    };
    let gpu = match &request.renderer {
        Some(renderer) => {
            let uploaded = renderer.upload_reusing(&scene, request.previous.as_deref());
            let failed = |error: trainscape_gpu::GpuError| Problem {
                text: error.to_string(),
                remedy: None,
            };
            Some(Arc::new(uploaded.map_err(failed)?))
        }
        None => None,
    };
    Ok(Built {
        view: request.view,
        with_linked_ranges: request.with_linked_ranges,
        scene: Arc::new(scene),
        gpu,
    })
}
