//! What carries an account's bytes: our client directly, or octocrab on top of it.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request};
use secrecy::{ExposeSecret, SecretString};

use super::Service;
use crate::remote::RemoteError;

/// Any cause.
pub type Cause = Box<dyn Error + Send + Sync>;
/// The body of an answer, piece by piece, already unpacked.
pub type Chunks = Pin<Box<dyn Stream<Item = Result<Vec<u8>, Cause>> + Send>>;
/// The future of one exchange.
pub type Exchange<'a> = Pin<Box<dyn Future<Output = Result<Incoming, Cause>> + Send + 'a>>;

/// An answer whose body is still on its way.
pub struct Incoming {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub chunks: Chunks,
}

/// Sends one request, adds the token, follows nothing and repeats nothing.
pub trait Transport: Send + Sync {
    /// Sends `request`, whose URL is absolute and was checked to be of the account's origin.
    fn call(&self, request: Request<Vec<u8>>) -> Exchange<'_>;
}

/// Our client, with a bearer token.
pub struct Direct {
    client: reqwest::Client,
    bearer: HeaderValue,
}

impl Direct {
    /// A transport for one token.
    ///
    /// # Errors
    /// [`RemoteError::Setup`] when the token holds characters that no header may hold.
    pub fn new(
        client: reqwest::Client,
        token: &SecretString,
        service: Service,
    ) -> Result<Self, RemoteError> {
        Ok(Self {
            client,
            bearer: bearer(token, service)?,
        })
    }
}

/// The `Authorization` value of a token, marked so that no log shows it.
pub fn bearer(token: &SecretString, service: Service) -> Result<HeaderValue, RemoteError> {
    let token = token.expose_secret().trim();
    let usable = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let value = usable.then(|| HeaderValue::from_str(&format!("Bearer {token}")).ok());
    let mut value = value.flatten().ok_or_else(|| {
        RemoteError::Setup(format!(
            "the {} token is empty or holds spaces or unusual characters; copy it again",
            service.name()
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

impl Transport for Direct {
    fn call(&self, mut request: Request<Vec<u8>>) -> Exchange<'_> {
        request
            .headers_mut()
            .insert(AUTHORIZATION, self.bearer.clone());
        Box::pin(async move {
            let request = reqwest::Request::try_from(request)?;
            let response = self.client.execute(request).await?;
            Ok(Incoming {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                chunks: Box::pin(
                    response
                        .bytes_stream()
                        .map(|chunk| chunk.map(|bytes| bytes.to_vec()).map_err(Cause::from)),
                ),
            })
        })
    }
}

/// Says what a failed exchange means: no connection was ever made, or the request may have arrived.
pub fn classify(cause: &(dyn Error + 'static), service: Service) -> RemoteError {
    let mut deepest = cause;
    let mut unconnected = false;
    loop {
        if let Some(error) = deepest.downcast_ref::<reqwest::Error>() {
            unconnected |= error.is_connect() || error.is_builder();
        }
        match deepest.source() {
            Some(next) => deepest = next,
            None => break,
        }
    }
    if unconnected {
        RemoteError::Offline {
            service: service.name(),
            message: deepest.to_string(),
        }
    } else {
        RemoteError::Unclear(format!(
            "the connection to {} broke: {deepest}",
            service.name()
        ))
    }
}
