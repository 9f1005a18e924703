//! Embeddings of TensorBoard's projector: `tensors.tsv` or raw `tensors.bytes`, described by
//! `projector_config.pbtxt`, with labels in another file.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use trainscape_run::{Dtype, Storage};

use super::{
    contents::{ArrayEntry, Contents, stem},
    file_bytes::{FileBytes, StampedFile},
    format::ArrayFormat,
    labels::{self, LabelTable},
    npy::byte_len,
    number_table::{self, MAX_BYTES, parse},
    projector_config::{ProjectedTensor, parse as parse_config},
};
use crate::{limits, regular_file, stamp::Stamp};

const CONFIG: &str = "projector_config.pbtxt";

/// Largest description.
const MAX_CONFIG: u64 = limits::PROJECTOR_CONFIG.bytes;

/// What files of vectors are called: by the projector, by TensorFlow's tutorials, and before 2020 by these.
const STEMS: [&str; 3] = ["tensors", "vectors", "vecs"];

/// What files of labels are called where the vectors have one of those names.
const LABELS: [&str; 3] = ["metadata", "meta", "labels"];

/// Folders above an array in which its description may be: PyTorch writes `00010/default/tensors.tsv`.
const MAX_ABOVE: usize = 3;

/// An embedding of TensorBoard's projector.
pub(crate) static PROJECTOR: Projector = Projector;

#[derive(Debug)]
pub(crate) struct Projector;

impl ArrayFormat for Projector {
    fn name(&self) -> &'static str {
        "projector"
    }

    fn title(&self) -> &'static str {
        "TensorBoard projector"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["bytes"]
    }

    fn is_named(&self, path: &Path, name: &str, ending: &str) -> bool {
        let stem = name.strip_suffix(ending).unwrap_or(name);
        let stem = stem.strip_suffix('.').unwrap_or(stem);
        matches!(ending, "tsv" | "bytes") && (start(stem).is_some() || is_described(path))
    }

    fn open(&self, path: &Path, stamp: Stamp) -> Result<Contents, String> {
        open(path, stamp)
    }
}

/// What precedes the name of a file of vectors: `run1_` of `run1_tensors`, nothing of `vectors`.
fn start(stem: &str) -> Option<&str> {
    let starts = STEMS.iter().filter_map(|name| stem.strip_suffix(name));
    starts
        .into_iter()
        .find(|start| start.is_empty() || start.ends_with('_'))
}

/// True if the description in the file's own folder names it.
fn is_described(path: &Path) -> bool {
    let folder = path.parent().unwrap_or(Path::new(""));
    description(folder)
        .is_some_and(|tensors| tensors.iter().any(|tensor| tensor.is_at(folder, path)))
}

fn description(folder: &Path) -> Option<Vec<ProjectedTensor>> {
    let path = folder.join(CONFIG);
    let len = fs::metadata(&path).ok()?.len();
    if len > MAX_CONFIG {
        return None;
    }
    Some(parse_config(&regular_file::read_to_string(&path).ok()?))
}

/// What a description in the folder of the file or above says of it, and the folder of the description.
fn described(path: &Path) -> Option<(PathBuf, ProjectedTensor)> {
    let folders = path.ancestors().skip(1).take(MAX_ABOVE);
    folders.into_iter().find_map(|folder| {
        let mut tensors = description(folder)?.into_iter();
        let found = tensors.find(|tensor| tensor.is_at(folder, path))?;
        Some((folder.to_owned(), found))
    })
}

fn open(path: &Path, stamp: Stamp) -> Result<Contents, String> {
    let (folder, tensor) = described(path).unzip();
    let tensor = tensor.unwrap_or_default();
    let labels = label_table(path, folder.as_deref(), &tensor);
    let is_text = path.extension().is_some_and(|ending| ending == "tsv");
    let (shape, dtype, storage) = if is_text {
        if stamp.len > MAX_BYTES {
            return Err(format!(
                "is a table of {} bytes: save it as an array (npy)",
                stamp.len
            ));
        }
        let (shape, _) = parse(path)?;
        (shape, Dtype::F64, number_table::storage(path, stamp))
    } else {
        let shape = raw_shape(&tensor, labels.as_ref(), stamp)?;
        let len = byte_len(&shape, 4).filter(|&len| len as u64 <= stamp.len);
        let len = len.ok_or_else(|| {
            format!(
                "contains {} bytes, and {CONFIG} declares {} x {} float32",
                stamp.len, shape[0], shape[1]
            )
        })?;
        let bytes = FileBytes {
            file: StampedFile::new(path, stamp),
            start: 0,
            len,
        };
        let storage = Storage {
            bytes: Arc::new(bytes),
            fortran_order: false,
            big_endian: false,
        };
        (shape, Dtype::F32, storage)
    };
    let mut contents = Contents::default();
    contents.entries.push(ArrayEntry {
        key: key(path, &tensor).into(),
        shape: shape.as_slice().into(),
        dtype,
        storage,
    });
    contents.name_axes(&["row", "dimension"]);
    contents.labels = labels;
    Ok(contents)
}

/// The tensor's name; PyTorch adds the step to it: `default:00010`.
fn key(path: &Path, tensor: &ProjectedTensor) -> String {
    let name = match tensor.name.rsplit_once(':') {
        Some((name, step)) if step.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => &tensor.name,
    };
    if name.is_empty() {
        return stem(path);
    }
    name.to_owned()
}

/// The shape of raw elements: declared, or that of as many rows as there are labels.
fn raw_shape(
    tensor: &ProjectedTensor,
    labels: Option<&LabelTable>,
    stamp: Stamp,
) -> Result<[usize; 2], String> {
    if let [rows, columns] = *tensor.shape {
        return Ok([rows, columns]);
    }
    let elements = stamp.len / 4;
    let rows = labels.map_or(0, LabelTable::len) as u64;
    if rows > 0 && elements.is_multiple_of(rows) {
        return Ok([rows as usize, (elements / rows) as usize]);
    }
    Err(format!(
        "has no shape: add `tensor_shape: ROWS` and `tensor_shape: COLUMNS` for it to {CONFIG}"
    ))
}

/// The labels that the description names, or those whose file is named like the array's.
fn label_table(path: &Path, folder: Option<&Path>, tensor: &ProjectedTensor) -> Option<LabelTable> {
    let beside = path.parent()?;
    let mut places: Vec<PathBuf> = Vec::new();
    if let Some(folder) = folder
        && !tensor.labels.is_empty()
    {
        places.push(folder.join(&tensor.labels));
    }
    let stem = stem(path);
    let start = start(&stem).unwrap_or(&stem);
    places.extend(LABELS.map(|name| beside.join(format!("{start}{name}.tsv"))));
    let found = places.into_iter().find(|place| place.is_file())?;
    labels::read(&found).ok()
}
