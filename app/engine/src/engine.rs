//! An engine that answers the questions of the reader of catalogs.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tokio::runtime::{Builder, Runtime};
use tonic::transport::Channel;
use trainscape_source::catalog::{Answer, CatalogEngine, Question};

use crate::{
    cells,
    client::{Client, Take},
    error::EngineError,
    statement::{self, Statement},
    url::EngineUrl,
};

/// An engine that is reached by Flight SQL.
pub struct FlightEngine {
    url: PathBuf,
    client: Client,
    /// Its thread keeps the connection while nothing is asked.
    runtime: Runtime,
    connection: Mutex<Option<Channel>>,
}

impl fmt::Debug for FlightEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightEngine")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl FlightEngine {
    /// The engine of a URL, which is not reached yet.
    ///
    /// # Errors
    /// [`EngineError`] if the token cannot be read, or no thread started.
    pub fn new(url: EngineUrl) -> Result<Self, EngineError> {
        let text = url.to_string();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("trainscape-flight")
            .enable_all()
            .build()
            .map_err(|error| EngineError::Threads {
                url: text.clone(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            url: text.into(),
            client: Client::new(url)?,
            runtime,
            connection: Mutex::default(),
        })
    }

    fn connection(&self) -> std::sync::MutexGuard<'_, Option<Channel>> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks one statement, over a new connection if there is none. A connection that was lost since the last question is no
    /// failure of this one.
    async fn ask_one(&self, statement: &Statement, take: &mut Take<'_>) -> Result<(), EngineError> {
        let kept = self.connection().clone();
        let was_kept = kept.is_some();
        let channel = match kept {
            Some(channel) => channel,
            None => self.connect(take).await?,
        };
        let mut has_come = false;
        let asked = self
            .client
            .ask(channel, statement, &mut |batch| {
                has_come |= batch.is_some();
                take(batch)
            })
            .await;
        match asked {
            Err(dropped @ EngineError::Dropped { .. }) if was_kept && !has_come => {
                log::info!("{} is connected to again", self.url.display());
                match self.connect(take).await {
                    Ok(channel) => self.client.ask(channel, statement, take).await,
                    Err(EngineError::NoServer { .. }) => Err(dropped),
                    Err(error) => Err(error),
                }
            }
            Err(error) => {
                *self.connection() = None;
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    async fn connect(&self, take: &mut Take<'_>) -> Result<Channel, EngineError> {
        *self.connection() = None;
        let channel = self.client.connect(take).await?;
        *self.connection() = Some(channel.clone());
        Ok(channel)
    }
}

impl CatalogEngine for FlightEngine {
    fn url(&self) -> &Path {
        &self.url
    }

    fn ask(
        &self,
        question: &Question,
        take: &mut dyn FnMut(&Answer) -> bool,
    ) -> Result<(), String> {
        let url = &self.client.url;
        let nothing = Answer::default();
        let mut take = |batch: Option<&arrow_array::RecordBatch>| match batch {
            None => Ok(take(&nothing)),
            Some(batch) => {
                let answer = cells::answer(&self.url, batch);
                let answer = answer.map_err(|reason| EngineError::NotATable {
                    url: url.to_string(),
                    reason,
                })?;
                Ok(take(&answer))
            }
        };
        let statements = statement::of_question(question, url);
        let asked = self.runtime.block_on(async {
            for statement in &statements {
                log::debug!("{}: {}", self.url.display(), statement.sql);
                self.ask_one(statement, &mut take).await?;
            }
            Ok(())
        });
        asked.map_err(|error: EngineError| error.to_string())
    }
}
