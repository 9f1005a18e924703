//! Amazon S3, and whatever speaks its protocol.

use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey as Key, resolve_bucket_region};

use super::{client, failure::Failure, s3_list::S3, server::Place};
use crate::{
    credentials::{self, Profile},
    env_file::setting,
    error::RemoteError,
    location::Location,
};

/// Where the first bucket lies, and those whose region nobody has told.
const USUAL_REGION: &str = "us-east-1";

pub(super) fn place(location: &Location) -> Result<Place, RemoteError> {
    let bucket = &location.authority;
    let profile = Profile::read();
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_retry(client::retry());
    let endpoint = builder.get_config_value(&Key::S3Endpoint);
    let endpoint = endpoint.or_else(|| builder.get_config_value(&Key::Endpoint));
    let endpoint = endpoint.or_else(|| profile.get("endpoint_url").map(str::to_owned));
    let options = client::options(endpoint.as_deref());
    builder = builder.with_client_options(options.clone());
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    let (builder, anonymous) = with_credentials(builder, &profile);
    let failed = |failure: Failure| failure.at(location, anonymous);

    let region = setting("AWS_REGION").or_else(|| setting("AWS_DEFAULT_REGION"));
    let region = region.or_else(|| profile.get("region").map(str::to_owned));
    let region = match (region, &endpoint) {
        (Some(region), _) => region,
        (None, Some(_)) => USUAL_REGION.to_owned(),
        (None, None) => client::wait(async {
            let asked = resolve_bucket_region(bucket, &options);
            client::in_time(asked).await?.map_err(Failure::Store)
        })
        .map_err(failed)?,
    };
    let builder = builder.with_region(&region);
    let is_virtual = builder.get_config_value(&Key::VirtualHostedStyleRequest);
    let base = match (&endpoint, is_virtual.as_deref() == Some("true")) {
        (Some(endpoint), true) => endpoint.trim_end_matches('/').to_owned(),
        (Some(endpoint), false) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
        (None, true) => format!("https://{bucket}.s3.{region}.amazonaws.com"),
        (None, false) => format!("https://s3.{region}.amazonaws.com/{bucket}"),
    };
    let objects = builder
        .build()
        .map_err(|error| failed(Failure::Store(error)))?;
    let server = S3 {
        base,
        region,
        client: client::plain(&options).map_err(failed)?,
        credentials: Arc::clone(objects.credentials()),
        objects: Arc::new(objects),
        anonymous,
    };
    Ok(Place {
        server: Box::new(server),
        prefix: location.path.clone(),
        anonymous,
    })
}

/// Gives the credentials that are found; true if there are none.
fn with_credentials(builder: AmazonS3Builder, profile: &Profile) -> (AmazonS3Builder, bool) {
    let of_environment = [
        Key::AccessKeyId,
        Key::WebIdentityTokenFile,
        Key::ContainerCredentialsRelativeUri,
        Key::ContainerCredentialsFullUri,
    ];
    if of_environment
        .iter()
        .any(|key| builder.get_config_value(key).is_some())
    {
        return (builder, false);
    }
    let of_file = setting("AWS_ACCESS_KEY_ID").zip(setting("AWS_SECRET_ACCESS_KEY"));
    if let Some((id, secret)) = of_file {
        let builder = builder
            .with_access_key_id(id)
            .with_secret_access_key(secret);
        return match setting("AWS_SESSION_TOKEN") {
            Some(token) => (builder.with_token(token), false),
            None => (builder, false),
        };
    }
    if let Some(key) = profile.key() {
        let builder = builder
            .with_access_key_id(key.access_key_id)
            .with_secret_access_key(key.secret_access_key);
        return match key.session_token {
            Some(token) => (builder.with_token(token), false),
            None => (builder, false),
        };
    }
    match credentials::is_machine_of_amazon() {
        true => (builder, false),
        false => (builder.with_skip_signature(true), true),
    }
}
