//! Arrays as users have them: layouts without names, text formats, classes next to matrices.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use common::{
    arrays::{npy, npy_header, npy_steps, npy_with, npz, write},
    read,
};
use trainscape_run::{Run, SourceState, Tensor};
use trainscape_source::{Loader, OpenOptions, open_array};
use zip::CompressionMethod;

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/cases")
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

fn axes(tensor: &Tensor) -> String {
    tensor.axes.as_deref().unwrap_or_default().join(",")
}

fn values(tensor: &Tensor) -> Vec<f64> {
    let whole: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    tensor.read_f64(&whole).unwrap()
}

fn labels(tensor: &Tensor) -> Vec<&str> {
    let labels = tensor.labels.as_ref().unwrap();
    labels.names().iter().map(|name| &**name).collect()
}

#[test]
fn a_stack_of_attention_with_a_batch() {
    let run = only_run(&case("25-attention-stack-with-batch"));
    let tensor = &run.tensors["attentions"];
    assert_eq!(*tensor.shape, [4, 1, 2, 12, 12]);
    assert_eq!(axes(tensor), "layer,batch,head,query,key");
}

#[test]
fn an_array_of_attention_for_each_layer() {
    let run = only_run(&case("26-attention-one-array-a-layer"));
    assert_eq!(keys(&run), ["attention"]);
    let tensor = &run.tensors["attention"];
    assert_eq!(*tensor.shape, [12, 2, 12, 12]);
    assert_eq!(axes(tensor), "layer,head,query,key");
    assert_eq!(run.sources[tensor.source].records, 12);
}

#[test]
fn layers_are_in_numerical_order() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    // Hugging Face's tuple, with a batch.
    let names: Vec<String> = (0..11).map(|layer| format!("arr_{layer}")).collect();
    let tuple: Vec<(&str, Vec<u8>)> = names
        .iter()
        .enumerate()
        .map(|(layer, name)| (&**name, npy(&[3, 2, 4, 4], layer as f32 * 1000.0)))
        .collect();
    let packed = npz(&tuple, CompressionMethod::Deflated);
    write(root, "tuple/attentions.npz", packed);
    for layer in [2, 1, 10, 9, 8, 7, 6, 5, 4, 3] {
        let path = format!("files/attn/layer_{layer}.npy");
        write(root, &path, npy(&[2, 4, 4], layer as f32 * 1000.0));
    }
    let snapshot = read(root);
    let tuple = &snapshot.runs[1].tensors["attentions"];
    assert_eq!(axes(tuple), "layer,batch,head,query,key");
    assert_eq!(*tuple.shape, [11, 3, 2, 4, 4]);
    assert_eq!(tuple.element(&[10, 0, 0, 0, 3]).unwrap(), 10_003.0);
    let files = &snapshot.runs[0].tensors["attn"];
    assert_eq!(axes(files), "layer,head,query,key");
    assert_eq!(files.element(&[9, 0, 0, 0]).unwrap(), 10_000.0);
}

#[test]
fn layers_keep_their_snapshots_and_gaps_keep_layers_apart() {
    let folder = tempfile::tempdir().unwrap();
    let members = [
        ("layer_0/attn", npy(&[3, 2, 4, 4], 0.0)),
        ("layer_1/attn", npy(&[3, 2, 4, 4], 1000.0)),
        ("layer_3/attention", npy(&[2, 4, 4], 0.0)),
        ("layer_5/attention", npy(&[2, 4, 4], 0.0)),
        ("steps", npy_steps(&[5, 10, 15])),
    ];
    let packed = npz(&members, CompressionMethod::Stored);
    write(folder.path(), "a.npz", packed);
    let run = only_run(folder.path());
    let stacked = ["attn", "layer_3/attention", "layer_5/attention", "steps"];
    assert_eq!(keys(&run), stacked);
    let attention = &run.tensors["attn"];
    assert_eq!(axes(attention), "layer,snapshot,head,query,key");
    assert_eq!(attention.steps.as_deref().unwrap(), [5.0, 10.0, 15.0]);
    assert_eq!(axes(&run.tensors["layer_3/attention"]), "head,query,key");
}

#[test]
fn the_users_axes_of_a_layer_come_first() {
    let folder = tempfile::tempdir().unwrap();
    let members = [
        ("layer_0/attn", npy(&[3, 4, 4], 0.0)),
        ("layer_1/attn", npy(&[3, 4, 4], 0.0)),
    ];
    let packed = npz(&members, CompressionMethod::Stored);
    write(folder.path(), "a.npz", packed);
    let mut options = OpenOptions::default();
    for key in ["layer_0/attn", "layer_1/attn"] {
        let names = ["snapshot", "query", "key"].map(str::to_owned);
        options.axes.insert(key.to_owned(), names.to_vec());
    }
    let mut loader = Loader::open(&[folder.path().to_owned()], options).unwrap();
    loader.read_to_end();
    let run = Arc::clone(&loader.snapshot().runs[0]);
    assert_eq!(axes(&run.tensors["layer_0/attn"]), "snapshot,query,key");
}

#[test]
fn rows_of_x_y_and_loss_are_a_landscape() {
    let run = only_run(&case("28-rows-of-x-y-loss"));
    assert_eq!(keys(&run), ["loss_landscape", "x", "y"]);
    let loss = &run.tensors["loss_landscape"];
    assert_eq!(*loss.shape, [11, 11]);
    assert!((loss.element(&[5, 5]).unwrap() - 0.2).abs() < 1e-12);
    assert_eq!(values(&run.tensors["x"])[0], -1.0);
    // y varies fastest in the file: rows of the tensor are along y.
    assert_eq!(loss.element(&[1, 0]).unwrap(), 2.48);
}

#[test]
fn a_header_names_the_landscapes() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "alpha\tbeta\ttrain_loss\ttest_acc\n".to_owned();
    for (alpha, beta) in [(1, 0), (0, 0), (1, 1), (0, 1)] {
        let _ = writeln!(text, "{alpha}\t{beta}\t{}\t0.5", 10 * beta + alpha);
    }
    write(folder.path(), "surface.tsv", &text);
    let run = only_run(folder.path());
    assert_eq!(keys(&run), ["alpha", "beta", "test_acc", "train_loss"]);
    assert_eq!(values(&run.tensors["train_loss"]), [0.0, 1.0, 10.0, 11.0]);
    text.push_str("2\t0\t5\t0.5\n");
    write(folder.path(), "surface.tsv", &text);
    let run = only_run(folder.path());
    assert_eq!(run.sources[0].state, SourceState::Failed);
    let note = &run.sources[0].note;
    assert!(note.contains("5 rows of x, y and values"), "{note}");
}

#[test]
fn a_matrix_of_losses_stays_a_matrix() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "loss.csv",
        "5.3,5.2,5.1,5\n1,2,3,4\n4,5,6,7\n",
    );
    assert_eq!(*only_run(folder.path()).tensors["loss"].shape, [3, 4]);
    // Points that are no grid stay rows.
    let points = "0.1,0.5,3\n0.2,0.7,2\n0.4,0.6,1\n0.5,0.1,2\n";
    write(folder.path(), "loss.csv", points);
    assert_eq!(*only_run(folder.path()).tensors["loss"].shape, [4, 3]);
}

#[test]
fn weights_of_keras_are_snapshots() {
    let run = only_run(&case("30-keras-weights-h5"));
    assert_eq!(keys(&run), ["layers/dense/vars/0"]);
    let tensor = &run.tensors["layers/dense/vars/0"];
    assert_eq!(*tensor.shape, [5, 6, 4]);
    assert_eq!(tensor.parts.len(), 5);
    assert_eq!(tensor.steps.as_deref().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(tensor.snapshot_axis(), Some(0));
}

#[test]
fn folders_of_snapshots_are_stacked() {
    for (name, key) in [
        ("params/0001.npy", "params"),
        ("theta/theta_0001.npy", "theta"),
        ("snapshots/w-0001.npy", "w"),
        ("checkpoints/1.npy", "checkpoints"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for step in ["1", "20", "3"] {
            let path = name.replace('1', step);
            write(folder.path(), &path, npy(&[6], step.parse().unwrap()));
        }
        let run = only_run(folder.path());
        assert_eq!(keys(&run), [key], "{name}");
        let tensor = &run.tensors[key];
        assert_eq!(tensor.steps.as_deref().unwrap(), [1.0, 3.0, 20.0], "{name}");
        assert_eq!(tensor.snapshot_axis(), Some(0));
    }
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "theta.npy", npy(&[20, 6], 0.0));
    let run = only_run(folder.path());
    assert_eq!(axes(&run.tensors["theta"]), "snapshot,parameter");
}

#[test]
fn classes_as_whole_numbers_are_labels() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "a/X.npy", npy(&[3, 2], 0.0));
    write(root, "a/y.npy", npy_steps(&[7, 1, 7]));
    write(root, "b/embeddings.npy", npy(&[3, 2], 0.0));
    write(root, "b/labels.npy", npy_steps(&[7, 1]));
    write(root, "b/targets.npy", npy_steps(&[0, -1, 2]));
    let members = [
        ("embeddings", npy(&[3, 2], 0.0)),
        ("labels", npy(&[3], 0.0)),
        ("classes", npy_with(&npy_header("|u1", &[3]), &[1, 255, 0])),
    ];
    write(root, "c/d.npz", npz(&members, CompressionMethod::Stored));
    let snapshot = read(root);
    let [a, b, c] = &snapshot.runs[..] else {
        panic!("{} runs", snapshot.runs.len());
    };
    assert_eq!(axes(&a.tensors["X"]), "row,dimension");
    assert_eq!(labels(&a.tensors["X"]), ["7", "1", "7"]);
    assert_eq!(&*a.tensors["X"].labels.as_ref().unwrap().columns[0], "y");
    assert_eq!(labels(&b.tensors["embeddings"]), ["0", "-1", "2"]);
    assert_eq!(labels(&c.tensors["embeddings"]), ["1", "255", "0"]);
}

#[test]
fn embeddings_of_words_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "fast.vec",
        "3 2\nder 1 2 \nnew york -1 0.5 \n</s> 3 4 \n",
    );
    let glove: String = ["the", "of", "3"]
        .iter()
        .map(|word| format!("{word}{}\n", " 0.25".repeat(50)))
        .collect();
    write(root, "glove.txt", glove);
    write(root, "broken.vec", "9 2\na 1 2\nb 1 x\n");
    write(root, "notes.txt", "a note about the run\nand more\n");
    let run = only_run(root);
    assert_eq!(keys(&run), ["broken", "fast", "glove"]);
    let fast = &run.tensors["fast"];
    assert_eq!(
        (axes(fast).as_str(), &*fast.shape),
        ("row,dimension", &[3, 2][..])
    );
    assert_eq!(labels(fast), ["der", "new york", "</s>"]);
    assert_eq!(values(fast), [1.0, 2.0, -1.0, 0.5, 3.0, 4.0]);
    assert_eq!(*run.tensors["glove"].shape, [3, 50]);
    assert_eq!(labels(&run.tensors["glove"]), ["the", "of", "3"]);
    let broken = &run.tensors["broken"];
    let note = &run.sources[broken.source].note;
    assert!(note.contains("declares 9 words and contains 2"), "{note}");
    let error = broken.read(&[0..2, 0..2]).unwrap_err().to_string();
    assert!(
        error.contains("line 3 contains a value that is not a number"),
        "{error}"
    );
}

#[test]
fn folders_of_the_projector() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let raw: Vec<u8> = (0..6)
        .flat_map(|n: u8| f32::from(n).to_le_bytes())
        .collect();
    write(root, "raw/vectors.bytes", &raw);
    write(root, "raw/words.tsv", "word\tclass\na\t1\nb\t2\nc\t1\n");
    write(
        root,
        "raw/projector_config.pbtxt",
        "embeddings {\n tensor_name: \"words\" tensor_path: \"vectors.bytes\"\n tensor_shape: 3 tensor_shape: 2\n \
         metadata_path: \"words.tsv\" }",
    );
    write(root, "raw/other.bytes", &raw);
    for step in [0, 10] {
        let at = format!("run/{step:05}/default");
        write(
            root,
            &format!("{at}/tensors.tsv"),
            format!("{step}\t1\n2\t3\n4\t5\n"),
        );
        write(root, &format!("{at}/metadata.tsv"), "x\ny\nz\n");
    }
    write(
        root,
        "run/projector_config.pbtxt",
        "embeddings { tensor_name: \"default:00000\" tensor_path: \"00000/default/tensors.tsv\" }\n\
         embeddings { tensor_name: \"default:00010\" tensor_path: \"00010/default/tensors.tsv\" }\n",
    );
    write(root, "run/metrics.jsonl", "{\"step\": 1, \"loss\": 2.0}\n");
    write(root, "plain/emb_tensors.bytes", &raw);
    write(root, "plain/emb_metadata.tsv", "a\nb\n");
    // The names of TensorFlow's tutorials, beside the log of the training.
    write(
        root,
        "tutorial/logs/metrics.jsonl",
        "{\"step\": 1, \"loss\": 2.0}\n",
    );
    write(root, "tutorial/vectors.tsv", "0\t1\n2\t3\n4\t5\n");
    write(root, "tutorial/metadata.tsv", "[UNK]\nthe\nand\n");
    write(root, "old/vecs.tsv", "0\t1\n2\t3\n");
    write(root, "old/meta.tsv", "the\nand\n");
    let snapshot = read(root);
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids, ["old", "plain", "raw", "run", "tutorial"]);
    for (run, key, expected) in [
        (0, "vecs", &["the", "and"][..]),
        (4, "vectors", &["[UNK]", "the", "and"]),
    ] {
        let vectors = &snapshot.runs[run].tensors[key];
        assert_eq!(axes(vectors), "row,dimension");
        assert_eq!(labels(vectors), expected);
        let notes = snapshot.runs[run]
            .sources
            .iter()
            .map(|source| &*source.note);
        assert_eq!(notes.collect::<String>(), "");
    }
    let words = &snapshot.runs[2].tensors["words"];
    assert_eq!(
        (axes(words).as_str(), &*words.shape),
        ("row,dimension", &[3, 2][..])
    );
    assert_eq!(labels(words), ["a", "b", "c"]);
    assert_eq!(words.labels.as_ref().unwrap().columns.len(), 2);
    assert_eq!(values(words), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(snapshot.runs[2].tensors.len(), 1);
    let steps = &snapshot.runs[3].tensors["default"];
    assert_eq!(axes(steps), "snapshot,row,dimension");
    assert_eq!(steps.steps.as_deref().unwrap(), [0.0, 10.0]);
    assert_eq!(labels(steps), ["x", "y", "z"]);
    let plain = &snapshot.runs[1].tensors["emb_tensors"];
    assert_eq!(*plain.shape, [2, 3]);
    assert_eq!(labels(plain), ["a", "b"]);
}

#[test]
fn pointers_of_git_lfs_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
    for name in ["model.pt", "model.safetensors", "a.npy"] {
        write(folder.path(), name, pointer);
        let error = open_array(&folder.path().join(name)).unwrap_err();
        assert!(error.to_string().contains("git lfs pull"), "{error}");
    }
}
