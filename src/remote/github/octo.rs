//! octocrab as the carrier of our requests.
//!
//! octocrab signs a request (only for its own host), and puts it on our `reqwest` client; its retry, redirect and cache
//! layers are not compiled in or not switched on. Its typed calls are not used: one unknown value would fail a whole
//! page. URLs are always absolute here, because octocrab puts the path of its base URI before every URL, which is
//! wrong for GraphQL on an Enterprise server; the origin is checked before. The total time, the body cap and the
//! budget are [`Account`](crate::remote::http::Account)'s.

use futures_util::StreamExt;
use http::Request;
use http_body_util::BodyExt;
use octocrab::Octocrab;
use secrecy::SecretString;
use tokio::sync::OnceCell;
use url::Url;

use crate::remote::RemoteError;
use crate::remote::http::Service;
use crate::remote::http::transport::{Cause, Exchange, Incoming, Transport, bearer};

/// One token's octocrab.
pub(super) struct Octo {
    client: reqwest::Client,
    token: SecretString,
    origin: String,
    // Made at the first call, because octocrab starts a task on the runtime it is made on.
    built: OnceCell<Octocrab>,
}

impl Octo {
    /// A carrier for requests to the origin of `base`.
    pub(super) fn new(
        client: reqwest::Client,
        token: &SecretString,
        base: &Url,
    ) -> Result<Self, RemoteError> {
        // octocrab panics on a token that is no header value.
        bearer(token, Service::Github)?;
        Ok(Self {
            client,
            token: trimmed(token),
            origin: base.origin().ascii_serialization(),
            built: OnceCell::new(),
        })
    }

    fn build(&self) -> Result<Octocrab, octocrab::Error> {
        Octocrab::builder()
            .personal_token(self.token.clone())
            .base_uri(self.origin.as_str())?
            .upload_uri(self.origin.as_str())?
            .build_with_reqwest(self.client.clone())
    }

    async fn exchange(&self, request: Request<Vec<u8>>) -> Result<Incoming, Cause> {
        let octocrab = self
            .built
            .get_or_try_init(|| async { self.build() })
            .await?;
        let (head, body) = octocrab.execute(request).await?.into_parts();
        Ok(Incoming {
            status: head.status.as_u16(),
            headers: head.headers,
            chunks: Box::pin(
                body.into_data_stream()
                    .map(|chunk| chunk.map(|bytes| bytes.to_vec()).map_err(Cause::from)),
            ),
        })
    }
}

fn trimmed(token: &SecretString) -> SecretString {
    use secrecy::ExposeSecret;
    SecretString::from(token.expose_secret().trim().to_owned())
}

impl Transport for Octo {
    fn call(&self, request: Request<Vec<u8>>) -> Exchange<'_> {
        Box::pin(self.exchange(request))
    }
}
