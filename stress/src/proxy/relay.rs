//! One connection through the proxy.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::message::{GSS_REQUEST, Message, SSL_REQUEST, Statements, read_startup};
use super::{Cut, Shared};

/// Relays until either side ends, or a cut.
pub(super) async fn run(
    client: TcpStream,
    server: TcpStream,
    number: u64,
    shared: &Shared,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let mut from_client = BufReader::new(from_client);
    loop {
        let (code, bytes) = read_startup(&mut from_client).await?;
        if code == SSL_REQUEST || code == GSS_REQUEST {
            to_client.write_all(b"N").await?;
            continue;
        }
        to_server.write_all(&bytes).await?;
        break;
    }
    let withheld = AtomicBool::new(false);
    tokio::select! {
        ended = requests(from_client, to_server, number, shared, &withheld) => ended,
        ended = answers(BufReader::new(from_server), to_client, &withheld) => ended,
    }
}

async fn requests(
    mut from: BufReader<OwnedReadHalf>,
    mut to: OwnedWriteHalf,
    number: u64,
    shared: &Shared,
    withheld: &AtomicBool,
) -> io::Result<()> {
    let mut statements = Statements::default();
    let mut request = Vec::new();
    loop {
        let message = Message::read(&mut from).await?;
        statements.note(&message);
        request.extend_from_slice(&message.bytes);
        match message.kind {
            // the end of a round trip
            b'S' | b'Q' => {
                match shared.note(number, &statements.take()) {
                    Some(Cut::BeforeRequest) => return Ok(()),
                    Some(Cut::AmidRequest) => {
                        to.write_all(&request[..request.len() / 2]).await?;
                        to.flush().await?;
                        return Ok(());
                    }
                    Some(Cut::BeforeAnswer) => withheld.store(true, Ordering::Release),
                    None => {}
                }
                let latency = shared.latency();
                if !latency.is_zero() {
                    tokio::time::sleep(latency).await;
                }
            }
            // parts of a round trip whose end is to come
            b'P' | b'B' | b'D' | b'E' | b'C' => continue,
            _ => {}
        }
        to.write_all(&request).await?;
        request.clear();
    }
}

async fn answers(
    mut from: BufReader<OwnedReadHalf>,
    mut to: OwnedWriteHalf,
    withheld: &AtomicBool,
) -> io::Result<()> {
    loop {
        let message = Message::read(&mut from).await?;
        if withheld.load(Ordering::Acquire) {
            // the server is ready for the next query: it has done this one
            if message.kind == b'Z' {
                return Ok(());
            }
            continue;
        }
        to.write_all(&message.bytes).await?;
    }
}
