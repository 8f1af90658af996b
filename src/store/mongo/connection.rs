//! One client for the store's life: made at the first use, prepared once, every operation bounded in time.

use std::cell::RefCell;
use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::options::{
    Acknowledgment, ClientOptions, FindOneAndUpdateOptions, ReadPreference, ReturnDocument,
    SelectionCriteria, WriteConcern,
};
use mongodb::{Client, Collection, Database};
use secrecy::SecretString;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::address::{self, Address};
use super::documents::SETTINGS;
use super::faults::{self, Teller};
use super::indexes;
use crate::core::Time;
use crate::store::StoreError;
use crate::store::copy::{UNFINISHED, unfinished};

/// The version of the documents' form, and where it is kept: among the settings, as a collection for one word is much.
const FORMAT: u32 = 1;
/// The setting that holds it. No setting of the program begins so.
pub(super) const FORMAT_NAME: &str = "store/format";

/// How long a server may take. A frozen one keeps its connections open, so only a clock notices it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// To open a connection.
    pub connect: Duration,
    /// To find a server that takes writes. A new primary is chosen in about ten seconds; the engine tries again.
    pub select: Duration,
    /// For one operation, from asking to the answer, whatever it waits for.
    pub operation: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            select: Duration::from_secs(3),
            operation: Duration::from_secs(10),
        }
    }
}

/// A store that took a write so recently is not asked whether it does.
const JUST_NOW: Duration = Duration::from_secs(3);

impl Patience {
    /// How long writes are refused at once after one that went unanswered, and how long the server may take to say
    /// that it is there: whoever wants to write much must not wait for each of it.
    fn of_stall(self) -> Duration {
        self.operation / 4
    }

    /// What the server is told, so that it stops working for an answer that nobody waits for.
    pub(super) fn of_server(self) -> Duration {
        self.operation.mul_f32(0.8)
    }
}

/// The way to a server. Nothing is sent before the first use, and nothing but `ready` ever waits for more than one
/// operation.
pub(super) struct Connection {
    pub(super) address: Address,
    pub(super) teller: Teller,
    pub(super) patience: Patience,
    /// Nothing is made or changed.
    pub(super) only_looks: bool,
    /// A copy that is not finished is no obstacle.
    pub(super) takes_halves: bool,
    database: OnceCell<Database>,
    prepared: OnceCell<()>,
    /// Why writes are refused at once, and until when.
    stall: RefCell<Option<(Instant, StoreError)>>,
    /// When a write was answered last.
    wrote: RefCell<Option<Instant>>,
}

impl Connection {
    pub(super) fn new(
        uri: &SecretString,
        database: &str,
        patience: Patience,
    ) -> Result<Self, StoreError> {
        let address = Address::parse(uri)?;
        let teller = Teller {
            name: address.name.clone(),
            database: database.to_owned(),
            secrets: address.secrets.clone(),
        };
        Ok(Self {
            address,
            teller,
            patience,
            only_looks: false,
            takes_halves: false,
            database: OnceCell::new(),
            prepared: OnceCell::new(),
            stall: RefCell::default(),
            wrote: RefCell::default(),
        })
    }

    /// Waits for an answer, no longer than there is patience.
    pub(super) async fn bounded<T>(
        &self,
        operation: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Result<T, StoreError> {
        self.raw(operation)
            .await?
            .map_err(|error| self.teller.tell(&error))
    }

    /// The same, with the driver's error for those who know what it means to them.
    pub(super) async fn raw<T>(
        &self,
        operation: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Result<mongodb::error::Result<T>, StoreError> {
        // On the heap: the driver's futures are large, and are part of every future of the engine.
        let answer = self
            .raw_within(self.patience.operation, Box::pin(operation))
            .await;
        // Questions may wait behind the writes that a locked server lets wait.
        let stall = self.stall.borrow();
        match (answer, &*stall) {
            (Err(_silent), Some((_, stalled))) => Err(stalled.clone()),
            (answer, _) => answer,
        }
    }

    async fn raw_within<T>(
        &self,
        patience: Duration,
        operation: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Result<mongodb::error::Result<T>, StoreError> {
        let late = tokio::time::timeout(patience, operation);
        late.await
            .map_err(|_elapsed| self.teller.silent(patience.as_secs_f64()))
    }

    /// The same as `bounded` for what changes something.
    pub(super) async fn write<T>(
        &self,
        operation: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Result<T, StoreError> {
        self.raw_write(operation)
            .await?
            .map_err(|error| self.teller.tell(&error))
    }

    /// The same as `raw` for what changes something. A server may answer questions and no writes (locked for a backup,
    /// a disk that hangs): that is told as what it is, and for a moment no other write waits as long.
    pub(super) async fn raw_write<T>(
        &self,
        operation: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Result<mongodb::error::Result<T>, StoreError> {
        self.write_within(self.patience.operation, Box::pin(operation))
            .await
    }

    async fn write_within<T>(
        &self,
        patience: Duration,
        operation: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Result<mongodb::error::Result<T>, StoreError> {
        if let Some(stalled) = self.stalled() {
            return Err(stalled);
        }
        let told = match self.raw_within(patience, operation).await {
            Ok(Err(error)) if faults::is_unauthorized(&error) => {
                self.keep_stall(self.teller.may_not_write(&error));
                return Ok(Err(error));
            }
            Ok(answer) => {
                *self.stall.borrow_mut() = None;
                *self.wrote.borrow_mut() = Some(Instant::now());
                return Ok(answer);
            }
            Err(told) => told,
        };
        if !self.is_there().await {
            return Err(told);
        }
        let stalled = self.teller.stalled(patience.as_secs_f64());
        self.keep_stall(stalled.clone());
        Err(stalled)
    }

    fn keep_stall(&self, error: StoreError) {
        let until = Instant::now() + self.patience.of_stall();
        *self.stall.borrow_mut() = Some((until, error));
    }

    /// Whether the server answers at all.
    async fn is_there(&self) -> bool {
        let Ok(database) = self.database().await else {
            return false;
        };
        let hello = Box::pin(async { database.run_command(doc! { "hello": 1 }).await });
        let answer = tokio::time::timeout(self.patience.of_stall(), hello).await;
        answer.is_ok_and(|answer| answer.is_ok())
    }

    /// Why a write would be refused at once.
    pub(super) fn stalled(&self) -> Option<StoreError> {
        let stall = self.stall.borrow();
        let (until, error) = stall.as_ref()?;
        (Instant::now() < *until).then(|| error.clone())
    }

    /// Asks for a write that changes nothing, unless one was answered just now. It is waited for a little less than for
    /// others: nobody's work depends on it, and a person should soon know.
    pub(super) async fn takes_writes(&self) -> Result<(), StoreError> {
        let wrote = *self.wrote.borrow();
        let is_known = self.stall.borrow().is_some();
        if !is_known && wrote.is_some_and(|at| at.elapsed() < JUST_NOW) {
            return Ok(());
        }
        let settings = self.collection(SETTINGS).await?;
        let change = doc! { "$set": { "value": FORMAT.to_string() } };
        let asked = async {
            settings
                .update_one(doc! { "_id": FORMAT_NAME }, change)
                .await
        };
        let patience = self.patience.of_server();
        let answer = self.write_within(patience, Box::pin(asked)).await?;
        let answer = answer.map_err(|error| self.teller.tell(&error));
        answer.map(drop)
    }

    /// A collection of the prepared database.
    pub(super) async fn collection(&self, name: &str) -> Result<Collection<Document>, StoreError> {
        Ok(self.prepared_database().await?.collection(name))
    }

    /// The prepared database.
    pub(super) async fn prepared_database(&self) -> Result<Database, StoreError> {
        self.prepared.get_or_try_init(|| self.prepare()).await?;
        self.database().await.cloned()
    }

    /// The clock of the server that takes the writes.
    pub(super) async fn server_time(&self) -> Result<Time, StoreError> {
        let database = self.prepared_database().await?;
        let hello = self.bounded(async { database.run_command(doc! { "hello": 1 }).await });
        let hello = hello.await?;
        let time = hello.get_datetime("localTime");
        time.map(|time| Time(time.timestamp_millis()))
            .map_err(|_missing| {
                let name = &self.teller.name;
                StoreError::Unavailable(format!("{name} does not say what time it has"))
            })
    }

    /// The database, whose indexes may not be made yet.
    pub(super) async fn database(&self) -> Result<&Database, StoreError> {
        self.database.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Database, StoreError> {
        // Asks the name service for the servers behind `mongodb+srv`.
        let parsed = self.bounded(async { ClientOptions::parse(self.address.uri.clone()).await });
        let mut options = parsed.await?;
        options.app_name = Some("pulse-sync".to_owned());
        options.connect_timeout = Some(self.patience.connect);
        options.server_selection_timeout = Some(self.patience.select);
        options.retry_reads = Some(true);
        options.retry_writes = Some(true);
        options.selection_criteria =
            Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
        // What was answered survives the loss of a server and a power cut.
        let concern = WriteConcern::builder()
            .w(Acknowledgment::Majority)
            .journal(true)
            .w_timeout(self.patience.of_server())
            .build();
        options.write_concern = Some(concern);
        let client = Client::with_options(options).map_err(|error| self.teller.tell(&error))?;
        Ok(client.database(&self.teller.database))
    }

    /// Looks who answers, and makes the indexes, unless this is for one who only looks.
    async fn prepare(&self) -> Result<(), StoreError> {
        let database = self.database().await?;
        let hello = self.bounded(async { database.run_command(doc! { "hello": 1 }).await });
        self.refuse_far(&hello.await?)?;
        if self.only_looks {
            self.look_at_format(database).await?;
            return self.refuse_half(database).await;
        }
        self.refuse_half(database).await?;
        self.check_format(database).await?;
        for (collection, indexes) in indexes::all() {
            let collection = database.collection::<Document>(collection);
            let time = self.patience.of_server();
            self.write(async { collection.create_indexes(indexes).max_time(time).await })
                .await?;
        }
        Ok(())
    }

    /// A copy that is not finished looks like a store and lacks what is still to come; and what is written there is
    /// lost when it is finished.
    async fn refuse_half(&self, database: &Database) -> Result<(), StoreError> {
        if self.takes_halves {
            return Ok(());
        }
        let settings = database.collection::<Document>(SETTINGS);
        let time = self.patience.of_server();
        let mark = doc! { "_id": UNFINISHED };
        let found = self.bounded(async { settings.find_one(mark).max_time(time).await });
        if found.await?.is_none() {
            return Ok(());
        }
        let Teller { name, database, .. } = &self.teller;
        Err(unfinished(&format!("the database {database} on {name}")))
    }

    /// A server on this machine may name members of its replica set elsewhere, to which the driver would go without
    /// TLS.
    fn refuse_far(&self, hello: &Document) -> Result<(), StoreError> {
        let Some(host) = self.far_member(hello) else {
            return Ok(());
        };
        Err(StoreError::Unavailable(format!(
            "{} belongs to a replica set with {host}, which is not this machine, and the address asks for no TLS. Add \
             tls=true to the address, or directConnection=true to use this server alone",
            self.teller.name
        )))
    }

    /// A member elsewhere to which the driver would go without TLS.
    pub(super) fn far_member(&self, hello: &Document) -> Option<String> {
        let safe = matches!(
            &self.address.uri.tls,
            Some(mongodb::options::Tls::Enabled(_))
        ) || matches!(
            &self.address.uri.host_info,
            mongodb::options::HostInfo::DnsRecord(_)
        );
        let direct = self.address.uri.direct_connection == Some(true);
        let hosts = hello.get_array("hosts").cloned().unwrap_or_default();
        let far = hosts
            .iter()
            .filter_map(|host| host.as_str())
            .find(|host| !host.parse().is_ok_and(|host| address::is_here(&host)));
        far.filter(|_| !safe && !direct).map(str::to_owned)
    }

    /// Says which form the documents have, or learns it. A user who may only read is refused here.
    async fn check_format(&self, database: &Database) -> Result<(), StoreError> {
        let options = FindOneAndUpdateOptions::builder()
            .upsert(true)
            .return_document(ReturnDocument::After)
            .max_time(self.patience.of_server())
            .build();
        let settings = database.collection::<Document>(SETTINGS);
        let first = doc! { "$setOnInsert": { "value": FORMAT.to_string() } };
        let name = doc! { "_id": FORMAT_NAME };
        let mut kept = None;
        while kept.is_none() {
            let write = settings
                .find_one_and_update(name.clone(), first.clone())
                .with_options(options.clone());
            kept = match self.raw_write(async { write.await }).await? {
                // Another that starts made it at the same moment.
                Err(error) if faults::is_duplicate(&error) => None,
                Err(error) if faults::is_unauthorized(&error) => {
                    return Err(self.teller.may_not_write(&error));
                }
                answer => answer.map_err(|error| self.teller.tell(&error))?,
            };
        }
        self.of_format(kept.as_ref())
    }

    /// The same for one who only looks: a database without a format has nothing of ours yet.
    async fn look_at_format(&self, database: &Database) -> Result<(), StoreError> {
        let settings = database.collection::<Document>(SETTINGS);
        let time = self.patience.of_server();
        let name = doc! { "_id": FORMAT_NAME };
        let kept = self.bounded(async { settings.find_one(name).max_time(time).await });
        match kept.await? {
            None => Ok(()),
            kept => self.of_format(kept.as_ref()),
        }
    }

    fn of_format(&self, kept: Option<&Document>) -> Result<(), StoreError> {
        let value = kept.and_then(|kept| kept.get_str("value").ok());
        match value.and_then(|value| value.parse::<u32>().ok()) {
            Some(version) if version <= FORMAT => Ok(()),
            _ => Err(StoreError::Damaged(format!(
                "the database {} on {} was written by a newer pulse-sync or is not its: its format is {}, this program \
                 knows {FORMAT}. Nothing was changed. Use the newer program, or name another database",
                self.teller.database,
                self.teller.name,
                value.unwrap_or("unknown")
            ))),
        }
    }
}
