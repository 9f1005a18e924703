//! `--mapping`: what arrays of any names hold.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{
    Ended,
    logs::{folder, write},
    run,
};

/// A safetensors file of these arrays, each of the numbers that `value` gives its elements.
fn safetensors(arrays: &[(&str, &[usize])], value: fn(usize) -> f32) -> Vec<u8> {
    let (mut header, mut data) = (json!({}), Vec::new());
    for (key, shape) in arrays {
        let start = data.len();
        let count = shape.iter().product();
        data.extend((0..count).flat_map(|at| value(at).to_le_bytes()));
        header[*key] =
            json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, data.len()] });
    }
    let header = header.to_string();
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend(header.bytes());
    out.extend(data);
    out
}

fn with_mapping(command: &str, folder: &Path, mapping: &str, arguments: &[&str]) -> Ended {
    let file = write(folder, "names.toml", mapping);
    let arrays = folder.join("run");
    let fixed = [
        command,
        arrays.to_str().unwrap(),
        "--mapping",
        file.to_str().unwrap(),
    ];
    run(fixed.iter().chain(arguments))
}

fn caption_of(folder: &Path, mapping: &str, view: &str) -> String {
    let picture = folder.join("figure.png").display().to_string();
    let arguments = [
        "--view",
        view,
        "--adapter",
        "cpu",
        "--size",
        "240x180",
        "--json",
        "-o",
        &picture,
    ];
    let figure = with_mapping("render", folder, mapping, &arguments)
        .code(0)
        .json();
    figure["caption"].as_str().unwrap().to_owned()
}

#[test]
fn arrays_of_any_names_are_drawn_as_what_the_mapping_says() {
    let folder = folder();
    let arrays: &[(&str, &[usize])] = &[
        ("when", &[6]),
        ("probs", &[6, 2, 2, 4, 4]),
        ("vectors", &[5, 3]),
        ("flat", &[6, 9]),
        ("outputs", &[2, 4, 3]),
        ("heights", &[4, 5]),
        ("right", &[5]),
        ("up", &[4]),
    ];
    let wave = |at: usize| (at as f32 * 0.7).sin().abs() + 0.1 * at as f32;
    write(
        folder.path(),
        "run/a.safetensors",
        safetensors(arrays, wave),
    );
    let mapping = r#"
        [arrays]
        when = "steps"
        "pro*" = "attention"
        vectors = "embeddings"
        flat = "weights"
        outputs = { kind = "activations", axes = ["layer", "position", "channel"] }
        heights = "landscape"
        right = "x"
        up = "y"
    "#;
    for (view, said) in [
        ("attention", "(mapped to attention)"),
        ("embedding", "(mapped to embeddings)"),
        ("weights", "(mapped to weights)"),
        ("activations", "(mapped to activations)"),
        ("loss-landscape", "mapped to landscape"),
    ] {
        let caption = caption_of(folder.path(), mapping, view);
        assert!(caption.contains(said), "{view}: {caption}");
    }
    let landscape = caption_of(folder.path(), mapping, "loss-landscape");
    assert!(landscape.contains("5 × 4 evaluated points"), "{landscape}");
    assert!(!landscape.contains("no coordinates"), "{landscape}");
    let inspected = with_mapping("inspect", folder.path(), mapping, &["--json"])
        .code(0)
        .json();
    let tensors = inspected["runs"][0]["tensors"].as_array().unwrap();
    let axes = |key: &str| {
        let tensor = tensors.iter().find(|tensor| tensor["key"] == key);
        tensor.unwrap()["axes"].clone()
    };
    assert_eq!(
        axes("probs"),
        json!(["snapshot", "layer", "head", "query", "key"])
    );
    assert_eq!(axes("flat"), json!(["snapshot", "parameter"]));
}

#[test]
fn gradients_of_an_array_become_series_that_are_called_derived() {
    let folder = folder();
    let arrays: &[(&str, &[usize])] = &[("G", &[3, 2]), ("raw", &[3, 2, 2])];
    write(
        folder.path(),
        "run/a.safetensors",
        safetensors(arrays, |at| at as f32),
    );
    let mapping = "[arrays]\nG = \"gradients\"\n";
    let values = |json: &Value| -> Vec<(String, f64, Value)> {
        let series = json["runs"][0]["series"].as_array().unwrap();
        series
            .iter()
            .map(|series| {
                let last = series["last_value"].as_f64().unwrap();
                (
                    series["key"].as_str().unwrap().to_owned(),
                    last,
                    series["logged_as"].clone(),
                )
            })
            .collect()
    };
    let json = with_mapping("inspect", folder.path(), mapping, &["--json"])
        .code(0)
        .json();
    assert_eq!(
        values(&json),
        [
            (
                "grad_norm/layer_0".to_owned(),
                4.0,
                json!("array G, layer 0")
            ),
            (
                "grad_norm/layer_1".to_owned(),
                5.0,
                json!("array G, layer 1")
            ),
        ]
    );
    let caption = caption_of(folder.path(), mapping, "gradient-flow");
    assert!(
        caption.contains("Derived from the array G, which the mapping calls gradients"),
        "{caption}"
    );
    // Of whole gradients, the norm over what is neither snapshot nor layer: the last ones are 8, 9 and 10, 11.
    let whole = "[arrays]\nraw = { kind = \"gradients\", axes = [\"snapshot\", \"layer\", \"parameter\"] }\n";
    let json = with_mapping("inspect", folder.path(), whole, &["--json"])
        .code(0)
        .json();
    let norms: Vec<f64> = values(&json).into_iter().map(|(_, last, _)| last).collect();
    assert_eq!(norms, [8.0_f64.hypot(9.0), 10.0_f64.hypot(11.0)]);
}

#[test]
fn what_does_not_fit_is_told_in_a_sentence() {
    let folder = folder();
    write(
        folder.path(),
        "run/a.safetensors",
        safetensors(&[("A", &[4, 8, 9])], |_| 0.0),
    );
    for (mapping, why) in [
        (
            "A = \"attention\"",
            "mapping: `A` (4 × 8 × 9) is not read as attention: name its axes, query and key",
        ),
        ("B = \"attention\"", "mapping: no array is called `B`"),
        (
            "A = \"gradients\"",
            "mapping: `A` (4 × 8 × 9) is not read as gradients: name its axes, snapshot",
        ),
    ] {
        let mapping = format!("[arrays]\n{mapping}\n");
        let ended = with_mapping("inspect", folder.path(), &mapping, &[]).code(3);
        let told = ended
            .stderr
            .lines()
            .filter(|line| line.contains(why))
            .count();
        assert_eq!(told, 1, "{mapping}: {}", ended.stderr);
    }
    let ended = with_mapping(
        "inspect",
        folder.path(),
        "[arrays]\nA = \"atention\"\n",
        &[],
    )
    .code(2);
    assert!(
        ended.stderr.contains("did you mean `attention`?"),
        "{}",
        ended.stderr
    );
}
