//! Arrays on disk: NumPy's npy and npz, safetensors, HDF5, PyTorch's checkpoints, and tables of numbers. Headers are read when a file is
//! found, elements when they are needed.

mod array_file;
mod array_labels;
mod assemble;
mod axes;
mod checkpoints;
mod contents;
mod drafts;
mod file_bytes;
mod format;
mod formats;
mod grid_rows;
mod hdf5;
mod hdf5_text;
mod interpretation;
mod labels;
mod layers;
mod lazy;
mod mapped;
mod matrix;
mod npy;
mod npz;
mod number_table;
mod open;
mod projector;
mod projector_config;
mod python_literal;
mod pytorch;
mod run_files;
mod safetensors;
mod step_names;
mod store;
mod word_vectors;
mod zip_names;

pub(crate) use checkpoints::run_folder;
pub(crate) use format::{ArrayFormat, FileFormat};
pub(crate) use formats::{
    ARRAY_FORMATS, array_format_of_content, array_titles, format_of_name, format_of_named_file,
    may_be_read_by_ranges,
};
pub(crate) use labels::{is_label_name, names_for as label_names};
pub use open::open_array;
pub(crate) use run_files::{Assembled, RunFiles};
pub(crate) use step_names::is_checkpoint_of_step;
pub(crate) use store::ArrayStore;
