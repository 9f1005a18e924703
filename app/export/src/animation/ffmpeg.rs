use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread::JoinHandle,
};

use super::format::{AnimationFormat, AnimationSpec, FrameWriter};
use crate::{
    error::ExportError,
    output_file::{OutputFile, write_error},
    raster::Raster,
};

/// A video, encoded by the installed ffmpeg.
#[derive(Debug)]
pub(super) struct Ffmpeg {
    name: &'static str,
    endings: &'static [&'static str],
    /// What ffmpeg is told about the encoding.
    arguments: &'static [&'static str],
}

/// H.264, as browsers and presentation programs play it.
pub(super) const MP4: Ffmpeg = Ffmpeg {
    name: "MP4 video",
    endings: &[".mp4"],
    arguments: &[
        "-c:v",
        "libx264",
        "-crf",
        "18",
        "-preset",
        "medium",
        "-pix_fmt",
        "yuv420p",
        "-movflags",
        "+faststart",
        "-f",
        "mp4",
    ],
};

/// VP9.
pub(super) const WEBM: Ffmpeg = Ffmpeg {
    name: "WebM video",
    endings: &[".webm"],
    arguments: &[
        "-c:v",
        "libvpx-vp9",
        "-crf",
        "24",
        "-b:v",
        "0",
        "-row-mt",
        "1",
        "-pix_fmt",
        "yuv420p",
        "-f",
        "webm",
    ],
};

/// These encoders need even sides; colours are those of high definition, which players assume.
const FILTER: &str =
    "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white,scale=out_color_matrix=bt709:out_range=tv";
const COLOURS: &[&str] = &[
    "-colorspace",
    "bt709",
    "-color_primaries",
    "bt709",
    "-color_trc",
    "bt709",
    "-color_range",
    "tv",
];

/// The same frames give the same bytes: without identifiers and versions.
const SAME_BYTES: &[&str] = &["-fflags", "+bitexact", "-flags:v", "+bitexact"];

/// The file that ffmpeg has as its output, by which it cannot create again a file that a signal has removed in between. Unlike a
/// pipe it can be sought in, which both formats need.
const OWN_OUTPUT: &str = "/proc/self/fd/1";

/// Most of ffmpeg's messages that an error repeats.
const MOST_REASON_BYTES: u64 = 64 << 10;

impl AnimationFormat for Ffmpeg {
    fn name(&self) -> &'static str {
        self.name
    }

    fn endings(&self) -> &'static [&'static str] {
        self.endings
    }

    fn begin(&self, spec: AnimationSpec, path: &Path) -> Result<Box<dyn FrameWriter>, ExportError> {
        let encode = |reason: String| ExportError::Encode { reason };
        if spec.is_transparent {
            let name = self.name;
            return Err(encode(format!(
                "an {name} has no transparency: leave out --transparent, or write .apng"
            )));
        }
        let file = OutputFile::create(path)?;
        let Some(temporary) = file.temporary_path() else {
            return Err(encode(format!(
                "{} is no file, which ffmpeg needs",
                path.display()
            )));
        };
        let [width, height] = spec.size_in_pixel;
        let mut command = Command::new("ffmpeg");
        command
            .args([
                "-hide_banner",
                "-loglevel",
                "error",
                "-y",
                "-f",
                "rawvideo",
                "-pix_fmt",
                "rgba",
            ])
            .args(["-video_size", &format!("{width}x{height}")])
            .args(["-framerate", &spec.frames_per_second.to_string(), "-i", "-"])
            .args(["-vf", FILTER])
            .args(SAME_BYTES)
            .args(COLOURS)
            .args(self.arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped());
        if cfg!(target_os = "linux") {
            command.arg(OWN_OUTPUT).stdout(file.second_handle()?);
        } else {
            command.arg(temporary).stdout(Stdio::null());
        }
        let mut child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => encode(format!(
                "ffmpeg, which writes {}, is not installed: install it, or write .gif or .apng",
                self.endings.join(" and ")
            )),
            _ => encode(format!("ffmpeg does not start: {error}")),
        })?;
        let stderr = child.stderr.take();
        let read_messages = move || {
            let mut text = Vec::new();
            if let Some(mut stderr) = stderr {
                // Without its messages an error says less.
                let _unreadable = stderr
                    .by_ref()
                    .take(MOST_REASON_BYTES)
                    .read_to_end(&mut text);
                let _rest = std::io::copy(&mut stderr, &mut std::io::sink());
            }
            String::from_utf8_lossy(&text).trim().to_owned()
        };
        let messages = std::thread::Builder::new()
            .name("trainscape-ffmpeg".to_owned())
            .spawn(read_messages)
            .map_err(|error| encode(format!("the messages of ffmpeg cannot be read: {error}")))?;
        Ok(Box::new(Video {
            path: path.to_owned(),
            stdin: child.stdin.take(),
            child: Running(child),
            messages: Some(messages),
            file,
        }))
    }
}

/// A process that ends with what started it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

struct Video {
    path: PathBuf,
    stdin: Option<ChildStdin>,
    child: Running,
    messages: Option<JoinHandle<String>>,
    file: OutputFile,
}

impl Video {
    /// The error of an ffmpeg that has ended too early.
    fn failure(&mut self) -> ExportError {
        self.stdin = None;
        let _ended = self.child.0.wait();
        let messages = self.messages.take().and_then(|thread| thread.join().ok());
        let messages = messages.unwrap_or_default();
        let reason = messages.lines().last().unwrap_or("it ended too early");
        ExportError::Encode {
            reason: format!("ffmpeg: {reason}"),
        }
    }
}

impl FrameWriter for Video {
    fn add(&mut self, frame: &Raster) -> Result<(), ExportError> {
        let written = self
            .stdin
            .as_mut()
            .map(|stdin| stdin.write_all(&frame.rgba));
        match written {
            Some(Ok(())) => Ok(()),
            _ => Err(self.failure()),
        }
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        // The end of its input ends it.
        self.stdin = None;
        let ended = self.child.0.wait();
        let ended = ended.map_err(|reason| write_error(&self.path, reason))?;
        if !ended.success() {
            return Err(self.failure());
        }
        self.file.finish()
    }
}
