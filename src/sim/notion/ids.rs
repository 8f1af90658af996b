//! Identifiers: uuids from a counter, so that the same seed gives the same ids.

use std::fmt;

/// Names a user, page, block, database, data source, option or comment.
///
/// Printed as a dashed uuid; accepted with or without dashes, as Notion does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u128);

impl Id {
    /// Reads an id written with or without dashes; `None` when it is not 32 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let hex: String = text.chars().filter(|c| *c != '-').collect();
        if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(&hex, 16).ok().map(Self)
    }

    /// Finds the id at the end of a Notion URL (`…/p/<id>`, `…/Title-<id>?v=…`, or a bare id).
    pub fn in_url(url: &str) -> Option<Self> {
        let path = url.split(['?', '#']).next()?;
        let last = path.trim_end_matches('/').rsplit(['/', ':']).next()?;
        Self::parse(last).or_else(|| {
            let tail: String = last.chars().filter(|c| *c != '-').collect();
            let start = tail.len().checked_sub(32)?;
            tail.get(start..).and_then(Self::parse)
        })
    }

    /// Writes the id without dashes, as URLs carry it.
    pub fn compact(self) -> String {
        format!("{:032x}", self.0)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = self.compact();
        let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
        for (index, (from, to)) in parts.into_iter().enumerate() {
            if index > 0 {
                out.write_str("-")?;
            }
            out.write_str(&hex[from..to])?;
        }
        Ok(())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Hands out ids in an order fixed by its seed.
#[derive(Clone, Debug)]
pub struct IdSource {
    seed: u64,
    count: u64,
}

impl IdSource {
    /// Starts a sequence.
    pub fn new(seed: u64) -> Self {
        Self { seed, count: 0 }
    }

    /// Gives the next id, shaped like a random (version 4) uuid.
    pub fn fresh(&mut self) -> Id {
        self.count += 1;
        let high = u128::from(mix(self.seed ^ mix(self.count)));
        let low = u128::from(mix(self.seed.rotate_left(17) ^ self.count.rotate_left(32)));
        let raw = (high << 64) | low;
        let version = (raw & !(0xf << 76)) | (0x4 << 76);
        Id((version & !(0b11 << 62)) | (0b10 << 62))
    }

    /// Gives a property id: four characters, some of them percent-encoded, as Notion's are.
    pub fn property(&mut self) -> String {
        const ALPHABET: &[&str] = &[
            "a", "Q", "x", "%3A", "k", "%7B", "Z", "m", "%60", "r", "W", "%5E", "v", "N", "%3F",
            "j", "T", "p", "%7D", "c",
        ];
        self.count += 1;
        let mut bits = mix(self.seed ^ mix(self.count));
        let mut out = String::new();
        for _ in 0..4 {
            let index = usize::try_from(bits % ALPHABET.len() as u64).unwrap_or(0);
            out.push_str(ALPHABET[index]);
            bits /= ALPHABET.len() as u64;
        }
        out
    }
}

/// Spreads the bits of a counter (the finaliser of splitmix64).
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
