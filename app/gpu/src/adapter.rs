//! Which adapter is used, and whether it can do what every view needs.

use crate::error::GpuError;

/// Which kind of adapter to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdapterChoice {
    /// The best one: a discrete GPU, else an integrated one, else any, else the software adapter.
    #[default]
    Auto,
    /// A GPU, or an error.
    Gpu,
    /// The software adapter, or an error; its results are the same bytes on every machine with the same driver.
    Cpu,
}

impl AdapterChoice {
    /// The rank of an adapter of this type; `None` excludes it.
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

/// The best adapter of the requested kind.
pub(crate) fn pick(
    instance: &wgpu::Instance,
    choice: AdapterChoice,
    surface: Option<&wgpu::Surface<'_>>,
) -> Result<wgpu::Adapter, GpuError> {
    let all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let name = |adapter: &wgpu::Adapter| adapter.get_info().name;
    let best = |accept: &dyn Fn(&wgpu::Adapter) -> bool, choice: AdapterChoice| {
        // The first of equals wins, so that the choice depends only on the loader's order.
        all.iter()
            .rev()
            .filter(|adapter| accept(adapter))
            .filter_map(|a| Some((choice.rank(a.get_info().device_type)?, a)))
            .max_by_key(|(rank, _)| *rank)
            .map(|(_, adapter)| adapter)
    };
    let Some(any) = best(&|_| true, AdapterChoice::Auto) else {
        return Err(no_adapter(instance));
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

/// Why no adapter was found: when no backend could start, the loader is missing.
fn no_adapter(instance: &wgpu::Instance) -> GpuError {
    let request = instance.request_adapter(&wgpu::RequestAdapterOptions::default());
    match pollster::block_on(request) {
        Err(wgpu::RequestAdapterError::NotFound {
            active_backends, ..
        }) if cfg!(target_os = "linux") && active_backends.is_empty() => GpuError::NoLoader,
        _ => GpuError::NoDriver,
    }
}

/// Checks what every view needs, so that an old adapter fails here and not in the middle of a frame.
pub(crate) fn require(adapter: &wgpu::Adapter, info: &wgpu::AdapterInfo) -> Result<(), GpuError> {
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

/// WebGPU's guaranteed limits, with sizes as large as the adapter allows.
pub(crate) fn limits(adapter: &wgpu::Limits) -> wgpu::Limits {
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
}
