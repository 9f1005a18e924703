use std::collections::BTreeSet;

use prost::{Message, bytes::Bytes};

use super::{
    proto::Event,
    record::{RecordFrame, record_at},
};

/// Tags that are collected.
const MAX_TAGS: usize = 256;

/// The tags in the first events of a file, of which `head` is the beginning.
pub(super) fn first_tags(head: &[u8]) -> Vec<String> {
    let bytes = Bytes::copy_from_slice(head);
    let mut tags = BTreeSet::new();
    let mut at = 0;
    while tags.len() < MAX_TAGS {
        let RecordFrame::Valid { data, size, .. } = record_at(&bytes, at) else {
            break;
        };
        at += size;
        let Ok(event) = Event::decode(bytes.slice(data)) else {
            continue;
        };
        let values = event.summary.map(|summary| summary.value);
        for value in values.unwrap_or_default() {
            tags.insert(String::from_utf8_lossy(&value.tag).into_owned());
        }
    }
    tags.into_iter().collect()
}
