//! A gRPC client, and an echo service.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Buf, BufMut, Bytes};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;

/// A codec of raw bytes: the content of the messages does not matter.
#[derive(Default)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

fn say() -> PathAndQuery {
    PathAndQuery::from_static("/echo.Echo/Say")
}

/// Calls `echo.Echo/Say`.
pub(crate) async fn call(address: SocketAddr, token: Option<&str>, message: &'static [u8]) -> Result<Vec<u8>, Status> {
    let request = with_token(tonic::Request::new(Bytes::from_static(message)), token);
    let response = connect(address).await.unary(request, say(), Plain).await?;
    Ok(response.into_inner().to_vec())
}

/// Calls `echo.Echo/Say` as a stream. Returns the messages of the answer.
pub(crate) async fn stream(
    address: SocketAddr,
    token: &str,
    messages: &[&'static [u8]],
) -> Result<Vec<Vec<u8>>, Status> {
    let messages: Vec<_> = messages.iter().map(|message| Bytes::from_static(message)).collect();
    let request = with_token(tonic::Request::new(tonic::codegen::tokio_stream::iter(messages)), Some(token));
    let mut responses = connect(address).await.streaming(request, say(), Plain).await?.into_inner();
    let mut came_back = Vec::new();
    while let Some(message) = responses.message().await? {
        came_back.push(message.to_vec());
    }
    Ok(came_back)
}

async fn connect(address: SocketAddr) -> tonic::client::Grpc<tonic::transport::Channel> {
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}")).expect("an address");
    let channel = endpoint.connect().await.expect("a connection");
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.expect("a connection");
    client
}

fn with_token<T>(mut request: tonic::Request<T>, token: Option<&str>) -> tonic::Request<T> {
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().expect("a value"));
    }
    request
}

/// The service.
pub(crate) struct GrpcUpstream {
    pub address: SocketAddr,
    messages: Arc<AtomicUsize>,
}

impl GrpcUpstream {
    /// Starts the service. It stops with the process.
    pub(crate) fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port for the gRPC service");
        let address = listener.local_addr().expect("its address");
        listener.set_nonblocking(true).expect("a socket for tokio");
        let messages = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&messages);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, Arc::clone(&count)));
                }
            });
        });
        Self { address, messages }
    }

    /// The number of messages that reached the service.
    pub(crate) fn messages(&self) -> usize {
        self.messages.load(Ordering::SeqCst)
    }
}

async fn serve(stream: tokio::net::TcpStream, messages: Arc<AtomicUsize>) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(stream).await?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        tokio::spawn(answer(request, respond, Arc::clone(&messages)));
    }
    Ok(())
}

async fn answer(
    request: http::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<Bytes>,
    messages: Arc<AtomicUsize>,
) -> Result<(), h2::Error> {
    let mut body = request.into_body();
    let mut message = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        message.extend_from_slice(&chunk);
    }
    messages.fetch_add(1, Ordering::SeqCst);
    let head = http::Response::builder().header("content-type", "application/grpc").body(()).expect("a response");
    let mut stream = respond.send_response(head, false)?;
    stream.send_data(Bytes::from(message), false)?;
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
    stream.send_trailers(trailers)
}
