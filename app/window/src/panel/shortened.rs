//! Names that are cut to the room they have.

/// Average width of a character of the body font.
const CHARACTER_PT: f32 = 6.6;

/// Keys that share a long beginning differ in their end, so a narrow row shows the end.
pub(super) fn shortened(key: &str, width_pt: f32) -> String {
    let room = (width_pt / CHARACTER_PT) as usize;
    let count = key.chars().count();
    if count <= room.max(4) {
        return key.to_owned();
    }
    let tail: String = key.chars().skip(count + 1 - room.max(4)).collect();
    format!("…{tail}")
}

/// A name without its middle: names of runs and paths differ at both ends.
pub(super) fn in_the_middle(name: &str, width_pt: f32) -> String {
    let room = ((width_pt / CHARACTER_PT) as usize).max(5);
    let count = name.chars().count();
    if count <= room {
        return name.to_owned();
    }
    let head = (room - 1) * 2 / 5;
    let tail = room - 1 - head;
    let first: String = name.chars().take(head).collect();
    let last: String = name.chars().skip(count - tail).collect();
    format!("{first}…{last}")
}

/// A name without its middle in a font, exactly as wide as there is room.
pub(super) fn fitted(
    painter: &egui::Painter,
    name: &str,
    font: &egui::FontId,
    width_pt: f32,
) -> String {
    let width_of = |text: &str| {
        let colour = egui::Color32::PLACEHOLDER;
        painter
            .layout_no_wrap(text.to_owned(), font.clone(), colour)
            .size()
            .x
    };
    let mut room_pt = width_pt;
    let mut text = name.to_owned();
    // Letters differ in width, so that the estimate is corrected by what it came to.
    for _ in 0..4 {
        let width = width_of(&text);
        if width <= width_pt {
            break;
        }
        let per_character = width / text.chars().count().max(1) as f32;
        text = in_the_middle(name, room_pt / per_character * CHARACTER_PT);
        room_pt -= per_character;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_to_their_room() {
        let name = "run-2020-08-26-23-04-59-478900";
        assert_eq!(in_the_middle(name, 400.0), name);
        let cut = in_the_middle(name, 16.0 * CHARACTER_PT);
        assert_eq!(cut, "run-20…59-478900");
        assert_eq!(cut.chars().count(), 16);
        assert_eq!(shortened(name, 10.0 * CHARACTER_PT), "…59-478900");
        assert_eq!(in_the_middle("äöüßáéíóú", 5.0 * CHARACTER_PT), "ä…íóú");
    }
}
