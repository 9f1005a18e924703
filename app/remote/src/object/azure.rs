//! Azure Blob Storage: `az://CONTAINER/path`, in the account that the environment names.

use std::sync::Arc;

use object_store::azure::{AzureConfigKey as Key, MicrosoftAzureBuilder};

use super::{client, failure::Failure, objects::Objects, server::Place};
use crate::{command, env_file::setting, error::RemoteError, location::Location};

/// The account, key and address of an emulator on this machine, as its documentation publishes them.
const EMULATED: &str = "UseDevelopmentStorage";

pub(super) fn place(location: &Location) -> Result<Place, RemoteError> {
    let mut builder = MicrosoftAzureBuilder::from_env()
        .with_container_name(&location.authority)
        .with_retry(client::retry());
    for (key, name) in [
        (Key::AccountName, "AZURE_STORAGE_ACCOUNT_NAME"),
        (Key::AccountName, "AZURE_STORAGE_ACCOUNT"),
        (Key::AccessKey, "AZURE_STORAGE_ACCOUNT_KEY"),
        (Key::AccessKey, "AZURE_STORAGE_KEY"),
        (Key::SasKey, "AZURE_STORAGE_SAS_KEY"),
        (Key::SasKey, "AZURE_STORAGE_SAS_TOKEN"),
    ] {
        if builder.get_config_value(&key).is_none()
            && let Some(value) = setting(name)
        {
            builder = builder.with_config(key, value);
        }
    }
    if let Ok(text) = std::env::var("AZURE_STORAGE_CONNECTION_STRING") {
        builder = with_connection_string(builder, &text);
    }
    let has = |key: Key| {
        builder
            .get_config_value(&key)
            .is_some_and(|value| value != "false")
    };
    if !has(Key::AccountName) && !has(Key::UseEmulator) {
        return Err(RemoteError::Credentials {
            place: location.to_string(),
            why: "no account is named: set AZURE_STORAGE_ACCOUNT_NAME or AZURE_STORAGE_CONNECTION_STRING"
                .to_owned(),
        });
    }
    let has_credentials = [
        Key::AccessKey,
        Key::SasKey,
        Key::Token,
        Key::ClientSecret,
        Key::FederatedTokenFile,
        Key::MsiEndpoint,
        Key::UseEmulator,
    ]
    .into_iter()
    .any(has);
    let uses_program = !has_credentials && command::is_installed("az");
    let anonymous = !has_credentials && !uses_program;
    let endpoint = builder.get_config_value(&Key::Endpoint);
    let endpoint = match has(Key::UseEmulator) {
        true => Some("http://127.0.0.1".to_owned()),
        false => endpoint,
    };
    builder = builder
        .with_client_options(client::options(endpoint.as_deref()))
        .with_use_azure_cli(uses_program)
        .with_skip_signature(anonymous);
    let failed = |error| Failure::Store(error).at(location, anonymous);
    let objects = builder.build().map_err(failed)?;
    Ok(Place {
        server: Box::new(Objects(Arc::new(objects))),
        prefix: location.path.clone(),
        anonymous,
    })
}

/// Settings as the portal gives them: `AccountName=…;AccountKey=…;BlobEndpoint=…`.
fn with_connection_string(mut builder: MicrosoftAzureBuilder, text: &str) -> MicrosoftAzureBuilder {
    for part in text.split(';') {
        let Some((name, value)) = part.split_once('=') else {
            continue;
        };
        let key = match name.trim() {
            "AccountName" => Key::AccountName,
            "AccountKey" => Key::AccessKey,
            "BlobEndpoint" => Key::Endpoint,
            "SharedAccessSignature" => Key::SasKey,
            EMULATED => Key::UseEmulator,
            _ => continue,
        };
        builder = builder.with_config(key, value.trim());
    }
    builder
}
