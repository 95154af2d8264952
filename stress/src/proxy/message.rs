//! The frontend's and backend's messages, as far as round trips go.

use std::collections::HashMap;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The largest message that is taken in; larger ones are refused rather than held in memory.
const LARGEST: u32 = 256 * 1024 * 1024;

/// The codes of requests that come instead of a startup message.
pub(super) const SSL_REQUEST: u32 = 80_877_103;
pub(super) const GSS_REQUEST: u32 = 80_877_104;

/// A message with its type, its length and its content, as it goes over the wire.
pub(super) struct Message {
    pub(super) kind: u8,
    pub(super) bytes: Vec<u8>,
}

impl Message {
    pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let kind = from.read_u8().await?;
        let mut bytes = vec![kind];
        read_body(from, &mut bytes).await?;
        Ok(Self { kind, bytes })
    }

    fn body(&self) -> &[u8] {
        self.bytes.get(5..).unwrap_or_default()
    }
}

/// The first message of a connection, which has no type; with the code at its start.
pub(super) async fn read_startup(
    from: &mut (impl AsyncRead + Unpin),
) -> io::Result<(u32, Vec<u8>)> {
    let mut bytes = Vec::new();
    read_body(from, &mut bytes).await?;
    let code = bytes
        .get(4..8)
        .and_then(|code| code.try_into().ok())
        .map_or(0, u32::from_be_bytes);
    Ok((code, bytes))
}

async fn read_body(from: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> io::Result<()> {
    let length = from.read_u32().await?;
    if !(4..=LARGEST).contains(&length) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    bytes.extend_from_slice(&length.to_be_bytes());
    let start = bytes.len();
    bytes.resize(start + length as usize - 4, 0);
    from.read_exact(&mut bytes[start..]).await?;
    Ok(())
}

/// What one connection has prepared, and which statement it uses at the moment.
#[derive(Default)]
pub(super) struct Statements {
    prepared: HashMap<Vec<u8>, String>,
    current: String,
}

impl Statements {
    /// Learns from a message of the frontend.
    pub(super) fn note(&mut self, message: &Message) {
        let mut parts = message.body().split(|byte| *byte == 0);
        match message.kind {
            b'P' => {
                let name = parts.next().unwrap_or_default().to_vec();
                self.current = text(parts.next());
                self.prepared.insert(name, self.current.clone());
            }
            b'B' => {
                let name = parts.nth(1).unwrap_or_default();
                self.current = self.prepared.get(name).cloned().unwrap_or_default();
            }
            b'Q' => self.current = text(parts.next()),
            _ => {}
        }
    }

    /// The SQL of the round trip that ends now.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.current)
    }
}

fn text(part: Option<&[u8]>) -> String {
    String::from_utf8_lossy(part.unwrap_or_default()).into_owned()
}
