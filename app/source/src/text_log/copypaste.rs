//! Detectron2's results of an evaluation, in three lines: `copypaste: Task: bbox`, the names of its metrics, and their values.

use super::search::find;

/// What its evaluations print before each of the lines.
const MARK: &[u8] = b"copypaste: ";

/// What was printed of the results so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Copypaste {
    task: String,
    names: Vec<String>,
}

impl Copypaste {
    /// Reads a line; the metrics with their keys (`bbox/AP`) at the line of their values, `None` if the line is another.
    pub(super) fn line(&mut self, line: &[u8]) -> Option<Vec<(String, f64)>> {
        let at = find(line, MARK)?;
        // `bbox_mAP_copypaste: 0.3 0.5` of MMDetection is a value.
        if at > 0 && !line[at - 1].is_ascii_whitespace() {
            return None;
        }
        let text = std::str::from_utf8(&line[at + MARK.len()..]).ok()?.trim();
        if let Some(task) = text.strip_prefix("Task: ") {
            task.trim().clone_into(&mut self.task);
            self.names.clear();
            return Some(Vec::new());
        }
        let cells = || text.split(',').map(str::trim);
        let values: Vec<f64> = cells().map_while(|cell| cell.parse().ok()).collect();
        let is_values = !values.is_empty() && values.len() == self.names.len();
        if !is_values {
            self.names = cells().map(str::to_owned).collect();
            return Some(Vec::new());
        }
        let names = std::mem::take(&mut self.names).into_iter();
        let keys = names.map(|name| match self.task.is_empty() {
            true => name,
            false => format!("{}/{name}", self.task),
        });
        Some(keys.zip(values).collect())
    }
}
