//! W&B transaction logs: LevelDB's log format with W&B's header.

const HEADER: &[u8] = b":W&B\xe1\xbe\x00";
const BLOCK: usize = 32768;

/// CRC-32 (zlib's) of the type and the data, bit by bit; W&B omits LevelDB's mask.
fn crc(kind: u8, bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in std::iter::once(&kind).chain(bytes) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// A complete log of few records, which fit into one block.
pub fn log(records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    for data in records {
        bytes.extend(crc(1, data).to_le_bytes());
        bytes.extend((data.len() as u16).to_le_bytes());
        bytes.push(1);
        bytes.extend(data);
    }
    assert!(bytes.len() < BLOCK, "use fewer records");
    bytes
}

fn field(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag << 3 | 2);
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(bytes);
}

/// A row of the history: keys with their values as JSON.
pub fn history(step: u64, values: &[(&str, String)]) -> Vec<u8> {
    let mut history = Vec::new();
    let step = ("_step", step.to_string());
    for (key, value) in values.iter().chain([&step]) {
        let mut item = Vec::new();
        field(1, key.as_bytes(), &mut item);
        // Field 16 takes a tag of two bytes.
        item.extend([0x82, 0x01]);
        item.push(value.len() as u8);
        item.extend(value.as_bytes());
        field(1, &item, &mut history);
    }
    let mut record = Vec::new();
    field(2, &history, &mut record);
    record
}
