//! The adapter that the tests run on.

use trainscape_gpu::{AdapterChoice, GpuContext};

/// Mesa's software adapter, so that results are the same everywhere; with `TRAINSCAPE_TEST_ADAPTER=gpu` the GPU.
pub(crate) fn context() -> GpuContext {
    let choice = match std::env::var("TRAINSCAPE_TEST_ADAPTER").as_deref() {
        Ok("gpu") => AdapterChoice::Gpu,
        _ => AdapterChoice::Cpu,
    };
    let context = GpuContext::new(choice).expect(
        "these tests run on Mesa's software Vulkan driver; install it: apt-get install mesa-vulkan-drivers libvulkan1",
    );
    assert_eq!(context.is_cpu(), matches!(choice, AdapterChoice::Cpu));
    context
}
