//! One Notion database is kept by one link: two would answer each other's words on every page, and make two issues of
//! a new one.
//!
//! The configuration refuses two links that name a database alike. That one names the database and the other its data
//! source shows once both are opened: whoever opens it first keeps it, by a setting of the store, until its link names
//! another one.

use serde::{Deserialize, Serialize};

use super::Clock;
use super::run::{Flow, Run, lease_name};
use crate::core::Side;
use crate::remote::{Remote, RemoteError};
use crate::store::Store;

/// How often a claim is tried again when somebody else makes one at the same time.
const TRIES: usize = 5;

/// Who keeps a database, and what its configuration calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The link.
    pub link: String,
    /// The id in its configuration.
    pub named: String,
}

/// The setting that keeps which link a data source belongs to.
pub fn setting(source: &str) -> String {
    format!("keeper/{source}")
}

/// Says of two links that are set to one database what is done about it, and what a person can do.
pub fn refusal(keeper: &Claim, other: &Claim, source: &str) -> String {
    let (first, second) = (&keeper.link, &other.link);
    format!(
        "the links `{first}` and `{second}` are set to one Notion database ({} and {} both mean the data source {source}): \
         each would write its own words on every page, and a new page would become two issues. `{second}` is not run, and \
         nothing of it is written; give it a database of its own, or list all repositories in the link `{first}`",
        keeper.named, other.named
    )
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Makes sure that no other link keeps the database of this one, before anything of it is changed.
    pub(super) async fn claim_database(&mut self, memo: Option<&str>) -> Flow<()> {
        let source = match self.link.notion.source(memo).await {
            Ok(Some(source)) => source,
            Ok(None) => return Ok(()),
            Err(error) => return Err(self.side_failed(Side::Notion, &error).await),
        };
        let (name, own) = (setting(&source), self.own_claim());
        for _ in 0..TRIES {
            let stored = self.engine.store.setting(&name).await?;
            let claim = stored.as_deref();
            let claim = claim.and_then(|text| serde_json::from_str::<Claim>(text).ok());
            if claim.as_ref() == Some(&own) {
                return Ok(());
            }
            if let Some(claim) = &claim
                && claim.link != own.link
                && self.is_kept(claim).await?
            {
                let error = RemoteError::Setup(refusal(claim, &own, &source));
                return Err(self.side_failed(Side::Notion, &error).await);
            }
            let text = serde_json::to_string(&own).unwrap_or_default();
            let store = &self.engine.store;
            if self.ask.dry || store.swap_setting(&name, stored.as_deref(), &text).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn own_claim(&self) -> Claim {
        Claim {
            link: self.link.spec.name.clone(),
            named: self.link.spec.databases.own.clone(),
        }
    }

    /// Whether a claim still stands: of a link of the same configuration while it names the same database, of any other
    /// one while somebody runs it. The link may have another name by now, or be gone.
    async fn is_kept(&self, claim: &Claim) -> Flow<bool> {
        if let Some(named) = self.link.spec.databases.others.get(&claim.link) {
            return Ok(*named == claim.named);
        }
        let lease = lease_name(&claim.link);
        let held = self.engine.store.leased(&lease, self.now()).await?;
        Ok(held.is_some_and(|lease| lease.holder != self.engine.holder))
    }
}
