//! Flight SQL: a statement out, batches in. Of the protocol only what a question needs.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use arrow_array::RecordBatch;
use arrow_flight::{
    FlightDescriptor, FlightInfo, Ticket, decode::FlightRecordBatchStream, error::FlightError,
    flight_service_client::FlightServiceClient,
};
use futures_util::{StreamExt as _, TryStreamExt as _};
use prost::Message as _;
use tonic::{
    Code, Request, Status,
    transport::{Channel, ClientTlsConfig, Endpoint},
};

use crate::{error::EngineError, statement::Statement, token::Token, url::EngineUrl, variables};

const TIMEOUT_SECS: u64 = 60;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// A connection on which nothing has come for so long is tested, and lost if it stays silent for as long again.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often it is looked whether anybody still waits.
const LOOK: Duration = Duration::from_millis(100);
/// The largest piece of an answer: engines send some megabytes at a time.
const LARGEST_MESSAGE: usize = 64 << 20;
/// A message of an engine is told up to here: some send the whole plan of a statement.
const LONGEST_REASON: usize = 300;

/// Where an engine is, and how to speak to it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) url: EngineUrl,
    token: Option<Token>,
    patience: Duration,
}

/// A statement as Flight SQL has it.
#[derive(Clone, PartialEq, prost::Message)]
struct StatementQuery {
    #[prost(string, tag = "1")]
    query: String,
}

/// A message with the name of its type.
#[derive(Clone, PartialEq, prost::Message)]
struct Named {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// Is told of each batch, and of `None` now and then while nothing comes; false to end.
pub(crate) type Take<'a> = dyn FnMut(Option<&RecordBatch>) -> Result<bool, EngineError> + 'a;

impl Client {
    pub(crate) fn new(url: EngineUrl) -> Result<Self, EngineError> {
        let token = Token::of_environment(&url)?;
        let secs = std::env::var(variables::TIMEOUT).ok();
        let secs = secs
            .and_then(|secs| secs.parse().ok())
            .filter(|secs| *secs > 0);
        Ok(Self {
            url,
            token,
            patience: Duration::from_secs(secs.unwrap_or(TIMEOUT_SECS)),
        })
    }

    /// Connects.
    pub(crate) async fn connect(&self, take: &mut Take<'_>) -> Result<Channel, EngineError> {
        let endpoint = self.endpoint().map_err(|error| self.no_server(&error))?;
        let connecting = self.wait(endpoint.connect(), take).await?;
        connecting.map_err(|error| self.no_server(&error))
    }

    fn endpoint(&self) -> Result<Endpoint, tonic::transport::Error> {
        let mut endpoint = Endpoint::from_shared(self.url.address())?
            .connect_timeout(CONNECT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE);
        if self.url.has_tls {
            endpoint = endpoint.tls_config(ClientTlsConfig::new().with_native_roots())?;
        }
        Ok(endpoint)
    }

    /// Asks, and gives each batch to `take`.
    pub(crate) async fn ask(
        &self,
        channel: Channel,
        statement: &Statement,
        take: &mut Take<'_>,
    ) -> Result<(), EngineError> {
        let mut service =
            FlightServiceClient::new(channel).max_decoding_message_size(LARGEST_MESSAGE);
        let query = StatementQuery {
            query: statement.sql.clone(),
        };
        let command = Named {
            type_url: "type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery"
                .to_owned(),
            value: query.encode_to_vec(),
        };
        let descriptor = FlightDescriptor::new_cmd(command.encode_to_vec());
        let info = service.get_flight_info(self.request(descriptor));
        let info = self.wait(info, take).await?;
        let info: FlightInfo = info
            .map_err(|status| self.status(&status, statement))?
            .into_inner();
        for endpoint in info.endpoint {
            // The engine that was asked answers also for tickets of its workers.
            let ticket = endpoint.ticket.unwrap_or_default();
            self.fetch(&mut service, ticket, statement, take).await?;
        }
        Ok(())
    }

    async fn fetch(
        &self,
        service: &mut FlightServiceClient<Channel>,
        ticket: Ticket,
        statement: &Statement,
        take: &mut Take<'_>,
    ) -> Result<(), EngineError> {
        let stream = self
            .wait(service.do_get(self.request(ticket)), take)
            .await?;
        let stream = stream.map_err(|status| self.status(&status, statement))?;
        let data = stream.into_inner().map_err(FlightError::from);
        let mut batches = FlightRecordBatchStream::new_from_flight_data(data);
        let mut last_rows = Instant::now();
        while let Some(batch) = self.wait(batches.next(), take).await? {
            let batch = batch.map_err(|error| self.flight_error(&error, statement))?;
            // Pieces without rows are silence, too.
            if batch.num_rows() > 0 {
                last_rows = Instant::now();
            } else if last_rows.elapsed() >= self.patience {
                return Err(self.silent());
            }
            if batch.num_columns() == 0 {
                break;
            }
            if !take(Some(&batch))? {
                return Err(self.cancelled());
            }
        }
        // Engines answer with a table without columns for a folder that they do not find.
        match batches.schema() {
            Some(schema) if !schema.fields().is_empty() => Ok(()),
            _ => Err(self.no_table(statement, "it has no columns")),
        }
    }

    fn request<T>(&self, content: T) -> Request<T> {
        let mut request = Request::new(content);
        if let Some(Token(header)) = &self.token {
            let metadata = request.metadata_mut();
            metadata.insert("authorization", header.clone());
        }
        request
    }

    /// Waits for something, as long as anybody waits for the answer and the engine is not silent for too long.
    async fn wait<T>(
        &self,
        future: impl Future<Output = T>,
        take: &mut Take<'_>,
    ) -> Result<T, EngineError> {
        let mut future = std::pin::pin!(future);
        let mut waited = Duration::ZERO;
        loop {
            if let Ok(output) = tokio::time::timeout(LOOK, &mut future).await {
                return Ok(output);
            }
            waited += LOOK;
            if waited >= self.patience {
                return Err(self.silent());
            }
            if !take(None)? {
                return Err(self.cancelled());
            }
        }
    }

    fn silent(&self) -> EngineError {
        EngineError::Silent {
            url: self.url.to_string(),
            secs: self.patience.as_secs(),
        }
    }

    fn cancelled(&self) -> EngineError {
        EngineError::Cancelled {
            url: self.url.to_string(),
        }
    }

    fn no_server(&self, error: &tonic::transport::Error) -> EngineError {
        EngineError::NoServer {
            url: self.url.to_string(),
            reason: innermost(error),
        }
    }

    fn no_table(&self, statement: &Statement, reason: &str) -> EngineError {
        EngineError::NoTable {
            url: self.url.to_string(),
            table: statement.table.clone(),
            reason: reason.to_owned(),
        }
    }

    fn flight_error(&self, error: &FlightError, statement: &Statement) -> EngineError {
        match error {
            FlightError::Tonic(status) => self.status(status, statement),
            other => EngineError::NotATable {
                url: self.url.to_string(),
                reason: shortened(&other.to_string()),
            },
        }
    }

    /// The error of what a server says, or of a connection that is lost.
    fn status(&self, status: &Status, statement: &Statement) -> EngineError {
        let url = self.url.to_string();
        let mut reason = shortened(status.message());
        // A lost connection is a status of the library with the system's error within.
        if let Some(error) = std::error::Error::source(status) {
            let reason = shortened(&innermost(error));
            return EngineError::Dropped { url, reason };
        }
        if reason.is_empty() {
            reason = status.code().description().to_owned();
        }
        match status.code() {
            Code::Unauthenticated | Code::PermissionDenied => EngineError::Refused {
                url,
                had_token: self.token.is_some(),
                reason,
            },
            Code::Unavailable | Code::Cancelled | Code::Aborted => {
                EngineError::Dropped { url, reason }
            }
            Code::NotFound => self.no_table(statement, &reason),
            _ if says_no_column(&reason) => EngineError::NoColumn {
                url,
                table: statement.table.clone(),
                reason,
            },
            _ if says_no_table(&reason) => self.no_table(statement, &reason),
            _ => EngineError::Failed { url, reason },
        }
    }
}

/// True for the message of an engine that does not find a table.
fn says_no_table(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    let is_table = ["table", "view", "object", "file", "path", "schema"];
    let is_missing = [
        "not found",
        "does not exist",
        "no such",
        "no files found",
        "unknown table",
    ];
    is_table.iter().any(|word| reason.contains(word))
        && is_missing.iter().any(|word| reason.contains(word))
}

/// True for the message of an engine that does not find a column. To some of them a folder that is not there is a table without
/// columns.
fn says_no_column(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    let is_column = ["column", "attribute", "field"];
    let is_missing = [
        "not found",
        "missing",
        "cannot resolve",
        "does not exist",
        "unrecognized",
    ];
    is_column.iter().any(|word| reason.contains(word))
        && is_missing.iter().any(|word| reason.contains(word))
}

/// The message of the error that caused all others.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The first line of a message.
fn shortened(message: &str) -> String {
    let line = message.trim().lines().next().unwrap_or_default().trim();
    match line.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line.to_owned(),
    }
}
