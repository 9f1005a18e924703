//! Changes of a file's bytes.

/// Numbers that break assumptions, as text.
const NUMBERS: &[&str] = &[
    "1e400",
    "-1e400",
    "NaN",
    "Infinity",
    "-0",
    "1e-400",
    "99999999999999999999",
    "-1",
    "18446744073709551615",
    "0x10",
    "1,000",
    "",
    "null",
    "1e308",
    "5e-324",
];

/// Texts that break assumptions.
const TEXTS: &[&[u8]] = &[
    b"\0\0\0\0\0\0\0\0",
    b"\xFF\xFE",
    b"\xEF\xBB\xBF",
    b"\x1B[2J",
    b"</script>",
    b"[[[[[[[[[[[[[[[[",
    b"{\"a\":{\"a\":{\"a\":",
    b"\r",
    b"\n\n\n",
    b"\",\"",
    b"\xE2\x80\xA8",
    b"../../../../etc/passwd",
    b"=cmd()",
];

/// Lengths as they stand in binary headers.
const LENGTHS: &[u64] = &[
    0,
    1,
    0x7F,
    0xFF,
    0xFFFF,
    0x7FFF_FFFF,
    0xFFFF_FFFF,
    u64::MAX,
    1 << 40,
    1 << 62,
];

/// Makes one to four changes.
pub(super) fn mutate(content: &mut Vec<u8>, random: &mut fastrand::Rng) {
    for _ in 0..random.usize(1..=4) {
        change(content, random);
    }
}

fn change(content: &mut Vec<u8>, random: &mut fastrand::Rng) {
    if content.is_empty() {
        content.extend_from_slice(random.choice(TEXTS).copied().unwrap_or_default());
        return;
    }
    let at = random.usize(0..content.len());
    let len = 1 + random.usize(0..(content.len() - at).min(64));
    match random.u8(0..11) {
        0 => content[at] ^= 1 << random.u8(0..8),
        1 => content.truncate(at),
        2 => drop(content.drain(at..at + len)),
        3 => {
            let block = content[at..at + len].to_vec();
            let to = random.usize(0..=content.len());
            content.splice(to..to, block);
        }
        4 => content[at..at + len].fill(0),
        5 => {
            let length = random.choice(LENGTHS).copied().unwrap_or_default();
            let width = *random.choice([1, 2, 4, 8]).get_or_insert(8);
            let bytes = if random.bool() {
                length.to_le_bytes()[..width].to_vec()
            } else {
                length.to_be_bytes()[8 - width..].to_vec()
            };
            let end = (at + width).min(content.len());
            content.splice(at..end, bytes);
        }
        6 => replace_number(content, at, random),
        7 => {
            let text = random.choice(TEXTS).copied().unwrap_or_default();
            content.splice(at..at, text.iter().copied());
        }
        8 => {
            // A line, or what lies between two, a thousand times.
            let end = content[at..]
                .iter()
                .position(|&c| c == b'\n')
                .map_or(content.len(), |n| at + n + 1);
            let line = content[at..end.min(at + 4096)].to_vec();
            content.splice(at..at, line.repeat(random.usize(1..1000)));
        }
        9 => content.rotate_left(at),
        _ => content.extend(std::iter::repeat_with(|| random.u8(..)).take(len)),
    }
}

/// Replaces the digits that follow a place by another number.
fn replace_number(content: &mut Vec<u8>, from: usize, random: &mut fastrand::Rng) {
    let is_part = |c: &u8| c.is_ascii_digit() || b".+-eE".contains(c);
    let Some(start) = content[from..]
        .iter()
        .position(u8::is_ascii_digit)
        .map(|n| from + n)
    else {
        return;
    };
    let end = content[start..]
        .iter()
        .position(|c| !is_part(c))
        .map_or(content.len(), |n| start + n);
    let number = random.choice(NUMBERS).copied().unwrap_or_default();
    content.splice(start..end, number.bytes());
}
