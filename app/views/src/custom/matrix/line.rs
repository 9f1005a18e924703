//! A slice with one axis, as a path or points through three columns.

use std::{ops::Range, sync::Arc};

use trainscape_run::Run;
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, Path, PathColour, Scene,
    },
};

use super::slice_scene::{CellRecords, caption, coordinates, named_axis, scene_of};
use crate::{
    NotAvailable, ViewSettings,
    custom::{
        geometry::place,
        slice::TensorSlice,
        spec::{Shape, Spec},
    },
};

pub(super) fn scene(
    spec: &Spec,
    runs: &[Arc<Run>],
    z: &TensorSlice,
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    if !matches!(spec.kind, Shape::Path | Shape::Points) {
        let what = format!(
            "`{}` has one axis, so its kind must be path or points",
            spec.axes[2].text
        );
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    let len = z.values.len();
    let index = || (0..len).map(|index| index as f64).collect::<Vec<f64>>();
    let x = coordinates(spec, 0, len, runs)?.unwrap_or_else(index);
    let y = coordinates(spec, 1, len, runs)?.unwrap_or_else(index);
    let columns = [&x, &y, &z.values];
    let axes = [0, 1, 2].map(|axis| named_axis(spec, axis, columns[axis], "index", settings));
    let rows: Vec<[f64; 3]> = (0..len)
        .map(|row| columns.map(|column| column[row]))
        .collect();
    let places: Vec<Option<[f32; 3]>> = rows.iter().map(|row| place(&axes, *row)).collect();
    let map = settings.colours(spec.map.unwrap_or_default());
    let mut scene = scene_of(spec, z, axes);
    if spec.kind == Shape::Path {
        scene.paths.push(path(spec, &places, map));
    }
    let drawn = |row: &usize| places[*row].is_some();
    let cells = CellRecords {
        run: z.run.name.to_string(),
        names: [0, 1, 2].map(|axis: usize| scene.axes[axis].title.clone()),
        corners: 1,
        rows: (0..len).filter(drawn).map(|row| rows[row]).collect(),
    };
    scene
        .clouds
        .push(cloud(spec, &places, map, cells, settings));
    scene.colour_bar = Some(ColourBar {
        axis: Axis {
            title: z.axes[0].clone(),
            scale: Scale::Linear,
            low: 0.0,
            high: (len.max(2) - 1) as f64,
        },
        map,
    });
    let missing = places.iter().filter(|place| place.is_none()).count();
    scene.caption = caption(spec, &format!("{len} values"), z, missing);
    Ok(scene)
}

/// The place of a row in the colour map.
fn share(row: usize, len: usize) -> f32 {
    row as f32 / (len.max(2) - 1) as f32
}

fn path(spec: &Spec, places: &[Option<[f32; 3]>], map: ColourMap) -> Path {
    let shares = (0..places.len()).map(|row| share(row, places.len()));
    Path {
        name: spec.name.clone(),
        positions_unit: places
            .iter()
            .map(|place| place.unwrap_or([0.0; 3]))
            .collect(),
        strips: strips(places),
        colour: PathColour::Values(shares.collect(), map),
        width_pt: 1.1,
        series_key: "".into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    }
}

/// The stretches between places outside the axes.
fn strips(places: &[Option<[f32; 3]>]) -> Vec<Range<u32>> {
    let mut strips = Vec::new();
    let mut start = 0_u32;
    for (row, place) in places.iter().chain(std::iter::once(&None)).enumerate() {
        if place.is_none() {
            if row as u32 > start {
                strips.push(start..row as u32);
            }
            start = row as u32 + 1;
        }
    }
    strips
}

fn cloud(
    spec: &Spec,
    places: &[Option<[f32; 3]>],
    map: ColourMap,
    cells: CellRecords,
    settings: &ViewSettings,
) -> Cloud {
    let points = places.iter().enumerate().filter_map(|(row, place)| {
        Some(CloudPoint {
            position_unit: (*place)?,
            value: share(row, places.len()),
        })
    });
    Cloud {
        steps: Arc::new([]),
        name: spec.name.clone(),
        work: CloudWork::Points(points.collect()),
        colour: CloudColour::Map(map),
        size: CloudSize::Constant(if spec.kind == Shape::Path { 2.2 } else { 3.0 }),
        floor_projection: false,
        opacity: settings.opacity(1.0),
        records: Some(Arc::new(cells)),
    }
}
