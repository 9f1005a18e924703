//! Names of columns, of which tables may repeat some.

use std::collections::HashSet;

/// Names that were used; a repeated one gets a number, as in pandas: `loss`, `loss.1`, `loss.2`.
#[derive(Debug, Default)]
pub(crate) struct UniqueNames {
    used: HashSet<String>,
}

impl UniqueNames {
    /// The name itself, or with a number if it was used before.
    pub(crate) fn unique(&mut self, name: String) -> String {
        if self.used.insert(name.clone()) {
            return name;
        }
        let numbered = (1..).map(|number: u32| format!("{name}.{number}"));
        let mut free = numbered.filter(|name| !self.used.contains(name));
        let free = free.next().unwrap_or(name);
        self.used.insert(free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_names_are_numbered() {
        let mut names = UniqueNames::default();
        let mut unique = |name: &str| names.unique(name.to_owned());
        let found = ["loss", "loss", "loss.1", "loss", "lr"].map(&mut unique);
        assert_eq!(found, ["loss", "loss.1", "loss.1.1", "loss.2", "lr"]);
    }
}
