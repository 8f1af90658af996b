//! Deliveries on their way to the engine: starts the receiver, and says which links a delivery concerns.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::mpsc;

use super::wire::Setup;
use crate::auth;
use crate::config::{self, Link};
use crate::engine::Handle;
use crate::engine::hint::Hints as Looks;
use crate::hooks::{Hints, Limits, Options, Receiver, start};

/// The file in the state folder with the token of Notion's handshake.
const TOKEN_FILE: &str = "notion-webhook-token";

/// Says something to people; and whether they have to do something.
pub type Say = Arc<dyn Fn(bool, &str) + Send + Sync>;

/// A receiver that listens, until this is dropped, and the way of its hints to the engine.
pub struct Hooked(#[allow(dead_code, reason = "it listens while it is kept")] Receiver);

/// Takes deliveries as configured. What keeps it from that is said; the usual looks go on without it.
pub fn listen(setup: &Setup, handle: &Handle, say: &Say) -> Option<Hooked> {
    let options = options(setup, say)?;
    // One parcel on its way is enough: the receiver gathers while it waits.
    let (sender, mut hints) = mpsc::channel(1);
    let tell = Arc::clone(say);
    let receiver = match start(&options, sender, Box::new(move |text| tell(true, text))) {
        Ok(receiver) => receiver,
        Err(why) => {
            say(
                true,
                &format!("no deliveries are taken: {why}; the usual looks go on"),
            );
            return None;
        }
    };
    let at = receiver.address();
    say(
        false,
        &format!("deliveries are taken at http://{at}/github and /notion"),
    );
    let (links, hinter) = (setup.config.links.clone(), handle.hinter());
    // It ends with the receiver, or with the engine.
    tokio::spawn(async move {
        while let Some(new) = hints.recv().await {
            if !hinter.send(looks(new, &links)).await {
                return;
            }
        }
    });
    Some(Hooked(receiver))
}

fn options(setup: &Setup, say: &Say) -> Option<Options> {
    let wanted = &setup.config.webhooks;
    let listen = wanted.listen?;
    let secret = |variable, key, command: &Option<Vec<String>>| -> Option<SecretString> {
        let found = auth::of_webhooks(variable, (key, command.as_deref()), &setup.env);
        let secret = found.unwrap_or_else(|error| {
            say(true, &format!("deliveries are refused: {error}"));
            None
        })?;
        if let Some(masker) = setup.masker.get() {
            masker.learn(&secret);
        }
        Some(secret)
    };
    Some(Options {
        listen,
        github: secret(
            config::GITHUB_SECRET,
            "github_secret_command",
            &wanted.github_secret_command,
        ),
        notion: secret(
            config::NOTION_TOKEN,
            "notion_token_command",
            &wanted.notion_token_command,
        ),
        token_file: setup.paths.state.join(TOKEN_FILE),
        limits: Limits::default(),
    })
}

/// The same hints, with the links that the places belong to.
fn looks(hints: Hints, links: &[Link]) -> Looks {
    let concerns = |link: &&Link| {
        let is_of = |place: &String| *place == link.database || link.takes(place);
        hints.places.iter().any(is_of)
    };
    let links = links.iter().filter(concerns);
    Looks {
        links: links.map(|link| link.name.clone()).collect(),
        objects: hints.objects,
        all: hints.all,
        heard: hints.heard,
    }
}
