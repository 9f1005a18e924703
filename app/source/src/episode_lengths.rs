//! Columns that are named like a counter of steps and hold how long each episode was.

/// The key of lengths of episodes that may as well be a counter of steps.
const LENGTH: &str = "steps";
/// The key that counts episodes.
const EPISODE: &str = "episode";

/// Fewer pairs of neighbouring rows show nothing.
const FEWEST_PAIRS: usize = 3;
/// Of so many pairs of neighbouring rows the lengths of one do not grow, at least.
const PAIRS_PER_FALL: usize = 8;

/// The column of lengths among `keys`, if rows of an episode each state how many steps it had. A counter of steps grows
/// from one episode to the next. `number` finds the number of a row in a column.
pub(crate) fn length_column<'a>(
    keys: &(impl Iterator<Item = &'a str> + Clone),
    rows: usize,
    number: impl Fn(usize, usize) -> Option<f64>,
) -> Option<usize> {
    let column = |name: &str| {
        let mut keys = keys.clone();
        keys.position(|key| key.eq_ignore_ascii_case(name))
    };
    let (episode, length) = (column(EPISODE)?, column(LENGTH)?);
    let mut pairs = 0;
    let mut next_episodes = 0;
    let mut falls = 0;
    for row in 1..rows {
        let pair = |column: usize| Some((number(row - 1, column)?, number(row, column)?));
        let (Some(episodes), Some(lengths)) = (pair(episode), pair(length)) else {
            continue;
        };
        pairs += 1;
        next_episodes += usize::from(episodes.0 < episodes.1);
        falls += usize::from(episodes.0 < episodes.1 && lengths.0 >= lengths.1);
    }
    let is_row_an_episode = next_episodes * 4 >= pairs * 3;
    let are_lengths = pairs >= FEWEST_PAIRS && is_row_an_episode && falls * PAIRS_PER_FALL >= pairs;
    are_lengths.then_some(length)
}

#[cfg(test)]
mod tests {
    fn is_found(rows: &[(f64, f64)]) -> bool {
        let keys = ["episode", "reward", "steps"].into_iter();
        let number = |row: usize, column: usize| match column {
            0 => Some(rows[row].0),
            2 => Some(rows[row].1),
            _ => None,
        };
        super::length_column(&keys, rows.len(), number) == Some(2)
    }

    #[test]
    fn lengths_of_episodes_go_up_and_down() {
        assert!(is_found(&[
            (0., 40.),
            (1., 40.),
            (2., 13.),
            (3., 40.),
            (4., 22.)
        ]));
        // Two phases.
        assert!(is_found(&[
            (0., 40.),
            (1., 7.),
            (2., 13.),
            (3., 40.),
            (0., 22.),
            (1., 9.)
        ]));
    }

    #[test]
    fn counters_of_steps_grow() {
        assert!(!is_found(&[(0., 40.), (1., 80.), (2., 93.), (3., 133.)]));
        // Several rows of each episode.
        assert!(!is_found(&[
            (0., 40.),
            (0., 80.),
            (0., 120.),
            (1., 40.),
            (1., 80.)
        ]));
    }
}
