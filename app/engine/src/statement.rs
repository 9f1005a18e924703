//! The statements, in the SQL that DataFusion's engines, DuckDB, Snowflake and BigQuery share: no division of whole numbers, no
//! escapes in literals, no order of rows, every column behind the alias of its table.

use trainscape_source::catalog::{
    HistogramColumn, HistoryColumn, Question, RunColumn, SeriesColumn,
};

use crate::{
    literal,
    tables::{KeyTable, Table},
    url::EngineUrl,
};

/// The ids of a statement: engines take statements of about a megabyte.
const MOST_IDS: usize = 1000;

/// A statement, and the table that it reads.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) table: String,
}

/// The statements that answer a question together, for the catalog of a URL.
#[must_use]
pub fn statements(question: &Question, url: &EngineUrl) -> Vec<String> {
    let statements = of_question(question, url);
    statements
        .into_iter()
        .map(|statement| statement.sql)
        .collect()
}

pub(crate) fn of_question(question: &Question, url: &EngineUrl) -> Vec<Statement> {
    let (tables, path) = (url.tables, url.path.as_str());
    let one = |table: Table, sql: &dyn Fn(&str) -> String| {
        let table = tables.of(path, table);
        vec![Statement {
            sql: sql(&table),
            table,
        }]
    };
    match question {
        Question::State => one(Table::Runs, &|table| {
            format!(
                "SELECT COUNT(*) AS runs, CAST(SUM(t.points) AS BIGINT) AS points FROM {table} AS t"
            )
        }),
        Question::Runs => one(Table::Runs, &|table| {
            let columns = columns(RunColumn::ALL.iter().map(|column| column.name()));
            format!("SELECT {columns} FROM {table} AS t")
        }),
        Question::Series => one(Table::Series, &|table| {
            // Where the points are in files is of no use to an engine.
            let of_files = [SeriesColumn::File, SeriesColumn::FirstRow];
            let columns_of_engine = SeriesColumn::ALL
                .iter()
                .filter(|column| !of_files.contains(column));
            let columns = columns(columns_of_engine.map(|column| column.name()));
            format!("SELECT {columns} FROM {table} AS t")
        }),
        Question::Points { key, runs } => {
            let columns = columns(points());
            of_runs(
                &tables.of_key(path, Table::History, key),
                runs.iter().map(|id| &**id),
                |from| format!("SELECT {columns} {from}"),
            )
        }
        Question::DecimatedPoints { key, runs, buckets } => {
            let ids = runs.iter().map(|(id, _)| &**id);
            of_runs(&tables.of_key(path, Table::History, key), ids, |from| {
                decimated(from, *buckets)
            })
        }
        Question::Histograms { key, runs } => {
            let columns = columns(HistogramColumn::ALL.iter().map(|column| column.name()));
            of_runs(
                &tables.of_key(path, Table::Histograms, key),
                runs.iter().map(|id| &**id),
                |from| format!("SELECT {columns} {from}"),
            )
        }
    }
}

/// The columns of points that are read: what a restart repeats follows from where it begins.
fn points() -> impl Iterator<Item = &'static str> {
    let read = HistoryColumn::ALL
        .iter()
        .filter(|column| **column != HistoryColumn::Superseded);
    read.map(|column| column.name())
}

/// Columns of the table `t`.
fn columns(names: impl Iterator<Item = &'static str>) -> String {
    let named: Vec<String> = names.map(|name| format!("t.{name} AS {name}")).collect();
    named.join(", ")
}

/// Statements for some runs, a thousand at a time.
fn of_runs<'a>(
    of_key: &KeyTable,
    runs: impl Iterator<Item = &'a str>,
    statement: impl Fn(&str) -> String,
) -> Vec<Statement> {
    let runs: Vec<&str> = runs.collect();
    let KeyTable { table, condition } = of_key;
    let chunks = runs.chunks(MOST_IDS).map(|ids| {
        let from = format!(
            "FROM {table} AS t WHERE {condition}t.run_id IN {}",
            literal::list(ids.iter().copied())
        );
        Statement {
            sql: statement(&from),
            table: table.clone(),
        }
    });
    chunks.collect()
}

/// Of each run the first and the last point, and of each bucket of those between them the smallest and the largest. A bucket
/// always gives two: where only one value is finite, one that is not comes with it. `points` counts the rows of a run.
/// Whether a value is finite is told by arithmetic: DuckDB takes a comparison with the largest number for true where the statistics of
/// a file, which leave out NaN, say so.
fn decimated(from: &str, buckets: usize) -> String {
    let all = columns(points());
    let run = HistoryColumn::RunId.name();
    let place = HistoryColumn::Position.name();
    let value = HistoryColumn::Value.name();
    let bucket = format!("t.{run}, t.is_end, t.bucket");
    format!(
        "SELECT {all}, t.points AS points FROM (\
         SELECT {all}, t.points AS points, \
         ROW_NUMBER() OVER (PARTITION BY {bucket} ORDER BY t.is_not_finite, t.{value}, t.{place}) AS low, \
         ROW_NUMBER() OVER (PARTITION BY {bucket} ORDER BY t.is_not_finite, t.{value} DESC, t.{place} DESC) AS high, \
         SUM(1 - t.is_not_finite) OVER (PARTITION BY {bucket}) AS finite_rows FROM (\
         SELECT {all}, t.points AS points, t.is_end AS is_end, t.is_not_finite AS is_not_finite, \
         NTILE({buckets}) OVER (PARTITION BY t.{run}, t.is_end ORDER BY t.{place}) AS bucket FROM (\
         SELECT {all}, t.points AS points, \
         CASE WHEN t.{place} = 0 OR t.{place} = t.last_position THEN 1 ELSE 0 END AS is_end, \
         CASE WHEN t.{value} - t.{value} = 0 THEN 0 ELSE 1 END AS is_not_finite FROM (\
         SELECT {all}, COUNT(*) OVER (PARTITION BY t.{run}) AS points, \
         MAX(t.{place}) OVER (PARTITION BY t.{run}) AS last_position \
         {from}) AS t) AS t) AS t) AS t \
         WHERE t.low = 1 OR t.high = 1 OR (t.finite_rows = 1 AND t.low = 2)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_runs_take_several_statements() {
        let runs = (0..2500).map(|id| id.to_string().into()).collect();
        let key = "it's".into();
        let question = Question::Points { key, runs };
        let url = EngineUrl::parse("flightsql://h/lab?tables=views").unwrap();
        let statements = statements(&question, &url);
        assert_eq!(statements.len(), 3);
        assert!(
            statements[0]
                .contains("FROM lab.history AS t WHERE t.key = CONCAT('it', CHR(39), 's') AND")
        );
        let ids = |sql: &String| sql.matches("', '").count() + 1;
        assert_eq!(statements.iter().map(ids).sum::<usize>(), 2500);
    }
}
