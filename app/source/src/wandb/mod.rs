mod datastore;
mod history;
mod parser;
mod proto;

pub(crate) use datastore::HEADER as WANDB_HEADER;
pub(crate) use parser::WandbParser;
