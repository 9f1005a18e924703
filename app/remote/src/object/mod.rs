//! Buckets and web servers, by the crate `object_store`.

mod azure;
mod body;
mod bucket;
mod client;
mod failure;
mod google;
#[cfg(test)]
mod hostile_tests;
mod index_page;
mod objects;
mod s3;
mod s3_list;
mod server;
mod web;

pub(crate) use bucket::Bucket;
