//! `recorder`: writes the recorder of the Python package as one file.

use std::path::PathBuf;

use super::{console, outcome::Outcome};

/// The modules of the package that record, each after those it imports from.
const MODULES: [&str; 6] = [
    include_str!("../python/src/trainscape/_values.py"),
    include_str!("../python/src/trainscape/_files.py"),
    include_str!("../python/src/trainscape/_buffer.py"),
    include_str!("../python/src/trainscape/_gradients.py"),
    include_str!("../python/src/trainscape/_landscape.py"),
    include_str!("../python/src/trainscape/recorder.py"),
];
const HEAD: &str = concat!(
    "# The recorder of Trainscape ",
    env!("CARGO_PKG_VERSION"),
    ", written by `trainscape recorder`. Put it beside the training script:\n",
    "# from recorder import Recorder\n\n",
);
const FUTURE: &str = "from __future__ import annotations\n";

#[derive(Debug, clap::Args)]
pub(super) struct RecorderArgs {
    /// File to write; by default standard output.
    #[arg(short, long, value_name = "F.py")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &RecorderArgs) -> anyhow::Result<Outcome> {
    let text = one_file(&MODULES);
    match &args.output {
        Some(path) => trainscape_export::write_output(path, text.as_bytes())?,
        None => console::print_data(text.as_bytes())?,
    }
    Ok(Outcome::Done)
}

/// The modules as one, without what they import from each other.
fn one_file(modules: &[&str]) -> String {
    let mut text = HEAD.to_owned() + FUTURE;
    for module in modules {
        // The text from the package's first import to its end, which is a line or ends with a parenthesis.
        let mut is_import = false;
        for line in module.split_inclusive('\n') {
            let starts = line.starts_with("from trainscape.");
            let is_of_the_package = is_import || starts;
            if starts {
                is_import = line.trim_end().ends_with('(');
            } else if is_import && line.trim_end() == ")" {
                is_import = false;
            }
            if !is_of_the_package && line != FUTURE {
                text.push_str(line);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_of_the_package_are_left_out() {
        let module = "import os\nfrom trainscape._a import b\nfrom trainscape._c import (\n    d,\n)\nx = (\n    1,\n)\n";
        let text = one_file(&[&format!("{FUTURE}{module}"), "y = x\n"]);
        let code = text.strip_prefix(HEAD).expect("it starts with its head");
        assert_eq!(
            code,
            format!("{FUTURE}import os\nx = (\n    1,\n)\ny = x\n")
        );
        let whole = one_file(&MODULES);
        assert!(!whole.contains("\nfrom trainscape.") && whole.contains("class Recorder:"));
    }
}
