//! One connection: the child, what it answers, and what it prints when it fails.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write as _},
    ops::Range,
    process::{Child, ChildStdin, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use super::{
    command, failure,
    packet::{self, Attributes, LONGEST, Reader, Writer},
};
use crate::{error::RemoteError, limits, location::Location, pace::Pace, store::Sink};

/// Bytes of one request for data, and requests that are under way at the same time.
const CHUNK: u64 = 32 << 10;
const UNDER_WAY: usize = 64;

/// Bytes that are kept of what ssh prints.
const MOST_PRINTED: usize = 8 << 10;

/// Time for signing in, in which a person may have to answer.
const SIGN_IN: Duration = Duration::from_secs(120);

/// An answer: its kind, and what follows the request's number.
type Answer = (u8, u32, Vec<u8>);

/// A connection to another machine. It ends when it is dropped.
pub(super) struct Connection {
    location: Location,
    child: Child,
    stdin: ChildStdin,
    answers: Receiver<Answer>,
    printed: Arc<Mutex<Vec<u8>>>,
    next_id: u32,
}

impl Connection {
    /// Starts ssh and waits until the far end answers.
    pub(super) fn open(location: &Location) -> Result<Self, RemoteError> {
        let host = failure::destination(location);
        let mut command = command::ssh(location);
        let failed = |reason: String| RemoteError::Ssh {
            host: host.clone(),
            reason,
        };
        let mut child = command
            .args(["-s", "--", &host, "sftp"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    failed("the program is not installed: install OpenSSH".to_owned())
                }
                _ => failed(error.to_string()),
            })?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed("it has no pipes".to_owned()));
        };
        let (sender, answers) = sync_channel(UNDER_WAY * 2);
        let printed = Arc::<Mutex<Vec<u8>>>::default();
        let keep = Arc::clone(&printed);
        let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
            thread.map(drop).map_err(|error| failed(error.to_string()))
        };
        start(
            "trainscape-ssh",
            Box::new(move || read_answers(stdout, &sender)),
        )?;
        start(
            "trainscape-ssh-log",
            Box::new(move || keep_printed(stderr, &keep)),
        )?;
        let mut connection = Self {
            location: location.clone(),
            child,
            stdin,
            answers,
            printed,
            next_id: 0,
        };
        connection.send(&Writer::new(packet::INIT).u32(3).finish())?;
        match connection.receive(SIGN_IN)? {
            (packet::VERSION, _, _) => Ok(connection),
            _ => Err(connection.protocol_error()),
        }
    }

    pub(super) fn stat(&mut self, path: &[u8]) -> Result<Attributes, RemoteError> {
        let (kind, body) = self.ask(|id| Writer::new(packet::STAT).u32(id).bytes(path))?;
        match kind {
            packet::ATTRS => Reader(&body)
                .attributes()
                .ok_or_else(|| self.protocol_error()),
            _ => Err(self.status(&body, path)),
        }
    }

    /// The path of a file without links and dots.
    pub(super) fn real_path(&mut self, path: &[u8]) -> Result<Vec<u8>, RemoteError> {
        let (kind, body) = self.ask(|id| Writer::new(packet::REALPATH).u32(id).bytes(path))?;
        if kind != packet::NAME {
            return Err(self.status(&body, path));
        }
        let mut reader = Reader(&body);
        let _count = reader.u32();
        let name = reader.bytes().map(<[u8]>::to_vec);
        name.ok_or_else(|| self.protocol_error())
    }

    /// The entries of a folder, with what links are and not where they lead.
    pub(super) fn read_folder(
        &mut self,
        path: &[u8],
    ) -> Result<Vec<(Vec<u8>, Attributes)>, RemoteError> {
        let handle =
            self.open_handle(|id| Writer::new(packet::OPENDIR).u32(id).bytes(path), path)?;
        let mut entries = Vec::new();
        let result = loop {
            let (kind, body) =
                self.ask(|id| Writer::new(packet::READDIR).u32(id).bytes(&handle))?;
            if kind != packet::NAME {
                match Reader(&body).u32() {
                    Some(packet::END) => break Ok(()),
                    _ => break Err(self.status(&body, path)),
                }
            }
            let mut reader = Reader(&body);
            let count = reader.u32().unwrap_or_default();
            if count == 0 {
                // It would be asked for ever.
                return Err(self.protocol_error());
            }
            for _ in 0..count {
                let name = reader.bytes().map(<[u8]>::to_vec);
                let _shown = reader.bytes();
                let (Some(name), Some(attributes)) = (name, reader.attributes()) else {
                    return Err(self.protocol_error());
                };
                entries.push((name, attributes));
            }
            if entries.len() > limits::FILES {
                break Err(RemoteError::TooMany {
                    place: self.location.to_string(),
                    most: limits::FILES,
                });
            }
        };
        self.close(&handle)?;
        result.map(|()| entries)
    }

    /// Reads a range in order; many requests are under way, because each takes the time of a round trip.
    pub(super) fn read(
        &mut self,
        path: &[u8],
        range: Range<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<(), RemoteError> {
        let open = |id| Writer::new(packet::OPEN).u32(id).bytes(path).u32(1).u32(0);
        let handle = self.open_handle(open, path)?;
        let result = self.read_handle(&handle, path, range, sink);
        // After a failure answers may still be under way.
        if result.is_ok() {
            self.close(&handle)?;
        }
        result
    }

    fn read_handle(
        &mut self,
        handle: &[u8],
        path: &[u8],
        range: Range<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<(), RemoteError> {
        let mut asked = range.start;
        let mut under_way: BTreeMap<u32, Range<u64>> = BTreeMap::new();
        // What came before what precedes it.
        let mut waiting: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
        let mut next = range.start;
        let mut pace = Pace::new(limits::SILENCE);
        while next < range.end {
            while asked < range.end && under_way.len() < UNDER_WAY {
                let end = (asked + CHUNK).min(range.end);
                self.ask_for(handle, asked..end, &mut under_way)?;
                asked = end;
            }
            let (kind, id, body) = self.receive(limits::SILENCE)?;
            let part = under_way.remove(&id).ok_or_else(|| self.protocol_error())?;
            if kind != packet::DATA {
                return Err(match Reader(&body).u32() {
                    Some(packet::END) => RemoteError::CutOff {
                        key: String::from_utf8_lossy(path).into_owned(),
                        got: next - range.start,
                        expected: range.end - range.start,
                    },
                    _ => self.status(&body, path),
                });
            }
            let data = Reader(&body).bytes().ok_or_else(|| self.protocol_error())?;
            let end = part.start + data.len() as u64;
            if data.is_empty() || end > part.end {
                return Err(self.protocol_error());
            }
            if !pace.is_kept_with(data.len()) {
                return Err(self.too_slow(limits::SILENCE));
            }
            if end < part.end {
                // The far end may give less than it was asked for.
                self.ask_for(handle, end..part.end, &mut under_way)?;
            }
            waiting.insert(part.start, data.to_vec());
            while let Some(data) = waiting.remove(&next) {
                sink(&data)?;
                next += data.len() as u64;
            }
        }
        Ok(())
    }

    fn ask_for(
        &mut self,
        handle: &[u8],
        part: Range<u64>,
        under_way: &mut BTreeMap<u32, Range<u64>>,
    ) -> Result<(), RemoteError> {
        let id = self.new_id();
        let len = u32::try_from(part.end - part.start).expect("parts are short");
        let packet = Writer::new(packet::READ)
            .u32(id)
            .bytes(handle)
            .u64(part.start)
            .u32(len);
        under_way.insert(id, part);
        self.send(&packet.finish())
    }

    fn open_handle(
        &mut self,
        request: impl FnOnce(u32) -> Writer,
        path: &[u8],
    ) -> Result<Vec<u8>, RemoteError> {
        let (kind, body) = self.ask(request)?;
        match (kind, Reader(&body).bytes()) {
            (packet::HANDLE, Some(handle)) => Ok(handle.to_vec()),
            _ => Err(self.status(&body, path)),
        }
    }

    fn close(&mut self, handle: &[u8]) -> Result<(), RemoteError> {
        self.ask(|id| Writer::new(packet::CLOSE).u32(id).bytes(handle))
            .map(drop)
    }

    /// Sends one request and waits for its answer.
    fn ask(&mut self, request: impl FnOnce(u32) -> Writer) -> Result<(u8, Vec<u8>), RemoteError> {
        let id = self.new_id();
        self.send(&request(id).finish())?;
        let (kind, answered, body) = self.receive(limits::SILENCE)?;
        match answered == id {
            true => Ok((kind, body)),
            false => Err(self.protocol_error()),
        }
    }

    fn new_id(&mut self) -> u32 {
        self.next_id = self.next_id.wrapping_add(1);
        self.next_id
    }

    fn send(&mut self, packet: &[u8]) -> Result<(), RemoteError> {
        let sent = self
            .stdin
            .write_all(packet)
            .and_then(|()| self.stdin.flush());
        sent.map_err(|_| self.ended())
    }

    fn receive(&mut self, longest: Duration) -> Result<Answer, RemoteError> {
        match self.answers.recv_timeout(longest) {
            Ok(answer) => Ok(answer),
            Err(RecvTimeoutError::Timeout) => Err(self.too_slow(longest)),
            Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
        }
    }

    fn too_slow(&self, longest: Duration) -> RemoteError {
        RemoteError::Slow {
            place: self.location.to_string(),
            seconds: longest.as_secs(),
        }
    }

    /// Why the connection has ended.
    fn ended(&mut self) -> RemoteError {
        // What it prints last comes with its end.
        for _ in 0..50 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_millis(20));
        let printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        failure::of_ssh(&self.location, &String::from_utf8_lossy(&printed))
    }

    fn protocol_error(&self) -> RemoteError {
        RemoteError::Ssh {
            host: failure::destination(&self.location),
            reason: "the far end answers what is no file transfer: a start-up script of its shell may print text".to_owned(),
        }
    }

    fn status(&self, body: &[u8], path: &[u8]) -> RemoteError {
        let mut reader = Reader(body);
        let code = reader.u32();
        let message = reader
            .bytes()
            .map(String::from_utf8_lossy)
            .unwrap_or_default();
        let path = String::from_utf8_lossy(path);
        let place = format!("ssh://{}{path}", self.location.authority);
        match code {
            Some(packet::NO_SUCH_FILE) => RemoteError::NotFound { place },
            Some(packet::NO_PERMISSION) => RemoteError::Denied {
                place,
                code: "permission denied".to_owned(),
                help: "check its owner and its mode".to_owned(),
            },
            _ => RemoteError::Other {
                place,
                reason: message.chars().take(200).collect(),
            },
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _it_may_have_ended = self.child.kill();
        let _it_may_have_ended = self.child.wait();
    }
}

/// Passes whole answers on until the pipe ends, or something else than an answer comes.
fn read_answers(mut stdout: impl Read, sender: &SyncSender<Answer>) {
    let mut header = [0; 4];
    while stdout.read_exact(&mut header).is_ok() {
        let len = u32::from_be_bytes(header) as usize;
        if !(5..=LONGEST).contains(&len) {
            // Text, for example.
            let _nobody_waits = sender.send((0, 0, Vec::new()));
            return;
        }
        let mut packet = vec![0; len];
        if stdout.read_exact(&mut packet).is_err() {
            return;
        }
        let id = u32::from_be_bytes([packet[1], packet[2], packet[3], packet[4]]);
        let kind = packet[0];
        packet.drain(..5);
        if sender.send((kind, id, packet)).is_err() {
            return;
        }
    }
}

fn keep_printed(mut stderr: impl Read, printed: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 1024];
    while let Ok(len @ 1..) = stderr.read(&mut buffer) {
        let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
        printed.extend_from_slice(&buffer[..len]);
        let excess = printed.len().saturating_sub(MOST_PRINTED);
        printed.drain(..excess);
    }
}
