//! Small logs in the styles of run folders that strangers published.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{fs, path::Path, sync::Arc};

use common::{points_of_only_run, points_of_run};
use trainscape_run::Snapshot;

/// Writes files, each with its path below the folder, and reads the folder.
fn read(files: &[(&str, &str)]) -> Arc<Snapshot> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    common::read(folder.path())
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.runs.iter().map(|run| &*run.id).collect()
}

#[test]
fn a_step_of_0_after_a_larger_one_is_the_first_of_another_counter() {
    let snapshot = read(&[(
        "metrics.csv",
        "epoch,step,train_loss,pesq_step\n0,49,0.9,\n0,99,0.8,\n,0,,5.0\n,1,,5.5\n",
    )]);
    let series = points_of_only_run(&snapshot);
    assert_eq!(series["pesq_step"], [(0.0, 5.0), (1.0, 5.5)]);
    assert_eq!(series["train_loss"], [(49.0, 0.9), (99.0, 0.8)]);
}

#[test]
fn seeds_are_no_steps() {
    let snapshot = read(&[
        (
            "submission.json",
            r#"{"name": "x", "seeds": {"0": {"val_loss": 1.5}, "42": {"val_loss": 1.25}}}"#,
        ),
        ("log.csv", "step,loss\n1,2\n2,1\n"),
    ]);
    assert_eq!(ids(&snapshot).len(), 1);
    assert!(!points_of_only_run(&snapshot).contains_key("val_loss"));
}

#[test]
fn cells_in_quotation_marks_hold_line_ends() {
    let snapshot = read(&[(
        "progress.csv",
        "step,info,loss\n1,\"[1.0\n 2.0]\",3\n2,\"[1.5\n 2.5]\",2\n",
    )]);
    assert_eq!(
        points_of_only_run(&snapshot)["loss"],
        [(1.0, 3.0), (2.0, 2.0)]
    );
    assert_eq!(snapshot.runs[0].sources[0].records, 2);
}

#[test]
fn what_a_program_prints_is_no_table_because_of_a_comma() {
    let rows: String = (1..9)
        .map(|batch| format!("INFO:root:Epoch[0] Batch [{batch}]\tTrain-accuracy=0.{batch}\n"))
        .collect();
    let head = "nohup: ignoring input\nINFO:root:Namespace(depth=50, gpus='0,1,2', lr=0.1)\n";
    let snapshot = read(&[("resnet.log", &format!("{head}{rows}"))]);
    assert_eq!(points_of_only_run(&snapshot)["Train-accuracy"].len(), 8);
}

#[test]
fn short_lists_in_rows_are_series_and_long_ones_are_told() {
    let long = vec!["1"; 40].join(",");
    let row = |epoch: i64| {
        format!(
            "{{\"epoch\": {epoch}, \"loss\": 1, \"ap\": [0.5, 0.{epoch}], \"ids\": [{long}]}}\n"
        )
    };
    let snapshot = read(&[("log.txt", &format!("{}{}{}", row(1), row(2), row(3)))]);
    let series = points_of_only_run(&snapshot);
    assert_eq!(series["ap[1]"], [(1.0, 0.1), (2.0, 0.2), (3.0, 0.3)]);
    assert_eq!(series.len(), 4, "{:?}", series.keys());
    let note = &snapshot.runs[0].sources[0].note;
    assert!(note.contains("`ids`"), "{note}");
}

#[test]
fn two_quantities_of_one_name_are_two_series() {
    let rows: String = (0..20)
        .map(|step| format!("{{\"step\": {step}, \"loss\": {}}}\n", 100 - step))
        .collect();
    let snapshot = read(&[
        ("metrics.jsonl", &rows),
        ("epochs.csv", "epoch,loss\n0,7.5\n1,6.5\n2,5.5\n3,4.5\n"),
    ]);
    let lens: Vec<usize> = snapshot
        .runs
        .iter()
        .flat_map(|run| run.series.iter())
        .filter(|(key, _)| key.ends_with("loss"))
        .map(|(_, series)| series.len())
        .collect();
    assert_eq!(lens, [4, 20]);
}

#[test]
fn many_json_rows_at_advancing_steps_are_a_log_whatever_the_keys_are() {
    let rows: Vec<String> = (0..30)
        .map(|row| {
            format!(
                "{{\"env_step\": {}, \"rew\": {row}, \"rew_std\": 1}}",
                row * 1000
            )
        })
        .collect();
    let snapshot = read(&[("Hopper/result.json", &format!("[{}]", rows.join(", ")))]);
    let series = points_of_only_run(&snapshot);
    assert_eq!(series["rew"][2], (2000.0, 2.0));
}

fn named(snapshot: &Snapshot) -> Vec<(String, String)> {
    let runs = snapshot.runs.iter();
    runs.map(|run| {
        (
            run.name.to_string(),
            format!("{:?}", run.config.get("seed")),
        )
    })
    .collect()
}

#[test]
fn a_table_of_many_runs_is_one_run_for_each_environment_and_seed() {
    let mut blocks = "run_id,env,seed,agent,step,reward\n".to_owned();
    let mut interleaved = blocks.clone();
    let row = |env: &str, seed: i64, step: i64| {
        format!(
            "{env}{seed}x,{env},{seed},SAC,{step},{}\n",
            step * 10 + seed
        )
    };
    let runs = [("Ant", 0), ("Ant", 1), ("Hopper", 0)];
    for (env, seed) in runs {
        blocks.extend((1..=3).map(|step| row(env, seed, step)));
    }
    for step in 1..=3 {
        interleaved.extend(runs.map(|(env, seed)| row(env, seed, step)));
    }
    for text in [blocks, interleaved] {
        let snapshot = read(&[("sac.csv", &text)]);
        let expected = [
            ("Ant, seed=0", 0),
            ("Ant, seed=1", 1),
            ("Hopper, seed=0", 0),
        ];
        let expected = expected.map(|(name, seed)| (name.to_owned(), format!("Some(Int({seed}))")));
        assert_eq!(named(&snapshot), expected);
        let second = points_of_run(&snapshot, "Ant, seed=1");
        assert_eq!(second["reward"], [(1.0, 11.0), (2.0, 21.0), (3.0, 31.0)]);
        assert!(!second.contains_key("seed"));
        let config = &snapshot.runs[0].config;
        assert_eq!(config["agent"].to_string(), "SAC");
    }
}

#[test]
fn a_table_of_one_run_has_its_seed_as_configuration() {
    let snapshot = read(&[("log.csv", "seed,step,loss\n7,1,3\n7,2,2\n7,3,1\n")]);
    assert_eq!(points_of_only_run(&snapshot)["loss"].len(), 3);
    assert_eq!(snapshot.runs[0].config["seed"].as_f64(), Some(7.0));
    assert!(!points_of_only_run(&snapshot).contains_key("seed"));
}

#[test]
fn a_table_of_many_runs_that_grows_is_read_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let start = "seed,step,loss\n1,1,3\n1,2,2\n2,1,5\n2,2,4\n";
    fs::write(&path, format!("{start}2,3,3")).unwrap();
    let mut loader = common::open(folder.path());
    loader.read_to_end();
    let last = |snapshot: &Snapshot| points_of_run(snapshot, "seed=2")["loss"].last().copied();
    assert_eq!(last(&loader.snapshot()), Some((3.0, 3.0)));
    fs::write(&path, format!("{start}2,3,3.5\n3,1,9\n")).unwrap();
    loader.read_to_end();
    assert_eq!(last(&loader.snapshot()), Some((3.0, 3.5)));
    assert_eq!(ids(&loader.snapshot()), ["seed=1", "seed=2", "seed=3"]);
}

#[test]
fn json_rows_of_several_agents_are_several_runs() {
    let mut rows = Vec::new();
    for agent in ["PPO", "SAC"] {
        rows.extend(
            (0..20).map(|row| {
                format!("{{\"env_step\": {row}, \"rew\": {row}, \"Agent\": \"{agent}\"}}")
            }),
        );
    }
    let snapshot = read(&[("result.json", &format!("[{}]", rows.join(",")))]);
    assert_eq!(ids(&snapshot), ["PPO", "SAC"]);
    assert_eq!(points_of_run(&snapshot, "SAC")["rew"].len(), 20);
    assert_eq!(snapshot.runs[1].config["Agent"].to_string(), "SAC");
}

#[test]
fn progress_and_evaluation_of_one_training_are_one_run() {
    let snapshot = read(&[
        (
            "ddpg_s1/progress.txt",
            "Epoch\tAverageEpRet\n1\t2.0\n2\t3.0\n",
        ),
        ("ddpg_s1/eval.txt", "Epoch\tAverageEpRet\n2\t5.0\n"),
    ]);
    let series = points_of_only_run(&snapshot);
    assert_eq!(series["AverageEpRet"].len(), 2);
    assert_eq!(series["eval/AverageEpRet"], [(2.0, 5.0)]);
}

#[test]
fn logs_that_share_only_their_times_are_those_of_one_run() {
    let snapshot = read(&[
        (
            "stats.jsonl",
            "{\"Loss/D/loss\": 1, \"timestamp\": 1600000000}\n{\"Loss/D/loss\": 2, \"timestamp\": 1600000010}\n",
        ),
        (
            "metric-fid.jsonl",
            "{\"results\": {\"fid\": 30}, \"total_time\": 5, \"timestamp\": 1600000005}\n",
        ),
    ]);
    assert_eq!(ids(&snapshot).len(), 1);
}

#[test]
fn a_table_of_swept_settings_is_a_table_of_runs_whatever_its_name_is() {
    let table = "test_loss,epochs,batch_size,heads,weight_decay,learning_rate\n\
                 5.5,400,128,4,0.1,0.001\n5.25,400,128,8,0.1,0.001\n5.0,400,64,8,0.1,0.001\n";
    let snapshot = read(&[
        ("results_a.csv", table),
        ("results_b.csv", table.trim_end()),
    ]);
    assert_eq!(ids(&snapshot).len(), 6);
    assert_eq!(ids(&snapshot)[1], "results_a/row 2");
    let run = &snapshot.runs[1];
    assert_eq!(run.config["heads"].as_f64(), Some(8.0));
    assert_eq!(run.series["test_loss"].last().unwrap().value, 5.25);
    // A log whose step goes on is none, whatever settings it repeats.
    let log = "epoch,loss,batch_size,seed,dropout,lr\n1,3,64,1,0.1,0.1\n2,2,64,1,0.1,0.05\n3,1,64,1,0.1,0.01\n";
    assert_eq!(
        points_of_only_run(&read(&[("log.csv", log)]))["loss"].len(),
        3
    );
}

#[test]
fn lists_of_files_are_no_logs() {
    let snapshot = read(&[
        (
            "results_sha256.csv",
            "relative_path,sha256,size_bytes\na.pdf,65b8e6,626\nb.pdf,65b8e7,627\n",
        ),
        ("log.csv", "step,loss\n1,2\n2,1\n"),
    ]);
    assert_eq!(points_of_only_run(&snapshot)["loss"].len(), 2);
}

#[test]
fn runs_of_one_name_are_told_apart_by_their_folders() {
    let log = "step,loss\n1,2\n2,1\n";
    let snapshot = read(&[
        ("v3_1/version_0/metrics.csv", log),
        ("v3_2/version_0/metrics.csv", log),
        ("other/metrics.csv", log),
    ]);
    let names: Vec<&str> = snapshot.runs.iter().map(|run| &*run.name).collect();
    assert_eq!(names, ["other", "v3_1/version_0", "v3_2/version_0"]);
}

#[test]
fn the_settings_of_common_trainers_are_configuration() {
    let snapshot = read(&[
        ("exp/results.csv", "epoch,train/box_loss\n0,2\n1,1\n"),
        ("exp/opt.yaml", "batch_size: 16\nweights: a.pt\n"),
        ("exp/hyp.yaml", "lr0: 0.01\n"),
        ("exp/training_options.json", "{\"gamma\": 0.5}"),
    ]);
    let config = &snapshot.runs[0].config;
    assert_eq!(config["batch_size"].as_f64(), Some(16.0));
    assert_eq!(config["lr0"].as_f64(), Some(0.01));
    assert_eq!(config["gamma"].as_f64(), Some(0.5));
}

#[test]
fn the_rows_of_a_table_of_runs_are_the_settings_of_the_runs_that_they_name() {
    let snapshot = read(&[
        (
            "curves.csv",
            "run_id,timestep,mean_reward\na,1,5\na,2,6\nb,1,7\nb,2,8\n",
        ),
        (
            "runs.csv",
            "run_id,algo,learning_rate,final_reward\na,PPO,0.1,6\nb,DQN,0.01,8\nc,DQN,0.1,1\n",
        ),
    ]);
    assert_eq!(ids(&snapshot), ["row 3", "a", "b"]);
    assert_eq!(
        snapshot.runs[2].config["learning_rate"].as_f64(),
        Some(0.01)
    );
    assert_eq!(
        points_of_run(&snapshot, "b")["mean_reward"],
        [(1.0, 7.0), (2.0, 8.0)]
    );
}

#[test]
fn settings_among_the_rows_are_configuration() {
    let lines = "{\"_meta\": {\"lr\": 0.5, \"op\": \"add\"}}\n{\"step\": 0, \"loss\": 2}\n{\"step\": 1, \"loss\": 1}\n";
    let snapshot = read(&[("a.jsonl", lines)]);
    let config = &snapshot.runs[0].config;
    assert_eq!(
        (config["lr"].as_f64(), config["op"].to_string()),
        (Some(0.5), "add".to_owned())
    );
    assert_eq!(
        points_of_only_run(&snapshot).keys().collect::<Vec<_>>(),
        ["loss", "step"]
    );
    let document = "{\"config\": {\"depth\": 3}, \"history\": [{\"epoch\": 1, \"loss\": 2}, {\"epoch\": 2, \"loss\": 1}]}";
    let snapshot = read(&[("history.json", document)]);
    assert_eq!(snapshot.runs[0].config["depth"].as_f64(), Some(3.0));
}

#[test]
fn rows_that_leave_the_last_columns_out_are_rows() {
    let header = "episode,timestep,reward,lr,gamma,\n9,800,1.5,0.1,0.9,\n";
    let short = "20,1600,2.5\n31,2400,3.5\n42,3200,4.5\n";
    let rewards = |rows: &str| points_of_only_run(&read(&[("log.csv", rows)]))["reward"].len();
    assert_eq!(rewards(&format!("{header}{short}")), 4);
    // Two lengths in turn, one row that was cut off, and one that has not ended.
    let pair = "20,1600,2.5,0.1,0.9,\n31,2400,3.5\n";
    assert_eq!(
        rewards(&format!(
            "{header}{pair}{pair}{pair}42,3200,4.5,0\n53,4000,5."
        )),
        7
    );
}

#[test]
fn the_parts_of_a_rotated_log_are_one_log() {
    let json = |step: i64| format!("{{\"step\": {step}, \"loss\": {step}.5}}\n");
    let text = |step: i64| format!("step {step} loss: {step}.5\n");
    let all = [
        (1.0, 1.5),
        (2.0, 2.5),
        (3.0, 3.5),
        (4.0, 4.5),
        (5.0, 5.5),
        (6.0, 6.5),
    ];
    for (name, row) in [
        ("log.jsonl", &json as &dyn Fn(i64) -> String),
        ("train.log", &text),
    ] {
        let parts = [(5, 6, ""), (3, 4, ".1"), (1, 2, ".2")];
        let files = parts.map(|(first, last, end)| {
            (
                format!("{name}{end}"),
                format!("{}{}", row(first), row(last)),
            )
        });
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        assert_eq!(points_of_only_run(&read(&files))["loss"], all, "{name}");
    }
}

#[test]
fn a_log_that_was_just_rotated_is_read_from_its_first_row() {
    let row = |step: i64| format!("step {step} loss: {step}.5\n");
    let older = format!("{}{}{}", row(1), row(2), row(3));
    let snapshot = read(&[("train.log", &row(4)), ("train.log.1", &older)]);
    assert_eq!(points_of_only_run(&snapshot)["loss"].len(), 4);
}

#[test]
fn what_was_right_of_all_is_a_quotient() {
    let rows: String = (1..4)
        .map(|epoch| {
            format!(
                "Epoch {epoch} Loss: 0.{epoch}\nTest set: Average loss: 0.5, Accuracy: 95{epoch}4/10000 (95%)\n"
            )
        })
        .collect();
    let snapshot = read(&[("train.log", &rows)]);
    let accuracies = points_of_only_run(&snapshot)["test/Accuracy"].clone();
    let values: Vec<f64> = accuracies.iter().map(|(_, value)| *value).collect();
    assert_eq!(values, [0.9514, 0.9524, 0.9534]);
}

#[test]
fn a_log_that_goes_on_where_another_ended_is_one_curve_with_it() {
    let rows = |from: i64, to: i64| -> String {
        (from..to)
            .map(|step| format!("step {step} loss: {step}.5\n"))
            .collect()
    };
    let losses = |files: &[(&str, &str)]| points_of_only_run(&read(files))["loss"].len();
    let (first, second) = (rows(0, 20), rows(20, 40));
    assert_eq!(losses(&[("job.out", &first), ("job.err", &second)]), 40);
    // Both printed some steps, and the same values: those count once.
    let overlapping = rows(10, 25);
    assert_eq!(
        losses(&[("job.out", &first), ("job.err", &overlapping)]),
        25
    );
}

#[test]
fn what_only_one_log_of_a_run_holds_is_never_lost() {
    let rows = |steps: std::ops::Range<u32>, first: u32| -> String {
        let row = |step| format!("step: {step}, loss: {}.5\n", first + step % 7);
        steps.map(row).collect()
    };
    let workers = [
        ("workerlog.0", rows(0..20, 0)),
        ("workerlog.1", rows(0..20, 100)),
    ];
    let workers: Vec<(&str, &str)> = workers
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let of_workers = points_of_only_run(&read(&workers));
    assert_eq!(of_workers["loss"][1], (1.0, 1.5));
    assert_eq!(of_workers["workerlog.1/loss"][1], (1.0, 101.5));

    // One logger goes on where the other one ended.
    let json = |steps: std::ops::Range<u32>| -> String {
        let row = |step: u32| {
            format!(
                "{{\"step\": {step}, \"loss\": {}}}\n",
                1.0 / f64::from(step + 1)
            )
        };
        steps.map(row).collect()
    };
    let csv = |steps: std::ops::Range<u32>| -> String {
        let row = |step: u32| format!("{step},{}\n", 1.0 / f64::from(step + 1));
        std::iter::once("step,loss\n".to_owned())
            .chain(steps.map(row))
            .collect()
    };
    let joined = points_of_only_run(&read(&[
        ("log.jsonl", &json(0..20)),
        ("log.csv", &csv(20..40)),
    ]));
    assert_eq!(joined["loss"].len(), 40);
    // A copy of an earlier time is continued by what was logged later.
    let copied = points_of_only_run(&read(&[
        ("log.jsonl", &json(0..30)),
        ("log.csv", &csv(18..40)),
    ]));
    assert_eq!(copied["loss"].len(), 40);
}

#[test]
fn numbers_of_one_key_in_two_units_are_left_out_and_multiples_are_read() {
    let line = |step: usize, (speed, memory): &(&str, &str)| {
        format!("step {step} loss: 0.5{step} tok/s: {speed} mem: {memory}\n")
    };
    let values = [("980", "950MB"), ("1.2k", "1.1GB"), ("990", "900MB")];
    let text: String = values
        .iter()
        .enumerate()
        .map(|(step, value)| line(step, value))
        .collect();
    let snapshot = read(&[("train.log", &text)]);
    let series = points_of_only_run(&snapshot);
    let speeds: Vec<f64> = series["tok/s"].iter().map(|point| point.1).collect();
    assert_eq!(speeds, [980.0, 1200.0, 990.0]);
    assert!(!series.contains_key("mem"));
    let note = &snapshot.runs[0].sources[0].note;
    assert!(
        note.contains("3 numbers skipped of keys whose units differ"),
        "{note}"
    );
}

#[test]
fn a_metric_of_mlflow_that_was_cut_has_no_other_step() {
    let lines: String = (0..10)
        .map(|step| format!("17000000{step}0000 {}.5 {step}\n", 9 - step))
        .collect();
    for cut in ["17000000200000 8", "17000000200000 8\n"] {
        let snapshot = read(&[
            (
                "mlruns/0/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/meta.yaml",
                "run_id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nstart_time: 1700000000000\nstatus: 3\n",
            ),
            (
                "mlruns/0/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/metrics/loss",
                &format!("{lines}{cut}"),
            ),
        ]);
        assert_eq!(points_of_only_run(&snapshot)["loss"].len(), 10, "{cut:?}");
        let notes = snapshot.runs[0].sources.iter().map(|source| &source.note);
        assert!(notes.clone().any(|note| !note.is_empty()), "{cut:?}");
    }
}

#[test]
fn logs_in_other_languages_are_logs() {
    for (step, loss) in [
        ("pas", "pierdere"),
        ("paso", "perdida"),
        ("Epoche", "Verlust"),
        ("epoca", "perda"),
    ] {
        let row = |at: u32| {
            format!(
                "{step}  {at} | {loss} 0.{} | lr 1.37e-03 | 272.2s\n",
                90 - at
            )
        };
        let text: String = (0..8).map(row).collect();
        let found = points_of_only_run(&read(&[("train.log", &text)]));
        assert_eq!(found[loss].last(), Some(&(7.0, 0.83)), "{loss}");
    }
}

#[test]
fn results_of_several_data_sets_at_one_epoch_are_several_series() {
    let epoch = |at: u32| {
        format!(
            "epoch {at} lr 1.0e-03\ntrain 000 3.3e-01 89.06 100.0\ntrain_acc  93.{at}1\ntrain_loss 0.{at}5\n\
             cifar10        train : [loss = 0.0{at}1, top1 = 97.75%], test  : [loss = 0.4{at}5, top1 = 88.93%]\n\
             cifar100       train : [loss = 0.7{at}9, top1 = 79.09%], valid : [loss = 1.372, top1 = 63.28%], test : [loss = 1.3{at}7, top1 = 64.26%]\n"
        )
    };
    let text: String = (1..7).map(epoch).collect();
    let found = points_of_only_run(&read(&[("log.txt", &text)]));
    assert_eq!(
        found["cifar10/loss"],
        (1..7)
            .map(|at| (f64::from(at), format!("0.0{at}1").parse().unwrap()))
            .collect::<Vec<_>>()
    );
    assert_eq!(found["test/cifar100/loss"][1], (2.0, 1.327));
    // Lines of one key and its value, as DARTS prints them.
    assert_eq!(found["train_loss"].last(), Some(&(6.0, 0.65)));
    assert_eq!(found["train_acc"].last(), Some(&(6.0, 93.61)));
}

#[test]
fn what_a_run_printed_lies_beside_its_folder_in_a_folder_of_logs() {
    let csv = |first: u32| -> String {
        let row = |step: u32| format!("{step},0.{}\n", first + step);
        std::iter::once("iteration,loss\n".to_owned())
            .chain((1..9).map(row))
            .collect()
    };
    let printed: String = (1..9)
        .map(|step| format!("iteration {step} | loss: 0.{}\n", 40 + step))
        .collect();
    let snapshot = read(&[
        ("logs/baseline_seed43/metrics.csv", &csv(40)),
        ("logs/injection_seed43/metrics.csv", &csv(60)),
        ("logs/baseline_seed43_run.log", &printed),
    ]);
    assert_eq!(
        ids(&snapshot),
        ["logs/baseline_seed43", "logs/injection_seed43"]
    );
    assert_eq!(snapshot.runs[0].sources.len(), 2);
}

#[test]
fn an_evaluation_in_batches_has_one_value() {
    // DETR, MAE and others that use torchvision's `MetricLogger`.
    let epoch = |epoch: u32| {
        format!(
            "Epoch: [{epoch}]  [ 0/20]  eta: 0:01:00  lr: 0.0001  loss: 6.{epoch} (6.{epoch})  time: 1.0  data: 0.1\n\
             Epoch: [{epoch}]  [19/20]  eta: 0:00:01  lr: 0.0001  loss: 5.{epoch} (5.5)  time: 1.0  data: 0.1\n\
             Epoch: [{epoch}] Total time: 0:00:51 (0.5123 s / it)\n\
             Averaged stats: lr: 0.0001  loss: 5.{epoch} (5.5)\n\
             Test:  [ 0/24]  eta: 0:00:13  loss: 9.0 (9.0)  time: 1.0  data: 0.1\n\
             Test:  [23/24]  eta: 0:00:01  loss: 8.0 (7.{epoch})  time: 1.0  data: 0.1\n\
             Test: Total time: 0:00:03 (0.1523 s / it)\n\
             Averaged stats: loss: 8.0 (7.{epoch})\n\
             IoU metric: bbox\n \
             Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.{epoch}21\n \
             Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 0.{epoch}50\n\
             IoU metric: segm\n \
             Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.{epoch}11\n"
        )
    };
    let text: String = (0..6).map(epoch).collect();
    let found = points_of_only_run(&read(&[("log.txt", &text)]));
    let values = |key: &str| found[key].iter().map(|point| point.1).collect::<Vec<_>>();
    assert_eq!(values("test/loss"), [7.0, 7.1, 7.2, 7.3, 7.4, 7.5]);
    assert_eq!(
        values("coco/AP"),
        [0.021, 0.121, 0.221, 0.321, 0.421, 0.521]
    );
    assert_eq!(values("coco/AP50").len(), 6);
    assert_eq!(values("coco/segm/AP")[5], 0.511);
    assert_eq!(values("loss").len(), 12);

    // Distiller and what was made of it: the data are named above.
    let epoch = |epoch: u32| {
        format!(
            "Epoch: [{epoch}][  100/  282]    Overall Loss 0.6{epoch}    Top1 71.8    LR 0.001\n\
             Epoch: [{epoch}][  282/  282]    Overall Loss 0.5{epoch}    Top1 72.8    LR 0.001\n\
             --- validate (epoch={epoch})-----------\n8000 samples (256 per mini-batch)\n\
             Epoch: [{epoch}][   32/   32]    Loss 0.4{epoch}    Top1 74.{epoch}\n\
             Training epoch: 72000 samples (256 per mini-batch)\n"
        )
    };
    let text: String = (0..6).map(epoch).collect();
    let found = points_of_only_run(&read(&[("run.log", &text)]));
    assert_eq!(found["val/Loss"].len(), 6);
    assert_eq!(found["val/Top1"].last().unwrap().1, 74.5);
    assert_eq!(found["Overall Loss"].len(), 12);
    assert!(!found.contains_key("Loss"));
}

#[test]
fn an_evaluation_before_the_training_is_at_0_and_the_last_one_is_no_restart() {
    let text = "=== Baseline eval ===\nBASELINE {'eval_loss': 28.3353, 'eval_wer': 1.0}\n\
        {'loss': '12.93', 'grad_norm': '1.785', 'epoch': '2.778'}\n{'eval_loss': '3.1', 'eval_wer': '0.5', 'epoch': '4.167'}\n\
        {'loss': '1.77', 'grad_norm': '1.293', 'epoch': '66.67'}\n{'eval_loss': '0.52', 'eval_wer': '0.2', 'epoch': '66.67'}\n\
        FINAL {'eval_loss': 0.5245, 'eval_wer': 0.2259, 'epoch': 66.6667}\n";
    let snapshot = read(&[("train.log", text)]);
    let found = points_of_only_run(&snapshot);
    assert_eq!(
        found["eval_wer"],
        [(0.0, 1.0), (4.167, 0.5), (66.67, 0.2), (66.67, 0.2259)]
    );
    assert_eq!(found["loss"].len(), 2);
    assert_eq!(snapshot.runs[0].series["eval_wer"].superseded(), 0);
}
