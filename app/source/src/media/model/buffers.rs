//! The numbers of a model.

use serde::Deserialize;

use crate::{budget::Budget, limits::MODEL};

const FLOAT: u32 = 5126;
const BYTE: u32 = 5121;
const SHORT: u32 = 5123;
const INT: u32 = 5125;
const DAMAGED: &str = "is cut or damaged: its numbers are not where it says";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accessor {
    buffer_view: Option<usize>,
    #[serde(default)]
    byte_offset: usize,
    component_type: u32,
    count: usize,
    #[serde(rename = "type")]
    kind: String,
    sparse: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BufferView {
    #[serde(default)]
    buffer: usize,
    #[serde(default)]
    byte_offset: usize,
    byte_length: usize,
    byte_stride: Option<usize>,
}

/// The numbers of a model, read by accessor.
pub(super) struct Buffers<'a> {
    accessors: &'a [Accessor],
    views: &'a [BufferView],
    bytes: &'a [u8],
    budget: Budget,
}

impl<'a> Buffers<'a> {
    pub(super) fn new(accessors: &'a [Accessor], views: &'a [BufferView], bytes: &'a [u8]) -> Self {
        Self {
            accessors,
            views,
            bytes,
            budget: Budget::new(MODEL),
        }
    }

    pub(super) fn positions(&mut self, accessor: usize) -> Result<Vec<[f64; 3]>, String> {
        let found = self.accessors.get(accessor).ok_or(DAMAGED)?;
        if found.component_type != FLOAT || found.kind != "VEC3" {
            return Err("has positions that are not three numbers in single precision".to_owned());
        }
        self.items::<12>(found)?
            .map(|item| {
                let (numbers, _) = item.as_chunks::<4>();
                Ok(std::array::from_fn(|axis| {
                    f64::from(f32::from_le_bytes(numbers[axis]))
                }))
            })
            .collect()
    }

    pub(super) fn indices(&mut self, accessor: usize) -> Result<Vec<u32>, String> {
        let found = self.accessors.get(accessor).ok_or(DAMAGED)?;
        Ok(match found.component_type {
            BYTE => self
                .items::<1>(found)?
                .map(|[index]| index.into())
                .collect(),
            SHORT => self
                .items::<2>(found)?
                .map(|index| u16::from_le_bytes(index).into())
                .collect(),
            INT => self.items::<4>(found)?.map(u32::from_le_bytes).collect(),
            _ => return Err(DAMAGED.to_owned()),
        })
    }

    /// Items of `N` bytes.
    fn items<const N: usize>(
        &mut self,
        accessor: &Accessor,
    ) -> Result<impl Iterator<Item = [u8; N]> + use<'a, N>, String> {
        if accessor.sparse.is_some() {
            return Err("has sparse numbers, which are not read".to_owned());
        }
        let taken = self.budget.take_items(accessor.count);
        taken.map_err(|why| format!("is not drawn: {why}"))?;
        let view = accessor.buffer_view.and_then(|at| self.views.get(at));
        let view = view.ok_or(DAMAGED)?;
        if view.buffer != 0 {
            return Err("has its numbers in another file, which is not read".to_owned());
        }
        let stride = view.byte_stride.unwrap_or(N).max(N);
        let of_view = view
            .byte_offset
            .checked_add(view.byte_length)
            .and_then(|end| self.bytes.get(view.byte_offset..end))
            .and_then(|bytes| bytes.get(accessor.byte_offset..));
        let bytes = of_view.ok_or(DAMAGED)?;
        let last = accessor.count.checked_sub(1).map(|last| {
            let start = last.checked_mul(stride)?;
            start.checked_add(N)
        });
        let fits = match last {
            None => true,
            Some(end) => end.is_some_and(|end| end <= bytes.len()),
        };
        if !fits {
            return Err(DAMAGED.to_owned());
        }
        let items = bytes.chunks(stride).take(accessor.count);
        Ok(items.filter_map(|item| item.first_chunk::<N>().copied()))
    }
}
