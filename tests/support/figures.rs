//! Renders pictures with the public crates on the software adapter, and compares them.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use trainscape_export::raster::{self, Raster};
use trainscape_gpu::{
    AdapterChoice, Background, BlockingProjector, GpuContext, Projections, Renderer,
};
use trainscape_run::Snapshot;
use trainscape_scene::{
    Scene,
    axis::{Axis, Scale},
    figure::{Figure, FigureSpec},
};
use trainscape_source::{Loader, OpenOptions};
use trainscape_views::{ViewKind, ViewSettings};

/// Pixels of a golden picture.
pub const SIZE_IN_PIXEL: [u32; 2] = [320, 240];
/// Size in points: text is small but legible.
pub const SIZE_PT: [f32; 2] = [256.0, 192.0];

/// The renderer shared by all tests: on the software adapter, with which the pictures were drawn; with
/// `TRAINSCAPE_TEST_ADAPTER=gpu` on the GPU.
pub fn renderer() -> &'static Renderer {
    static RENDERER: OnceLock<Renderer> = OnceLock::new();
    RENDERER.get_or_init(|| {
        let choice = match std::env::var("TRAINSCAPE_TEST_ADAPTER").as_deref() {
            Ok("gpu") => AdapterChoice::Gpu,
            _ => AdapterChoice::Cpu,
        };
        let context = GpuContext::new(choice).expect(
            "pictures are compared on Mesa's software driver: apt-get install mesa-vulkan-drivers",
        );
        assert_eq!(
            context.is_cpu(),
            matches!(choice, AdapterChoice::Cpu),
            "{}",
            context.adapter_name()
        );
        Renderer::new(&context)
    })
}

/// Draws a scene.
pub fn draw(scene: &Scene, spec: &FigureSpec) -> Raster {
    let renderer = renderer();
    let figure = Figure::lay_out(scene, spec);
    let on_gpu = renderer.upload(scene).unwrap();
    raster::figure(
        renderer,
        &on_gpu,
        scene,
        &figure,
        SIZE_IN_PIXEL,
        Background::Theme,
    )
    .unwrap()
}

/// A scene with an empty axis box.
pub fn empty_scene() -> Scene {
    let axis = |title: &str| Axis {
        title: title.to_owned(),
        scale: Scale::Linear,
        low: 0.0,
        high: 1.0,
    };
    Scene {
        box_aspect: [1.4, 1.0, 0.7],
        default_view: [-0.9, 0.45],
        ..Scene::new([axis("x"), axis("y"), axis("z")])
    }
}

/// A projector that blocks until the projection is complete, as the command line does.
pub fn project_blocking() -> BlockingProjector<'static> {
    BlockingProjector::new(Projections::fastest(None), &|_| true)
}

/// A view of the demo's transformer, with `change` made to its settings.
pub fn scene_of_pretrain(view: ViewKind, change: impl FnOnce(&mut ViewSettings)) -> Scene {
    let snapshot = demo();
    let mut settings = ViewSettings {
        runs: Some(["pretrain".to_owned()].into()),
        ..ViewSettings::default()
    };
    change(&mut settings);
    view.build(&snapshot.runs, &settings, &project_blocking())
        .unwrap()
}

/// The demo run, as loaded by the readers.
pub fn demo() -> Arc<Snapshot> {
    // Arrays are read when they are drawn, so the folder must outlive the snapshot.
    static DEMO: OnceLock<(Arc<Snapshot>, tempfile::TempDir)> = OnceLock::new();
    let read = || {
        let folder = tempfile::tempdir().unwrap();
        let bytes =
            fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo.zip")).unwrap();
        zip::ZipArchive::new(std::io::Cursor::new(bytes))
            .unwrap()
            .extract(folder.path())
            .unwrap();
        let mut loader = Loader::open(&[folder.path().to_owned()], OpenOptions::default()).unwrap();
        loader.read_to_end();
        (loader.snapshot(), folder)
    };
    Arc::clone(&DEMO.get_or_init(read).0)
}

/// The difference between two pictures of equal size.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// Fraction of the pixels that differ visibly.
    pub differing: f64,
    /// Mean difference of all bytes.
    pub mean: f64,
}

impl Difference {
    /// Smaller differences of a channel are invisible and due to floating-point rounding.
    const VISIBLE: u8 = 8;
    /// LLVM compiles the software adapter's shaders for the current CPU: depending on fused multiply-add, a sample at the
    /// edge of a triangle may be covered or not. This changes single pixels along edges by a quarter of their contrast, but
    /// not areas: measured, fewer than one pixel in a thousand.
    const MAX_FRACTION: f64 = 0.004;
    const MAX_MEAN: f64 = 0.15;

    pub fn between(a: &Raster, b: &Raster) -> Self {
        assert_eq!(a.size_in_pixel, b.size_in_pixel);
        let (mut differing, mut sum) = (0_usize, 0_u64);
        for (a, b) in a.rgba.chunks_exact(4).zip(b.rgba.chunks_exact(4)) {
            let off = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
            sum += off.clone().map(u64::from).sum::<u64>();
            differing += usize::from(off.max() > Some(Self::VISIBLE));
        }
        let pixels = a.rgba.len() / 4;
        Self {
            differing: differing as f64 / pixels as f64,
            mean: sum as f64 / a.rgba.len() as f64,
        }
    }

    pub fn is_small(self) -> bool {
        self.differing <= Self::MAX_FRACTION && self.mean <= Self::MAX_MEAN
    }
}

fn golden_path(name: &str, ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("{name}{ending}"))
}

/// Compares with `tests/golden/NAME.png`; `UPDATE_GOLDEN=1` regenerates it instead.
#[track_caller]
pub fn assert_golden(name: &str, picture: &Raster) {
    let path = golden_path(name, ".png");
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        write_png(&path, picture);
        return;
    }
    let (new, diff) = (
        golden_path(name, ".new.png"),
        golden_path(name, ".diff.png"),
    );
    if !path.exists() {
        write_png(&new, picture);
        panic!(
            "{} is missing; inspect {} and set UPDATE_GOLDEN=1",
            path.display(),
            new.display()
        );
    }
    let golden = read_png(&path);
    assert_eq!(golden.size_in_pixel, picture.size_in_pixel, "{name}");
    let difference = Difference::between(&golden, picture);
    if difference.is_small() {
        return;
    }
    write_png(&new, picture);
    write_png(&diff, &difference_picture(&golden, picture));
    panic!(
        "{name} looks different ({difference:?}): compare {} with {}, then set UPDATE_GOLDEN=1 if the change is intended",
        new.display(),
        path.display()
    );
}

/// White where two pictures are equal, darker where they differ.
fn difference_picture(a: &Raster, b: &Raster) -> Raster {
    let off = |(index, (a, b)): (usize, (&u8, &u8))| {
        if index % 4 == 3 {
            255
        } else {
            255 - a.abs_diff(*b).saturating_mul(4)
        }
    };
    let rgba = a.rgba.iter().zip(&b.rgba).enumerate().map(off).collect();
    Raster {
        size_in_pixel: a.size_in_pixel,
        rgba,
    }
}

/// Reads an 8-bit RGB or RGBA picture.
pub fn read_png(path: &Path) -> Raster {
    let file = std::io::BufReader::new(fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    bytes.truncate(info.buffer_size());
    let rgba = match info.color_type {
        png::ColorType::Rgba => bytes,
        png::ColorType::Rgb => bytes
            .chunks_exact(3)
            .flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255])
            .collect(),
        other => panic!("{}: {other:?}", path.display()),
    };
    Raster {
        size_in_pixel: [info.width, info.height],
        rgba,
    }
}

/// Writes a picture with the best compression, because these files are in the repository.
fn write_png(path: &Path, picture: &Raster) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = std::io::BufWriter::new(fs::File::create(path).unwrap());
    let [width, height] = picture.size_in_pixel;
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let rgb: Vec<u8> = picture
        .rgba
        .chunks_exact(4)
        .flat_map(|p| [p[0], p[1], p[2]])
        .collect();
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&rgb)
        .unwrap();
}
