//! Google Cloud Storage. Files are listed by its JSON interface, which gives checksums and takes any key.

use std::{ops::Range, path::PathBuf, sync::Arc};

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use object_store::{
    StaticCredentialProvider,
    client::{HttpClient, HttpRequest},
    gcp::{GcpCredential, GcpCredentialProvider, GoogleCloudStorageBuilder},
};
use serde::Deserialize;
use url::Url;

use super::{
    body::Body,
    client::{self, EmptyPages},
    failure::Failure,
    server::{Answered, Listed, Place, Server, is_at_or_below, names_in, with_slash},
};
use crate::{
    command, credentials,
    entry::{Checksum, Entry, Version},
    env_file::setting,
    error::RemoteError,
    limits,
    location::Location,
    settings_file,
};

/// The variable that points the clients of Google to an emulator.
const EMULATOR: &str = "STORAGE_EMULATOR_HOST";
const HOST: &str = "https://storage.googleapis.com";

pub(super) fn place(location: &Location) -> Result<Place, RemoteError> {
    let emulator = std::env::var(EMULATOR).ok().filter(|host| !host.is_empty());
    let base = match emulator {
        Some(host) if host.contains("://") => host,
        Some(host) => format!("http://{host}"),
        None => HOST.to_owned(),
    };
    let base = base.trim_end_matches('/').to_owned();
    let options = client::options(Some(&base));
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(&location.authority)
        .with_base_url(&base)
        .with_client_options(options.clone())
        .with_retry(client::retry());
    let mut anonymous = false;
    match found_credentials(location, base != HOST)? {
        Found::File(path) => {
            builder = builder.with_application_credentials(path.to_string_lossy());
        }
        Found::Token(bearer) => {
            let token = StaticCredentialProvider::new(GcpCredential { bearer });
            builder = builder.with_credentials(Arc::new(token));
        }
        Found::Machine => {}
        Found::Nothing => {
            anonymous = true;
            let token = GcpCredential {
                bearer: String::new(),
            };
            let token = StaticCredentialProvider::new(token);
            builder = builder
                .with_credentials(Arc::new(token))
                .with_skip_signature(true);
        }
    }
    let failed = |failure: Failure| failure.at(location, anonymous);
    let objects = builder
        .build()
        .map_err(|error| failed(Failure::Store(error)))?;
    let server = Google {
        base,
        bucket: location.authority.clone(),
        client: client::plain(&options).map_err(failed)?,
        credentials: Arc::clone(objects.credentials()),
        anonymous,
    };
    Ok(Place {
        server: Box::new(server),
        prefix: location.path.clone(),
        anonymous,
    })
}

/// Where credentials were found.
enum Found {
    File(PathBuf),
    Token(String),
    /// The machine itself has them.
    Machine,
    Nothing,
}

fn found_credentials(location: &Location, is_emulator: bool) -> Result<Found, RemoteError> {
    if is_emulator {
        return Ok(Found::Nothing);
    }
    let folder = credentials::google_folder();
    let unusable = |why: String| RemoteError::Credentials {
        place: location.to_string(),
        why,
    };
    let named = setting("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
    let is_named = named.is_some();
    let usual = folder
        .as_ref()
        .map(|folder| folder.join("application_default_credentials.json"));
    if let Some(path) = named.or(usual.filter(|path| path.is_file())) {
        let from = match is_named {
            true => "GOOGLE_APPLICATION_CREDENTIALS names",
            false => "gcloud keeps",
        };
        let text = settings_file::read(&path)
            .map_err(|error| unusable(format!("{from} {}: {error}", path.display())))?;
        let kind = serde_json::from_str::<Kind>(&text)
            .map_err(|_| unusable(format!("{from} {}, which is no key file", path.display())))?;
        return match &*kind.kind {
            "service_account" | "authorized_user" => Ok(Found::File(path)),
            // Federated and impersonated ones are exchanged by gcloud itself.
            _ => credentials::google_token(&["auth", "application-default", "print-access-token"])
                .map(Found::Token)
                .ok_or_else(|| {
                    let path = path.display();
                    unusable(format!("{path} holds none that can be used without gcloud: install it, or name a key file"))
                }),
        };
    }
    let has_signed_in = folder.is_some_and(|folder| folder.join("credentials.db").is_file());
    if has_signed_in
        && command::is_installed("gcloud")
        && let Some(token) = credentials::google_token(&["auth", "print-access-token"])
    {
        return Ok(Found::Token(token));
    }
    Ok(match credentials::is_machine_of_google() {
        true => Found::Machine,
        false => Found::Nothing,
    })
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

struct Google {
    base: String,
    bucket: String,
    client: HttpClient,
    credentials: GcpCredentialProvider,
    anonymous: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Page {
    items: Vec<Item>,
    prefixes: Vec<String>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    name: String,
    #[serde(default)]
    size: String,
    generation: Option<String>,
    md5_hash: Option<String>,
    crc32c: Option<String>,
    updated: Option<String>,
}

/// A request with a token.
fn request(url: &str, bearer: Option<&str>) -> Result<HttpRequest, Failure> {
    let mut request = client::get(url)?;
    if let Some(bearer) = bearer {
        let value = HeaderValue::from_str(&format!("Bearer {bearer}"));
        let mut value = value.map_err(|_| Failure::Text("the token is no token".to_owned()))?;
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    Ok(request)
}

impl Google {
    /// The address of something in the bucket. An object is one segment, whatever slashes its name has.
    fn url(&self, below: &[&str]) -> Result<Url, Failure> {
        let mut url = Url::parse(&self.base).map_err(|error| Failure::Text(error.to_string()))?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            path.extend(["storage", "v1", "b", &self.bucket]);
            path.extend(below);
        }
        Ok(url)
    }

    async fn bearer(&self) -> Result<Option<String>, Failure> {
        if self.anonymous {
            return Ok(None);
        }
        let credentials = client::in_time(self.credentials.get_credential()).await?;
        Ok(Some(credentials.map_err(Failure::Store)?.bearer.clone()))
    }

    /// All pages of a listing; with `flat`, only what is right in the folder.
    async fn pages(&self, prefix: &str, flat: bool) -> Result<(Vec<Item>, Vec<String>), Failure> {
        let (mut items, mut folders) = (Vec::new(), Vec::new());
        let mut token: Option<String> = None;
        let mut empty = EmptyPages::default();
        loop {
            let page = self.page(prefix, flat, token.as_deref()).await?;
            empty.add(page.items.len() + page.prefixes.len())?;
            items.extend(page.items);
            folders.extend(page.prefixes);
            if items.len() + folders.len() > limits::FILES {
                return Err(Failure::TooMany);
            }
            match page.next_page_token.filter(|next| !next.is_empty()) {
                Some(next) if token.as_ref() != Some(&next) => token = Some(next),
                _ => return Ok((items, folders)),
            }
        }
    }

    async fn page(&self, prefix: &str, flat: bool, token: Option<&str>) -> Result<Page, Failure> {
        let mut url = self.url(&["o"])?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("prefix", prefix);
            query.append_pair(
                "fields",
                "items(name,size,generation,md5Hash,crc32c,updated),prefixes,nextPageToken",
            );
            if flat {
                query.append_pair("delimiter", "/");
            }
            if let Some(token) = token {
                query.append_pair("pageToken", token);
            }
        }
        let bearer = self.bearer().await?;
        let answer = client::send(&self.client, || request(url.as_str(), bearer.as_deref()));
        let answer = answer.await?;
        if answer.status == 404 {
            return Err(Failure::Status(404, "NoSuchBucket".to_owned()));
        }
        if answer.status != 200 {
            return Err(refused(answer.status, &answer.body));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| Failure::Text("its answer is no listing".to_owned()))
    }
}

impl Server for Google {
    fn files<'a>(&'a self, prefix: &'a str) -> Answered<'a, Listed> {
        Box::pin(async move {
            let (items, _) = self.pages(prefix, false).await?;
            let entries = items.into_iter().filter_map(Item::entry);
            let entries = entries.filter(|entry| is_at_or_below(&entry.key, prefix));
            Ok(entries.collect::<Vec<_>>().into())
        })
    }

    fn folders<'a>(&'a self, prefix: &'a str) -> Answered<'a, Vec<String>> {
        Box::pin(async move {
            let folder = with_slash(prefix);
            let (_, folders) = self.pages(&folder, true).await?;
            Ok(names_in(&folder, &folders))
        })
    }

    fn open<'a>(&'a self, file: &'a Entry, range: Range<u64>) -> Answered<'a, Body> {
        Box::pin(async move {
            let mut url = self.url(&["o", &file.address])?;
            {
                let mut query = url.query_pairs_mut();
                query.append_pair("alt", "media");
                if let Some(generation) = &file.version.tag {
                    query.append_pair("generation", generation);
                }
            }
            let bearer = self.bearer().await?;
            let mut request = request(url.as_str(), bearer.as_deref())?;
            let bytes = format!("bytes={}-{}", range.start, range.end - 1);
            let bytes = HeaderValue::from_str(&bytes).expect("digits are a header");
            request.headers_mut().insert(header::RANGE, bytes);
            client::open(&self.client, request, range.start).await
        })
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Bytes) -> Answered<'a, ()> {
        Box::pin(async move {
            let mut url = self.url(&["o"])?;
            let path = format!("/upload{}", url.path());
            url.set_path(&path);
            url.query_pairs_mut()
                .append_pair("uploadType", "media")
                .append_pair("name", key);
            let bearer = self.bearer().await?;
            let made = || {
                let mut made = request(url.as_str(), bearer.as_deref())?;
                *made.method_mut() = Method::POST;
                let kind = HeaderValue::from_static("application/octet-stream");
                made.headers_mut().insert(header::CONTENT_TYPE, kind);
                *made.body_mut() = bytes.clone().into();
                Ok(made)
            };
            let time = client::time_for(bytes.len());
            let answer = client::send_within(time, &self.client, made).await?;
            match answer.status {
                200 | 201 => Ok(()),
                status => Err(refused(status, &answer.body)),
            }
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answered<'a, ()> {
        Box::pin(async move {
            let url = self.url(&["o", key])?;
            let bearer = self.bearer().await?;
            let made = || {
                let mut made = request(url.as_str(), bearer.as_deref())?;
                *made.method_mut() = Method::DELETE;
                Ok(made)
            };
            let answer = client::send(&self.client, made).await?;
            match answer.status {
                200 | 204 | 404 => Ok(()),
                status => Err(refused(status, &answer.body)),
            }
        })
    }
}

/// What a server has answered in place of doing what it was asked for.
fn refused(status: u16, body: &[u8]) -> Failure {
    Failure::Status(status, String::from_utf8_lossy(body).into_owned())
}

impl Item {
    fn entry(self) -> Option<Entry> {
        let decode =
            |text: Option<String>| base64::engine::general_purpose::STANDARD.decode(text?).ok();
        let md5 =
            decode(self.md5_hash).and_then(|bytes| Some(Checksum::Md5(bytes.try_into().ok()?)));
        let crc = decode(self.crc32c).and_then(|bytes| {
            let bytes = <[u8; 4]>::try_from(bytes).ok()?;
            Some(Checksum::Crc32c(u32::from_be_bytes(bytes)))
        });
        let updated = self.updated.as_deref();
        Some(Entry {
            address: self.name.clone(),
            key: self.name,
            checksum: md5.or(crc),
            version: Version {
                bytes: self.size.parse().ok()?,
                tag: self.generation,
                modified_ms: updated.and_then(crate::entry::milliseconds_of),
            },
        })
    }
}
