//! Tables of two columns in a frame, one row of the log each, as Stable-Baselines3 prints them.

/// Most values of one table.
const MAX_VALUES: usize = 1024;

/// What a line means for a table.
#[derive(Debug)]
pub(super) enum BoxLine {
    /// Not part of a table.
    No,
    /// A row of a table, or its frame.
    Part,
    /// The end of a table, with its values.
    End(Vec<(String, f64)>),
}

/// The table that is being read.
#[derive(Clone, Debug, Default)]
pub(super) struct Boxes {
    is_open: bool,
    /// A heading such as `rollout/`, to which the indented keys below it belong.
    section: String,
    values: Vec<(String, f64)>,
}

impl Boxes {
    pub(super) fn line(&mut self, line: &[u8]) -> BoxLine {
        let line = line.trim_ascii();
        if is_frame(line) {
            self.section.clear();
            self.is_open = true;
            let values = std::mem::take(&mut self.values);
            return if values.is_empty() {
                BoxLine::Part
            } else {
                BoxLine::End(values)
            };
        }
        if !self.is_open {
            return BoxLine::No;
        }
        let Some((key, value)) = cells(line) else {
            self.is_open = false;
            self.values.clear();
            return BoxLine::No;
        };
        self.row(key, value);
        BoxLine::Part
    }

    fn row(&mut self, key: &str, value: &str) {
        let name = key.trim();
        if value.is_empty() {
            name.clone_into(&mut self.section);
        } else if let Ok(number) = fast_float2::parse::<f64, _>(value) {
            let is_below = key.starts_with("   ") && !self.section.is_empty();
            let name = if is_below {
                format!("{}{name}", self.section)
            } else {
                name.to_owned()
            };
            if self.values.len() < MAX_VALUES {
                self.values.push((name, number));
            }
        }
    }
}

fn is_frame(line: &[u8]) -> bool {
    line.len() >= 10 && line.iter().all(|byte| matches!(byte, b'-' | b'+' | b'='))
}

/// The two cells of `|    ep_rew_mean     | 21.5     |`.
fn cells(line: &[u8]) -> Option<(&str, &str)> {
    let line = std::str::from_utf8(line).ok()?;
    let inner = line.strip_prefix('|')?.strip_suffix('|')?;
    let (key, value) = inner.split_once('|')?;
    (!value.contains('|') && !key.trim().is_empty()).then_some((key, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_name_of_their_section() {
        let text = "------------------------------\n\
                    | rollout/        |          |\n\
                    |    ep_rew_mean  | 21.5     |\n\
                    | time/           |          |\n\
                    |    total_timesteps | 2048  |\n\
                    ------------------------------";
        let mut boxes = Boxes::default();
        let mut ends = Vec::new();
        for line in text.lines() {
            if let BoxLine::End(values) = boxes.line(line.as_bytes()) {
                ends.push(values);
            }
        }
        let expected = vec![
            ("rollout/ep_rew_mean".to_owned(), 21.5),
            ("time/total_timesteps".to_owned(), 2048.0),
        ];
        assert_eq!(ends, [expected]);
        assert!(matches!(Boxes::default().line(b"| a | 1 |"), BoxLine::No));
    }
}
