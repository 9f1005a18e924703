//! A catalog behind an engine that answers from memory, fails when it is told to, and lies.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use trainscape_run::{Run, announce};
use trainscape_source::{
    Loader, OpenOptions,
    catalog::{Answer, CatalogEngine, Cells, DECIMATED_POINTS, Question},
};

const POINTS: i64 = 5;

/// What the engine does next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Answers,
    Fails,
    /// A point more than the table of series says.
    TooMany,
    /// No run but the first.
    TooFew,
    /// A run fewer than it counts.
    CutsOff,
}

#[derive(Debug)]
struct Engine {
    runs: usize,
    /// Points of each run, which are as long as the summaries say.
    points: i64,
    mood: Mutex<Mood>,
    asked: Mutex<Vec<Question>>,
    answers: AtomicUsize,
}

impl Engine {
    fn new(runs: usize, points: i64) -> Arc<Self> {
        Arc::new(Self {
            runs,
            points,
            mood: Mutex::new(Mood::Answers),
            asked: Mutex::default(),
            answers: AtomicUsize::new(0),
        })
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// The ids of each question for points.
    fn asked_for_points(&self) -> Vec<Vec<Arc<str>>> {
        let asked = self.asked.lock().unwrap();
        let of_points = asked.iter().filter_map(|question| match question {
            Question::Points { runs, .. } => Some(runs.clone()),
            Question::DecimatedPoints { runs, .. } => {
                Some(runs.iter().map(|(id, _)| Arc::clone(id)).collect())
            }
            _ => None,
        });
        of_points.collect()
    }

    fn answer(&self, rows: usize, columns: Vec<(&str, Cells)>) -> Answer {
        let columns = columns
            .into_iter()
            .map(|(name, cells)| (name.to_owned(), cells));
        Answer::new(self.url(), rows, 0, columns.collect())
    }

    fn ids(&self) -> Vec<String> {
        (0..self.runs).map(|run| format!("run-{run}")).collect()
    }

    fn table(&self, question: &Question, mood: Mood) -> Answer {
        let texts = |text: &str| Cells::Texts(vec![Some(text.to_owned()); self.runs]);
        let whole = |value: i64| Cells::Whole(vec![Some(value); self.runs]);
        let numbers = |value: f64| Cells::Numbers(vec![Some(value); self.runs]);
        let ids = || Cells::Texts(self.ids().into_iter().map(Some).collect());
        match question {
            Question::State => self.answer(
                1,
                vec![
                    (
                        "runs",
                        Cells::Whole(vec![Some(
                            self.runs as i64 + i64::from(mood == Mood::CutsOff),
                        )]),
                    ),
                    ("points", Cells::Whole(vec![Some(1)])),
                ],
            ),
            Question::Runs => self.answer(
                self.runs,
                vec![
                    ("run_id", ids()),
                    ("name", ids()),
                    ("path", ids()),
                    ("origin", ids()),
                    ("position", whole(0)),
                    ("fingerprint", texts("f")),
                    ("config", texts("{\"lr\":0.5}")),
                    ("sources", texts("[]")),
                    ("declared_x", texts("{}")),
                    ("media", texts("[]")),
                ],
            ),
            Question::Series => self.answer(
                self.runs,
                vec![
                    ("run_id", ids()),
                    ("key", texts("loss")),
                    ("kind", texts("scalar")),
                    ("role", texts("loss")),
                    ("points", whole(self.points)),
                    ("superseded", whole(0)),
                    ("non_finite", whole(0)),
                    ("first_step", whole(0)),
                    ("first_fractional_step", Cells::Nothing),
                    ("first_wall_time", Cells::Nothing),
                    ("first", numbers(0.0)),
                    ("last_step", whole(self.points - 1)),
                    ("last_fractional_step", Cells::Nothing),
                    ("last_wall_time", Cells::Nothing),
                    ("last", numbers((self.points - 1) as f64)),
                    ("min", numbers(0.0)),
                    ("max", numbers((self.points - 1) as f64)),
                    ("whole_steps", whole(1)),
                    ("first_seen", whole(0)),
                    ("source", whole(0)),
                ],
            ),
            Question::Points { runs, .. } => {
                let runs = match mood {
                    Mood::TooFew => &runs[..1],
                    _ => runs,
                };
                let more = i64::from(mood == Mood::TooMany);
                let places: Vec<i64> = (0..self.points + more).rev().collect();
                self.points(runs, &places)
            }
            Question::DecimatedPoints { runs, .. } => {
                let runs: Vec<Arc<str>> = runs.iter().map(|(id, _)| Arc::clone(id)).collect();
                let mut places: Vec<i64> = (0..DECIMATED_POINTS as i64 - 1).collect();
                places.push(self.points - 1);
                self.points(&runs, &places).with(
                    "points",
                    Cells::Whole(vec![Some(self.points); runs.len() * places.len()]),
                )
            }
            Question::Histograms { .. } => Answer::default(),
        }
    }

    /// The points at some places of each of some runs: their values are their steps.
    fn points(&self, runs: &[Arc<str>], places: &[i64]) -> Answer {
        let cells = || {
            runs.iter()
                .flat_map(|run| places.iter().map(move |at| (run, *at)))
        };
        let ids = cells().map(|(run, _)| Some(run.to_string())).collect();
        let whole = || Cells::Whole(cells().map(|(_, at)| Some(at)).collect());
        let rows = runs.len() * places.len();
        self.answer(
            rows,
            vec![
                ("RUN_ID", Cells::Texts(ids)),
                ("position", whole()),
                ("step", whole()),
                ("fractional_step", Cells::Nothing),
                ("wall_time", Cells::Nothing),
                (
                    "value",
                    Cells::Numbers(cells().map(|(_, at)| Some(at as f64)).collect()),
                ),
                ("restart", Cells::Whole(vec![Some(0); rows])),
            ],
        )
    }
}

impl CatalogEngine for Engine {
    fn url(&self) -> &Path {
        Path::new("flightsql://lab/catalog")
    }

    fn ask(
        &self,
        question: &Question,
        take: &mut dyn FnMut(&Answer) -> bool,
    ) -> Result<(), String> {
        self.asked.lock().unwrap().push(question.clone());
        let mood = *self.mood.lock().unwrap();
        if mood == Mood::Fails {
            return Err("the engine is gone: start it again".to_owned());
        }
        self.answers.fetch_add(1, Ordering::Relaxed);
        take(&Answer::default());
        match take(&self.table(question, mood)) {
            true => Ok(()),
            false => Err("cancelled".to_owned()),
        }
    }
}

/// Engines are opened by functions: each test has one of its own.
macro_rules! opened {
    ($engine:expr) => {{
        static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
        let engine = Arc::clone(ENGINE.get_or_init(|| $engine));
        let options = OpenOptions {
            engine: Some(|_| Ok(Arc::clone(ENGINE.get().unwrap()) as _)),
            ..OpenOptions::default()
        };
        let path = PathBuf::from("flightsql://lab/catalog");
        (engine, Loader::open(&[path], options).unwrap())
    }};
}

fn runs(loader: &mut Loader) -> Vec<Arc<Run>> {
    loader.read_to_end();
    assert_eq!(loader.failure(), None);
    loader.snapshot().runs.clone()
}

fn values(run: &Run) -> Vec<f64> {
    run.series["loss"].iter().map(|point| point.value).collect()
}

/// Polls until the snapshot is another one.
fn next_runs(loader: &mut Loader) -> Vec<Arc<Run>> {
    let before = loader.snapshot().generation;
    let begun = Instant::now();
    loop {
        loader.poll(None);
        let snapshot = loader.snapshot();
        if snapshot.generation > before {
            return snapshot.runs.clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "nothing changes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_runs_that_are_drawn_are_read_together() {
    let (engine, mut loader) = opened!(Engine::new(4, POINTS));
    let runs = runs(&mut loader);
    assert_eq!(runs.len(), 4);
    assert_eq!(runs[0].config["lr"].as_f64(), Some(0.5));
    assert_eq!(engine.asked_for_points(), Vec::<Vec<Arc<str>>>::new());
    let announced = announce(&runs, |run| &*run.id != "run-3").unwrap();
    assert!(announced.decimated.is_empty());
    for run in &announced.runs[..3] {
        assert_eq!(values(run), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(run.load_error(), None);
    }
    let together: Vec<Arc<str>> = vec!["run-0".into(), "run-1".into(), "run-2".into()];
    assert_eq!(engine.asked_for_points(), std::slice::from_ref(&together));
    // What is in memory is not read again with another one.
    let _all = announce(&runs, |_| true).unwrap();
    assert_eq!(values(&runs[3]).len(), 5);
    assert_eq!(engine.asked_for_points(), [together, vec!["run-3".into()]]);
}

#[test]
fn what_could_not_be_read_is_read_when_the_engine_answers_again() {
    let (engine, mut loader) = opened!(Engine::new(2, POINTS));
    let before = runs(&mut loader);
    assert_eq!(values(&before[0]).len(), 5);
    engine.set(Mood::Fails);
    assert!(values(&before[1]).is_empty());
    let text = before[1].load_error().unwrap();
    assert!(text.contains("start it again"), "{text}");
    // The runs stay while the engine is gone, and what is in memory stays when it is back.
    let told = next_runs(&mut loader);
    assert_eq!(told.len(), 2);
    let warnings = loader.snapshot().warnings.clone();
    assert!(warnings[0].contains("shown as they were"), "{warnings:?}");
    engine.set(Mood::Answers);
    let after = next_runs(&mut loader);
    assert!(loader.snapshot().warnings.is_empty());
    assert!(Arc::ptr_eq(
        &before[0].series["loss"],
        &after[0].series["loss"]
    ));
    assert_eq!(values(&after[1]), [0.0, 1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn an_engine_that_never_answered_is_a_failure_of_one_sentence() {
    let (engine, mut loader) = opened!({
        let engine = Engine::new(2, POINTS);
        engine.set(Mood::Fails);
        engine
    });
    loader.read_to_end();
    assert_eq!(loader.failure(), Some("the engine is gone: start it again"));
    engine.set(Mood::Answers);
    assert_eq!(next_runs(&mut loader).len(), 2);
    assert_eq!(loader.failure(), None);
}

#[test]
fn an_answer_that_is_cut_off_is_no_smaller_catalog() {
    let (_engine, mut loader) = opened!({
        let engine = Engine::new(2, POINTS);
        engine.set(Mood::CutsOff);
        engine
    });
    loader.read_to_end();
    let text = loader.failure().unwrap();
    assert!(text.contains("fewer or more runs than it counts"), "{text}");
}

#[test]
fn answers_that_are_not_what_was_summarised_are_refused() {
    let (engine, mut loader) = opened!(Engine::new(3, POINTS));
    let runs = runs(&mut loader);
    let _drawn = announce(&runs, |_| true).unwrap();
    engine.set(Mood::TooMany);
    assert!(values(&runs[0]).is_empty());
    let text = runs[0].load_error().unwrap();
    assert!(
        text.contains("other points than its table of series says"),
        "{text}"
    );
    engine.set(Mood::TooFew);
    assert_eq!(
        values(&runs[1]).len(),
        5,
        "the first of those that are asked for"
    );
    assert_eq!(runs[1].load_error(), None);
    let text = (values(&runs[2]).len(), runs[2].load_error());
    assert_eq!(text, (5, None), "it is asked for by itself");
}

#[test]
fn many_long_runs_are_decimated_by_the_engine() {
    let (engine, mut loader) = opened!(Engine::new(3, 600_000));
    let runs = runs(&mut loader);
    let one = announce(&runs, |run| &*run.id == "run-0").unwrap();
    assert!(
        one.decimated.is_empty(),
        "600,000 points are read as they are"
    );
    let all = announce(&runs, |_| true).unwrap();
    assert_eq!(all.decimated, [("loss".into(), 1_800_000)]);
    let series = &all.runs[2].series["loss"];
    assert_eq!(
        (series.len(), runs[2].series["loss"].len()),
        (DECIMATED_POINTS, 600_000)
    );
    let last = series.iter().last().unwrap();
    assert_eq!(
        (last.value, series.iter().count()),
        (599_999.0, DECIMATED_POINTS)
    );
    assert_eq!(all.runs[2].load_error(), None);
    let again = announce(&runs, |_| true).unwrap();
    assert!(
        Arc::ptr_eq(series, &again.runs[2].series["loss"]),
        "it is read once"
    );
    assert_eq!(engine.asked_for_points().len(), 1);
}
