//! The names of people: asked once a process for each, and not at all once the integration may not.

use super::{NotionRemote, wire};
use crate::core::Observation;
use crate::remote::http::Ask;
use crate::remote::name_of;

impl NotionRemote {
    /// The name of whoever edited the page last. Notion does not tell who changed which property; when our own write
    /// came last, it does not tell at all.
    pub(super) async fn who_edited(&self, seen: &Observation) -> Option<String> {
        let stamp = seen.stamp.as_ref().filter(|stamp| !stamp.by_us)?;
        let user = stamp.by.as_deref()?;
        if let Some(known) = self.people.borrow().get(user) {
            return known.clone();
        }
        let is_id = user.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        if self.names_denied.get() || !is_id {
            return None;
        }
        let ask = Ask::get(format!("/v1/users/{user}"));
        let exchange = wire::exchange(self.account(), ask).await.ok()?;
        match exchange.reply.status {
            // Without the capability to read users there is no name to be had.
            403 => self.names_denied.set(true),
            404 => self.keep_name(user, None),
            _ => {}
        }
        let name = name_of(exchange.heard(&[]).ok()?.json["name"].as_str()?);
        self.keep_name(user, name.clone());
        name
    }

    fn keep_name(&self, user: &str, name: Option<String>) {
        self.people.borrow_mut().insert(user.to_owned(), name);
    }
}
