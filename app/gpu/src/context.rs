//! The adapter and the device on which every pass runs.
//!
//! One context serves a whole process: a window's surface, headless jobs and compute passes share it.
//! When the device is lost, everything on it is lost; [`GpuContext::is_lost`] reports it, and the context's owner
//! creates a new context and uploads again from the CPU's state.

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use crate::adapter::{AdapterChoice, limits, pick, require};
use crate::error::GpuError;

/// What the device has reported since it was created; written from the driver's threads.
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
    /// When no such adapter exists, or it cannot do what every view needs.
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
            // Dropping the last handle is reported as a loss too, which needs no message.
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

    /// Whether the adapter is a software adapter, which runs on the CPU.
    #[must_use]
    pub fn is_cpu(&self) -> bool {
        self.info.device_type == wgpu::DeviceType::Cpu
    }

    /// A description of the adapter, as `--json` reports it: `llvmpipe (LLVM 15.0.6, 256 bits) (Vulkan, CPU)`.
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

    /// Whether the device was lost; then this context and everything made from it can no longer be used.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.reports.lost.get().is_some()
    }

    /// Fails when the device was lost or has reported an error since the last call.
    ///
    /// # Errors
    /// [`GpuError::Lost`] on every call; [`GpuError::Failed`] once for each batch of reports.
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

    /// Submits commands to the GPU.
    pub fn submit(&self, commands: wgpu::CommandBuffer) {
        let _guard = self.hold_submissions();
        self.queue.submit([commands]);
    }

    /// Keeps other threads from submitting while the guard lives. A surface is configured under it: wgpu
    /// waits for an idle queue first, and fails, leaving the surface unusable, when work arrives meanwhile.
    pub fn hold_submissions(&self) -> MutexGuard<'_, ()> {
        self.submitting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes uploaded to the device since it was created. A frame in which nothing but the camera moved adds
    /// only its uniforms and the lines of the axis box, for any scene.
    #[must_use]
    pub fn uploaded_bytes(&self) -> u64 {
        self.uploaded.load(Ordering::Relaxed)
    }

    /// Dispatches of compute passes since the device was created.
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

    /// Counts the contents of a new buffer or texture.
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

#[cfg(test)]
mod tests {
    use super::*;

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
