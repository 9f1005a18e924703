//! Builds scenes away from the interface's thread: the newest request wins, the last result stays.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use trainscape_gpu::{GpuScene, Renderer};
use trainscape_run::Run;
use trainscape_scene::{
    Scene,
    view::{ViewKind, ViewSettings},
};

use crate::projections::ProjectionJobs;

/// What to build.
pub(crate) struct Request {
    pub(crate) runs: Vec<Arc<Run>>,
    pub(crate) view: ViewKind,
    pub(crate) settings: ViewSettings,
    pub(crate) projections: Arc<ProjectionJobs>,
    /// Puts the scene on the GPU too, where there is one.
    pub(crate) renderer: Option<Arc<Renderer>>,
}

/// A scene, on the GPU where there is one.
pub(crate) struct Built {
    pub(crate) view: ViewKind,
    pub(crate) scene: Arc<Scene>,
    pub(crate) gpu: Option<Arc<GpuScene>>,
}

/// A finished request.
pub(crate) type Outcome = Result<Built, String>;

#[derive(Default)]
struct Slots {
    request: Option<Request>,
    outcome: Option<Outcome>,
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

    /// Asks for a scene; a request that has not begun is forgotten.
    pub(crate) fn ask(&self, request: Request) {
        self.shared.lock().request = Some(request);
        self.shared.asked.notify_one();
    }

    /// The last finished scene, once.
    pub(crate) fn take(&self) -> Option<Outcome> {
        self.shared.lock().outcome.take()
    }

    /// Whether a scene is being built, waits to be, or waits to be taken.
    pub(crate) fn is_busy(&self) -> bool {
        let slots = self.shared.lock();
        slots.busy || slots.request.is_some() || slots.outcome.is_some()
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
    loop {
        let request = {
            let mut slots = shared.lock();
            loop {
                if slots.stop {
                    return;
                }
                if let Some(request) = slots.request.take() {
                    slots.busy = true;
                    break request;
                }
                slots = shared
                    .asked
                    .wait(slots)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        };
        let outcome = build(&request);
        {
            let mut slots = shared.lock();
            slots.outcome = Some(outcome);
            slots.busy = false;
        }
        done();
    }
}

fn build(request: &Request) -> Outcome {
    let scene = request
        .view
        .build(&request.runs, &request.settings, &*request.projections)
        .map_err(|error| error.to_string())?;
    let gpu = match &request.renderer {
        Some(renderer) => Some(Arc::new(
            renderer.upload(&scene).map_err(|error| error.to_string())?,
        )),
        None => None,
    };
    Ok(Built {
        view: request.view,
        scene: Arc::new(scene),
        gpu,
    })
}
