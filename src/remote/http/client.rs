//! The one `reqwest` client.

use std::sync::{Arc, Once};
use std::time::Duration;

use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};

use crate::remote::RemoteError;

/// How we name ourselves to the services (octocrab adds its own name to GitHub requests instead).
const USER_AGENT: &str = concat!("pulse-sync/", env!("CARGO_PKG_VERSION"));

/// Builds the client that all accounts share: one pool, one proxy setting, one TLS configuration.
///
/// Redirects are never followed (a moved issue must be seen as moved, and a token must not travel), and nothing is
/// repeated. Where the machine has no CA certificates the roots that are compiled in are used.
///
/// # Errors
/// [`RemoteError::Setup`] when no TLS client can be made at all.
pub fn build_client(connect_timeout: Duration) -> Result<reqwest::Client, RemoteError> {
    install_crypto();
    match base(connect_timeout).build() {
        Ok(client) => Ok(client),
        Err(cause) => {
            tracing::info!(%cause, "no usable system certificates; using the compiled-in roots");
            base(connect_timeout)
                .tls_backend_preconfigured(compiled_in_roots()?)
                .build()
                .map_err(|cause| {
                    RemoteError::Setup(format!("no HTTPS client could be made: {cause}"))
                })
        }
    }
}

/// Installs ring as the process's crypto provider, once; a provider that is already there stays.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if rustls::crypto::ring::default_provider()
            .install_default()
            .is_err()
        {
            tracing::debug!("a crypto provider was already installed");
        }
    });
}

/// Names a token at a service in what is stored, without saying anything about it: 64 bits of a SHA-256.
pub fn fingerprint(base_url: &str, token: &SecretString) -> String {
    use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256 as SUITE;
    let text = format!(
        "pulse-sync\n{}\n{}",
        base_url.trim_end_matches('/'),
        token.expose_secret().trim()
    );
    let Some(suite) = SUITE.tls13() else {
        return String::new();
    };
    let hash = suite.common.hash_provider.hash(text.as_bytes());
    let short = hash.as_ref().iter().take(8);
    short.fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn base(connect_timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(connect_timeout)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
}

fn compiled_in_roots() -> Result<rustls::ClientConfig, RemoteError> {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| RemoteError::Setup(format!("TLS cannot be set up: {cause}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_in_roots_make_a_client() {
        install_crypto();
        let config = compiled_in_roots().unwrap();
        assert!(
            base(Duration::from_secs(1))
                .tls_backend_preconfigured(config)
                .build()
                .is_ok()
        );
    }
}
