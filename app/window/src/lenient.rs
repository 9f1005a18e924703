//! Reading saved values one by one: one that this version does not know costs itself alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value as Json;

/// Characters of an error that are told.
const MOST_QUOTED: usize = 200;

/// A saved value, or the default.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(known(Json::deserialize(deserializer)?).unwrap_or_default())
}

/// The items of a saved list that are known.
pub(crate) fn items<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let items: Vec<Json> = or_default(deserializer)?;
    Ok(items.into_iter().filter_map(known).collect())
}

/// The entries of a saved map whose key and value are known.
pub(crate) fn entries<'de, D, K, T>(deserializer: D) -> Result<BTreeMap<K, T>, D::Error>
where
    D: Deserializer<'de>,
    K: DeserializeOwned + Ord,
    T: DeserializeOwned,
{
    let entries: serde_json::Map<String, Json> = or_default(deserializer)?;
    Ok(entries
        .into_iter()
        .filter_map(|(key, value)| Some((known_key(key)?, known(value)?)))
        .collect())
}

/// The value as a type, if it is one of its values.
pub(crate) fn known<T: DeserializeOwned>(saved: Json) -> Option<T> {
    serde_json::from_value(saved)
        .map_err(|error| {
            // The error may quote the whole value.
            let text: String = error.to_string().chars().take(MOST_QUOTED).collect();
            log::warn!("a saved setting is not known and is left out: {text}");
        })
        .ok()
}

/// A key of a map: JSON has only text there, so that numbers are in quotes.
fn known_key<K: DeserializeOwned>(key: String) -> Option<K> {
    let number = key.parse::<u64>().ok().map(Json::from);
    number
        .and_then(|number| serde_json::from_value(number).ok())
        .or_else(|| known(Json::String(key)))
}
