//! The end of a window that another program destroyed. The windowing library learns of it late: until then it asks the X server
//! about the window and panics at the answer that there is none, and so does the painter, whose surface is gone.

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe, PanicHookInfo},
};

/// What the panics have in common: errors of the X server about a window or a drawable.
const OF_X11: &str = "X11(X11Error {";
const OF_WINDOWS: [&str; 2] = ["error_kind: Window", "error_kind: Drawable"];
/// What the painter says of a surface without a window. The adapter was chosen for the surface, so that it supports it as
/// long as there is a window.
const OF_SURFACE: &str = "The surface isn't supported by this adapter";

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
    let formatted = payload.downcast_ref::<String>().map(String::as_str);
    let message = formatted.or_else(|| payload.downcast_ref::<&str>().copied());
    message.is_some_and(|message| {
        let of_window = || OF_WINDOWS.iter().any(|kind| message.contains(kind));
        message == OF_SURFACE || (message.contains(OF_X11) && of_window())
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
        let without_surface = || -> u8 { panic!("{OF_SURFACE}") };
        assert_eq!(unless_destroyed(without_surface), None);
        let other = panic::catch_unwind(|| unless_destroyed(|| -> u8 { panic!("other {}", 1) }));
        assert!(other.is_err());
    }
}
