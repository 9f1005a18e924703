//! Searching lines for short texts: a searcher that is made for each line takes longer than to read the line.

/// Where `text` begins in `line`.
pub(super) fn find(line: &[u8], text: &[u8]) -> Option<usize> {
    find_all(line, text).next()
}

/// Where `text` begins in `line`, each time.
pub(super) fn find_all<'a>(line: &'a [u8], text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let starts = text.first().map(|first| memchr::memchr_iter(*first, line));
    let starts = starts.into_iter().flatten();
    starts.filter(|at| line.get(*at..*at + text.len()) == Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_found() {
        let all = |line: &str, text: &str| -> Vec<usize> {
            find_all(line.as_bytes(), text.as_bytes()).collect()
        };
        assert_eq!(all("step 1 step", "step"), [0, 7]);
        assert_eq!(all("aaa", "aa"), [0, 1]);
        assert!(all("ste", "step").is_empty());
        assert!(all("", "step").is_empty() && all("step", "").is_empty());
    }
}
