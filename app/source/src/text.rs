/// The items as a list of alternatives: `a, b or c`.
pub(crate) fn alternatives(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
