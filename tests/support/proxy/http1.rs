//! A raw HTTP/1.1 client: requests are sent and responses are kept byte for byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::answer::Answer;

/// Timeout of an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// More than a socket buffers.
const LONG: usize = 64 * 1024;

/// A response with its raw status line.
#[derive(Debug)]
pub(crate) struct Response {
    /// With `\r\n`.
    pub status_line: String,
    /// The raw head: from the status line to the empty line.
    pub head: Vec<u8>,
    pub answer: Answer,
}

/// A connection, kept open as long as the server does.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    unread: Vec<u8>,
}

impl Connection {
    /// A connection to this address. It connects at the first send.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, unread: Vec::new() }
    }

    /// Sends bytes. A long request is sent in another thread: a server may answer early and stop reading.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            stream.set_nodelay(true)?;
            self.unread.clear();
            self.stream = Some(stream);
        }
        let Some(stream) = &mut self.stream else { return Ok(()) };
        if bytes.len() > LONG {
            let (mut stream, bytes) = (stream.try_clone()?, bytes.to_vec());
            // The answer shows whether the server read it.
            std::thread::spawn(move || stream.write_all(&bytes).ok());
            return Ok(());
        }
        stream.write_all(bytes)
    }

    /// Sends a request and reads its response. A server may close an idle connection, so a request that fails on an old
    /// connection is sent again on a new one.
    pub(crate) fn request(&mut self, bytes: &[u8]) -> std::io::Result<Response> {
        let was_open = self.stream.is_some();
        let is_head = bytes.starts_with(b"HEAD ");
        match self.send(bytes).and_then(|()| self.response(is_head)) {
            Err(_) if was_open => {
                self.close();
                self.send(bytes).and_then(|()| self.response(is_head))
            }
            result => result,
        }
    }

    /// Reads one response. `is_head`: the response to a HEAD request, which has no body.
    pub(crate) fn response(&mut self, is_head: bool) -> std::io::Result<Response> {
        let result = self.read_response(is_head);
        let closing =
            |response: &Response| response.answer.header("connection").is_some_and(|value| value.contains("close"));
        if result.as_ref().map_or(true, closing) {
            self.close();
        }
        result
    }

    /// Closes the connection.
    pub(crate) fn close(&mut self) {
        self.stream = None;
    }

    /// Whether the server has closed the connection.
    pub(crate) fn is_closed_by_server(&mut self) -> bool {
        self.fill().is_ok_and(|read| read == 0)
    }

    fn read_response(&mut self, is_head: bool) -> std::io::Result<Response> {
        let end = loop {
            if let Some(at) = find(&self.unread, b"\r\n\r\n") {
                break at + 4;
            }
            self.fill_some()?;
        };
        let head: Vec<u8> = self.unread.drain(..end).collect();
        let mut fields = [httparse::EMPTY_HEADER; 128];
        let mut parsed = httparse::Response::new(&mut fields);
        parsed.parse(&head).map_err(std::io::Error::other)?;
        let status = parsed.code.unwrap_or_default();
        let headers: Vec<(String, String)> = parsed
            .headers
            .iter()
            .map(|field| (field.name.to_lowercase(), String::from_utf8_lossy(field.value).into_owned()))
            .collect();
        let mut answer = Answer { status, headers, body: Vec::new() };
        if !is_head && status >= 200 && status != 204 && status != 304 {
            answer.body = self.read_body(&answer)?;
        }
        let status_line =
            String::from_utf8_lossy(&head[..find(&head, b"\r\n").map_or(head.len(), |at| at + 2)]).into_owned();
        Ok(Response { status_line, head, answer })
    }

    fn read_body(&mut self, answer: &Answer) -> std::io::Result<Vec<u8>> {
        if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse().map_err(std::io::Error::other)?;
            return self.take(length);
        }
        if answer.header("transfer-encoding").as_deref() == Some("chunked") {
            let mut body = Vec::new();
            loop {
                let end = loop {
                    if let Some(at) = find(&self.unread, b"\r\n") {
                        break at;
                    }
                    self.fill_some()?;
                };
                let size = String::from_utf8_lossy(&self.unread[..end]).into_owned();
                self.unread.drain(..end + 2);
                let size = usize::from_str_radix(&size, 16).map_err(std::io::Error::other)?;
                body.extend(self.take(size)?);
                self.take(2)?;
                if size == 0 {
                    return Ok(body);
                }
            }
        }
        while self.fill()? > 0 {}
        Ok(std::mem::take(&mut self.unread))
    }

    fn take(&mut self, length: usize) -> std::io::Result<Vec<u8>> {
        while self.unread.len() < length {
            self.fill_some()?;
        }
        Ok(self.unread.drain(..length).collect())
    }

    fn fill_some(&mut self) -> std::io::Result<()> {
        match self.fill()? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    fn fill(&mut self) -> std::io::Result<usize> {
        let stream = self.stream.as_mut().ok_or(std::io::ErrorKind::NotConnected)?;
        let mut buffer = [0; 16 * 1024];
        let read = stream.read(&mut buffer)?;
        self.unread.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

/// The offset of a byte sequence.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Replaces `$id` by an id.
pub(crate) fn with_id(bytes: &[u8], id: &str) -> Vec<u8> {
    let mut out = bytes.to_vec();
    while let Some(at) = find(&out, b"$id") {
        out.splice(at..at + 3, id.bytes());
    }
    out
}
