use crate::{
    columns::plausible_wall_time_secs,
    json::step_of,
    keys::Keys,
    line_points::{LineFormat, number},
    points::Points,
};

/// The table of a metric: a header, then a row for each step.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) key: String,
    pub(super) columns: Option<Columns>,
}

/// The positions of the columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    step: usize,
    timestamp: Option<usize>,
    value: usize,
}

/// The columns of a header: the metric's is the one that is neither the step nor the time.
pub(super) fn columns_of(header: &str) -> Option<Columns> {
    let names: Vec<&str> = header.split('\t').map(str::trim).collect();
    let position = |name: &str| names.iter().position(|known| *known == name);
    let step = position("step")?;
    // The column of a metric that is itself called `step` replaces that of the step.
    if names.len() == 1 {
        return Some(Columns {
            step,
            timestamp: None,
            value: step,
        });
    }
    let timestamp = position("timestamp").filter(|_| names.len() > 2);
    let value = (0..names.len())
        .rev()
        .find(|&at| at != step && Some(at) != timestamp)?;
    Some(Columns {
        step,
        timestamp,
        value,
    })
}

impl LineFormat for Table {
    fn add(&mut self, line: &str, keys: &Keys, points: &mut Points) -> Result<bool, &'static str> {
        let Some(columns) = self.columns else {
            self.columns = Some(columns_of(line).ok_or("its header has no column `step`")?);
            return Ok(false);
        };
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let cell = |at: usize| cells.get(at).and_then(|cell| number(cell));
        let step = cells
            .get(columns.step)
            .and_then(|cell| cell.parse().ok().map(trainscape_run::Step::Int))
            .or_else(|| step_of(cell(columns.step)?))
            .ok_or("its step is not a number")?;
        let value = cell(columns.value).ok_or("its value is not a number")?;
        let wall_time_secs = columns
            .timestamp
            .and_then(cell)
            .and_then(plausible_wall_time_secs);
        points.start_row(step, wall_time_secs);
        points.push(keys, &self.key, value);
        Ok(true)
    }
}
