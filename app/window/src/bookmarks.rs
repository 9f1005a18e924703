//! Cameras that the user has kept under a name, for each folder.

use serde::{Deserialize, Serialize};
use trainscape_scene::camera::Camera;
use trainscape_views::ViewKind;

/// Bookmarks of a folder that are kept.
const MOST_BOOKMARKS: usize = 100;
/// Characters of a name.
const MOST_CHARACTERS: usize = 60;

/// A camera of a view under a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bookmark {
    pub(crate) name: String,
    pub(crate) view: ViewKind,
    pub(crate) camera: Camera,
}

/// The bookmarks of what is open, the oldest first, and the name that is typed for the next one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bookmarks {
    pub(crate) kept: Vec<Bookmark>,
    pub(crate) name: String,
}

impl Bookmarks {
    /// Those of a view, with their places among all.
    pub(crate) fn of(&self, view: ViewKind) -> impl Iterator<Item = (usize, &Bookmark)> {
        let kept = self.kept.iter().enumerate();
        kept.filter(move |(_, bookmark)| bookmark.view == view)
    }

    /// Keeps a camera under the name that was typed, or a number; a bookmark of that name is replaced.
    pub(crate) fn keep(&mut self, view: ViewKind, camera: Camera) {
        let typed: String = self.name.trim().chars().take(MOST_CHARACTERS).collect();
        let is_taken = |name: &str| self.of(view).any(|(_, bookmark)| bookmark.name == name);
        let numbered = || (1..).map(|number| format!("Camera {number}"));
        let name = match typed.is_empty() {
            false => typed,
            true => numbered().find(|name| !is_taken(name)).unwrap_or_default(),
        };
        let same = |other: &Bookmark| other.view == view && other.name == name;
        let at = self.kept.iter().position(same);
        let bookmark = Bookmark { name, view, camera };
        match at {
            Some(at) => self.kept[at] = bookmark,
            None => self.kept.push(bookmark),
        }
        let superfluous = self.kept.len().saturating_sub(MOST_BOOKMARKS);
        self.kept.drain(..superfluous);
        self.name.clear();
    }

    pub(crate) fn remove(&mut self, at: usize) {
        if at < self.kept.len() {
            self.kept.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_within_a_view() {
        let [surface, flow] = ["loss-surface", "gradient-flow"].map(ViewKind::named);
        let camera = Camera::rolled(0.1, 0.2, 0.0, Default::default());
        let mut bookmarks = Bookmarks::default();
        bookmarks.keep(surface, camera);
        bookmarks.keep(surface, camera);
        bookmarks.name = " Camera 1 ".to_owned();
        bookmarks.keep(flow, camera);
        let moved = Camera {
            scale: 3.0,
            ..camera
        };
        bookmarks.name = "Camera 2".to_owned();
        bookmarks.keep(surface, moved);
        let names: Vec<&str> = bookmarks.kept.iter().map(|kept| &*kept.name).collect();
        assert_eq!(names, ["Camera 1", "Camera 2", "Camera 1"]);
        assert_eq!(bookmarks.kept[1].camera, moved);
        bookmarks.remove(0);
        assert_eq!(
            bookmarks.of(surface).map(|(at, _)| at).collect::<Vec<_>>(),
            [0]
        );
    }
}
