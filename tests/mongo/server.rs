//! Starts a real `MongoDB` server for tests, breaks it, and takes care that nothing of it is left behind.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::options::ClientOptions;
use mongodb::{Client, error::Result};

/// The password of `root` where there are users. A sign in it has to be encoded in an address.
const PASSWORD: &str = "r00t:p@ss";
const PASSWORD_IN_ADDRESS: &str = "r00t%3Ap%40ss";

/// How a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Standalone,
    Replica,
    Auth,
    ReplicaAuth,
}

impl Mode {
    pub const fn is_replica(self) -> bool {
        matches!(self, Self::Replica | Self::ReplicaAuth)
    }

    pub const fn has_users(self) -> bool {
        matches!(self, Self::Auth | Self::ReplicaAuth)
    }
}

/// Starts the server in the background and tells its number. When the test process is gone, however it ended, its end
/// of the pipe is closed: then the server is killed and its folder removed.
const WATCHDOG: &str = r#"trap '' INT TERM HUP
"$@" >/dev/null 2>&1 &
child=$!
echo "$child"
read -r word
kill -9 "$child" 2>/dev/null
wait "$child" 2>/dev/null
[ "$word" = keep ] || rm -rf "$FOLDER""#;

/// A running server. Dropping it kills it and removes its folder.
pub struct Server {
    pub mode: Mode,
    pub port: u16,
    folder: PathBuf,
    options: Vec<String>,
    pid: u32,
    watchdog: Child,
    pipe: Option<ChildStdin>,
}

/// Where the server's program should be.
fn place() -> PathBuf {
    let named = std::env::var_os("PULSE_SYNC_MONGOD").map(PathBuf::from);
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/mongod/mongod");
    named.unwrap_or(installed)
}

/// Whether there is a server to start.
pub fn is_installed() -> bool {
    place().is_file()
}

/// Where the server's program is.
fn program() -> PathBuf {
    let path = place();
    assert!(
        path.is_file(),
        "there is no MongoDB server at {}: run the tests with ./tests/run, which installs one, or name a `mongod` of \
         version 6 or later in PULSE_SYNC_MONGOD",
        path.display()
    );
    path
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Server {
    /// Starts a server and waits until it takes writes.
    pub async fn start(mode: Mode) -> Self {
        Self::start_with(mode, &[]).await
    }

    /// The same, with more options on its command line.
    pub async fn start_with(mode: Mode, options: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mongod-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let options: Vec<_> = options.iter().map(|&option| option.to_owned()).collect();
        // Another program may take the port before the server does.
        for _ in 0..5 {
            let port = free_port();
            let (watchdog, pipe, pid) = launch(mode, port, &folder, &options);
            let server = Self {
                mode,
                port,
                folder: folder.clone(),
                options: options.clone(),
                pid,
                watchdog,
                pipe: Some(pipe),
            };
            if server.answers().await {
                server.set_up().await;
                return server;
            }
        }
        panic!(
            "mongod does not start; its log:\n{}",
            fs::read_to_string(folder.join("log")).unwrap_or_default()
        );
    }

    /// Its address for the store.
    pub fn uri(&self) -> String {
        let login = format!("root:{PASSWORD_IN_ADDRESS}@");
        self.uri_as(if self.mode.has_users() { &login } else { "" })
    }

    /// Its address with another `user:password@`.
    pub fn uri_as(&self, login: &str) -> String {
        let set = if self.mode.is_replica() {
            "?replicaSet=rs0"
        } else {
            ""
        };
        format!("mongodb://{login}127.0.0.1:{}/{set}", self.port)
    }

    /// A client of its own runtime, as the one who may do everything.
    pub async fn client(&self) -> Client {
        client(&self.uri(), Duration::from_secs(20)).await
    }

    /// Runs a command against `admin`, directly on this server.
    pub async fn command(&self, command: Document) -> Result<Document> {
        let uri = self
            .uri()
            .replace("?replicaSet=rs0", "?directConnection=true");
        let client = client(&uri, Duration::from_secs(5)).await;
        client.database("admin").run_command(command).await
    }

    fn direct(&self) -> String {
        format!("mongodb://127.0.0.1:{}/?directConnection=true", self.port)
    }

    /// Whether it answers; false when it ended instead.
    async fn answers(&self) -> bool {
        let client = client(&self.direct(), Duration::from_millis(500)).await;
        for _ in 0..200 {
            let ping = client
                .database("admin")
                .run_command(doc! { "ping": 1 })
                .await;
            if ping.is_ok() {
                return true;
            }
            if !self.is_alive() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    async fn set_up(&self) {
        let client = client(&self.direct(), Duration::from_secs(20)).await;
        let admin = client.database("admin");
        if self.mode.is_replica() {
            let member = doc! { "_id": 0, "host": format!("127.0.0.1:{}", self.port) };
            let set = doc! { "_id": "rs0", "members": [member] };
            admin
                .run_command(doc! { "replSetInitiate": set })
                .await
                .unwrap();
            self.wait_for_primary().await;
        }
        if self.mode.has_users() {
            let user = doc! { "createUser": "root", "pwd": PASSWORD, "roles": ["root"] };
            admin.run_command(user).await.unwrap();
        }
    }

    /// Waits until it takes writes.
    pub async fn wait_for_primary(&self) {
        let client = client(&self.direct(), Duration::from_secs(20)).await;
        for _ in 0..600 {
            let hello = client
                .database("admin")
                .run_command(doc! { "hello": 1 })
                .await;
            if hello.is_ok_and(|hello| hello.get_bool("isWritablePrimary").unwrap_or(false)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("mongod does not take writes");
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([name, &self.pid.to_string()])
            .status();
        assert!(status.unwrap().success(), "kill {name} {}", self.pid);
    }

    fn is_alive(&self) -> bool {
        let kill = Command::new("kill")
            .args(["-0", &self.pid.to_string()])
            .stderr(Stdio::null())
            .status();
        kill.unwrap().success()
    }

    /// Takes its processor away: connections stay open, nothing is answered.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Gives its files no room to grow, as a full disk does; a restart gives it back.
    pub fn fill_disk(&self) {
        let limit = Command::new("prlimit")
            .args(["--pid", &self.pid.to_string(), "--fsize=1000"])
            .status();
        assert!(
            limit.is_ok_and(|status| status.success()),
            "prlimit (of util-linux) is needed to give the server no room"
        );
    }

    /// Makes it give up taking writes for so many seconds.
    pub async fn step_down(&self, seconds: i32) {
        let down =
            doc! { "replSetStepDown": seconds, "secondaryCatchUpPeriodSecs": 0, "force": true };
        self.command(down).await.unwrap();
    }

    /// Kills it as a power cut would; its files stay.
    pub fn kill(&mut self) {
        if let Some(mut pipe) = self.pipe.take() {
            let _ = pipe.write_all(b"keep\n");
            drop(pipe);
            self.watchdog.wait().unwrap();
        }
    }

    /// Starts it again on its files and its port.
    pub async fn restart(&mut self) {
        self.kill();
        (self.watchdog, self.pid) = {
            let (watchdog, pipe, pid) = launch(self.mode, self.port, &self.folder, &self.options);
            self.pipe = Some(pipe);
            (watchdog, pid)
        };
        assert!(self.answers().await, "mongod does not start again");
        self.wait_for_primary().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.watchdog.wait();
        // After `kill` nobody else does.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

async fn client(uri: &str, select: Duration) -> Client {
    let mut options = ClientOptions::parse(uri).await.unwrap();
    options.server_selection_timeout = Some(select);
    Client::with_options(options).unwrap()
}

fn launch(mode: Mode, port: u16, folder: &Path, options: &[String]) -> (Child, ChildStdin, u32) {
    let data = folder.join("data");
    fs::create_dir_all(&data).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", WATCHDOG, "watchdog"]).arg(program());
    command.args(["--bind_ip", "127.0.0.1", "--port", &port.to_string()]);
    command.args(["--wiredTigerCacheSizeGB", "0.25", "--nounixsocket"]);
    command.args(["--setParameter", "diagnosticDataCollectionEnabled=false"]);
    command
        .arg("--dbpath")
        .arg(&data)
        .arg("--logpath")
        .arg(folder.join("log"));
    command.arg("--logappend").args(options);
    if mode.is_replica() {
        command.args(["--replSet", "rs0"]);
    }
    if mode.has_users() {
        command.arg("--auth");
        // As few rounds as it allows: a debug build of the client is slow at them.
        command.args(["--setParameter", "scramSHA256IterationCount=5000"]);
    }
    if mode == Mode::ReplicaAuth {
        command.arg("--keyFile").arg(key_file(folder));
    }
    let command = command.env("FOLDER", folder).stdin(Stdio::piped());
    let mut watchdog = command.stdout(Stdio::piped()).spawn().unwrap();
    let pipe = watchdog.stdin.take().unwrap();
    let mut line = String::new();
    let mut told = BufReader::new(watchdog.stdout.take().unwrap());
    told.read_line(&mut line).unwrap();
    (watchdog, pipe, line.trim().parse().unwrap())
}

/// What the members of a replica set know each other by.
fn key_file(folder: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;

    let path = folder.join("key");
    if !path.exists() {
        fs::write(&path, "a key that only this folder has 123").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    }
    path
}
