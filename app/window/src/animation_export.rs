//! Writes an animation on a thread of its own, so that the window goes on meanwhile.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{Receiver, TryRecvError, channel},
    },
};

use trainscape_export::{
    AnimationFrames, AnimationSpec, ExportError, Motion, PictureOptions, animation_format_of,
};
use trainscape_gpu::{BlockingProjector, Projections, Renderer};
use trainscape_run::Run;
use trainscape_scene::{Scene, figure::FigureSpec};
use trainscape_views::{ViewKind, ViewSettings, scene_steps::SceneSteps};

/// Everything that an animation depends on.
pub(crate) struct AnimationRequest {
    pub(crate) renderer: Arc<Renderer>,
    /// What is on screen.
    pub(crate) scene: Arc<Scene>,
    pub(crate) runs: Vec<Arc<Run>>,
    pub(crate) view: ViewKind,
    pub(crate) settings: ViewSettings,
    pub(crate) spec: FigureSpec,
    pub(crate) picture: PictureOptions,
    pub(crate) motion: Motion,
    pub(crate) frames: u32,
    pub(crate) frames_per_second: u32,
    pub(crate) path: PathBuf,
}

/// How an animation ended.
pub(crate) enum AnimationEnd {
    Written(PathBuf),
    Cancelled,
    Failed(String),
}

/// An animation that is being written; dropped, it is cancelled.
pub(crate) struct AnimationExport {
    done: Arc<AtomicU32>,
    frames: u32,
    is_cancelled: Arc<AtomicBool>,
    end: Receiver<AnimationEnd>,
}

impl AnimationExport {
    /// Starts to write; `ctx` is asked for a frame as it goes on.
    pub(crate) fn start(request: AnimationRequest, ctx: &egui::Context) -> Result<Self, String> {
        let (sender, end) = channel();
        let (done, is_cancelled) = (
            Arc::new(AtomicU32::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let export = Self {
            done: Arc::clone(&done),
            frames: request.frames,
            is_cancelled: Arc::clone(&is_cancelled),
            end,
        };
        let ctx = ctx.clone();
        let write = move || {
            let mut progress = |[written, _]: [u32; 2]| {
                done.store(written, Ordering::Relaxed);
                ctx.request_repaint();
                !is_cancelled.load(Ordering::Relaxed)
            };
            let path = request.path.clone();
            let ended = match write(request, &mut progress) {
                Ok(true) => AnimationEnd::Written(path),
                Ok(false) => AnimationEnd::Cancelled,
                Err(error) => AnimationEnd::Failed(error.to_string()),
            };
            // The window may be gone by now.
            let _ = sender.send(ended);
            ctx.request_repaint();
        };
        let thread = std::thread::Builder::new().name("trainscape-animation".to_owned());
        match thread.spawn(write) {
            Ok(_) => Ok(export),
            Err(error) => Err(format!("no thread can be started: {error}")),
        }
    }

    /// Frames that are written, and all.
    pub(crate) fn progress(&self) -> [u32; 2] {
        [self.done.load(Ordering::Relaxed), self.frames]
    }

    /// How it ended; `None` while it goes on.
    pub(crate) fn end(&self) -> Option<AnimationEnd> {
        match self.end.try_recv() {
            Ok(end) => Some(end),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                let text = "The animation was not written: its thread ended early.";
                Some(AnimationEnd::Failed(text.to_owned()))
            }
        }
    }
}

impl Drop for AnimationExport {
    fn drop(&mut self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }
}

/// Writes the animation; false where it was cancelled, which leaves no file.
fn write(
    request: AnimationRequest,
    progress: &mut dyn FnMut([u32; 2]) -> bool,
) -> Result<bool, ExportError> {
    let no_scene = |reason: String| ExportError::Scene { reason };
    let format = animation_format_of(&request.path).ok_or_else(|| ExportError::UnknownEnding {
        path: request.path.clone(),
        endings: endings(),
    })?;
    let settings = ViewSettings {
        at_step: None,
        ..request.settings
    };
    let projector = || Projections::fastest(Some(request.renderer.context()));
    let whole = match request.motion {
        Motion::Steps => {
            let projector = BlockingProjector::new(projector(), &|_| true);
            let built = request.view.build(&request.runs, &settings, &projector);
            Arc::new(built.map_err(|error| no_scene(error.reason))?)
        }
        Motion::Turn | Motion::Path(_) => request.scene,
    };
    let range = request.view.time_range(&request.runs, &settings);
    let shots = request
        .motion
        .shots(&whole, &request.spec, request.frames, range);
    let shots = shots.ok_or_else(|| {
        let title = request.view.title();
        no_scene(format!(
            "{title} has only one step to show: choose another motion"
        ))
    })?;
    let animation = AnimationSpec {
        size_in_pixel: request.picture.size_in_pixel,
        frames_per_second: request.frames_per_second,
        frames: shots.len() as u32,
        dots_per_inch: request.picture.dots_per_inch,
        is_transparent: request.picture.background == trainscape_gpu::Background::Transparent,
    };
    let mut writers = vec![format.begin(animation, &request.path)?];
    let mut scenes = SceneSteps::new(request.view, &request.runs, &settings, &whole);
    let mut at_step = |step| {
        let projector = BlockingProjector::new(projector(), &|_| true);
        let scene = scenes.at_step(step, &projector);
        scene.map_err(|error| no_scene(error.reason))
    };
    let frames = AnimationFrames {
        renderer: &request.renderer,
        spec: &request.spec,
        picture: request.picture,
        shots: &shots,
    };
    if !frames.write(&whole, &mut at_step, &mut writers, progress)? {
        return Ok(false);
    }
    for writer in writers {
        writer.finish()?;
    }
    Ok(true)
}

/// The endings of animations in a sentence.
pub(crate) fn endings() -> String {
    let formats = trainscape_export::ANIMATION_FORMATS.iter();
    let endings: Vec<&str> = formats
        .flat_map(|format| format.endings())
        .copied()
        .collect();
    match endings.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => endings.concat(),
    }
}
