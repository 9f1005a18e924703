//! Projections as jobs: PCA is computed at once; t-SNE and UMAP run on a thread and are shown while they run, with
//! pause, resume and stop.

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
    Projection, ProjectionError, ProjectionMethod, Projector, Rows, check_memory,
};
use trainscape_gpu::Projections;

/// Time between two published layouts of a running projection.
const PUBLISH_INTERVAL: Duration = Duration::from_millis(120);
/// Most results cached.
const MOST_CACHED: usize = 8;

/// What identifies a projection.
#[derive(Clone, Debug, PartialEq)]
struct ProjectionRequest {
    name: String,
    dims: usize,
    method: ProjectionMethod,
}

/// What a job is asked to do.
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

    fn set(&self, order: Order) {
        *self.lock() = order;
        self.changed.notify_all();
    }

    /// Waits while paused; false where the job is to stop.
    fn may_continue(&self) -> bool {
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
enum JobState {
    Running(Arc<Projection>),
    Done(Arc<Projection>),
    Failed(ProjectionError),
}

struct Job {
    request: ProjectionRequest,
    state: JobState,
    control: Arc<Control>,
    /// Held, because the request's name contains its address, which must not be reused.
    _matrix: Arc<dyn Rows>,
}

/// Progress of the newest job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProjectionStatus {
    /// Steps done and total steps.
    pub(crate) progress: [u32; 2],
    pub(crate) paused: bool,
    pub(crate) running: bool,
}

#[derive(Default)]
struct JobList {
    jobs: Mutex<Vec<Job>>,
    /// Grows with every published layout, so that the scene is built again.
    revision: AtomicU64,
    threads: Mutex<HashMap<u64, JoinHandle<()>>>,
    started: AtomicU64,
}

/// Runs projections for the views.
pub(crate) struct ProjectionJobs {
    engine: Arc<Projections>,
    shared: Arc<JobList>,
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

    /// The job with these settings, where it was requested.
    pub(crate) fn status(&self, method: ProjectionMethod, dims: usize) -> Option<ProjectionStatus> {
        let jobs = self.shared.lock();
        let job = jobs
            .iter()
            .rev()
            .find(|job| job.request.method == method && job.request.dims == dims)?;
        let order = *job.control.lock();
        Some(match &job.state {
            JobState::Running(projection) => ProjectionStatus {
                progress: projection.progress,
                paused: order == Order::Pause,
                running: true,
            },
            JobState::Done(projection) => ProjectionStatus {
                progress: projection.progress,
                paused: false,
                running: false,
            },
            JobState::Failed(_) => return None,
        })
    }

    pub(crate) fn pause(&self, paused: bool) {
        let order = if paused { Order::Pause } else { Order::Run };
        for job in self.shared.lock().iter() {
            if matches!(job.state, JobState::Running(_)) && *job.control.lock() != Order::Stop {
                job.control.set(order);
            }
        }
    }

    /// Ends what runs; its positions so far stay.
    pub(crate) fn stop(&self) {
        for job in self.shared.lock().iter() {
            job.control.set(Order::Stop);
        }
    }

    /// Removes the results of a method, so that the next request starts from the beginning.
    pub(crate) fn restart(&self, method: ProjectionMethod) {
        let mut jobs = self.shared.lock();
        for job in jobs.iter().filter(|job| job.request.method == method) {
            job.control.set(Order::Stop);
        }
        jobs.retain(|job| job.request.method != method);
        drop(jobs);
        self.shared.revision.fetch_add(1, Ordering::AcqRel);
    }

    fn start(
        &self,
        request: &ProjectionRequest,
        matrix: &Arc<dyn Rows>,
    ) -> Result<Arc<Projection>, ProjectionError> {
        check_memory(matrix.shape(), request.dims, request.method)?;
        // Shown until the neighbours are found.
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
                if matches!(job.state, JobState::Running(_)) {
                    job.control.set(Order::Stop);
                }
            }
            // A layout that was interrupted is not cached.
            jobs.retain(|job| !matches!(job.state, JobState::Running(_)));
            if jobs.len() >= MOST_CACHED {
                jobs.remove(0);
            }
            jobs.push(Job {
                request: request.clone(),
                state: JobState::Running(Arc::clone(&first)),
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
                log::error!("the thread of a projection panicked");
            }
        }
    }
}

impl JobList {
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
        let request = ProjectionRequest {
            name: name.to_owned(),
            dims,
            method,
        };
        for job in self.shared.lock().iter().rev() {
            if job.request == request {
                return match &job.state {
                    JobState::Running(projection) | JobState::Done(projection) => {
                        Ok(Arc::clone(projection))
                    }
                    JobState::Failed(error) => Err(error.clone()),
                };
            }
        }
        if method != ProjectionMethod::Pca {
            return self.start(&request, matrix);
        }
        let projection = Arc::new(self.engine.pca(matrix.as_ref(), dims)?);
        let mut jobs = self.shared.lock();
        if jobs.len() >= MOST_CACHED {
            jobs.remove(0);
        }
        jobs.push(Job {
            request,
            state: JobState::Done(Arc::clone(&projection)),
            control: Arc::default(),
            _matrix: Arc::clone(matrix),
        });
        Ok(projection)
    }
}

/// The data of a job's thread.
struct Task {
    request: ProjectionRequest,
    matrix: Arc<dyn Rows>,
    engine: Arc<Projections>,
    shared: Arc<JobList>,
    wake: Arc<dyn Fn() + Send + Sync>,
    control: Arc<Control>,
}

impl Task {
    fn run(self) {
        let state = match self.advance() {
            Ok(projection) => JobState::Done(projection),
            Err(error) => JobState::Failed(error),
        };
        self.publish(state);
    }

    fn advance(&self) -> Result<Arc<Projection>, ProjectionError> {
        let ProjectionRequest { dims, method, .. } = self.request;
        let mut layout = self.engine.layout(self.matrix.as_ref(), dims, method)?;
        let mut iterations = 1;
        loop {
            let begun = Instant::now();
            let [done, all] = layout.progress();
            let continues = done < all && self.control.may_continue();
            if continues {
                layout.advance(iterations)?;
            }
            let projection = Arc::new(Projection {
                dims,
                scores: layout.positions()?.into(),
                explained_variance_ratio: Vec::new(),
                progress: layout.progress(),
            });
            if !continues {
                return Ok(projection);
            }
            self.publish(JobState::Running(projection));
            // As many steps as fit between two published layouts.
            let taken = begun.elapsed().max(Duration::from_micros(100));
            let fit = f64::from(iterations) * PUBLISH_INTERVAL.as_secs_f64() / taken.as_secs_f64();
            iterations = (fit as u32).clamp(1, 200);
        }
    }

    fn publish(&self, state: JobState) {
        let mut jobs = self.shared.lock();
        // The results of a job that was removed are dropped.
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
