//! The colours of runs in lists and on the timeline: those that the figure of the focused tile gives them.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Weak},
};

use trainscape_run::Run;
use trainscape_scene::{
    Scene,
    colour::{Colour, run_colour},
    scene::{CloudWork, PathColour},
};

/// Points of a cloud that are asked for their runs: a cloud of more shows rows of a matrix rather than runs.
const MOST_POINTS: usize = 10_000;
/// Of runs that are not in a figure whose colours show something else than the runs.
const NOT_IN_FIGURE: Colour = Colour::hex(0x848c94);

/// The colour of each run of a snapshot.
#[derive(Default)]
pub(crate) struct RunColours {
    /// The scene that they were found in; not kept alive by them.
    scene: Weak<Scene>,
    generation: u64,
    /// Runs whose colour in the figure is not that of their index.
    of_figure: HashMap<usize, Colour>,
    /// The figure's colours are its own, so that a run outside of it has none of them.
    has_own_colours: bool,
}

impl RunColours {
    /// Takes the colours of a scene.
    pub(crate) fn update(
        &mut self,
        scene: Option<&Arc<Scene>>,
        runs: &[Arc<Run>],
        generation: u64,
    ) {
        let is_same = match scene {
            Some(scene) => std::ptr::eq(self.scene.as_ptr(), Arc::as_ptr(scene)),
            // While another scene is built, the colours stay.
            None => true,
        };
        if is_same && self.generation == generation {
            return;
        }
        let kept = scene.cloned().or_else(|| self.scene.upgrade());
        let found = kept.as_deref().map(colours_in).unwrap_or_default();
        let of_runs = runs.iter().enumerate().filter_map(|(index, run)| {
            let colour = *found.get(run.id.as_ref())?;
            Some((index, colour?))
        });
        let of_figure: HashMap<usize, Colour> = of_runs.collect();
        self.has_own_colours = of_figure
            .iter()
            .any(|(index, colour)| *colour != run_colour(*index));
        self.of_figure = of_figure;
        self.generation = generation;
        self.scene = kept.as_ref().map(Arc::downgrade).unwrap_or_default();
    }

    /// The colour of the run with this index.
    pub(crate) fn of(&self, index: usize) -> Colour {
        match self.of_figure.get(&index) {
            Some(colour) => *colour,
            None if self.has_own_colours => NOT_IN_FIGURE,
            None => run_colour(index),
        }
    }
}

/// A run of two colours has none.
fn add_to<'a>(found: &mut HashMap<&'a str, Option<Colour>>, run: &'a str, colour: Colour) {
    let known = found.entry(run).or_insert(Some(colour));
    if *known != Some(colour) {
        *known = None;
    }
}

/// The one colour that a scene draws each run in, by the run's id; `None` for a run of several colours.
fn colours_in(scene: &Scene) -> HashMap<&str, Option<Colour>> {
    let mut found: HashMap<&str, Option<Colour>> = HashMap::new();
    for path in &scene.paths {
        if let (PathColour::Solid(colour), Some(mean)) = (&path.colour, &path.describe) {
            for run in mean.runs() {
                add_to(&mut found, run, colour.with_opacity(1.0));
            }
        }
    }
    let averaged: HashSet<&str> = found.keys().copied().collect();
    for path in &scene.paths {
        let (PathColour::Solid(colour) | PathColour::Outlined(colour)) = &path.colour else {
            continue;
        };
        // The pale line of an averaged run has the colour of its mean.
        let run = scene.run_of_path(path);
        if let Some(run) = run.filter(|run| !averaged.contains(run)) {
            add_to(&mut found, run, colour.with_opacity(1.0));
        }
    }
    let of_lines: HashSet<&str> = found.keys().copied().collect();
    let mut add = |run, colour| add_to(&mut found, run, colour);
    let ids: HashMap<&str, &str> = scene
        .runs
        .iter()
        .map(|run| (run.id.as_ref(), run.id.as_ref()))
        .collect();
    for cloud in &scene.clouds {
        let (Some(records), CloudWork::Points(points)) = (&cloud.records, &cloud.work) else {
            continue;
        };
        if points.len() > MOST_POINTS {
            continue;
        }
        for (index, point) in points.iter().enumerate() {
            let mark = records.mark(index);
            let run = mark.and_then(|mark| ids.get(mark.run.as_ref()).copied());
            // Dots beside a line have a paler colour than the line, which stands for the run.
            if let Some(run) = run.filter(|run| !of_lines.contains(run)) {
                add(run, cloud.colour.of(point));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path as FilePath;

    use trainscape_scene::{
        axis::{Axis, Scale},
        scene::{Cloud, CloudColour, CloudPoint, CloudSize, Describe, Mark, Path, RecordRef},
    };

    use super::*;

    fn run(id: &str) -> Arc<Run> {
        Arc::new(Run::new(id, id, FilePath::new(id).into()))
    }

    fn line(run: u32, colour: Colour) -> Path {
        Path {
            name: String::new(),
            positions_unit: vec![[0.0; 3]].into(),
            strips: Path::unbroken(1),
            colour: PathColour::Solid(colour),
            width_pt: 1.0,
            series_key: "loss".into(),
            records: vec![RecordRef { run, index: 0 }].into(),
            details: Vec::new(),
            describe: None,
        }
    }

    /// Points of a run.
    #[derive(Debug)]
    struct OfRun(Arc<str>);

    impl Describe for OfRun {
        fn lines(&self, _: usize) -> Vec<(String, String)> {
            Vec::new()
        }

        fn mark(&self, _: usize) -> Option<Mark> {
            Some(Mark {
                run: Arc::clone(&self.0),
                step: None,
                row: None,
            })
        }
    }

    fn dot(run: &str, colour: Colour) -> Cloud {
        Cloud {
            name: String::new(),
            work: CloudWork::Points(vec![CloudPoint::from_rgb([0.5; 3], colour.rgb)].into()),
            colour: CloudColour::Rgb,
            size: CloudSize::Constant(1.0),
            floor_projection: false,
            opacity: 1.0,
            records: Some(Arc::new(OfRun(run.into()))),
            steps: Arc::new([]),
        }
    }

    #[test]
    fn runs_have_the_colours_of_the_figure() {
        let runs: Vec<Arc<Run>> = ["a", "b", "c"].map(run).into();
        let [first, second] = [Colour::hex(0x102030), Colour::hex(0x405060)];
        let mut scene = Scene::new(
            ["x", "y", "z"].map(|title| Axis::spanning(title, Scale::Linear, [0.0, 1.0])),
        );
        scene.runs = vec![Arc::clone(&runs[2]), Arc::clone(&runs[0])];
        scene.paths = vec![line(0, first), line(1, second)];
        let mut colours = RunColours::default();
        assert_eq!(colours.of(1), run_colour(1));
        colours.update(Some(&Arc::new(scene.clone())), &runs, 1);
        let of = |colours: &RunColours| [0, 1, 2].map(|index| colours.of(index));
        assert_eq!(of(&colours), [second, NOT_IN_FIGURE, first]);
        // A dot shows the colour of a run that has no line, and not that of one that has.
        let mut with_dots = scene.clone();
        with_dots.runs.push(Arc::clone(&runs[1]));
        with_dots.clouds = vec![dot("a", first), dot("b", second)];
        colours.update(Some(&Arc::new(with_dots)), &runs, 1);
        assert_eq!(of(&colours), [second, second, first]);
        // Lines of several colours show something else than their run.
        scene.paths.push(line(1, first));
        colours.update(Some(&Arc::new(scene)), &runs, 1);
        assert_eq!(colours.of(0), NOT_IN_FIGURE);
    }
}
