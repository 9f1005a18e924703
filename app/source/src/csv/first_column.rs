//! The first column of a table without steps, which may be what its rows count: an index, or what a sweep goes through.

use trainscape_run::role_of_key;

use crate::{
    columns::{has_step, is_phase, time_rank},
    long_rows::is_id_name,
};

/// Fewer rows do not show that a column counts.
const FEWEST_ROWS: usize = 4;
/// Larger numbers under the name of a time are dates.
const LONGEST_TIME: f64 = 1e8;
/// A table of plain numbers has so many columns, at most.
const MOST_COLUMNS: usize = 64;

/// Whether the first column of a table is what its `rows` stand at: it has a name that no metric has, and its numbers go up from
/// row to row.
pub(super) fn counts(header: &[String], rows: &[Vec<String>]) -> bool {
    let Some(name) = header.first() else {
        return false;
    };
    let may_count = !name.is_empty()
        && header.len() > 1
        && !has_step(header)
        && role_of_key(name).is_none()
        && !is_phase(name)
        && !is_id_name(name);
    may_count && goes_up(name, rows)
}

fn goes_up(name: &str, rows: &[Vec<String>]) -> bool {
    let numbers = rows.iter().map(|row| number(row.first()?));
    let Some(numbers) = numbers.collect::<Option<Vec<f64>>>() else {
        return false;
    };
    let is_date = time_rank(name) > 0 && numbers.iter().any(|number| *number > LONGEST_TIME);
    numbers.len() >= FEWEST_ROWS && numbers.is_sorted_by(|a, b| a < b) && !is_date
}

/// Whether a table holds nothing but numbers over a first column that goes up, which has no name or any name: curves, whatever they
/// are of.
pub(super) fn are_numbers(header: &[String], rows: &[Vec<String>]) -> bool {
    let Some(name) = header.first() else {
        return false;
    };
    let are_plain = || {
        rows.iter().all(|row| {
            row.len() == header.len() && row.iter().all(|cell| cell.is_empty() || is_number(cell))
        })
    };
    (2..=MOST_COLUMNS).contains(&header.len())
        && header[1..].iter().all(|name| !name.is_empty())
        && goes_up(name, rows)
        && are_plain()
}

fn number(cell: &str) -> Option<f64> {
    let number = fast_float2::parse::<f64, _>(cell.trim().as_bytes()).ok()?;
    number.is_finite().then_some(number)
}

fn is_number(cell: &str) -> bool {
    fast_float2::parse::<f64, _>(cell.trim().as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    fn table(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
        let lines = text.split(' ').map(|line| {
            let cells = line.split(',').map(str::to_owned);
            cells.collect::<Vec<String>>()
        });
        let mut lines: Vec<Vec<String>> = lines.collect();
        (lines.remove(0), lines)
    }

    fn counts(text: &str) -> bool {
        let (header, rows) = table(text);
        super::counts(&header, &rows)
    }

    fn are_numbers(text: &str) -> bool {
        let (header, rows) = table(text);
        super::are_numbers(&header, &rows)
    }

    #[test]
    fn what_a_sweep_goes_through_is_counted() {
        assert!(counts("lambda_val,val_loss 0,4 0.1,3 0.2,2 0.5,1"));
        assert!(counts("time,loss 0,4 1,3 2,2 3,1"));
        for text in [
            "lambda_val,val_loss 0,4 0.1,3 0.1,2 0.5,1",
            "accuracy,val_loss 0,4 0.1,3 0.2,2 0.5,1",
            "lambda_val,step 0,4 0.1,3 0.2,2 0.5,1",
            "lambda_val,loss 0,4 0.1,3 0.2,2",
            "time,loss 1700000000,4 1700000001,3 1700000002,2 1700000003,1",
            ",loss 0,4 1,3 2,2 3,1",
        ] {
            assert!(!counts(text), "{text}");
        }
    }

    #[test]
    fn numbers_over_an_index_may_be_curves() {
        assert!(are_numbers(",all_data,federated 0,1,2 1,1,2 2,1,2 3,,2"));
        assert!(are_numbers("time,cars,wait 0,0,0 1,0,0 2,1,0 3,1,0"));
        assert!(!are_numbers("time,cars,wait 0,0,0 1,0,x 2,1,0 3,1,0"));
        assert!(!are_numbers("a,b 0,0 1,0 0,1 3,1"));
        assert!(!are_numbers("a 0 1 2 3"));
    }
}
