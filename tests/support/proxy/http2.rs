//! Raw HTTP/2 frames, for header blocks that no HTTP/2 library sends.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_HEADERS_AND_STREAM: u8 = 5;

/// The outcome of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server sent a header block.
    Answered,
    /// The stream was reset, or the connection was closed.
    Reset,
}

/// Sends one request with these header lines in this order, and waits for the outcome.
pub(crate) fn request(address: SocketAddr, headers: &[(Vec<u8>, Vec<u8>)]) -> std::io::Result<Outcome> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    // Literal header fields that are never indexed, without Huffman coding (RFC 7541 section 6.2.3).
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(0x10);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).ok().filter(|length| *length < 127).expect("short names and values"));
            block.extend_from_slice(text);
        }
    }
    stream.write_all(&frame(HEADERS, END_HEADERS_AND_STREAM, 1, &block))?;
    loop {
        let mut head = [0; 9];
        match stream.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(Outcome::Reset),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Ok(Outcome::Reset),
            Err(error) => return Err(error),
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).map_err(std::io::Error::other)?];
        stream.read_exact(&mut payload)?;
        match head[3] {
            HEADERS | DATA => return Ok(Outcome::Answered),
            RST_STREAM | GOAWAY => return Ok(Outcome::Reset),
            _ => {}
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}
