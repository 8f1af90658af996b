//! The receiver itself: HTTP in front, on a thread of its own, so that a flood holds nothing else up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_LENGTH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, serve};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::Options;
use super::desk::{Answer, Desk, Tell};
use super::door::Door;
use super::hints::Hints;

const TOO_LARGE: Answer = (StatusCode::PAYLOAD_TOO_LARGE, "the delivery is too large\n");
const TOO_SLOW: Answer = (StatusCode::REQUEST_TIMEOUT, "the delivery took too long\n");
const CUT: Answer = (StatusCode::BAD_REQUEST, "the delivery was cut\n");
/// How long the thread is waited for at the end.
const LAST: Duration = Duration::from_secs(1);

/// A receiver that listens; it ends when this is dropped.
pub struct Receiver {
    address: SocketAddr,
    desk: Arc<Desk>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How much it remembers: names of deliveries, and things to be looked at.
    pub fn sizes(&self) -> (usize, usize) {
        self.desk.sizes()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It says only that the thread is over.
            let _ = thread.join();
        }
    }
}

/// Begins to listen. What there is to look at comes through `hints`, while it is taken; `tell` hears what people
/// should know.
///
/// # Errors
/// In words, where the address cannot be listened at.
pub fn start(
    options: &Options,
    hints: mpsc::Sender<Hints>,
    tell: Tell,
) -> Result<Receiver, String> {
    let listen = options.listen;
    let cannot = |error: std::io::Error| format!("cannot listen at {listen}: {error}");
    let listener = std::net::TcpListener::bind(listen).map_err(cannot)?;
    listener.set_nonblocking(true).map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(cannot)?;
    let desk = Arc::new(Desk::new(options, tell));
    let (stop, stopped) = oneshot::channel::<()>();
    let at = Arc::clone(&desk);
    let thread = std::thread::Builder::new()
        .name("hooks".to_owned())
        .spawn(move || {
            let work = listen_at(listener, at, hints);
            runtime.block_on(async {
                tokio::select! {
                    () = work => {}
                    // An error is the end of whoever has the other end.
                    _ = stopped => {}
                }
            });
            runtime.shutdown_timeout(LAST);
        })
        .map_err(cannot)?;
    Ok(Receiver {
        address,
        desk,
        stop: Some(stop),
        thread: Some(thread),
    })
}

async fn listen_at(listener: std::net::TcpListener, desk: Arc<Desk>, hints: mpsc::Sender<Hints>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!("the receiver of deliveries ended: {error}"),
    };
    let limits = desk.limits;
    let door = Door::new(listener, limits.connections, limits.connection_time);
    let router = Router::new()
        .route("/github", post(github))
        .route("/notion", post(notion))
        .with_state(Arc::clone(&desk));
    tokio::select! {
        served = async { serve(door, router).await } => {
            if let Err(error) = served {
                tracing::error!("the receiver of deliveries ended: {error}");
            }
        }
        () = hand_on(&desk, &hints) => {}
    }
}

/// Hands on what was gathered, until nobody takes it any more. What comes in meanwhile is gathered, too.
async fn hand_on(desk: &Desk, hints: &mpsc::Sender<Hints>) {
    loop {
        desk.news().await;
        tokio::time::sleep(desk.limits.debounce).await;
        let Ok(place) = hints.reserve().await else {
            return;
        };
        let taken = desk.take();
        if !taken.is_empty() {
            place.send(taken);
        }
    }
}

async fn github(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    answer(match received(&desk, request).await {
        Ok((headers, body)) => desk.github(&headers, &body),
        Err(refused) => refused,
    })
}

async fn notion(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    answer(match received(&desk, request).await {
        Ok((headers, body)) => desk.notion(&headers, &body),
        Err(refused) => refused,
    })
}

/// One request a connection: then nobody holds one that others wait for.
fn answer(answer: Answer) -> Response {
    let close: [(HeaderName, HeaderValue); 1] = [(CONNECTION, HeaderValue::from_static("close"))];
    (answer.0, close, answer.1).into_response()
}

/// The headers and the raw body, within all limits.
async fn received(desk: &Desk, request: Request) -> Result<(HeaderMap, Vec<u8>), Answer> {
    desk.admits()?;
    let (parts, body) = request.into_parts();
    let read = read(desk, &parts.headers, body).await;
    if read.is_err() {
        desk.note_gap();
    }
    Ok((parts.headers, read?))
}

async fn read(desk: &Desk, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Answer> {
    let limits = &desk.limits;
    let told = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|length| length > limits.body) {
        return Err(TOO_LARGE);
    }
    let body = Limited::new(body, limits.body);
    match tokio::time::timeout(limits.body_time, body.collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes().into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(TOO_LARGE),
        Ok(Err(_)) => Err(CUT),
        Err(_) => Err(TOO_SLOW),
    }
}
