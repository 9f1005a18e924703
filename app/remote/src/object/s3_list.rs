//! Listing of S3: its own request, because one key that is no path makes the library refuse a whole page.

use std::{borrow::Cow, ops::Range, sync::Arc};

use bytes::Bytes;
use object_store::{
    ObjectStore,
    aws::{AwsAuthorizer, AwsCredentialProvider},
    client::HttpClient,
};
use quick_xml::{Reader, events::Event};
use url::Url;

use super::{
    body::Body,
    client::{self, EmptyPages},
    failure::Failure,
    server::{
        Answered, Listed, Server, delete_object, is_at_or_below, names_in, open_object, put_object,
        with_slash,
    },
};
use crate::{
    entry::{Checksum, Entry, Version, milliseconds_of},
    limits,
};

pub(super) struct S3 {
    /// The address of the bucket.
    pub(super) base: String,
    pub(super) region: String,
    pub(super) client: HttpClient,
    pub(super) credentials: AwsCredentialProvider,
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) anonymous: bool,
}

/// One page of a listing.
#[derive(Debug, Default)]
struct Page {
    files: Vec<Entry>,
    folders: Vec<String>,
    next: Option<String>,
}

impl S3 {
    async fn pages(&self, prefix: &str, flat: bool) -> Result<Page, Failure> {
        let mut all = Page::default();
        let mut empty = EmptyPages::default();
        loop {
            let page = self.page(prefix, flat, all.next.as_deref()).await?;
            empty.add(page.files.len() + page.folders.len())?;
            all.files.extend(page.files);
            all.folders.extend(page.folders);
            if all.files.len() + all.folders.len() > limits::FILES {
                return Err(Failure::TooMany);
            }
            if page.next.is_none() || page.next == all.next {
                return Ok(all);
            }
            all.next = page.next;
        }
    }

    async fn page(&self, prefix: &str, flat: bool, token: Option<&str>) -> Result<Page, Failure> {
        let mut url = Url::parse(&self.base).map_err(|error| Failure::Text(error.to_string()))?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("list-type", "2");
            query.append_pair("encoding-type", "url");
            query.append_pair("prefix", prefix);
            if flat {
                query.append_pair("delimiter", "/");
            }
            if let Some(token) = token {
                query.append_pair("continuation-token", token);
            }
        }
        // Signatures take a space as %20.
        let url = url.as_str().replace('+', "%20");
        let credential = match self.anonymous {
            true => None,
            false => {
                let credentials = client::in_time(self.credentials.get_credential());
                Some(credentials.await?.map_err(Failure::Store)?)
            }
        };
        let answer = client::send(&self.client, || {
            let mut request = client::get(&url)?;
            if let Some(credential) = &credential {
                AwsAuthorizer::new(credential, "s3", &self.region).authorize(&mut request, None);
            }
            Ok(request)
        });
        let answer = answer.await?;
        if answer.status != 200 {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            return Err(Failure::Status(answer.status, text));
        }
        parse(&answer.body).ok_or_else(|| Failure::Text("its answer is no listing".to_owned()))
    }
}

impl Server for S3 {
    fn files<'a>(&'a self, prefix: &'a str) -> Answered<'a, Listed> {
        Box::pin(async move {
            let mut files = self.pages(prefix, false).await?.files;
            files.retain(|file| is_at_or_below(&file.key, prefix));
            Ok(files.into())
        })
    }

    fn folders<'a>(&'a self, prefix: &'a str) -> Answered<'a, Vec<String>> {
        Box::pin(async move {
            let folder = with_slash(prefix);
            let folders = self.pages(&folder, true).await?.folders;
            Ok(names_in(&folder, &folders))
        })
    }

    fn open<'a>(&'a self, file: &'a Entry, range: Range<u64>) -> Answered<'a, Body> {
        Box::pin(open_object(&self.objects, file, range))
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Bytes) -> Answered<'a, ()> {
        Box::pin(put_object(&self.objects, key, bytes))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answered<'a, ()> {
        Box::pin(delete_object(&self.objects, key))
    }
}

/// Reads the answer; `None` where it is none.
fn parse(xml: &[u8]) -> Option<Page> {
    let mut reader = Reader::from_reader(xml);
    let mut page = Page::default();
    let mut file: Option<Entry> = None;
    let (mut names, mut text, mut is_listing) = (Vec::<String>::new(), String::new(), false);
    let mut buffer = Vec::new();
    loop {
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Start(start) => {
                let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                is_listing |= name == "ListBucketResult";
                if name == "Contents" {
                    file = Some(empty_entry());
                }
                names.push(name);
                if names.len() > limits::NESTING {
                    return None;
                }
                text.clear();
            }
            Event::Text(found) => text.push_str(&found.decode().ok()?),
            Event::GeneralRef(found) => text.push(match &*found.decode().ok()? {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                _ => found.resolve_char_ref().ok()??,
            }),
            Event::End(_) => {
                let name = names.pop()?;
                let parent = names.last().map_or("", String::as_str);
                match (parent, &*name, &mut file) {
                    ("Contents", field, Some(file)) => set(file, field, &text)?,
                    ("CommonPrefixes", "Prefix", _) => page.folders.push(decoded(&text)),
                    ("ListBucketResult", "NextContinuationToken", _) => {
                        page.next = Some(text.clone());
                    }
                    ("ListBucketResult", "Contents", _) => page.files.extend(file.take()),
                    _ => {}
                }
                if page.files.len() + page.folders.len() > limits::FILES {
                    // The rest is not listed either.
                    return Some(page);
                }
                text.clear();
            }
            Event::Eof => return (is_listing && names.is_empty()).then_some(page),
            _ => {}
        }
        buffer.clear();
    }
}

fn empty_entry() -> Entry {
    Entry {
        key: String::new(),
        address: String::new(),
        version: Version::default(),
        checksum: None,
    }
}

fn set(file: &mut Entry, field: &str, text: &str) -> Option<()> {
    match field {
        "Key" => {
            file.key = decoded(text);
            file.address.clone_from(&file.key);
        }
        "Size" => file.version.bytes = text.parse().ok()?,
        "ETag" => {
            file.checksum = checksum(text.trim_matches('"'));
            file.version.tag = Some(text.to_owned());
        }
        "LastModified" => file.version.modified_ms = milliseconds_of(text),
        _ => {}
    }
    Some(())
}

/// The checksum in a tag, where it has the form of one.
fn checksum(tag: &str) -> Option<Checksum> {
    if tag.len() != 32 {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, digits) in bytes.iter_mut().zip(tag.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(Checksum::Tag(bytes))
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let bytes: Cow<'_, [u8]> = percent_encoding::percent_decode_str(&spaced).into();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_odd_keys() {
        let xml = br#"<?xml version="1.0"?><ListBucketResult xmlns="x"><Name>b</Name><Prefix>runs%2F</Prefix>
            <Contents><Key>runs/a%20b+c/..%2Fx&amp;y</Key><Size>12</Size><LastModified>1970-01-01T00:00:01.000Z</LastModified>
            <ETag>&quot;00112233445566778899aabbccddeeff&quot;</ETag></Contents>
            <CommonPrefixes><Prefix>runs/z/</Prefix></CommonPrefixes>
            <NextContinuationToken>t</NextContinuationToken></ListBucketResult>"#;
        let page = parse(xml).unwrap();
        let [file] = &page.files[..] else {
            panic!("{page:?}");
        };
        assert_eq!(file.key, "runs/a b c/../x&y");
        assert_eq!(file.version.bytes, 12);
        assert_eq!(file.version.modified_ms, Some(1000));
        assert!(matches!(file.checksum, Some(Checksum::Tag([0, 0x11, ..]))));
        assert_eq!(page.folders, ["runs/z/"]);
        assert_eq!(page.next.as_deref(), Some("t"));
        assert!(parse(b"<html><body>no</body></html>").is_none());
        assert!(parse(b"<ListBucketResult><Contents>").is_none());
    }

    #[test]
    fn an_answer_decides_neither_memory_nor_time() {
        let mut nested = b"<ListBucketResult>".to_vec();
        nested.extend(b"<a>".repeat(limits::NESTING));
        nested.extend(b"</a>".repeat(limits::NESTING));
        nested.extend(b"</ListBucketResult>");
        assert!(parse(&nested).is_none());
        let mut many = b"<ListBucketResult>".to_vec();
        many.extend(b"<Contents></Contents>".repeat(limits::FILES + 100));
        assert_eq!(parse(&many).unwrap().files.len(), limits::FILES + 1);
        let mut empty = EmptyPages::default();
        assert!((0..limits::EMPTY_PAGES).all(|_| empty.add(0).is_ok()));
        assert!(empty.add(1).is_ok() && empty.add(0).is_err());
    }
}
