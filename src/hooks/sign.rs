//! Signatures: HMAC-SHA256 over the raw body, in hexadecimal digits behind `sha256=`, as both services send them
//! (GitHub: `X-Hub-Signature-256`; Notion: `X-Notion-Signature`).

use ring::hmac::{HMAC_SHA256, Key, verify};
use secrecy::{ExposeSecret, SecretString};

/// What stands before the digits.
const PREFIX: &str = "sha256=";

/// A signature: 32 bytes.
pub(super) type Tag = [u8; 32];

/// Checks the signatures of one service. Its `Debug` shows no secret.
#[derive(Debug)]
pub(super) struct Signer(Key);

impl Signer {
    pub(super) fn new(secret: &SecretString) -> Self {
        Self(Key::new(HMAC_SHA256, secret.expose_secret().as_bytes()))
    }

    /// The signature, if it is one of this body. The comparison takes the same time wherever the two differ.
    pub(super) fn verified(&self, header: Option<&[u8]>, body: &[u8]) -> Option<Tag> {
        let tag = decoded(header?)?;
        verify(&self.0, body, &tag).is_ok().then_some(tag)
    }
}

/// The bytes of a header; none where it is not exactly one signature.
fn decoded(header: &[u8]) -> Option<Tag> {
    let digits = header.strip_prefix(PREFIX.as_bytes())?;
    let mut tag = Tag::default();
    if digits.len() != tag.len() * 2 {
        return None;
    }
    for (byte, pair) in tag.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(tag)
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GitHub's own example ("Validating webhook deliveries").
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const SIGNED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn the_example_of_github_is_right_and_nothing_near_it() {
        let signer = Signer::new(&SecretString::from(SECRET));
        let is_right = |header: &[u8], body: &[u8]| signer.verified(Some(header), body).is_some();
        assert!(is_right(SIGNED.as_bytes(), BODY));
        assert!(is_right(
            SIGNED.to_uppercase().replace("SHA", "sha").as_bytes(),
            BODY
        ));
        assert!(!is_right(SIGNED.as_bytes(), b"Hello, World?"));
        for at in 0..SIGNED.len() {
            let mut near = SIGNED.as_bytes().to_vec();
            near[at] ^= 1;
            assert!(!is_right(&near, BODY), "bit flipped at {at}");
            assert!(!is_right(&SIGNED.as_bytes()[..at], BODY), "cut at {at}");
        }
        for bad in ["", "sha256=", "sha1=757107ea", "sha256=zz", "sha256=é"] {
            assert!(!is_right(bad.as_bytes(), BODY), "{bad}");
        }
        assert!(!is_right(format!("{SIGNED}00").as_bytes(), BODY));
        assert!(signer.verified(None, BODY).is_none());
    }
}
