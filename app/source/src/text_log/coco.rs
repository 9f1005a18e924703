//! The summary that pycocotools print: ` Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.421`.

use super::key_text::is_letter;

/// The key and the value of a line; `None` if it is another, or if there were no objects of this kind (-1).
pub(super) fn summary_line(line: &[u8]) -> Option<(&'static str, f64)> {
    let line = std::str::from_utf8(line).ok()?.trim();
    let is_precision = line.starts_with("Average Precision");
    if !is_precision && !line.starts_with("Average Recall") {
        return None;
    }
    let (settings, value) = line.split_once("@[")?.1.split_once(']')?;
    let value: f64 = value.trim().strip_prefix('=')?.trim().parse().ok()?;
    let setting = |name: &str| {
        let mut settings = settings
            .split('|')
            .filter_map(|setting| setting.split_once('='));
        settings.find_map(|(key, value)| (key.trim() == name).then(|| value.trim()))
    };
    let (iou, area, most) = (setting("IoU")?, setting("area")?, setting("maxDets")?);
    let key = match (is_precision, iou, area, most) {
        (true, "0.50:0.95", "all", _) => "coco/AP",
        (true, "0.50", "all", _) => "coco/AP50",
        (true, "0.75", "all", _) => "coco/AP75",
        (true, _, "small", _) => "coco/APs",
        (true, _, "medium", _) => "coco/APm",
        (true, _, "large", _) => "coco/APl",
        (false, _, "all", "1") => "coco/AR1",
        (false, _, "all", "10") => "coco/AR10",
        (false, _, "all", _) => "coco/AR100",
        (false, _, "small", _) => "coco/ARs",
        (false, _, "medium", _) => "coco/ARm",
        (false, _, "large", _) => "coco/ARl",
        _ => return None,
    };
    (value >= 0.0).then_some((key, value))
}

/// True if the line may be one of a summary.
pub(super) fn may_be_summary(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    text.starts_with(b"Average ") && text.get(8).copied().is_some_and(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_the_name_of_its_metric() {
        let read = |line: &str| summary_line(line.as_bytes());
        for (line, expected) in [
            (
                " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.421",
                Some(("coco/AP", 0.421)),
            ),
            (
                " Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=1000 ] = 0.624",
                Some(("coco/AP50", 0.624)),
            ),
            (
                " Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 0.205",
                Some(("coco/APs", 0.205)),
            ),
            (
                " Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 10 ] = 0.533",
                Some(("coco/AR10", 0.533)),
            ),
            (
                " Average Recall     (AR) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = -1.000",
                None,
            ),
            ("Average loss: 0.5", None),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }
}
