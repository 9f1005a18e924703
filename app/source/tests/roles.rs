//! Roles that the user gives to keys, as RLlib's several losses need.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;

use trainscape_run::{Role, RoleOverrides};
use trainscape_source::{Loader, OpenOptions};

const LOG: &str = "{\"step\":1,\"total_loss\":2.0,\"policy_loss\":0.5,\"lr\":0.1}\n\
                   {\"step\":2,\"total_loss\":1.0,\"policy_loss\":0.4,\"lr\":0.1}\n";

fn roles(overrides: &[(&str, Role)]) -> Vec<(String, Role)> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("metrics.jsonl"), LOG).unwrap();
    let overrides = overrides
        .iter()
        .map(|(key, role)| ((*key).to_owned(), *role));
    let options = OpenOptions {
        roles: overrides.collect::<RoleOverrides>(),
        ..OpenOptions::default()
    };
    let mut loader = Loader::open(&[folder.path().to_owned()], options).unwrap();
    loader.read_to_end();
    let snapshot = loader.snapshot();
    let roles = snapshot.runs[0].roles.iter();
    roles.map(|(key, role)| (key.to_string(), *role)).collect()
}

fn keys_of(role: Role, roles: &[(String, Role)]) -> Vec<&str> {
    let with_role = roles.iter().filter(|(_, of_key)| *of_key == role);
    with_role.map(|(key, _)| key.as_str()).collect()
}

#[test]
fn a_chosen_key_replaces_those_whose_names_suggest_the_role() {
    assert!(keys_of(Role::Loss, &roles(&[])).contains(&"total_loss"));
    let chosen = roles(&[("policy_loss", Role::Loss)]);
    assert_eq!(keys_of(Role::Loss, &chosen), ["policy_loss"]);
    assert_eq!(keys_of(Role::LearningRate, &chosen), ["lr"]);
}

#[test]
fn a_choice_for_a_key_that_is_not_logged_replaces_nothing() {
    let chosen = roles(&[("another_loss", Role::Loss)]);
    assert!(keys_of(Role::Loss, &chosen).contains(&"total_loss"));
}
