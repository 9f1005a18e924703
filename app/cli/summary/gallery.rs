//! The page of a summary: a picture of each view with its caption and files, and the table of runs. It has no script and
//! reads nothing but the files beside it.

use std::{collections::BTreeMap, fmt::Write as _, io::Read as _, path::Path, sync::Arc};

use trainscape_export::{Exporter, SummaryUse};
use trainscape_run::{Role, Run};
use trainscape_source::open_regular_file;

use super::steps::number;

/// Rows of the table.
const MOST_RUNS: usize = 1000;
/// Columns of configuration values that differ.
const MOST_VALUES: usize = 8;
/// Roles whose last value has a column.
const METRICS: [(Role, &str); 4] = [
    (Role::Loss, "Loss"),
    (Role::ValidationLoss, "Validation loss"),
    (Role::Reward, "Reward"),
    (Role::Accuracy, "Accuracy"),
];
/// By which a page is known again.
const GENERATOR: &str = r#"<meta name="generator" content="Trainscape summary">"#;
const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; frame-src 'self' file:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
:root { --text: #1b2027; --muted: #5a6472; --page: #f6f7f9; --card: #fff; --line: #d5d9e0; --link: #1f5fbf }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ee; --muted: #9aa4b2; --page: #14171c; --card: #1d2128; --line: #323843; --link: #7fb0ff }
}
body { margin: 0 auto; max-width: 1500px; padding: 24px; font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page) }
h1 { font-size: 22px; margin: 0 0 4px } h2 { font-size: 17px; margin: 0 }
a { color: var(--link) } p { margin: 6px 0; color: var(--muted) } .failure { color: var(--text) }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(420px, 100%), 1fr)); gap: 18px; margin: 18px 0 }
figure { margin: 0; padding: 14px; background: var(--card); border: 1px solid var(--line); border-radius: 8px }
img { width: 100%; height: auto; display: block; margin: 8px 0; background: #fff; border-radius: 4px }
iframe { width: 100%; aspect-ratio: 4 / 3; border: 0 }
figcaption { color: var(--muted); font-size: 13px; overflow-wrap: anywhere }
.runs { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums }
th, td { padding: 6px 12px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child, td:first-child { text-align: left }
</style>
"#;

/// Whether a file is the page of a summary.
pub(super) fn is_page(path: &Path) -> bool {
    let most = (HEAD.len() + GENERATOR.len()) as u64;
    let mut start = Vec::new();
    let read = open_regular_file(path).and_then(|file| file.take(most).read_to_end(&mut start));
    read.is_ok() && String::from_utf8_lossy(&start).contains(GENERATOR)
}

/// A view that was drawn.
pub(super) struct Shown {
    pub(super) title: &'static str,
    pub(super) caption: String,
    /// Each file that was written, relative to the page.
    pub(super) files: Vec<(&'static dyn Exporter, String)>,
}

impl Shown {
    /// The names of the files.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.files.iter().map(|(_, name)| name.as_str()).collect();
        names.join(", ")
    }

    fn file_for(&self, wanted: SummaryUse) -> Option<&str> {
        let mut files = self.files.iter();
        let found = files.find(|(exporter, _)| exporter.summary_use() == Some(wanted))?;
        Some(&found.1)
    }

    fn write_html(&self, html: &mut String) {
        let title = escaped(self.title);
        let _ = writeln!(html, "<figure>\n<h2>{title}</h2>");
        if let Some(picture) = self.file_for(SummaryUse::Thumbnail) {
            let name = escaped(picture);
            let _ = writeln!(
                html,
                r#"<a href="{name}"><img src="{name}" alt="{title}" loading="lazy"></a>"#
            );
        }
        if let Some(live) = self.file_for(SummaryUse::Live) {
            let name = escaped(live);
            let _ = writeln!(
                html,
                r#"<details><summary>Turn it in 3D</summary><iframe src="{name}" title="{title}" loading="lazy" sandbox="allow-scripts"></iframe></details>"#
            );
        }
        let _ = writeln!(html, "<figcaption>{}<br>", escaped(&self.caption));
        for (exporter, name) in &self.files {
            let _ = writeln!(
                html,
                r#"<a href="{}">{}</a> "#,
                escaped(name),
                escaped(exporter.name())
            );
        }
        html.push_str("</figcaption>\n</figure>\n");
    }
}

/// What the page shows.
pub(super) struct Gallery<'a> {
    runs: &'a [Arc<Run>],
    step: Option<f64>,
    pub(super) figures: Vec<Shown>,
    /// A sentence for each view that could not be drawn.
    pub(super) failures: Vec<String>,
}

impl<'a> Gallery<'a> {
    pub(super) fn new(runs: &'a [Arc<Run>], step: Option<f64>) -> Self {
        Self {
            runs,
            step,
            figures: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// The page.
    pub(super) fn html(&self) -> String {
        let name = match self.runs {
            [run] => run.name.to_string(),
            runs => format!("{} runs", runs.len()),
        };
        let name = escaped(&name);
        let mut html = HEAD.to_owned();
        let at = self
            .step
            .map_or(String::new(), |step| format!("At step {step}. "));
        let _ = writeln!(
            html,
            "{GENERATOR}\n<title>{name}</title>\n</head>\n<body>\n<h1>{name}</h1>\n<p>{at}Drawn by Trainscape {}.</p>",
            env!("CARGO_PKG_VERSION")
        );
        for failure in &self.failures {
            let _ = writeln!(html, r#"<p class="failure">{}</p>"#, escaped(failure));
        }
        html.push_str("<main>\n");
        for figure in &self.figures {
            figure.write_html(&mut html);
        }
        html.push_str("</main>\n");
        self.write_table(&mut html);
        html.push_str("</body>\n</html>\n");
        html
    }

    fn write_table(&self, html: &mut String) {
        let last = |run: &Run, role| {
            let series = run.series_with_role(role);
            series.first().and_then(|series| series.last())
        };
        let metrics = METRICS.iter();
        let metrics: Vec<_> = metrics
            .filter(|(role, _)| self.runs.iter().any(|run| last(run, *role).is_some()))
            .collect();
        let values = self.differing_values();
        html.push_str("<div class=\"runs\"><table>\n<tr><th>Run</th><th>Step</th><th>Points</th>");
        let titles = metrics
            .iter()
            .map(|(_, title)| *title)
            .chain(values.iter().copied());
        for title in titles {
            let _ = write!(html, "<th>{}</th>", escaped(title));
        }
        html.push_str("</tr>\n");
        for run in self.runs.iter().take(MOST_RUNS) {
            let steps = run.series.values().filter_map(|series| series.last());
            let step = steps.map(|point| number(point.step)).reduce(f64::max);
            let step = step.map_or(String::new(), |step| step.to_string());
            let _ = write!(
                html,
                "<tr><td>{}</td><td>{step}</td><td>{}</td>",
                escaped(&run.name),
                run.points()
            );
            for (role, _) in &metrics {
                let value = last(run, *role).map_or(String::new(), |point| six_digits(point.value));
                let _ = write!(html, "<td>{value}</td>");
            }
            for key in &values {
                let value = run.config.get(*key).map(ToString::to_string);
                let _ = write!(html, "<td>{}</td>", escaped(&value.unwrap_or_default()));
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</table></div>\n");
        if self.runs.len() > MOST_RUNS {
            let _ = writeln!(
                html,
                "<p>The table has the first {MOST_RUNS} of {} runs.</p>",
                self.runs.len()
            );
        }
    }

    /// Keys of the configuration whose values differ between runs.
    fn differing_values(&self) -> Vec<&str> {
        let mut seen: BTreeMap<&str, (String, bool)> = BTreeMap::new();
        for run in self.runs.iter().take(MOST_RUNS) {
            for (key, value) in run.config.iter() {
                let text = value.to_string();
                match seen.get_mut(key.as_str()) {
                    Some((first, differs)) => *differs |= *first != text,
                    None => {
                        seen.insert(key.as_str(), (text, false));
                    }
                }
            }
        }
        let differing = seen.into_iter().filter(|(_, (_, differs))| *differs);
        differing.map(|(key, _)| key).take(MOST_VALUES).collect()
    }
}

fn six_digits(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e6).contains(&size) {
        let text = format!("{value:.5}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    format!("{value:.4e}")
}

/// Text in HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
