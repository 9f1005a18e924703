//! The panel of runs and series.

use crate::window::Window;

#[test]
fn dump() {
    let window = Window::with_sweep();
    eprintln!("{:?}", window.harness.root());
    panic!();
}
