//! What the driver's errors mean for a user: what happened, what the program does, what to do.

use mongodb::error::{Error, ErrorKind, WriteFailure};

use super::address;
use crate::core::schedule::Trouble;
use crate::store::StoreError;

/// A unique index has this value already.
pub(super) const DUPLICATE: i32 = 11_000;

/// The server's codes (`src/mongo/base/error_codes.yml` of the server) that say something to a user.
mod codes {
    pub(super) const UNAUTHORIZED: i32 = 13;
    pub(super) const AUTHENTICATION_FAILED: i32 = 18;
    /// Atlas' own answer, also to a wrong password.
    pub(super) const ATLAS: i32 = 8_000;
    pub(super) const OUT_OF_DISK: i32 = 14_031;
    /// `NotWritablePrimary`, `NotPrimaryNoSecondaryOk`, `NotPrimaryOrSecondary`, `PrimarySteppedDown`,
    /// `ShutdownInProgress`, `InterruptedAtShutdown`, `InterruptedDueToReplStateChange`.
    pub(super) const NO_PRIMARY: [i32; 7] = [10_107, 13_435, 13_436, 189, 91, 11_600, 11_602];
    /// `MaxTimeMSExpired`, `ExceededTimeLimit`.
    pub(super) const TOO_SLOW: [i32; 2] = [50, 262];
    /// `WriteConcernFailed`, `UnsatisfiableWriteConcern`.
    pub(super) const NO_MAJORITY: [i32; 2] = [64, 100];
    /// `IndexOptionsConflict`, `IndexKeySpecsConflict`.
    pub(super) const OTHER_INDEX: [i32; 2] = [85, 86];
    pub(super) const TOO_LARGE: [i32; 3] = [10_334, 17_419, 17_420];
}

/// What is said of a server, and what may not be.
pub(super) struct Teller {
    /// The servers, for people.
    pub(super) name: String,
    pub(super) database: String,
    pub(super) secrets: Vec<String>,
}

impl Teller {
    /// The error as the store's caller sees it.
    pub(super) fn tell(&self, error: &Error) -> StoreError {
        match trouble(error) {
            Trouble::Unreachable => StoreError::Unavailable(self.text(error)),
            trouble => StoreError::Refused(trouble, self.text(error)),
        }
    }

    /// The server did not answer in time.
    pub(super) fn silent(&self, seconds: f64) -> StoreError {
        StoreError::Unavailable(format!(
            "{} did not answer within {seconds} s; nothing is written to either side until it does. Look whether the \
             server hangs or the line to it is slow",
            self.name
        ))
    }

    /// The server answers, and did not end a write in time.
    pub(super) fn stalled(&self, seconds: f64) -> StoreError {
        let text = format!(
            "{} answers no writes: one was not done within {seconds} s, while the server answers what is only asked; \
             nothing is written to either side until it does. Look whether the server is locked for a backup \
             (db.fsyncUnlock() ends that) or its disk hangs",
            self.name
        );
        StoreError::Refused(Trouble::NoWrites, text)
    }

    /// The user may not write, and what asked has to.
    pub(super) fn may_not_write(&self, error: &Error) -> StoreError {
        let Self { name, database, .. } = self;
        let text = format!(
            "{name}: the user may not write to the database {database}, and this needs to; nothing is written to either \
             side. Give the user the role readWrite on {database}, or use another user; the role read is enough for \
             what only looks: the dashboard with --read-only, status, errors, history, plan, conflicts list, doctor ({})",
            self.detail(error)
        );
        StoreError::Refused(Trouble::Right, text)
    }

    fn text(&self, error: &Error) -> String {
        if let Some(code) = code(error)
            && let Some(text) = self.of_code(code, error)
        {
            return text;
        }
        let name = &self.name;
        match &*error.kind {
            ErrorKind::Authentication { .. } => self.refused(&self.detail(error)),
            ErrorKind::ServerSelection { message, .. }
            | ErrorKind::ConnectionPoolCleared { message, .. } => {
                let reason = self.reason(message);
                if is_login(message) {
                    self.refused(&reason)
                } else if let Some(set) = strange_set(message) {
                    self.no_member_of(set)
                } else {
                    self.away(&reason)
                }
            }
            ErrorKind::Io(error) => self.away(&self.short(&error.to_string())),
            ErrorKind::DnsResolve { message, .. } => self.away(&self.short(message)),
            ErrorKind::InvalidTlsConfig { message, .. } => {
                let detail = self.short(message);
                format!("{name}: the TLS settings do not work ({detail}); correct the address")
            }
            ErrorKind::InvalidArgument { message, .. } => {
                format!("{name}: {}; correct the address", self.short(message))
            }
            _ => format!(
                "{name}: {}; nothing is written to either side until it works",
                self.detail(error)
            ),
        }
    }

    fn of_code(&self, code: i32, error: &Error) -> Option<String> {
        let Self { name, database, .. } = self;
        Some(match code {
            codes::AUTHENTICATION_FAILED => self.refused(&self.detail(error)),
            codes::ATLAS if error.to_string().contains("auth") => self.refused(&self.detail(error)),
            codes::UNAUTHORIZED if error.to_string().contains("requires authentication") => {
                format!(
                    "{name} asks for a user name and a password, and the address has none; nothing is written to either \
                 side. Correct MONGODB_URI or `uri` under [store]"
                )
            }
            codes::UNAUTHORIZED => format!(
                "{name}: the user may not do this with the database {database}; nothing is written to either side. \
                 Give the user the role readWrite on {database}, or use another user ({})",
                self.detail(error)
            ),
            codes::OUT_OF_DISK => format!(
                "the disk of {name} is full; nothing is written to either side until there is room"
            ),
            code if codes::NO_PRIMARY.contains(&code) => format!(
                "{name} takes no writes just now: it stops or chooses a new primary; nothing is written to either side \
                 until it has one"
            ),
            code if codes::TOO_SLOW.contains(&code) => format!(
                "{name} did not finish in time; nothing is written to either side until it does. Look whether the server \
                 is overloaded, its disk hangs or it is locked for a backup (db.fsyncUnlock() ends that)"
            ),
            code if codes::NO_MAJORITY.contains(&code) => format!(
                "{name} could not confirm a write: too few members of the replica set answered in time. What was \
                 written is looked at again; nothing is written to either side until it confirms"
            ),
            code if codes::OTHER_INDEX.contains(&code) => format!(
                "{name}: an index in {database} has one of our names but is another ({}). Drop that index; it is made \
                 again at the next start",
                self.detail(error)
            ),
            DUPLICATE => format!(
                "{name}: {database} holds documents that may exist only once ({}). Name another database, or delete \
                 the surplus documents",
                self.detail(error)
            ),
            _ => return None,
        })
    }

    fn away(&self, why: &str) -> String {
        // Certificates are refused while the connection is made, as an error of input and output.
        if why.contains("certificate") {
            return format!(
                "{} shows a certificate that cannot be trusted ({why}); nothing was sent. tlsCAFile in the address \
                 names a certificate of your own",
                self.name
            );
        }
        format!(
            "{} cannot be reached ({why}); nothing is written to either side until it is back. Look whether \
             the server runs and the address is right",
            self.name
        )
    }

    /// Whoever answers there says that it belongs to another replica set, or to none: the driver strikes it off.
    fn no_member_of(&self, set: &str) -> String {
        let set = self.short(set);
        format!(
            "{}: no server there belongs to a replica set called `{set}`, which the address asks for; nothing is written \
             to either side. Correct replicaSet in MONGODB_URI or `uri` under [store]; `rs.conf()._id` on the server is \
             what its set is called",
            self.name
        )
    }

    fn refused(&self, why: &str) -> String {
        format!(
            "{} refused the user name or the password ({why}); nothing is written to either side. Correct MONGODB_URI or \
             `uri` under [store]; authSource names the database that knows the user",
            self.name
        )
    }

    /// The driver's words.
    fn detail(&self, error: &Error) -> String {
        self.short(words(&error.to_string()))
    }

    /// The error at the bottom of the driver's description of the servers.
    fn reason(&self, message: &str) -> String {
        match message.rsplit_once("Error: ") {
            Some((_, rest)) => self.short(words(rest)),
            // Nothing but a picture of the servers: none of them said anything.
            None if message.contains("Topology: ") => "no server answered in time".to_owned(),
            None => self.short(words(message)),
        }
    }

    /// One line of it, without secrets.
    fn short(&self, text: &str) -> String {
        let words: Vec<&str> = text.split_whitespace().collect();
        let line = address::hide(&self.secrets, &words.join(" "));
        if line.chars().count() <= 200 {
            return line;
        }
        line.chars().take(199).chain(['…']).collect()
    }
}

/// The name of a replica set of which no server is left, in the driver's picture of the servers.
fn strange_set(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("Set Name: ")?;
    let end = rest.find([',', ' ', '}'])?;
    let has_servers = rest.contains("Address: ");
    (!has_servers).then_some(&rest[..end])
}

/// How the store cannot be used.
fn trouble(error: &Error) -> Trouble {
    if let Some(code) = code(error) {
        let is_login = || error.to_string().contains("requires authentication");
        return match code {
            codes::AUTHENTICATION_FAILED => Trouble::Login,
            codes::ATLAS if error.to_string().contains("auth") => Trouble::Login,
            codes::UNAUTHORIZED if is_login() => Trouble::Login,
            codes::UNAUTHORIZED => Trouble::Right,
            _ => Trouble::Unreachable,
        };
    }
    match &*error.kind {
        ErrorKind::Authentication { .. } => Trouble::Login,
        ErrorKind::ServerSelection { message, .. }
        | ErrorKind::ConnectionPoolCleared { message, .. }
            if is_login(message) =>
        {
            Trouble::Login
        }
        _ => Trouble::Unreachable,
    }
}

/// Whether the driver's description of the servers says that one refused the login (`SCRAM failure: …`).
fn is_login(message: &str) -> bool {
    [
        "SCRAM failure",
        "Authentication failed",
        "AuthenticationFailed",
    ]
    .iter()
    .any(|word| message.contains(word))
}

/// What a driver's text says to a person: without its inner form, and without the command that failed.
fn words(text: &str) -> &str {
    let text = text.strip_prefix("Kind: ").unwrap_or(text);
    let ends = [
        ", labels: ",
        ", source: ",
        " to execute command {",
        ": Some(Error {",
    ];
    let end = ends.iter().filter_map(|end| text.find(end)).min();
    let text = end.map_or(text, |end| text.get(..end).unwrap_or(text));
    text.trim_end_matches([' ', '}', ']', '>'])
}

/// The server's code of an error, in whichever of its shapes.
pub(super) fn code(error: &Error) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(error) => Some(error.code),
        ErrorKind::Write(WriteFailure::WriteError(error)) => Some(error.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => Some(error.code),
        ErrorKind::InsertMany(error) => match (&error.write_concern_error, &error.write_errors) {
            (Some(error), _) => Some(error.code),
            // Of many the one that is not about a document that is there already.
            (None, Some(errors)) => {
                let other = errors.iter().find(|error| error.code != DUPLICATE);
                other.or(errors.first()).map(|error| error.code)
            }
            (None, None) => None,
        },
        _ => None,
    }
}

/// Whether the user may not do what was asked for. A server that asks for a login says the same to who has none.
pub(super) fn is_unauthorized(error: &Error) -> bool {
    let wants_login = || error.to_string().contains("requires authentication");
    code(error) == Some(codes::UNAUTHORIZED) && !wants_login()
}

/// Whether only documents were refused that are there already.
pub(super) fn is_duplicate(error: &Error) -> bool {
    code(error) == Some(DUPLICATE)
}

/// Whether the document is larger than the server stores.
pub(super) fn is_too_large(error: &Error) -> bool {
    code(error).is_some_and(|code| codes::TOO_LARGE.contains(&code))
}
