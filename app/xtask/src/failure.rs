/// Why a command did not succeed, in sentences for the person who ran it.
pub(crate) type Failure = String;
