//! Checkpoints of PyTorch, as `torch.save` writes them (`data/arrays/make_pytorch.py`) and as nobody should.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{
    fs,
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use common::{arrays::write, read};
use trainscape_run::{Run, SourceState, Tensor};
use trainscape_source::open_array;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/arrays")
        .join(name)
}

fn only_run(path: &Path) -> Arc<Run> {
    let snapshot = read(path);
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(snapshot.runs.len(), 1, "{ids:?}");
    Arc::clone(&snapshot.runs[0])
}

fn keys(run: &Run) -> Vec<&str> {
    run.tensors.keys().map(|key| &**key).collect()
}

fn values(tensor: &Tensor) -> Vec<f64> {
    let whole: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    tensor.read_f64(&whole).unwrap()
}

/// A checkpoint with this pickle and a storage of 24 floats, 0, 1, 2, …
fn archive(pickle: &[u8], method: CompressionMethod) -> Vec<u8> {
    let floats: Vec<u8> = (0..24_u8)
        .flat_map(|n| f32::from(n).to_le_bytes())
        .collect();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, content) in [("data.pkl", pickle), ("data/0", &floats)] {
        writer
            .start_file(format!("archive/{name}"), options)
            .unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The instructions that leave a tensor of this shape on the stack.
fn tensor(offset: u8, shape: &[u8], strides: &[u8]) -> Vec<u8> {
    let tuple = |numbers: &[u8]| {
        let numbers = numbers.iter().flat_map(|&number| [b'K', number]);
        [&b"("[..], &numbers.collect::<Vec<_>>(), b"t"].concat()
    };
    [
        &b"ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x18tQ"[..],
        &[b'K', offset],
        &tuple(shape),
        &tuple(strides),
        b"\x89NtR",
    ]
    .concat()
}

/// A dictionary of values, each given by its instructions.
fn dict(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"}(".to_vec();
    for (key, value) in entries {
        out.extend([b'U', key.len() as u8]);
        out.extend(key.as_bytes());
        out.extend(value);
    }
    out.push(b'u');
    out
}

fn pickle(root: &[u8]) -> Vec<u8> {
    [b"\x80\x02", root, b"."].concat()
}

fn error_of(name: &str, content: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), name, content);
    let error = open_array(&folder.path().join(name)).unwrap_err();
    error.to_string()
}

#[test]
fn every_element_type_of_a_lightning_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(data("lightning.ckpt"), folder.path().join("last.ckpt")).unwrap();
    let run = only_run(folder.path());
    let source = &run.sources[0];
    assert_eq!((source.state, source.records), (SourceState::Partial, 13));
    for part in [
        "`gaps` is a view with gaps",
        "`wave` contains elements of a type that is not read",
        "those of `optimizer_states` are not",
    ] {
        assert!(source.note.contains(part), "{part}: {}", source.note);
    }
    for (key, dtype, expected) in [
        ("fc.weight", "f32", &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0][..]),
        ("fc.bias", "f32", &[0.5, -1.5]),
        ("half", "f16", &[1.0, 2.0, 0.5]),
        ("bf", "bf16", &[1.0, -2.0]),
        ("double", "f64", &[1e-300]),
        ("long", "i64", &[7.0]),
        ("flags", "bool", &[1.0, 0.0]),
        ("bytes", "u8", &[200.0, 1.0]),
        ("small", "i8", &[-3.0]),
        ("ints", "i32", &[-70_000.0]),
        ("shorts", "i16", &[-300.0]),
        ("shared", "f32", &[4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]),
        // Transposed in its storage.
        ("turned", "f32", &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]),
    ] {
        let tensor = &run.tensors[key];
        assert_eq!(tensor.dtype.name(), dtype, "{key}");
        assert_eq!(values(tensor), expected, "{key}");
    }
}

#[test]
fn files_before_1_6_are_read() {
    let tensors = open_array(&data("legacy.pth")).unwrap();
    let keys: Vec<&str> = tensors.iter().map(|tensor| &*tensor.key).collect();
    assert_eq!(keys, ["fc.bias", "fc.weight"]);
    assert_eq!(values(&tensors[1]), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(values(&tensors[0]), [0.5, -1.5]);
}

#[test]
fn checkpoints_of_steps_are_snapshots() {
    let model = |offset: u8| {
        let state = dict(&[("w", tensor(offset, &[2, 2], &[2, 1]))]);
        archive(&pickle(&state), CompressionMethod::Stored)
    };
    for names in [
        ["model_9.pt", "model_100.pt"],
        [
            "checkpoint-9/pytorch_model.bin",
            "checkpoint-100/pytorch_model.bin",
        ],
        [
            "checkpoints/epoch=0-step=9.ckpt",
            "checkpoints/epoch=1-step=100.ckpt",
        ],
        ["Agent/Agent-9.pt", "Agent/Agent-100.pt"],
        ["weights/epoch9.pth", "weights/epoch100.pth"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), names[0], model(1));
        write(folder.path(), names[1], model(2));
        // Other files of a trainer, and of other programs.
        let beside = folder.path().join(names[0]).with_file_name("");
        for name in [
            "optimizer.pt",
            "scheduler.pt",
            "rng_state_0.pth",
            "training_args.bin",
        ] {
            write(&beside, name, model(0));
        }
        write(&beside, "data.bin", b"\x00\x01binary");
        write(&beside, "model.ckpt.index", b"TensorFlow");
        write(&beside, "model.ckpt", b"TensorFlow");
        let run = only_run(folder.path());
        assert_eq!(keys(&run), ["w"], "{names:?}");
        let tensor = &run.tensors["w"];
        assert_eq!(tensor.steps.as_deref().unwrap(), [9.0, 100.0], "{names:?}");
        assert_eq!(values(tensor), [1.0, 2.0, 3.0, 4.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(run.sources.len(), 2, "{names:?}");
    }
}

#[test]
fn parts_modules_and_single_tensors() {
    let at = |offset: u8| tensor(offset, &[2], &[1]);
    let keys = |root: &[u8]| -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let content = archive(&pickle(root), CompressionMethod::Stored);
        write(folder.path(), "file.pt", content);
        let tensors = open_array(&folder.path().join("file.pt")).unwrap();
        tensors
            .iter()
            .map(|tensor| tensor.key.to_string())
            .collect()
    };
    assert_eq!(keys(&at(0)), ["file"]);
    let list = [b"(".to_vec(), at(0), at(1), b"t".to_vec()].concat();
    assert_eq!(keys(&list), ["0", "1"]);
    let parts = dict(&[
        ("optimizer", dict(&[("m", at(0))])),
        ("model_state_dict", dict(&[("a.b", at(0)), ("c", at(1))])),
        ("ema", dict(&[("a.b", at(0))])),
    ]);
    assert_eq!(keys(&parts), ["a.b", "c"]);
    // No part is known to hold the model.
    let parts = dict(&[
        ("actor", dict(&[("w", at(0))])),
        ("critic", dict(&[("w", at(1))])),
        ("actor_optimizer", dict(&[("m", at(2))])),
    ]);
    assert_eq!(keys(&parts), ["actor.w", "critic.w"]);
    // A module: `torch.save(model)`.
    let module = |parameters: Vec<u8>, modules: Vec<u8>| {
        let state = dict(&[
            ("training", b"\x88".to_vec()),
            ("_parameters", parameters),
            ("_buffers", dict(&[("mean", at(3))])),
            ("_modules", modules),
            ("note", at(4)),
        ]);
        [&b"c__main__\nNet\n)\x81"[..], &state, b"b"].concat()
    };
    let inner = module(dict(&[("w", at(0))]), dict(&[]));
    let outer = module(dict(&[("b", at(1))]), dict(&[("fc", inner)]));
    assert_eq!(keys(&outer), ["b", "fc.mean", "fc.w", "mean"]);
}

#[test]
fn a_tuple_of_attention_is_a_tensor_of_layers() {
    let layer = |offset: u8| tensor(offset, &[1, 2, 2, 2], &[8, 4, 2, 1]);
    let tuple = [b"(".to_vec(), layer(0), layer(8), layer(16), b"t".to_vec()].concat();
    let folder = tempfile::tempdir().unwrap();
    let content = archive(&pickle(&tuple), CompressionMethod::Stored);
    write(folder.path(), "attentions.pt", content);
    let run = only_run(folder.path());
    let attention = &run.tensors["attentions"];
    assert_eq!(*attention.shape, [3, 1, 2, 2, 2]);
    let axes = attention.axes.as_deref().unwrap().join(",");
    assert_eq!(axes, "layer,batch,head,query,key");
    assert_eq!(attention.element(&[2, 0, 1, 1, 1]).unwrap(), 23.0);
}

#[test]
fn no_code_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("ran");
    let command = format!("touch {}", marker.display());
    let hostile = [
        format!("cposix\nsystem\n(S'{command}'\ntR").into_bytes(),
        format!("(S'{command}'\nios\nsystem\n").into_bytes(),
        format!("c__builtin__\neval\n(S'__import__(\"os\").system(\"{command}\")'\ntR")
            .into_bytes(),
    ];
    for (index, value) in hostile.into_iter().enumerate() {
        let root = dict(&[("bad", value.clone()), ("w", tensor(0, &[2], &[1]))]);
        let name = format!("model{index}.pt");
        let content = archive(&pickle(&root), CompressionMethod::Stored);
        write(folder.path(), &name, content);
        let tensors = open_array(&folder.path().join(&name)).unwrap();
        assert_eq!((tensors.len(), &*tensors[0].key), (1, "w"));
        let alone = archive(&pickle(&value), CompressionMethod::Stored);
        let error = error_of("model.pt", &alone);
        assert!(
            error.contains("contains no tensors that can be read without"),
            "{error}"
        );
        assert!(error.contains("python -c"), "{error}");
    }
    assert!(!marker.exists());
}

#[test]
fn damaged_and_malicious_files_are_one_sentence() {
    let with = |root: &[u8]| archive(&pickle(root), CompressionMethod::Stored);
    for (content, words) in [
        (b"not a checkpoint".to_vec(), "is not a checkpoint of PyTorch"),
        (with(&tensor(0, &[2], &[1]))[..200].to_vec(), "is incomplete or was truncated"),
        (with(b"\xfe"), "has a damaged pickle: byte 2 is not a supported instruction"),
        (with(b"(K\x01"), "contains no tensors"),
        (with(&tensor(0, &[200, 200], &[200, 1])), "needs 160000 bytes of its storage, which has 96"),
        (with(&tensor(20, &[5], &[1])), "needs 100 bytes of its storage"),
        (with(&tensor(0, &[5, 5], &[0, 0])), "is a view with gaps or repetitions"),
        (
            with(&[&b"ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x019U\x03cpuK\x18tQK\x00K\x02\x85K\x01\x85\x89NtR"[..]].concat()),
            "has no storage in the file",
        ),
        (
            archive(&pickle(&tensor(0, &[24], &[1])), CompressionMethod::Deflated),
            "is compressed",
        ),
    ] {
        let error = error_of("model.pt", &content);
        assert!(error.contains(words), "{words}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
    // A file that is cut anywhere.
    let whole = fs::read(data("legacy.pth")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for len in 0..whole.len() {
        let name = format!("{len}.pt");
        write(folder.path(), &name, &whole[..len]);
        let opened = open_array(&folder.path().join(name));
        assert!(opened.is_err() || len > whole.len() - 32, "{len}");
    }
}

#[test]
fn a_small_file_that_expands_takes_no_time() {
    // Each list holds the one before twice.
    let mut root = b"]".to_vec();
    for place in 0..200_u8 {
        root.extend([b'q', place, b']', b'(', b'h', place, b'h', place, b'e']);
    }
    let folder = tempfile::tempdir().unwrap();
    let content = archive(&pickle(&root), CompressionMethod::Stored);
    write(folder.path(), "bomb.pt", content);
    assert!(open_array(&folder.path().join("bomb.pt")).is_err());
    // A dictionary that contains itself, and a pickle of the largest size.
    let cyclic = [
        &b"}q\x00(U\x01ah\x00"[..],
        b"U\x01w",
        &tensor(0, &[2], &[1]),
        b"u",
    ]
    .concat();
    write(
        folder.path(),
        "cycle.pt",
        archive(&pickle(&cyclic), CompressionMethod::Stored),
    );
    assert!(
        !open_array(&folder.path().join("cycle.pt"))
            .unwrap()
            .is_empty()
    );
    let packed = archive(&vec![b'N'; 80 << 20], CompressionMethod::Deflated);
    assert!(packed.len() < 1 << 20);
    let error = error_of("large.pt", &packed);
    assert!(error.contains("has more than"), "{error}");
}

/// A small generator of pseudo-random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(7);
    for (name, path) in [
        ("a.ckpt", data("lightning.ckpt")),
        ("a.pth", data("legacy.pth")),
        ("a.vec", data("words.vec")),
        ("a_tensors.bytes", data("tensors.bytes")),
        ("projector_config.pbtxt", data("projector_config.pbtxt")),
    ] {
        let whole = fs::read(path).unwrap();
        for index in 0..120 {
            let mut bytes = whole.clone();
            for _ in 0..=random.below(6) {
                let at = random.below(bytes.len());
                bytes[at] = random.below(256) as u8;
            }
            bytes.truncate(bytes.len() - random.below(bytes.len()) / (1 + random.below(40)));
            // Files that are written again are slow.
            let folder = folder.path().join(format!("{index}-{name}"));
            write(&folder, name, bytes);
            let opened = match name {
                "projector_config.pbtxt" => "tensors.bytes",
                name => name,
            };
            if opened != name {
                write(&folder, opened, [0; 48]);
            }
            for tensor in open_array(&folder.join(opened)).unwrap_or_default() {
                let whole: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
                let _ = tensor.read_f64(&whole);
            }
        }
    }
}

#[test]
fn members_of_one_name_are_told() {
    let root = dict(&[("w", tensor(0, &[24], &[1]))]);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let pickle = pickle(&root);
    for (name, content) in [
        ("data.pkl", &pickle[..]),
        ("data/0", &[0; 96]),
        ("data/1", &[1; 96]),
    ] {
        let name = format!("archive/{name}");
        writer.start_file(name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    let mut bytes = writer.finish().unwrap().into_inner();
    for at in 0..bytes.len() - 6 {
        if bytes[at..].starts_with(b"data/1") {
            bytes[at + 5] = b'0';
        }
    }
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.pt", &bytes);
    let run = only_run(folder.path());
    assert_eq!(keys(&run), ["w"]);
    let source = &run.sources[0];
    assert_eq!(source.state, SourceState::Partial);
    assert_eq!(
        source.note,
        "`archive/data/0` occurs more than once in the archive: the last one is used"
    );
}
