//! The compute passes of one device.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::pass::Pass;
use crate::context::GpuContext;
use crate::shaders;

/// Which pass: a shader module of the table and its entry point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PassId {
    shader: &'static str,
    entry: &'static str,
}

impl PassId {
    pub(super) const fn new(shader: &'static str, entry: &'static str) -> Self {
        Self { shader, entry }
    }
}

/// The compute passes of one device. Each pipeline is built when it is first needed.
#[derive(Debug)]
pub struct ComputePasses {
    pub(super) context: GpuContext,
    source: fn(&str) -> String,
    built: Mutex<HashMap<PassId, Pass>>,
}

impl ComputePasses {
    /// The passes of a device; builds nothing yet.
    #[must_use]
    pub fn new(context: &GpuContext) -> Self {
        Self::with_source(context, shaders::source)
    }

    /// The passes with other shader texts than the table's: how a test plants a fault.
    #[doc(hidden)]
    #[must_use]
    pub fn with_source(context: &GpuContext, source: fn(&str) -> String) -> Self {
        Self {
            context: context.clone(),
            source,
            built: Mutex::default(),
        }
    }

    pub(super) fn pass(&self, id: PassId) -> Pass {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let build = || Pass::new(&self.context, &(self.source)(id.shader), id.entry);
        built.entry(id).or_insert_with(build).clone()
    }
}
