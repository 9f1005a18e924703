/// How a log's keys are named in the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct KeyNaming {
    /// Put before each key: `validation/`.
    pub(crate) prefix: String,
    /// Put after each key: `/train`.
    pub(crate) suffix: String,
}

impl KeyNaming {
    pub(crate) fn prefix(folder: &str) -> Self {
        Self {
            prefix: format!("{folder}/"),
            suffix: String::new(),
        }
    }

    pub(crate) fn suffix(name: &str) -> Self {
        Self {
            prefix: String::new(),
            suffix: format!("/{name}"),
        }
    }

    /// True if keys keep their names.
    pub(crate) fn is_plain(&self) -> bool {
        self.prefix.is_empty() && self.suffix.is_empty()
    }

    pub(crate) fn name(&self, key: &str) -> String {
        format!("{}{key}{}", self.prefix, self.suffix)
    }
}
