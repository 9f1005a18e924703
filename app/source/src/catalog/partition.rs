//! The folder of a key: `key=train%2Floss`, as Hive, Spark, DuckDB, Polars and pandas read it.

/// Longest name of a folder: file systems allow 255 bytes, and engines add endings of their own.
const LONGEST: usize = 200;

/// Bytes that stay as they are.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// True if the key's folder does not tell the whole key, so that the list of the catalog's files must.
#[must_use]
pub fn is_abbreviated(key: &str) -> bool {
    key.is_empty() || encoded(key).len() > LONGEST
}

/// The name of a key's folder. A key that is too long for one has its beginning and a number in its place.
#[must_use]
pub fn partition_of_key(key: &str) -> String {
    let mut name = encoded(key);
    if is_abbreviated(key) {
        // Never in the middle of an escape.
        let mut end = name.len().min(LONGEST - 20);
        while name.as_bytes()[..end]
            .iter()
            .rev()
            .take(2)
            .any(|byte| *byte == b'%')
        {
            end -= 1;
        }
        name.truncate(end);
        name += &format!("~{:016x}", fnv_1a(key.as_bytes()));
    }
    format!("key={name}")
}

/// The key as engines read it from the name of its folder: the key itself, unless it is abbreviated.
#[must_use]
pub fn key_of_partition(key: &str) -> String {
    let name = match is_abbreviated(key) {
        true => partition_of_key(key),
        false => return key.to_owned(),
    };
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name["key=".len()..].bytes();
    while let Some(byte) = rest.next() {
        let digits = match byte {
            b'%' => rest.next().zip(rest.next()),
            _ => None,
        };
        let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
        bytes.push(digits.map_or(byte, |(high, low)| digit(high) * 16 + digit(low)));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encoded(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    for byte in key.bytes() {
        match is_plain(byte) {
            true => name.push(byte.into()),
            false => name += &format!("%{byte:02X}"),
        }
    }
    name
}

/// A number for a text, which is the same on every machine.
fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_after_its_key() {
        assert_eq!(partition_of_key("train/loss"), "key=train%2Floss");
        assert_eq!(partition_of_key("a=b%c"), "key=a%3Db%25c");
        assert_eq!(partition_of_key(".."), "key=..");
        assert_eq!(partition_of_key("損失"), "key=%E6%90%8D%E5%A4%B1");
    }

    #[test]
    fn long_keys_have_short_folders_of_their_own() {
        let long = "損".repeat(300);
        let (a, b) = (format!("{long}a"), format!("{long}b"));
        for key in [&a, &b] {
            let name = partition_of_key(key);
            assert!(name.len() <= LONGEST + 4 && is_abbreviated(key), "{name}");
            let head = name.split('~').next().unwrap();
            assert_eq!((head.len() - "key=".len()) % 3, 0, "{head}");
            let read = key_of_partition(key);
            assert!(read.starts_with("損損") && read.contains('~'), "{read}");
        }
        assert_eq!(key_of_partition("a=b%c/d"), "a=b%c/d");
        assert_ne!(partition_of_key(&a), partition_of_key(&b));
        assert!(!is_abbreviated("train/loss") && is_abbreviated(""));
    }
}
