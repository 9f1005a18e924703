//! Embeddings of words as text (word2vec, GloVe, fastText): a word and its numbers on each line, after a line with
//! the number of words and of dimensions in some of them.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    sync::Arc,
};

use trainscape_run::{Dtype, ElementBytes, Storage, TensorError};

use super::{
    contents::{ArrayEntry, Contents, stem},
    format::ArrayFormat,
    labels::LabelTable,
    lazy::LazyElements,
};
use crate::{limits, regular_file, sample::Sample, stamp::Stamp};

/// Largest file.
const MAX_BYTES: u64 = limits::WORD_VECTORS.bytes;

/// Longest line.
const MAX_LINE: usize = limits::WORD_VECTOR.bytes as usize;

/// Dimensions at least where no first line declares them: fewer numbers after a word are not an embedding.
const MIN_DIMENSIONS: usize = 8;

/// Lines that are examined, and that a file must have.
const EXAMINED: usize = 20;
const MIN_LINES: usize = 3;

/// Embeddings of words as text.
pub(crate) static WORD_VECTORS: WordVectors = WordVectors;

#[derive(Debug)]
pub(crate) struct WordVectors;

impl ArrayFormat for WordVectors {
    fn name(&self) -> &'static str {
        "word-vectors"
    }

    fn title(&self) -> &'static str {
        "word2vec text"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["vec"]
    }

    fn matches(&self, sample: &Sample<'_>) -> bool {
        let is_text = matches!(
            sample.extension(),
            "txt" | "w2v" | "glove" | "vectors" | "emb"
        );
        is_text && are_word_vectors(sample.text(), sample.is_whole())
    }

    fn is_one_array(&self) -> bool {
        true
    }

    fn open(&self, path: &Path, stamp: Stamp) -> Result<Contents, String> {
        open(path, stamp)
    }
}

/// The number of words and of dimensions in the first line of word2vec's and fastText's files.
fn header(line: &[u8]) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(line).ok()?;
    let mut parts = text.split_ascii_whitespace();
    let (words, dimensions) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (parts.next().is_none() && dimensions > 0).then_some((words, dimensions))
}

/// The fields of a line after its word, from the last to the first.
fn fields_from_the_end(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.trim_ascii_end()
        .rsplit(|byte| matches!(byte, b' ' | b'\t'))
}

fn number(field: &[u8]) -> Option<f32> {
    fast_float2::parse(field).ok()
}

/// The word of a line, and the bytes of its numbers. A word may contain blanks.
fn split_word(line: &[u8], dimensions: usize) -> Option<(&[u8], &[u8])> {
    let line = line.trim_ascii_end();
    let numbers: usize = fields_from_the_end(line)
        .take(dimensions)
        .map(|field| field.len() + 1)
        .sum();
    let start = line.len().checked_sub(numbers)?;
    let has_blank = matches!(line.get(start), Some(b' ' | b'\t'));
    has_blank.then(|| (&line[..start], &line[start + 1..]))
}

/// True if a file that begins with `head` consists of words, each with the same number of numbers.
fn are_word_vectors(head: &[u8], is_whole: bool) -> bool {
    let lines = head.split_inclusive(|&byte| byte == b'\n');
    let mut lines = lines
        .filter(|line| is_whole || line.ends_with(b"\n"))
        .map(<[u8]>::trim_ascii_end)
        .peekable();
    let declared = lines.peek().and_then(|line| header(line));
    if declared.is_some() {
        lines.next();
    }
    let Some(first) = lines.peek() else {
        return false;
    };
    let counted = || fields_from_the_end(first).take_while(|field| number(field).is_some());
    let dimensions = match declared {
        Some((_, dimensions)) => dimensions,
        // A word may be a number: it is not one of the dimensions.
        None => counted()
            .count()
            .min(fields_from_the_end(first).count().saturating_sub(1)),
    };
    if declared.is_none() && dimensions < MIN_DIMENSIONS {
        return false;
    }
    let (mut examined, mut has_word) = (0, false);
    for line in lines.take(EXAMINED) {
        let Some((word, numbers)) = split_word(line, dimensions) else {
            return false;
        };
        if !fields_from_the_end(numbers).all(|field| number(field).is_some()) {
            return false;
        }
        has_word |= number(word).is_none();
        examined += 1;
    }
    // The nodes of a graph have numbers instead of words.
    match declared {
        Some(_) => examined >= MIN_LINES || (is_whole && examined > 0),
        None => examined >= MIN_LINES && has_word,
    }
}

/// Calls `visit` with the number, the word and the numbers of each line; returns the number of dimensions.
fn each_line(
    path: &Path,
    mut visit: impl FnMut(usize, &[u8], &[u8]) -> Result<(), String>,
) -> Result<(Option<usize>, usize), String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let mut reader =
        BufReader::with_capacity(1 << 20, regular_file::open(path).map_err(unreadable)?);
    let mut line = Vec::new();
    let (mut declared, mut dimensions) = (None, 0);
    for index in 0.. {
        line.clear();
        let len = std::io::Read::take(&mut reader, MAX_LINE as u64)
            .read_until(b'\n', &mut line)
            .map_err(unreadable)?;
        if len == 0 {
            break;
        }
        if len == MAX_LINE {
            return Err(format!(
                "line {} is longer than {MAX_LINE} bytes",
                index + 1
            ));
        }
        if index == 0 {
            if let Some((words, columns)) = header(&line) {
                (declared, dimensions) = (Some(words), columns);
                continue;
            }
            let fields = fields_from_the_end(&line);
            dimensions = fields.take_while(|field| number(field).is_some()).count();
            dimensions = dimensions.min(fields_from_the_end(&line).count().saturating_sub(1));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let Some((word, numbers)) = split_word(&line, dimensions).filter(|_| dimensions > 0) else {
            return Err(format!(
                "line {} is not a word and {dimensions} numbers",
                index + 1
            ));
        };
        visit(index + 1, word, numbers)?;
    }
    Ok((declared, dimensions))
}

fn open(path: &Path, stamp: Stamp) -> Result<Contents, String> {
    if stamp.len > MAX_BYTES {
        return Err(format!(
            "has {} bytes, and embeddings as text of more than {MAX_BYTES} are not read: save them as an array (npy)",
            stamp.len
        ));
    }
    let mut words: Vec<Arc<str>> = Vec::new();
    let (declared, dimensions) = each_line(path, |_, word, _| {
        words.push(String::from_utf8_lossy(word).into());
        Ok(())
    })?;
    let is_number = |word: &Arc<str>| number(word.as_bytes()).is_some();
    if declared.is_none() && words.iter().all(is_number) {
        return Err("contains no words before its numbers".to_owned());
    }
    let mut contents = Contents::default();
    if let Some(declared) = declared.filter(|declared| *declared != words.len()) {
        contents.notes.push(format!(
            "declares {declared} words and contains {}: it is incomplete or was truncated",
            words.len()
        ));
    }
    let shape = [words.len(), dimensions];
    contents.entries.push(ArrayEntry {
        key: stem(path).into(),
        shape: shape.as_slice().into(),
        dtype: Dtype::F32,
        storage: Storage {
            bytes: Arc::new(Parsed(LazyElements::new(path.to_owned(), stamp))),
            fortran_order: false,
            big_endian: false,
        },
    });
    contents.name_axes(&["row", "dimension"]);
    contents.labels = Some(LabelTable::of_words(words));
    Ok(contents)
}

/// The numbers of all lines as little-endian `f32`, cached once they are needed.
#[derive(Debug)]
struct Parsed(LazyElements);

impl Parsed {
    fn parse(&self) -> Result<Vec<u8>, String> {
        let mut elements = Vec::new();
        each_line(&self.0.path, |line, _, numbers| {
            for field in numbers.split(|byte| matches!(byte, b' ' | b'\t')) {
                let value = number(field)
                    .ok_or_else(|| format!("line {line} contains a value that is not a number"))?;
                elements.extend(value.to_le_bytes());
            }
            Ok(())
        })?;
        Ok(elements)
    }
}

impl ElementBytes for Parsed {
    fn bytes(&self) -> Result<&[u8], TensorError> {
        self.0.get("", || self.parse())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(word: &str, dimensions: usize) -> String {
        format!("{word}{}\n", " 0.5".repeat(dimensions))
    }

    fn found(text: &str) -> bool {
        are_word_vectors(text.as_bytes(), true)
    }

    #[test]
    fn words_with_equally_many_numbers() {
        let glove = ["the", "at name@domain.com", "1999"].map(|word| line(word, 50));
        assert!(found(&glove.concat()));
        assert!(found(&format!(
            "3 2\n{}",
            ["a", "b", "</s>"].map(|word| line(word, 2)).concat()
        )));
        // fastText ends each line with a blank.
        assert!(found("2 3\nder 1 2 -3e-2 \ndie 4 5 6 \n"));
        assert!(!found(&["a", "b", "c"].map(|word| line(word, 3)).concat()));
        assert!(!found(&["1", "2", "3"].map(|word| line(word, 9)).concat()));
        assert!(!found(&[line("a", 9), line("b", 8), line("c", 9)].concat()));
        assert!(!found("step 1, loss 2\n"));
        assert!(found("3 2\n17 1 2\n4 3 4\n9 5 6\n"));
        assert!(!found("10 3\n"));
        assert!(!found("3 2\n1 2\n3 4\n5 6\n"));
        assert!(!found(""));
    }

    #[test]
    fn a_word_may_contain_blanks() {
        assert_eq!(
            split_word(b"new york 1 2 3\n", 3),
            Some((&b"new york"[..], &b"1 2 3"[..]))
        );
        assert_eq!(split_word(b" 1 2", 2), Some((&b""[..], &b"1 2"[..])));
        assert_eq!(split_word(b"1 2", 2), None);
        assert_eq!(split_word(b"", 1), None);
    }
}
