//! The stages of training a language model that runs are of: the losses of pretraining, of supervised fine-tuning and of
//! learning from preferences are different quantities under one name.

use std::collections::{BTreeMap, BTreeSet};

use trainscape_run::Run;

/// Objectives by the names that trainers and papers give them, in the order in which a model is trained with them, and whether
/// the name is of language models alone: others are those of algorithms of reinforcement learning, too.
const OBJECTIVES: [(&str, bool); 24] = [
    ("mlm", true),
    ("clm", true),
    ("pretrain", true),
    ("pretraining", true),
    ("distill", false),
    ("distillation", false),
    ("sft", true),
    ("rm", true),
    ("reward", false),
    ("dpo", true),
    ("ipo", true),
    ("kto", true),
    ("orpo", true),
    ("simpo", true),
    ("cpo", true),
    ("xpo", false),
    ("ppo", false),
    ("grpo", true),
    ("gspo", false),
    ("dapo", false),
    ("rloo", false),
    ("spo", false),
    ("cispo", false),
    ("rlhf", false),
];
/// Numbered stages are of different quantities if their last values differ so many times.
const UNLIKE: f64 = 3.0;

/// The stage of each run; `None` if some run names none, or all name the same.
pub(super) fn stages(runs: &[&Run], last: &[f64]) -> Option<Vec<String>> {
    let of_row: Option<Vec<String>> = runs.iter().map(|run| objective(&run.id)).collect();
    let objectives = of_row.filter(|names| {
        let is_of_language_models = |name: &String| OBJECTIVES.contains(&(name.as_str(), true));
        are_several(names) && names.iter().any(is_of_language_models)
    });
    objectives.or_else(|| {
        let of_row: Option<Vec<String>> = runs.iter().map(|run| numbered(&run.id)).collect();
        of_row.filter(|names| are_several(names) && are_unlike(names, last))
    })
}

/// The place of a stage among others: what is trained on first is first.
pub(super) fn place(stage: &str) -> usize {
    let known = OBJECTIVES
        .iter()
        .position(|(objective, _)| *objective == stage);
    known.unwrap_or(OBJECTIVES.len())
}

fn are_several(names: &[String]) -> bool {
    names.iter().collect::<BTreeSet<_>>().len() > 1
}

/// The last word of a path that names an objective.
fn objective(path: &str) -> Option<String> {
    let lower = path.to_lowercase().replace("reward_model", "rm");
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let mut objectives =
        words.filter(|word| OBJECTIVES.iter().any(|(objective, _)| objective == word));
    objectives.next_back().map(str::to_owned)
}

/// `stage2` of `stage2_output` and of `Stage 2`.
fn numbered(path: &str) -> Option<String> {
    let lower = path.to_lowercase();
    let after = lower
        .rsplit_once("stage")?
        .1
        .trim_start_matches([' ', '_', '-']);
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| format!("stage {digits}"))
}

/// Whether the medians of the last values of the stages differ much.
fn are_unlike(names: &[String], last: &[f64]) -> bool {
    let mut by_stage: BTreeMap<&String, Vec<f64>> = BTreeMap::new();
    for (name, value) in names.iter().zip(last) {
        by_stage.entry(name).or_default().push(value.abs());
    }
    let medians = by_stage.into_values().map(|mut values| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    });
    let medians: Vec<f64> = medians.collect();
    let high = medians.iter().copied().fold(0.0, f64::max);
    let low = medians.iter().copied().fold(f64::INFINITY, f64::min);
    high >= UNLIKE * low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ids: &[&str], last: &[f64]) -> Option<Vec<String>> {
        let runs: Vec<Run> = ids
            .iter()
            .map(|id| Run::new(*id, *id, (*id).into()))
            .collect();
        stages(&runs.iter().collect::<Vec<_>>(), last)
    }

    #[test]
    fn objectives_in_names_are_stages() {
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(
            found(
                &["out/pretrain", "out/full_sft", "out/dpo"],
                &[2.0, 1.5, 0.6]
            ),
            names(&["pretrain", "sft", "dpo"])
        );
        assert_eq!(
            found(&["qwen-SFT/dpo-lora", "qwen-SFT/base"], &[0.6, 1.2]),
            names(&["dpo", "sft"])
        );
        // Algorithms, one objective, and a run of which nothing is known.
        assert_eq!(found(&["ppo/a", "rloo/b"], &[1.0, 0.1]), None);
        assert_eq!(found(&["sft/a", "sft/b"], &[1.0, 0.1]), None);
        assert_eq!(found(&["sft/a", "dpo/b", "c"], &[1.0, 0.1, 0.1]), None);
    }

    #[test]
    fn numbered_stages_are_of_one_quantity_if_their_values_are_alike() {
        assert!(found(&["stage1_output", "stage2_output"], &[0.35, 0.05]).is_some());
        assert!(found(&["stage1_output", "stage2_output"], &[0.35, 0.30]).is_none());
    }
}
