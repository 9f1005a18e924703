//! Prints the statements of each kind of question, a name and a statement on each line, for tests that run them.
//!
//! usage: statements TABLES PATH KEY HISTOGRAM BUCKETS RUN...

use trainscape_engine::{EngineUrl, questions, statements};

#[allow(clippy::print_stdout, reason = "its output is what it is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [tables, path, key, histogram, buckets, runs @ ..] = arguments.as_slice() else {
        return Err("usage: statements TABLES PATH KEY HISTOGRAM BUCKETS RUN...".into());
    };
    let url = EngineUrl::parse(&format!("flightsql://localhost/{path}?tables={tables}"))?;
    let runs: Vec<(&str, u64)> = runs.iter().map(|id| (id.as_str(), 0)).collect();
    for (name, question) in questions(key, histogram, &runs, buckets.parse()?) {
        for statement in statements(&question, &url) {
            println!("{name}\t{statement}");
        }
    }
    Ok(())
}
