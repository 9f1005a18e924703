//! Opening a place by the kind of its URL.

use std::sync::Arc;

use crate::{
    error::RemoteError, location::Location, object::Bucket, scheme::Scheme, sftp::Sftp,
    store::Store,
};

/// Opens a place.
pub(crate) fn connect(location: &Location) -> Result<Arc<dyn Store>, RemoteError> {
    Ok(match location.scheme {
        Scheme::Ssh => Arc::new(Sftp::connect(location)?),
        _ => Arc::new(Bucket::connect(location)?),
    })
}
