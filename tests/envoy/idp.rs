//! An identity provider that answers as a test sets it to, and counts the requests.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The reply to a request for a path.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Sends these bytes and closes the connection.
    Bytes(Vec<u8>),
    /// Waits until a test sets another reply, and sends that.
    Hold,
    /// Sends a body that does not end.
    Endless,
    /// Sends these bytes in ten parts, with a pause before each.
    Slow(Vec<u8>, Duration),
    /// Status 200 with a body computed from the number of requests for the path.
    Rotating(fn(usize) -> String),
}

impl Reply {
    /// Status 200 with a body.
    pub(crate) fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::status(200, "", body)
    }

    /// A status, further header lines and a body.
    pub(crate) fn status(status: u16, lines: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\nconnection: close\r\n{lines}content-length: {}\r\n\r\n",
            body.len()
        );
        Self::Bytes([head.as_bytes(), body].concat())
    }
}

/// The provider. It stops with the process.
pub(crate) struct Idp {
    pub address: SocketAddr,
    state: Arc<State>,
}

/// A provider that has its address but refuses connections.
pub(crate) struct Closed {
    pub address: SocketAddr,
    socket: tokio::net::TcpSocket,
}

#[derive(Default)]
struct State {
    paths: Mutex<HashMap<String, Path>>,
    changed: Condvar,
    is_closed: AtomicBool,
}

#[derive(Default)]
struct Path {
    /// Without a reply the status is 404.
    reply: Option<Reply>,
    asked: usize,
}

impl State {
    fn paths(&self) -> MutexGuard<'_, HashMap<String, Path>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the request, and waits until the reply is not `Hold`.
    fn reply(&self, path: &str) -> Option<Reply> {
        let mut paths = self.paths();
        let entry = paths.entry(path.to_owned()).or_default();
        entry.asked += 1;
        let asked = entry.asked;
        loop {
            match paths.get(path).and_then(|path| path.reply.clone()) {
                Some(Reply::Hold) => paths = self.changed.wait(paths).unwrap_or_else(PoisonError::into_inner),
                Some(Reply::Rotating(body)) => return Some(Reply::ok(body(asked))),
                reply => return reply,
            }
        }
    }
}

impl Idp {
    /// Starts the provider.
    pub(crate) fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").expect("a port for the provider"))
    }

    /// Reserves an address for a provider that does not listen yet.
    pub(crate) fn closed() -> Closed {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket for the provider");
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port for the provider");
        Closed { address: socket.local_addr().expect("its address"), socket }
    }

    fn on(listener: TcpListener) -> Self {
        let address = listener.local_addr().expect("its address");
        let state = Arc::<State>::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.is_closed.load(Ordering::SeqCst) {
                    return;
                }
                let state = Arc::clone(&shared);
                // The client may give up before the answer is there.
                std::thread::spawn(move || serve(stream, &state).ok());
            }
        });
        Self { address, state }
    }

    /// Sets the reply for a path, also for requests that are held.
    pub(crate) fn set(&self, path: &str, reply: Reply) {
        self.state.paths().entry(path.to_owned()).or_default().reply = Some(reply);
        self.state.changed.notify_all();
    }

    /// Refuses connections from now on.
    pub(crate) fn close(&self) {
        self.state.is_closed.store(true, Ordering::SeqCst);
        // One more connection wakes its thread, which then closes the listening socket.
        TcpStream::connect(self.address).expect("the provider");
        while TcpStream::connect(self.address).is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// How many requests it got for a path.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.state.paths().get(path).map_or(0, |path| path.asked)
    }
}

impl Closed {
    /// Starts the provider.
    pub(crate) fn open(self) -> Idp {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
        let listener = runtime.block_on(async { self.socket.listen(128)?.into_std() }).expect("listening");
        listener.set_nonblocking(false).expect("a listener that waits");
        Idp::on(listener)
    }
}

fn serve(stream: TcpStream, state: &State) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut head = BufReader::new(stream).lines();
    let request = head.next().transpose()?.unwrap_or_default();
    // No request has a body.
    while head.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = request.split(' ').nth(1).unwrap_or_default();
    match state.reply(path) {
        Some(Reply::Bytes(bytes)) => writer.write_all(&bytes),
        Some(Reply::Hold | Reply::Rotating(_)) => Ok(()),
        Some(Reply::Slow(bytes, pause)) => bytes.chunks(bytes.len().div_ceil(10)).try_for_each(|part| {
            std::thread::sleep(pause);
            writer.write_all(part)
        }),
        Some(Reply::Endless) => {
            writer.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            let chunk = [b"8000\r\n".as_slice(), &[b' '; 0x8000], b"\r\n"].concat();
            loop {
                writer.write_all(&chunk)?;
                // Envoy buffers the body until the timeout.
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        None => writer.write_all(b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"),
    }
}
