//! Where the tools of the clouds keep credentials. Nothing of their content is ever written anywhere.

use std::{
    collections::BTreeMap,
    env, fs,
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    time::Duration,
};

use serde::Deserialize;

use crate::{command, env_file::setting, settings_file::read};

/// The address at which the clouds' machines ask for what they are.
const METADATA: ([u8; 4], u16) = ([169, 254, 169, 254], 80);

fn home() -> Option<PathBuf> {
    Some(directories::BaseDirs::new()?.home_dir().to_owned())
}

/// The folder of gcloud.
pub(crate) fn google_folder() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("CLOUDSDK_CONFIG") {
        return Some(folder.into());
    }
    match cfg!(windows) {
        true => Some(PathBuf::from(env::var_os("APPDATA")?).join("gcloud")),
        false => Some(home()?.join(".config/gcloud")),
    }
}

/// A token that gcloud gives.
pub(crate) fn google_token(arguments: &[&str]) -> Option<String> {
    let token = command::output("gcloud", arguments)?;
    let is_token = !token.is_empty() && !token.contains(char::is_whitespace);
    is_token.then_some(token)
}

/// Whether this is a machine of Google's cloud, which has credentials by itself.
pub(crate) fn is_machine_of_google() -> bool {
    let is_named = ["GCE_METADATA_HOST", "GCE_METADATA_ROOT", "K_SERVICE"]
        .iter()
        .any(|name| env::var_os(name).is_some());
    let product = fs::read_to_string("/sys/class/dmi/id/product_name");
    is_named || product.is_ok_and(|name| name.contains("Google") && has_metadata_server())
}

/// Whether this is a machine of Amazon's cloud, which has credentials by itself.
pub(crate) fn is_machine_of_amazon() -> bool {
    let is_disabled = env::var("AWS_EC2_METADATA_DISABLED").is_ok_and(|value| value == "true");
    let vendor = fs::read_to_string("/sys/class/dmi/id/sys_vendor");
    !is_disabled && vendor.is_ok_and(|name| name.contains("Amazon") && has_metadata_server())
}

fn has_metadata_server() -> bool {
    let (address, port) = METADATA;
    let timeout = Duration::from_millis(500);
    TcpStream::connect_timeout(&SocketAddr::from((address, port)), timeout).is_ok()
}

/// What the files of the AWS tools say of a profile.
#[derive(Default)]
pub(crate) struct Profile {
    pub(crate) name: String,
    settings: BTreeMap<String, String>,
}

/// A key of AWS.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AwsKey {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
}

impl Profile {
    /// The profile that is chosen by AWS_PROFILE, or the default one.
    pub(crate) fn read() -> Self {
        let name = setting("AWS_PROFILE").or_else(|| setting("AWS_DEFAULT_PROFILE"));
        let name = name.unwrap_or_else(|| "default".to_owned());
        let folder = home().map(|home| home.join(".aws")).unwrap_or_default();
        let file = |variable: &str, usual: &str| {
            let named = env::var_os(variable).map(PathBuf::from);
            read(&named.unwrap_or_else(|| folder.join(usual))).unwrap_or_default()
        };
        let mut settings = section(&file("AWS_CONFIG_FILE", "config"), |title| {
            title == name || title.strip_prefix("profile ").map(str::trim) == Some(&name)
        });
        let keys = file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        settings.extend(section(&keys, |title| title == name));
        Self { name, settings }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.settings.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// The key in the files, or the one that the `aws` program gets for the profile.
    pub(crate) fn key(&self) -> Option<AwsKey> {
        if let (Some(id), Some(secret)) = (
            self.get("aws_access_key_id"),
            self.get("aws_secret_access_key"),
        ) {
            return Some(AwsKey {
                access_key_id: id.to_owned(),
                secret_access_key: secret.to_owned(),
                session_token: self.get("aws_session_token").map(str::to_owned),
            });
        }
        let needs_program = [
            "sso_session",
            "sso_start_url",
            "role_arn",
            "credential_process",
        ]
        .iter()
        .any(|name| self.get(name).is_some());
        if !needs_program {
            return None;
        }
        let arguments = [
            "configure",
            "export-credentials",
            "--format",
            "process",
            "--profile",
            &self.name,
        ];
        serde_json::from_str(&command::output("aws", &arguments)?).ok()
    }
}

/// The settings of the sections of an INI file whose titles are wanted.
fn section(text: &str, is_wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    let mut is_in = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(title) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            is_in = is_wanted(title.trim());
        } else if is_in
            // Indented lines belong to the setting above.
            && !line.starts_with([' ', '\t'])
            && let Some((name, value)) = trimmed.split_once('=')
        {
            settings.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_has_its_own_settings() {
        let text = "[default]\nregion = eu-west-1\n[profile lab]\n# x = y\nregion=us-east-2\ns3 =\n  endpoint_url = z\n[lab2]\nregion=no\n";
        let wanted = |title: &str| title == "profile lab";
        let settings = section(text, wanted);
        assert_eq!(settings["region"], "us-east-2");
        assert_eq!(settings.len(), 2);
        assert!(section(text, |title| title == "none").is_empty());
    }
}
