//! Icons of Lucide's font, and buttons made of them.

use egui::{Button, FontId, Response, RichText, Role, Ui, WidgetInfo};
use lucide_icons::Icon;
use trainscape_views::{Symbol, ViewKind};

use crate::{command::Command, style};

/// Size of the icons in the toolbar.
const SIZE_PT: f32 = 16.0;

/// An icon as text of the icon font.
pub(crate) fn text(icon: Icon, size_pt: f32) -> RichText {
    RichText::new(char::from(icon).to_string()).font(FontId::new(size_pt, style::icons()))
}

/// The icon of a view.
pub(crate) fn of_view(view: ViewKind) -> Icon {
    match view.symbol() {
        Symbol::Bars => Icon::ChartColumn,
        Symbol::Distribution => Icon::Activity,
        Symbol::Expression => Icon::SquareFunction,
        Symbol::Goal => Icon::Trophy,
        Symbol::Image => Icon::Image,
        Symbol::Layers => Icon::Layers,
        Symbol::Matrix => Icon::Grid3x3,
        Symbol::Path => Icon::Route,
        Symbol::Points => Icon::ChartScatter,
        Symbol::Spectrum => Icon::AudioLines,
        Symbol::Surface => Icon::Waves,
        Symbol::Terrain => Icon::MountainSnow,
        Symbol::Trail => Icon::Waypoints,
    }
}

/// A button of an icon; its accessible name is the command's label, its tooltip adds the key.
pub(crate) fn button(
    ui: &mut Ui,
    icon: Icon,
    command: Command,
    commands: &mut Vec<Command>,
) -> Response {
    let name = command.label().into_owned();
    named_button(ui, icon, &name, command, commands)
}

/// A button of an icon with an accessible name of its own.
pub(crate) fn named_button(
    ui: &mut Ui,
    icon: Icon,
    name: &str,
    command: Command,
    commands: &mut Vec<Command>,
) -> Response {
    let button = Button::new(text(icon, SIZE_PT)).frame_when_inactive(false);
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    let response = response.on_hover_text(command.tooltip());
    if response.clicked() {
        commands.push(command);
    }
    response
}

/// A button of an icon that stays pressed while `is_on`.
pub(crate) fn toggle(
    ui: &mut Ui,
    icon: Icon,
    name: &str,
    (is_on, tooltip): (bool, &str),
) -> Response {
    let button = Button::selectable(is_on, text(icon, SIZE_PT));
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), is_on, name));
    response.on_hover_text(tooltip)
}

/// The icon of a menu in the toolbar.
pub(crate) fn menu<R>(
    ui: &mut Ui,
    icon: Icon,
    name: &str,
    contents: impl FnOnce(&mut Ui) -> R,
) -> Response {
    let button = Button::new(text(icon, SIZE_PT)).frame_when_inactive(false);
    let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, contents);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    response.on_hover_text(name)
}
