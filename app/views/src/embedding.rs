//! Rows of a matrix, or their trajectories over training, in two or three dimensions: PCA, t-SNE or UMAP.

mod colours;
mod focus;
mod options;
mod projected;
mod records;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use trainscape_compute::projection::{ProjectionMethod, Projector};
use trainscape_run::{Run, Tensor};
use trainscape_scene::{
    axis::{Axis, Scale},
    scene::{Cloud, CloudPoint, CloudSize, CloudWork, Path, PointLabel, Scene},
    ticks::group_thousands,
};

use self::{
    colours::RowColours,
    options::{
        COLOUR_BY, DIMS, EmbeddingOptions, FOCUS, FOCUS_NEIGHBOURS, ITERATIONS, LABELS, METRIC,
        MIN_DISTANCE, NEIGHBOURS, PERPLEXITY, PROJECT, SEARCH, SEED, START, metric_name,
    },
    projected::ProjectedRows,
    records::{MOST_LABELS, RowRecords},
};
use crate::{
    Choices, Control, NotAvailable, Time, View, ViewSettings,
    axes::in_range,
    caption::Caption,
    common::{COLOURS, FLOOR, OPACITY, RANGE, TENSOR},
    samples::counted,
    symbol::Symbol,
    tensors::{self, Chosen, step_text},
};
use trainscape_scene::colour::ColourMap;

const NEEDS: &str = "needs a matrix of embeddings: an array (npy, npz, safetensors) with rows and \
                     dimensions, with or without snapshots";
/// Names that the axes of an array can have.
const AXES: &str = "row,dimension";
/// Rows up to which each gets a line over training.
const TRAJECTORIES: usize = 2000;

/// Rows of a matrix, or their trajectories over training, in few dimensions.
pub(crate) struct Embedding;

impl View for Embedding {
    fn name(&self) -> &'static str {
        "embedding"
    }

    fn title(&self) -> &'static str {
        "Embedding"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Points
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &TENSOR,
            &PROJECT,
            &DIMS,
            &COLOUR_BY,
            &LABELS,
            &SEARCH,
            &FOCUS,
            &FOCUS_NEIGHBOURS,
            &PERPLEXITY,
            &NEIGHBOURS,
            &MIN_DISTANCE,
            &METRIC,
            &START,
            &ITERATIONS,
            &SEED,
            &RANGE,
            &COLOURS,
            &OPACITY,
            &FLOOR,
        ]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Plasma
    }

    fn time(&self) -> Time {
        Time::Selects
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        choose(runs, settings).map(|_| ())
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        projector: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        build(runs, settings, projector)
    }

    fn projection(&self, settings: &ViewSettings) -> Option<(ProjectionMethod, usize)> {
        let options = EmbeddingOptions::of(settings);
        Some((options.method, options.dims))
    }

    fn choices(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        let mut choices = tensors::choices(runs, settings, |tensor| suits(tensor, false), AXES);
        if let Ok(chosen) = choose(runs, settings)
            && let Some(labels) = &chosen.tensor.labels
        {
            let columns = labels.columns.iter().map(ToString::to_string).collect();
            choices.names.insert(COLOUR_BY.name, columns);
        }
        choices
    }
}

fn choose(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Chosen, NotAvailable> {
    let wanted = settings.tensor();
    tensors::choose(
        runs,
        settings,
        wanted,
        |tensor| suits(tensor, wanted.is_some()),
        NEEDS,
        AXES,
    )
}

/// Rows × dimensions, optionally for each snapshot. A matrix with unnamed axes suits where the user chose it.
fn suits(tensor: &Tensor, named: bool) -> bool {
    if tensor.elements() == 0 {
        return false;
    }
    match tensor.axes.as_deref() {
        Some([row, dimension]) => is_row(row) && is_dimension(dimension),
        Some([snapshot, row, dimension]) => {
            snapshot == "snapshot" && is_row(row) && is_dimension(dimension)
        }
        None => named && tensor.shape.len() == 2,
        Some(_) => false,
    }
}

fn is_row(axis: &str) -> bool {
    matches!(axis, "row" | "token" | "position")
}

fn is_dimension(axis: &str) -> bool {
    matches!(axis, "dimension" | "channel")
}

fn build(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    projector: &dyn Projector,
) -> Result<Scene, NotAvailable> {
    let options = EmbeddingOptions::of(settings);
    let embedding = ProjectedRows::new(choose(runs, settings)?, &options, settings, projector)?;
    let places = Places::new(&embedding, options.method, settings);
    let colours = RowColours::new(&embedding, &options.colour, settings)?;
    let records = Arc::new(RowRecords::new(&embedding));
    let draws_trajectories = embedding.has_snapshots() && embedding.rows <= TRAJECTORIES;
    let mut scene = Scene::new(places.axes.clone());
    scene.title = title(&embedding, options.method);
    scene.box_aspect = box_aspect(&places.axes, &embedding);
    scene.default_view = [(-55.0_f32).to_radians(), 28.0_f32.to_radians()];
    if embedding.projection.dims < 3 && !embedding.has_snapshots() {
        scene.lay_flat();
    }
    scene.colour_bar = colours.bar();
    scene.legend = colours.legend();
    scene.keys = BTreeMap::from([("embedding".to_owned(), embedding.tensor().key.to_string())]);
    scene.runs = vec![Arc::clone(&embedding.chosen.run)];
    if draws_trajectories {
        scene.paths = (0..embedding.rows)
            .map(|row| trajectory(&embedding, &places, &colours, &records, row))
            .collect();
    }
    scene
        .clouds
        .push(cloud(&embedding, &places, &colours, &records, settings));
    let notes = focus::draw(&mut scene, &embedding, &records, &options, &|row| {
        places.unit(embedding.shown, row)
    })?;
    if options.labels && records.has_names() && embedding.rows <= MOST_LABELS {
        add_labels(&mut scene, &embedding, &places, &records);
    }
    scene.caption = caption(&embedding, &colours, options.method, draws_trajectories)
        .sentences(notes)
        .into_text();
    Ok(scene)
}

/// Positions of the rows of all snapshots. The axes span all snapshots, so that they stay the same over time.
struct Places {
    axes: [Axis; 3],
    rows: usize,
    /// Snapshot after snapshot.
    coordinates: Vec<[f64; 3]>,
}

impl Places {
    fn new(embedding: &ProjectedRows, method: ProjectionMethod, settings: &ViewSettings) -> Self {
        let rows = embedding.rows;
        let coordinates: Vec<[f64; 3]> = (0..embedding.snapshots * rows)
            .map(|at| embedding.coordinates(at / rows, at % rows))
            .collect();
        Self {
            axes: axes(embedding, &coordinates, method, settings),
            rows,
            coordinates,
        }
    }

    /// Place of a row of a snapshot in the unit box.
    fn unit(&self, snapshot: usize, row: usize) -> [f32; 3] {
        let at = self.coordinates[snapshot * self.rows + row];
        std::array::from_fn(|axis| {
            let unit = self.axes[axis].unit_from_value(at[axis]);
            unit.unwrap_or(0.5) as f32
        })
    }
}

/// A row over training, up to the shown snapshot.
fn trajectory(
    embedding: &ProjectedRows,
    places: &Places,
    colours: &RowColours,
    records: &RowRecords,
    row: usize,
) -> Path {
    let snapshots = 0..=embedding.shown;
    let positions_unit: Arc<[[f32; 3]]> = snapshots
        .clone()
        .map(|snapshot| places.unit(snapshot, row))
        .collect();
    Path {
        name: records.name(row),
        strips: Path::unbroken(positions_unit.len()),
        colour: colours.of_path(embedding, row, snapshots),
        width_pt: 0.7,
        positions_unit,
        series_key: Arc::clone(&embedding.tensor().key),
        records: Arc::new([]),
        details: Vec::new(),
        describe: Some(records.of_row(row)),
    }
}

/// The rows of the shown snapshot.
fn cloud(
    embedding: &ProjectedRows,
    places: &Places,
    colours: &RowColours,
    records: &RowRecords,
    settings: &ViewSettings,
) -> Cloud {
    let shown = embedding.shown;
    let points: Vec<CloudPoint> = (0..embedding.rows)
        .map(|row| colours.point(embedding, shown, row, places.unit(shown, row)))
        .collect();
    let diameter_pt = (90.0 / (embedding.rows as f32).sqrt()).clamp(1.6, 5.5);
    Cloud {
        steps: Arc::new([]),
        name: "rows".to_owned(),
        work: CloudWork::Points(points.into()),
        colour: colours.kind(),
        size: CloudSize::Constant(diameter_pt),
        floor_projection: settings.floor(false),
        opacity: settings.opacity(1.0),
        records: Some(records.of_snapshot(shown)),
    }
}

/// Names every point that has no label yet.
fn add_labels(scene: &mut Scene, embedding: &ProjectedRows, places: &Places, records: &RowRecords) {
    let named: HashSet<[u32; 3]> = scene
        .labels
        .iter()
        .map(|label| label.position_unit.map(f32::to_bits))
        .collect();
    let labels = (0..embedding.rows)
        .map(|row| PointLabel {
            position_unit: places.unit(embedding.shown, row),
            text: records.name(row),
        })
        .filter(|label| !named.contains(&label.position_unit.map(f32::to_bits)));
    scene.labels.extend(labels);
}

fn axes(
    embedding: &ProjectedRows,
    coordinates: &[[f64; 3]],
    method: ProjectionMethod,
    settings: &ViewSettings,
) -> [Axis; 3] {
    let ratios = &embedding.projection.explained_variance_ratio;
    std::array::from_fn(|axis| {
        let title = match (method, ratios.get(axis)) {
            _ if axis >= embedding.projection.dims => if embedding.has_snapshots() {
                "step"
            } else {
                ""
            }
            .to_owned(),
            (ProjectionMethod::Pca, Some(ratio)) => {
                format!("PC{} ({:.1} %)", axis + 1, ratio * 100.0)
            }
            (ProjectionMethod::Pca, None) => format!("PC{}", axis + 1),
            (method, _) => format!("{} {}", method.title(), axis + 1),
        };
        let values = coordinates.iter().map(|at| at[axis]);
        if title.is_empty() {
            return Axis {
                title,
                scale: Scale::Category(Vec::new()),
                low: 0.0,
                high: 1.0,
            };
        }
        let mut spanning = Axis::spanning(title, Scale::Linear, values);
        // Points on the walls would be cut in half.
        let margin = 0.03 * (spanning.high - spanning.low);
        spanning.low -= margin;
        spanning.high += margin;
        in_range(settings, axis, spanning)
    })
}

/// All components share one scale.
fn box_aspect(axes: &[Axis; 3], embedding: &ProjectedRows) -> [f32; 3] {
    let spatial = embedding.projection.dims.min(3);
    let longest = axes[..spatial]
        .iter()
        .map(|axis| axis.high - axis.low)
        .fold(0.0, f64::max);
    std::array::from_fn(|axis| {
        if axis < spatial {
            (1.2 * ((axes[axis].high - axes[axis].low) / longest).max(0.35)) as f32
        } else {
            0.9
        }
    })
}

fn title(embedding: &ProjectedRows, method: ProjectionMethod) -> String {
    let what = format!("{} of {}", method.title(), embedding.tensor().key);
    match embedding.step {
        Some(step) => {
            let first = tensors::step_of_snapshot(embedding.tensor(), 0);
            let steps = if embedding.shown == 0 {
                format!("step {}", step_text(step))
            } else {
                format!("steps {}-{}", step_text(first), step_text(step))
            };
            format!("{what}, {steps}, {}", embedding.chosen.run.name)
        }
        None => format!("{what}, {}", embedding.chosen.run.name),
    }
}

fn caption(
    embedding: &ProjectedRows,
    colours: &RowColours,
    method: ProjectionMethod,
    draws_trajectories: bool,
) -> Caption {
    let tensor = embedding.tensor();
    let mut first = format!(
        "{} of {} ({}, {} dimensions) from {}",
        method.title(),
        tensor.key,
        counted(embedding.rows, "row"),
        tensor.shape.last().copied().unwrap_or(0),
        tensors::file_text(&embedding.chosen.run, tensor),
    );
    if embedding.has_snapshots() {
        first += &format!(
            "; one projection of all {}",
            counted(embedding.snapshots, "snapshot")
        );
    }
    Caption::new(first)
        .sentence(method_text(embedding, method))
        .sentence(progress_text(embedding))
        .sentence_if(embedding.has_snapshots() && !draws_trajectories, || {
            format!("Trajectories are drawn for up to {TRAJECTORIES} rows.")
        })
        .sentence(colours.caption())
        .sentence(tensors::others_text(&embedding.chosen, "embedding"))
}

fn method_text(embedding: &ProjectedRows, method: ProjectionMethod) -> String {
    match method {
        ProjectionMethod::Pca => {
            let total: f64 = embedding.projection.explained_variance_ratio.iter().sum();
            format!("The axes explain {:.1} % of the variance.", total * 100.0)
        }
        ProjectionMethod::Tsne(settings) => format!(
            "Perplexity {}, {} distance, seed {}.",
            settings.perplexity,
            metric_name(settings.metric),
            settings.seed
        ),
        ProjectionMethod::Umap(settings) => format!(
            "{} neighbours, minimum distance {}, {} distance, seed {}.",
            settings.neighbours,
            settings.min_distance,
            metric_name(settings.metric),
            settings.seed
        ),
    }
}

/// How far an unfinished projection has got.
fn progress_text(embedding: &ProjectedRows) -> String {
    let thousands = |number: u32| group_thousands(&number.to_string());
    match embedding.projection.progress {
        [done, all] if done < all => {
            format!("Iteration {} of {}.", thousands(done), thousands(all))
        }
        _ => String::new(),
    }
}
