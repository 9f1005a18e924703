//! What all requests share: the threads that they run on, times, and plain requests beside those of the library.

use std::{
    future::Future,
    sync::{LazyLock, OnceLock},
    time::Duration,
};

use futures_util::StreamExt as _;
use http::{Request, header};
use object_store::{
    BackoffConfig, ClientOptions, RetryConfig,
    client::{
        HttpClient, HttpConnector as _, HttpRequest, HttpRequestBody, HttpResponse,
        ReqwestConnector,
    },
};
use tokio::{runtime::Runtime, time::timeout};

use super::{body::Body, failure::Failure};
use crate::{limits, pace::Pace};

/// The threads that wait for answers. They end with the program.
fn runtime() -> Result<&'static Runtime, Failure> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("trainscape-net")
            .enable_all()
            .build()
            .ok()
    });
    made.as_ref()
        .ok_or_else(|| Failure::Text("no thread can be started".to_owned()))
}

/// Waits for an answer.
pub(super) fn wait<T>(answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    runtime()?.block_on(answer)
}

/// Gives up when nothing comes for a while.
pub(super) async fn in_time<T>(step: impl Future<Output = T>) -> Result<T, Failure> {
    within(silence(), step).await
}

/// Gives up after a time.
pub(super) async fn within<T>(time: Duration, step: impl Future<Output = T>) -> Result<T, Failure> {
    timeout(time, step).await.map_err(|_| Failure::Slow(time))
}

/// How long sending so many bytes may take: no answer comes before all of them are sent.
pub(super) fn time_for(bytes: usize) -> Duration {
    silence() + Duration::from_secs(bytes as u64 / limits::SLOWEST_SENT)
}

/// The pace of an answer.
pub(super) fn pace() -> Pace {
    Pace::new(silence())
}

/// Counts bytes that have come. An answer whose end is out of sight is given up as if nothing came.
pub(super) fn keep(pace: &mut Pace, bytes: usize) -> Result<(), Failure> {
    match pace.is_kept_with(bytes) {
        true => Ok(()),
        false => Err(Failure::Slow(silence())),
    }
}

/// Waits for a listing, which may have any number of pages.
pub(super) fn wait_for_listing<T>(
    listing: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    wait(async {
        let listed = timeout(limits::LISTING, listing).await;
        listed.unwrap_or(Err(Failure::Slow(limits::LISTING)))
    })
}

/// Time without a byte after which a server is given up. Tests shorten it.
fn silence() -> Duration {
    static SILENCE: LazyLock<Duration> = LazyLock::new(|| {
        let set = std::env::var("TRAINSCAPE_REMOTE_TIMEOUT_SECS").ok();
        let secs = set.and_then(|text| text.parse::<u64>().ok());
        secs.filter(|secs| (1..=3600).contains(secs))
            .map_or(limits::SILENCE, Duration::from_secs)
    });
    *SILENCE
}

/// The options of a client. A body may take long; silence is noticed by [`in_time`].
pub(super) fn options(endpoint: Option<&str>) -> ClientOptions {
    let is_plain = endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"));
    let options = ClientOptions::new()
        .with_allow_http(is_plain)
        .with_connect_timeout(limits::CONNECT)
        .with_timeout_disabled();
    let agent = header::HeaderValue::from_static(concat!("trainscape/", env!("CARGO_PKG_VERSION")));
    options.with_user_agent(agent)
}

/// How often the library tries a request.
pub(super) fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        },
        max_retries: limits::TRIES - 1,
        retry_timeout: Duration::from_secs(20),
    }
}

/// Pages of a listing that name nothing: there may be some, where much was deleted.
#[derive(Debug, Default)]
pub(super) struct EmptyPages(usize);

impl EmptyPages {
    /// Counts a page that names so many files and folders.
    pub(super) fn add(&mut self, names: usize) -> Result<(), Failure> {
        self.0 += usize::from(names == 0);
        match self.0 > limits::EMPTY_PAGES {
            true => Err(Failure::Text("its listing has no end".to_owned())),
            false => Ok(()),
        }
    }
}

/// A client for requests that the library does not make.
pub(super) fn plain(options: &ClientOptions) -> Result<HttpClient, Failure> {
    ReqwestConnector::default()
        .connect(options)
        .map_err(Failure::Store)
}

/// A request without a body.
pub(super) fn get(url: &str) -> Result<HttpRequest, Failure> {
    Request::get(url)
        .body(HttpRequestBody::empty())
        .map_err(|error| Failure::Text(error.to_string()))
}

/// What a server has answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

/// Sends a request, again where the server is busy, and takes an answer of bounded length.
pub(super) async fn send(
    client: &HttpClient,
    request: impl Fn() -> Result<HttpRequest, Failure>,
) -> Result<Answer, Failure> {
    send_within(silence(), client, request).await
}

/// The same, where the first byte of the answer may take longer.
pub(super) async fn send_within(
    time: Duration,
    client: &HttpClient,
    request: impl Fn() -> Result<HttpRequest, Failure>,
) -> Result<Answer, Failure> {
    let mut pause = Duration::from_millis(100);
    for tries_left in (0..limits::TRIES).rev() {
        let answer = try_once(time, client, request()?).await;
        let is_busy = match &answer {
            Ok(answer) => answer.status >= 500 || answer.status == 429,
            Err(Failure::Http(_)) => true,
            Err(_) => false,
        };
        if !is_busy || tries_left == 0 {
            return answer;
        }
        tokio::time::sleep(pause).await;
        pause *= 4;
    }
    Err(Failure::Text("it was never tried".to_owned()))
}

async fn try_once(
    time: Duration,
    client: &HttpClient,
    request: HttpRequest,
) -> Result<Answer, Failure> {
    let response = within(time, client.execute(request))
        .await?
        .map_err(Failure::Http)?;
    let status = response.status().as_u16();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    Ok(Answer {
        status,
        content_type,
        body: whole(response).await?,
    })
}

/// The whole body of an answer, which is of bounded length.
async fn whole(response: HttpResponse) -> Result<Vec<u8>, Failure> {
    let mut stream = response.into_body().bytes_stream();
    let mut body = Vec::new();
    let mut pace = pace();
    while let Some(piece) = in_time(stream.next()).await? {
        let piece = piece.map_err(Failure::Http)?;
        if (body.len() + piece.len()) as u64 > limits::ANSWER {
            return Err(Failure::Text("its answer is too long".to_owned()));
        }
        keep(&mut pace, piece.len())?;
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// Opens a file with a request for a range of it.
pub(super) async fn open(
    client: &HttpClient,
    request: HttpRequest,
    start: u64,
) -> Result<Body, Failure> {
    let response = in_time(client.execute(request))
        .await?
        .map_err(Failure::Http)?;
    let start = match response.status().as_u16() {
        206 => start,
        200 => 0,
        status => {
            let text = String::from_utf8_lossy(&whole(response).await?).into_owned();
            return Err(Failure::Status(status, text));
        }
    };
    let stream = response.into_body().bytes_stream();
    Ok(Body {
        start,
        stream: stream.map(|piece| piece.map_err(Failure::Http)).boxed(),
    })
}
