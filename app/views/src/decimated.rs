//! Series of which a store gives fewer points than were logged.

use trainscape_run::Announced;
use trainscape_scene::scene::Scene;

use crate::{caption::Caption, samples::counted};

/// Says which of the drawn series are not whole.
pub(crate) fn describe(scene: &mut Scene, announced: &Announced) {
    let titles = scene.axes.iter().map(|axis| &axis.title);
    let drawn: Vec<&String> = scene.keys.values().chain(titles).collect();
    let of_scene = announced.decimated.iter();
    let of_scene = of_scene.filter(|(key, _)| drawn.iter().any(|name| **name == **key));
    let sentences: Vec<String> = of_scene
        .map(|(key, points)| {
            format!(
                "Of the {} of `{key}`, the engine gave the first and the last of each run, and the smallest and the largest of each of its buckets of consecutive points",
                counted(*points, "point"),
            )
        })
        .collect();
    if sentences.is_empty() {
        return;
    }
    scene.caption = Caption::new(&scene.caption)
        .sentences(sentences)
        .into_text();
}
