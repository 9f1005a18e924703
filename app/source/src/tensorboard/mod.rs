mod events;
mod proto;
mod record;

pub(crate) use events::EventParser;
pub(crate) use record::looks_like_events;
