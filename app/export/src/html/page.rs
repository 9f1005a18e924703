//! The page: one file that loads nothing, with a content-security policy that allows only what is in it.

use std::collections::BTreeSet;

use base64::Engine as _;
use sha2::{Digest as _, Sha256};
use trainscape_scene::font::Weight;

use super::minify;
use crate::font_subset;

/// The parts of the viewer in the order of their dependencies; they share one scope.
const SCRIPTS: [&str; 8] = [
    include_str!("../../../../assets/html/data.js"),
    include_str!("../../../../assets/html/camera.js"),
    include_str!("../../../../assets/html/shaders.js"),
    include_str!("../../../../assets/html/renderer.js"),
    include_str!("../../../../assets/html/axes.js"),
    include_str!("../../../../assets/html/overlay.js"),
    include_str!("../../../../assets/html/records.js"),
    include_str!("../../../../assets/html/viewer.js"),
];
/// The part of the viewer that only figures with panels need.
const FACETS: &str = include_str!("../../../../assets/html/facets.js");
const STYLE: &str = include_str!("../../../../assets/html/viewer.css");

/// What a page is made of.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    pub(super) caption: &'a str,
    /// The theme's background as `#rrggbb`.
    pub(super) background: String,
    /// The figure as JSON.
    pub(super) figure: String,
    /// The block of numbers as base64.
    pub(super) data: String,
    pub(super) has_facets: bool,
    /// The figure as a PNG.
    pub(super) picture: Vec<u8>,
}

impl Page<'_> {
    pub(super) fn html(&self) -> String {
        let script = script(self.has_facets);
        let fonts = self.fonts();
        let style = format!("{fonts}{STYLE}:root{{--background:{}}}\n", self.background);
        let (title, caption) = (escaped(self.title), escaped(self.caption));
        let picture = base64::engine::general_purpose::STANDARD.encode(&self.picture);
        let (script_hash, style_hash) = (hash(&script), hash(&style));
        let figure = json_in_script(&self.figure);
        let data = &self.data;
        format!(
            r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '{script_hash}'; style-src '{style_hash}'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Trainscape {version}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main id="figure">
<div id="stage">
<img id="still" alt="{title}. {caption}" src="data:image/png;base64,{picture}">
</div>
<div id="bar" hidden></div>
<p id="message" role="status"></p>
<noscript><p>This is a still picture: the figure can be turned where scripting and WebGL 2 are available.</p></noscript>
</main>
<script type="application/json" id="figure-json">{figure}</script>
<script type="text/plain" id="figure-data">{data}</script>
<script>{script}</script>
</body>
</html>
"#,
            version = env!("CARGO_PKG_VERSION"),
        )
    }
}

impl Page<'_> {
    /// The fonts with the characters of the page, and those that numbers and names of records are written with.
    fn fonts(&self) -> String {
        let printable = ' '..='~';
        let texts = [self.title, self.caption, &self.figure];
        let characters: BTreeSet<char> = texts
            .into_iter()
            .flat_map(str::chars)
            .chain(printable)
            .chain(['−', '×', '–'])
            .collect();
        let rules = [Weight::Regular, Weight::SemiBold]
            .into_iter()
            .filter_map(|weight| font_subset::font_face(weight, &characters));
        rules.collect()
    }
}

fn script(has_facets: bool) -> String {
    let facets = has_facets.then_some(FACETS);
    let parts: Vec<&str> = SCRIPTS.into_iter().chain(facets).collect();
    let code = minify::joined(&parts);
    format!("(() => {{'use strict';{code}}})();")
}

/// A source expression of a content-security policy.
fn hash(text: &str) -> String {
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!("sha256-{digest}")
}

/// JSON that cannot end the script element that it is in, nor start a comment there.
fn json_in_script(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            character => escaped.push(character),
        }
    }
    escaped
}

/// Text in an element or an attribute in double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\0' => {}
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "</script><script>alert(1)</script><!-- \" ' & \u{2028}";

    #[test]
    fn names_cannot_leave_their_place() {
        let page = Page {
            title: HOSTILE,
            caption: HOSTILE,
            background: "#ffffff".to_owned(),
            figure: serde_json::json!({ "title": HOSTILE }).to_string(),
            data: String::new(),
            has_facets: false,
            picture: Vec::new(),
        };
        let html = page.html();
        assert!(!html.contains("alert(1)</script>") && !html.contains("<script>alert"));
        assert_eq!(html.matches("<script").count(), 3);
        assert_eq!(html.matches("</script>").count(), 3);
        let start = html.find("figure-json\">").unwrap() + "figure-json\">".len();
        let end = start + html[start..].find("</script>").unwrap();
        let back: serde_json::Value = serde_json::from_str(&html[start..end]).unwrap();
        assert_eq!(back["title"], HOSTILE);
        assert_eq!(html.matches("@font-face").count(), 2);
    }

    #[test]
    fn the_viewer_is_small_and_cannot_end_its_element() {
        for (has_facets, most) in [(false, 60_000), (true, 64_000)] {
            let script = script(has_facets);
            let bytes = script.len() + STYLE.len();
            assert!(bytes < most, "{bytes}");
            assert!(!script.contains("</script") && !script.contains("<!--"));
        }
        assert!(!STYLE.contains("</style"));
    }

    #[test]
    fn the_policy_names_the_hash_of_the_script() {
        // echo -n "alert('Hello, world.');" | openssl sha256 -binary | openssl base64
        assert_eq!(
            hash("alert('Hello, world.');"),
            "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="
        );
    }
}
