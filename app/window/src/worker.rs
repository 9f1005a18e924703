//! Builds scenes on a thread of the worker: the newest request of each tile wins.

use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use trainscape_gpu::{GpuScene, Renderer};
use trainscape_run::Run;
use trainscape_scene::Scene;
use trainscape_views::{NotAvailable, Remedy, Time, ViewKind, ViewSettings, clip_at_step};

use crate::{pane_id::PaneId, projections::ProjectionJobs};

/// What to build.
pub(crate) struct SceneRequest {
    pub(crate) runs: Vec<Arc<Run>>,
    pub(crate) view: ViewKind,
    pub(crate) settings: ViewSettings,
    /// Some ranges are taken from other tiles.
    pub(crate) with_linked_ranges: bool,
    pub(crate) projections: Arc<ProjectionJobs>,
    /// Uploads the scene to the GPU, where there is one.
    pub(crate) renderer: Option<Arc<Renderer>>,
    /// The tile's last scene: what has not changed is reused.
    pub(crate) previous: Option<Arc<GpuScene>>,
}

/// A scene, on the GPU where there is one.
pub(crate) struct BuiltScene {
    pub(crate) view: ViewKind,
    pub(crate) with_linked_ranges: bool,
    pub(crate) scene: Arc<Scene>,
    pub(crate) gpu: Option<Arc<GpuScene>>,
}

/// Why there is no scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// One sentence.
    pub(crate) text: String,
    /// What the user can do about it.
    pub(crate) remedy: Option<Remedy>,
}

/// A finished request.
pub(crate) type BuildResult = Result<BuiltScene, Problem>;

#[derive(Default)]
struct Queue {
    requests: Vec<(PaneId, SceneRequest)>,
    outcomes: Vec<(PaneId, BuildResult)>,
    busy: bool,
    stop: bool,
}

#[derive(Default)]
struct SharedQueue {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl SharedQueue {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A named thread that builds scenes.
pub(crate) struct SceneWorker {
    shared: Arc<SharedQueue>,
    thread: Option<JoinHandle<()>>,
}

impl SceneWorker {
    /// `done` is called on the worker's thread after each scene.
    pub(crate) fn start(done: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(SharedQueue::default());
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("trainscape-scene".to_owned())
            .spawn(move || work(&of_thread, &done))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Requests a tile's scene, in place of a request that has not begun.
    pub(crate) fn request(&self, pane: PaneId, request: SceneRequest) {
        let mut queue = self.shared.lock();
        match queue.requests.iter_mut().find(|(id, _)| *id == pane) {
            Some((_, waiting)) => *waiting = request,
            None => queue.requests.push((pane, request)),
        }
        drop(queue);
        self.shared.changed.notify_one();
    }

    /// The finished scenes, each once.
    pub(crate) fn take(&self) -> Vec<(PaneId, BuildResult)> {
        std::mem::take(&mut self.shared.lock().outcomes)
    }

    /// Whether a scene is being built, or waits to be built or taken.
    pub(crate) fn is_busy(&self) -> bool {
        let queue = self.shared.lock();
        queue.busy || !queue.requests.is_empty() || !queue.outcomes.is_empty()
    }
}

impl Drop for SceneWorker {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the scene thread had panicked");
        }
    }
}

fn work(shared: &SharedQueue, done: &dyn Fn()) {
    let mut full_scenes = HashMap::new();
    loop {
        let (pane, request) = {
            let mut queue = shared.lock();
            loop {
                if queue.stop {
                    return;
                }
                if !queue.requests.is_empty() {
                    queue.busy = true;
                    break queue.requests.remove(0);
                }
                queue = shared
                    .changed
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        };
        let outcome = build(pane, &request, &mut full_scenes);
        {
            let mut queue = shared.lock();
            queue.outcomes.retain(|(id, _)| *id != pane);
            queue.outcomes.push((pane, outcome));
            queue.busy = false;
        }
        done();
    }
}

/// A tile's scene at the last step: where only the current step changes, it is not built again, and its surfaces
/// stay on the GPU.
struct FullScene {
    runs: Vec<Arc<Run>>,
    view: ViewKind,
    settings: ViewSettings,
    scene: Scene,
}

fn build(
    pane: PaneId,
    request: &SceneRequest,
    full_scenes: &mut HashMap<PaneId, FullScene>,
) -> BuildResult {
    let failed = |error: NotAvailable| Problem {
        remedy: error.remedy,
        text: error.reason,
    };
    let build = |settings: &ViewSettings| {
        let projections = &*request.projections;
        request
            .view
            .build_unclipped(&request.runs, settings, projections)
    };
    let scene = if request.view.time() != Time::Selects {
        let mut settings = request.settings.clone();
        let at_step = settings.at_step.take();
        let is_same = |full: &FullScene| {
            let runs = full.runs.iter().zip(&request.runs);
            full.runs.len() == request.runs.len()
                && runs
                    .into_iter()
                    .all(|(before, run)| Arc::ptr_eq(before, run))
                && full.view == request.view
                && full.settings == settings
        };
        let scene = match full_scenes.get(&pane).filter(|full| is_same(full)) {
            Some(full) => full.scene.clone(),
            None => {
                let scene = build(&settings).map_err(failed)?;
                let full = FullScene {
                    runs: request.runs.clone(),
                    view: request.view,
                    settings,
                    scene: scene.clone(),
                };
                full_scenes.insert(pane, full);
                scene
            }
        };
        let mut scene = scene;
        if let Some(at) = at_step {
            clip_at_step(&mut scene, at);
        }
        scene
    } else {
        full_scenes.remove(&pane);
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
    Ok(BuiltScene {
        view: request.view,
        with_linked_ranges: request.with_linked_ranges,
        scene: Arc::new(scene),
        gpu,
    })
}
