//! Source code in a log: training scripts print themselves, so that their logs say what was run.

use super::search::find;

/// Calls that print, which no log contains.
const CALLS: [&[u8]; 6] = [
    b"print(",
    b"print0(",
    b".format(",
    b"logger.",
    b"logging.",
    b"add_argument(",
];
/// The longest placeholder of a formatted string.
const MAX_PLACEHOLDER: usize = 80;

/// Whether a line is one of a script, such as `print(f"step:{step} loss:{loss:.4f}")`.
pub(super) fn is_source_code(line: &[u8]) -> bool {
    memchr::memchr(b'(', line).is_some() && is_call(line) || has_placeholder(line)
}

/// Whether a call's bracket is followed by a string, a name or nothing.
fn is_call(line: &[u8]) -> bool {
    CALLS.iter().any(|call| {
        find(line, call).is_some_and(|at| {
            let after = &line[at + call.len()..];
            match call.last() {
                Some(b'.') => after
                    .iter()
                    .position(|byte| !byte.is_ascii_alphabetic())
                    .is_some_and(|end| end > 0 && after[end] == b'('),
                _ => true,
            }
        })
    })
}

/// Whether a line holds a placeholder with the format of a number: `{loss:.4f}`, `{step:>6d}`.
fn has_placeholder(line: &[u8]) -> bool {
    memchr::memchr_iter(b'{', line).any(|start| {
        let inner = &line[start + 1..(start + MAX_PLACEHOLDER).min(line.len())];
        let Some(end) = memchr::memchr2(b'}', b'{', inner).filter(|end| inner[*end] == b'}') else {
            return false;
        };
        let inner = &inner[..end];
        let Some(colon) = memchr::memrchr(b':', inner) else {
            return false;
        };
        let (name, format) = (&inner[..colon], &inner[colon + 1..]);
        let is_name = name
            .first()
            .is_none_or(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        let (kind, width) = match format.split_last() {
            Some((kind, width)) => (*kind, width),
            None => return false,
        };
        let is_width = |byte: &u8| byte.is_ascii_digit() || b"<>^+-.,=".contains(byte);
        is_name && b"deEfFgG%".contains(&kind) && width.iter().all(is_width)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_scripts_are_source_code() {
        for line in [
            r#"    print0(f"step:{step}/{args.num_iterations} val_loss:{val_loss:.4f}", console=True)"#,
            r#"logger.info("epoch %d loss %.3f", epoch, loss)"#,
            r#"f"loss: {loss.item():.4f} lr: {lr:.2e}""#,
            r#""step {:>6d} loss 1 {:.4f}""#,
            r#"parser.add_argument("--lr", type=float, default=0.1)"#,
        ] {
            assert!(is_source_code(line.as_bytes()), "{line}");
        }
        for line in [
            "step:1/100 val_loss:10.8258 train_time:0ms",
            r#"{"step": 1, "loss": 2.5}"#,
            "{'loss': 2.5, 'epoch': 0.1}",
            "{loss: 2.5, step: 3}",
            "loss (train): 2.5",
            "logger. 5 loss 3",
            "Eval {a: 5} 12",
        ] {
            assert!(!is_source_code(line.as_bytes()), "{line}");
        }
    }
}
