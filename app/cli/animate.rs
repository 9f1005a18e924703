//! Animations: the flags of `render` for them, and the drawing of their frames.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use trainscape_export::{
    AnimationFormat, AnimationFrames, AnimationSpec, ExportError, FrameWriter, Motion, Shot,
    animation_format_of,
};
use trainscape_gpu::{BlockingProjector, Projections};
use trainscape_scene::figure::FigureSpec;
use trainscape_views::{
    figure_file::{CameraAngles, FigureFile, Page},
    scene_steps::SceneSteps,
};

use super::{
    args::parse_camera,
    outcome::UsageError,
    output::BuiltView,
    page::{PageArgs, picture_options},
    progress::StepBar,
};

const ANIMATION: &str = "Animation";

/// Size of an animation without a flag for it: a picture's size would take minutes and hundreds of megabytes.
const USUAL_SIZE_IN_PIXEL: [u32; 2] = [960, 720];
const USUAL_DOTS_PER_INCH: f32 = 120.0;

/// More frames than anybody waits for.
const MOST_FRAMES: f64 = 20_000.0;

/// What moves in an animation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MotionName {
    /// The camera goes once around the figure.
    Turn,
    /// The steps go by.
    Steps,
    /// The camera goes to each `--via`.
    Path,
}

#[derive(Clone, Debug, clap::Args)]
pub(super) struct AnimationArgs {
    /// What moves: by default the camera goes once around the figure, or to each --via.
    #[arg(help_heading = ANIMATION, long, value_enum)]
    motion: Option<MotionName>,
    /// Azimuth, elevation, zoom and roll that the camera goes to; can be repeated.
    #[arg(help_heading = ANIMATION, long, value_name = "AZ,EL,ZOOM,ROLL", value_parser = parse_camera, allow_hyphen_values = true)]
    via: Vec<[f32; 4]>,
    /// Duration.
    #[arg(help_heading = ANIMATION, long, default_value_t = 10.0, value_parser = parse_seconds)]
    seconds: f64,
    /// Frames per second.
    #[arg(help_heading = ANIMATION, long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    fps: u32,
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok();
    let seconds = seconds.filter(|seconds: &f64| (0.1..=3600.0).contains(seconds));
    seconds.ok_or_else(|| "write a number from 0.1 to 3600".to_owned())
}

/// The file of an animation and its format.
pub(super) type Animation<'a> = (&'a Path, &'static dyn AnimationFormat);

/// The animations among output files, and the others.
pub(super) fn split(outputs: &[PathBuf]) -> (Vec<Animation<'_>>, Vec<PathBuf>) {
    let mut others = Vec::new();
    let mut animations = Vec::new();
    for path in outputs {
        match animation_format_of(path) {
            Some(format) => animations.push((path.as_path(), format)),
            None => others.push(path.clone()),
        }
    }
    (animations, others)
}

/// The page with the size and the resolution that animations have without flags for them.
pub(super) fn usual_page(page: Page, args: &PageArgs) -> Page {
    Page {
        size_in_pixel: match args.has_size() {
            true => page.size_in_pixel,
            false => USUAL_SIZE_IN_PIXEL,
        },
        dots_per_inch: match args.has_resolution() {
            true => page.dots_per_inch,
            false => USUAL_DOTS_PER_INCH,
        },
        ..page
    }
}

impl AnimationArgs {
    /// Finds flags that do not go together.
    pub(super) fn check(&self, animations: &[Animation<'_>]) -> Result<(), UsageError> {
        let says_motion = self.motion.is_some() || !self.via.is_empty();
        if animations.is_empty() && says_motion {
            return Err(UsageError(
                "--motion and --via are for animations: end the name of an output in .gif, .apng, .mp4, .webm or %04d.png"
                    .to_owned(),
            ));
        }
        match (self.motion, self.via.is_empty()) {
            (Some(MotionName::Path), true) => Err(UsageError(
                "--motion path needs --via AZ,EL, once for each place that the camera goes to"
                    .to_owned(),
            )),
            (Some(MotionName::Turn | MotionName::Steps), false) => {
                Err(UsageError("--via is for --motion path".to_owned()))
            }
            _ if self.seconds * f64::from(self.fps) > MOST_FRAMES => Err(UsageError(format!(
                "an animation has at most {MOST_FRAMES} frames: choose fewer --seconds or --fps"
            ))),
            _ => Ok(()),
        }
    }

    /// The files of all animations.
    pub(super) fn files(&self, animations: &[Animation<'_>]) -> Vec<PathBuf> {
        let files = |(path, format): &Animation<'_>| format.files(path, self.frames());
        animations.iter().flat_map(files).collect()
    }

    fn frames(&self) -> u32 {
        (self.seconds * f64::from(self.fps)).round().max(2.0) as u32
    }

    fn motion(&self, described: &FigureFile) -> Motion {
        let camera = |angles| {
            FigureFile {
                camera: angles,
                ..described.clone()
            }
            .spec()
            .view
        };
        match self.motion {
            Some(MotionName::Steps) => Motion::Steps,
            _ if self.via.is_empty() => Motion::Turn,
            _ => {
                let via = self
                    .via
                    .iter()
                    .map(|[azimuth, elevation, zoom, roll]| CameraAngles {
                        azimuth_degrees: Some(*azimuth),
                        elevation_degrees: Some(*elevation),
                        zoom: *zoom,
                        roll_degrees: *roll,
                        ..described.camera
                    });
                let places = std::iter::once(described.camera).chain(via);
                Motion::Path(places.map(camera).collect())
            }
        }
    }

    fn shots(
        &self,
        built: &BuiltView,
        described: &FigureFile,
        spec: &FigureSpec,
    ) -> Result<Vec<Shot>, UsageError> {
        let (motion, frames) = (self.motion(described), self.frames());
        if motion == Motion::Steps && built.settings.at_step.is_some() {
            return Err(UsageError(
                "--motion steps shows all steps: leave out --at, or choose --steps A..B".to_owned(),
            ));
        }
        let view = built.view;
        let range = view.time_range(&built.snapshot.runs, &built.settings);
        let shots = motion.shots(&built.scene, spec, frames, range);
        shots.ok_or_else(|| {
            UsageError(format!(
                "--motion steps: the view {view} has only one step to show; use --motion turn"
            ))
        })
    }

    /// Draws and writes all animations.
    pub(super) fn write(
        &self,
        built: &BuiltView,
        described: &FigureFile,
        animations: &[Animation<'_>],
        quiet: bool,
    ) -> anyhow::Result<()> {
        if animations.is_empty() {
            return Ok(());
        }
        let spec = described.spec();
        let shots = self.shots(built, described, &spec)?;
        let animation = AnimationSpec {
            size_in_pixel: described.page.size_in_pixel,
            frames_per_second: self.fps,
            frames: shots.len() as u32,
            dots_per_inch: described.page.dots_per_inch,
            is_transparent: described.page.transparent,
        };
        let begin = |(path, format): &Animation<'_>| format.begin(animation, path);
        let mut writers = animations
            .iter()
            .map(begin)
            .collect::<Result<Vec<_>, _>>()?;
        draw(built, described, &spec, &shots, &mut writers, quiet)?;
        for writer in writers {
            writer.finish()?;
        }
        Ok(())
    }
}

/// Draws each frame and gives it to all writers.
fn draw(
    built: &BuiltView,
    described: &FigureFile,
    spec: &FigureSpec,
    shots: &[Shot],
    writers: &mut [Box<dyn FrameWriter>],
    quiet: bool,
) -> anyhow::Result<()> {
    let bar = StepBar::new("drawing frames", quiet);
    let runs = &built.snapshot.runs;
    let mut scenes = SceneSteps::new(built.view, runs, &built.settings, &built.scene);
    let mut at_step = |step| {
        let projections = Projections::fastest(Some(built.renderer.context()));
        let projector = BlockingProjector::new(projections, &|_| true);
        let scene = scenes.at_step(step, &projector);
        scene.map_err(|error| ExportError::Scene {
            reason: error.to_string(),
        })
    };
    let frames = AnimationFrames {
        renderer: &built.renderer,
        spec,
        picture: picture_options(&described.page),
        shots,
    };
    let mut progress = |done| {
        bar.update(done);
        true
    };
    frames.write(&built.scene, &mut at_step, writers, &mut progress)?;
    Ok(())
}
