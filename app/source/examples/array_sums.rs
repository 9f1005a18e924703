//! Prints each array below a folder with the CRC-32 of its values as little-endian `f64`, for comparison with
//! other programs (`tests/oracle/compare_arrays.py --values`).

#![allow(clippy::print_stdout, reason = "its result goes to the terminal")]

use std::path::PathBuf;

use trainscape_source::{Loader, OpenOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut loader = Loader::open(&paths, OpenOptions::default())?;
    loader.read_to_end();
    for run in &loader.snapshot().runs {
        for tensor in run.tensors.values() {
            let all: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
            let values = tensor.read_f64(&all)?;
            let bytes: Vec<u8> = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            println!(
                "{}\t{}\t{:08x}",
                tensor.path.display(),
                tensor.key,
                crc32fast::hash(&bytes)
            );
        }
    }
    Ok(())
}
