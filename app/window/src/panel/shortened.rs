//! Names that are cut to the room they have.

/// Keys that share a long beginning differ in their end, so a narrow row shows the end.
pub(super) fn shortened(key: &str, width_pt: f32) -> String {
    // Average width of a character of the body font.
    let room = (width_pt / 6.6) as usize;
    let count = key.chars().count();
    if count <= room.max(4) {
        return key.to_owned();
    }
    let tail: String = key.chars().skip(count + 1 - room.max(4)).collect();
    format!("…{tail}")
}
