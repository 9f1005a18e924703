/// Why an engine cannot be asked, or does not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    /// The text is no URL of an engine.
    #[error(
        "{url} is no engine's URL: {why}; it is flightsql://HOST:PORT/PATH, or flightsql+tls:// with TLS"
    )]
    NotAnEngine {
        /// What was given.
        url: String,
        /// What is wrong.
        why: &'static str,
    },
    /// The token cannot be read.
    #[error(
        "the token for {url} cannot be read: {why}; {} is to hold it, or {} to name a file with it",
        crate::variables::TOKEN,
        crate::variables::TOKEN_FILE
    )]
    Token {
        /// The engine.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// The token would be readable on its way.
    #[error(
        "the token for {url} is not sent without TLS to another machine: use flightsql+tls://, or a tunnel to this machine"
    )]
    PlainToken {
        /// The engine.
        url: String,
    },
    /// Nothing listens there.
    #[error(
        "{url} cannot be reached ({reason}): start the engine, or check the host, the port and whether it wants flightsql+tls://"
    )]
    NoServer {
        /// The engine.
        url: String,
        /// The system's message.
        reason: String,
    },
    /// The engine refuses this user.
    #[error("{url} refuses {} ({reason}): set {} to a valid token, or {} to a file with one", if *.had_token { "the token" } else { "requests without a token" }, crate::variables::TOKEN, crate::variables::TOKEN_FILE)]
    Refused {
        /// The engine.
        url: String,
        /// Whether a token was sent.
        had_token: bool,
        /// The engine's message.
        reason: String,
    },
    /// The engine does not see the catalog.
    #[error(
        "{url}: the engine finds no table {table} ({reason}): give the catalog's path as the engine sees it, or add ?tables=views if it is a schema with the views runs, series, history and histograms"
    )]
    NoTable {
        /// The engine.
        url: String,
        /// The table.
        table: String,
        /// The engine's message.
        reason: String,
    },
    /// The engine finds nothing there, or another table.
    #[error(
        "{url}: the engine finds no table {table}, or one that lacks a column ({reason}): give the catalog's path as the engine sees it, and if it is right, delete the catalog's folder and build the catalog again"
    )]
    NoColumn {
        /// The engine.
        url: String,
        /// The table.
        table: String,
        /// The engine's message.
        reason: String,
    },
    /// The connection ended before the answer did.
    #[error(
        "{url}: the connection was lost before the answer was complete ({reason}): ask again when the engine runs again"
    )]
    Dropped {
        /// The engine.
        url: String,
        /// The system's message.
        reason: String,
    },
    /// Nothing came.
    #[error(
        "{url} has not answered for {secs} s: try again when it has less to do, or set {} to wait longer",
        crate::variables::TIMEOUT
    )]
    Silent {
        /// The engine.
        url: String,
        /// How long it was waited for.
        secs: u64,
    },
    /// The engine could not run a statement.
    #[error(
        "{url} could not answer ({reason}): look at the engine's log, or build the catalog again if a column is missing"
    )]
    Failed {
        /// The engine.
        url: String,
        /// Its message.
        reason: String,
    },
    /// What came is no table of a catalog.
    #[error(
        "{url} answers with something else than a catalog's table ({reason}): check that the path is that of a catalog"
    )]
    NotATable {
        /// The engine.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// Nobody waits for the answer any longer.
    #[error("{url}: the question was cancelled: ask again")]
    Cancelled {
        /// The engine.
        url: String,
    },
    /// The threads of the network could not be started.
    #[error(
        "the threads for {url} could not be started ({reason}): free some memory or raise the process limit"
    )]
    Threads {
        /// The engine.
        url: String,
        /// The system's message.
        reason: String,
    },
}
