use std::cmp::Ordering;

use super::{Role, role_of_key};

/// The layer and the parameter that a per-layer gradient key names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LayerParameter {
    /// The layer (`layers.3`), or the parameter itself if it belongs to no numbered layer (`embed`).
    pub layer: String,
    /// The parameter within the layer (`mlp.up`); empty if the layer is the parameter.
    pub parameter: String,
}

/// Prefixes that frameworks add to a parameter's name.
const WRAPPERS: &[&str] = &["module.", "_orig_mod.", "_fsdp_wrapped_module.", "model."];

/// Words whose number is the index of a block (`h.3`, `layer_3`).
const BLOCK_WORDS: &[&str] = &["layer", "layers", "block", "blocks", "h", "stage", "stages"];

/// Splits a per-layer gradient key (`grad_norm/layers.3.mlp.up`) into layer and parameter; `None` for
/// other keys.
#[must_use]
pub fn layer_parameter_of_key(key: &str) -> Option<LayerParameter> {
    if role_of_key(key) != Some(Role::LayerGradientNorm) {
        return None;
    }
    let mut name = key;
    // The name follows the part that begins with "grad".
    for (at, _) in key.match_indices('/') {
        let part = key[..at]
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if part.starts_with("grad") {
            name = &key[at + 1..];
            break;
        }
    }
    while let Some(inner) = WRAPPERS
        .iter()
        .find_map(|wrapper| name.strip_prefix(wrapper))
    {
        name = inner;
    }
    let mut start = 0;
    for part in name.split_inclusive(['.', '/']) {
        let end = start + part.len();
        let word = part.trim_end_matches(['.', '/']);
        if is_block(word, start > 0) {
            let parameter = name[end..].trim_matches(['.', '/']);
            let parameter = match parameter.strip_suffix(".weight") {
                Some(inner) if !inner.is_empty() => inner,
                _ => parameter,
            };
            return Some(LayerParameter {
                layer: name[..start + word.len()].to_owned(),
                parameter: parameter.to_owned(),
            });
        }
        start = end;
    }
    Some(LayerParameter {
        layer: name.to_owned(),
        parameter: String::new(),
    })
}

/// True for `3` after another word, and for `layer_3` or `block3`.
fn is_block(word: &str, follows_another: bool) -> bool {
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if name.len() == word.len() {
        return false;
    }
    if name.is_empty() {
        return follows_another;
    }
    let name = name.trim_end_matches(['_', '-']).to_ascii_lowercase();
    BLOCK_WORDS.contains(&name.as_str())
}

/// Natural order of names: `layers.2` before `layers.10`.
#[must_use]
pub fn natural_cmp(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        let (Some(&x), Some(&y)) = (left.first(), right.first()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (m, n) = (digits(left), digits(right));
            let (number_a, number_b) = (trim_zeros(&left[..m]), trim_zeros(&right[..n]));
            // Without leading zeros the longer number is the greater one.
            let order = number_a
                .len()
                .cmp(&number_b.len())
                .then_with(|| number_a.cmp(number_b));
            if order != Ordering::Equal {
                return order;
            }
            left = &left[m..];
            right = &right[n..];
        } else if x == y {
            left = &left[1..];
            right = &right[1..];
        } else {
            return x.cmp(&y);
        }
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn trim_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == b'0').count();
    &number[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_split_from_their_parameters() {
        let expected = [
            ("grad_norm/layers.3.mlp.up", "layers.3", "mlp.up"),
            ("gradients/layers.3.attn.qkv.weight", "layers.3", "attn.qkv"),
            (
                "gradients/transformer.h.11.attn.c_attn.bias",
                "transformer.h.11",
                "attn.c_attn.bias",
            ),
            (
                "grad_2.0_norm/encoder.layer.2.output.dense.weight",
                "encoder.layer.2",
                "output.dense",
            ),
            ("grad_norm/blocks.0.ln", "blocks.0", "ln"),
            ("grad_norm/layer_12/w", "layer_12", "w"),
            ("gradients/module.net.0.weight", "net.0", "weight"),
            ("grad_norm/embed.weight", "embed.weight", ""),
            ("train/grad_norm/embed", "embed", ""),
        ];
        for (key, layer, parameter) in expected {
            let found = layer_parameter_of_key(key).unwrap();
            assert_eq!(
                (found.layer.as_str(), found.parameter.as_str()),
                (layer, parameter),
                "{key}"
            );
        }
        for key in [
            "train/grad_norm",
            "grad_norm/total",
            "parameters/layers.0.w",
            "loss",
        ] {
            assert_eq!(layer_parameter_of_key(key), None, "{key}");
        }
    }

    #[test]
    fn names_are_in_natural_order() {
        let mut names = [
            "layers.10",
            "layers.2",
            "a",
            "layers.02",
            "layers.2.b",
            "",
            "layers",
        ];
        names.sort_by(|a, b| natural_cmp(a, b));
        assert_eq!(
            names,
            [
                "",
                "a",
                "layers",
                "layers.02",
                "layers.2",
                "layers.2.b",
                "layers.10"
            ]
        );
        assert_eq!(
            natural_cmp("x99999999999999999999999", "x100000000000000000000000"),
            Ordering::Less
        );
    }
}
