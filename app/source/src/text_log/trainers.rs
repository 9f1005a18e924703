//! Lines of many trainers, and the points that they are.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::parser::TextParser;
use crate::{parse::Parser, statistics::ReadStatistics, store::Store};

/// The points of a text, by key, as steps and values.
fn points(text: &str) -> Vec<(String, Vec<(f64, f64)>)> {
    let (mut store, mut statistics) = (Store::default(), ReadStatistics::default());
    let mut parser = TextParser::default();
    let chunk = Bytes::copy_from_slice(text.as_bytes());
    let done = parser.feed(&chunk, 0, &mut store, &mut statistics).unwrap();
    parser.caught_up(&chunk[done..], done as u64, &mut store, &mut statistics);
    let series = store.series();
    series
        .map(|(key, series, _)| {
            let points = series
                .iter()
                .map(|point| (point.step.as_f64(), point.value));
            (key.to_string(), points.collect())
        })
        .collect()
}

/// Checks the points of some keys of a text.
fn expect(text: &str, expected: &[(&str, &[(f64, f64)])]) {
    let found = points(text);
    for (key, expected) in expected {
        let series = found.iter().find(|(name, _)| name == key);
        let keys: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let series = series.unwrap_or_else(|| panic!("{key} is not among {keys:?}"));
        assert_eq!(series.1, *expected, "{key}");
    }
}

/// Progress bars of ten steps, each on the line of the one before.
fn bars(state: impl Fn(i64, &str) -> String) -> String {
    let states: Vec<String> = (1..=10)
        .map(|at| {
            state(
                at,
                &format!("{}%|##   | {at}/10 [00:10<01:30, 1.2s/it", at * 10),
            )
        })
        .collect();
    states.join("\r") + "\n"
}

#[test]
fn build_nanogpt_has_three_columns() {
    expect(
        "0 val 10.9310\n0 hella 0.2413\n0 train 10.934416\n1 train 10.88\n",
        &[
            ("hella", &[(0.0, 0.2413)]),
            ("train", &[(0.0, 10.934_416), (1.0, 10.88)]),
            ("val", &[(0.0, 10.931)]),
        ],
    );
    assert!(points("0 conv1 3520\n1 conv2 3520\n2 conv3 3520\n").is_empty());
}

#[test]
fn running_means_have_keys_of_their_own() {
    let row =
        |batch: i64| format!("Epoch: [0][{batch}]\tTime {batch}.5 (0.25)\tLoss {batch}.0 (2.5)\n");
    let rows: Vec<String> = (0..5).map(row).collect();
    let points = |offset: f64| -> Vec<(f64, f64)> {
        (0..5)
            .map(|batch| (f64::from(batch), f64::from(batch) + offset))
            .collect()
    };
    let means: Vec<(f64, f64)> = (0..5).map(|batch| (f64::from(batch), 0.25)).collect();
    expect(
        &rows.concat(),
        &[
            ("Loss", &points(0.0)),
            ("Time", &points(0.5)),
            ("Time.avg", &means),
        ],
    );
}

#[test]
fn marian() {
    expect(
        "[2017-12-05 15:09:59] Ep. 1 : Up. 1000 : Sen. 81,308 : Cost 84.5 * 1,000 @ 500 after 32,000 : \
         Time 382.09s : 2688.68 words/s : gNorm 1.25 : L.r. 1.0000e-04\n\
         [2017-12-05 15:19:59] Ep. 1 : Up. 2000 : Sen. 311,824 : Cost 4.95 : Time 163.05s : 33655.40 words/s\n\
         [2017-12-05 15:29:59] [valid] Ep. 1 : Up. 2000 : cross-entropy : 85.12 : new best\n\
         [2017-12-05 15:29:59] [valid] Ep. 1 : Up. 2000 : bleu : 20.5 : stalled 1 times (last best: 21.0)\n",
        &[
            ("Cost", &[(1000.0, 84.5), (2000.0, 4.95)]),
            ("Sen.", &[(1000.0, 81_308.0), (2000.0, 311_824.0)]),
            ("L.r.", &[(1000.0, 1e-4)]),
            ("gNorm", &[(1000.0, 1.25)]),
            ("val/cross-entropy", &[(2000.0, 85.12)]),
            ("val/bleu", &[(2000.0, 20.5)]),
        ],
    );
}

#[test]
fn opennmt() {
    expect(
        "[2019-05-01 10:00:10,123 INFO] Step 50/ 200000; acc:   4.26; ppl: 12345.67; xent: 9.42; lr: 0.00001; \
         1234/5678 tok/s;     20 sec\n\
         [2019-05-01 10:00:30,123 INFO] Step 100/200000; acc:  14.26; ppl: 2345.67; xent: 7.42; lr: 0.00002; \
         sents:    1000; bsz:  900/ 800/32; 1234/5678 tok/s;     40 sec;\n\
         [2019-05-01 10:00:40,123 INFO] Validation perplexity: 123.4\n",
        &[
            ("acc", &[(50.0, 4.26), (100.0, 14.26)]),
            ("ppl", &[(50.0, 12345.67), (100.0, 2345.67)]),
            ("lr", &[(50.0, 1e-5), (100.0, 2e-5)]),
            ("Validation perplexity", &[(100.0, 123.4)]),
        ],
    );
}

#[test]
fn llm_c() {
    expect(
        "step    1/10 | loss 11.032358 (+nanz)| norm 22.1414 (+nanz)| lr 8.57e-07 | 2494.44 ms | \
         40.3% bf16 MFU | 210183 tok/s\n\
         val loss 10.9\n\
         step    2/10 | loss 10.811327 (-1.25z)| norm 21.1252 (+0.50z)| lr 2.57e-06 | 2495.94 ms | \
         40.3% bf16 MFU | 210163 tok/s\n",
        &[
            ("loss", &[(1.0, 11.032_358), (2.0, 10.811_327)]),
            ("norm", &[(1.0, 22.1414), (2.0, 21.1252)]),
            ("lr", &[(1.0, 8.57e-7), (2.0, 2.57e-6)]),
            ("val loss", &[(1.0, 10.9)]),
        ],
    );
}

#[test]
fn llm_c_that_diverged() {
    let mut logged: BTreeMap<String, Vec<(f64, f64)>> = points(
        "val loss nan\n\
         step    1/10 | loss     nan (+nanz)| norm    nan (+nanz)| lr 8.57e-07 | 2494.44 ms\n\
         val loss nan\n\
         evaluating HellaSwag: 0/20\revaluating HellaSwag: 10/20\r\n\
         step    2/10 | loss     nan (+nanz)| norm    nan (+nanz)| lr 2.57e-06 | 2495.94 ms\n",
    )
    .into_iter()
    .collect();
    for (key, steps) in [
        ("loss", [1.0, 2.0]),
        ("norm", [1.0, 2.0]),
        ("val loss", [0.0, 1.0]),
    ] {
        let points = logged.remove(key).unwrap_or_default();
        assert!(points.iter().all(|(_, value)| value.is_nan()), "{key}");
        let found: Vec<f64> = points.iter().map(|(step, _)| *step).collect();
        assert_eq!(found, steps, "{key}");
    }
    assert_eq!(logged.keys().collect::<Vec<_>>(), ["lr"]);
}

#[test]
fn evaluations_that_count_their_own_iterations() {
    expect(
        "Training iteration: 200, Loss: 0.5\n\
         Training iteration: 400, Loss: 0.4\n\
         Epoch 0 finished after 500 iterations.\n\
         Validation iteration: 100, Loss: 0.7\n\
         Validation iteration: 200, Loss: 0.8\n\
         Training iteration: 600, Loss: 0.3\n\
         Training iteration: 800, Loss: 0.2\n\
         Epoch 1 finished after 1000 iterations.\n\
         Validation iteration: 100, Loss: 0.6\n\
         Training iteration: 1200, Loss: 0.1\n",
        &[(
            "Loss",
            &[
                (200.0, 0.5),
                (400.0, 0.4),
                (600.0, 0.3),
                (800.0, 0.2),
                (1200.0, 0.1),
            ],
        )],
    );
}

#[test]
fn litgpt() {
    expect(
        "Epoch 1 | iter 10 step 1 | loss train: 10.5, val: n/a | iter time: 20.00 ms (step) remaining time: 1:02:03\n\
         Epoch 1 | iter 20 step 2 | loss train: 9.5, val: 9.25 | iter time: 21.00 ms (step)\n",
        &[
            ("loss train", &[(1.0, 10.5), (2.0, 9.5)]),
            ("val", &[(2.0, 9.25)]),
            ("iter", &[(1.0, 10.0), (2.0, 20.0)]),
            ("iter time", &[(1.0, 20.0), (2.0, 21.0)]),
        ],
    );
}

#[test]
fn torchtitan_and_verl() {
    expect(
        "[rank0]:[titan] 2025-01-01 10:00:01,000 - root - INFO - \x1b[31mstep: 10  \x1b[32mloss:  7.1250  \
         \x1b[38;2;180;60;0mgrad_norm:  1.5000  \x1b[36mmemory:  2.04GiB(2.15%)  \x1b[34mtps: 1,234  \
         \x1b[36mtflops: 10.25  \x1b[35mmfu: 1.10%\x1b[39m\n",
        &[
            ("grad_norm", &[(10.0, 1.5)]),
            ("loss", &[(10.0, 7.125)]),
            ("memory", &[(10.0, 2.04)]),
            ("tps", &[(10.0, 1234.0)]),
        ],
    );
    expect(
        "\x1b[36m(TaskRunner pid=15930, ip=10.4.1.33)\x1b[0m step:3 - actor/entropy:0.36 - actor/pg_loss:-0.1 \
         - critic/score/mean:0.25 - training/epoch:0 - val-core/gsm8k/reward/mean@1:np.float64(0.5)\n",
        &[
            ("actor/entropy", &[(3.0, 0.36)]),
            ("actor/pg_loss", &[(3.0, -0.1)]),
            ("critic/score/mean", &[(3.0, 0.25)]),
            ("val-core/gsm8k/reward/mean@1", &[(3.0, 0.5)]),
        ],
    );
}

#[test]
fn icefall() {
    let line = |batch: i64, loss: f64| {
        format!(
            "2023-01-01 10:00:00,123 INFO [train.py:901] (0/4) Epoch 1, batch {batch}, loss[loss={loss}, \
             simple_loss=1.5, over 4000.00 frames. ], tot_loss[loss=2.5, simple_loss=2.0, over 4000.00 \
             frames. ], batch size: 20, lr: 2.25e-02\n"
        )
    };
    let validation = "2023-01-01 10:01:10,123 INFO [train.py:935] (0/4) Epoch 1, validation: loss=0.5, \
                      simple_loss=0.25, over 944034.00 frames. \n";
    expect(
        &(line(0, 7.5) + &line(50, 1.25) + validation),
        &[
            ("loss/loss", &[(0.0, 7.5), (50.0, 1.25)]),
            ("tot_loss/loss", &[(0.0, 2.5), (50.0, 2.5)]),
            ("lr", &[(0.0, 0.0225), (50.0, 0.0225)]),
            ("val/loss", &[(50.0, 0.5)]),
            ("val/simple_loss", &[(50.0, 0.25)]),
        ],
    );
}

#[test]
fn espnet() {
    expect(
        "[host] 2021-01-01 10:01:00,123 (trainer:650) INFO: 1epoch:train:1-100batch: iter_time=1.2e-03, \
         loss=70.5, acc=0.25, optim0_lr0=2.0e-08\n\
         [host] 2021-01-01 10:02:00,123 (trainer:650) INFO: 1epoch:train:101-200batch: loss=60.5, acc=0.5\n\
         [host] 2021-01-01 10:03:00,123 (trainer:328) INFO: 1epoch results: [train] loss=65.5, time=2 minutes \
         and 3.5 seconds, total_count=200, [valid] loss=55.5, cer=0.5, time=10.2 seconds\n\
         [host] 2021-01-01 10:04:00,123 (trainer:650) INFO: 2epoch:train:1-100batch: loss=40.5, acc=0.75\n",
        &[
            ("loss", &[(100.0, 70.5), (200.0, 60.5), (300.0, 40.5)]),
            ("acc", &[(100.0, 0.25), (200.0, 0.5), (300.0, 0.75)]),
            ("train/loss", &[(200.0, 65.5)]),
            ("val/cer", &[(200.0, 0.5)]),
            ("val/loss", &[(200.0, 55.5)]),
        ],
    );
}

#[test]
fn progress_bars_of_diffusers_openrlhf_and_trlx() {
    let steps: Vec<(f64, f64)> = (1..=10).map(|at| (f64::from(at), f64::from(at))).collect();
    for (text, key) in [
        (
            bars(|at, bar| format!("Steps:  {bar}, lr=1e-5, step_loss={at}]")),
            "step_loss",
        ),
        (
            bars(|at, bar| format!("Train epoch [1/1]:  {bar}, pg=0.5, ret={at}, act_lr=5e-7]")),
            "ret",
        ),
        (
            bars(|at, bar| format!("[losses/total_loss: {at} | losses/policy_loss: 0.5]:  {bar}]")),
            "losses/total_loss",
        ),
    ] {
        expect(&text, &[(key, &steps)]);
    }
    // NeMo names the step itself.
    let epoch = bars(|at, bar| {
        format!("Epoch 0:  {bar}, v_num=1-10, reduced_train_loss={at}, global_step={at}.000]")
    });
    expect(&epoch, &[("reduced_train_loss", &steps)]);
}

#[test]
fn llama_cpp_and_tinygrad() {
    expect(
        "train_opt_callback: iter=     1 sample=9/1000 sched=0.010000 loss=8.5 dt=00:00:10 eta=00:10:00 |->\n\
         train_opt_callback: iter=     2 sample=17/1000 sched=0.020000 loss=7.5 dt=00:00:10 eta=00:10:00 |--->\n",
        &[("loss", &[(1.0, 8.5), (2.0, 7.5)])],
    );
    expect(
        "  0 1234.56 ms run, 1220.00 ms python,   14.56 ms CL,  1080.25 loss, 0.000012 LR, 0.06 GB used,   123.45 GFLOPS\n\
         \x20 1  234.56 ms run,  220.00 ms python,   14.56 ms CL,  1070.25 loss, 0.000024 LR, 0.06 GB used,   123.45 GFLOPS\n",
        &[
            ("loss", &[(0.0, 1080.25), (1.0, 1070.25)]),
            ("LR", &[(0.0, 1.2e-5), (1.0, 2.4e-5)]),
            ("ms run", &[(0.0, 1234.56), (1.0, 234.56)]),
        ],
    );
}

#[test]
fn a_second_start_in_a_file_supersedes_the_first() {
    let start = |steps: std::ops::Range<i64>| -> String {
        let settings = "batch_size: 4\nlr: 0.1\nStart Training...!!\n";
        let rows =
            steps.map(|step| format!("Epoch: {step} | Train_loss: {step}.5 | Val loss: 2\n"));
        settings.to_owned() + &rows.collect::<String>()
    };
    let text = start(0..5) + &start(0..3) + &start(1..4);
    let (mut store, mut statistics) = (Store::default(), ReadStatistics::default());
    let chunk = Bytes::from(text);
    let mut parser = TextParser::default();
    parser.feed(&chunk, 0, &mut store, &mut statistics).unwrap();
    let series = store
        .series()
        .find(|(key, _, _)| &***key == "Train_loss")
        .map(|(_, series, _)| series)
        .unwrap();
    assert_eq!(series.len(), 11);
    let live: Vec<f64> = series
        .live()
        .map(|(_, point)| point.step.as_f64())
        .collect();
    assert_eq!(live, [0.0, 1.0, 2.0, 3.0]);
}
