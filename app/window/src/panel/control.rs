//! The widget of one control, made from its row.

use egui::{
    Align, Button, ComboBox, DragValue, Layout, Response, RichText, ScrollArea, Slider, TextEdit,
    Ui, WidgetInfo,
};
use lucide_icons::Icon;
use trainscape_scene::colour::ColourMap;
use trainscape_views::{Control, Kind, Number, Value};

use super::{control_row, icon};

/// Choices up to this number are buttons in a row rather than a list.
const BUTTONS: usize = 3;
/// Room for the word before a number that the view has chosen.
const AUTO_PT: f32 = 38.0;
/// The entry for the view's own choice.
const AUTO: &str = "Auto";

/// A control with what is known about it.
pub(crate) struct Row<'a> {
    /// The control.
    pub(crate) control: &'static Control,
    /// Its value, where it was set.
    pub(crate) value: Option<&'a Value>,
    /// What the view chose where nothing was set, as far as its scene shows.
    pub(crate) chosen: Option<Value>,
    /// Names that the data offer.
    pub(crate) names: &'a [String],
    /// Its largest sensible value in these data.
    pub(crate) limit: Option<usize>,
}

/// What the user did to a control.
#[derive(Debug, PartialEq)]
pub(crate) enum Change {
    /// It gets this value.
    Set(Value),
    /// It returns to its default.
    Reset,
    /// Its text was confirmed by Enter.
    Confirm,
}

impl Row<'_> {
    /// Shows the widget; returns what the user did. Controls of ranges are shown by the caller, who knows the axes.
    pub(crate) fn show(&self, ui: &mut Ui) -> Option<Change> {
        let control = self.control;
        match control.kind {
            Kind::Switch(default) => self.switch(ui, default),
            Kind::Number(number) => self.labelled(ui, |ui| self.number(ui, &number)),
            Kind::Choice { options, default } => {
                self.labelled(ui, |ui| self.choice(ui, options, default))
            }
            Kind::Colours => self.labelled(ui, |ui| self.colours(ui)),
            Kind::Key { fixed } => self.labelled(ui, |ui| self.key(ui, fixed)),
            Kind::Keys => self.keys(ui),
            Kind::Text => self.labelled(ui, |ui| self.text(ui)),
            Kind::Scales(axes) => self.scales(ui, axes),
            Kind::Ranges => None,
        }
    }

    /// A label on the left, the widget on its right.
    fn labelled(
        &self,
        ui: &mut Ui,
        widget: impl FnOnce(&mut Ui) -> Option<Change>,
    ) -> Option<Change> {
        let (label, help) = (self.control.label, self.control.help);
        control_row::labelled(ui, label, help, |ui| {
            let resettable = self.value.is_some() && !matches!(self.control.kind, Kind::Text);
            let to_the_right = Layout::right_to_left(Align::Center);
            ui.with_layout(to_the_right, |ui| {
                let is_reset = resettable && self.reset_button(ui);
                let wrapping = Layout::left_to_right(Align::Center).with_main_wrap(true);
                let change = ui.with_layout(wrapping, widget).inner;
                change.or(is_reset.then_some(Change::Reset))
            })
            .inner
        })
    }

    fn reset_button(&self, ui: &mut Ui) -> bool {
        let button = Button::new(icon::text(Icon::RotateCcw, 12.0)).small();
        let button = ui
            .add(button.frame_when_inactive(false))
            .on_hover_text("Reset to the default");
        let slider = &mut ui.spacing_mut().slider_width;
        *slider = (*slider - button.rect.width() - 8.0).max(30.0);
        let label = self.control.label;
        button.widget_info(|| {
            WidgetInfo::labeled(egui::Role::Button, true, format!("Reset {label}"))
        });
        button.clicked()
    }

    /// Gives a widget the control's label as its accessible name.
    fn name(&self, response: &Response, role: egui::Role) {
        let label = self.control.label;
        response.widget_info(|| WidgetInfo::labeled(role, response.enabled(), label));
    }

    fn switch(&self, ui: &mut Ui, default: Option<bool>) -> Option<Change> {
        let chosen = match (self.value, &self.chosen) {
            (Some(Value::Switch(on)), _) | (None, Some(Value::Switch(on))) => Some(*on),
            _ => None,
        };
        let on = chosen.or(default).unwrap_or(false);
        let (label, help) = (self.control.label, self.control.help);
        let mut is_reset = false;
        let switched = control_row::switch(ui, label, help, on, |ui| {
            if default.is_some() {
            } else if self.value.is_some() {
                is_reset = self.reset_button(ui);
            } else {
                ui.weak(AUTO).on_hover_text("The view has chosen this");
            }
        });
        let change = switched.map(|on| Change::Set(Value::Switch(on)));
        change.or(is_reset.then_some(Change::Reset))
    }

    fn number(&self, ui: &mut Ui, number: &Number) -> Option<Change> {
        let known = match (self.value, &self.chosen) {
            (Some(Value::Number(value)), _) | (None, Some(Value::Number(value))) => Some(*value),
            _ => number.default,
        };
        let [low, high] = number.usual;
        let high = self.limit.map_or(high, |limit| high.min(limit as f64));
        let id = ui.scope_id().with(("number", self.control.name));
        let edited: Option<f64> = ui.data(|data| data.get_temp(id));
        let [least, most] = number.range;
        let mut value = edited.or(known).unwrap_or(low).clamp(least, most);
        let (low, high) = (low.min(value), high.max(value).max(low));
        let is_known = edited.or(known).is_some();
        let is_auto = edited.is_none() && self.value.is_none() && number.default.is_none();
        let text = move |value: f64| match (is_auto, is_known) {
            (true, false) => AUTO.to_owned(),
            (true, true) => format!("{AUTO} ({})", short(value)),
            (false, _) => short(value),
        };
        if is_auto && is_known {
            let slider = &mut ui.spacing_mut().slider_width;
            *slider = (*slider - AUTO_PT).max(30.0);
        }
        let slides = high - low <= 1000.0 || number.logarithmic && low > 0.0 && high <= 1e6;
        let response = if slides {
            let slider = Slider::new(&mut value, low..=high)
                .logarithmic(number.logarithmic && low > 0.0)
                .custom_formatter(move |value, _| text(value));
            ui.add(if number.whole {
                slider.step_by(1.0)
            } else {
                slider
            })
        } else {
            let speed = (value.abs() * 0.01).max(if number.whole { 0.1 } else { 1e-6 });
            let drag = DragValue::new(&mut value)
                .range(low..=high)
                .speed(speed)
                .custom_formatter(move |value, _| text(value));
            ui.add(if number.whole {
                drag.max_decimals(0)
            } else {
                drag
            })
        };
        self.name(
            &response,
            if slides {
                egui::Role::Slider
            } else {
                egui::Role::SpinButton
            },
        );
        let value = if number.whole { value.round() } else { value };
        if number.on_release && response.dragged() {
            ui.data_mut(|data| data.insert_temp(id, value));
            return None;
        }
        let released = edited.is_some();
        ui.data_mut(|data| data.remove_temp::<f64>(id));
        (response.changed() || released).then_some(Change::Set(Value::Number(value)))
    }

    fn choice(
        &self,
        ui: &mut Ui,
        options: &[(&str, &str)],
        default: Option<&str>,
    ) -> Option<Change> {
        let current = self.current_text().or(default);
        if options.len() <= BUTTONS && default.is_some() {
            let mut change = None;
            for (name, label) in options {
                if ui.selectable_label(current == Some(name), *label).clicked() {
                    change = Some(Change::Set(Value::from(*name)));
                }
            }
            return change;
        }
        let entries = options
            .iter()
            .map(|(name, label)| ((*name).to_owned(), (*label).to_owned()));
        let entries: Vec<_> = entries.collect();
        self.list(ui, &entries, default.is_none())
    }

    fn colours(&self, ui: &mut Ui) -> Option<Change> {
        let entries = ColourMap::ALL.map(|map| (map.name().to_owned(), map.name().to_owned()));
        self.list(ui, &entries, true)
    }

    fn key(&self, ui: &mut Ui, fixed: &[(&str, &str)]) -> Option<Change> {
        let fixed = fixed
            .iter()
            .map(|(name, label)| ((*name).to_owned(), (*label).to_owned()));
        let of_data = self.names.iter().map(|name| (name.clone(), name.clone()));
        let entries: Vec<_> = fixed.chain(of_data).collect();
        self.list(ui, &entries, true)
    }

    /// A list of names with their labels.
    fn list(&self, ui: &mut Ui, entries: &[(String, String)], with_auto: bool) -> Option<Change> {
        let current = self.current_text();
        let label_of = |name: &str| {
            let entry = entries.iter().find(|(entry, _)| entry == name);
            entry.map_or_else(|| name.to_owned(), |(_, label)| label.clone())
        };
        let shown = match (self.value, current) {
            (Some(_), Some(name)) => label_of(name),
            (None, Some(name)) => format!("{AUTO} ({})", label_of(name)),
            _ => AUTO.to_owned(),
        };
        let mut change = None;
        let list = ComboBox::from_id_salt(self.control.name)
            .width(ui.available_width())
            .truncate()
            .selected_text(shown)
            .show_ui(ui, |ui| {
                if with_auto && ui.selectable_label(self.value.is_none(), AUTO).clicked() {
                    change = Some(Change::Reset);
                }
                for (name, label) in entries {
                    let is_set = self.value.is_some() && current == Some(name);
                    if ui.selectable_label(is_set, label).clicked() {
                        change = Some(Change::Set(Value::from(name.as_str())));
                    }
                }
            });
        self.name(&list.response, egui::Role::ComboBox);
        list.response.on_hover_text(self.control.help);
        change
    }

    fn keys(&self, ui: &mut Ui) -> Option<Change> {
        let is_auto = self.value.is_none();
        let mut keys = match (self.value, &self.chosen) {
            (Some(Value::Keys(keys)), _) | (None, Some(Value::Keys(keys))) => keys.clone(),
            _ => Vec::new(),
        };
        ui.label(RichText::new(self.control.label).weak())
            .on_hover_text(self.control.help);
        if ui.selectable_label(is_auto, AUTO).clicked() {
            return Some(Change::Reset);
        }
        let mut changed = false;
        ScrollArea::vertical()
            .id_salt(self.control.name)
            .max_height(160.0)
            .show(ui, |ui| {
                for name in self.names {
                    let mut on = keys.contains(name);
                    if ui.checkbox(&mut on, name).changed() {
                        keys.retain(|key| key != name);
                        if on {
                            keys.push(name.clone());
                        }
                        changed = true;
                    }
                }
            });
        let change = if keys.is_empty() {
            Change::Reset
        } else {
            Change::Set(Value::Keys(keys))
        };
        changed.then_some(change)
    }

    fn text(&self, ui: &mut Ui) -> Option<Change> {
        let mut text = self.current_text().unwrap_or_default().to_owned();
        let edit = ui.add(TextEdit::singleline(&mut text).desired_width(f32::INFINITY));
        self.name(&edit, egui::Role::TextInput);
        let change = if text.is_empty() {
            Change::Reset
        } else {
            Change::Set(Value::Text(text))
        };
        let entered = ui.input(|input| input.key_pressed(egui::Key::Enter));
        if edit.lost_focus() && entered {
            return Some(Change::Confirm);
        }
        edit.changed().then_some(change)
    }

    fn scales(&self, ui: &mut Ui, axes: &[usize]) -> Option<Change> {
        let set = match self.value {
            Some(Value::Scales(scales)) => *scales,
            _ => [None; 3],
        };
        let chosen = match &self.chosen {
            Some(Value::Scales(scales)) => *scales,
            _ => [None; 3],
        };
        let (label, help) = (self.control.label, self.control.help);
        control_row::labelled(ui, label, help, |ui| {
            let mut change = None;
            for &axis in axes {
                let letter = ["x", "y", "z"][axis];
                let mut log = set[axis].or(chosen[axis]).unwrap_or(false);
                let checkbox = ui.checkbox(&mut log, letter);
                checkbox.widget_info(|| {
                    let name = format!("{} {letter}", self.control.label);
                    WidgetInfo::selected(egui::Role::CheckBox, true, log, name)
                });
                if checkbox.changed() {
                    let mut scales = set;
                    scales[axis] = Some(log);
                    change = Some(Change::Set(Value::Scales(scales)));
                }
            }
            change
        })
    }

    /// The text of the value that was set, or of what the view chose.
    fn current_text(&self) -> Option<&str> {
        match (self.value, &self.chosen) {
            (Some(Value::Text(text)), _) | (None, Some(Value::Text(text))) => Some(text),
            _ => None,
        }
    }
}

/// A number in few digits.
fn short(value: f64) -> String {
    if value == 0.0 || (1e-3..1e6).contains(&value.abs()) {
        let rounded = (value * 1e4).round() / 1e4;
        rounded.to_string()
    } else {
        format!("{value:.2e}")
    }
}
