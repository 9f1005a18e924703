//! Types of elements, and their values.

use half::{bf16, f16};
use serde::Serialize;

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

/// Elements as `f32`; the common types are converted directly.
pub(crate) fn decode_f32(dtype: Dtype, big_endian: bool, bytes: &[u8], out: &mut [f32]) {
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

pub(crate) fn decode_f64(dtype: Dtype, big_endian: bool, bytes: &[u8], out: &mut [f64]) {
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
