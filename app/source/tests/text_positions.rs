//! Where the values of text logs are: the position that each line states, and the data that it is of.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{collections::BTreeMap, fs, sync::Arc};

use trainscape_run::Snapshot;

type Points = Vec<(f64, f64)>;

fn snapshot(text: &str) -> Arc<Snapshot> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("train.log"), text).unwrap();
    common::read(folder.path())
}

/// Steps and values of each series of the only run of a log.
fn read(text: &str) -> BTreeMap<String, Points> {
    common::points_of_only_run(&snapshot(text))
}

/// What is said of the log: damage, and what was left out.
fn note(text: &str) -> String {
    snapshot(text).runs[0].sources[0].note.clone()
}

/// Eight lines.
fn lines(line: impl Fn(i64) -> String) -> String {
    (1..=8).map(line).collect()
}

/// The points of `value` of the numbers from 1 to 8, at `step` of them.
fn points(step: impl Fn(f64) -> f64, value: impl Fn(f64) -> f64) -> Points {
    (1..=8)
        .map(f64::from)
        .map(|n| (step(n), value(n)))
        .collect()
}

#[test]
fn a_word_at_the_start_of_a_line_is_of_all_its_quantities() {
    let series = read(&lines(|n| {
        format!(
            "Epoch {n}/8\n----------\ntrain Loss: 0.{n} Acc: 1.{n}\nval Loss: 2.{n} Acc: 3.{n}\n\n"
        )
    }));
    assert_eq!(series["Acc"], points(|n| n, |n| 1.0 + n / 10.0));
    assert_eq!(series["val/Acc"], points(|n| n, |n| 3.0 + n / 10.0));
    assert_eq!(series["val Loss"].len(), 8);
    // Where each key has its word, none is of the first.
    let series = read(&lines(|n| {
        format!("Epoch {n}: val loss: 0.{n}, train loss: 1.{n}, acc: 0.5\n")
    }));
    assert!(series.contains_key("acc"), "{:?}", series.keys());
}

#[test]
fn a_headline_says_which_data_the_rows_below_it_are_of() {
    let series = read(&lines(|n| {
        format!(
            "Epoch {n}/8\nTraining:\n  loss: 1.{n}\n  acc: 0.{n}\nValidation:\n  loss: 2.{n}\n  acc: 3.{n}\n"
        )
    }));
    assert_eq!(series["loss"], points(|n| n, |n| 1.0 + n / 10.0));
    assert_eq!(series["val/loss"], points(|n| n, |n| 2.0 + n / 10.0));
    assert_eq!(series["val/acc"].len(), 8);
    let series = read(&lines(|n| {
        format!(
            "Epoch {n}\nloss: 1.{n}  [   64/60000]\nTest Error: \n Accuracy: 7{n}.5%, Avg loss: 2.{n}\n"
        )
    }));
    assert_eq!(series["test/Avg loss"].len(), 8);
    assert_eq!(series["test/Accuracy"].len(), 8);
    let series = read(&lines(|n| {
        format!(
            "=> Training epoch {n}\nloss: 1.{n} acc: 0.{n}\n=> Validating epoch {n}\nloss: 2.{n} acc: 3.{n}\n"
        )
    }));
    assert_eq!(series["loss"], points(|n| n, |n| 1.0 + n / 10.0));
    assert_eq!(series["val/loss"], points(|n| n, |n| 2.0 + n / 10.0));
}

#[test]
fn results_of_an_estimator_are_not_its_training() {
    let text = lines(|n| {
        format!(
            "INFO:tensorflow:global_step/sec: 10{n}.5\nINFO:tensorflow:loss = 2.{n}, step = {n}00 (1.1 sec)\n"
        )
    });
    let results = "INFO:tensorflow:Saving dict for global step 800: accuracy = 0.9, global_step = 800, loss = 0.3\n";
    let series = read(&(text + results));
    assert_eq!(series["loss"], points(|n| n * 100.0, |n| 2.0 + n / 10.0));
    assert_eq!(series["eval/loss"], [(800.0, 0.3)]);
    assert_eq!(series["eval/accuracy"], [(800.0, 0.9)]);
    assert_eq!(
        series["global_step/sec"],
        points(|n| n * 100.0, |n| n + 100.5)
    );
}

#[test]
fn epochs_and_batches_in_brackets_are_positions() {
    let rows = |epoch: i64| -> String {
        let row = |batch: i64| format!("[{epoch}/5][{batch}/1583]\tLoss_D: {epoch}.{batch}\n");
        [0, 50, 100].map(row).concat()
    };
    let series = read(&(rows(0) + &rows(1) + &rows(2)));
    let steps: Vec<f64> = series["Loss_D"].iter().map(|point| point.0).collect();
    let expected = [0.0, 50.0, 100.0].map(|step| [step, step + 1583.0, step + 3166.0]);
    let mut expected = expected.concat();
    expected.sort_by(f64::total_cmp);
    assert_eq!(steps, expected);
    let rows = |epoch: i64| -> String {
        let row = |batch: i64| format!("[{epoch}, {batch:>5}] loss: {epoch}.{batch}\n");
        [2000, 4000].map(row).concat()
    };
    let series = read(&(rows(1) + &rows(2)));
    let steps: Vec<f64> = series["loss"].iter().map(|point| point.0).collect();
    assert_eq!(steps, [2000.0, 4000.0, 6000.0, 8000.0]);
    let rows = |epoch: i64| -> String {
        let row = |batch: i64| format!("[{epoch}][{batch}/400] loss: {epoch}.{batch}\n");
        [0, 100, 200, 300].map(row).concat()
            + &format!("Epoch {epoch} finished, avg loss: 3.0, val loss: {epoch}.5\n")
    };
    let series = read(&(rows(1) + &rows(2) + &rows(3)));
    assert_eq!(
        series["val loss"],
        [(300.0, 1.5), (700.0, 2.5), (1100.0, 3.5)]
    );
    assert_eq!(series["loss"].len(), 12);
}

#[test]
fn evaluations_of_stable_baselines_name_their_timesteps() {
    let series = read(&lines(|n| {
        format!(
            "Eval num_timesteps={n}0000, episode_reward={n}.50 +/- 3.20\nEpisode length: {n}6.00 +/- 4.00\n"
        )
    }));
    assert_eq!(
        series["eval/episode_reward"],
        points(|n| n * 1e4, |n| n + 0.5)
    );
    assert_eq!(
        series["eval/episode_reward.std"],
        points(|n| n * 1e4, |_| 3.2)
    );
    assert_eq!(
        series["Episode length"],
        points(|n| n * 1e4, |n| n * 10.0 + 6.0)
    );
}

#[test]
fn positions_in_words_are_read() {
    for (line, unit) in [
        ("Finished epoch 10: loss=", 10.0),
        ("After 10 iterations, loss: ", 10.0),
        ("step 1k: loss=", 1000.0),
        ("step 1 000: loss ", 1000.0),
        ("steps=10..19 loss=", 10.0),
        ("step 10-19: loss=", 10.0),
    ] {
        let text = lines(|n| {
            let line = line.replacen('1', &n.to_string(), 1);
            format!("{}1.{n}\n", line.replace("19", &format!("{n}9")))
        });
        let series = read(&text);
        let last = if line.contains("19") { 9.0 } else { 0.0 };
        let expected = points(|n| n * unit + last, |n| 1.0 + n / 10.0);
        assert_eq!(series["loss"], expected, "{line}");
    }
}

#[test]
fn the_length_of_an_episode_is_a_value() {
    let lengths = [43, 154, 200, 74, 39, 135, 124, 129];
    for (episode, steps) in [
        ("Episode", "Steps"),
        ("Ep:", "Step"),
        ("Episode:", "Iteration"),
    ] {
        let series = read(&lines(|n| {
            let length = lengths[n as usize - 1];
            format!("{episode} {n}\tReward: {n}.5\t{steps}: {length}\n")
        }));
        assert_eq!(series["Reward"], points(|n| n, |n| n + 0.5), "{episode}");
        let length = |n: f64| f64::from(lengths[n as usize - 1]);
        assert_eq!(series[steps], points(|n| n, length), "{steps}");
        // Steps of the whole training count on.
        let series = read(&lines(|n| {
            format!("{episode} {n}\tReward: {n}.5\t{steps}: {n}00\n")
        }));
        assert_eq!(series["Reward"], points(|n| n * 100.0, |n| n + 0.5));
    }
}

#[test]
fn lines_of_containers_keep_their_positions() {
    for before in [
        "2024-05-01T10:00:01.123456789Z stdout F ",
        "train-0 trainer ",
        "[pod/train-0/trainer] ",
        "trainer-1  | ",
    ] {
        let series = read(&lines(|n| {
            format!("{before}step {n}0: loss=1.{n} lr={n}e-4\n")
        }));
        let expected = points(|n| n * 10.0, |n| 1.0 + n / 10.0);
        assert_eq!(series["loss"], expected, "{before}");
    }
    let series = read(&lines(|n| {
        format!(
            "{{\"log\":\"\\u001b[32mepoch {n}: loss=1.{n} acc=2.{n}\\u001b[0m\\r\\n\",\"stream\":\"stdout\",\"time\":\"2024-05-01T10:00:0{n}.12Z\"}}\n"
        )
    }));
    assert_eq!(series["loss"], points(|n| n, |n| 1.0 + n / 10.0));
    assert_eq!(series["acc"], points(|n| n, |n| 2.0 + n / 10.0));
}

#[test]
fn bars_of_epochs_count_on() {
    let bar = |label: &str, at: i64, total: i64, loss: String| {
        let percent = 100 * at / total;
        format!("\r{label}{percent:>3}%|####| {at}/{total} [00:01<00:09,  9.9it/s, loss={loss}]")
    };
    let bars = |label: &str, total: i64, whole: i64| -> String {
        let state = |part: i64| bar(label, total * part / 2, total, format!("{whole}.{part}"));
        (0..=2).map(state).collect()
    };
    let text: String = (0..3)
        .map(|epoch| {
            bars("", 100, epoch) + &format!("\nepoch {epoch} val_loss 1.{epoch} val_acc 0.5\n")
        })
        .collect();
    let series = read(&text);
    let steps: Vec<f64> = series["loss"].iter().map(|point| point.0).collect();
    let expected = [0.0, 50.0, 100.0, 100.0, 150.0, 200.0, 200.0, 250.0, 300.0];
    assert_eq!(steps, expected);
    assert_eq!(
        series["val_loss"],
        [(100.0, 1.0), (200.0, 1.1), (300.0, 1.2)]
    );
    let text: String = (0..3)
        .map(|epoch| bars("Train: ", 100, epoch) + &bars("Val: ", 20, epoch + 5) + "\n")
        .collect();
    let series = read(&text);
    assert_eq!(series["loss"].len(), 9);
    assert_eq!(
        series["val/loss"],
        [(100.0, 5.2), (200.0, 6.2), (300.0, 7.2)]
    );
}

#[test]
fn scores_beside_a_loss_are_no_losses() {
    let series = read(&lines(|n| {
        format!("Epoch: 00{n}, Loss: 1.{n}, Train: 0.{n}, Val: 0.2, Test: 0.3\n")
    }));
    let keys: Vec<&str> = series.keys().map(String::as_str).collect();
    assert_eq!(keys, ["Loss", "Test score", "Train score", "Val score"]);
    let series = read(&lines(|n| {
        format!("Epoch {n}, train/val loss: 1.{n} 2.{n}\n")
    }));
    assert_eq!(series["train/loss"], points(|n| n, |n| 1.0 + n / 10.0));
    assert_eq!(series["val/loss"], points(|n| n, |n| 2.0 + n / 10.0));
}

#[test]
fn keys_that_come_again_on_a_line_are_told_apart() {
    for (line, expected) in [
        (
            "Epoch N | Top 1 acc: 1.N | Top 5 acc: 2.N | Recall at 10: 3.N\n",
            ["Top 1 acc", "Top 5 acc", "Recall at 10"].as_slice(),
        ),
        (
            "Round N: client 0 loss = 1.N, client 1 loss = 2.N\n",
            &["client 0 loss", "client 1 loss"],
        ),
        (
            "Epoch N -- Train: 0.N (acc 1.N) -- Val: 0.5 (acc 2.N)\n",
            &["acc", "val/acc"],
        ),
    ] {
        let series = read(&lines(|n| line.replace('N', &n.to_string())));
        for (whole, key) in (1..).zip(expected) {
            let values = points(|n| n, |n| f64::from(whole) + n / 10.0);
            assert_eq!(series.get(*key), Some(&values), "{key} of {line}");
        }
    }
    let series = read(&lines(|n| {
        format!("Epoch {n} | Loss 1.{n} +- 0.{n} | Acc 0.1\n")
    }));
    assert_eq!(series["Loss"], points(|n| n, |n| 1.0 + n / 10.0));
    assert_eq!(series["Loss.std"], points(|n| n, |n| n / 10.0));
    // What cannot be told apart is told.
    let text = lines(|n| format!("step {n}, loss: 1.{n}, loss: 2.{n}\n"));
    assert_eq!(read(&text)["loss"], points(|n| n, |n| 2.0 + n / 10.0));
    assert!(
        note(&text).starts_with("8 values were left out"),
        "{}",
        note(&text)
    );
}

#[test]
fn values_are_read_whole_or_told() {
    let text = lines(|n| format!("step {n}00 loss 1.{n}\nval_loss 2.{n} val_acc 0.{n}\n"));
    let series = read(&text);
    assert_eq!(
        series["val_loss"],
        points(|n| n * 100.0, |n| 2.0 + n / 10.0)
    );
    assert_eq!(series["val_acc"], points(|n| n * 100.0, |n| n / 10.0));
    let series = read(&lines(|n| {
        format!(
            "step {n} loss tensor(1.{n}, device='cuda:0', grad_fn=<NllLossBackward0>) f1 np.float64(0.{n}) acc 0.5\n"
        )
    }));
    let keys: Vec<&str> = series.keys().map(String::as_str).collect();
    assert_eq!(keys, ["acc", "f1", "loss"]);
    assert_eq!(series["loss"], points(|n| n, |n| 1.0 + n / 10.0));
    let series = read(&lines(|n| {
        format!("step: {n}, loss: 1.{n}, time: {n}m 9s, c: 1 min {n} s\n")
    }));
    assert_eq!(series["time"], points(|n| n, |n| n * 60.0 + 9.0));
    assert_eq!(series["c"], points(|n| n, |n| 60.0 + n));
    let series = read(&lines(|n| {
        format!("epoch {n}: loss: 1.{n}\nEMA epoch {n}: loss: 2.{n}\n")
    }));
    assert_eq!(series["loss"], points(|n| n, |n| 1.0 + n / 10.0));
    assert_eq!(series["EMA/loss"], points(|n| n, |n| 2.0 + n / 10.0));
    let series = read(&lines(|n| {
        format!("step: {n}, loss: 1.{n}, tokens: {n}.5 M, logp: \u{2212}0.{n}\n")
    }));
    assert_eq!(series["tokens"], points(|n| n, |n| n * 1e6 + 5e5));
    assert_eq!(series["logp"], points(|n| n, |n| -n / 10.0));
    for value in ["2,5", "1.5/7.5", "1 234.5", "1..5"] {
        let text = lines(|n| format!("step: {n}, loss: 1.{n}, q: {value}\n"));
        assert!(!read(&text).contains_key("q"), "{value}");
        assert!(note(&text).starts_with("8 values were left out"), "{value}");
    }
}

#[test]
fn two_records_on_a_line_are_two() {
    let text = lines(|n| match n {
        4 => "[rank0] step: 4, loss: 1.4[rank1] step: 4, loss: 9.5\n".to_owned(),
        _ => format!("[rank0] step: {n}, loss: 1.{n}\n"),
    });
    let loss = &read(&text)["loss"];
    assert!(loss.contains(&(4.0, 1.4)), "{loss:?}");
    let text = lines(|n| match n {
        4 => "step=4 loss=1.4step=5 loss=1.5 lr=5e-4\n".to_owned(),
        5 => String::new(),
        _ => format!("step={n} loss=1.{n} lr={n}e-4\n"),
    });
    assert_eq!(read(&text)["loss"], points(|n| n, |n| 1.0 + n / 10.0));
}

#[test]
fn the_epoch_of_the_best_value_is_not_that_of_the_row() {
    let series = read(&lines(|n| {
        format!(
            "epoch: {n} | loss: 1.{n} | best: 1.5 (epoch {})\n",
            (n + 1) / 2
        )
    }));
    let keys: Vec<&str> = series.keys().map(String::as_str).collect();
    assert_eq!(keys, ["best", "best epoch", "loss"]);
    assert_eq!(series["best epoch"].len(), 8);
    assert_eq!(series["loss"], points(|n| n, |n| 1.0 + n / 10.0));
}

#[test]
fn positions_may_be_written_as_fractions_and_numbers_of_libraries() {
    for (before, after) in [
        ("step ", "00.0:"),
        ("step=np.int64(", "00)"),
        ("step=tensor(", "00)"),
        ("@step ", "00"),
        ("global-step=", "00"),
        ("Epoch(", "00)"),
        ("epoch_idx=", "00"),
        ("updates: ", "00,"),
        ("Step: ", "e2,"),
        ("n_iter=", "00"),
        ("warmup step ", "00"),
    ] {
        let found = read(&lines(|n| format!("{before}{n}{after} loss=2.{n}\n")));
        let expected = points(|n| 100.0 * n, |n| 2.0 + n / 10.0);
        assert_eq!(found["loss"], expected, "{before}1{after}");
    }
    // The length of a warm-up is a setting.
    let text = lines(|n| format!("step {n} loss=2.{n}\n"));
    let found = read(&format!("warmup step 500\n{text}"));
    assert_eq!(found["loss"], points(|n| n, |n| 2.0 + n / 10.0));
}

#[test]
fn a_metric_may_stand_before_its_position() {
    let found = read(&lines(|n| {
        format!("Loss at step {n}00: 2.{n}; learning rate: 1e-{n}\n")
    }));
    assert_eq!(found["Loss"], points(|n| 100.0 * n, |n| 2.0 + n / 10.0));
    assert_eq!(found["learning rate"].len(), 8);
    let found = read(&lines(|n| {
        format!("Minibatch loss at step {n}: 2.{n}\nMinibatch accuracy: {n}.5%\n")
    }));
    assert_eq!(found["Minibatch loss"], points(|n| n, |n| 2.0 + n / 10.0));
    assert_eq!(found["Minibatch accuracy"][0], (1.0, 1.5));
}

#[test]
fn a_metric_that_is_named_once_has_its_data_behind_it() {
    let loss = points(|n| n, |n| 2.0 + n / 10.0);
    let held_out = points(|n| n, |n| 3.0 + n / 10.0);
    let found = read(&lines(|n| {
        format!("EPOCH {n}:\nLOSS train 2.{n} valid 3.{n}\n")
    }));
    assert_eq!(found["val/LOSS"], held_out);
    assert_eq!(found["LOSS train"], loss);
    let found = read(&lines(|n| {
        format!("Epoch {n} Loss: train=2.{n}, val=3.{n} | Accuracy: train=0.{n}, val=0.{n}\n")
    }));
    assert_eq!((&found["Loss"], &found["val/Loss"]), (&loss, &held_out));
    assert_eq!(found["val/Accuracy"].len(), 8);
}

#[test]
fn a_label_names_the_data_of_values_without_separators() {
    let loss = points(|n| n, |n| 2.0 + n / 10.0);
    let held_out = points(|n| n, |n| 3.0 + n / 10.0);
    for (training, test) in [
        ("Train: loss", "Test: loss"),
        ("Train: loss", "Test on 10000 images: loss"),
        ("Training: loss", "Validation on 500 samples: loss"),
    ] {
        let found = read(&lines(|n| {
            format!("Epoch {n}\n{training} 2.{n} acc 0.{n}\n{test} 3.{n} acc 0.{n}\n")
        }));
        assert_eq!(found["loss"], loss, "{test}");
        let prefix = if test.starts_with('T') { "test" } else { "val" };
        assert_eq!(found[&format!("{prefix}/loss")], held_out, "{test}");
        assert_eq!(found[&format!("{prefix}/acc")].len(), 8, "{test}");
        assert_eq!(found["acc"].len(), 8, "{test}");
        assert!(found.keys().all(|key| !key.contains("on")), "{test}");
    }
}

#[test]
fn the_prefix_of_syslog_is_no_value() {
    for day in [" 1", "11"] {
        let found = read(&lines(|n| {
            format!("May {day} 10:00:0{n} host train[123]: step {n}0: loss=2.{n}\n")
        }));
        assert_eq!(found["loss"], points(|n| 10.0 * n, |n| 2.0 + n / 10.0));
        assert_eq!(found.len(), 1);
    }
}

#[test]
fn a_metric_beside_another_variable_is_read() {
    let log = "epoch 0 lr 2.5e-02\nvalid_acc 50.8 | valid_obj 1.34\nepoch 1 lr 2.4e-02\nvalid_acc 57.2 | valid_obj 1.23\n\
               epoch 2 lr 2.3e-02\nvalid_acc 65.3 | valid_obj 0.99\nepoch 3 lr 2.2e-02\nvalid_acc 68.3 | valid_obj 0.89\n";
    let series = read(log);
    let accuracy = [(0.0, 50.8), (1.0, 57.2), (2.0, 65.3), (3.0, 68.3)];
    assert_eq!(series["valid_acc"], accuracy);
}
