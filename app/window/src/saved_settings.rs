//! Reading saved settings of views: an unknown view, control or value costs that value alone, and the layout of
//! version 0.1.0, one flat table for all views, is read too.

use serde_json::Value as Json;
use trainscape_views::{Control, VIEWS, Value, ViewKind};

/// A value that was saved.
pub(crate) type Saved = (ViewKind, &'static Control, Value);

/// Everything in saved settings that still means something.
pub(crate) fn read(saved: &Json) -> Vec<Saved> {
    if saved.get("shading").is_some() {
        return from_flat_table(saved);
    }
    let mut values = Vec::new();
    for view in VIEWS {
        for control in view.controls() {
            let saved = saved
                .get(view.name())
                .and_then(|view| view.get(control.name));
            let value = saved.and_then(|saved| serde_json::from_value::<Value>(saved.clone()).ok());
            if let Some(value) = value.filter(|value| control.takes(value)) {
                values.push((view, *control, value));
            }
        }
    }
    values
}

/// Where the flat table kept the controls that all views shared.
const SHARED: [(&str, &str); 12] = [
    ("smooth", "/smoothing"),
    ("second", "/second"),
    ("group-seeds", "/group_seeds"),
    ("colours", "/map"),
    ("shading", "/shading"),
    ("contours", "/contours"),
    ("wireframe", "/wireframe"),
    ("samples", "/samples"),
    ("floor", "/floor_projection"),
    ("opacity", "/opacity"),
    ("log", "/log"),
    ("range", "/ranges"),
];

/// Where the flat table kept the controls of single views.
const OF_VIEWS: [(&str, &str, &str); 33] = [
    ("gradient-flow", "per-parameter", "/per_parameter"),
    ("gradient-flow", "vanishing-below", "/vanishing_below"),
    ("gradient-flow", "exploding-above", "/exploding_above"),
    ("loss-landscape", "grid", "/landscape/grid"),
    ("reward-landscape", "x", "/reward/x"),
    ("reward-landscape", "y", "/reward/y"),
    ("reward-landscape", "z", "/reward/z"),
    ("reward-landscape", "colour-by", "/reward/colour"),
    ("reward-landscape", "surface", "/reward/surface"),
    ("reward-landscape", "arrows", "/reward/arrows"),
    ("training-dynamics", "x", "/dynamics/x"),
    ("training-dynamics", "y", "/dynamics/y"),
    ("training-dynamics", "z", "/dynamics/z"),
    ("training-dynamics", "colour-by", "/dynamics/colour"),
    ("training-dynamics", "surface", "/dynamics/surface"),
    ("training-dynamics", "arrows", "/dynamics/arrows"),
    ("importance", "metrics", "/importance/metrics"),
    ("custom", "name", "/custom/name"),
    ("attention", "tensor", "/attention/tensor"),
    ("attention", "heads", "/attention/heads"),
    ("attention", "layer", "/attention/layer"),
    ("attention", "head", "/attention/head"),
    ("attention", "threshold", "/attention/threshold"),
    ("embedding", "tensor", "/embedding/tensor"),
    ("embedding", "dims", "/embedding/dims"),
    ("embedding", "labels", "/embedding/labels"),
    ("embedding", "focus", "/embedding/focus"),
    ("embedding", "focus-neighbours", "/embedding/neighbours"),
    ("embedding", "search", "/embedding/search"),
    ("weights", "tensor", "/weights/tensor"),
    ("weights", "third-component", "/weights/third_component"),
    ("activations", "tensor", "/activations/tensor"),
    ("media", "tensor", "/media/key"),
];

fn from_flat_table(table: &Json) -> Vec<Saved> {
    let mut values = Vec::new();
    let mut keep = |view: ViewKind, name: &str, saved: &Json| {
        if let Some(control) = view.control(name)
            && let Some(value) = value_of(control, saved)
        {
            values.push((view, control, value));
        }
    };
    for view in VIEWS {
        for (name, at) in SHARED {
            if let Some(saved) = table.pointer(at) {
                keep(view, name, saved);
            }
        }
    }
    for (view, name, at) in OF_VIEWS {
        if let (Some(view), Some(saved)) = (ViewKind::from_name(view), table.pointer(at)) {
            keep(view, name, saved);
        }
    }
    let named = |name| ViewKind::from_name(name);
    if let (Some(view), Some("distribution")) = (
        named("activations"),
        table.pointer("/activations/show").and_then(Json::as_str),
    ) {
        keep(view, "distribution", &Json::Bool(true));
    }
    if let Some(view) = named("embedding") {
        embedding_from_flat_table(table, &mut |name, saved| keep(view, name, saved));
    }
    let x = match table.get("x") {
        Some(Json::String(x)) if x == "WallTime" => Some("wall_time"),
        Some(x) => x.get("Series").and_then(Json::as_str),
        None => None,
    };
    for name in ["loss-surface", "gradient-flow"] {
        if let (Some(view), Some(x)) = (named(name), x) {
            keep(view, "x", &Json::from(x));
        }
    }
    values
}

fn embedding_from_flat_table(table: &Json, keep: &mut dyn FnMut(&str, &Json)) {
    for method in ["tsne", "umap"] {
        let Some(options) = table.pointer(&format!("/embedding/method/{method}")) else {
            continue;
        };
        keep("project", &Json::from(method));
        for (name, key) in [
            ("perplexity", "perplexity"),
            ("iterations", "iterations"),
            ("iterations", "epochs"),
            ("neighbours", "neighbours"),
            ("min-distance", "min_distance"),
            ("metric", "metric"),
            ("start", "start"),
            ("seed", "seed"),
        ] {
            if let Some(saved) = options.get(key) {
                keep(name, saved);
            }
        }
    }
    let colour = match table.pointer("/embedding/colour") {
        Some(Json::String(colour)) if colour != "auto" => Some(colour.as_str()),
        Some(colour) => colour.get("label").and_then(Json::as_str),
        None => None,
    };
    if let Some(colour) = colour {
        keep("colour-by", &Json::from(colour));
    }
}

/// A value as the flat table kept it; `None` where it is the view's choice or something else.
fn value_of(control: &Control, saved: &Json) -> Option<Value> {
    use trainscape_views::Kind;
    let value = match control.kind {
        Kind::Switch(_) => Value::Switch(saved.as_bool()?),
        Kind::Number(_) => Value::Number(saved.as_f64()?),
        Kind::Choice { .. } if saved.is_number() => Value::Text(saved.to_string()),
        Kind::Choice { .. } | Kind::Key { .. } => Value::Text(saved.as_str()?.to_owned()),
        Kind::Text => Value::Text(saved.as_str().filter(|text| !text.is_empty())?.to_owned()),
        Kind::Colours => {
            let map: trainscape_scene::colour::ColourMap =
                serde_json::from_value(saved.clone()).ok()?;
            Value::Text(map.name().to_owned())
        }
        Kind::Keys => {
            let keys: Vec<String> = serde_json::from_value(saved.clone()).ok()?;
            Some(keys)
                .filter(|keys| !keys.is_empty())
                .map(Value::Keys)?
        }
        Kind::Scales(axes) => {
            let mut scales: [Option<bool>; 3] = serde_json::from_value(saved.clone()).ok()?;
            for (axis, scale) in scales.iter_mut().enumerate() {
                *scale = scale.filter(|_| axes.contains(&axis));
            }
            Value::Scales(scales)
        }
        Kind::Ranges => Value::Ranges(serde_json::from_value(saved.clone()).ok()?),
    };
    let is_default = match (&control.kind, &value) {
        (Kind::Switch(default), Value::Switch(on)) => *default == Some(*on),
        (Kind::Number(number), Value::Number(value)) => number
            .default
            .is_some_and(|default| (default - value).abs() <= 1e-6 * default.abs()),
        (Kind::Choice { default, .. }, Value::Text(name)) => *default == Some(name.as_str()),
        (_, Value::Scales(scales)) => *scales == [None; 3],
        (_, Value::Ranges(ranges)) => *ranges == [None; 3],
        _ => false,
    };
    (!is_default && control.takes(&value)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tile_settings::TileSettings;

    fn view(name: &str) -> ViewKind {
        ViewKind::from_name(name).unwrap()
    }

    #[test]
    fn every_control_survives_saving_and_loading() {
        use trainscape_views::Kind;
        for view in VIEWS {
            for control in view.controls() {
                let value = match control.kind {
                    Kind::Switch(default) => Value::Switch(default != Some(true)),
                    Kind::Number(number) => Value::Number(number.range[0]),
                    Kind::Choice { options, .. } => Value::from(options[0].0),
                    Kind::Colours => Value::from("batlow"),
                    Kind::Key { .. } | Kind::Text => Value::from("train/loss"),
                    Kind::Keys => Value::Keys(vec!["a".to_owned(), "b".to_owned()]),
                    Kind::Scales(axes) => {
                        let mut scales = [None; 3];
                        scales[axes[0]] = Some(true);
                        Value::Scales(scales)
                    }
                    Kind::Ranges => Value::Ranges([None, Some([f64::NEG_INFINITY, 0.5]), None]),
                };
                let mut settings = TileSettings::default();
                settings.set(view, control, Some(value.clone()));
                let text = serde_json::to_string(&settings).unwrap();
                let loaded: TileSettings = serde_json::from_str(&text).unwrap();
                assert_eq!(loaded.get(view, control), Some(&value), "{view}: {text}");
            }
        }
    }

    #[test]
    fn what_is_not_known_costs_itself_alone() {
        let text = r#"{"attention":{"threshold":{"number":0.25},"heads":{"text":"most"},"new":3},"not-a-view":{}}"#;
        let settings: TileSettings = serde_json::from_str(text).unwrap();
        let attention = view("attention");
        let get = |name| settings.get(attention, attention.control(name).unwrap());
        assert_eq!(get("threshold"), Some(&Value::Number(0.25)));
        assert_eq!(get("heads"), None);
    }

    #[test]
    fn the_flat_table_of_version_0_1_0_is_read() {
        let text = r#"{"runs":null,"steps":null,"x":{"Series":"tokens"},"second":null,"smoothing":21,
            "log":[null,true,null],"ranges":[null,null,[0.0,4.0]],"group_seeds":false,"map":"cividis","shading":0.7,
            "contours":false,"wireframe":false,"samples":false,"floor_projection":null,"per_parameter":true,
            "vanishing_below":1e-6,"exploding_above":10.0,"at_step":null,"opacity":0.5,
            "reward":{"x":null,"y":"kl","z":null,"colour":null,"surface":false,"arrows":true},
            "attention":{"tensor":"a","heads":"all","layer":3,"head":0,"threshold":0.01},
            "embedding":{"tensor":null,"method":{"tsne":{"perplexity":12.0,"iterations":1000,"metric":"cosine",
            "start":"pca","seed":3}},"dims":2,"colour":{"label":"package"},"labels":true,"focus":null,"neighbours":10,
            "search":""},"activations":{"tensor":null,"show":"distribution"}}"#;
        let settings: TileSettings = serde_json::from_str(text).unwrap();
        let get = |name, control| {
            let view = view(name);
            settings.get(view, view.control(control).unwrap()).cloned()
        };
        let text = |text: &str| Some(Value::from(text));
        assert_eq!(get("loss-surface", "x"), text("tokens"));
        assert_eq!(get("loss-surface", "smooth"), Some(Value::Number(21.0)));
        assert_eq!(get("loss-surface", "colours"), text("cividis"));
        assert_eq!(get("loss-surface", "contours"), Some(Value::Switch(false)));
        assert_eq!(get("loss-surface", "shading"), None, "it was the default");
        let log = Value::Scales([None, Some(true), None]);
        assert_eq!(get("loss-surface", "log"), Some(log));
        let range = Value::Ranges([None, None, Some([0.0, 4.0])]);
        assert_eq!(get("gradient-flow", "range"), Some(range));
        assert_eq!(
            get("gradient-flow", "per-parameter"),
            Some(Value::Switch(true))
        );
        assert_eq!(
            get("gradient-flow", "exploding-above"),
            Some(Value::Number(10.0))
        );
        assert_eq!(get("reward-landscape", "y"), text("kl"));
        assert_eq!(
            get("reward-landscape", "surface"),
            Some(Value::Switch(false))
        );
        assert_eq!(get("attention", "heads"), text("all"));
        assert_eq!(get("attention", "layer"), Some(Value::Number(3.0)));
        assert_eq!(get("embedding", "project"), text("tsne"));
        assert_eq!(get("embedding", "perplexity"), Some(Value::Number(12.0)));
        assert_eq!(get("embedding", "metric"), text("cosine"));
        assert_eq!(get("embedding", "dims"), text("2"));
        assert_eq!(get("embedding", "colour-by"), text("package"));
        assert_eq!(
            get("activations", "distribution"),
            Some(Value::Switch(true))
        );
    }
}
