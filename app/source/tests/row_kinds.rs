//! Rows of tables and JSON that say what they are of, and where they stand.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{collections::BTreeMap, fs};

/// Steps and values of each series of the only run of a folder with these files.
fn read(files: &[(&str, &str)]) -> BTreeMap<String, Vec<(f64, f64)>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let snapshot = common::read(folder.path());
    common::points_of_only_run(&snapshot)
}

#[test]
fn rows_that_say_what_they_are_of_are_series_of_their_own() {
    let long =
        "step,metric,value\n0,loss,2\n0,acc,0.1\n1,loss,1.5\n1,acc,0.2\n2,loss,1\n2,acc,0.3\n";
    let found = read(&[("log.csv", long)]);
    assert_eq!(found["loss"], [(0.0, 2.0), (1.0, 1.5), (2.0, 1.0)]);
    assert_eq!(found["acc"], [(0.0, 0.1), (1.0, 0.2), (2.0, 0.3)]);
    assert!(!found.contains_key("value"));
    let data_sets = "{\"step\": 0, \"dataset\": \"mnist\", \"eval_loss\": 5}\n{\"step\": 0, \"dataset\": \"cifar\", \"eval_loss\": 7}\n\
        {\"step\": 1, \"dataset\": \"mnist\", \"eval_loss\": 4}\n{\"step\": 1, \"dataset\": \"cifar\", \"eval_loss\": 6}\n";
    let found = read(&[("metrics.jsonl", data_sets)]);
    assert_eq!(found["mnist/eval_loss"], [(0.0, 5.0), (1.0, 4.0)]);
    assert_eq!(found["cifar/eval_loss"], [(0.0, 7.0), (1.0, 6.0)]);
    // The training keeps its names.
    let types = "{\"type\": \"train\", \"epoch\": 0, \"loss\": 2}\n{\"type\": \"eval\", \"epoch\": 0, \"loss\": 3}\n\
        {\"type\": \"train\", \"epoch\": 1, \"loss\": 1}\n{\"type\": \"eval\", \"epoch\": 1, \"loss\": 2.5}\n";
    let found = read(&[("log.jsonl", types)]);
    assert_eq!(found["loss"], [(0.0, 2.0), (1.0, 1.0)]);
    assert_eq!(found["eval/loss"], [(0.0, 3.0), (1.0, 2.5)]);
}

#[test]
fn an_evaluation_stands_at_the_step_that_it_states() {
    let rows = "{\"split\": \"eval\", \"step\": 100, \"loss\": 3}\n{\"split\": \"train\", \"step\": 110, \"loss\": 2}\n\
        {\"split\": \"eval\", \"step\": 200, \"loss\": 2.5}\n{\"split\": \"train\", \"step\": 210, \"loss\": 1}\n";
    let found = read(&[("log.jsonl", rows)]);
    assert_eq!(found["loss"], [(110.0, 2.0), (210.0, 1.0)]);
    assert_eq!(found["eval/loss"], [(100.0, 3.0), (200.0, 2.5)]);
    // A count of batches that were evaluated is not the training's step.
    let rows = "{\"mode\": \"train\", \"epoch\": 1, \"iter\": 50, \"loss\": 2}\n{\"mode\": \"val\", \"epoch\": 1, \"iter\": 14, \"acc\": 0.5}\n\
        {\"mode\": \"train\", \"epoch\": 2, \"iter\": 50, \"loss\": 1}\n{\"mode\": \"val\", \"epoch\": 2, \"iter\": 14, \"acc\": 0.6}\n";
    let found = read(&[("log.json", rows)]);
    assert_eq!(found["acc"][0], (50.0, 0.5));
}

#[test]
fn an_index_without_a_name_may_hold_the_steps() {
    let found = read(&[("log.csv", ",loss,acc\n10,2,0.1\n20,1,0.2\n30,0.5,0.3\n")]);
    assert_eq!(found["loss"], [(10.0, 2.0), (20.0, 1.0), (30.0, 0.5)]);
    let found = read(&[("log.csv", ",loss,acc\n0,2,0.1\n1,1,0.2\n2,0.5,0.3\n")]);
    assert_eq!(found["loss"], [(0.0, 2.0), (1.0, 1.0), (2.0, 0.5)]);
    assert!(!found.contains_key("index"));
}

#[test]
fn the_log_of_an_evaluation_belongs_to_its_training() {
    let rows = |loss: f64| format!("step,loss\n0,{loss}\n1,{}\n2,{}\n", loss / 2.0, loss / 4.0);
    let (training, held_out) = (rows(2.0), rows(3.0));
    for (a, b) in [
        ("metrics.csv", "eval_metrics.csv"),
        ("train/log.csv", "eval/log.csv"),
    ] {
        let found = read(&[(a, &training), (b, &held_out)]);
        assert_eq!(found["loss"][0], (0.0, 2.0), "{a}");
        assert_eq!(found["eval/loss"][0], (0.0, 3.0), "{b}");
    }
}

#[test]
fn lists_of_other_lengths_than_the_steps_are_not_paired_with_them() {
    let history = "{\"loss\": [4, 3, 2, 1], \"val_loss\": [3, 2], \"step\": [10, 20, 30, 40]}";
    let found = read(&[("history.json", history)]);
    assert_eq!(found["loss"][3], (40.0, 1.0));
    assert!(!found.contains_key("val_loss"));
}

#[test]
fn a_row_of_an_epoch_waits_for_the_steps_of_that_epoch() {
    let mut json = String::new();
    let mut table = "epoch,step,train_loss,val_loss\n".to_owned();
    for epoch in 1..=4 {
        json += &format!("{{\"val_loss\": {epoch}.5, \"epoch\": {epoch}}}\n");
        json += &format!("{{\"train_loss\": 1, \"epoch\": {epoch}, \"step\": {epoch}00}}\n");
        table += &format!("{epoch},,,{epoch}.5\n{epoch},{epoch}00,1,\n");
    }
    let expected = [(100.0, 1.5), (200.0, 2.5), (300.0, 3.5), (400.0, 4.5)];
    assert_eq!(read(&[("log.jsonl", &json)])["val_loss"], expected);
    assert_eq!(read(&[("log.csv", &table)])["val_loss"], expected);
    // Behind the steps of its epoch, a row is at the last of them; the last one may wait in vain.
    json = String::new();
    for epoch in 1..=4 {
        json += &format!("{{\"train_loss\": 1, \"epoch\": {epoch}, \"step\": {epoch}00}}\n");
        json += &format!("{{\"val_loss\": {epoch}.5, \"epoch\": {epoch}}}\n");
    }
    json += "{\"val_loss\": 5.5, \"epoch\": 5}\n";
    let found = read(&[("log.jsonl", &json)]);
    assert_eq!(found["val_loss"][..4], expected);
    assert_eq!(found["val_loss"][4], (400.0, 5.5));
    // A log of epochs only.
    let found = read(&[("log.csv", "epoch,loss\n1,3\n2,2\n3,1\n")]);
    assert_eq!(found["loss"], [(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]);
}

#[test]
fn numbers_of_libraries_and_lists_of_named_numbers_are_values() {
    let found = read(&[(
        "log.csv",
        "step,loss,acc,\n1,tensor(2.5),[0.1],7\n2,tensor(1.5),[0.2],8\n",
    )]);
    assert_eq!(found["loss"], [(1.0, 2.5), (2.0, 1.5)]);
    assert_eq!(found["acc"], [(1.0, 0.1), (2.0, 0.2)]);
    assert_eq!(found["column 4"], [(1.0, 7.0), (2.0, 8.0)]);
    let row = |step: i64, loss: f64| {
        format!(
            "{{\"step\": {step}, \"kl\": \"tensor({loss})\", \"metrics\": [{{\"name\": \"loss\", \"value\": {loss}}}]}}\n"
        )
    };
    let rows = [row(1, 2.5), row(2, 1.5)].concat();
    let found = read(&[("log.jsonl", &rows)]);
    assert_eq!(found["metrics.loss"], [(1.0, 2.5), (2.0, 1.5)]);
    assert_eq!(found["kl"], [(1.0, 2.5), (2.0, 1.5)]);
}

#[test]
fn rows_behind_much_other_output_are_found() {
    let noise = "{\"event\":\"heartbeat\",\"msg\":\"x\"}\n".repeat(20_000);
    let rows: String = (0..99)
        .map(|step| format!("{{\"step\":{step},\"loss\":2}}\n"))
        .collect();
    let found = read(&[("log.jsonl", &(noise + &rows))]);
    assert_eq!(found["loss"].len(), 99);
    let noise = "Collecting package==1.0 (1.0 MB)\n".repeat(30_000);
    let rows: String = (0..99)
        .map(|step| format!("step {step} loss 2.5\n"))
        .collect();
    assert_eq!(read(&[("train.log", &(noise + &rows))])["loss"].len(), 99);
}

#[test]
fn outcomes_of_episodes_are_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "#{\"t_start\": 1.0, \"env_id\": \"None\"}\nr,l,t,success\n1.5,79,5.8,True\n2.5,20,6.8,False\n0.5,30,7.8,True\n";
    fs::write(folder.path().join("monitor.csv"), rows).unwrap();
    let snapshot = common::read(folder.path());
    let series = &snapshot.runs[0].series["success"];
    let values: Vec<f64> = series.iter().map(|point| point.value).collect();
    assert_eq!(values, [1.0, 0.0, 1.0]);
}
