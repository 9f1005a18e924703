//! The adapter and the device every pass runs on.
//!
//! One context serves a whole process: a window's surface, headless jobs and compute passes share it.
//! When the device is lost, everything on it is gone; [`GpuContext::is_lost`] tells, and its owner makes
//! a new context and uploads again from the CPU's state.

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use trainscape_compute::ComputeError;

/// Why work on the GPU could not be done. Each message is one sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// The Vulkan loader (the library every driver is reached through) is missing.
    #[error(
        "no Vulkan loader was found; install it (Debian, Ubuntu: `apt-get install libvulkan1 mesa-vulkan-drivers`)"
    )]
    NoLoader,
    /// The loader is there, but no driver answers.
    #[error(
        "no graphics driver was found; install one, or Mesa's software driver (Debian, Ubuntu: `apt-get install mesa-vulkan-drivers`)"
    )]
    NoDriver,
    /// A GPU was asked for and there are only software adapters.
    #[error("no GPU was found, only the software adapter `{found}`; use `--adapter cpu` or `auto`")]
    NoGpu {
        /// The software adapter that is there.
        found: String,
    },
    /// The software adapter was asked for and there are only GPUs.
    #[error(
        "no software adapter was found, only `{found}`; install Mesa's (Debian, Ubuntu: `apt-get install mesa-vulkan-drivers`)"
    )]
    NoCpu {
        /// The best GPU that is there.
        found: String,
    },
    /// No adapter of the kind asked for can draw to the window.
    #[error("the adapter `{found}` cannot draw to this window")]
    NoSurface {
        /// The best adapter of that kind.
        found: String,
    },
    /// The adapter lacks something that every view needs.
    #[error("the adapter `{adapter}` is too old: it lacks {missing}")]
    TooOld {
        /// The adapter's name.
        adapter: String,
        /// What it lacks, in words.
        missing: String,
    },
    /// The driver refused to give a device.
    #[error("the adapter `{adapter}` gave no device: {reason}")]
    NoDevice {
        /// The adapter's name.
        adapter: String,
        /// The driver's words.
        reason: String,
    },
    /// The device went away (a driver update, a reset, a laptop's switch of GPUs).
    #[error("the graphics device was lost: {reason}")]
    Lost {
        /// The driver's words.
        reason: String,
    },
    /// The device reported an error while working: out of memory, mostly.
    #[error("the graphics device failed: {reason}")]
    Failed {
        /// The driver's words.
        reason: String,
    },
    /// A buffer would be larger than the adapter can bind.
    #[error("{what} take {bytes} bytes, more than the {limit} that this adapter can bind at once")]
    TooLarge {
        /// What the buffer holds, plural.
        what: &'static str,
        /// Bytes it would take.
        bytes: u64,
        /// Bytes the adapter allows.
        limit: u64,
    },
    /// The work itself is impossible, on any device.
    #[error(transparent)]
    Compute(#[from] ComputeError),
}

/// Which kind of adapter to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdapterChoice {
    /// The best there is: a discrete GPU, else an integrated one, else any, else the software adapter.
    #[default]
    Auto,
    /// A GPU, or an error.
    Gpu,
    /// The software adapter, or an error; gives the same bytes on every machine with the same driver.
    Cpu,
}

impl AdapterChoice {
    /// How much an adapter of this type is wanted; `None`: not at all.
    fn rank(self, device_type: wgpu::DeviceType) -> Option<u8> {
        let is_cpu = device_type == wgpu::DeviceType::Cpu;
        match self {
            Self::Gpu if is_cpu => return None,
            Self::Cpu if !is_cpu => return None,
            _ => {}
        }
        Some(match device_type {
            wgpu::DeviceType::DiscreteGpu => 4,
            wgpu::DeviceType::IntegratedGpu => 3,
            wgpu::DeviceType::VirtualGpu => 2,
            wgpu::DeviceType::Other => 1,
            wgpu::DeviceType::Cpu => 0,
        })
    }
}

/// What the device has reported since it was made; written from the driver's threads.
#[derive(Debug, Default)]
struct Reports {
    lost: OnceLock<String>,
    errors: Mutex<Vec<String>>,
}

/// An adapter, its device and its queue. Clones share them.
#[derive(Clone, Debug)]
pub struct GpuContext {
    /// The instance; surfaces are made from it.
    pub instance: wgpu::Instance,
    /// The adapter.
    pub adapter: wgpu::Adapter,
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// Name, type, driver and backend of the adapter.
    pub info: wgpu::AdapterInfo,
    reports: Arc<Reports>,
    submitting: Arc<Mutex<()>>,
    uploaded: Arc<AtomicU64>,
    dispatched: Arc<AtomicU64>,
}

impl GpuContext {
    /// A context without a window.
    ///
    /// # Errors
    /// When there is no such adapter, or it cannot do what every view needs.
    pub fn new(choice: AdapterChoice) -> Result<Self, GpuError> {
        Self::with_instance(Self::instance(None), choice, None)
    }

    /// An instance for [`Self::with_instance`]; a window passes the display it is on.
    ///
    /// Each backend costs start-up time, so only the ones that matter on this system are tried.
    #[must_use]
    pub fn instance(display: Option<Box<dyn wgpu::wgt::WgpuHasDisplayHandle>>) -> wgpu::Instance {
        let backends = if cfg!(target_os = "macos") {
            wgpu::Backends::METAL
        } else if cfg!(target_os = "windows") {
            wgpu::Backends::VULKAN | wgpu::Backends::DX12
        } else {
            wgpu::Backends::VULKAN
        };
        wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends,
            display,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        })
    }

    /// A context from an instance; with a surface, only adapters that can draw to it are taken.
    ///
    /// # Errors
    /// As [`Self::new`], and when no adapter of that kind can draw to the surface.
    pub fn with_instance(
        instance: wgpu::Instance,
        choice: AdapterChoice,
        compatible_surface: Option<&wgpu::Surface<'_>>,
    ) -> Result<Self, GpuError> {
        let adapter = pick(&instance, choice, compatible_surface)?;
        let info = adapter.get_info();
        require(&adapter, &info)?;
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("trainscape"),
            required_features: wgpu::Features::empty(),
            required_limits: limits(&adapter.limits()),
            ..Default::default()
        }))
        .map_err(|error| GpuError::NoDevice {
            adapter: info.name.clone(),
            reason: error.to_string(),
        })?;

        let reports = Arc::new(Reports::default());
        let lost = Arc::clone(&reports);
        device.set_device_lost_callback(move |reason, message| {
            // Dropping the last handle counts as a loss too; nobody is left to care then.
            if reason != wgpu::DeviceLostReason::Destroyed {
                log::error!("graphics device lost: {message}");
            }
            lost.lost.get_or_init(|| message);
        });
        let errors = Arc::clone(&reports);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            log::error!("graphics device: {error}");
            errors
                .errors
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(error.to_string());
        }));
        Ok(Self {
            instance,
            adapter,
            device,
            queue,
            info,
            reports,
            submitting: Arc::default(),
            uploaded: Arc::default(),
            dispatched: Arc::default(),
        })
    }

    /// Whether the adapter is a software one: the CPU plays the GPU.
    #[must_use]
    pub fn is_cpu(&self) -> bool {
        self.info.device_type == wgpu::DeviceType::Cpu
    }

    /// The adapter in words, as `--json` reports it: `llvmpipe (LLVM 15.0.6, 256 bits) (Vulkan, CPU)`.
    #[must_use]
    pub fn adapter_name(&self) -> String {
        let kind = match self.info.device_type {
            wgpu::DeviceType::DiscreteGpu => "discrete GPU",
            wgpu::DeviceType::IntegratedGpu => "integrated GPU",
            wgpu::DeviceType::VirtualGpu => "virtual GPU",
            wgpu::DeviceType::Cpu => "CPU",
            wgpu::DeviceType::Other => "other",
        };
        format!("{} ({:?}, {kind})", self.info.name, self.info.backend)
    }

    /// Whether the device is gone; then this context and everything made from it are useless.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.reports.lost.get().is_some()
    }

    /// Fails when the device was lost or has reported an error since the last call.
    ///
    /// # Errors
    /// [`GpuError::Lost`] for good; [`GpuError::Failed`] once for each batch of reports.
    pub fn check(&self) -> Result<(), GpuError> {
        if let Some(reason) = self.reports.lost.get() {
            return Err(GpuError::Lost {
                reason: reason.clone(),
            });
        }
        let mut errors = self
            .reports
            .errors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match errors.drain(..).next() {
            Some(reason) => Err(GpuError::Failed { reason }),
            None => Ok(()),
        }
    }

    /// Hands commands to the GPU.
    pub fn submit(&self, commands: wgpu::CommandBuffer) {
        let _alone = self.hold_submissions();
        self.queue.submit([commands]);
    }

    /// Keeps other threads from submitting while the guard lives. A surface is configured under it: wgpu
    /// waits for an idle queue first, and gives up, with a dead surface, when something comes in meanwhile.
    pub fn hold_submissions(&self) -> MutexGuard<'_, ()> {
        self.submitting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes handed to the device since it was made. A frame in which nothing but the camera moved adds
    /// its uniforms and the lines of the axis box, whatever the scene holds.
    #[must_use]
    pub fn uploaded_bytes(&self) -> u64 {
        self.uploaded.load(Ordering::Relaxed)
    }

    /// Dispatches of compute passes since the device was made.
    #[must_use]
    pub fn dispatches(&self) -> u64 {
        self.dispatched.load(Ordering::Relaxed)
    }

    /// Counts a dispatch.
    pub(crate) fn count_dispatch(&self) {
        self.dispatched.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes a uniform.
    pub(crate) fn write(&self, buffer: &wgpu::Buffer, bytes: &[u8]) {
        self.count_upload(bytes);
        self.queue.write_buffer(buffer, 0, bytes);
    }

    /// Counts what a new buffer or texture is filled with.
    pub(crate) fn count_upload(&self, bytes: &[u8]) {
        self.uploaded
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }

    /// Waits until everything submitted so far is done.
    ///
    /// # Errors
    /// When the device was lost or has reported an error meanwhile.
    pub fn wait(&self) -> Result<(), GpuError> {
        let waited = self.device.poll(wgpu::PollType::wait_indefinitely());
        self.check()?;
        waited.map(|_| ()).map_err(|error| GpuError::Failed {
            reason: error.to_string(),
        })
    }
}

/// The best adapter of the kind asked for.
fn pick(
    instance: &wgpu::Instance,
    choice: AdapterChoice,
    surface: Option<&wgpu::Surface<'_>>,
) -> Result<wgpu::Adapter, GpuError> {
    let all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let name = |adapter: &wgpu::Adapter| adapter.get_info().name;
    let best = |accept: &dyn Fn(&wgpu::Adapter) -> bool, choice: AdapterChoice| {
        // The first of equals wins, so that the choice does not depend on anything but the loader's order.
        all.iter()
            .rev()
            .filter(|adapter| accept(adapter))
            .filter_map(|a| Some((choice.rank(a.get_info().device_type)?, a)))
            .max_by_key(|(rank, _)| *rank)
            .map(|(_, adapter)| adapter)
    };
    let Some(any) = best(&|_| true, AdapterChoice::Auto) else {
        return Err(nothing(instance));
    };
    let Some(kind) = best(&|_| true, choice) else {
        return Err(match choice {
            AdapterChoice::Cpu => GpuError::NoCpu { found: name(any) },
            _ => GpuError::NoGpu { found: name(any) },
        });
    };
    let fits = |adapter: &wgpu::Adapter| surface.is_none_or(|s| adapter.is_surface_supported(s));
    best(&fits, choice)
        .cloned()
        .ok_or_else(|| GpuError::NoSurface { found: name(kind) })
}

/// Why no adapter at all answers: a backend that could not even start means that the loader is missing.
fn nothing(instance: &wgpu::Instance) -> GpuError {
    let request = instance.request_adapter(&wgpu::RequestAdapterOptions::default());
    match pollster::block_on(request) {
        Err(wgpu::RequestAdapterError::NotFound {
            active_backends, ..
        }) if cfg!(target_os = "linux") && active_backends.is_empty() => GpuError::NoLoader,
        _ => GpuError::NoDriver,
    }
}

/// Checks what every view needs, so that an old adapter fails here and not in the middle of a frame.
fn require(adapter: &wgpu::Adapter, info: &wgpu::AdapterInfo) -> Result<(), GpuError> {
    let too_old = |missing: String| GpuError::TooOld {
        adapter: info.name.clone(),
        missing,
    };
    let flags = adapter.get_downlevel_capabilities().flags;
    if !flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS) {
        return Err(too_old("compute shaders".to_owned()));
    }
    if !flags.contains(wgpu::DownlevelFlags::VERTEX_STORAGE) {
        return Err(too_old("storage buffers in vertex shaders".to_owned()));
    }
    for format in [
        wgpu::TextureFormat::Rgba8UnormSrgb,
        wgpu::TextureFormat::Depth32Float,
    ] {
        let features = adapter.get_texture_format_features(format).flags;
        if !features.contains(wgpu::TextureFormatFeatureFlags::MULTISAMPLE_X4) {
            return Err(too_old(format!("4x multisampling of {format:?}")));
        }
    }
    let mut missing = Vec::new();
    wgpu::Limits::default().check_limits_with_fail_fn(
        &adapter.limits(),
        false,
        |name, wanted, allowed| missing.push(format!("{name} of {wanted} (it has {allowed})")),
    );
    if missing.is_empty() {
        Ok(())
    } else {
        Err(too_old(missing.join(", ")))
    }
}

/// WebGPU's guaranteed limits, with sizes as large as the adapter gives.
fn limits(adapter: &wgpu::Limits) -> wgpu::Limits {
    wgpu::Limits {
        max_buffer_size: adapter.max_buffer_size,
        max_storage_buffer_binding_size: adapter.max_storage_buffer_binding_size,
        max_storage_buffers_per_shader_stage: adapter.max_storage_buffers_per_shader_stage,
        max_texture_dimension_1d: adapter.max_texture_dimension_1d,
        max_texture_dimension_2d: adapter.max_texture_dimension_2d,
        max_compute_workgroup_storage_size: adapter.max_compute_workgroup_storage_size,
        ..wgpu::Limits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wgpu::DeviceType::{Cpu, DiscreteGpu, IntegratedGpu, Other, VirtualGpu};

    #[test]
    fn auto_prefers_real_gpus_and_takes_anything() {
        let ranks = [DiscreteGpu, IntegratedGpu, VirtualGpu, Other, Cpu]
            .map(|kind| AdapterChoice::Auto.rank(kind).unwrap());
        assert!(ranks.is_sorted_by(|a, b| a > b), "{ranks:?}");
    }

    #[test]
    fn a_named_kind_excludes_the_other() {
        assert_eq!(AdapterChoice::Gpu.rank(Cpu), None);
        assert_eq!(AdapterChoice::Cpu.rank(IntegratedGpu), None);
        assert!(AdapterChoice::Cpu.rank(Cpu).is_some());
        assert!(AdapterChoice::Gpu.rank(Other).is_some());
    }

    #[test]
    fn a_destroyed_device_is_reported_lost() {
        let gpu = GpuContext::new(AdapterChoice::Cpu)
            .expect("these tests need Mesa's software driver: apt-get install mesa-vulkan-drivers");
        assert!(gpu.is_cpu());
        assert!(!gpu.is_lost());
        gpu.device.destroy();
        assert!(matches!(gpu.wait(), Err(GpuError::Lost { .. })));
        assert!(gpu.is_lost());
    }
}
