//! Writes TensorBoard event files byte by byte, because tests corrupt specific bytes.

/// CRC-32C, bit by bit, with TensorBoard's mask.
fn masked_crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0x82f6_3b78
            } else {
                crc >> 1
            };
        }
    }
    (!crc).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// One record: length, its checksum, data, their checksum.
pub fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut bytes = length.to_vec();
    bytes.extend(masked_crc(&length).to_le_bytes());
    bytes.extend(data);
    bytes.extend(masked_crc(data).to_le_bytes());
    bytes
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn bytes_field(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag << 3 | 2);
    varint(bytes.len() as u64, out);
    out.extend(bytes);
}

/// The first record of every file.
pub fn version() -> Vec<u8> {
    let mut event = Vec::new();
    event.push(1 << 3 | 1);
    event.extend(1_700_000_000.0_f64.to_le_bytes());
    bytes_field(3, b"brain.Event:2", &mut event);
    record(&event)
}

/// One scalar.
pub fn scalar(step: u64, tag: &str, value: f32) -> Vec<u8> {
    let mut entry = Vec::new();
    bytes_field(1, tag.as_bytes(), &mut entry);
    entry.push(2 << 3 | 5);
    entry.extend(value.to_le_bytes());
    let mut summary = Vec::new();
    bytes_field(1, &entry, &mut summary);
    let mut event = Vec::new();
    event.push(1 << 3 | 1);
    event.extend((1_700_000_000.5 + step as f64).to_le_bytes());
    event.push(2 << 3);
    varint(step, &mut event);
    bytes_field(5, &summary, &mut event);
    record(&event)
}
