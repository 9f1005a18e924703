//! A block of a tensor: which runs of elements are read, and where they go.

use std::ops::Range;

use crate::{
    element_window::Window,
    elements::{ElementReader, TensorError},
};

/// A range along each axis, the slowest in the file first. Runs of elements are read in the file's order.
pub(crate) struct Block {
    /// First element along each axis.
    starts: Vec<usize>,
    /// Number of elements along each axis.
    counts: Vec<usize>,
    /// Distance in the file, in elements, between neighbours along each axis.
    strides: Vec<usize>,
    /// Axes that count the runs; the others are contiguous.
    outer: usize,
    /// Elements of a run.
    run: usize,
    /// Bytes of an element.
    size: usize,
}

impl Block {
    /// The ranges must be inside of the shape, and not empty.
    pub(crate) fn new(
        shape: &[usize],
        ranges: &[Range<usize>],
        fortran_order: bool,
        size: usize,
    ) -> Self {
        let mut shape = shape.to_vec();
        let mut ranges = ranges.to_vec();
        if fortran_order {
            shape.reverse();
            ranges.reverse();
        }
        let mut strides = vec![1_usize; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        // Trailing axes that are read whole, and the one before them, are contiguous. The elements of one axis are
        // written with one distance, and those of several are not.
        let mut run = 1;
        let mut outer = shape.len();
        while outer > 0 {
            outer -= 1;
            run *= ranges[outer].len();
            if ranges[outer].len() != shape[outer] || fortran_order {
                break;
            }
        }
        Self {
            starts: ranges.iter().map(|range| range.start).collect(),
            counts: ranges.iter().map(ExactSizeIterator::len).collect(),
            strides,
            outer,
            run,
            size,
        }
    }

    /// Reads the elements in the file's order.
    pub(crate) fn read<T>(
        &self,
        reader: &dyn ElementReader,
        out: &mut [T],
        decode: impl Fn(&[u8], &mut [T]),
    ) -> Result<(), TensorError> {
        let mut window = self.window(reader);
        let mut at = vec![0; self.outer];
        for mut out in out.chunks_exact_mut(self.run) {
            let mut start = self.first_byte(&at);
            while !out.is_empty() {
                let bytes = window.bytes(start..start + out.len() * self.size)?;
                let (now, later) = out.split_at_mut(bytes.len() / self.size);
                decode(bytes, now);
                start += bytes.len();
                out = later;
            }
            self.advance(&mut at);
        }
        Ok(())
    }

    /// Reads the elements, and writes them with the axes in the opposite order.
    pub(crate) fn read_transposed<T: Copy + Default>(
        &self,
        reader: &dyn ElementReader,
        out: &mut [T],
        decode: impl Fn(&[u8], &mut [T]),
    ) -> Result<(), TensorError> {
        let mut window = self.window(reader);
        let mut at = vec![0; self.outer];
        let mut decoded = Vec::new();
        let step = out.len() / self.run;
        for _ in 0..out.len() / self.run {
            let mut start = self.first_byte(&at);
            let end = start + self.run * self.size;
            let mut to = self.transposed_index(&at);
            while start < end {
                let bytes = window.bytes(start..end)?;
                decoded.resize(bytes.len() / self.size, T::default());
                decode(bytes, &mut decoded);
                start += bytes.len();
                for &value in &decoded {
                    out[to] = value;
                    to += step;
                }
            }
            self.advance(&mut at);
        }
        Ok(())
    }

    fn window<'a>(&self, reader: &'a dyn ElementReader) -> Window<'a> {
        let last: usize = self
            .starts
            .iter()
            .zip(&self.counts)
            .zip(&self.strides)
            .map(|((start, count), stride)| (start + count - 1) * stride)
            .sum();
        let step = match self.outer {
            0 => 0,
            outer => self.strides[outer - 1] * self.size,
        };
        Window::new(reader, (last + 1) * self.size, step)
    }

    /// Where the run with these indices along the outer axes begins, counted from the block's start.
    fn first_byte(&self, at: &[usize]) -> usize {
        let along_outer = self.starts.iter().zip(at).map(|(start, at)| start + at);
        let along_inner = self.starts[self.outer..].iter().copied();
        let elements: usize = along_outer
            .chain(along_inner)
            .zip(&self.strides)
            .map(|(at, stride)| at * stride)
            .sum();
        elements * self.size
    }

    /// The position of that run's first element with the axes in the opposite order.
    fn transposed_index(&self, at: &[usize]) -> usize {
        at.iter()
            .zip(&self.counts)
            .rev()
            .fold(0, |index, (at, count)| index * count + at)
    }

    fn advance(&self, at: &mut [usize]) {
        for axis in (0..self.outer).rev() {
            at[axis] += 1;
            if at[axis] < self.counts[axis] {
                return;
            }
            at[axis] = 0;
        }
    }
}
