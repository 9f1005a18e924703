//! The settings of the views of tensors and figures: what is drawn, which snapshot, how it is projected.

use egui::{ComboBox, ProgressBar, RichText, Slider, TextEdit};
use trainscape_compute::projection::{Method, Metric, Start, Tsne, Umap};
use trainscape_views::{ActivationsShow, EmbeddingColour, Heads, ViewKind};

use super::draft::SettingsDraft;
use crate::command::Command;

/// Everything of the view at hand; nothing for the views of series.
pub(crate) fn show(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let of_tensors = [
        ViewKind::Attention,
        ViewKind::Embedding,
        ViewKind::Weights,
        ViewKind::Activations,
        ViewKind::Media,
    ];
    if !of_tensors.contains(&app.pane.view) {
        return;
    }
    ui.heading(app.pane.view.title());
    key_ui(app, ui);
    axes_ui(app, ui);
    match app.pane.view {
        ViewKind::Attention => attention_ui(app, ui),
        ViewKind::Embedding => embedding_ui(app, ui),
        ViewKind::Weights => {
            ui.checkbox(
                &mut app.settings.weights.third_component,
                "Third component as height",
            );
        }
        ViewKind::Activations => activations_ui(app, ui),
        _ => {}
    }
    ui.separator();
}

/// Which tensor or figure.
fn key_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let chosen = match app.pane.view {
        ViewKind::Attention => &mut app.settings.attention.tensor,
        ViewKind::Embedding => &mut app.settings.embedding.tensor,
        ViewKind::Weights => &mut app.settings.weights.tensor,
        ViewKind::Activations => &mut app.settings.activations.tensor,
        _ => &mut app.settings.media.key,
    };
    let what = if app.pane.view == ViewKind::Media {
        "figure"
    } else {
        "tensor"
    };
    if app.pane.choices.keys.len() < 2 && chosen.is_none() {
        return;
    }
    let first = app.pane.choices.keys.first().cloned().unwrap_or_default();
    let shown = chosen.clone().unwrap_or(first);
    let mut picked = None;
    ComboBox::new("tensor key", what)
        .width(130.0)
        .truncate()
        .selected_text(&shown)
        .show_ui(ui, |ui| {
            for key in &app.pane.choices.keys {
                if ui.selectable_label(*key == shown, key).clicked() {
                    picked = Some(key.clone());
                }
            }
        });
    if picked.is_some() {
        *chosen = picked;
        app.commands.push(Command::LastStep);
        app.settings.embedding.focus = None;
    }
}

/// Arrays that would suit the view if their axes had names.
fn axes_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    if app.pane.choices.unnamed.is_empty() || !app.pane.choices.keys.is_empty() {
        return;
    }
    ui.label(RichText::new("Arrays without named axes").weak());
    let mut named = None;
    for (key, shape, suggested) in app.pane.choices.unnamed.clone().into_iter().take(6) {
        let shape: Vec<String> = shape.iter().map(ToString::to_string).collect();
        ui.label(format!("{key}: {}", shape.join(" x ")));
        let id = ui.scope_id().with(("axes", &key));
        let mut text = ui
            .data(|data| data.get_temp::<String>(id))
            .unwrap_or(suggested);
        ui.horizontal(|ui| {
            let edit = ui.add(TextEdit::singleline(&mut text).desired_width(130.0));
            edit.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::TextInput, true, format!("Axes of {key}"))
            });
            let count = text
                .split(',')
                .filter(|axis| !axis.trim().is_empty())
                .count();
            let fits = count == shape.len();
            let button = ui.add_enabled(fits, egui::Button::new("Name axes"));
            if button
                .on_disabled_hover_text(format!("{} names are needed", shape.len()))
                .clicked()
            {
                let axes = text.split(',').map(|axis| axis.trim().to_owned()).collect();
                named = Some((key.clone(), axes));
            }
        });
        ui.data_mut(|data| data.insert_temp(id, text));
    }
    if let Some((key, axes)) = named {
        app.commands.push(Command::SetAxisNames(key, axes));
    }
}

fn attention_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let (layers, heads) = (
        app.pane.choices.layers.max(1),
        app.pane.choices.heads.max(1),
    );
    let settings = &mut app.settings.attention;
    ui.horizontal(|ui| {
        for (mode, label, hint) in [
            (Heads::One, "One head", "One head, with its tokens"),
            (Heads::Layer, "Layer", "All heads of a layer"),
            (Heads::All, "All heads", "All heads of all layers"),
        ] {
            ui.selectable_value(&mut settings.heads, mode, label)
                .on_hover_text(hint);
        }
    });
    if settings.heads != Heads::All && layers > 1 {
        let mut layer = settings.layer.unwrap_or(layers - 1).min(layers - 1);
        if ui
            .add(Slider::new(&mut layer, 0..=layers - 1).text("layer"))
            .changed()
        {
            settings.layer = Some(layer);
        }
    }
    if settings.heads == Heads::One && heads > 1 {
        ui.add(Slider::new(&mut settings.head, 0..=heads - 1).text("head"));
    }
    ui.add(
        Slider::new(&mut settings.threshold, 1e-5..=0.9)
            .logarithmic(true)
            .text("threshold"),
    )
    .on_hover_text("Weights that are not above it are left out");
}

fn embedding_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let settings = &mut app.settings.embedding;
    ui.horizontal(|ui| {
        let method = settings.method;
        for (label, other) in [
            ("PCA", Method::Pca),
            ("t-SNE", Method::Tsne(Tsne::default())),
            ("UMAP", Method::Umap(Umap::default())),
        ] {
            let selected = method.title() == other.title();
            if ui.selectable_label(selected, label).clicked() && !selected {
                settings.method = other;
            }
        }
        ui.separator();
        for dims in [2, 3] {
            ui.selectable_value(&mut settings.dims, dims, format!("{dims}D"));
        }
    });
    method_ui(app, ui);
    progress_ui(app, ui);
    let columns = app.pane.choices.columns.clone();
    let has_snapshots = !app.pane.choices.steps.is_empty();
    let settings = &mut app.settings.embedding;
    let name = |colour: &EmbeddingColour| match colour {
        EmbeddingColour::Auto => "by the data".to_owned(),
        EmbeddingColour::Time => "step".to_owned(),
        EmbeddingColour::Norm => "norm".to_owned(),
        EmbeddingColour::Label(column) => column.clone(),
    };
    let mut choices = vec![EmbeddingColour::Auto];
    if has_snapshots {
        choices.push(EmbeddingColour::Time);
    }
    choices.push(EmbeddingColour::Norm);
    choices.extend(columns.into_iter().map(EmbeddingColour::Label));
    ComboBox::new("embedding colour", "colour")
        .width(110.0)
        .selected_text(name(&settings.colour))
        .show_ui(ui, |ui| {
            for choice in choices {
                let text = name(&choice);
                ui.selectable_value(&mut settings.colour, choice, text);
            }
        });
    ui.checkbox(&mut settings.labels, "Labels");
    let search = TextEdit::singleline(&mut settings.search)
        .hint_text("Find a label")
        .desired_width(f32::INFINITY);
    let response = ui.add(search);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find a label"));
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if entered {
        app.commands.push(Command::MoveCameraToFound);
    }
    let settings = &mut app.settings.embedding;
    if settings.focus.is_some() {
        ui.add(Slider::new(&mut settings.neighbours, 1..=50).text("neighbours"));
        if ui
            .button("Forget the point")
            .on_hover_text("Shows no neighbours (Esc)")
            .clicked()
        {
            settings.focus = None;
        }
    } else {
        ui.label(RichText::new("Click a point to see its nearest neighbours").weak());
    }
}

/// Settings of t-SNE and UMAP. They take hold when the value is let go.
fn method_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let method = &mut app.settings.embedding.method;
    let id = ui.scope_id().with("projection settings");
    let mut edited = ui
        .data(|data| data.get_temp::<Method>(id))
        .filter(|edited| edited.title() == method.title())
        .unwrap_or(*method);
    let mut settled = false;
    let mut note = |response: &egui::Response| {
        settled |= response.drag_stopped() || (response.changed() && !response.dragged());
    };
    match &mut edited {
        Method::Pca => {}
        Method::Tsne(tsne) => {
            note(
                &ui.add(
                    Slider::new(&mut tsne.perplexity, 2.0..=150.0)
                        .logarithmic(true)
                        .fixed_decimals(0)
                        .text("perplexity"),
                ),
            );
            note(
                &ui.add(
                    Slider::new(&mut tsne.iterations, 250..=4000)
                        .step_by(50.0)
                        .text("steps"),
                ),
            );
            common_ui(
                ui,
                &mut tsne.metric,
                &mut tsne.start,
                &mut tsne.seed,
                &mut note,
            );
        }
        Method::Umap(umap) => {
            note(
                &ui.add(
                    Slider::new(&mut umap.neighbours, 2..=200)
                        .logarithmic(true)
                        .text("neighbours"),
                ),
            );
            note(
                &ui.add(
                    Slider::new(&mut umap.min_distance, 0.0..=0.99)
                        .fixed_decimals(2)
                        .text("min distance"),
                ),
            );
            common_ui(
                ui,
                &mut umap.metric,
                &mut umap.start,
                &mut umap.seed,
                &mut note,
            );
        }
    }
    if settled {
        *method = edited;
    }
    ui.data_mut(|data| data.insert_temp(id, edited));
}

fn common_ui(
    ui: &mut egui::Ui,
    metric: &mut Metric,
    start: &mut Start,
    seed: &mut u64,
    note: &mut impl FnMut(&egui::Response),
) {
    ui.horizontal(|ui| {
        for choice in [Metric::Euclidean, Metric::Cosine] {
            note(&ui.selectable_value(metric, choice, choice.name()));
        }
    });
    ui.horizontal(|ui| {
        ui.label("start");
        for (choice, label) in [(Start::Pca, "on PCA"), (Start::Random, "random")] {
            note(&ui.selectable_value(start, choice, label));
        }
        let label = ui.label("seed");
        note(&ui.add(egui::DragValue::new(seed)).labelled_by(label.id));
    });
}

/// Progress of t-SNE and UMAP, with pause, resume, stop and once more.
fn progress_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    if app.settings.embedding.method == Method::Pca {
        return;
    }
    let Some(status) = app.state.projection else {
        return;
    };
    let [done, all] = status.progress;
    let share = done as f32 / all.max(1) as f32;
    let text = if status.running && done == 0 {
        "finding neighbours".to_owned()
    } else {
        format!("{done} of {all}")
    };
    ui.add(ProgressBar::new(share).text(text));
    ui.horizontal(|ui| {
        if status.running {
            let label = if status.paused {
                "Resume"
            } else {
                "Pause layout"
            };
            if ui.button(label).clicked() {
                app.commands.push(Command::PauseProjection(!status.paused));
            }
            if ui
                .button("Stop")
                .on_hover_text("Keeps the positions as they are")
                .clicked()
            {
                app.commands.push(Command::StopProjection);
            }
        }
        if ui
            .button("Restart")
            .on_hover_text("From the beginning, with the same seed")
            .clicked()
        {
            app.commands.push(Command::RestartProjection);
        }
    });
}

fn activations_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let show = &mut app.settings.activations.show;
    ui.horizontal(|ui| {
        ui.selectable_value(show, ActivationsShow::Values, "Values")
            .on_hover_text("Every value of a snapshot");
        ui.selectable_value(show, ActivationsShow::Distribution, "Distribution")
            .on_hover_text("How each layer's values are distributed, over training");
    });
}
