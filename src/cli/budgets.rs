//! The request budgets of the tokens, kept between two processes.
//!
//! The services count by token, not by process: a pass right after another one has to know what that one spent. What
//! was spent is written to the store when a command ends, and every few seconds while one works, so that a killed
//! process is known to the next one as well. Never a commit for each request; but a pause that a service asks for is
//! kept as soon as it is heard, before it is waited out.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::select_all;
use secrecy::SecretString;
use tokio::sync::Notify;

use crate::engine::Event;
use crate::engine::serve::Over;
use crate::remote::http::{Account, Memory, fingerprint};
use crate::store::{Store, StoreError};

/// The least time between two commits while a command works.
const EVERY: Duration = Duration::from_secs(2);

/// The accounts whose budgets are kept, each under a name that does not show its token.
pub struct Budgets {
    accounts: Vec<(String, Account)>,
    /// What was written last, an account each: the same is not written again.
    written: RefCell<Vec<Option<String>>>,
    spent: Rc<Notify>,
    /// Why the store could not be used at the beginning.
    trouble: Option<StoreError>,
    /// The store is away for good: nothing is written at the end.
    is_lost: Cell<bool>,
}

impl Budgets {
    /// The budgets of these accounts, going on where the last process that used the store ended. One that cannot be
    /// read is logged and counts as unused: the services then say themselves when it is too much.
    pub async fn recalled(accounts: [(&Account, &SecretString); 2], store: &impl Store) -> Self {
        let [one, other] = accounts;
        Self::of([recall(one, store).await, recall(other, store).await])
    }

    /// The same where the store cannot be used, and why: each question would wait for it in vain.
    pub fn unrecalled(accounts: [(&Account, &SecretString); 2], trouble: StoreError) -> Self {
        let named = accounts.map(|(account, token)| (name(account, token), account.clone()));
        Self {
            trouble: Some(trouble),
            ..Self::of(named)
        }
    }

    fn of(named: [(String, Account); 2]) -> Self {
        Self {
            accounts: named.into(),
            written: RefCell::new(vec![None; 2]),
            spent: Rc::default(),
            trouble: None,
            is_lost: Cell::new(false),
        }
    }

    /// Why the store could not be used at the beginning, if it could not.
    pub fn trouble(&self) -> Option<StoreError> {
        self.trouble.clone()
    }

    /// Takes in how the loop ended: a store that is away is not asked again at the end.
    pub fn over(&self, over: Over) {
        self.is_lost.set(over == Over::StoreAway);
    }

    /// Whether the loop ended while the store was away.
    pub fn is_lost(&self) -> bool {
        self.is_lost.get()
    }

    /// Writes what is spent, but not to a store that is only looked at: the services then say themselves when it is too
    /// much. A store that refuses is logged: the work itself is done.
    pub async fn save(&self, store: &impl Store) {
        if store.only_looks() {
            return;
        }
        for (at, (name, account)) in self.accounts.iter().enumerate() {
            // Another machine may have been told to pause meanwhile: that is neither written over nor passed by.
            if store.is_shared()
                && let Some(memory) = kept(name, store).await
            {
                account.heed(memory);
            }
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
        if !self.is_lost() {
            self.save(store).await;
        }
        done
    }

    async fn keep(&self, store: &impl Store) {
        tokio::select! {
            () = self.spent.notified() => {}
            () = self.limited() => {}
        }
        self.save(store).await;
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = self.limited() => {}
        }
        // What was sent since, without anything to tell of it.
        self.save(store).await;
    }

    /// Waits until a service asks for a pause.
    async fn limited(&self) {
        let accounts = self.accounts.iter();
        let limited = accounts.map(|(_, account)| Box::pin(account.limited()));
        select_all(limited).await;
    }
}

/// The budget that is kept under a name. One that cannot be read is logged and counts as none.
async fn kept(name: &str, store: &impl Store) -> Option<Memory> {
    let text = match store.setting(name).await {
        Ok(text) => text?,
        Err(error) => {
            tracing::warn!(name, %error, "a budget could not be read");
            return None;
        }
    };
    let memory = serde_json::from_str(&text);
    memory
        .inspect_err(|error| tracing::warn!(name, %error, "a budget could not be read"))
        .ok()
}

/// The setting of an account's budget.
fn name(account: &Account, token: &SecretString) -> String {
    let service = account.service().name().to_lowercase();
    format!("budget/{service}/{}", fingerprint(account.base(), token))
}

/// Lets an account go on where the last process that used the store ended, and names its budget.
pub async fn recall(
    (account, token): (&Account, &SecretString),
    store: &impl Store,
) -> (String, Account) {
    let name = name(account, token);
    if let Some(memory) = kept(&name, store).await {
        account.recall(memory);
    }
    (name, account.clone())
}
