//! Expressions over the values of a run: columns for the axes of a view (`log10(loss / {val/loss})`,
//! `ema(reward, 0.9)`, `step > 100 && loss < 3`), and filters of a table of runs
//! (`lr > 1e-3 && optimizer == "adam" && final("val/loss") < 2`).
//!
//! | | |
//! |---|---|
//! | numbers | `3`, `1e-3`, `.5`, `true` (1), `false` (0), `nan`, `inf`, `pi` |
//! | text | `"adam"` or `'adam'` |
//! | names | `loss`, `optimizer.lr`; anything else in braces: `{train/loss}` |
//! | operators, by decreasing precedence | `^` (right-associative; `-2^2` is -4), `-` `!` (`not`), `*` `/` `%`, `+` `-`, comparisons, `&&` (`and`), `\|\|` (`or`) |
//! | comparisons | `<` `<=` `>` `>=` `==` `!=`; 1 or 0; 0 with NaN (except `!=`: 1) |
//! | elementwise functions | `abs sign exp ln log10 log2 sqrt sin cos tanh floor ceil round finite pow(a, b) clip(x, low, high) if(c, a, b)`, `min` and `max` of two or more |
//! | column functions | `ema(x, 0.9)`, `smooth(x, 21)`, `diff(x)`, `shift(x, 1)`, `cumsum(x)` |
//! | aggregates | `min max mean median std sum first last count` (finite values only) |
//!
//! `log` is the natural logarithm, as `ln`. `ema(x, w)` has weight `w` on the previous mean and starts at the first
//! value; `smooth(x, n)` is the centred moving average over `n` values, with a shorter window at the ends and next to
//! NaN.
//!
//! In a filter of runs, a name is the configuration value of that key, otherwise the last finite value of the series
//! of that key, otherwise of the series with that role. `final(x)` (or `last`), `first`, `min`, `max`, `mean`,
//! `median`, `best` (the smallest; of a reward or an accuracy the largest) and `count` aggregate the series
//! `x`, given as a name or as quoted text.

mod column;
mod columns_expression;
mod error;
mod filter;
mod functions;
mod names;
mod parse;
mod syntax;

pub use columns_expression::Expression;
pub use error::ExpressionError;
pub use filter::RunFilter;
pub use names::{filter_names, names, nearest_name, nearest_names, role_series};
