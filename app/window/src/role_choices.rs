//! The series that the user chose for roles, and the runs with these choices in place of what their keys suggest.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize};
use trainscape_run::{Role, Run, Snapshot};
use trainscape_views::Remedy;

use crate::lenient;

/// The roles that the window offers, with their names: those that the views draw.
pub(crate) const OFFERED: [(Role, &str); 4] = [
    (Role::Loss, "Loss"),
    (Role::LearningRate, "Learning rate"),
    (Role::GradientNorm, "Gradient norm"),
    (Role::Reward, "Reward"),
];

/// What the user chose for a role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleChoice {
    /// The series of this key, in the runs that log it.
    Key(String),
    /// No series.
    Nothing,
}

/// The choices, by role; a role that is not among them goes to the series whose key suggests it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct RoleChoices(BTreeMap<Role, RoleChoice>);

impl<'de> Deserialize<'de> for RoleChoices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::entries(deserializer).map(Self)
    }
}

impl RoleChoices {
    pub(crate) fn get(&self, role: Role) -> Option<&RoleChoice> {
        self.0.get(&role)
    }

    /// The choices, by role.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Role, &RoleChoice)> {
        self.0.iter().map(|(role, choice)| (*role, choice))
    }

    /// `None`: what the keys suggest. A key has one role.
    pub(crate) fn set(&mut self, role: Role, choice: Option<RoleChoice>) {
        if let Some(RoleChoice::Key(_)) = &choice {
            self.0.retain(|_, other| choice.as_ref() != Some(other));
        }
        match choice {
            Some(choice) => self.0.insert(role, choice),
            None => self.0.remove(&role),
        };
    }

    /// A run with these choices; the same one where they change nothing.
    fn applied_to(&self, run: &Arc<Run>) -> Arc<Run> {
        let mut roles = run.roles.clone();
        let mut without_roles = run.without_roles.clone();
        let mut chosen_roles = run.chosen_roles.clone();
        for (role, choice) in &self.0 {
            match choice {
                RoleChoice::Nothing => {
                    roles.retain(|_, of_key| of_key != role);
                    without_roles.insert(*role);
                }
                RoleChoice::Key(key) => {
                    if let Some((key, _)) = run.series.get_key_value(key.as_str()) {
                        roles.retain(|_, of_key| of_key != role);
                        roles.insert(Arc::clone(key), *role);
                        chosen_roles.insert(*role);
                    }
                }
            }
        }
        let are_same = roles == run.roles
            && without_roles == run.without_roles
            && chosen_roles == run.chosen_roles;
        if are_same {
            return Arc::clone(run);
        }
        let mut chosen = run.as_ref().clone();
        chosen.roles = roles;
        chosen.without_roles = without_roles;
        chosen.chosen_roles = chosen_roles;
        Arc::new(chosen)
    }
}

/// Why a view cannot be drawn: where the user chose that no series has the role which it needs, that is the reason.
pub(crate) fn reason(text: &str, remedy: Option<Remedy>, choices: &RoleChoices) -> String {
    let Some(Remedy::SetRole(role)) = remedy else {
        return text.to_owned();
    };
    match (choices.get(role), text.split_once(": no series")) {
        (Some(RoleChoice::Nothing), Some((needs, _))) => {
            let listed = OFFERED.iter().find(|(offered, _)| *offered == role);
            let name = listed.map_or(role.name(), |(_, name)| name);
            format!("{needs}: None is chosen as {name}")
        }
        _ => text.to_owned(),
    }
}

/// The snapshot that was read last, and how it is shown.
#[derive(Default)]
pub(crate) struct ShownRuns {
    read: Arc<Snapshot>,
    choices: RoleChoices,
    /// Each run as it is shown.
    runs: Vec<Arc<Run>>,
    /// Of the snapshot that is shown: it also grows with each change of the choices.
    generation: u64,
}

impl ShownRuns {
    /// The snapshot that was read last.
    pub(crate) fn read(&self) -> &Arc<Snapshot> {
        &self.read
    }

    /// Forgets the runs of another folder.
    pub(crate) fn clear(&mut self) {
        self.read = Arc::default();
        self.runs.clear();
    }

    /// The snapshot to show in place of `read`; `None` where neither that nor the choices have changed.
    pub(crate) fn update(
        &mut self,
        read: &Arc<Snapshot>,
        choices: &RoleChoices,
    ) -> Option<Arc<Snapshot>> {
        let has_same_choices = self.choices == *choices;
        if Arc::ptr_eq(read, &self.read) && has_same_choices {
            return None;
        }
        let runs = read.runs.iter().enumerate().map(|(index, run)| {
            // A run that has not grown stays the same one, so that nothing is made from it again.
            let before = self.read.runs.get(index).zip(self.runs.get(index));
            match before {
                Some((before, shown)) if has_same_choices && Arc::ptr_eq(before, run) => {
                    Arc::clone(shown)
                }
                _ => choices.applied_to(run),
            }
        });
        self.runs = runs.collect();
        self.read = Arc::clone(read);
        if !has_same_choices {
            self.choices = choices.clone();
        }
        self.generation += 1;
        Some(Arc::new(Snapshot {
            runs: self.runs.clone(),
            generation: self.generation,
            ..read.as_ref().clone()
        }))
    }
}

#[cfg(test)]
mod tests {
    use trainscape_run::Series;

    use super::*;

    fn snapshot(keys: &[&[(&str, Role)]]) -> Arc<Snapshot> {
        let runs = keys.iter().map(|keys| {
            let mut run = Run::new("run", "run", "run".into());
            for (key, role) in *keys {
                run.series
                    .insert((*key).into(), Arc::new(Series::new(*key)));
                run.roles.insert((*key).into(), *role);
            }
            Arc::new(run)
        });
        Arc::new(Snapshot {
            runs: runs.collect(),
            ..Snapshot::default()
        })
    }

    fn with_role(run: &Run, role: Role) -> Vec<&str> {
        let roles = run.roles.iter().filter(|(_, of_key)| **of_key == role);
        roles.map(|(key, _)| key.as_ref()).collect()
    }

    #[test]
    fn a_choice_takes_the_role_from_all_other_keys() {
        let both = [("total_loss", Role::Loss), ("policy_loss", Role::Loss)];
        let read = snapshot(&[&both, &both[..1]]);
        let mut shown = ShownRuns::default();
        let mut choices = RoleChoices::default();
        choices.set(Role::Loss, Some(RoleChoice::Key("policy_loss".to_owned())));
        let after = shown.update(&read, &choices).expect("changed");
        assert_eq!(with_role(&after.runs[0], Role::Loss), ["policy_loss"]);
        // A run that does not log the key keeps its own.
        assert_eq!(with_role(&after.runs[1], Role::Loss), ["total_loss"]);
        assert!(Arc::ptr_eq(&after.runs[1], &read.runs[1]));
        assert!(shown.update(&read, &choices).is_none());

        choices.set(Role::Loss, Some(RoleChoice::Nothing));
        let none = shown.update(&read, &choices).expect("changed");
        assert!(none.generation > after.generation);
        assert!(none.runs.iter().all(|run| run.roles.is_empty()));

        choices.set(Role::Loss, None);
        let before = shown.update(&read, &choices).expect("changed");
        assert!(Arc::ptr_eq(&before.runs[0], &read.runs[0]));
    }

    #[test]
    fn a_key_has_one_role() {
        let mut choices = RoleChoices::default();
        let key = || Some(RoleChoice::Key("value".to_owned()));
        choices.set(Role::Loss, key());
        choices.set(Role::Reward, key());
        assert_eq!(choices.get(Role::Loss), None);
        assert_eq!(choices.get(Role::Reward), key().as_ref());
    }

    #[test]
    fn an_unknown_role_costs_itself_alone() {
        let text = r#"{"loss": {"key": "a"}, "later": {"key": "b"}, "reward": "nothing"}"#;
        let choices: RoleChoices = serde_json::from_str(text).expect("JSON");
        let mut expected = RoleChoices::default();
        expected.set(Role::Loss, Some(RoleChoice::Key("a".to_owned())));
        expected.set(Role::Reward, Some(RoleChoice::Nothing));
        assert_eq!(choices, expected);
    }
}
