use rusqlite::ErrorCode;

/// Extended result code: a transaction must be rolled back, which a reader may not do.
const READONLY_ROLLBACK: i32 = 776;

/// Longest part of a message of SQLite that is shown.
const MAX_MESSAGE: usize = 120;

/// Why a database cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SqliteError {
    #[error(
        "the database is locked by its writer: it is read again as soon as the writer lets go of it"
    )]
    Locked,
    #[error(
        "a writer stopped in the middle of a change, which only a writer can undo: open the database once \
         with the program that wrote it"
    )]
    Unfinished,
    #[error(
        "the database is damaged ({0}): save what is readable of it with the `.recover` command of sqlite3"
    )]
    Damaged(String),
    #[error("the database cannot be opened ({0}): check its permissions and those of its folder")]
    Closed(String),
    #[error("its tables cannot be read ({0}): open it once with a recent version of its logger")]
    Tables(String),
}

impl SqliteError {
    /// True if the reason may pass without a change of the file.
    pub(super) fn is_temporary(&self) -> bool {
        matches!(self, Self::Locked)
    }
}

impl From<rusqlite::Error> for SqliteError {
    fn from(error: rusqlite::Error) -> Self {
        let reason = one_line(&error.to_string());
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return Self::Tables(reason);
        };
        if failure.extended_code == READONLY_ROLLBACK {
            return Self::Unfinished;
        }
        match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Locked,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged(reason),
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly => {
                Self::Closed(reason)
            }
            _ => Self::Tables(reason),
        }
    }
}

/// SQLite's message without the text of a statement that it quotes.
fn one_line(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().collect();
    words.join(" ").chars().take(MAX_MESSAGE).collect()
}
