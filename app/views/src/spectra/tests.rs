#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Instant};

use ndarray::Array2;
use trainscape_compute::projection::{
    Projection, ProjectionError, ProjectionMethod, Projector, Rows,
};
use trainscape_run::{Dtype, ElementBytes, Run, Storage, Tensor, TensorError};
use trainscape_scene::{axis::Scale, scene::Scene};

use super::{
    Spectra,
    decomposition::{ReadBlocks, Spectrum, SpectrumError},
    matrices::LAYERS,
};
use crate::{
    NotAvailable, Value, View, ViewSettings,
    common::{LOG_XZ, OPACITY},
};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

struct NoProjector;

impl Projector for NoProjector {
    fn project(
        &self,
        _: &str,
        _: &Arc<dyn Rows>,
        _: usize,
        _: ProjectionMethod,
    ) -> Result<Arc<Projection>, ProjectionError> {
        unreachable!("singular values need no projection")
    }
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    Spectra.build(runs, settings, &NoProjector)
}

/// The checked-in checkpoint, whose values are all `f32`.
fn small() -> Vec<Arc<Run>> {
    let path = Path::new(DATA).join("spectra.safetensors");
    let file = fs::read(&path).unwrap();
    let (len, rest) = file.split_first_chunk::<8>().unwrap();
    let (header, elements) = rest.split_at(u64::from_le_bytes(*len) as usize);
    let header: BTreeMap<String, serde_json::Value> = serde_json::from_slice(header).unwrap();
    let numbers = |entry: &serde_json::Value| -> Vec<usize> {
        let list = entry.as_array().unwrap();
        list.iter()
            .map(|number| number.as_u64().unwrap() as usize)
            .collect()
    };
    let tensor = |(key, entry): (&String, &serde_json::Value)| {
        let offsets = numbers(&entry["data_offsets"]);
        Tensor {
            dtype: Dtype::F32,
            parts: vec![Storage {
                bytes: Arc::new(Floats(elements[offsets[0]..offsets[1]].to_vec())),
                fortran_order: false,
                big_endian: false,
            }],
            ..tensor(
                "r/spectra.safetensors",
                key,
                &numbers(&entry["shape"]),
                |_| 0.0,
            )
        }
    };
    run_of(header.iter().map(tensor))
}

/// The singular values of a scene by key, in full precision, from what its points say.
fn values(scene: &Scene) -> BTreeMap<String, Vec<f64>> {
    let of_path = |path: &trainscape_scene::scene::Path| {
        let describe = path.describe.as_ref().unwrap();
        let value = |index| -> f64 {
            let lines = describe.lines(index);
            let (_, value) = lines
                .iter()
                .find(|(name, _)| name == "singular value")
                .unwrap();
            value.parse().unwrap()
        };
        (0..path.positions_unit.len()).map(value).collect()
    };
    let paths = scene.paths.iter();
    paths
        .map(|path| (path.series_key.to_string(), of_path(path)))
        .collect()
}

/// The largest difference between singular values as a share of the largest.
fn deviation(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f64::max) / expected[0].max(f64::MIN_POSITIVE)
}

#[derive(Debug)]
struct Floats(Vec<u8>);

impl ElementBytes for Floats {
    fn bytes(&self) -> Result<&[u8], TensorError> {
        Ok(&self.0)
    }
}

fn storage(count: usize, values: impl Fn(usize) -> f64) -> Storage {
    let bytes = (0..count).flat_map(|index| values(index).to_le_bytes());
    Storage {
        bytes: Arc::new(Floats(bytes.collect())),
        fortran_order: false,
        big_endian: false,
    }
}

/// A tensor of one file, without named axes or steps.
fn tensor(file: &str, key: &str, shape: &[usize], values: impl Fn(usize) -> f64) -> Tensor {
    Tensor {
        key: key.into(),
        shape: shape.into(),
        dtype: Dtype::F64,
        axes: None,
        steps: None,
        labels: None,
        path: file.into(),
        source: 0,
        parts: vec![storage(shape.iter().product(), values)],
    }
}

fn with_axes(mut tensor: Tensor, axes: &[&str]) -> Tensor {
    tensor.axes = Some(axes.iter().map(|axis| (*axis).to_owned()).collect());
    tensor
}

fn run_of(tensors: impl IntoIterator<Item = Tensor>) -> Vec<Arc<Run>> {
    let mut run = Run::new("r", "r", "r".into());
    for tensor in tensors {
        run.tensors
            .insert(Arc::clone(&tensor.key), Arc::new(tensor));
    }
    vec![Arc::new(run)]
}

/// Numbers that look random.
fn wave(index: usize) -> f64 {
    ((index * index + 3 * index) as f64 * 0.731).sin()
}

/// Snapshots of a 2 x 3 matrix: the first row is the step, the second row zero.
fn series(steps: &[f64]) -> Vec<Arc<Run>> {
    let mut stacked = tensor(
        "r/step-1/model.safetensors",
        "fc.weight",
        &[1, 2, 3],
        |_| 0.0,
    );
    stacked.shape = [steps.len(), 2, 3].into();
    stacked.steps = Some(steps.into());
    let part = |step: &f64| storage(6, |index| if index < 3 { *step } else { 0.0 });
    stacked.parts = steps.iter().map(part).collect();
    run_of([stacked])
}

#[test]
fn singular_values_are_numpys() {
    let expected = fs::read_to_string(Path::new(DATA).join("spectra.json")).unwrap();
    let expected: BTreeMap<String, Vec<f64>> = serde_json::from_str(&expected).unwrap();
    // On a linear axis zeros are drawn, too.
    let linear = ViewSettings::default().with(&LOG_XZ, Value::Scales([None, None, Some(false)]));
    let found = values(&build(&small(), &linear).unwrap());
    let keys = |values: &BTreeMap<String, Vec<f64>>| values.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&found), keys(&expected));
    for (key, expected) in &expected {
        let deviation = deviation(&found[key], expected);
        assert!(deviation < 1e-12, "{key}: {deviation:e}");
    }
    // The comparison fails on a value that is off by the tolerance of the figures.
    let mut wrong = found["layers.0.tall.weight"].clone();
    wrong[11] += 2e-5 * wrong[0];
    assert!(deviation(&wrong, &expected["layers.0.tall.weight"]) > 1e-5);
}

/// A matrix in memory that is read in blocks.
struct InMemory(Array2<f64>);

impl ReadBlocks for InMemory {
    fn shape(&self) -> [usize; 2] {
        self.0.dim().into()
    }

    fn rows_together(&self) -> usize {
        1
    }

    fn columns_together(&self) -> usize {
        1
    }

    fn read(
        &self,
        rows: std::ops::Range<usize>,
        columns: std::ops::Range<usize>,
    ) -> Result<Array2<f64>, String> {
        Ok(self.0.slice(ndarray::s![rows, columns]).to_owned())
    }
}

#[test]
fn blocks_of_a_long_matrix_make_the_values_of_the_whole() {
    // More columns than fit into one block.
    let long = Array2::from_shape_fn((9, 300_000), |(row, column)| {
        wave(row * 17 + column * 5 + 1)
    });
    let squares = long.dot(&long.t());
    let wide = Spectrum::of(&InMemory(long.clone())).unwrap();
    let tall = Spectrum::of(&InMemory(long.reversed_axes())).unwrap();
    let of_squares = Spectrum::of(&InMemory(squares)).unwrap();
    let roots: Vec<f64> = of_squares.values.iter().map(|value| value.sqrt()).collect();
    assert!(deviation(&wide.values, &roots) < 1e-7);
    assert!(deviation(&tall.values, &wide.values) < 1e-12);
    assert_eq!((wide.size, wide.randomised), (9, false));
}

#[test]
fn the_randomised_method_finds_the_largest_values() {
    // A slowly falling spectrum is the harder case.
    let matrix = Array2::from_shape_fn((260, 200), |(row, column)| {
        wave(row * 200 + column) / (1.0 + column as f64).sqrt()
    });
    let matrix = InMemory(matrix);
    let complete = Spectrum::complete(&matrix).unwrap();
    let randomised = Spectrum::randomised(&matrix, 24).unwrap();
    assert_eq!(randomised.values.len(), 24);
    assert!((randomised.squared_norm / complete.squared_norm - 1.0).abs() < 1e-12);
    for (found, expected) in randomised.values.iter().zip(&complete.values) {
        assert!((found / expected - 1.0).abs() < 0.01, "{found} {expected}");
    }
    let again = Spectrum::randomised(&matrix, 24).unwrap();
    assert_eq!(again.values, randomised.values);
    // The search space of a matrix of low rank is exhausted at once.
    let low_rank = InMemory(Array2::from_shape_fn((90, 120), |(row, column)| {
        wave(row) * wave(column + 7) + 3.0 * wave(2 * row + 1) * wave(3 * column)
    }));
    let complete = Spectrum::complete(&low_rank).unwrap();
    let randomised = Spectrum::randomised(&low_rank, 20).unwrap();
    assert_eq!((complete.rank(), randomised.rank()), (2, 2));
    assert!(deviation(&randomised.values[..2], &complete.values[..2]) < 1e-9);
}

#[test]
fn large_matrices_are_randomised_and_the_caption_says_so() {
    let large = tensor("m/model.safetensors", "fc.weight", &[520, 600], wave);
    let started = Instant::now();
    let scene = build(&run_of([large]), &ViewSettings::default()).unwrap();
    println!("520 x 600: {:?}", started.elapsed());
    assert!(
        scene
            .caption
            .contains("the largest 128 of 520 values, randomised"),
        "{}",
        scene.caption
    );
    assert_eq!(scene.paths[0].positions_unit.len(), 128);
}

#[test]
fn norms_ranks_and_shares_follow_from_the_values() {
    let diagonal = |values: &[f64]| InMemory(Array2::from_diag(&ndarray::arr1(values)));
    let spectrum = Spectrum::of(&diagonal(&[1.0, -4.0, 2.0, 0.0])).unwrap();
    assert_eq!((spectrum.rank(), spectrum.size), (3, 4));
    assert!((spectrum.stable_rank() - 21.0 / 16.0).abs() < 1e-12);
    assert!((spectrum.share_of_largest() - 16.0 / 21.0).abs() < 1e-12);
    assert_eq!(spectrum.count_holding(0.5), Some(1));
    assert_eq!(spectrum.count_holding(0.9), Some(2));
    assert_eq!(spectrum.count_holding(0.99), Some(3));
    for bad in [f64::NAN, f64::INFINITY, 1e200] {
        let failure = Spectrum::of(&diagonal(&[1.0, bad])).unwrap_err();
        assert_eq!(failure, SpectrumError::NotFinite);
    }
}

#[test]
fn layers_are_in_the_models_order_and_what_is_left_out_is_said() {
    let scene = build(&small(), &ViewSettings::default()).unwrap();
    let names: Vec<&str> = scene.paths.iter().map(|path| path.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "embed",
            "layers.0.tall",
            "layers.0.wide",
            "layers.1.deficient",
            "layers.1.graded",
            "layers.2.repeated",
            "layers.2.zero",
            "layers.3.zero_columns",
            "layers.10.conv",
            "head"
        ]
    );
    let Scale::Category(ticks) = &scene.axes[1].scale else {
        panic!("layers are categories");
    };
    assert_eq!(ticks, &names);
    for said in [
        "Singular values of 10 weight matrices",
        "from spectra.safetensors.",
        "1 convolution kernel is flattened to outputs × (inputs · height · width).",
        "All zero: layers.2.zero.",
        "NaN or infinite: layers.4.broken.",
        "1 tensor is left out because it is not a weight matrix.",
        // 4 of the matrix of zeros, 4 of the one with columns of zeros. The others that have fewer values than rows
        // are of single precision, so that rounding fills them up.
        "8 values are not shown: zero to rounding on a logarithmic axis.",
    ] {
        assert!(scene.caption.contains(said), "{said}: {}", scene.caption);
    }
    // Zeros do not stretch the logarithmic axis.
    assert!(scene.axes[2].low > 1e-10, "{:?}", scene.axes[2]);
    assert_eq!(scene.title, "Singular values by layer and rank");
}

#[test]
fn the_step_selects_a_snapshot() {
    let runs = series(&[100.0, 200.0, 400.0]);
    let at = |at_step| {
        let settings = ViewSettings {
            at_step,
            ..ViewSettings::default()
        };
        build(&runs, &settings).unwrap()
    };
    for (at_step, step, place) in [
        (None, 400.0, "(snapshot 3 of 3)"),
        (Some(399.0), 200.0, "(snapshot 2 of 3)"),
        (Some(200.0), 200.0, "(snapshot 2 of 3)"),
        (Some(1.0), 100.0, "(snapshot 1 of 3)"),
    ] {
        let scene = at(at_step);
        let found = values(&scene)["fc.weight"][0];
        assert!((found - step * 3.0_f64.sqrt()).abs() < 1e-9);
        assert!(scene.title.ends_with(&format!(", step {step}")));
        assert!(scene.caption.contains(place), "{}", scene.caption);
    }
    let steps = Spectra.choices(&runs, &ViewSettings::default()).steps;
    assert_eq!(steps, [100.0, 200.0, 400.0]);
    let within = ViewSettings {
        steps: Some((50.0, 250.0)),
        ..ViewSettings::default()
    };
    assert!(build(&runs, &within).unwrap().title.ends_with("step 200"));
    let none = ViewSettings {
        steps: Some((500.0, 600.0)),
        ..ViewSettings::default()
    };
    assert!(build(&runs, &none).is_err());
}

#[test]
fn layers_are_chosen_by_text() {
    let with = |text: &str| build(&small(), &ViewSettings::default().with(&LAYERS, text));
    let scene = with("LAYERS.0").unwrap();
    assert_eq!(scene.paths.len(), 2);
    let error = with("atn").unwrap_err();
    assert!(error.reason.contains("`atn`"), "{error}");
    assert!(error.reason.starts_with("needs "), "{error}");
}

#[test]
fn at_most_sixty_matrices_are_drawn() {
    let layer = |index| {
        tensor(
            "m/model.safetensors",
            &format!("layers.{index}.up"),
            &[2, 2],
            wave,
        )
    };
    let scene = build(&run_of((0..73).map(layer)), &ViewSettings::default()).unwrap();
    assert_eq!(scene.paths.len(), 60);
    assert!(
        scene
            .caption
            .contains("13 weight matrices beyond the limit are not drawn"),
        "{}",
        scene.caption
    );
}

#[test]
fn arrays_that_are_not_weights_are_not_used() {
    let not_weights = [
        tensor("r/landscape.npz", "loss", &[5, 5], wave),
        with_axes(
            tensor("r/attention.safetensors", "attention", &[4, 4], wave),
            &["query", "key"],
        ),
        with_axes(
            tensor("r/embeddings.npz", "embeddings", &[6, 3], wave),
            &["row", "dimension"],
        ),
        with_axes(
            tensor("r/weights.safetensors", "weights", &[3, 40], wave),
            &["snapshot", "parameter"],
        ),
    ];
    let runs = run_of(not_weights.clone());
    let error = Spectra
        .available(&runs, &ViewSettings::default())
        .unwrap_err();
    assert!(error.reason.starts_with("needs "), "{error}");
    assert!(
        error
            .reason
            .contains("`weights` holds all parameters in one row"),
        "{error}"
    );
    // Axes that are named as those of a weight matrix make one.
    let named = with_axes(tensor("r/w.npy", "w", &[5, 5], wave), &["output", "input"]);
    let scene = build(&run_of([named]), &ViewSettings::default()).unwrap();
    assert_eq!(scene.paths.len(), 1);
    // With a checkpoint, only its matrices are used; its embeddings are.
    let checkpoint = [
        tensor("r/model.safetensors", "layers.0.up", &[4, 4], wave),
        with_axes(
            tensor("r/model.safetensors", "tok_emb", &[7, 4], wave),
            &["row", "dimension"],
        ),
        tensor("r/model.safetensors", "norm", &[4], wave),
    ];
    let runs = run_of(not_weights.into_iter().chain(checkpoint));
    let scene = build(&runs, &ViewSettings::default()).unwrap();
    let names: Vec<&str> = scene.paths.iter().map(|path| path.name.as_str()).collect();
    assert_eq!(names, ["tok_emb", "layers.0.up"]);
    assert!(scene.caption.contains("1 tensor is left out"));
}

#[test]
fn ridges_are_within_the_box_and_keep_their_distance() {
    let settings = ViewSettings::default().with(&OPACITY, 0.5);
    let scene = build(&small(), &settings).unwrap();
    let mesh = &scene.meshes[0];
    assert_eq!(mesh.opacity, 0.5);
    assert!(mesh.triangles.len() > 100);
    let corners = mesh.positions_unit.len() as u32;
    for triangle in mesh.triangles.iter() {
        assert!(triangle.iter().all(|corner| *corner < corners));
        let layers = triangle.map(|corner| {
            let y = f64::from(mesh.positions_unit[corner as usize][1]);
            scene.axes[1].value_from_unit(y).round()
        });
        assert!(layers.iter().all(|layer| *layer == layers[0]));
    }
    for path in &scene.paths {
        let heights = path.positions_unit.iter().map(|at| at[2]);
        assert!(heights.is_sorted_by(|a, b| a >= b), "{}", path.name);
    }
}
