//! The parts of TensorFlow's `event.proto`, `summary.proto` and `tensor.proto` that carry numbers.
//! Fields that are not listed are skipped without being decoded.

use std::collections::HashMap;

use prost::bytes::Bytes;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Event {
    #[prost(double, tag = "1")]
    pub(crate) wall_time: f64,
    #[prost(int64, tag = "2")]
    pub(crate) step: i64,
    #[prost(message, optional, tag = "5")]
    pub(crate) summary: Option<Summary>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub(crate) value: Vec<SummaryValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SummaryValue {
    /// UTF-8 text, borrowed from the file's bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) tag: Bytes,
    #[prost(float, optional, tag = "2")]
    pub(crate) simple_value: Option<f32>,
    #[prost(message, optional, boxed, tag = "5")]
    pub(crate) histo: Option<Box<Histo>>,
    #[prost(message, optional, boxed, tag = "8")]
    pub(crate) tensor: Option<Box<TensorProto>>,
    #[prost(message, optional, boxed, tag = "9")]
    pub(crate) metadata: Option<Box<Metadata>>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Histo {
    #[prost(double, tag = "1")]
    pub(crate) min: f64,
    #[prost(double, tag = "5")]
    pub(crate) sum_squares: f64,
    #[prost(double, repeated, tag = "6")]
    pub(crate) bucket_limit: Vec<f64>,
    #[prost(double, repeated, tag = "7")]
    pub(crate) bucket: Vec<f64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TensorProto {
    #[prost(int32, tag = "1")]
    pub(crate) dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) shape: Option<ShapeProto>,
    #[prost(bytes = "bytes", tag = "4")]
    pub(crate) content: Bytes,
    #[prost(float, repeated, tag = "5")]
    pub(crate) float_val: Vec<f32>,
    #[prost(double, repeated, tag = "6")]
    pub(crate) double_val: Vec<f64>,
    #[prost(int32, repeated, tag = "7")]
    pub(crate) int_val: Vec<i32>,
    #[prost(int64, repeated, tag = "10")]
    pub(crate) int64_val: Vec<i64>,
    #[prost(bool, repeated, tag = "11")]
    pub(crate) bool_val: Vec<bool>,
    #[prost(int32, repeated, tag = "13")]
    pub(crate) half_val: Vec<i32>,
    #[prost(uint32, repeated, tag = "16")]
    pub(crate) uint32_val: Vec<u32>,
    #[prost(uint64, repeated, tag = "17")]
    pub(crate) uint64_val: Vec<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ShapeProto {
    #[prost(message, repeated, tag = "2")]
    pub(crate) dim: Vec<Dim>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Dim {
    #[prost(int64, tag = "1")]
    pub(crate) size: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Metadata {
    #[prost(message, optional, tag = "1")]
    pub(crate) plugin_data: Option<PluginData>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PluginData {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) plugin_name: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) content: Bytes,
}

/// The hparams plugin's metadata.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HparamsPluginData {
    #[prost(message, optional, tag = "3")]
    pub(crate) session_start: Option<SessionStart>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SessionStart {
    #[prost(map = "string, message", tag = "1")]
    pub(crate) hparams: HashMap<String, Hparam>,
}

/// `google.protobuf.Value`, as far as hyper-parameters use it.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Hparam {
    #[prost(double, optional, tag = "2")]
    pub(crate) number: Option<f64>,
    #[prost(string, optional, tag = "3")]
    pub(crate) text: Option<String>,
    #[prost(bool, optional, tag = "4")]
    pub(crate) flag: Option<bool>,
}

impl TensorProto {
    /// The shape; a tensor without one is a scalar.
    pub(crate) fn dims(&self) -> Vec<usize> {
        self.shape.as_ref().map_or_else(Vec::new, |shape| {
            shape
                .dim
                .iter()
                .map(|dim| usize::try_from(dim.size).unwrap_or(0))
                .collect()
        })
    }

    /// Whether the stored bytes are as many as the shape and the type need; elements that are stored otherwise may be
    /// fewer.
    pub(crate) fn is_whole(&self) -> bool {
        let size = match self.dtype {
            4 | 6 | 10 => 1,
            5 | 14 | 19 => 2,
            1 | 3 | 22 => 4,
            2 | 9 | 23 => 8,
            _ => return true,
        };
        let dims = self.dims();
        let count = dims
            .iter()
            .try_fold(1_usize, |count, dim| count.checked_mul(*dim));
        let bytes = count.and_then(|count| count.checked_mul(size));
        match self.content.len() {
            0 => count.is_some(),
            stored => bytes == Some(stored),
        }
    }

    /// All elements as floats; `None` if the type is not numeric. One stored element represents as many
    /// as the shape has, as in TensorFlow.
    pub(crate) fn floats(&self) -> Option<Vec<f64>> {
        fn read<const N: usize>(bytes: &[u8], from: impl Fn([u8; N]) -> f64) -> Vec<f64> {
            bytes
                .as_chunks::<N>()
                .0
                .iter()
                .map(|chunk| from(*chunk))
                .collect()
        }
        let bits = |value: &i32| *value as u16;
        let content = &self.content[..];
        let mut values = match (self.dtype, content.is_empty()) {
            (1, false) => read(content, |bytes| f64::from(f32::from_le_bytes(bytes))),
            (1, true) => self.float_val.iter().copied().map(f64::from).collect(),
            (2, false) => read(content, f64::from_le_bytes),
            (2, true) => self.double_val.clone(),
            (3, false) => read(content, |bytes| f64::from(i32::from_le_bytes(bytes))),
            (4 | 10, false) => read(content, |[byte]: [u8; 1]| f64::from(byte)),
            (5, false) => read(content, |bytes| f64::from(i16::from_le_bytes(bytes))),
            (6, false) => read(content, |bytes| f64::from(i8::from_le_bytes(bytes))),
            (3..=6, true) => self.int_val.iter().copied().map(f64::from).collect(),
            (9, false) => read(content, |bytes| i64::from_le_bytes(bytes) as f64),
            (9, true) => self.int64_val.iter().map(|&value| value as f64).collect(),
            (10, true) => self
                .bool_val
                .iter()
                .map(|&value| f64::from(u8::from(value)))
                .collect(),
            (14, false) => read(content, |bytes| half::bf16::from_le_bytes(bytes).to_f64()),
            (14, true) => self
                .half_val
                .iter()
                .map(|value| half::bf16::from_bits(bits(value)).to_f64())
                .collect(),
            (19, false) => read(content, |bytes| half::f16::from_le_bytes(bytes).to_f64()),
            (19, true) => self
                .half_val
                .iter()
                .map(|value| half::f16::from_bits(bits(value)).to_f64())
                .collect(),
            (22, false) => read(content, |bytes| f64::from(u32::from_le_bytes(bytes))),
            (22, true) => self.uint32_val.iter().copied().map(f64::from).collect(),
            (23, false) => read(content, |bytes| u64::from_le_bytes(bytes) as f64),
            (23, true) => self.uint64_val.iter().map(|&value| value as f64).collect(),
            _ => return None,
        };
        // Proto3 omits zeros: an empty scalar is 0.
        if values.is_empty() && self.dims().iter().all(|&size| size == 1) {
            values.push(0.0);
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(dtype: i32, content: &[u8]) -> TensorProto {
        TensorProto {
            dtype,
            content: Bytes::copy_from_slice(content),
            ..TensorProto::default()
        }
    }

    #[test]
    fn a_tensor_with_other_bytes_than_its_shape_needs_is_damaged() {
        assert!(tensor(1, &1.5_f32.to_le_bytes()).is_whole());
        assert!(!tensor(1, &[0, 0]).is_whole());
        assert!(!tensor(2, &1.5_f32.to_le_bytes()).is_whole());
        assert!(tensor(1, &[]).is_whole(), "an empty scalar is zero");
    }

    #[test]
    fn every_numeric_type_is_read() {
        let floats = |dtype, content: &[u8]| tensor(dtype, content).floats();
        assert_eq!(floats(1, &1.5_f32.to_le_bytes()), Some(vec![1.5]));
        assert_eq!(floats(2, &0.1_f64.to_le_bytes()), Some(vec![0.1]));
        assert_eq!(floats(3, &(-7_i32).to_le_bytes()), Some(vec![-7.0]));
        assert_eq!(
            floats(9, &(1_i64 << 40).to_le_bytes()),
            Some(vec![1_099_511_627_776.0])
        );
        assert_eq!(floats(14, &[0xC0, 0x3F]), Some(vec![1.5]));
        assert_eq!(floats(19, &[0x00, 0x3E]), Some(vec![1.5]));
        assert_eq!(floats(7, b"text"), None);
        assert_eq!(
            TensorProto {
                dtype: 1,
                float_val: vec![2.5],
                ..TensorProto::default()
            }
            .floats(),
            Some(vec![2.5])
        );
        assert_eq!(
            TensorProto {
                dtype: 19,
                half_val: vec![0x3E00],
                ..TensorProto::default()
            }
            .floats(),
            Some(vec![1.5])
        );
        // A scalar zero is encoded without any field.
        assert_eq!(
            TensorProto {
                dtype: 1,
                ..TensorProto::default()
            }
            .floats(),
            Some(vec![0.0])
        );
    }
}
