//! What a file is, judged by its content; its name only says where to look closer.

use std::{fs::File, io::Read, path::Path};

use trainscape_run::{Role, SourceFormat, role_of_key};

use crate::{
    arrays::{looks_like_hdf5, looks_like_matrix},
    columns::step_rank,
    csv::{delimiter_of, split_header},
    json::Json,
    tensorboard::looks_like_events,
    wandb::WANDB_HEADER,
};

/// Bytes looked at.
const HEAD: usize = 64 << 10;

/// What a look at a file's head says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// A log of this format; the keys are those of its first rows, for tables only.
    Log(SourceFormat, Vec<String>),
    /// An array whose name does not say so.
    Array(SourceFormat),
    /// Not enough of it is there to tell: look again when it has grown.
    NotYet,
    /// No log.
    Other,
}

/// Endings of files that are never logs, so that nobody need open them.
const NEVER: &[&str] = &[
    "safetensors",
    "pt",
    "pth",
    "ckpt",
    "bin",
    "npz",
    "npy",
    "pkl",
    "png",
    "jpg",
    "jpeg",
    "gif",
    "mp4",
    "wav",
    "zip",
    "gz",
    "tar",
    "zst",
    "py",
    "pyc",
    "ipynb",
    "md",
    "yaml",
    "yml",
    "toml",
    "sh",
    "rs",
    "html",
    "pdf",
    "svg",
    "so",
    "onnx",
    "parquet",
    "arrow",
    "db",
    "sqlite",
    "lock",
    "patch",
];

/// Names that look like logs and are none.
const NOT_LOGS: &[&str] = &[
    "wandb-summary.json",
    "wandb-metadata.json",
    "trainer_state.json",
    "package.json",
    "config.json",
    "package-lock.json",
    "tokenizer.json",
    "vocab.json",
    "generation_config.json",
    "adapter_config.json",
    "hparams.json",
    "args.json",
    "params.json",
    "requirements.txt",
    "metadata.tsv",
    "tensors.tsv",
    "special_tokens_map.json",
    "tokenizer_config.json",
    "all_results.json",
    "train_results.json",
    "eval_results.json",
];

/// Words in names under which loggers keep their metrics.
const LOG_NAMES: &[&str] = &[
    "metric", "progress", "monitor", "history", "log", "scalar", "results", "train", "eval", "loss",
];

/// Looks at the file's first bytes.
pub(crate) fn sniff(path: &Path, len: u64) -> Verdict {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let events = name.contains("tfevents");
    if !events && (NEVER.contains(&extension) || NOT_LOGS.contains(&name.as_str())) {
        return Verdict::Other;
    }
    if name.ends_with(".plotly.json") || name.ends_with(".pts.json") {
        return Verdict::Other;
    }
    let wandb = extension == "wandb";
    if len == 0 && (events || wandb) {
        let format = if wandb {
            SourceFormat::Wandb
        } else {
            SourceFormat::Tensorboard
        };
        return Verdict::Log(format, Vec::new());
    }
    let mut head = Vec::new();
    let opened = File::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
    if opened.is_err() || events || wandb || head.starts_with(&WANDB_HEADER) {
        // A log by its name or first bytes: its reader says what is wrong with it.
        let format = match () {
            () if wandb || head.starts_with(&WANDB_HEADER) => SourceFormat::Wandb,
            () if events => SourceFormat::Tensorboard,
            () if matches!(extension, "jsonl" | "ndjson") => SourceFormat::Jsonl,
            () if extension == "csv" && is_log_name(&name) => SourceFormat::Csv,
            () => return Verdict::Other,
        };
        return Verdict::Log(format, Vec::new());
    }
    if looks_like_events(&head) {
        return Verdict::Log(SourceFormat::Tensorboard, Vec::new());
    }
    if looks_like_hdf5(&head) {
        return Verdict::Array(SourceFormat::Hdf5);
    }
    match extension {
        "jsonl" | "ndjson" | "json" => jsonl(&head, &name, extension == "json", len),
        "csv" | "tsv" => csv(&head, &name, len),
        "txt" | "log" | "" if head.trim_ascii_start().starts_with(b"{") => {
            jsonl(&head, &name, true, len)
        }
        "txt" if memchr::memchr(b'\t', &head).is_some() => csv(&head, &name, len),
        "txt" | "log" if len == 0 => Verdict::NotYet,
        _ => Verdict::Other,
    }
}

fn is_log_name(name: &str) -> bool {
    LOG_NAMES.iter().any(|word| name.contains(word))
}

fn is_telling(role: Role) -> bool {
    matches!(
        role,
        Role::Loss | Role::ValidationLoss | Role::LearningRate | Role::GradientNorm | Role::Reward
    )
}

fn jsonl(head: &[u8], name: &str, strict: bool, len: u64) -> Verdict {
    let whole = head.len() as u64 >= len;
    let mut keys = Vec::new();
    let mut objects = 0;
    let mut lines = 0;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        let ended = line.ends_with(b"\n");
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        lines += 1;
        let object = match Json::parse(line) {
            Some(json @ Json::Map(_)) => json,
            _ if !ended => break,
            // One damaged line at the head must not hide a log.
            _ if lines < 8 && !strict => continue,
            _ => break,
        };
        // A `.json` file that holds one object without a line end is no table of rows.
        if strict && !ended {
            break;
        }
        objects += 1;
        object.flatten(&mut String::new(), &mut |key, _| {
            if !keys.iter().any(|known| known == key) && keys.len() < 4096 {
                keys.push(key.to_owned());
            }
        });
        if objects == 16 {
            break;
        }
    }
    if objects == 0 {
        let begun = head.trim_ascii_start();
        let hopeful = begun.is_empty() || (begun.starts_with(b"{") && lines <= 1 && whole);
        return match () {
            () if hopeful && !strict && is_log_name(name) => {
                Verdict::Log(SourceFormat::Jsonl, keys)
            }
            () if hopeful => Verdict::NotYet,
            () if !strict && is_log_name(name) => Verdict::Log(SourceFormat::Jsonl, keys),
            () => Verdict::Other,
        };
    }
    let has_step = keys.iter().any(|key| step_rank(key) > 0);
    let has_other = keys.iter().any(|key| step_rank(key) == 0);
    let telling = keys
        .iter()
        .any(|key| role_of_key(key).is_some_and(is_telling));
    let log = if strict {
        has_step && has_other
    } else {
        (has_step && has_other) || telling || (is_log_name(name) && !keys.is_empty())
    };
    if log {
        Verdict::Log(SourceFormat::Jsonl, keys)
    } else {
        Verdict::Other
    }
}

fn csv(head: &[u8], name: &str, len: u64) -> Verdict {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let whole = head.len() as u64 + 3 >= len;
    let mut monitor = false;
    let mut lines = head.split_inclusive(|&byte| byte == b'\n').filter(|line| {
        let comment = line.starts_with(b"#");
        monitor |= line.starts_with(b"#{");
        !comment && !line.trim_ascii().is_empty()
    });
    let header = lines.next().unwrap_or_default();
    let first = lines.next();
    drop(lines);
    if !header.ends_with(b"\n") {
        return match () {
            () if !whole => Verdict::Other,
            () if is_log_name(name) => Verdict::Log(SourceFormat::Csv, Vec::new()),
            () => Verdict::NotYet,
        };
    }
    let header = header.trim_ascii();
    let keys = split_header(header, delimiter_of(header));
    let is_number = |cell: &String| fast_float2::parse::<f64, _>(cell.as_bytes()).is_ok();
    if looks_like_matrix(head, whole) {
        return Verdict::Array(SourceFormat::Csv);
    }
    if keys.iter().any(is_number) || keys.iter().all(String::is_empty) {
        return Verdict::Other;
    }
    let has_step = keys.iter().any(|key| step_rank(key) > 0);
    let telling = keys
        .iter()
        .any(|key| role_of_key(key).is_some_and(is_telling));
    if !(has_step && keys.len() > 1 || telling || monitor || is_log_name(name)) {
        return Verdict::Other;
    }
    // Whatever its header says, a table whose first row holds no number is no table of metrics.
    let numbers = first.is_none_or(|row| {
        let row = row.trim_ascii_end();
        split_header(row, delimiter_of(header))
            .iter()
            .any(is_number)
    });
    if numbers {
        Verdict::Log(SourceFormat::Csv, keys)
    } else {
        Verdict::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(name: &str, content: &str) -> Verdict {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        sniff(&path, content.len() as u64)
    }

    fn format(name: &str, content: &str) -> Option<SourceFormat> {
        match verdict(name, content) {
            Verdict::Log(format, _) => Some(format),
            Verdict::Array(_) | Verdict::NotYet | Verdict::Other => None,
        }
    }

    #[test]
    fn logs_are_known_by_their_content() {
        let jsonl = Some(SourceFormat::Jsonl);
        let csv = Some(SourceFormat::Csv);
        assert_eq!(
            format("metrics.jsonl", "{\"step\": 1, \"loss\": 2.0}\n"),
            jsonl
        );
        assert_eq!(
            format(
                "metrics.json",
                "{\"iteration\": 1, \"a\": NaN}\n{\"iteration\": 2}\n"
            ),
            jsonl
        );
        assert_eq!(
            format("log.txt", "{\"epoch\": 1, \"train_loss\": 2.0}\n"),
            jsonl
        );
        assert_eq!(format("any.csv", "step,a\n1,2\n"), csv);
        assert_eq!(format("any.csv", "epoch;loss\n1;0.5\n"), csv);
        assert_eq!(
            format("0.monitor.csv", "#{\"t_start\": 1.5}\nr,l,t\n1,2,3\n"),
            csv
        );
        assert_eq!(format("progress.txt", "Epoch\tAverageEpRet\n1\t2.0\n"), csv);
        assert_eq!(format("metrics.csv", ""), csv);
    }

    #[test]
    fn arrays_are_known_by_their_content() {
        let array = |name: &str, content: &str| match verdict(name, content) {
            Verdict::Array(format) => Some(format),
            _ => None,
        };
        let grid = "5.3,5.2,5.1\n1,2,3\n4,5,6\n";
        assert_eq!(array("loss.csv", grid), Some(SourceFormat::Csv));
        assert_eq!(
            array("loss.tsv", &grid.replace(',', "\t")),
            Some(SourceFormat::Csv)
        );
        assert_eq!(array("notes.txt", "1 2 3\n"), None);
    }

    #[test]
    fn look_alikes_are_left_alone() {
        for (name, content) in [
            (
                "metrics.json",
                "{\"run_name\": \"x\", \"train_loss\": 0.8, \"epoch\": 24.2}",
            ),
            ("data.json", "{\n \"step\": 1,\n \"loss\": 2\n}\n"),
            ("data.jsonl", "{\"text\": \"hello\", \"id\": 3}\n"),
            ("points.csv", "x,y,z\n1,2,3\n"),
            ("grid.csv", "5.3,5.2,5.1\n1,2,3\n"),
            ("words.tsv", "package\tsentence\npandas\tCalculate.\n"),
            ("config.json", "{\"step\": 1, \"loss\": 2}\n"),
            ("notes.txt", "step 1, loss 2\n"),
        ] {
            assert_eq!(format(name, content), None, "{name}");
        }
    }
}
