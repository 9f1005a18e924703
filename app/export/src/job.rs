//! What is exported.

use std::{
    cell::{Cell, OnceCell},
    time::{Duration, Instant},
};

use trainscape_gpu::{Background, GpuScene, Renderer};
use trainscape_scene::{
    Scene,
    figure::{DataLayer, Figure},
};

use crate::{
    error::ExportError,
    raster::{self, Raster},
    vector_layer::VectorLayer,
};

/// Input of an exporter.
#[derive(Debug)]
pub enum ExportJob<'a> {
    /// A scene with its layout.
    Figure(Box<FigureJob<'a>>),
    /// A table of records.
    Records(RecordTable<'a>),
}

impl<'a> ExportJob<'a> {
    /// A job for a figure.
    #[must_use]
    pub fn of_figure(job: FigureJob<'a>) -> Self {
        Self::Figure(Box::new(job))
    }

    /// Time spent drawing since the last call.
    pub fn take_drawing_time(&self) -> Duration {
        match self {
            Self::Figure(job) => job.drawing.take(),
            Self::Records(_) => Duration::ZERO,
        }
    }

    /// The figure, for the exporter of this name.
    pub(crate) fn figure(&self, exporter: &'static str) -> Result<&FigureJob<'a>, ExportError> {
        match self {
            Self::Figure(job) => Ok(job),
            Self::Records(_) => Err(ExportError::WrongContent {
                exporter,
                given: "a table of records",
            }),
        }
    }

    /// The records, for the exporter of this name.
    pub(crate) fn records(&self, exporter: &'static str) -> Result<&RecordTable<'a>, ExportError> {
        match self {
            Self::Records(table) => Ok(table),
            Self::Figure(_) => Err(ExportError::WrongContent {
                exporter,
                given: "a figure",
            }),
        }
    }
}

/// A table of records.
#[derive(Debug)]
pub struct RecordTable<'a> {
    /// Names of the columns.
    pub columns: &'a [String],
    /// The cells of each row.
    pub rows: Vec<Vec<&'a str>>,
}

/// How pictures are drawn.
#[derive(Clone, Copy, Debug)]
pub struct PictureOptions {
    /// Width and height in pixels.
    pub size_in_pixel: [u32; 2],
    /// Resolution that the file states.
    pub dots_per_inch: f32,
    /// The background.
    pub background: Background,
    /// How drawings and pages hold the data.
    pub data_layer: DataLayer,
    /// The program that the file names as its author.
    pub software: Option<&'static str>,
}

/// A scene with its layout. Several exporters can write the same job: the scene is uploaded once.
#[derive(Debug)]
pub struct FigureJob<'a> {
    pub(crate) renderer: &'a Renderer,
    pub(crate) scene: &'a Scene,
    pub(crate) figure: &'a Figure,
    pub(crate) picture: PictureOptions,
    /// Keywords and texts for the metadata of files that have any.
    pub(crate) texts: Vec<(&'static str, String)>,
    given: Option<&'a GpuScene>,
    uploaded: OnceCell<GpuScene>,
    drawing: Cell<Duration>,
}

impl<'a> FigureJob<'a> {
    /// A job for a scene as laid out in `figure`; `gpu_scene` is the scene on the GPU where it is there already.
    #[must_use]
    pub fn new(
        renderer: &'a Renderer,
        scene: &'a Scene,
        figure: &'a Figure,
        picture: PictureOptions,
        gpu_scene: Option<&'a GpuScene>,
    ) -> Self {
        Self {
            renderer,
            scene,
            figure,
            picture,
            texts: Vec::new(),
            given: gpu_scene,
            uploaded: OnceCell::new(),
            drawing: Cell::default(),
        }
    }

    /// With texts for the metadata of files that have any, by keyword.
    #[must_use]
    pub fn with_texts(self, texts: Vec<(&'static str, String)>) -> Self {
        Self { texts, ..self }
    }

    /// The scene on the GPU, uploaded when first needed.
    ///
    /// # Errors
    /// When it is larger than the adapter can bind, or the device was lost.
    pub fn gpu_scene(&self) -> Result<&GpuScene, ExportError> {
        if let Some(scene) = self.given.or_else(|| self.uploaded.get()) {
            return Ok(scene);
        }
        let scene = self.renderer.upload(self.scene)?;
        Ok(self.uploaded.get_or_init(|| scene))
    }

    /// The figure with its text, as pixels.
    ///
    /// # Errors
    /// As [`Self::gpu_scene`], or when the picture is larger than can be drawn.
    pub fn draw_figure(&self) -> Result<Raster, ExportError> {
        self.draw_figure_at(self.picture.size_in_pixel)
    }

    /// The figure with its text at a size that its format chooses.
    pub(crate) fn draw_figure_at(&self, size_in_pixel: [u32; 2]) -> Result<Raster, ExportError> {
        let background = self.picture.background;
        let scene = self.gpu_scene()?;
        self.timed(|| {
            raster::figure(
                self.renderer,
                scene,
                self.scene,
                self.figure,
                size_in_pixel,
                background,
            )
        })
    }

    /// The 3D layer alone, for files that keep text as text.
    pub(crate) fn draw_layer(&self) -> Result<Raster, ExportError> {
        let PictureOptions {
            size_in_pixel,
            background,
            ..
        } = self.picture;
        let scene = self.gpu_scene()?;
        self.timed(|| raster::layer(self.renderer, scene, self.figure, size_in_pixel, background))
    }

    /// The data as vectors, where they are drawn as such.
    pub(crate) fn vectors(&self) -> Result<Option<VectorLayer>, ExportError> {
        let PictureOptions {
            background,
            data_layer,
            ..
        } = self.picture;
        VectorLayer::chosen(self.scene, self.figure, background, data_layer)
    }

    fn timed<T>(&self, draw: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let drawn = draw();
        self.drawing.set(self.drawing.get() + start.elapsed());
        drawn
    }
}
