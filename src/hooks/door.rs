//! Lets connections in: only so many at a time, each for a limited time, whatever it does.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// A pause when the system gives no connection (too many open files).
const PAUSE: Duration = Duration::from_millis(200);

/// A listener with room for so many connections; others wait in the system's queue.
#[derive(Debug)]
pub(super) struct Door {
    listener: TcpListener,
    room: Arc<Semaphore>,
    lasts: Duration,
}

impl Door {
    pub(super) fn new(listener: TcpListener, connections: usize, lasts: Duration) -> Self {
        Self {
            listener,
            room: Arc::new(Semaphore::new(connections.max(1))),
            lasts,
        }
    }
}

impl Listener for Door {
    type Io = Timed;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Timed, SocketAddr) {
        loop {
            let permit = Arc::clone(&self.room).acquire_owned().await.ok();
            match self.listener.accept().await {
                Ok((stream, from)) => {
                    let timed = Timed {
                        stream,
                        over: Box::pin(sleep(self.lasts)),
                        _permit: permit,
                    };
                    return (timed, from);
                }
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when its time is over.
#[derive(Debug)]
pub(super) struct Timed {
    stream: TcpStream,
    over: Pin<Box<Sleep>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Timed {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.over.as_mut().poll(cx).is_ready()
    }
}

fn late<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
}

impl AsyncRead for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_over(cx) {
            return late();
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Timed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_over(cx) {
            return late();
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_over(cx) {
            return late();
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
