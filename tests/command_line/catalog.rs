//! `catalog`: a catalog is opened like the logs that it was built from, and gives the same figures.

use std::{fs, path::Path};

use crate::support::{
    Ended,
    logs::{folder, sweep, write},
    run, run_command, trainscape,
};

fn build(logs: &Path, catalog: &Path, arguments: &[&str]) -> Ended {
    let mut command = trainscape();
    command
        .args(["catalog", "build"])
        .arg(logs)
        .arg("-o")
        .arg(catalog);
    run_command(command.args(arguments))
}

fn render(path: &Path, view: &str, out: &Path) -> Vec<u8> {
    let mut command = trainscape();
    command
        .arg("render")
        .arg(path)
        .args(["--view", view, "--size", "480x360"]);
    command.args(["--adapter", "cpu", "-o"]).arg(out);
    run_command(&mut command).code(0);
    fs::read(out).unwrap()
}

#[test]
fn a_catalog_gives_the_figures_of_its_logs_byte_for_byte() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    sweep(folder.path(), &[0.001, 0.003, 0.01, 0.03], 60);
    // A restart, and rewards of their own.
    let lines = (0..30)
        .chain(20..50)
        .map(|step| format!("{{\"step\": {step}, \"reward\": {}, \"loss\": 1.5, \"lr\": 0.1, \"grad_norm\": {step}}}\n", step % 7));
    write(
        folder.path(),
        "sweep/policy/metrics.jsonl",
        lines.collect::<String>(),
    );
    build(&at("sweep"), &at("catalog"), &[]).code(0);
    // A figure names its input, so that both have the same place when they are drawn.
    let views = [
        "loss-surface",
        "gradient-flow",
        "training-dynamics",
        "reward-landscape",
        "importance",
    ];
    let draw =
        |view: &str, ending: &str| render(&at("sweep"), view, &at(&format!("figure.{ending}")));
    let of_logs = views.map(|view| (draw(view, "png"), draw(view, "svg")));
    fs::rename(at("sweep"), at("logs")).unwrap();
    fs::rename(at("catalog"), at("sweep")).unwrap();
    for (view, of_logs) in views.into_iter().zip(of_logs) {
        assert!((draw(view, "png"), draw(view, "svg")) == of_logs, "{view}");
    }
}

#[test]
fn every_command_opens_a_catalog() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    sweep(folder.path(), &[0.001, 0.003], 40);
    let report = build(&at("sweep"), &at("catalog"), &["--json"])
        .code(0)
        .json();
    assert_eq!(
        (&report["read"], &report["commit"]["runs"]),
        (&2.into(), &2.into())
    );
    let inspect = |path: &Path| {
        let mut json = run([Path::new("inspect"), path, Path::new("--json")])
            .code(0)
            .json();
        let runs = json["runs"].as_array_mut().unwrap();
        for run in runs.iter_mut() {
            let run = run.as_object_mut().unwrap();
            for source in run["sources"].as_array_mut().unwrap() {
                source["path"].take();
            }
        }
        json
    };
    assert_eq!(inspect(&at("sweep")), inspect(&at("catalog")));
    let series = |path: &Path| {
        let mut command = trainscape();
        command.arg("series").arg(path);
        command.args(["--run", "lr-0.003", "--key", "train/loss"]);
        run_command(&mut command).code(0).stdout
    };
    assert_eq!(series(&at("sweep")), series(&at("catalog")));
    let roles = |path: &Path| {
        let mut command = trainscape();
        command.arg("render").arg(path).args([
            "--view",
            "loss-surface",
            "--json",
            "--adapter",
            "cpu",
        ]);
        command
            .args(["--role", "loss=grad_norm/layers.0.mlp.up", "-o"])
            .arg(at("roles.png"));
        run_command(&mut command).code(0).json()["caption"].clone()
    };
    assert_eq!(roles(&at("sweep")), roles(&at("catalog")));
}

#[test]
fn shards_are_built_and_joined() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    sweep(folder.path(), &[0.001, 0.003, 0.01], 10);
    for shard in ["1/2", "2/2"] {
        let ended = build(&at("sweep"), &at("catalog"), &["--shard", shard]).code(0);
        assert!(
            ended.stdout.contains("trainscape catalog commit"),
            "{ended:?}"
        );
    }
    let mut command = trainscape();
    let ended = run_command(command.args(["catalog", "commit"]).arg(at("catalog"))).code(0);
    assert!(ended.stdout.contains("3 runs"), "{ended:?}");
    build(&at("sweep"), &at("catalog"), &["--shard", "3/2"]).code(2);
}

#[test]
fn a_figure_says_which_points_cannot_be_read() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    sweep(folder.path(), &[0.001, 0.003], 40);
    build(&at("sweep"), &at("catalog"), &[]).code(0);
    fs::remove_dir_all(at("catalog/history/key=train%2Floss")).unwrap();
    let mut command = trainscape();
    command.arg("render").arg(at("catalog")).args([
        "--view",
        "loss-surface",
        "--adapter",
        "cpu",
        "-o",
    ]);
    let ended = run_command(command.arg(at("figure.png"))).code(1);
    assert!(
        ended.stderr.contains("key=train%2Floss") && ended.stderr.contains("is missing"),
        "{ended:?}"
    );
    assert!(!at("figure.png").exists());
    let mut command = trainscape();
    command.arg("series").arg(at("catalog"));
    command.args(["--run", "lr-0.001", "--key", "train/loss"]);
    let ended = run_command(&mut command).code(1);
    assert!(
        ended.stdout.is_empty() && ended.stderr.contains("is missing"),
        "{ended:?}"
    );
    // Other figures are drawn.
    render(&at("catalog"), "gradient-flow", &at("figure.png"));
}

#[test]
fn an_address_is_no_folder() {
    let folder = folder();
    sweep(folder.path(), &[0.001], 4);
    let sweep = folder.path().join("sweep");
    for (output, code, word) in [
        ("https://host/catalog", 1, "cannot be written to"),
        ("ssh://host/catalog", 1, "cannot be written to"),
        ("flightsql://host/catalog", 2, "is an engine"),
        ("ftp://host/catalog", 2, "ftp://"),
    ] {
        let ended = build(&sweep, Path::new(output), &[]).code(code);
        assert!(ended.stderr.contains(word), "{ended:?}");
        assert!(!Path::new(output.split('/').next().unwrap()).exists());
    }
}
