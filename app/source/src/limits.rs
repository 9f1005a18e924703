//! The limits of each kind of reading: what is beyond is left out and told. A size, a nesting or a count that a file
//! claims never decides an allocation, a recursion or a loop; it is compared with these first.

use std::time::Duration;

/// The limits of one kind of reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of memory that are kept or scanned.
    pub(crate) bytes: u64,
    /// Nesting.
    pub(crate) depth: usize,
    /// Values, members or entries.
    pub(crate) items: usize,
    /// Time, which is looked at now and then.
    pub(crate) time: Duration,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const NO_TIME_LIMIT: Duration = Duration::MAX;

impl Limits {
    const fn of_bytes(bytes: u64) -> Self {
        Self {
            bytes,
            depth: usize::MAX,
            items: usize::MAX,
            time: NO_TIME_LIMIT,
        }
    }

    const fn of_items(items: usize) -> Self {
        Self {
            items,
            ..Self::of_bytes(u64::MAX)
        }
    }

    const fn of_depth(depth: usize) -> Self {
        Self {
            depth,
            ..Self::of_bytes(u64::MAX)
        }
    }
}

/// A NumPy header: one of numbers takes 100 bytes, and only a structured type's list of fields takes more.
pub(crate) const NPY_HEADER: Limits = Limits {
    bytes: 64 * KIB,
    depth: 16,
    items: 16 << 10,
    time: NO_TIME_LIMIT,
};

/// A configuration in YAML. Aliases repeat what they refer to, so that items and bytes exceed the file's.
pub(crate) const YAML: Limits = Limits {
    bytes: 16 * MIB,
    depth: 64,
    items: 1 << 20,
    time: Duration::from_secs(5),
};

/// A cell of a database: a row of values or a configuration as JSON.
pub(crate) const CELL: Limits = Limits::of_bytes(64 * MIB);

/// A database that is copied to be read together with its write-ahead log: as much is needed in the temporary folder.
pub(crate) const COPIED_DATABASE: Limits = Limits::of_bytes(4 << 30);

/// Text in a file of arrays: names of axes, tokens, labels.
pub(crate) const TEXTS: Limits = Limits {
    bytes: 64 * MIB,
    depth: 1,
    items: 4 << 20,
    time: Duration::from_secs(10),
};

/// Arrays of one file. The largest models have half as many.
pub(crate) const ARRAYS: Limits = Limits {
    bytes: u64::MAX,
    depth: 1,
    items: 200_000,
    time: Duration::from_secs(20),
};

/// Traces of a figure: each is drawn by itself, and takes half a megabyte.
pub(crate) const TRACES: Limits = Limits {
    bytes: u64::MAX,
    depth: 1,
    items: 1000,
    time: NO_TIME_LIMIT,
};

/// A list of words in the description of an array: its axes, its tokens.
pub(crate) const WORDS: Limits = Limits {
    bytes: 64 * MIB,
    depth: 1,
    items: 1 << 20,
    time: NO_TIME_LIMIT,
};

/// Distinct keys of one run. W&B advises against more than 100,000 of a project; those beyond come from keys that
/// contain a step or a sample's number.
pub(crate) const KEYS: Limits = Limits {
    bytes: u64::MAX,
    depth: 1,
    items: 100_000,
    time: NO_TIME_LIMIT,
};

/// A log that is compressed, beside what its size allows.
pub(crate) const DECOMPRESSED: Limits = Limits {
    bytes: 64 * MIB,
    depth: 1,
    items: usize::MAX,
    time: NO_TIME_LIMIT,
};

/// Bytes that one byte of a compressed log may become: text of numbers becomes ten to twenty, and rows that all are
/// the same, a thousand.
pub(crate) const MOST_DECOMPRESSED: u64 = 60;

/// Points of a compressed log, beside what its size allows: a cell of two bytes is a point of sixteen.
pub(crate) const POINTS_OF_COMPRESSED: Limits = Limits::of_bytes(256 * MIB);

/// Bytes of points that one byte of a compressed log may become: where ten bytes of text are one, each point takes no
/// more than its text.
pub(crate) const MOST_POINT_BYTES: u64 = 10;

/// Groups and datasets of an HDF5 file.
pub(crate) const HDF5_TREE: Limits = Limits {
    bytes: u64::MAX,
    depth: 24,
    items: 100_000,
    time: Duration::from_secs(20),
};

/// A file of user-defined views.
pub(crate) const VIEW_FILE: Limits = Limits::of_bytes(MIB);

/// A configuration file.
pub(crate) const CONFIG: Limits = Limits::of_bytes(MIB);

/// Entries of a folder.
pub(crate) const FOLDER: Limits = Limits::of_items(200_000);

/// Folders below the opened ones, those that links lead to included.
pub(crate) const FOLDERS: Limits = Limits::of_items(50_000);

/// Text that is decoded to find out what a file is.
pub(crate) const SAMPLE: Limits = Limits::of_bytes(8 * MIB);

/// A line of a log: a longer one is damaged and takes no more memory. What it holds takes many times its bytes.
pub(crate) const LINE: Limits = Limits::of_bytes(16 * MIB);

/// A log that is one JSON document, which is held in memory as a whole.
pub(crate) const JSON_DOCUMENT: Limits = Limits {
    bytes: 256 * MIB,
    depth: 1,
    items: 6_000_000,
    time: NO_TIME_LIMIT,
};

/// Points of a history that is saved as arrays, which is held in memory as a whole.
pub(crate) const ARRAY_HISTORY: Limits = Limits::of_items(50_000_000);

/// A curve that is saved as an array.
pub(crate) const RETURN_CURVE: Limits = Limits::of_items(1_000_000);

/// Histories of a catalog that are in memory at a time: a view of them takes several times as much.
pub(crate) const CATALOG_HISTORIES: Limits = Limits::of_bytes(512 * MIB);

/// Pieces of a catalog that lies elsewhere that are read at a time.
pub(crate) const PIECES_AT_ONCE: Limits = Limits::of_items(8);

/// Bytes of one of them.
pub(crate) const PIECE: Limits = Limits::of_bytes(4 * MIB);

/// Bytes between two pieces that are read with them: about what comes while a request is answered.
pub(crate) const GAP_OF_PIECES: Limits = Limits::of_bytes(256 * KIB);

/// The list of the files of a catalog.
pub(crate) const CATALOG_LIST: Limits = Limits::of_bytes(256 * MIB);

/// Texts of one file of a catalog, beside [`MOST_DECOMPRESSED`] bytes for each of its own: the settings of thousands of runs.
pub(crate) const CATALOG_TEXTS: Limits = Limits::of_bytes(256 * MIB);

/// Runs of a catalog: each takes some kilobytes.
pub(crate) const CATALOG_RUNS: Limits = Limits::of_items(2_000_000);

/// A report in Markdown: one has a few pages.
pub(crate) const REPORT: Limits = Limits::of_bytes(16 * MIB);

/// `meta.yaml` and a parameter of MLflow, which limits a parameter to 6000 characters.
pub(crate) const MLFLOW_VALUE: Limits = Limits::of_bytes(64 * KIB);

/// Parameters and tags of a run of MLflow.
pub(crate) const MLFLOW_VALUES: Limits = Limits::of_items(10_000);

/// A record of an event file. A graph may take tens of megabytes.
pub(crate) const EVENT: Limits = Limits::of_bytes(256 * MIB);

/// A table of numbers as text: a larger one should be saved as an array.
pub(crate) const NUMBER_TABLE: Limits = Limits::of_bytes(256 * MIB);

/// A table of grid points, whose grid is held in memory.
pub(crate) const GRID_ROWS: Limits = Limits::of_bytes(64 * MIB);

/// Embeddings as text.
pub(crate) const WORD_VECTORS: Limits = Limits::of_bytes(2 << 30);

/// A line of embeddings as text.
pub(crate) const WORD_VECTOR: Limits = Limits::of_bytes(MIB);

/// A file of labels.
pub(crate) const LABELS: Limits = Limits::of_bytes(128 * MIB);

/// Cells of a file of labels that are kept.
pub(crate) const LABEL_CELLS: Limits = Limits::of_items(8 << 20);

/// Rows that an array of integers labels.
pub(crate) const ARRAY_LABELS: Limits = Limits::of_items(4 << 20);

/// The description of TensorBoard's embedding projector.
pub(crate) const PROJECTOR_CONFIG: Limits = Limits::of_bytes(MIB);

/// An array of training steps.
pub(crate) const STEPS: Limits = Limits::of_items(10_000_000);

/// Members of an archive of NumPy.
pub(crate) const NPZ_MEMBERS: Limits = Limits::of_items(100_000);

/// A header of safetensors: the limit of the format's own library.
pub(crate) const SAFETENSORS_HEADER: Limits = Limits::of_bytes(100_000_000);

/// A pickle of PyTorch: it describes tensors and does not contain them.
pub(crate) const PICKLE: Limits = Limits::of_bytes(64 * MIB);

/// Members of an archive of PyTorch.
pub(crate) const PYTORCH_MEMBERS: Limits = Limits::of_items(200_000);

/// Values of a pickle: on its stack, in its memo and in its collections.
pub(crate) const PICKLE_VALUES: Limits = Limits::of_items(2 << 20);

/// Values of a pickle that are visited: shared ones once for each path to them.
pub(crate) const PICKLE_VISITS: Limits = Limits::of_items(1 << 18);

/// Tensors of a checkpoint that are listed.
pub(crate) const PYTORCH_TENSORS: Limits = Limits::of_items(100_000);

/// Nesting of the dictionaries of a checkpoint.
pub(crate) const PYTORCH_NESTING: Limits = Limits::of_depth(48);

/// A figure: a longer one would take gigabytes once its numbers are read.
pub(crate) const FIGURE: Limits = Limits::of_bytes(64 * MIB);

/// An HTML page of a figure, or a model: their numbers are binary.
pub(crate) const PAGE: Limits = Limits::of_bytes(512 * MIB);

/// The numbers of an HTML page, inflated: as many as this program writes into one.
pub(crate) const PAGE_NUMBERS: Limits = Limits::of_bytes(512 * MIB);

/// An array of gradients by snapshot and layer, which is read as a whole.
pub(crate) const GRADIENT_ARRAY: Limits = Limits::of_items(1 << 20);

/// Vertices and indices of a model.
pub(crate) const MODEL: Limits = Limits::of_items(16 << 20);

/// Nesting of a JSON value.
pub(crate) const JSON_NESTING: Limits = Limits::of_depth(64);

/// Keys of one log whose lists are left out, which a message counts.
pub(crate) const LISTS: Limits = Limits::of_items(1000);

/// Numbers of a list in a row that are series: the twelve of a COCO evaluation, an accuracy a class.
pub(crate) const ROW_LIST: Limits = Limits::of_items(16);

/// A row of JSON whose layout is kept to recognise the next one.
pub(crate) const ROW_LAYOUT: Limits = Limits::of_bytes(64 * KIB);

/// Points of a series that is compared with another one of its key.
pub(crate) const COMPARED_SERIES: Limits = Limits::of_items(200_000);

/// Text of a table that is examined for the runs whose rows it holds.
pub(crate) const LONG_TABLE: Limits = Limits::of_bytes(64 * MIB);

/// Its beginning, in which the header is.
pub(crate) const LONG_TABLE_HEADER: Limits = Limits::of_bytes(64 * KIB);

/// A document of the values that a training reached.
pub(crate) const FINAL_VALUES: Limits = Limits::of_bytes(MIB);

/// Text of a table, and rows of a list, that show what its columns count.
pub(crate) const COUNTERS_EXAMINED: Limits = Limits {
    items: 4096,
    ..Limits::of_bytes(256 * KIB)
};

/// Text of a log of a trainer that shows whether its epochs are repeated.
pub(crate) const EPOCHS_EXAMINED: Limits = Limits::of_bytes(4 * MIB);

/// A cell in quotation marks, which may hold line ends.
pub(crate) const QUOTED_CELL: Limits = Limits::of_bytes(MIB);

/// A table with a row a run.
pub(crate) const RUN_TABLE: Limits = Limits::of_bytes(16 * MIB);

/// Runs of such a table.
pub(crate) const RUNS_OF_TABLE: Limits = Limits::of_items(10_000);

/// Points that one question may bring, unless they are those of one series.
pub(crate) const POINTS_OF_QUESTION: Limits = Limits::of_items(1 << 20);

/// Points of a key of all runs that are drawn, above which the engine decimates them.
pub(crate) const POINTS_DRAWN_WHOLE: Limits = Limits::of_items(1 << 20);
