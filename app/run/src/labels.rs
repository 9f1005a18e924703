use std::sync::Arc;

/// Names along an axis of a tensor: one column, or several with headings (`metadata.tsv`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Heading of each column; a list without headings has one column called `label`.
    pub columns: Vec<Arc<str>>,
    /// The cells of each column, one per row.
    pub cells: Vec<Vec<Arc<str>>>,
}

impl Labels {
    /// A single column called `label`.
    #[must_use]
    pub fn of_list(labels: Vec<Arc<str>>) -> Self {
        Self {
            columns: vec!["label".into()],
            cells: vec![labels],
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.first().map_or(0, Vec::len)
    }

    /// True if there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cells of the column called `name`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&[Arc<str>]> {
        let at = self.columns.iter().position(|column| &**column == name)?;
        self.cells.get(at).map(Vec::as_slice)
    }

    /// The column that identifies rows best: the one with the most distinct cells.
    #[must_use]
    pub fn names(&self) -> &[Arc<str>] {
        let distinct = |cells: &Vec<Arc<str>>| {
            let set: std::collections::HashSet<&str> = cells.iter().map(|cell| &**cell).collect();
            set.len()
        };
        // The first of several equally good columns.
        let best = (0..self.cells.len())
            .rev()
            .max_by_key(|&at| distinct(&self.cells[at]));
        best.map_or(&[], |at| &self.cells[at])
    }
}
