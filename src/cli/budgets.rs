//! The request budgets of the tokens, kept between two processes.
//!
//! The services count by token, not by process: a pass right after another one has to know what that one spent. What
//! was spent is written to the store when a command ends, and every few seconds while one works, so that a killed
//! process is known to the next one as well. Never a commit for each request.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::Notify;

use crate::engine::Event;
use crate::remote::http::{Account, fingerprint};
use crate::store::Store;

/// The least time between two commits while a command works.
const EVERY: Duration = Duration::from_secs(2);

/// The accounts whose budgets are kept, each under a name that does not show its token.
pub struct Budgets {
    accounts: Vec<(String, Account)>,
    /// What was written last, an account each: the same is not written again.
    written: RefCell<Vec<Option<String>>>,
    spent: Rc<Notify>,
}

impl Budgets {
    /// The budgets of these accounts, going on where the last process that used the store ended. One that cannot be
    /// read is logged and counts as unused: the services then say themselves when it is too much.
    pub async fn recalled(accounts: [(&Account, &SecretString); 2], store: &impl Store) -> Self {
        let [one, other] = accounts;
        let named = [recall(one, store).await, recall(other, store).await];
        Self {
            accounts: named.into(),
            written: RefCell::new(vec![None; 2]),
            spent: Rc::default(),
        }
    }

    /// Writes what is spent. A store that refuses is logged: the work itself is done.
    pub async fn save(&self, store: &impl Store) {
        for (at, (name, account)) in self.accounts.iter().enumerate() {
            let text = match serde_json::to_string(&account.memory()) {
                Ok(text) => text,
                Err(error) => {
                    tracing::warn!(name, %error, "a budget could not be written");
                    continue;
                }
            };
            if self.written.borrow()[at].as_ref() == Some(&text) {
                continue;
            }
            match store.put_setting(name, Some(&text)).await {
                Ok(()) => self.written.borrow_mut()[at] = Some(text),
                Err(error) => {
                    // The next one would only wait as long.
                    tracing::warn!(name, %error, "a budget could not be written");
                    return;
                }
            }
        }
    }

    /// A sink that notes when something was sent, in front of another one.
    pub fn watch(&self, sink: Box<dyn Fn(Event)>) -> Box<dyn Fn(Event)> {
        let spent = Rc::clone(&self.spent);
        Box::new(move |event| {
            spent.notify_one();
            sink(event);
        })
    }

    /// Does some work and writes what it spends: now and then meanwhile, and at its end. Nothing wakes it while the
    /// work is quiet.
    pub async fn during<T>(
        &self,
        store: &impl Store,
        mut work: impl Future<Output = T> + Unpin,
    ) -> T {
        let done = loop {
            tokio::select! {
                biased;
                done = &mut work => break done,
                () = self.keep(store) => {}
            }
        };
        self.save(store).await;
        done
    }

    async fn keep(&self, store: &impl Store) {
        self.spent.notified().await;
        self.save(store).await;
        tokio::time::sleep(EVERY).await;
        // What was sent since, without anything to tell of it.
        self.save(store).await;
    }
}

/// Lets an account go on where the last process that used the store ended, and names its budget.
pub async fn recall(
    (account, token): (&Account, &SecretString),
    store: &impl Store,
) -> (String, Account) {
    let service = account.service().name().to_lowercase();
    let name = format!("budget/{service}/{}", fingerprint(account.base(), token));
    match store.setting(&name).await {
        Ok(None) => {}
        Ok(Some(text)) => match serde_json::from_str(&text) {
            Ok(memory) => account.recall(memory),
            Err(error) => tracing::warn!(name, %error, "a budget could not be read"),
        },
        Err(error) => tracing::warn!(name, %error, "a budget could not be read"),
    }
    (name, account.clone())
}
