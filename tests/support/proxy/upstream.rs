//! The service behind the gate. It records requests by their id.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A request that reached the upstream.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub method: String,
    pub path: String,
    /// Headers and trailers, with names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Seen {
    /// The values of a header, joined.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self
            .headers
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            .collect();
        if values.is_empty() { None } else { Some(values.join(",")) }
    }
}

/// The requests by id. Requests without an id are under the empty id.
type Record = Arc<Mutex<HashMap<String, Vec<Seen>>>>;

/// The service.
pub(crate) struct Upstream {
    pub address: SocketAddr,
    record: Record,
}

impl Upstream {
    /// Starts the service. It stops with the process.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port for the upstream");
        let address = listener.local_addr().expect("its address");
        let record = Record::default();
        let shared = Arc::clone(&record);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let record = Arc::clone(&shared);
                // A connection that ends within a request leaves nothing to record.
                std::thread::spawn(move || serve(stream, &record).ok());
            }
        });
        Self { address, record }
    }

    /// The requests with an id.
    pub(crate) fn seen(&self, id: &str) -> Vec<Seen> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned().unwrap_or_default()
    }
}

fn serve(stream: TcpStream, record: &Record) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if reader.read_until(b'\n', &mut head)? == 0 {
                return Ok(());
            }
        }
        let mut fields = [httparse::EMPTY_HEADER; 256];
        let mut parsed = httparse::Request::new(&mut fields);
        parsed.parse(&head).map_err(std::io::Error::other)?;
        let mut seen = Seen {
            method: parsed.method.unwrap_or_default().to_owned(),
            path: parsed.path.unwrap_or_default().to_owned(),
            headers: parsed.headers.iter().map(|field| (field.name.to_lowercase(), field.value.to_vec())).collect(),
            body: Vec::new(),
        };
        read_body(&mut reader, &mut seen)?;
        let redirect = seen.header("x-test-redirect-to");
        let upgrade = seen.header("upgrade");
        let status = seen.header("x-test-status").unwrap_or_else(|| "200 OK".to_owned());
        let id = seen.header("x-test-id").unwrap_or_default();
        record.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().push(seen);
        match (redirect, upgrade) {
            (Some(path), _) => writer
                .write_all(format!("HTTP/1.1 302 Found\r\nlocation: {path}\r\ncontent-length: 0\r\n\r\n").as_bytes())?,
            (None, Some(protocol)) => {
                let answer =
                    format!("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: {protocol}\r\n\r\n");
                writer.write_all(answer.as_bytes())?;
            }
            (None, None) => {
                writer.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 3\r\n\r\nok\n").as_bytes())?
            }
        }
    }
}

fn read_body(reader: &mut impl BufRead, seen: &mut Seen) -> std::io::Result<()> {
    if let Some(length) = seen.header("content-length") {
        seen.body = vec![0; length.parse().map_err(std::io::Error::other)?];
        return reader.read_exact(&mut seen.body);
    }
    if seen.header("transfer-encoding").as_deref() != Some("chunked") {
        return Ok(());
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim_end(), 16).map_err(std::io::Error::other)?;
        if size == 0 {
            break;
        }
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk)?;
        seen.body.extend_from_slice(&chunk[..size]);
    }
    loop {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        let line = line.trim_ascii_end();
        if line.is_empty() {
            return Ok(());
        }
        let mut parts = line.splitn(2, |&byte| byte == b':');
        let name = String::from_utf8_lossy(parts.next().unwrap_or_default()).to_lowercase();
        seen.headers.push((name, parts.next().unwrap_or_default().trim_ascii().to_vec()));
    }
}
