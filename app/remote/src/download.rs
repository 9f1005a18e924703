//! Bringing one version of a file, in pieces, again where it was cut off, and comparing it with the store's checksum.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Write as _},
    ops::Range,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, SystemTime},
};

use md5::{Digest as _, Md5};

use crate::{
    entry::{Checksum, Entry},
    error::RemoteError,
    limits,
    store::{Sink, Store},
};

/// What tells a transfer to stop, and what it tells of its progress.
pub(crate) struct Control<'a> {
    pub(crate) stop: &'a AtomicBool,
    /// Is given the bytes that have come.
    pub(crate) progress: &'a (dyn Fn(u64) + Sync),
}

/// How a file was compared with what the store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    ByChecksum,
    /// The store keeps no checksum of it.
    BySize,
}

/// Brings a version of a file to `part`, which continues where an earlier attempt for the same version ended.
pub(crate) fn bring(
    store: &dyn Store,
    file: &Entry,
    part: &Path,
    control: &Control<'_>,
) -> Result<Verified, RemoteError> {
    bring_bytes(store, file, part, control)?;
    let Some(expected) = file.checksum else {
        return Ok(Verified::BySize);
    };
    let found = checksum(part, expected).map_err(RemoteError::disk(part))?;
    if found == expected {
        return Ok(Verified::ByChecksum);
    }
    // What was kept of an earlier attempt may be damaged, and a tag of S3 may be no MD5: read it once more.
    let _it_is_written_anew = fs::remove_file(part);
    bring_bytes(store, file, part, control)?;
    let again = checksum(part, expected).map_err(RemoteError::disk(part))?;
    let is_tag = matches!(expected, Checksum::Tag(_));
    if again == expected {
        return Ok(Verified::ByChecksum);
    }
    if is_tag && again == found {
        return Ok(Verified::BySize);
    }
    let _nothing_damaged_is_kept = fs::remove_file(part);
    let key = file.key.clone();
    Err(RemoteError::Checksum { key })
}

fn bring_bytes(
    store: &dyn Store,
    file: &Entry,
    part: &Path,
    control: &Control<'_>,
) -> Result<(), RemoteError> {
    let disk = || RemoteError::disk(part);
    let mut options = OpenOptions::new();
    let mut out = options
        .create(true)
        .append(true)
        .open(part)
        .map_err(disk())?;
    let mut have = out.metadata().map_err(disk())?.len();
    if have > file.version.bytes {
        out.set_len(0).map_err(disk())?;
        have = 0;
    }
    (control.progress)(have);
    let mut write = |bytes: &[u8]| out.write_all(bytes).map_err(disk());
    read(store, file, have..file.version.bytes, control, &mut write)
}

/// Reads a range of a version, in pieces, and goes on where it was cut off.
pub(crate) fn read(
    store: &dyn Store,
    file: &Entry,
    range: Range<u64>,
    control: &Control<'_>,
    take: &mut Sink<'_>,
) -> Result<(), RemoteError> {
    let mut have = range.start;
    let mut tries_left = limits::TRIES;
    while have < range.end {
        let end = (have + limits::PIECE).min(range.end);
        let before = have;
        let mut sink = |bytes: &[u8]| {
            if control.stop.load(Ordering::Relaxed) {
                return Err(RemoteError::Stopped);
            }
            take(bytes)?;
            have += bytes.len() as u64;
            (control.progress)(bytes.len() as u64);
            Ok(())
        };
        match store.read(file, before..end, &mut sink) {
            Ok(()) => tries_left = limits::TRIES,
            Err(error @ RemoteError::Replaced { .. }) => return Err(error),
            Err(error) if !error.may_pass() || tries_left <= 1 => return Err(error),
            Err(_) => {
                // Bytes that have come are progress, and a server that sends some is there; one that sends them singly
                // would be asked for ever.
                tries_left = if have - before >= limits::PROGRESS {
                    limits::TRIES
                } else {
                    tries_left - 1
                };
                pause(limits::TRIES - tries_left, control.stop)?;
            }
        }
    }
    Ok(())
}

/// Waits longer after each failure, unless it is told to stop.
fn pause(failures: usize, stop: &AtomicBool) -> Result<(), RemoteError> {
    for _ in 0..(1 << failures.min(5)) {
        if stop.load(Ordering::Relaxed) {
            return Err(RemoteError::Stopped);
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The checksum of a file, of the kind that the store keeps.
pub(crate) fn checksum(path: &Path, kind: Checksum) -> std::io::Result<Checksum> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 256 << 10];
    let (mut md5, mut crc) = (Md5::new(), 0);
    loop {
        let len = file.read(&mut buffer)?;
        if len == 0 {
            break;
        }
        match kind {
            Checksum::Md5(_) | Checksum::Tag(_) => md5.update(&buffer[..len]),
            Checksum::Crc32c(_) => crc = crc32c::crc32c_append(crc, &buffer[..len]),
        }
    }
    Ok(match kind {
        Checksum::Md5(_) => Checksum::Md5(md5.finalize().into()),
        Checksum::Tag(_) => Checksum::Tag(md5.finalize().into()),
        Checksum::Crc32c(_) => Checksum::Crc32c(crc),
    })
}

/// Gives a file the time that it has where it comes from.
pub(crate) fn set_time(path: &Path, file: &Entry) {
    let Some(modified_ms) = file.version.modified_ms else {
        return;
    };
    let since_1970 = u64::try_from(modified_ms).unwrap_or_default();
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(since_1970);
    let set = OpenOptions::new()
        .append(true)
        .open(path)
        .and_then(|file| file.set_modified(time));
    if let Err(error) = set {
        log::debug!("the time of {} cannot be set: {error}", path.display());
    }
}

/// Whether a file has the time of the one it comes from.
pub(crate) fn has_time(path: &Path, file: &Entry) -> bool {
    let modified = fs::metadata(path).and_then(|found| found.modified()).ok();
    let since_1970 = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let wanted = file
        .version
        .modified_ms
        .and_then(|ms| u128::try_from(ms).ok());
    wanted.is_some() && since_1970.map(|time| time.as_millis()) == wanted
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::{
        entry::{Listing, Version},
        store::Enter,
    };

    /// Gives one byte at a time and then fails.
    struct Drip(AtomicUsize);

    impl Store for Drip {
        fn list(&self, _: &str, _: Enter<'_>) -> Result<Listing, RemoteError> {
            Ok(Listing::default())
        }

        fn folders(&self, _: &str) -> Result<Vec<String>, RemoteError> {
            Ok(Vec::new())
        }

        fn read(
            &self,
            file: &Entry,
            _: Range<u64>,
            sink: &mut Sink<'_>,
        ) -> Result<(), RemoteError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            sink(b"x")?;
            Err(RemoteError::CutOff {
                key: file.key.clone(),
                got: 1,
                expected: file.version.bytes,
            })
        }
    }

    #[test]
    fn a_server_that_gives_single_bytes_is_given_up() {
        let store = Drip(AtomicUsize::new(0));
        let file = Entry {
            key: "metrics.jsonl".to_owned(),
            address: String::new(),
            version: Version {
                bytes: 1000,
                ..Version::default()
            },
            checksum: None,
        };
        let control = Control {
            stop: &AtomicBool::new(false),
            progress: &|_| {},
        };
        let result = read(&store, &file, 0..1000, &control, &mut |_| Ok(()));
        assert!(matches!(result, Err(RemoteError::CutOff { .. })));
        assert_eq!(store.0.into_inner(), limits::TRIES);
    }
}
