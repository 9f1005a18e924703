//! Lays out a matrix on the CPU and prints how long it took: `layout tsne|umap X.npy DIMS Y.npy [SEED]`, f32 in
//! and out. `benches/compare_projections.py` runs it next to scikit-learn and umap-learn.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its result goes to the terminal"
)]

use std::error::Error;
use std::time::Instant;

use ndarray::Array2;
use trainscape_compute::projection::{Matrix, Tsne, Umap, tsne, umap};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [method, input, dims, output, seed @ ..] = arguments.as_slice() else {
        return Err("usage: layout tsne|umap X.npy DIMS Y.npy [SEED]".into());
    };
    let seed = seed.first().map_or(Ok(0), |seed| seed.parse())?;
    let dims: usize = dims.parse()?;
    let array: Array2<f32> = ndarray_npy::read_npy(input)?;
    let matrix = Matrix {
        columns: array.ncols(),
        values: array.into_iter().collect(),
    };

    let begun = Instant::now();
    let mut layout = match method.as_str() {
        "tsne" => tsne::start(
            &matrix,
            dims,
            &Tsne {
                seed,
                ..Tsne::default()
            },
        )?,
        "umap" => umap::start(
            &matrix,
            dims,
            &Umap {
                seed,
                ..Umap::default()
            },
        )?,
        _ => return Err(format!("`{method}` is neither tsne nor umap").into()),
    };
    let prepared = begun.elapsed().as_secs_f64();
    let [_, all] = layout.progress();
    for part in 1..=4 {
        layout.advance(all.div_ceil(4))?;
        let seconds = begun.elapsed().as_secs_f64() - prepared;
        eprintln!("{part}/4 of the steps after {seconds:.2} s");
    }
    let positions = layout.positions()?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("{{\"prepared\": {prepared:.3}, \"seconds\": {seconds:.3}}}");
    let rows = positions.len() / dims;
    ndarray_npy::write_npy(output, &Array2::from_shape_vec((rows, dims), positions)?)?;
    Ok(())
}
