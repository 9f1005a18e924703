//! Other machines, by the system's `ssh` and the file transfer protocol of OpenSSH (version 3): keys, agents, jump hosts and
//! second factors stay what the user has set up, and the far end needs nothing that is not there.

mod command;
mod connection;
mod failure;
mod far_follow;
mod packet;
mod place;

pub(crate) use place::Sftp;
