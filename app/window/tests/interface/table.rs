//! The table of runs.

use egui::{Key, Role};

use crate::{data::RUNS, window::Window};

fn type_filter(window: &mut Window, text: &str) {
    let name = "Filter the table by an expression";
    window.get(Role::TextInput, name).focus();
    window.settle();
    window.get(Role::TextInput, name).type_text(text);
    window.settle();
}

#[test]
fn it_shows_what_differs_sorts_and_selects_what_is_drawn() {
    let mut window = Window::with_sweep();
    window.press("Table of runs");
    assert!(window.says("4 of 4 listed, 4 visible"));
    assert!(window.has(Role::Button, "Sort by Final loss"));
    let top = |window: &Window, run: &str| {
        window
            .get(Role::CheckBox, &format!("Show {run}"))
            .rect()
            .top()
    };
    window.press("Sort by Run");
    assert!(top(&window, RUNS[0]) < top(&window, RUNS[3]));
    window.press("Sort by Run");
    assert!(top(&window, RUNS[0]) > top(&window, RUNS[3]));
    window.click(Role::CheckBox, &format!("Show {}", RUNS[1]));
    assert_eq!(window.app().drawn_runs().unwrap().len(), 3);
    assert!(window.says("4 of 4 listed, 3 visible"));
    window.press("Show all runs");
    assert_eq!(window.app().drawn_runs(), None);
}

#[test]
fn an_expression_filters_and_only_what_is_listed_is_drawn() {
    let mut window = Window::with_sweep();
    window.press("Table of runs");
    type_filter(&mut window, "peak_lr > 0.001");
    let listed: Vec<&str> = RUNS
        .into_iter()
        .filter(|run| window.has(Role::CheckBox, &format!("Show {run}")))
        .collect();
    assert!(!listed.is_empty() && listed.len() < 4, "{listed:?}");
    window.press("Show filtered");
    let drawn = window.app().drawn_runs().unwrap();
    assert_eq!(drawn.iter().map(String::as_str).collect::<Vec<_>>(), listed);
}

#[test]
fn names_of_last_values_are_offered_and_filter() {
    let mut window = Window::with_sweep();
    window.press("Table of runs");
    type_filter(&mut window, "last_lo");
    assert!(window.has(Role::Button, "last_loss"));
    window.key(Key::Tab);
    type_filter(&mut window, "< 0.75");
    let filter = window.get(Role::TextInput, "Filter the table by an expression");
    assert_eq!(filter.value().as_deref(), Some("last_loss < 0.75"));
    assert!(window.says("1 of 4 listed"));
}

#[test]
fn an_error_in_the_expression_is_reported_and_the_rows_stay() {
    let mut window = Window::with_sweep();
    window.press("Table of runs");
    type_filter(&mut window, "peek_lr > 0.001");
    assert!(window.says("peak_lr"), "the nearest name is suggested");
    assert!(window.has(Role::CheckBox, &format!("Show {}", RUNS[0])));
}
