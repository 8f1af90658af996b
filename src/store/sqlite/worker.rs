//! The thread that owns the connection, so that waiting for the disk never stops the engine's only thread.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot};

use super::fault::{self, Trouble};
use crate::store::StoreError;

/// How many requests may wait; more callers wait for a place.
const WAITING: usize = 64;

/// The open file, as the thread has it.
pub(super) struct Db {
    pub(super) conn: Connection,
    pub(super) path: PathBuf,
    /// Documents that could not be decoded so far, by table and id.
    pub(super) damaged: Damaged,
    /// Given back after the connection is closed.
    lock: Option<File>,
}

/// Documents that could not be decoded so far: table and id, and what is said about each.
#[derive(Debug, Default)]
pub(super) struct Damaged(pub(super) BTreeMap<(&'static str, String), String>);

impl Damaged {
    /// Decodes a stored document; one that is damaged is remembered and logged once.
    pub(super) fn decode<T: DeserializeOwned>(
        &mut self,
        table: &'static str,
        id: &[u8],
        doc: &[u8],
    ) -> Result<T, StoreError> {
        serde_json::from_slice(doc).map_err(|error| {
            let id = String::from_utf8_lossy(id).into_owned();
            let told = fault::damaged_document(table, &id, &error.to_string());
            if self.0.insert((table, id), told.to_string()).is_none() {
                tracing::error!("{told}");
            }
            told
        })
    }
}

impl Db {
    pub(super) fn new(conn: Connection, path: &Path, lock: Option<File>) -> Self {
        Self {
            conn,
            path: path.to_owned(),
            damaged: Damaged::default(),
            lock,
        }
    }

    /// Closes the connection (which folds the write-ahead log into the file), then gives the lock back.
    fn close(self) {
        if let Err((_, error)) = self.conn.close() {
            tracing::warn!(path = %self.path.display(), %error, "the store did not close cleanly; nothing is lost");
        }
        drop(self.lock);
    }
}

type Job = Box<dyn FnOnce(&mut Db) + Send>;

/// Hands jobs to the thread in the order in which they were asked for. Dropping it finishes those and closes the file.
pub(super) struct Worker {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub(super) fn start(db: Db) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || work(db, waiting))
            .map_err(|error| StoreError::Unavailable(format!("cannot start a thread: {error}")))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Runs a job on the thread. If the caller goes away before the answer, the job is still done or never begun.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Db) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            let result = job(db).map_err(|trouble| trouble.tell(&db.path));
            // The caller may be gone; what was committed stays committed.
            let _ = answer.send(result);
        });
        let jobs = self.jobs.as_ref().ok_or_else(ended)?;
        jobs.send(job).await.map_err(|_closed| ended())?;
        answered.await.map_err(|_closed| ended())?
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's thread broke off; what was committed is safe");
        }
    }
}

fn work(mut db: Db, mut waiting: mpsc::Receiver<Job>) {
    while let Some(job) = waiting.blocking_recv() {
        job(&mut db);
    }
    db.close();
}

fn ended() -> StoreError {
    StoreError::Unavailable("its thread has ended; start the program again".to_owned())
}
