//! Projections as jobs: PCA is answered at once, t-SNE and UMAP run on a thread of their own and are shown
//! as they go, with pause, resume and stop.

use std::{
    collections::HashMap,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use trainscape_compute::projection::{
    Projection, ProjectionError, ProjectionMethod, Projector, Rows,
};
use trainscape_gpu::Projections;

/// Time between two pictures of a projection under way.
const SHOWN_EVERY: Duration = Duration::from_millis(120);
/// Results that are kept for going back to.
const KEPT: usize = 8;

/// What tells one projection from another.
#[derive(Clone, Debug, PartialEq)]
struct Request {
    name: String,
    dims: usize,
    method: ProjectionMethod,
}

/// What a job is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    #[default]
    Run,
    Pause,
    Stop,
}

/// Shared between a job's thread and the interface.
#[derive(Debug, Default)]
struct Control {
    order: Mutex<Order>,
    changed: Condvar,
}

impl Control {
    fn lock(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, order: Order) {
        *self.lock() = order;
        self.changed.notify_all();
    }

    /// Waits while paused; false where the job is to stop.
    fn may_go_on(&self) -> bool {
        let mut order = self.lock();
        while *order == Order::Pause {
            order = self
                .changed
                .wait(order)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *order == Order::Run
    }
}

#[derive(Debug)]
enum State {
    Running(Arc<Projection>),
    Done(Arc<Projection>),
    Failed(ProjectionError),
}

struct Job {
    request: Request,
    state: State,
    control: Arc<Control>,
    /// Kept, so that the address in its name is no later matrix's.
    _matrix: Arc<dyn Rows>,
}

/// How far the newest job is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Status {
    /// Steps done and steps in all.
    pub(crate) progress: [u32; 2],
    pub(crate) paused: bool,
    pub(crate) running: bool,
}

#[derive(Default)]
struct Shared {
    jobs: Mutex<Vec<Job>>,
    /// Grows with every picture, so that the scene is built anew.
    revision: AtomicU64,
    threads: Mutex<HashMap<u64, JoinHandle<()>>>,
    started: AtomicU64,
}

/// Runs projections for the views.
pub(crate) struct ProjectionJobs {
    engine: Arc<Projections>,
    shared: Arc<Shared>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl ProjectionJobs {
    /// `wake` is called whenever there is something new to draw.
    pub(crate) fn new(engine: Projections, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            engine: Arc::new(engine),
            shared: Arc::default(),
            wake: Arc::new(wake),
        }
    }

    pub(crate) fn revision(&self) -> u64 {
        self.shared.revision.load(Ordering::Acquire)
    }

    /// The job with these settings, where it was asked for.
    pub(crate) fn status(&self, method: ProjectionMethod, dims: usize) -> Option<Status> {
        let jobs = self.shared.lock();
        let job = jobs
            .iter()
            .rev()
            .find(|job| job.request.method == method && job.request.dims == dims)?;
        let order = *job.control.lock();
        Some(match &job.state {
            State::Running(projection) => Status {
                progress: projection.progress,
                paused: order == Order::Pause,
                running: true,
            },
            State::Done(projection) => Status {
                progress: projection.progress,
                paused: false,
                running: false,
            },
            State::Failed(_) => return None,
        })
    }

    pub(crate) fn pause(&self, paused: bool) {
        let order = if paused { Order::Pause } else { Order::Run };
        for job in self.shared.lock().iter() {
            if matches!(job.state, State::Running(_)) && *job.control.lock() != Order::Stop {
                job.control.give(order);
            }
        }
    }

    /// Ends what runs; its positions so far stay.
    pub(crate) fn stop(&self) {
        for job in self.shared.lock().iter() {
            job.control.give(Order::Stop);
        }
    }

    /// Forgets results with these settings, so that the next request starts afresh.
    pub(crate) fn restart(&self, method: ProjectionMethod) {
        let mut jobs = self.shared.lock();
        for job in jobs.iter().filter(|job| job.request.method == method) {
            job.control.give(Order::Stop);
        }
        jobs.retain(|job| job.request.method != method);
        drop(jobs);
        self.shared.revision.fetch_add(1, Ordering::AcqRel);
    }

    fn start(
        &self,
        request: &Request,
        matrix: &Arc<dyn Rows>,
    ) -> Result<Arc<Projection>, ProjectionError> {
        // What is seen until the neighbours are known.
        let first = self.engine.pca(matrix.as_ref(), request.dims).map(|pca| {
            Arc::new(Projection {
                explained_variance_ratio: Vec::new(),
                progress: [0, steps_of(request.method)],
                ..pca
            })
        })?;
        let control = Arc::new(Control::default());
        {
            let mut jobs = self.shared.lock();
            for job in jobs.iter() {
                if matches!(job.state, State::Running(_)) {
                    job.control.give(Order::Stop);
                }
            }
            // What was stopped half-way is not an answer to come back to.
            jobs.retain(|job| !matches!(job.state, State::Running(_)));
            if jobs.len() >= KEPT {
                jobs.remove(0);
            }
            jobs.push(Job {
                request: request.clone(),
                state: State::Running(Arc::clone(&first)),
                control: Arc::clone(&control),
                _matrix: Arc::clone(matrix),
            });
        }
        let task = Task {
            request: request.clone(),
            matrix: Arc::clone(matrix),
            engine: Arc::clone(&self.engine),
            shared: Arc::clone(&self.shared),
            wake: Arc::clone(&self.wake),
            control,
        };
        let thread = std::thread::Builder::new()
            .name("trainscape-projection".to_owned())
            .spawn(move || task.run())
            .map_err(|error| {
                ProjectionError::Device(format!("no thread can be started: {error}"))
            })?;
        let mut threads = self
            .shared
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        threads.retain(|_, thread| !thread.is_finished());
        threads.insert(self.shared.started.fetch_add(1, Ordering::AcqRel), thread);
        Ok(first)
    }
}

impl Drop for ProjectionJobs {
    fn drop(&mut self) {
        self.stop();
        let mut threads = self
            .shared
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (_, thread) in threads.drain() {
            if thread.join().is_err() {
                log::error!("a projection's thread had panicked");
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn steps_of(method: ProjectionMethod) -> u32 {
    match method {
        ProjectionMethod::Pca => 0,
        ProjectionMethod::Tsne(settings) => settings.iterations,
        ProjectionMethod::Umap(settings) => settings.epochs.unwrap_or(1),
    }
}

impl Projector for ProjectionJobs {
    fn project(
        &self,
        name: &str,
        matrix: &Arc<dyn Rows>,
        dims: usize,
        method: ProjectionMethod,
    ) -> Result<Arc<Projection>, ProjectionError> {
        let request = Request {
            name: name.to_owned(),
            dims,
            method,
        };
        for job in self.shared.lock().iter().rev() {
            if job.request == request {
                return match &job.state {
                    State::Running(projection) | State::Done(projection) => {
                        Ok(Arc::clone(projection))
                    }
                    State::Failed(error) => Err(error.clone()),
                };
            }
        }
        if method != ProjectionMethod::Pca {
            return self.start(&request, matrix);
        }
        let projection = Arc::new(self.engine.pca(matrix.as_ref(), dims)?);
        let mut jobs = self.shared.lock();
        if jobs.len() >= KEPT {
            jobs.remove(0);
        }
        jobs.push(Job {
            request,
            state: State::Done(Arc::clone(&projection)),
            control: Arc::default(),
            _matrix: Arc::clone(matrix),
        });
        Ok(projection)
    }
}

/// What a job's thread holds.
struct Task {
    request: Request,
    matrix: Arc<dyn Rows>,
    engine: Arc<Projections>,
    shared: Arc<Shared>,
    wake: Arc<dyn Fn() + Send + Sync>,
    control: Arc<Control>,
}

impl Task {
    fn run(self) {
        let state = match self.advance() {
            Ok(projection) => State::Done(projection),
            Err(error) => State::Failed(error),
        };
        self.publish(state);
    }

    fn advance(&self) -> Result<Arc<Projection>, ProjectionError> {
        let Request { dims, method, .. } = self.request;
        let mut layout = self.engine.layout(self.matrix.as_ref(), dims, method)?;
        let mut iterations = 1;
        loop {
            let begun = Instant::now();
            let [done, all] = layout.progress();
            let goes_on = done < all && self.control.may_go_on();
            if goes_on {
                layout.advance(iterations)?;
            }
            let projection = Arc::new(Projection {
                dims,
                scores: layout.positions()?.into(),
                explained_variance_ratio: Vec::new(),
                progress: layout.progress(),
            });
            if !goes_on {
                return Ok(projection);
            }
            self.publish(State::Running(projection));
            // As many steps as fit between two pictures.
            let taken = begun.elapsed().max(Duration::from_micros(100));
            let fit = f64::from(iterations) * SHOWN_EVERY.as_secs_f64() / taken.as_secs_f64();
            iterations = (fit as u32).clamp(1, 200);
        }
    }

    fn publish(&self, state: State) {
        let mut jobs = self.shared.lock();
        // A job that was forgotten has nothing to say any more.
        let Some(job) = jobs
            .iter_mut()
            .find(|job| Arc::ptr_eq(&job.control, &self.control))
        else {
            return;
        };
        job.state = state;
        drop(jobs);
        self.shared.revision.fetch_add(1, Ordering::AcqRel);
        (self.wake)();
    }
}
