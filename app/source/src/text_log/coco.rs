//! The summary that pycocotools print: ` Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.421`.

/// What was found in the images, which `IoU metric: segm` above the summary states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CocoTask {
    #[default]
    Boxes,
    Masks,
    Keypoints,
}

impl CocoTask {
    /// The task that a line states.
    pub(super) fn of_line(line: &[u8]) -> Option<Self> {
        let task = line.trim_ascii().strip_prefix(b"IoU metric:")?;
        match task.trim_ascii() {
            b"bbox" => Some(Self::Boxes),
            b"segm" => Some(Self::Masks),
            b"keypoints" => Some(Self::Keypoints),
            _ => None,
        }
    }
}

/// The names of the metrics, below the name of a task.
macro_rules! keys {
    ($task:literal, $metric:expr) => {
        match $metric {
            Metric::Ap => concat!($task, "AP"),
            Metric::Ap50 => concat!($task, "AP50"),
            Metric::Ap75 => concat!($task, "AP75"),
            Metric::ApSmall => concat!($task, "APs"),
            Metric::ApMedium => concat!($task, "APm"),
            Metric::ApLarge => concat!($task, "APl"),
            Metric::Ar => concat!($task, "AR"),
            Metric::Ar1 => concat!($task, "AR1"),
            Metric::Ar10 => concat!($task, "AR10"),
            Metric::Ar100 => concat!($task, "AR100"),
            Metric::Ar300 => concat!($task, "AR300"),
            Metric::Ar1000 => concat!($task, "AR1000"),
            Metric::ArIou50 => concat!($task, "AR@0.50"),
            Metric::ArIou75 => concat!($task, "AR@0.75"),
            Metric::ArSmall => concat!($task, "ARs"),
            Metric::ArMedium => concat!($task, "ARm"),
            Metric::ArLarge => concat!($task, "ARl"),
        }
    };
}

#[derive(Clone, Copy, Debug)]
enum Metric {
    Ap,
    Ap50,
    Ap75,
    ApSmall,
    ApMedium,
    ApLarge,
    Ar,
    Ar1,
    Ar10,
    Ar100,
    Ar300,
    Ar1000,
    ArIou50,
    ArIou75,
    ArSmall,
    ArMedium,
    ArLarge,
}

impl Metric {
    fn of(is_precision: bool, iou: &str, area: &str, most: &str) -> Option<Self> {
        Some(match (is_precision, iou, area, most) {
            (true, "0.50:0.95", "all", _) => Self::Ap,
            (true, "0.50", "all", _) => Self::Ap50,
            (true, "0.75", "all", _) => Self::Ap75,
            (true, "0.50:0.95", "small", _) => Self::ApSmall,
            (true, "0.50:0.95", "medium", _) => Self::ApMedium,
            (true, "0.50:0.95", "large", _) => Self::ApLarge,
            (false, "0.50", "all", _) => Self::ArIou50,
            (false, "0.75", "all", _) => Self::ArIou75,
            (false, "0.50:0.95", "all", "1") => Self::Ar1,
            (false, "0.50:0.95", "all", "10") => Self::Ar10,
            (false, "0.50:0.95", "all", "100") => Self::Ar100,
            (false, "0.50:0.95", "all", "300") => Self::Ar300,
            (false, "0.50:0.95", "all", "1000") => Self::Ar1000,
            (false, "0.50:0.95", "all", _) => Self::Ar,
            (false, "0.50:0.95", "small", _) => Self::ArSmall,
            (false, "0.50:0.95", "medium", _) => Self::ArMedium,
            (false, "0.50:0.95", "large", _) => Self::ArLarge,
            _ => return None,
        })
    }
}

/// The key and the value of a line; `None` if it is another, or if there were no objects of this kind (-1).
pub(super) fn summary_line(line: &[u8], task: CocoTask) -> Option<(&'static str, f64)> {
    let text = line.trim_ascii_start();
    let is_precision = text.starts_with(b"Average Precision");
    if !is_precision && !text.starts_with(b"Average Recall") {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?.trim_end();
    let (settings, value) = text.split_once("@[")?.1.split_once(']')?;
    let value: f64 = value.trim().strip_prefix('=')?.trim().parse().ok()?;
    let setting = |name: &str| {
        let mut settings = settings.split('|').filter_map(|part| part.split_once('='));
        settings.find_map(|(key, value)| (key.trim() == name).then(|| value.trim()))
    };
    let metric = Metric::of(
        is_precision,
        setting("IoU")?,
        setting("area")?,
        setting("maxDets")?,
    )?;
    let key = match task {
        CocoTask::Boxes => keys!("coco/", metric),
        CocoTask::Masks => keys!("coco/segm/", metric),
        CocoTask::Keypoints => keys!("coco/keypoints/", metric),
    };
    (value >= 0.0).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_the_name_of_its_metric() {
        let read = |line: &str, task: CocoTask| summary_line(line.as_bytes(), task);
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
                " Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=300 ] = 0.6",
                Some(("coco/AR300", 0.6)),
            ),
            (
                " Average Recall     (AR) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = -1.000",
                None,
            ),
            ("Average loss: 0.5", None),
        ] {
            assert_eq!(read(line, CocoTask::Boxes), expected, "{line}");
        }
        let recall =
            " Average Recall     (AR) @[ IoU=0.50      | area=   all | maxDets= 20 ] = 0.8";
        assert_eq!(
            read(recall, CocoTask::Keypoints),
            Some(("coco/keypoints/AR@0.50", 0.8))
        );
        assert_eq!(
            CocoTask::of_line(b"IoU metric: segm"),
            Some(CocoTask::Masks)
        );
    }
}
