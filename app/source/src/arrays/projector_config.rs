use std::path::{Component, Path, PathBuf};

/// Axes of a shape at most.
const MAX_RANK: usize = 8;

/// What a projector's description says of one tensor.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ProjectedTensor {
    pub(super) name: String,
    /// Its file, in the folder of the description.
    path: String,
    /// The file of its labels, in the folder of the description.
    pub(super) labels: String,
    pub(super) shape: Vec<usize>,
}

impl ProjectedTensor {
    /// True if the file of a description in `folder` is the one at `path`.
    pub(super) fn is_at(&self, folder: &Path, path: &Path) -> bool {
        !self.path.is_empty() && normal(&folder.join(&self.path)) == normal(path)
    }
}

/// The path without `.`.
fn normal(path: &Path) -> PathBuf {
    let parts = path.components();
    parts.filter(|part| *part != Component::CurDir).collect()
}

/// The tensors of a description in protocol buffers' text format.
pub(super) fn parse(text: &str) -> Vec<ProjectedTensor> {
    let mut tensors = Vec::new();
    let mut depth = 0_usize;
    let mut field = String::new();
    for token in tokens(text) {
        match token {
            Token::Open => {
                if depth == 0 && field == "embeddings" {
                    tensors.push(ProjectedTensor::default());
                }
                depth += 1;
            }
            Token::Close => depth = depth.saturating_sub(1),
            Token::Word(word) => {
                let name = std::mem::replace(&mut field, word.to_owned());
                if depth == 1
                    && let Some(tensor) = tensors.last_mut()
                    && set(tensor, &name, word)
                {
                    field.clear();
                }
            }
        }
    }
    tensors
}

/// Sets a field of a tensor; false if none is called so.
fn set(tensor: &mut ProjectedTensor, field: &str, value: &str) -> bool {
    match field {
        "tensor_name" => value.clone_into(&mut tensor.name),
        "tensor_path" => value.clone_into(&mut tensor.path),
        "metadata_path" => value.clone_into(&mut tensor.labels),
        "tensor_shape" => {
            if let Ok(len) = value.parse()
                && tensor.shape.len() < MAX_RANK
            {
                tensor.shape.push(len);
            }
        }
        _ => return false,
    }
    true
}

enum Token<'a> {
    Open,
    Close,
    /// A name, a number or a text without its quotation marks.
    Word(&'a str),
}

fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | ';'));
        while let Some(comment) = rest.strip_prefix('#') {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
            rest = rest.trim_start();
        }
        let first = rest.chars().next()?;
        let (token, len) = match first {
            '{' => (Token::Open, 1),
            '}' => (Token::Close, 1),
            '"' | '\'' => {
                let content = &rest[1..];
                let end = content.find(first).unwrap_or(content.len());
                (Token::Word(&content[..end]), (end + 2).min(rest.len()))
            }
            _ => {
                let is_end =
                    |c: char| c.is_whitespace() || matches!(c, ':' | '{' | '}' | '"' | ',' | ';');
                let end = rest[first.len_utf8()..]
                    .find(is_end)
                    .map_or(rest.len(), |end| end + first.len_utf8());
                (Token::Word(&rest[..end]), end)
            }
        };
        rest = &rest[len..];
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_each_embedding() {
        let text = r#"
            model_checkpoint_path: "model.ckpt"
            embeddings {
              tensor_name: "default:00010"   # the step
              tensor_path: "00010/default/tensors.tsv"
              metadata_path: "00010/default/metadata.tsv"
              sprite { image_path: "tensor_name" single_image_dim: 64 single_image_dim: 64 }
              tensor_shape: 10 tensor_shape: 4
            }
            embeddings { tensor_path: 'b.bytes' }
        "#;
        let tensors = parse(text);
        assert_eq!(tensors.len(), 2);
        assert_eq!(
            tensors[0],
            ProjectedTensor {
                name: "default:00010".to_owned(),
                path: "00010/default/tensors.tsv".to_owned(),
                labels: "00010/default/metadata.tsv".to_owned(),
                shape: vec![10, 4],
            }
        );
        assert!(tensors[1].is_at(Path::new("/a"), Path::new("/a/./b.bytes")));
        assert!(!tensors[1].is_at(Path::new("/a"), Path::new("/a/c/b.bytes")));
    }

    #[test]
    fn damage_ends_the_description() {
        for text in [
            "",
            "{",
            "}}}{",
            "embeddings { tensor_path: \"",
            "é é \"é",
            "embeddings {\"",
            "#",
        ] {
            let _ = parse(text);
        }
        assert!(parse("tensor_path: \"x\"").is_empty());
    }
}
