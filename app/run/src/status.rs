//! How a run ended, as its logger says.

use crate::{Config, ConfigValue};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// As it was meant to.
    Finished,
    /// By an error, or by somebody who stopped it.
    Failed,
    /// It has not, when the log was last written.
    Running,
}

/// Settings in which loggers state it.
const KEYS: [&str; 2] = ["mlflow.status", "optuna.state"];

impl RunStatus {
    const ALL: [Self; 3] = [Self::Finished, Self::Failed, Self::Running];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Running => "running",
        }
    }

    /// The status of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// The status of a process that has ended.
    #[must_use]
    pub fn of_exit_code(code: i32) -> Self {
        match code {
            0 => Self::Finished,
            _ => Self::Failed,
        }
    }

    /// What MLflow and Optuna state. A trial that was pruned has ended as it was meant to.
    pub(crate) fn of_config(config: &Config) -> Option<Self> {
        let stated = KEYS.iter().find_map(|key| config.get(*key))?;
        let ConfigValue::Text(stated) = stated else {
            return None;
        };
        match stated.as_str() {
            "FINISHED" | "COMPLETE" | "PRUNED" => Some(Self::Finished),
            "FAILED" | "KILLED" | "FAIL" => Some(Self::Failed),
            "RUNNING" => Some(Self::Running),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loggers_state_how_a_run_ended() {
        for (key, stated, status) in [
            ("mlflow.status", "FINISHED", Some(RunStatus::Finished)),
            ("mlflow.status", "KILLED", Some(RunStatus::Failed)),
            ("mlflow.status", "SCHEDULED", None),
            ("optuna.state", "FAIL", Some(RunStatus::Failed)),
            ("optuna.state", "RUNNING", Some(RunStatus::Running)),
            ("status", "FAILED", None),
        ] {
            let config: Config = [(key.to_owned(), ConfigValue::Text(stated.to_owned()))].into();
            assert_eq!(RunStatus::of_config(&config), status, "{key} {stated}");
        }
        assert_eq!(RunStatus::of_exit_code(255), RunStatus::Failed);
        for status in RunStatus::ALL {
            assert_eq!(RunStatus::from_name(status.name()), Some(status));
        }
    }
}
