//! Series of gradient norms from arrays that a mapping calls gradients: derived, not logged.

use std::sync::Arc;

use trainscape_run::{ArrayKind, Point, Role, Run, Series, Step, Tensor};

use crate::limits::GRADIENT_ARRAY;

/// Adds a series for each layer of each of these arrays; what cannot be read, a sentence each.
pub(crate) fn add_series(run: &mut Run) -> Vec<String> {
    let kinds = run.array_kinds.iter();
    let arrays: Vec<Arc<Tensor>> = kinds
        .filter(|(_, kind)| **kind == ArrayKind::Gradients)
        .filter_map(|(key, _)| run.tensors.get(key).cloned())
        .collect();
    let several = arrays.len() > 1;
    let mut refused = Vec::new();
    for array in arrays {
        match layers_of(&array) {
            Ok(layers) => {
                for (layer, values) in layers.into_iter().enumerate() {
                    add_layer(run, &array, layer, &values, several);
                }
            }
            Err(why) => refused.push(format!(
                "mapping: `{}` is not read as gradients: {why}",
                array.key
            )),
        }
    }
    refused
}

/// The norm at each snapshot, for each layer: the values of the array, or the root of the sum of their squares along axes other
/// than these two.
fn layers_of(array: &Tensor) -> Result<Vec<Vec<f64>>, String> {
    let snapshot = array.axis("snapshot").ok_or("it has no snapshots")?;
    if array.elements() > GRADIENT_ARRAY.items {
        return Err(format!(
            "it has more than {} values: save its norms by layer",
            GRADIENT_ARRAY.items
        ));
    }
    let whole: Vec<_> = array.shape.iter().map(|&len| 0..len).collect();
    let values = array.read_f64(&whole).map_err(|error| error.to_string())?;
    let layer = array.axis("layer");
    let layers = layer.map_or(1, |axis| array.shape[axis]);
    let are_norms = array.shape.len() == 1 + usize::from(layer.is_some());
    let mut norms = vec![vec![0.0_f64; array.shape[snapshot]]; layers];
    let strides: Vec<usize> = (0..array.shape.len())
        .map(|axis| array.shape[axis + 1..].iter().product())
        .collect();
    for (at, value) in values.into_iter().enumerate() {
        let index = |axis: usize| at / strides[axis] % array.shape[axis];
        let cell = &mut norms[layer.map_or(0, index)][index(snapshot)];
        *cell = match are_norms {
            true => value,
            false => cell.hypot(value),
        };
    }
    Ok(norms)
}

fn add_layer(run: &mut Run, array: &Tensor, layer: usize, values: &[f64], several: bool) {
    let has_layers = array.axis("layer").is_some();
    let labels = array
        .labels
        .as_ref()
        .filter(|labels| has_layers && Some(labels.len()) == array.len_of("layer"));
    let label = labels.and_then(|labels| labels.names().get(layer));
    let name = match (has_layers, label) {
        (false, _) => array.key.to_string(),
        (true, Some(label)) => label.to_string(),
        (true, None) if several => format!("{}.layer_{layer}", array.key),
        (true, None) => format!("layer_{layer}"),
    };
    let key: Arc<str> = format!("grad_norm/{name}").into();
    // What was logged under this key stays.
    if run.series.contains_key(&key) {
        return;
    }
    let mut series = Series::new(Arc::clone(&key));
    let steps = array.steps.as_deref();
    series.extend(values.iter().enumerate().map(|(row, value)| Point {
        step: match steps.and_then(|steps| steps.get(row)) {
            Some(step) if step.fract() == 0.0 && step.abs() < 9e15 => Step::Int(*step as i64),
            Some(step) => Step::Float(*step),
            None => Step::Int(row as i64),
        },
        wall_time_secs: None,
        value: *value,
    }));
    let order = u32::try_from(layer).unwrap_or(u32::MAX);
    let index = match has_layers {
        true => format!(", layer {layer}"),
        false => String::new(),
    };
    run.logged_keys.insert(
        Arc::clone(&key),
        format!("array {}{index}", array.key).into(),
    );
    run.first_seen.insert(Arc::clone(&key), order);
    run.roles.insert(Arc::clone(&key), Role::LayerGradientNorm);
    run.series.insert(key, Arc::new(series));
}
