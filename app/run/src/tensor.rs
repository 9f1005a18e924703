use std::{ops::Range, path::PathBuf, sync::Arc};

use crate::{
    Labels,
    dtype::{Dtype, decode_f32, decode_f64},
    elements::{Storage, TensorError},
    tensor_block::Block,
};

/// Bytes of a block that is read into memory at once: a view takes as much again to draw it.
const MOST_AT_ONCE: usize = 1 << 30;

/// A named array with named axes. Only the slices that are needed are read.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Its name: an archive's member, a safetensors entry, or a file's stem.
    pub key: Arc<str>,
    /// Length of each axis.
    pub shape: Arc<[usize]>,
    /// Type of its elements.
    pub dtype: Dtype,
    /// The name of each axis (`snapshot`, `layer`, `head`, `query`, `key`, `row`, `dimension`, `position`,
    /// `channel`, `parameter`); `None` if they are not named and more than one interpretation is possible.
    pub axes: Option<Arc<[String]>>,
    /// Training step of each index of the `snapshot` axis.
    pub steps: Option<Arc<[f64]>>,
    /// Names along an axis of equal length: tokens, sentences, classes.
    pub labels: Option<Arc<Labels>>,
    /// The file it is read from; the first one if there are several.
    pub path: PathBuf,
    /// Index of that file in the run's sources.
    pub source: usize,
    /// One storage for the whole tensor, or one for each index of the first axis (`snapshot`) if every
    /// checkpoint is a separate file.
    pub parts: Vec<Storage>,
}

impl Tensor {
    /// Number of elements.
    #[must_use]
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Index of the axis called `name`.
    #[must_use]
    pub fn axis(&self, name: &str) -> Option<usize> {
        self.axes.as_ref()?.iter().position(|axis| axis == name)
    }

    /// Length of the axis called `name`.
    #[must_use]
    pub fn len_of(&self, name: &str) -> Option<usize> {
        Some(self.shape[self.axis(name)?])
    }

    /// Index of the snapshot axis: the axis of that name, or the first one if the axes are not named and it
    /// has a training step for each index.
    #[must_use]
    pub fn snapshot_axis(&self) -> Option<usize> {
        match &self.axes {
            Some(_) => self.axis("snapshot"),
            None => {
                let steps = self.steps.as_ref()?.len();
                (self.shape.first() == Some(&steps)).then_some(0)
            }
        }
    }

    /// Reads a block, given as a range per axis, in C order (the last axis varies fastest).
    ///
    /// # Errors
    /// When the ranges do not fit the shape or the bytes cannot be read.
    pub fn read(&self, ranges: &[Range<usize>]) -> Result<Vec<f32>, TensorError> {
        let mut out = vec![0.0; self.count_at_once(ranges, size_of::<f32>())?];
        self.read_into(ranges, &mut out)?;
        Ok(out)
    }

    /// Like [`Tensor::read`], into a slice of exactly that many elements.
    ///
    /// # Errors
    /// As [`Tensor::read`].
    pub fn read_into(&self, ranges: &[Range<usize>], out: &mut [f32]) -> Result<(), TensorError> {
        self.decode(ranges, out, decode_f32)
    }

    /// Like [`Tensor::read`], with the precision of an `f64`.
    ///
    /// # Errors
    /// As [`Tensor::read`].
    pub fn read_f64(&self, ranges: &[Range<usize>]) -> Result<Vec<f64>, TensorError> {
        let mut out = vec![0.0; self.count_at_once(ranges, size_of::<f64>())?];
        self.decode(ranges, &mut out, decode_f64)?;
        Ok(out)
    }

    /// One element, with the precision of an `f64`.
    ///
    /// # Errors
    /// As [`Tensor::read`].
    pub fn element(&self, at: &[usize]) -> Result<f64, TensorError> {
        let ranges: Vec<Range<usize>> = at.iter().map(|&at| at..at + 1).collect();
        let mut out = [0.0_f64];
        if self.count(&ranges)? != 1 {
            return Err(self.out_of_range());
        }
        self.decode(&ranges, &mut out, decode_f64)?;
        Ok(out[0])
    }

    fn out_of_range(&self) -> TensorError {
        TensorError(format!(
            "the slice is outside `{}` of shape {:?}",
            self.key, self.shape
        ))
    }

    fn count(&self, ranges: &[Range<usize>]) -> Result<usize, TensorError> {
        let fits = ranges.len() == self.shape.len()
            && ranges
                .iter()
                .zip(self.shape.iter())
                .all(|(range, &len)| range.start <= range.end && range.end <= len);
        if fits {
            Ok(ranges.iter().map(ExactSizeIterator::len).product())
        } else {
            Err(self.out_of_range())
        }
    }

    /// The number of elements of a block that is held in memory, where each takes `size` bytes.
    fn count_at_once(&self, ranges: &[Range<usize>], size: usize) -> Result<usize, TensorError> {
        let count = self.count(ranges)?;
        match count.checked_mul(size) {
            Some(bytes) if bytes <= MOST_AT_ONCE => Ok(count),
            _ => Err(TensorError(format!(
                "`{}` of shape {:?} is too large: {count} numbers would be held in memory, and at most {} are",
                self.key,
                self.shape,
                MOST_AT_ONCE / size
            ))),
        }
    }

    fn decode<T: Copy + Default>(
        &self,
        ranges: &[Range<usize>],
        out: &mut [T],
        decode: impl Fn(Dtype, bool, &[u8], &mut [T]),
    ) -> Result<(), TensorError> {
        if self.count(ranges)? != out.len() {
            return Err(self.out_of_range());
        }
        if out.is_empty() {
            return Ok(());
        }
        if self.parts.len() == 1 {
            return self.decode_part(&self.parts[0], &self.shape, ranges, out, &decode);
        }
        if ranges.is_empty() || self.parts.len() != self.shape[0] {
            return Err(self.out_of_range());
        }
        let each = out.len() / ranges[0].len();
        for (part, out) in self.parts[ranges[0].clone()]
            .iter()
            .zip(out.chunks_exact_mut(each))
        {
            self.decode_part(part, &self.shape[1..], &ranges[1..], out, &decode)?;
        }
        Ok(())
    }

    fn decode_part<T: Copy + Default>(
        &self,
        part: &Storage,
        shape: &[usize],
        ranges: &[Range<usize>],
        out: &mut [T],
        decode: &impl Fn(Dtype, bool, &[u8], &mut [T]),
    ) -> Result<(), TensorError> {
        let reader = part.bytes.open()?;
        let size = self.dtype.bytes();
        let elements: usize = shape.iter().product();
        if reader.len() / size < elements {
            return Err(TensorError(format!(
                "{}: `{}` needs {elements} elements, but the file contains only {}",
                self.path.display(),
                self.key,
                reader.len() / size
            )));
        }
        let decode = |bytes: &[u8], out: &mut [T]| decode(self.dtype, part.big_endian, bytes, out);
        let block = Block::new(shape, ranges, part.fortran_order, size);
        match part.fortran_order {
            false => block.read(&*reader, out, decode)?,
            true => block.read_transposed(&*reader, out, decode)?,
        }
        reader.finish()
    }
}
