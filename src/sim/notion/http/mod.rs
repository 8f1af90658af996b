//! The HTTP front of the small Notion.
//!
//! Every request goes the same way: the fault rules, the limiter, token and version, then the
//! workspace. The lock is held only while the workspace works, never while something is sent.

mod call;
mod content;
mod faults;
mod pages;
mod routes;
mod service;
mod sources;
mod views;
mod wire;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::{Router, serve as axum_serve};
use chrono::DateTime;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use faults::{FaultKind, Faults, Limiter, Rule};
pub use service::{Counters, Operation, Service};

use call::Raw;
use service::{Act, Answer};
use wire::{CutListener, Scissors};

/// Gives the time in milliseconds since the epoch.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Most bytes read of a request; more than the service takes, so that it can say so itself.
const MOST_READ: usize = 16 * 1024 * 1024;

/// The real clock.
pub fn real_clock() -> Clock {
    Arc::new(|| chrono::Utc::now().timestamp_millis())
}

/// The service shared by the socket and whoever looks.
#[derive(Clone)]
pub struct Shared {
    service: Arc<Mutex<Service>>,
    clock: Clock,
}

impl Shared {
    /// Shares a service that reads this clock.
    pub fn new(service: Service, clock: Clock) -> Self {
        Self {
            service: Arc::new(Mutex::new(service)),
            clock,
        }
    }

    /// Locks the service, to look at it or to change it.
    pub fn lock(&self) -> MutexGuard<'_, Service> {
        // A test that panicked while it looked has not broken the workspace.
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time the service goes by.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    async fn take(&self, cut: Scissors, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MOST_READ).await.unwrap_or_default().to_vec();
        let raw = Raw {
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
        };
        let now = self.now();
        let act = self.lock().handle(now, &raw);
        match act {
            Act::Send(answer) => respond(answer, now),
            Act::SendLater(ms, answer) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                respond(answer, self.now())
            }
            Act::Cut => {
                cut.cut();
                Response::default()
            }
            Act::CutAndApply(ms) => {
                cut.cut();
                let shared = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    let now = shared.now();
                    shared.lock().apply_late(now, &raw);
                });
                Response::default()
            }
        }
    }
}

/// Makes the answer that goes out at `now` by the service's own clock.
fn respond(answer: Answer, now: i64) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let kind = if answer.html {
        "text/html; charset=utf-8"
    } else {
        "application/json; charset=utf-8"
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let name = if answer.html {
        "cf-ray"
    } else {
        "x-notion-request-id"
    };
    if let Ok(value) = HeaderValue::from_str(&answer.request_id) {
        headers.insert(name, value);
    }
    let date = DateTime::from_timestamp_millis(now).unwrap_or_default();
    let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        headers.insert(header::DATE, date);
    }
    if let Some(seconds) = answer.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

async fn entry(
    State(shared): State<Shared>,
    ConnectInfo(cut): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    shared.take(cut, request).await
}

/// A server that runs until this is dropped.
pub struct Running {
    /// Where it listens, for example `http://127.0.0.1:40123`.
    pub url: String,
    /// The service behind it.
    pub shared: Shared,
    stop: Option<oneshot::Sender<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// Serves a workspace on the loopback interface; port 0 takes a free one.
///
/// Fails when the port cannot be bound. Needs a Tokio runtime.
pub async fn serve(port: u16, service: Service, clock: Clock) -> io::Result<Running> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let shared = Shared::new(service, clock);
    let router = Router::new().fallback(entry).with_state(shared.clone());
    let make = router.into_make_service_with_connect_info::<Scissors>();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum_serve(CutListener(listener), make).with_graceful_shutdown(async move {
        let _ = stopped.await;
    });
    tokio::spawn(async move { server.await });
    Ok(Running {
        url,
        shared,
        stop: Some(stop),
    })
}
