//! Losses along one direction: ribbons side by side.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::{Field, MISSING};
use trainscape_run::Run;
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
    scene::{ColourBar, NodeRecords, Path, PathColour, Scene, Surface, SurfaceWork},
    ticks::format_value,
};

use super::{
    grid::{direction_title, read},
    grids::{self, FoundGrid, ValueKind},
    values::{Cleaned, GridCoordinates, Heights},
};
use crate::{
    NotAvailable, ViewSettings,
    caption::Caption,
    heights::{MOST_NODES, check_nodes, colour_range},
    samples::{counted, counted_are, labels_of_runs},
};

/// Half the width of a ribbon, as a share of the distance between two.
const HALF_WIDTH: f64 = 0.34;

/// The largest number of ribbons that can be distinguished.
const MAX_RIBBONS: usize = 24;
/// The largest number of points of a ribbon: two rows of nodes, and their lines.
const MOST_POINTS: usize = MOST_NODES / (4 * MAX_RIBBONS);

struct Profile {
    name: String,
    run: u32,
    x: GridCoordinates,
    cleaned: Cleaned,
}

/// The profiles of one figure.
struct Profiles {
    runs: Vec<Arc<Run>>,
    profiles: Vec<Profile>,
    /// Further profiles, which are not drawn.
    left_out: usize,
}

pub(super) fn build(
    found: &FoundGrid,
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let Profiles {
        runs,
        profiles,
        left_out,
    } = Profiles::read(found, runs, settings)?;
    let heights = heights(found, &profiles, settings);
    let mut scene = Scene::new(axes(found, &profiles, &heights));
    scene.box_aspect = [1.4, (0.35 * profiles.len() as f32).clamp(0.45, 1.3), 0.8];
    scene.default_view = [(-74.0_f32).to_radians(), 36.0_f32.to_radians()];
    scene.runs = runs;
    scene.keys = BTreeMap::from([("loss".to_owned(), found.tensor.key.to_string())]);
    add_ribbons(&mut scene, found, &profiles, &heights, settings);
    scene.title = match profiles.len() {
        1 => format!(
            "{} along one direction, {}",
            found.own_name(),
            found.run.name
        ),
        count => format!("{} along one direction, {count} profiles", found.own_name()),
    };
    scene.caption = caption(found, &profiles, &heights, left_out);
    Ok(scene)
}

impl Profiles {
    /// All profiles of the same kind.
    fn read(
        found: &FoundGrid,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
    ) -> Result<Self, NotAvailable> {
        let mut members: Vec<FoundGrid> = grids::all(runs, settings)
            .into_iter()
            .filter(|other| !other.is_grid() && other.kind == found.kind)
            .collect();
        if !members
            .iter()
            .any(|other| Arc::ptr_eq(&other.tensor, &found.tensor))
        {
            members = vec![found.clone()];
        }
        let left_out = members.len().saturating_sub(MAX_RIBBONS);
        members.truncate(MAX_RIBBONS);
        let runs: Vec<Arc<Run>> = runs
            .iter()
            .filter(|run| settings.draws_run(&run.id))
            .cloned()
            .collect();
        let profiles = members
            .iter()
            .map(|member| {
                let run = runs.iter().position(|run| run.id == member.run.id);
                let name = name(member, &members, &runs);
                Profile::read(member, name, run.unwrap_or(0) as u32)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            runs,
            profiles,
            left_out,
        })
    }
}

impl Profile {
    fn read(found: &FoundGrid, name: String, run: u32) -> Result<Self, NotAvailable> {
        let points = found.tensor.elements();
        check_nodes(&found.tensor.key, points, MOST_POINTS)?;
        let x = found.x.as_ref().map(|x| read(x)).transpose()?;
        let x = GridCoordinates::new(x, found.tensor.elements());
        let mut values = read(&found.tensor)?;
        if x.reversed {
            values.reverse();
        }
        Ok(Self {
            name,
            run,
            x,
            cleaned: Cleaned::new(values),
        })
    }
}

fn heights(found: &FoundGrid, profiles: &[Profile], settings: &ViewSettings) -> Heights {
    let cleaned: Vec<&Cleaned> = profiles.iter().map(|profile| &profile.cleaned).collect();
    let log_by_default = found.kind == ValueKind::Loss;
    let mut heights = Heights::new(found.value_title(), &cleaned, settings, log_by_default);
    if settings.range(2).is_none() {
        // Lines on the floor must not shine through the lowest point.
        heights = heights.with_room_below(0.06);
        heights.axis = heights.axis.rounded_outward();
    }
    heights
}

fn axes(found: &FoundGrid, profiles: &[Profile], heights: &Heights) -> [Axis; 3] {
    let counted_cells = profiles.iter().any(|profile| profile.x.are_indices);
    let x_title = direction_title(found.x.as_ref(), counted_cells, 0);
    let xs = profiles
        .iter()
        .flat_map(|profile| profile.x.values.iter().copied());
    let names = profiles.iter().map(|profile| profile.name.clone());
    [
        Axis::spanning(x_title, Scale::Linear, xs),
        Axis {
            title: "profile".to_owned(),
            scale: Scale::Category(names.collect()),
            low: -0.6,
            high: profiles.len() as f64 - 0.4,
        },
        heights.axis.clone(),
    ]
}

/// Adds the ribbons with their edges, and the colour bar.
fn add_ribbons(
    scene: &mut Scene,
    found: &FoundGrid,
    profiles: &[Profile],
    heights: &Heights,
    settings: &ViewSettings,
) {
    let map = settings.colours(ColourMap::default());
    let fields: Vec<Field> = profiles
        .iter()
        .enumerate()
        .map(|(index, profile)| ribbon(profile, index, &scene.axes, heights))
        .collect();
    let all = Field {
        x_unit: Vec::new(),
        y_unit: Vec::new(),
        values: fields
            .iter()
            .flat_map(|field| field.values.iter().copied())
            .collect(),
        support: fields
            .iter()
            .flat_map(|field| field.support.iter().copied())
            .collect(),
    };
    let colour_range = colour_range(&all);
    scene.colour_bar = Some(ColourBar {
        axis: heights.between(colour_range),
        map,
    });
    for (profile, field) in profiles.iter().zip(fields) {
        scene.paths.extend(edges(profile, &field));
        let records = records(profile, &field, found.own_name());
        scene.surfaces.push(Surface {
            work: SurfaceWork::Nodes(Arc::new(field)),
            map,
            colour_range,
            shading: settings.shading(),
            contours: None,
            wireframe: false,
            floor_projection: settings.floor(false),
            opacity: settings.opacity(1.0),
            records: Some(records),
        });
    }
}

/// The shortest distinguishing name of a profile: its name, its run, or its key.
fn name(member: &FoundGrid, members: &[FoundGrid], runs: &[Arc<Run>]) -> String {
    let same_name = members
        .iter()
        .filter(|other| other.own_name() == member.own_name());
    let mut same_run = same_name
        .clone()
        .filter(|other| other.run.id == member.run.id);
    let run = runs
        .iter()
        .position(|run| run.id == member.run.id)
        .map(|index| labels_of_runs(runs).swap_remove(index));
    let text = match (same_name.clone().count(), same_run.nth(1)) {
        (0 | 1, _) => member.own_name().to_owned(),
        (_, None) => run.unwrap_or_default(),
        (_, Some(_)) => member.tensor.key.to_string(),
    };
    shortened(&text, 28)
}

/// The start and the end of a text of more than `most` characters.
fn shortened(text: &str, most: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= most {
        return text.to_owned();
    }
    let half = (most - 1) / 2;
    let head: String = characters[..half].iter().collect();
    let tail: String = characters[characters.len() - half..].iter().collect();
    format!("{head}…{tail}")
}

fn ribbon(profile: &Profile, index: usize, axes: &[Axis; 3], heights: &Heights) -> Field {
    let unit = |axis: &Axis, value: f64| axis.unit_from_value(value).unwrap_or(0.0) as f32;
    let x_unit: Vec<f32> = profile
        .x
        .values
        .iter()
        .map(|x| unit(&axes[0], *x))
        .collect();
    let y_unit = [-HALF_WIDTH, HALF_WIDTH]
        .map(|side| unit(&axes[1], index as f64 + side))
        .to_vec();
    let row: Vec<Option<f32>> = profile
        .cleaned
        .values
        .iter()
        .map(|value| heights.unit(*value))
        .collect();
    let twice = || row.iter().chain(&row);
    Field {
        x_unit,
        y_unit,
        values: twice().map(|height| height.unwrap_or(0.0)).collect(),
        support: twice()
            .map(|height| if height.is_some() { 1.0 } else { MISSING })
            .collect(),
    }
}

/// The two long edges of a ribbon.
fn edges(profile: &Profile, field: &Field) -> Vec<Path> {
    let width = field.x_unit.len();
    let mut strips = Vec::new();
    let mut start = None;
    for column in 0..=width {
        let present = column < width && field.is_present(column, 0);
        match (present, start) {
            (true, None) => start = Some(column as u32),
            (false, Some(from)) => {
                strips.push(from..column as u32);
                start = None;
            }
            _ => {}
        }
    }
    field
        .y_unit
        .iter()
        .map(|&y| Path {
            name: profile.name.clone(),
            positions_unit: (0..width)
                .map(|column| [field.x_unit[column], y, field.values[column]])
                .collect(),
            strips: strips.clone(),
            colour: PathColour::Theme,
            width_pt: 0.6,
            series_key: "".into(),
            records: Arc::new([]),
            details: Vec::new(),
            describe: None,
        })
        .collect()
}

fn records(profile: &Profile, field: &Field, value_name: &str) -> NodeRecords {
    let width = field.x_unit.len();
    let positions = field.values.iter().enumerate().map(|(node, value)| {
        [
            field.x_unit[node % width],
            field.y_unit[node / width],
            *value,
        ]
    });
    let values = &profile.cleaned.values;
    NodeRecords {
        positions_unit: positions.collect(),
        rows: vec![profile.name.clone(); 2].into(),
        x: profile.x.values.clone().into(),
        steps: Arc::new([]),
        values: values.iter().chain(values).copied().collect(),
        drawn: None,
        value_name: value_name.to_owned(),
        run_of_row: vec![profile.run; 2].into(),
    }
}

fn caption(found: &FoundGrid, profiles: &[Profile], heights: &Heights, left_out: usize) -> String {
    let scale = heights.scale_text();
    let points: usize = profiles
        .iter()
        .map(|profile| profile.cleaned.values.len())
        .sum();
    Caption::new(format!(
        "{} along one direction: {} with {} in total, {scale}.",
        found.own_name(),
        counted(profiles.len(), "profile"),
        counted(points, "evaluated point"),
    ))
    .sentence_if(
        profiles.iter().any(|profile| profile.x.are_indices),
        || "Coordinates are missing or not monotone: indices are used.",
    )
    .sentences(profiles.iter().take(4).flat_map(|profile| {
        let lowest = lowest_text(profile).filter(|_| found.kind != ValueKind::Accuracy);
        [lowest.unwrap_or_default(), profile.cleaned.holes_text()]
    }))
    .sentence_if(left_out > 0, || {
        format!("{} not shown.", counted_are(left_out, "other profile"))
    })
    .sentence(heights.clipped_text())
    .into_text()
}

fn lowest_text(profile: &Profile) -> Option<String> {
    let points = profile.cleaned.values.iter().zip(&profile.x.values);
    let (value, x) = points
        .filter(|(value, _)| !value.is_nan())
        .min_by(|a, b| a.0.total_cmp(b.0))?;
    Some(format!(
        "Minimum of {}: {} at {}.",
        profile.name,
        format_value(*value),
        format_value(*x)
    ))
}
