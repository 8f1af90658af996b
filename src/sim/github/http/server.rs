//! The socket: reads requests, lets the front answer, spoils what the faults say.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::answer::Answer;
use super::faults::FaultKind;
use super::front::{Front, Incoming};

/// Largest request body read, in bytes.
const MAX_REQUEST: usize = 4 << 20;

/// Tells the time in milliseconds since the epoch.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The front, shared between the server and whoever watches or edits it.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Mutex<Front>>);

impl Shared {
    /// Shares a front.
    pub fn new(front: Front) -> Self {
        Self(Arc::new(Mutex::new(front)))
    }

    /// Locks the front. Do not hold the guard across an await.
    pub fn lock(&self) -> MutexGuard<'_, Front> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running server. Dropping it closes the port; requests under way are finished.
#[derive(Debug)]
pub struct Running {
    /// Its address, such as `http://127.0.0.1:40123`.
    pub url: String,
    /// The state behind it.
    pub front: Shared,
    stop: Option<oneshot::Sender<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Nobody listens when the server ended by itself.
            let _ended = stop.send(());
        }
    }
}

/// Gives the system's clock.
pub fn real_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Serves a front on an address (port 0 picks a free one) until the result is dropped.
pub async fn serve(addr: SocketAddr, front: Shared, clock: Clock) -> std::io::Result<Running> {
    let listener = TcpListener::bind(addr).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let app = Router::new()
        .fallback(answer)
        .with_state((front.clone(), clock));
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        // A dropped sender means the same as a message.
        let _either = stopped.await;
    });
    tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::warn!(%error, "small GitHub stopped serving");
        }
    });
    Ok(Running {
        url,
        front,
        stop: Some(stop),
    })
}

async fn answer(State((front, clock)): State<(Shared, Clock)>, request: Request) -> Response {
    let Some(incoming) = read(request).await else {
        return respond(&Answer::error(413, "Payload too big"));
    };
    let fault = front.lock().faults.take(&incoming.method, &incoming.path);
    let Some(fault) = fault else {
        return respond(&front.lock().handle(clock(), &incoming));
    };
    if let FaultKind::Delay(time) = fault {
        tokio::time::sleep(time).await;
        return respond(&front.lock().handle(clock(), &incoming));
    }
    spoiled(&mut front.lock(), clock(), &incoming, &fault)
}

/// Answers a request the way a fault says.
fn spoiled(front: &mut Front, now: i64, request: &Incoming, fault: &FaultKind) -> Response {
    match fault {
        FaultKind::Status(status, retry_after) => {
            front.note(now, request, None, *status);
            let mut answer = Answer::error(*status, "Server Error");
            if let Some(seconds) = retry_after {
                answer = answer.header("retry-after", seconds.to_string());
            }
            respond(&answer)
        }
        FaultKind::TooQuick(retry_after) => {
            front.note(now, request, None, 422);
            respond(&Answer::too_quick(*retry_after))
        }
        FaultKind::StatusAfter(status) => {
            front.handle(now, request);
            front.note_lost(*status);
            respond(&Answer::error(*status, "Server Error"))
        }
        FaultKind::DropBefore => {
            front.note(now, request, None, 0);
            hang_up()
        }
        FaultKind::DropAfter => {
            front.handle(now, request);
            front.note_lost(0);
            hang_up()
        }
        FaultKind::Truncated => {
            let mut answer = front.handle(now, request);
            answer.body.truncate(answer.body.len() / 2);
            respond(&answer)
        }
        FaultKind::Html(status) => {
            front.handle(now, request);
            front.note_lost(*status);
            let body = "<!DOCTYPE html><html><body><h1>Unicorn!</h1></body></html>";
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = code(*status);
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, html);
            response
        }
        FaultKind::Giant(megabytes) => {
            front.note(now, request, None, 200);
            giant(*megabytes)
        }
        FaultKind::Delay(_) => respond(&front.handle(now, request)),
    }
}

async fn read(request: Request) -> Option<Incoming> {
    let (parts, body) = request.into_parts();
    let text = |name: HeaderName| header_text(&parts.headers, &name);
    let body = axum::body::to_bytes(body, MAX_REQUEST).await.ok()?;
    Some(Incoming {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        host: text(header::HOST).unwrap_or_else(|| "127.0.0.1".to_owned()),
        authorization: text(header::AUTHORIZATION),
        if_none_match: text(header::IF_NONE_MATCH),
        if_modified_since: text(header::IF_MODIFIED_SINCE),
        api_version: text(HeaderName::from_static("x-github-api-version")),
        has_agent: parts.headers.contains_key(header::USER_AGENT),
        body: body.to_vec(),
    })
}

fn header_text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

fn respond(answer: &Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body.clone()));
    *response.status_mut() = code(answer.status);
    let headers = response.headers_mut();
    if !answer.body.is_empty() {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, json);
    }
    let vary = HeaderValue::from_static("Accept, Authorization, Cookie, X-GitHub-OTP");
    headers.insert(header::VARY, vary);
    let cache = HeaderValue::from_static("private, max-age=60, s-maxage=60");
    headers.insert(header::CACHE_CONTROL, cache);
    for (name, value) in &answer.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// A body that fails at once: the connection closes before anything was sent.
fn hang_up() -> Response {
    let lost = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    Response::new(Body::from_stream(stream::iter([Err::<Bytes, _>(lost)])))
}

/// A JSON array of one very long string, sent piece by piece.
fn giant(megabytes: usize) -> Response {
    let piece = Bytes::from(vec![b'x'; 1 << 20]);
    let ends = |text: &'static str| Bytes::from_static(text.as_bytes());
    let pieces = std::iter::once(ends("[\""))
        .chain(std::iter::repeat_n(piece, megabytes))
        .chain(std::iter::once(ends("\"]")));
    let body = Body::from_stream(stream::iter(pieces.map(Ok::<_, std::io::Error>)));
    let mut response = Response::new(body);
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
