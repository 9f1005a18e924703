//! Whether the epochs of the dictionaries that the Transformers trainer prints are rounded so much that rows repeat them:
//! `{'loss': 1.2, 'epoch': 0.01}`. The rows themselves are counted then.

use std::path::Path;

use crate::{encoding::decode_start, limits, regular_file};

/// So many rows repeat the epoch of the one before, or the second one does.
const FEWEST_REPEATS: usize = 3;
/// Of so many rows one repeats it, at least.
const ROWS_PER_REPEAT: usize = 4;

/// Examines the beginning of the log at `path`.
pub(super) fn repeat(path: &Path) -> bool {
    let Ok(file) = regular_file::open(path) else {
        return false;
    };
    let text = decode_start(file, limits::EPOCHS_EXAMINED.bytes as usize);
    let lines = text.split(|&byte| matches!(byte, b'\n' | b'\r'));
    are_repeated(lines.filter_map(epoch))
}

fn are_repeated(mut epochs: impl Iterator<Item = f64>) -> bool {
    let Some(mut last) = epochs.next() else {
        return false;
    };
    let (mut rows, mut repeats, mut repeats_first) = (1, 0, false);
    for epoch in epochs {
        let is_same = epoch.total_cmp(&last).is_eq();
        repeats_first |= rows == 1 && is_same;
        repeats += usize::from(is_same);
        rows += 1;
        last = epoch;
    }
    repeats_first || repeats >= FEWEST_REPEATS && repeats * ROWS_PER_REPEAT >= rows
}

/// The epoch of a dictionary of a training step that states no step.
fn epoch(line: &[u8]) -> Option<f64> {
    let finder = |key: &[u8]| memchr::memmem::find(line, key);
    let start = finder(b"{'loss': ")?;
    if finder(b"step': ").is_some() {
        return None;
    }
    let key = b"'epoch': ";
    let at = start + memchr::memmem::find(&line[start..], key)? + key.len();
    let number = line[at..].strip_prefix(b"'").unwrap_or(&line[at..]);
    let (epoch, _) = fast_float2::parse_partial::<f64, _>(number).ok()?;
    Some(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_of_few_digits_are_repeated() {
        let repeated = |epochs: &[f64]| are_repeated(epochs.iter().copied());
        assert!(repeated(&[0.0, 0.0]));
        assert!(repeated(&[0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.04]));
        assert!(!repeated(&[0.01, 0.02, 0.02, 0.03]));
        assert!(!repeated(&[0.1, 0.2, 0.3]));
        assert!(!repeated(&[]));
        let of = |line: &str| epoch(line.as_bytes());
        assert_eq!(of("{'loss': 0.5, 'lr': 1e-5, 'epoch': 0.01}"), Some(0.01));
        assert_eq!(of("  5%|# | {'loss': '0.5', 'epoch': '0.02'}"), Some(0.02));
        assert_eq!(of("{'eval_loss': 0.5, 'epoch': 0.01}"), None);
        assert_eq!(of("{'loss': 0.5, 'epoch': 0.01, 'step': 3}"), None);
    }
}
