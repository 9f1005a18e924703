//! Slices of tensors in every memory layout.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    ops::Range,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use trainscape_run::{
    Dtype, ElementBytes, ElementReader, ElementSource, Storage, Tensor, TensorError,
};

#[derive(Debug)]
struct Fixed(Vec<u8>);

impl ElementBytes for Fixed {
    fn bytes(&self) -> Result<&[u8], TensorError> {
        Ok(&self.0)
    }
}

/// Elements that are not in memory, as those of a file.
#[derive(Debug)]
struct Distant {
    bytes: Vec<u8>,
    reads: Arc<AtomicUsize>,
}

impl ElementSource for Distant {
    fn open(&self) -> Result<Box<dyn ElementReader + '_>, TensorError> {
        Ok(Box::new(DistantReader(self)))
    }
}

struct DistantReader<'a>(&'a Distant);

impl ElementReader for DistantReader<'_> {
    fn len(&self) -> usize {
        self.0.bytes.len()
    }

    fn read_at(&self, start: usize, out: &mut [u8]) -> Result<(), TensorError> {
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        out.copy_from_slice(&self.0.bytes[start..start + out.len()]);
        Ok(())
    }
}

const SHAPE: [usize; 3] = [3, 2, 4];

fn at(index: [usize; 3]) -> f32 {
    (index[0] * 100 + index[1] * 10 + index[2]) as f32
}

fn storage(first: Range<usize>, fortran_order: bool, big_endian: bool) -> Storage {
    Storage {
        bytes: Arc::new(Fixed(encoded(first, fortran_order, big_endian))),
        fortran_order,
        big_endian,
    }
}

fn encoded(first: Range<usize>, fortran_order: bool, big_endian: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut push = |index| {
        let value: f32 = at(index);
        bytes.extend(if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        });
    };
    let [_, rows, columns] = SHAPE;
    if fortran_order {
        for column in 0..columns {
            for row in 0..rows {
                first.clone().for_each(|first| push([first, row, column]));
            }
        }
    } else {
        for first in first {
            for row in 0..rows {
                (0..columns).for_each(|column| push([first, row, column]));
            }
        }
    }
    bytes
}

fn distant(bytes: Vec<u8>, fortran_order: bool, big_endian: bool) -> (Storage, Arc<AtomicUsize>) {
    let reads = Arc::new(AtomicUsize::new(0));
    let source = Distant {
        bytes,
        reads: Arc::clone(&reads),
    };
    let storage = Storage {
        bytes: Arc::new(source),
        fortran_order,
        big_endian,
    };
    (storage, reads)
}

fn tensor(parts: Vec<Storage>) -> Tensor {
    Tensor {
        key: "x".into(),
        shape: SHAPE.into(),
        dtype: Dtype::F32,
        axes: None,
        steps: None,
        labels: None,
        path: PathBuf::from("x.npy"),
        source: 0,
        parts,
    }
}

fn ranges(len: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    (0..=len).flat_map(move |start| (start..=len).map(move |end| start..end))
}

/// Every block of the tensor against the formula.
fn check(tensor: &Tensor) {
    let [firsts, rows, columns] = SHAPE;
    for a in ranges(firsts) {
        for b in ranges(rows) {
            for c in ranges(columns) {
                let block = [a.clone(), b.clone(), c.clone()];
                let mut wanted = Vec::new();
                for first in a.clone() {
                    for row in b.clone() {
                        wanted.extend(c.clone().map(|column| at([first, row, column])));
                    }
                }
                assert_eq!(tensor.read(&block).unwrap(), wanted, "{block:?}");
                let wide: Vec<f32> = tensor
                    .read_f64(&block)
                    .unwrap()
                    .iter()
                    .map(|&value| value as f32)
                    .collect();
                assert_eq!(wide, wanted);
            }
        }
    }
    assert_eq!(tensor.element(&[2, 1, 3]).unwrap(), 213.0);
}

#[test]
fn every_block_in_either_order_and_endianness_whole_and_in_parts() {
    for fortran_order in [false, true] {
        for big_endian in [false, true] {
            check(&tensor(vec![storage(0..3, fortran_order, big_endian)]));
            let bytes = encoded(0..3, fortran_order, big_endian);
            check(&tensor(vec![distant(bytes, fortran_order, big_endian).0]));
        }
    }
    // Checkpoints may differ in layout.
    check(&tensor(vec![
        storage(0..1, false, false),
        storage(1..2, true, true),
        storage(2..3, true, false),
    ]));
}

#[test]
fn a_file_is_read_in_few_blocks_and_only_where_it_is_needed() {
    const ROWS: usize = 700;
    const COLUMNS: usize = 300;
    let bytes: Vec<u8> = (0..ROWS * COLUMNS)
        .flat_map(|index| (index as f32).to_le_bytes())
        .collect();
    for fortran_order in [false, true] {
        let (storage, reads) = distant(bytes.clone(), fortran_order, false);
        let mut tensor = tensor(vec![storage]);
        tensor.shape = [ROWS, COLUMNS].into();
        let value = |row: usize, column: usize| match fortran_order {
            false => (row * COLUMNS + column) as f32,
            true => (column * ROWS + row) as f32,
        };
        for (rows, columns, most_reads) in [
            (0..ROWS, 0..COLUMNS, 4),
            (0..ROWS, 7..8, 4),
            (3..4, 0..COLUMNS, 4),
            (10..690, 20..290, 4),
            (699..700, 299..300, 1),
        ] {
            reads.store(0, Ordering::Relaxed);
            let found = tensor.read(&[rows.clone(), columns.clone()]).unwrap();
            let mut wanted = Vec::new();
            for row in rows {
                wanted.extend(columns.clone().map(|column| value(row, column)));
            }
            assert!(found == wanted);
            assert!(reads.load(Ordering::Relaxed) <= most_reads, "{reads:?}");
        }
    }
}

#[test]
fn ranges_outside_the_shape_are_errors() {
    let whole = tensor(vec![storage(0..3, false, false)]);
    assert!(whole.read(&[0..3, 0..2]).is_err());
    assert!(whole.read(&[0..4, 0..2, 0..4]).is_err());
    assert!(
        whole
            .read(&[Range { start: 2, end: 1 }, 0..2, 0..4])
            .is_err()
    );
    assert!(whole.element(&[0, 2, 0]).is_err());
    assert!(whole.read_into(&[0..1, 0..1, 0..4], &mut [0.0; 3]).is_err());
    let short = tensor(vec![storage(0..2, false, false)]);
    let error = short.read(&[0..1, 0..1, 0..1]).unwrap_err().to_string();
    assert!(
        error.contains("needs 24 elements, but the file contains only 16"),
        "{error}"
    );
    let parts = tensor(vec![
        storage(0..1, false, false),
        storage(1..2, false, false),
    ]);
    assert!(parts.read(&[0..1, 0..1, 0..1]).is_err());
}

#[test]
fn the_snapshot_axis_is_found_by_name_or_by_steps() {
    let mut tensor = tensor(vec![storage(0..3, false, false)]);
    assert_eq!(tensor.snapshot_axis(), None);
    tensor.steps = Some(vec![0.0, 1.0, 2.0].into());
    assert_eq!(tensor.snapshot_axis(), Some(0));
    tensor.axes = Some(["layer", "snapshot", "row"].map(str::to_owned).into());
    assert_eq!(tensor.snapshot_axis(), Some(1));
    assert_eq!(tensor.len_of("row"), Some(4));
}
