//! One token at one service: the only thing that sends requests.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use http::{Method, Request};
use secrecy::SecretString;
use serde_json::Value as Json;
use tokio::sync::Notify;
use url::{Host, Url};

use super::transport::{Chunks, Direct, Transport, classify};
use super::window::{Memory, Rules, Spend, Ticket, Wait, Window};
use super::{Reply, Service, signals};
use crate::core::Time;
use crate::remote::{Budget, RemoteError};

/// The port through which the time comes in.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// Longest body that is read, in bytes.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// How an account behaves.
#[derive(Clone, Debug)]
pub struct AccountConfig {
    /// The service.
    pub service: Service,
    /// Where it is, with any path that its API lives under: `https://api.github.com`, `https://host/api/v3`.
    pub base_url: String,
    /// The longest time from sending to the last byte of the answer.
    pub timeout: Duration,
    /// The longest body that is read, in bytes.
    pub max_body: usize,
    /// A wait of at most this long for the budget is waited out; a longer one is an error.
    pub patience: Duration,
    /// The service's limits.
    pub rules: Rules,
    /// Further paths of the same origin that may be asked (`/api/graphql` beside `/api/v3`).
    pub more_paths: Vec<String>,
}

impl AccountConfig {
    /// GitHub's defaults: 30 s, 10 MiB.
    pub fn github(base_url: impl Into<String>) -> Self {
        Self::new(Service::Github, base_url.into(), 30, Rules::github())
    }

    /// Notion's defaults: 70 s (its own deadline is 55 to 60 s), 10 MiB, 180 requests a minute.
    pub fn notion(base_url: impl Into<String>) -> Self {
        Self::new(Service::Notion, base_url.into(), 70, Rules::notion(180))
    }

    fn new(service: Service, base_url: String, seconds: u64, rules: Rules) -> Self {
        Self {
            service,
            base_url,
            timeout: Duration::from_secs(seconds),
            max_body: MAX_BODY,
            patience: Duration::from_millis(1_500),
            rules,
            more_paths: Vec::new(),
        }
    }
}

/// One request that is about to be made.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The method.
    pub method: Method,
    /// A path under the base URL (`/repos/o/r`), or a whole URL of the same origin below the base URL's path or one
    /// of [`AccountConfig::more_paths`] (a `next` link).
    pub path: String,
    /// Further headers.
    pub headers: Vec<(HeaderName, String)>,
    /// The JSON to send.
    pub body: Option<Json>,
    /// What it takes from the budget.
    pub spend: Spend,
}

impl Ask {
    fn new(method: Method, path: impl Into<String>, body: Option<Json>, spend: Spend) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body,
            spend,
        }
    }

    /// A GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, None, Spend::Read)
    }

    /// A POST that makes something.
    pub fn post(path: impl Into<String>, body: Json) -> Self {
        Self::new(Method::POST, path, Some(body), Spend::Write)
    }

    /// A POST that only asks (a Notion query, a GraphQL query).
    pub fn query(path: impl Into<String>, body: Json) -> Self {
        Self::new(Method::POST, path, Some(body), Spend::Query)
    }

    /// A PATCH.
    pub fn patch(path: impl Into<String>, body: Json) -> Self {
        Self::new(Method::PATCH, path, Some(body), Spend::Write)
    }

    /// A DELETE.
    pub fn delete(path: impl Into<String>, body: Option<Json>) -> Self {
        Self::new(Method::DELETE, path, body, Spend::Write)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

struct Inner {
    config: AccountConfig,
    base: Url,
    transport: Box<dyn Transport>,
    window: Mutex<Window>,
    /// Told of each pause that the service asks for.
    limited: Notify,
    now: Now,
}

/// One token at one service. Clones share the token and its budget, so all links of a token do.
#[derive(Clone)]
pub struct Account {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("service", &self.inner.config.service)
            .field("base", &self.inner.base.as_str())
            .finish_non_exhaustive()
    }
}

impl Account {
    /// An account whose requests go straight through our client with a bearer token.
    ///
    /// # Errors
    /// [`RemoteError::Setup`] for a base URL or a token that cannot be used.
    pub fn new(
        config: AccountConfig,
        client: reqwest::Client,
        token: &SecretString,
        now: Now,
    ) -> Result<Self, RemoteError> {
        let direct = Direct::new(client, token, config.service)?;
        Self::with_transport(config, Box::new(direct), now)
    }

    /// An account on another transport, which has to add the token itself.
    ///
    /// # Errors
    /// [`RemoteError::Setup`] for a base URL that cannot be used.
    pub fn with_transport(
        config: AccountConfig,
        transport: Box<dyn Transport>,
        now: Now,
    ) -> Result<Self, RemoteError> {
        let base = check_base(&config.base_url, config.service)?;
        let window = Mutex::new(Window::new(config.rules.clone()));
        Ok(Self {
            inner: Arc::new(Inner {
                config,
                base,
                transport,
                window,
                limited: Notify::new(),
                now,
            }),
        })
    }

    /// The service.
    pub fn service(&self) -> Service {
        self.inner.config.service
    }

    /// The base URL, without a slash at its end.
    pub fn base(&self) -> &str {
        self.inner.base.as_str().trim_end_matches('/')
    }

    /// Our own clock.
    pub fn now(&self) -> Time {
        (self.inner.now)()
    }

    /// Whether a path or a link is one that would be asked: the same origin, below the base URL's path.
    pub fn allows(&self, link: &str) -> bool {
        self.url(link).is_ok()
    }

    /// What may still be asked.
    pub fn budget(&self) -> Budget {
        self.window().budget(self.now())
    }

    /// What of the budget has to outlive this process.
    pub fn memory(&self) -> Memory {
        self.window().memory(self.now())
    }

    /// Goes on with the budget that an earlier process left.
    pub fn recall(&self, memory: Memory) {
        self.window().recall(memory);
    }

    /// Takes in the pause of a budget that another process with this token keeps meanwhile.
    pub fn heed(&self, memory: Memory) {
        self.window().heed(memory);
    }

    /// Waits until the service asks for a pause; one that it asked for since the last call ends it at once.
    pub async fn limited(&self) {
        self.inner.limited.notified().await;
    }

    /// Makes exactly one request, or none. Any status is an `Ok`, except the services' "too many".
    ///
    /// # Errors
    /// - [`RemoteError::Limited`]: the budget forbids it (nothing was sent), or the service did (nothing was applied).
    /// - [`RemoteError::Denied`]: Notion blocked this integration.
    /// - [`RemoteError::Offline`]: no connection could be made; certainly not sent.
    /// - [`RemoteError::Unclear`]: time ran out after sending, the connection broke, the body was cut or too long; and
    ///   for a link to another origin, which is not followed (nothing was sent).
    pub async fn send(&self, ask: Ask) -> Result<Reply, RemoteError> {
        let url = self.url(&ask.path)?;
        let request = self.request(&ask, &url)?;
        let ticket = self.admit(ask.spend).await?;
        let timeout = self.inner.config.timeout;
        let outcome = match tokio::time::timeout(timeout, self.exchange(request)).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(RemoteError::Unclear(format!(
                "{} did not answer within {} s",
                self.service().name(),
                timeout.as_secs_f32()
            ))),
        };
        let now = self.now();
        match outcome {
            Ok(reply) => self.judge(reply, ticket, now),
            Err(error) => {
                self.window().lost(now, ticket);
                Err(error)
            }
        }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.inner
            .window
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the cost from the budget, waiting out a short wait (the second between two writes, the tail of a window).
    async fn admit(&self, spend: Spend) -> Result<Ticket, RemoteError> {
        let now = self.now();
        let wait = match self.window().admit(now, spend) {
            Ok(ticket) => return Ok(ticket),
            Err(wait) => wait,
        };
        let ms = u64::try_from(wait.until.since(now)).unwrap_or(0);
        if Duration::from_millis(ms) > self.inner.config.patience {
            return Err(limited(wait));
        }
        tokio::time::sleep(Duration::from_millis(ms)).await;
        let now = self.now();
        self.window().admit(now, spend).map_err(limited)
    }

    async fn exchange(&self, request: Request<Vec<u8>>) -> Result<Reply, RemoteError> {
        let service = self.service();
        let incoming = self
            .inner
            .transport
            .call(request)
            .await
            .map_err(|cause| classify(cause.as_ref(), service))?;
        let bytes = self.body(incoming.chunks).await?;
        Ok(Reply {
            service,
            status: incoming.status,
            headers: incoming.headers,
            bytes,
        })
    }

    async fn body(&self, mut chunks: Chunks) -> Result<Vec<u8>, RemoteError> {
        let name = self.service().name();
        let max = self.inner.config.max_body;
        let mut bytes = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|cause| {
                RemoteError::Unclear(format!("{name}'s answer was cut off: {cause}"))
            })?;
            if bytes.len() + chunk.len() > max {
                return Err(RemoteError::Unclear(format!(
                    "{name}'s answer is longer than {max} bytes and was not read"
                )));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn judge(&self, reply: Reply, ticket: Ticket, now: Time) -> Result<Reply, RemoteError> {
        let service = self.service();
        let signals = signals::read(service, reply.status, &reply.headers, &reply.bytes, now);
        let mut window = self.window();
        window.answered(now, ticket, &signals);
        if signals.refusal.is_some() || signals.rest.is_some() {
            self.inner.limited.notify_one();
        }
        if signals.blocked {
            return Err(RemoteError::Denied {
                service: service.name(),
                message: format!("{}; ask Notion's support why", reply.message()),
            });
        }
        if let Some(refusal) = signals.refusal {
            let until = window.pause(now).map_or(now, |wait| wait.until);
            return Err(RemoteError::Limited {
                until,
                reason: refusal.reason,
            });
        }
        Ok(reply)
    }

    /// The absolute URL of a path, or of a link if it stays within the origin and below the base path.
    fn url(&self, path: &str) -> Result<Url, RemoteError> {
        let base = &self.inner.base;
        let whole = if path.starts_with('/') {
            format!("{}{path}", self.base())
        } else {
            path.to_owned()
        };
        let url = Url::parse(&whole).map_err(|cause| {
            RemoteError::Unclear(format!("a link that is no URL ({cause}) was not followed"))
        })?;
        if url.origin() == base.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && self.may_ask(url.path())
        {
            return Ok(url);
        }
        Err(RemoteError::Unclear(format!(
            "{} named a link to another server ({}); it was not followed",
            self.service().name(),
            url.host_str().unwrap_or("?")
        )))
    }

    fn may_ask(&self, path: &str) -> bool {
        let more = self.inner.config.more_paths.iter().map(String::as_str);
        std::iter::once(self.inner.base.path())
            .chain(more)
            .any(|base| within(path, base))
    }

    fn request(&self, ask: &Ask, url: &Url) -> Result<Request<Vec<u8>>, RemoteError> {
        let mut builder = Request::builder()
            .method(ask.method.clone())
            .uri(url.as_str());
        if !has(&ask.headers, &ACCEPT) {
            builder = builder.header(ACCEPT, "application/json");
        }
        for (name, value) in &ask.headers {
            builder = builder.header(name, value);
        }
        let body = match &ask.body {
            Some(json) => {
                builder = builder.header(CONTENT_TYPE, "application/json");
                json.to_string().into_bytes()
            }
            None => Vec::new(),
        };
        builder.body(body).map_err(|cause| {
            RemoteError::Setup(format!(
                "a request to {} could not be built: {cause}",
                self.service().name()
            ))
        })
    }
}

fn has(headers: &[(HeaderName, String)], wanted: &HeaderName) -> bool {
    headers.iter().any(|(name, _)| name == wanted)
}

fn limited(wait: Wait) -> RemoteError {
    RemoteError::Limited {
        until: wait.until,
        reason: wait.reason,
    }
}

fn within(path: &str, base: &str) -> bool {
    let base = base.trim_end_matches('/');
    path.strip_prefix(base)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Checks a base URL: https, or plain http to this machine only, as the token would be readable on the way.
pub fn check_base(raw: &str, service: Service) -> Result<Url, RemoteError> {
    let name = service.name();
    let setup = |what: &str| RemoteError::Setup(format!("the address of {name} ({raw}) {what}"));
    let url = Url::parse(raw.trim_end_matches('/'))
        .map_err(|cause| setup(&format!("is no URL: {cause}")))?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    match url.scheme() {
        _ if !plain => Err(RemoteError::Setup(format!(
            "the address of {name} must hold no user, password, query or fragment"
        ))),
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(setup(
            "would send the token unencrypted; use https (plain http is allowed to this machine only)",
        )),
        _ => Err(setup("must start with https://")),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
