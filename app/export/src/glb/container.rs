//! The container of a GLB file.

use serde_json::Value;

use crate::error::ExportError;

/// Header, JSON chunk, binary chunk, each padded to four bytes.
pub(super) fn container(document: &Value, mut bytes: Vec<u8>) -> Result<Vec<u8>, ExportError> {
    let mut text = document.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), b' ');
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let length = |bytes: usize| {
        u32::try_from(bytes).map_err(|_| ExportError::Encode {
            reason: format!("{bytes} bytes are more than a GLB can hold (4 GiB)"),
        })
    };
    let total = length(12 + 8 + text.len() + 8 + bytes.len())?;
    let mut glb = Vec::with_capacity(total as usize);
    glb.extend(b"glTF");
    glb.extend(2_u32.to_le_bytes());
    glb.extend(total.to_le_bytes());
    glb.extend(length(text.len())?.to_le_bytes());
    glb.extend(b"JSON");
    glb.extend(text);
    glb.extend(length(bytes.len())?.to_le_bytes());
    glb.extend(b"BIN\0");
    glb.extend(bytes);
    Ok(glb)
}
