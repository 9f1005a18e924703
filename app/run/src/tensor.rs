use std::{ops::Range, path::PathBuf, sync::Arc};

use half::{bf16, f16};
use serde::Serialize;

use crate::Labels;

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dtype {
    /// One byte, 0 or 1.
    Bool,
    /// Unsigned, 8 bits.
    U8,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 64 bits.
    I64,
    /// IEEE 754 half precision.
    F16,
    /// Brain floating point: the upper half of an `f32`.
    Bf16,
    /// OCP 8-bit float with 4 exponent bits (`e4m3fn`: no infinities).
    F8E4m3,
    /// OCP 8-bit float with 5 exponent bits.
    F8E5m2,
    /// OCP 8-bit power of two (`e8m0`), a scale.
    F8E8m0,
    /// IEEE 754 single precision.
    F32,
    /// IEEE 754 double precision.
    F64,
}

impl Dtype {
    /// Bytes of one element.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 | Self::F8E4m3 | Self::F8E5m2 | Self::F8E8m0 => 1,
            Self::U16 | Self::I16 | Self::F16 | Self::Bf16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// The name that safetensors and `inspect` use, in lower case: `f16`, `bf16`, `f8_e4m3`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::U8 => "u8",
            Self::I8 => "i8",
            Self::U16 => "u16",
            Self::I16 => "i16",
            Self::U32 => "u32",
            Self::I32 => "i32",
            Self::U64 => "u64",
            Self::I64 => "i64",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F8E4m3 => "f8_e4m3",
            Self::F8E5m2 => "f8_e5m2",
            Self::F8E8m0 => "f8_e8m0",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// A tensor's elements could not be read. The message is one sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorError(pub String);

impl std::fmt::Display for TensorError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TensorError {}

/// The source of a tensor's elements: a memory-mapped file, or an archive member that is decompressed
/// when it is first read.
pub trait ElementBytes: Send + Sync + std::fmt::Debug {
    /// All bytes of the elements.
    ///
    /// # Errors
    /// When they no longer exist (the file was truncated) or cannot be decompressed.
    fn bytes(&self) -> Result<&[u8], TensorError>;
}

/// The memory layout of a tensor's elements in [`ElementBytes`].
#[derive(Clone, Debug)]
pub struct Storage {
    /// The elements, without padding.
    pub bytes: Arc<dyn ElementBytes>,
    /// The first axis varies fastest (Fortran order) instead of the last.
    pub fortran_order: bool,
    /// Elements start with their most significant byte.
    pub big_endian: bool,
}

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
        let mut out = vec![0.0; self.count(ranges)?];
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
        let mut out = vec![0.0; self.count(ranges)?];
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

    fn decode<T>(
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

    fn decode_part<T>(
        &self,
        part: &Storage,
        shape: &[usize],
        ranges: &[Range<usize>],
        out: &mut [T],
        decode: &impl Fn(Dtype, bool, &[u8], &mut [T]),
    ) -> Result<(), TensorError> {
        let bytes = part.bytes.bytes()?;
        let size = self.dtype.bytes();
        let elements: usize = shape.iter().product();
        if bytes.len() / size < elements {
            return Err(TensorError(format!(
                "{}: `{}` needs {elements} elements, but the file contains only {}",
                self.path.display(),
                self.key,
                bytes.len() / size
            )));
        }
        // Distance, in elements, between neighbours along each axis.
        let mut strides = vec![1_usize; shape.len()];
        if part.fortran_order {
            for axis in 1..shape.len() {
                strides[axis] = strides[axis - 1] * shape[axis - 1];
            }
        } else {
            for axis in (1..shape.len()).rev() {
                strides[axis - 1] = strides[axis] * shape[axis];
            }
        }
        // Trailing axes that are read whole, and the one before them, are contiguous.
        let mut run = 1;
        let mut outer = shape.len();
        while outer > 0 && strides[outer - 1] == run {
            outer -= 1;
            run *= ranges[outer].len();
            if ranges[outer].len() != shape[outer] {
                break;
            }
        }
        let first_of_run: usize = (outer..shape.len())
            .map(|axis| ranges[axis].start * strides[axis])
            .sum();
        let mut at: Vec<usize> = ranges[..outer].iter().map(|range| range.start).collect();
        for out in out.chunks_exact_mut(run) {
            let first: usize = at
                .iter()
                .zip(&strides)
                .map(|(at, stride)| at * stride)
                .sum::<usize>()
                + first_of_run;
            decode(
                self.dtype,
                part.big_endian,
                &bytes[first * size..(first + run) * size],
                out,
            );
            for axis in (0..outer).rev() {
                at[axis] += 1;
                if at[axis] < ranges[axis].end {
                    break;
                }
                at[axis] = ranges[axis].start;
            }
        }
        Ok(())
    }
}

/// Elements as `f32`; the common types are converted directly.
fn decode_f32(dtype: Dtype, big_endian: bool, bytes: &[u8], out: &mut [f32]) {
    match (dtype, big_endian) {
        (Dtype::F32, false) => {
            for (value, raw) in out.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *value = f32::from_le_bytes(*raw);
            }
        }
        (Dtype::F64, false) => {
            for (value, raw) in out.iter_mut().zip(bytes.as_chunks::<8>().0) {
                *value = f64::from_le_bytes(*raw) as f32;
            }
        }
        (Dtype::F16, false) => {
            for (value, raw) in out.iter_mut().zip(bytes.as_chunks::<2>().0) {
                *value = f16::from_le_bytes(*raw).to_f32();
            }
        }
        (Dtype::Bf16, false) => {
            for (value, raw) in out.iter_mut().zip(bytes.as_chunks::<2>().0) {
                *value = bf16::from_le_bytes(*raw).to_f32();
            }
        }
        _ => {
            for (value, raw) in out.iter_mut().zip(bytes.chunks_exact(dtype.bytes())) {
                *value = decode_one(dtype, big_endian, raw) as f32;
            }
        }
    }
}

fn decode_f64(dtype: Dtype, big_endian: bool, bytes: &[u8], out: &mut [f64]) {
    for (value, raw) in out.iter_mut().zip(bytes.chunks_exact(dtype.bytes())) {
        *value = decode_one(dtype, big_endian, raw);
    }
}

fn decode_one(dtype: Dtype, big_endian: bool, raw: &[u8]) -> f64 {
    let mut ordered = [0_u8; 8];
    let ordered = &mut ordered[..raw.len()];
    ordered.copy_from_slice(raw);
    if big_endian {
        ordered.reverse();
    }
    let mut wide = [0_u8; 8];
    wide[..ordered.len()].copy_from_slice(ordered);
    let bits = u64::from_le_bytes(wide);
    match dtype {
        Dtype::Bool => f64::from(u8::from(bits != 0)),
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => bits as f64,
        Dtype::I8 => f64::from(bits as u8 as i8),
        Dtype::I16 => f64::from(bits as u16 as i16),
        Dtype::I32 => f64::from(bits as u32 as i32),
        Dtype::I64 => bits as i64 as f64,
        Dtype::F16 => f16::from_bits(bits as u16).to_f64(),
        Dtype::Bf16 => bf16::from_bits(bits as u16).to_f64(),
        Dtype::F8E4m3 => f8_e4m3(bits as u8),
        // The upper byte of a half-precision number.
        Dtype::F8E5m2 => f16::from_bits((bits as u16) << 8).to_f64(),
        Dtype::F8E8m0 if bits == 0xff => f64::NAN,
        Dtype::F8E8m0 => 2_f64.powi(bits as i32 - 127),
        Dtype::F32 => f64::from(f32::from_bits(bits as u32)),
        Dtype::F64 => f64::from_bits(bits),
    }
}

/// OCP 8-bit Floating Point Specification (OFP8), e4m3: bias 7, no infinities, one NaN of each sign.
fn f8_e4m3(bits: u8) -> f64 {
    let sign = if bits & 0x80 == 0 { 1.0 } else { -1.0 };
    let (exponent, mantissa) = (i32::from(bits >> 3 & 0xf), f64::from(bits & 7));
    sign * match (exponent, bits & 7) {
        (15, 7) => f64::NAN,
        (0, _) => mantissa / 8.0 * 2_f64.powi(-6),
        _ => (1.0 + mantissa / 8.0) * 2_f64.powi(exponent - 7),
    }
}
