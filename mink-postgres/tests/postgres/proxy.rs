//! A server in between that can lose an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// What the server sends when a transaction is over and it is ready for the next.
const READY: &[u8] = &[b'Z', 0, 0, 0, 5, b'I'];

pub(crate) struct Proxy {
    url: Url,
    losing: Arc<AtomicBool>,
}

impl Proxy {
    /// In front of the server of `url`.
    pub(crate) async fn before(url: &str) -> Self {
        let mut url = Url::parse(url).unwrap();
        let server = (
            url.host_str().unwrap_or("localhost").to_owned(),
            url.port().unwrap_or(5432),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port()))
            .unwrap();
        url.query_pairs_mut().append_pair("sslmode", "disable");
        let losing = Arc::new(AtomicBool::new(false));
        let lose = losing.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, losing) = (server.clone(), lose.clone());
                tokio::spawn(async move {
                    let server = TcpStream::connect(server).await.unwrap();
                    pass(client, server, &losing).await;
                });
            }
        });
        Self { url, losing }
    }

    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// From now on, answers are read to their end, thrown away, and the connection is cut.
    pub(crate) fn lose_answers(&self, lose: bool) {
        self.losing.store(lose, Ordering::SeqCst);
    }
}

async fn pass(client: TcpStream, server: TcpStream, losing: &AtomicBool) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let requests =
        tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from_server.read(&mut buffer).await.unwrap_or(0);
        if read == 0 {
            break;
        }
        if losing.load(Ordering::SeqCst) {
            if buffer[..read].ends_with(READY) {
                break;
            }
        } else if to_client.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    requests.abort();
}
