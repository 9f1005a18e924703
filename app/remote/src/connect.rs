//! Opening a place by the kind of its URL.

use std::sync::Arc;

#[cfg(feature = "buckets")]
use crate::object::Bucket;
use crate::{error::RemoteError, location::Location, scheme::Scheme, sftp::Sftp, store::Store};

/// Opens a place.
pub(crate) fn connect(location: &Location) -> Result<Arc<dyn Store>, RemoteError> {
    match location.scheme {
        Scheme::Ssh => Ok(Arc::new(Sftp::connect(location)?)),
        #[cfg(feature = "buckets")]
        _ => Ok(Arc::new(Bucket::connect(location)?)),
        #[cfg(not(feature = "buckets"))]
        _ => Err(RemoteError::NotALocation {
            text: location.to_string(),
            why: "this program was built without the feature `buckets`".to_owned(),
        }),
    }
}
