//! A web server of which a part cannot be read.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use super::bucket::Bucket;
use crate::{location::Location, store::Store as _};

/// What the server answers: a status, a type and a body.
type Answer = (&'static str, &'static str, &'static str);

const PAGE: &str = "text/html";

/// Serves on a port of its own until the test ends; the URL.
fn serve(answer: fn(&str) -> Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/r", listener.local_addr().expect("an address"));
    start(move || {
        for stream in listener.incoming().flatten() {
            start(move || respond(stream, answer));
        }
    });
    url
}

fn start(work: impl FnOnce() + Send + 'static) {
    thread::Builder::new().spawn(work).expect("a thread");
}

fn respond(mut stream: TcpStream, answer: fn(&str) -> Answer) {
    let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
    while let Some(Ok(request)) = lines.next() {
        for line in lines.by_ref() {
            if line.is_ok_and(|line| line.is_empty()) {
                break;
            }
        }
        let path = request.split(' ').nth(1).unwrap_or_default();
        let (status, kind, body) = answer(path);
        let shown = if request.starts_with("HEAD") {
            ""
        } else {
            body
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n",
            body.len()
        );
        let sent = stream.write_all((head + shown).as_bytes());
        if sent.is_err() {
            return;
        }
    }
}

#[test]
fn what_cannot_be_read_of_a_place_is_told_and_the_rest_is_read() {
    let url = serve(|path| match path {
        "/r/" => (
            "200 OK",
            PAGE,
            "<a href='m.jsonl'><a href='%00.jsonl'><a href='no.jsonl'><a href='a/'><a href='b/'><a href='c/'>",
        ),
        "/r/b/" => ("200 OK", PAGE, "<a href='m.jsonl'>"),
        "/r/a/" => ("403 Forbidden", PAGE, ""),
        "/r/m.jsonl" | "/r/b/m.jsonl" => ("200 OK", "text/plain", "{\"loss\": 1}\n"),
        "/r/no.jsonl" => ("403 Forbidden", "text/plain", ""),
        _ => ("404 Not Found", PAGE, ""),
    });
    let place = Location::parse(&url).expect("a URL");
    let bucket = Bucket::connect(&place).expect("a place");
    let listing = bucket.list("", &|_| true).expect("a listing");
    let mut keys: Vec<&str> = listing.files.iter().map(|file| &*file.key).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["b/m.jsonl", "m.jsonl"]);
    let left = listing.left_out.iter();
    let mut left: Vec<(&str, &str)> = left.map(|left| (left.kind, &*left.key)).collect();
    left.sort_unstable();
    assert_eq!(
        left,
        [("folder", "a"), ("log", "\0.jsonl"), ("log", "no.jsonl")]
    );
}

#[test]
fn a_place_of_which_nothing_can_be_read_is_no_empty_one() {
    let url = serve(|path| match path {
        "/r/" => ("200 OK", PAGE, "<a href='m.jsonl'>"),
        _ => ("403 Forbidden", "text/plain", ""),
    });
    let place = Location::parse(&url).expect("a URL");
    let bucket = Bucket::connect(&place).expect("a place");
    let error = bucket.list("", &|_| true).expect_err("a failure");
    assert!(error.to_string().contains("no credentials"), "{error}");
}
