//! The end of a window that another program destroyed. The windowing library learns of it late: until then it asks the X server
//! about the window and panics at the answer that there is none.

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe, PanicHookInfo},
};

/// What the panics have in common: errors of the X server about a window or a drawable.
const OF_X11: &str = "X11(X11Error {";
const OF_WINDOWS: [&str; 2] = ["error_kind: Window", "error_kind: Drawable"];

/// Calls a function; `None` if it panicked because the window is gone, of which nothing is printed.
///
/// # Panics
/// As the function does for any other reason.
pub(crate) fn unless_destroyed<T>(run: impl FnOnce() -> T) -> Option<T> {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if !is_destroyed(info.payload()) {
            print(info);
        }
    }));
    let ran = panic::catch_unwind(AssertUnwindSafe(run));
    match ran {
        Ok(result) => Some(result),
        Err(payload) if is_destroyed(&*payload) => None,
        Err(payload) => panic::resume_unwind(payload),
    }
}

fn is_destroyed(payload: &(dyn Any + Send)) -> bool {
    let message = payload.downcast_ref::<String>();
    message.is_some_and(|message| {
        message.contains(OF_X11) && OF_WINDOWS.iter().any(|kind| message.contains(kind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_window_that_is_gone_ends_quietly() {
        assert_eq!(unless_destroyed(|| 1), Some(1));
        let gone = || -> u8 {
            let error = "X11(X11Error { error_kind: Drawable, error_code: 9 })";
            panic!("called `Result::unwrap()` on an `Err` value: {error}")
        };
        assert_eq!(unless_destroyed(gone), None);
        let other = panic::catch_unwind(|| unless_destroyed(|| -> u8 { panic!("other {}", 1) }));
        assert!(other.is_err());
    }
}
