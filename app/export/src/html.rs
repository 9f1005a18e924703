//! HTML: one file with the figure as a picture and a small viewer that turns it, zooms, and shows records.

mod blob;
mod colours;
mod geometry;
mod layout;
mod legend;
mod minify;
mod page;
mod records;
mod steps;

use serde_json::{Value, json};
use trainscape_compute::Field;
use trainscape_scene::{Scene, figure::Figure};

use self::{
    blob::Blob,
    geometry::{Geometry, Maps},
    legend::Groups,
    page::Page,
    steps::Steps,
};
use crate::error::ExportError;

/// More bytes than a browser decodes without trouble.
const MOST_BYTES: usize = 512 << 20;

/// The page of a figure; `fields` holds the heights of each of its surfaces, `picture` the figure as a PNG.
///
/// # Errors
/// When the scene is larger than a page can be.
pub fn encode(
    scene: &Scene,
    figure: &Figure,
    fields: &[Field],
    picture: Vec<u8>,
) -> Result<Vec<u8>, ExportError> {
    let mut blob = Blob::default();
    let steps = Steps::of(scene);
    let groups = Groups::of(scene, figure.legend_rects.len());
    let mut json = layout::figure(scene, figure);
    json.extend(elements(scene, figure, fields, &groups, &steps, &mut blob));
    let records = records::write(scene, &steps, &groups, &mut blob);
    json.insert("records".to_owned(), records);
    if blob.len() > MOST_BYTES {
        return Err(ExportError::Encode {
            reason: format!(
                "the figure has {} MB of numbers, and a page should have at most {}; draw fewer runs or steps",
                blob.len() >> 20,
                MOST_BYTES >> 20
            ),
        });
    }
    let page = Page {
        title: &scene.title,
        caption: &scene.caption,
        background: colours::hex(figure.theme.background),
        figure: Value::Object(json).to_string(),
        data: blob.finish()?,
        has_facets: !scene.facets.is_empty(),
        picture,
    };
    Ok(page.html().into_bytes())
}

fn elements(
    scene: &Scene,
    figure: &Figure,
    fields: &[Field],
    groups: &Groups,
    steps: &Steps,
    blob: &mut Blob,
) -> [(String, Value); 8] {
    let mut geometry = Geometry {
        scene,
        blob,
        groups,
        steps,
        themes: colours::theme_names(&figure.theme),
        maps: Maps::default(),
    };
    let surfaces: Vec<Value> = scene
        .surfaces
        .iter()
        .zip(fields)
        .map(|(surface, field)| geometry.surface(surface, field))
        .collect();
    let meshes: Vec<Value> = scene
        .meshes
        .iter()
        .map(|mesh| geometry.mesh(mesh))
        .collect();
    let lines = geometry.lines();
    let clouds: Vec<Value> = scene
        .clouds
        .iter()
        .map(|cloud| geometry.cloud(cloud))
        .collect();
    let markers = scene.markers.iter();
    let markers: Vec<Value> = markers.map(|markers| geometry.markers(markers)).collect();
    let maps = geometry.maps.bytes();
    let entries = [
        ("surfaces", json!(surfaces)),
        ("meshes", json!(meshes)),
        ("lines", json!(lines)),
        ("clouds", json!(clouds)),
        ("markers", json!(markers)),
        ("maps", blob.bytes(&maps)),
        ("lineSettings", geometry::line_settings()),
        ("steps", blob.doubles(&steps.all)),
    ];
    entries.map(|(name, value)| (name.to_owned(), value))
}
