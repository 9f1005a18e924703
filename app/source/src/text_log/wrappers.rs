//! What libraries put around a single number that they print: `tensor(0.5, device='cuda:0')`, `np.float64(0.5)`.

use crate::text_number::WRAPPERS;

/// Bytes of the longest rest of a `tensor(`.
const LONGEST_WRAPPER: usize = 200;

/// The length of what stands before a single number: `tensor(`, `np.float64(`, `[`.
pub(super) fn wrapper_len(text: &[u8]) -> usize {
    match text.first() {
        Some(b'[') => 1,
        Some(b't' | b'n' | b'a' | b'A') => {
            let known = WRAPPERS.iter().find(|wrapper| text.starts_with(wrapper));
            known.map_or(0, |known| known.len())
        }
        _ => 0,
    }
}

/// The end of `tensor(0.5, device='cuda:0', grad_fn=<NllLossBackward0>)`, whose number ends at `at`.
pub(super) fn after_wrapper(text: &[u8], at: usize) -> usize {
    let near = &text[at..text.len().min(at + LONGEST_WRAPPER)];
    memchr::memchr(b')', near).map_or(at, |close| at + close + 1)
}
