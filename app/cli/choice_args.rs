//! What the views of landscapes, of importance and of the user's own files can be told.

use trainscape_views::{CustomSettings, ImportanceSettings, LandscapeSettings, ViewSettings};

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Landscapes, importance and views of your own")]
pub(super) struct ChoiceArgs {
    /// Loss landscape: the array that holds the grid of losses.
    #[arg(long, value_name = "KEY")]
    pub(super) grid: Option<String>,
    /// Importance: keys of the metrics that are explained, joined by commas.
    #[arg(long, value_delimiter = ',', value_name = "KEY")]
    pub(super) metrics: Vec<String>,
    /// Custom: the view's name in its file; the first without it.
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
}

impl ChoiceArgs {
    /// Puts what was said into the settings.
    pub(super) fn apply(&self, settings: &mut ViewSettings) {
        settings.landscape = LandscapeSettings {
            grid: self.grid.clone(),
        };
        settings.importance = ImportanceSettings {
            metrics: self.metrics.clone(),
        };
        settings.custom = CustomSettings {
            name: self.name.clone(),
        };
    }
}
