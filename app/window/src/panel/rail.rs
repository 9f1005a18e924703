//! The rail at the left edge: the views that the runs allow, and the others under "More" with what they need.

use egui::{
    Align, Align2, Color32, CornerRadius, FontId, Frame, Label, Layout, Margin, RichText, Role,
    ScrollArea, Sense, Ui, Vec2, WidgetInfo, containers::menu::MenuButton,
};
use lucide_icons::Icon;
use trainscape_views::{VIEWS, ViewKind};

use super::icon;
use crate::{command::Command, state::State, style};

const WIDTH_PT: f32 = 76.0;
const ICON_PT: f32 = 20.0;
const NAME_PT: f32 = 10.5;
/// Space around the icon and the name.
const PADDING_PT: f32 = 6.0;
/// Width of the menu of the views that need something.
const MORE_PT: f32 = 330.0;

pub(crate) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let frame = Frame::side_top_panel(ui.style()).inner_margin(Margin::symmetric(4, 4));
    let panel = egui::Panel::left("views").resizable(false).frame(frame);
    panel.exact_size(WIDTH_PT).show(ui, |ui| {
        ScrollArea::vertical()
            .id_salt("views")
            .auto_shrink([false, false])
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                views_ui(state, ui, commands);
            });
    });
}

fn views_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let shown = state.panes.focused().view;
    let is_available = |view: &ViewKind| !state.unavailable.contains_key(view);
    // Before anything is read no view is known to be missing something.
    for view in VIEWS
        .into_iter()
        .filter(|view| is_available(view) || *view == shown)
    {
        if item_ui(ui, icon::of_view(view), view.title(), view == shown) {
            commands.push(Command::ShowView(view));
        }
    }
    let others: Vec<(ViewKind, &str)> = VIEWS
        .into_iter()
        .filter_map(|view| Some((view, state.unavailable.get(&view)?.as_str())))
        .collect();
    if !others.is_empty() {
        more_ui(&others, ui, commands);
    }
}

/// An icon above a name; true where it was clicked.
fn item_ui(ui: &mut Ui, symbol: Icon, name: &str, is_shown: bool) -> bool {
    let width = ui.available_width();
    let font = FontId::proportional(NAME_PT);
    let galley = ui
        .painter()
        .layout(name.to_owned(), font, Color32::PLACEHOLDER, width - 2.0);
    let height = PADDING_PT * 2.0 + ICON_PT + 2.0 + galley.size().y;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, height), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_shown, name));
    let visuals = ui.visuals();
    let (ground, colour) = if is_shown {
        (visuals.selection.bg_fill, visuals.selection.stroke.color)
    } else if response.hovered() || response.has_focus() {
        (
            visuals.widgets.hovered.weak_bg_fill,
            visuals.strong_text_color(),
        )
    } else {
        (Color32::TRANSPARENT, visuals.text_color())
    };
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(6), ground);
    let at = rect.center_top() + Vec2::new(0.0, PADDING_PT);
    let icons = FontId::new(ICON_PT, style::icons());
    painter.text(at, Align2::CENTER_TOP, char::from(symbol), icons, colour);
    // Names of two lines are centred line by line.
    let mut top = at.y + ICON_PT + 2.0;
    for row in &galley.rows {
        let line = row.text();
        let font = FontId::proportional(NAME_PT);
        let at = egui::pos2(rect.center().x, top);
        painter.text(at, Align2::CENTER_TOP, line.trim(), font, colour);
        top += row.height();
    }
    response.clicked()
}

/// The views that the runs do not allow, with the reason of each; a click shows what helps.
fn more_ui(others: &[(ViewKind, &str)], ui: &mut Ui, commands: &mut Vec<Command>) {
    let text = (
        icon::text(Icon::Ellipsis, ICON_PT),
        RichText::new("More").size(NAME_PT),
    );
    let button = egui::Button::new(text)
        .frame_when_inactive(false)
        .min_size(Vec2::new(ui.available_width(), 30.0));
    let (response, _) = MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_width(MORE_PT);
        ui.label(RichText::new("Not in these runs").weak());
        for (view, why) in others {
            let title = (icon::text(icon::of_view(*view), 15.0), view.title());
            let entry = ui.add(egui::Button::new(title).min_size(Vec2::new(MORE_PT, 0.0)));
            entry.widget_info(|| WidgetInfo::labeled(Role::Button, true, view.title()));
            if entry.clicked() {
                commands.push(Command::ShowView(*view));
                ui.close();
            }
            ui.indent(view.title(), |ui| {
                let why = RichText::new(*why).weak().small();
                // Menus stretch their lines.
                ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
                    ui.add(Label::new(why).wrap());
                });
            });
        }
    });
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "More views"));
    response.on_hover_text("Views that need something these runs do not have");
}
