//! A view over series.

mod caption;
mod drawing;
mod lines;
mod points;
mod solids;

use std::sync::Arc;

use trainscape_run::Run;
use trainscape_scene::scene::{ColourBar, Scene};

use self::drawing::SeriesDrawing;
use super::spec::{Shape, Spec};
use crate::{NotAvailable, ViewSettings};

pub(super) fn build(
    spec: &Spec,
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let drawing = SeriesDrawing::new(spec, runs, settings)?;
    let mut scene = Scene::new(drawing.axes.clone());
    scene.title.clone_from(&spec.title);
    scene.runs = runs.to_vec();
    scene.keys = ["x", "y", "z"]
        .iter()
        .zip(&drawing.expressions.axes)
        .map(|(letter, expression)| ((*letter).to_owned(), expression.text().to_owned()))
        .collect();
    match spec.kind {
        Shape::Path => lines::add(&mut scene, &drawing),
        Shape::Points => points::add(&mut scene, &drawing),
        Shape::Surface => solids::surface(&mut scene, &drawing)?,
        Shape::Mesh => solids::mesh(&mut scene, &drawing)?,
        Shape::Bars => solids::bars(&mut scene, &drawing)?,
    }
    if let Some(colours) = &drawing.colours
        && spec.kind != Shape::Surface
    {
        scene.colour_bar = Some(ColourBar {
            axis: colours.clone(),
            map: drawing.map,
        });
    }
    scene.caption = caption::caption(&drawing, &scene);
    Ok(scene)
}
