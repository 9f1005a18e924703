//! What an engine calls the tables of a catalog. Nothing else knows in which way engines differ.

use trainscape_source::catalog::{key_of_partition, partition_of_key};

use crate::literal;

/// How the tables of a catalog are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tables {
    /// Folders of Parquet files, as Spark and Sail read them.
    Parquet,
    /// Folders of Parquet files, as DuckDB reads them.
    DuckDb,
    /// Views of a schema: `runs`, `series`, `history` and `histograms`.
    Views,
}

/// A table of a catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Runs,
    Series,
    History,
    Histograms,
}

/// The table with the rows of a key.
pub(crate) struct KeyTable {
    pub(crate) table: String,
    /// What chooses them there, before other conditions.
    pub(crate) condition: String,
}

impl Table {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Series => "series",
            Self::History => "history",
            Self::Histograms => "histograms",
        }
    }
}

impl Tables {
    /// The value of `?tables=`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "parquet" => Some(Self::Parquet),
            "duckdb" => Some(Self::DuckDb),
            "views" => Some(Self::Views),
            _ => None,
        }
    }

    /// The name of a table of the catalog at `path`.
    pub(crate) fn of(self, path: &str, table: Table) -> String {
        let name = table.name();
        match self {
            Self::Parquet => format!("parquet.`{path}/{name}`"),
            // Parts may have other columns of settings.
            Self::DuckDb => {
                format!("read_parquet('{path}/{name}/*.parquet', union_by_name = true)")
            }
            Self::Views if path.is_empty() => name.to_owned(),
            Self::Views => format!("{path}.{name}"),
        }
    }

    /// The table with the rows of a key. Where tables are folders, a key has its own: engines write some characters of keys in
    /// another way when they look for the folder of a condition.
    pub(crate) fn of_key(self, path: &str, table: Table, key: &str) -> KeyTable {
        let name = table.name();
        let folder = partition_of_key(key);
        let (table, condition) = match self {
            Self::Parquet => (format!("parquet.`{path}/{name}/{folder}`"), String::new()),
            Self::DuckDb => {
                let files = format!("{path}/{name}/{folder}/*.parquet");
                // Older parts have fewer columns.
                let options = "hive_partitioning = false, union_by_name = true";
                (format!("read_parquet('{files}', {options})"), String::new())
            }
            Self::Views => {
                let key = literal::text(&key_of_partition(key));
                (self.of(path, table), format!("t.key = {key} AND "))
            }
        };
        KeyTable { table, condition }
    }

    /// True if the text can stand in a name.
    pub(crate) fn takes(self, path: &str) -> bool {
        match self {
            Self::Parquet | Self::DuckDb => {
                !path.is_empty()
                    && !path.contains(['`', '\'', '\\'])
                    && !path.contains(char::is_control)
            }
            Self::Views => path
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')),
        }
    }
}
