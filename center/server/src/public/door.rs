//! The public listener: plain on loopback or behind the proxy, TLS with a given certificate elsewhere.
//!
//! Why it exists: strangers connect here. Connections are bounded in all and for each address, a handshake
//! has seconds, a silent connection is closed, and none lives for ever; a slow peer holds up nobody, since
//! handshakes run beside each other.

use super::settings::PublicConfig;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tg_text::{Problem, Text};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// Connections at the same time, in all and from one address (a proxy counts for all of it).
const CONNECTIONS_MAX: usize = 1_024;
const CONNECTIONS_OF_ONE_MAX: usize = 256;
/// A handshake's time.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// A connection that sends and takes nothing is closed after this.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// No connection lives longer.
const LIFE_MAX: Duration = Duration::from_secs(600);

/// Who is connected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Peer {
        Peer(*stream.remote_addr())
    }
}

/// The listener, as axum serves it.
pub(crate) struct Door {
    ready: mpsc::Receiver<(Guest, SocketAddr)>,
    address: SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
}

impl Door {
    /// Opens the door on a bound listener.
    ///
    /// # Errors
    /// If certificate or key can't be used.
    pub fn open(listener: TcpListener, config: &PublicConfig) -> Result<Door, Problem> {
        let address = listener.local_addr().map_err(|e| {
            Problem::new("TG-4001", Text::new(e.to_string(), e.to_string())).in_field("--public")
        })?;
        let tls = match (&config.certificate, &config.key) {
            (Some(certificate), Some(key)) => Some(acceptor(certificate, key)?),
            _ => None,
        };
        let (sender, ready) = mpsc::channel(64);
        let accepting = tokio::spawn(accept(listener, tls, config.behind_proxy, sender));
        Ok(Door { ready, address, accepting })
    }
}

impl Door {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener for Door {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        match self.ready.recv().await {
            Some(guest) => guest,
            // The accepting task never ends by itself.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    proxy: Option<IpAddr>,
    ready: mpsc::Sender<(Guest, SocketAddr)>,
) {
    let places = Arc::new(Places::default());
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the public door could not accept");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let own_limit =
            if proxy == Some(peer.ip().to_canonical()) { CONNECTIONS_MAX } else { CONNECTIONS_OF_ONE_MAX };
        let Some(place) = places.take(peer.ip(), own_limit) else { continue };
        let _ = stream.set_nodelay(true);
        let (tls, ready) = (tls.clone(), ready.clone());
        tokio::spawn(async move {
            let stream = match tls {
                None => Stream::Plain(stream),
                Some(tls) => match tokio::time::timeout(HANDSHAKE_MAX, tls.accept(stream)).await {
                    Ok(Ok(stream)) => Stream::Tls(Box::new(stream)),
                    _ => return,
                },
            };
            let now = Instant::now();
            let guest = Guest {
                stream,
                silence: Box::pin(tokio::time::sleep_until(now + SILENCE_MAX)),
                end: now + LIFE_MAX,
                _place: place,
            };
            let _ = ready.send((guest, peer)).await;
        });
    }
}

fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, Problem> {
    let wrong = |file: &Path, error: String| {
        Problem::new("TG-2005", Text::new(error.clone(), error)).in_file(file.display().to_string())
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|e| wrong(certificate, e.to_string()))?;
    if chain.is_empty() {
        return Err(
            wrong(certificate, "no certificate in PEM".into()).because("-----BEGIN CERTIFICATE-----", "")
        );
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|e| wrong(key, e.to_string()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|b| b.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|e| wrong(certificate, e.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// How many connections there are, by address.
#[derive(Default)]
struct Places(Mutex<(usize, HashMap<IpAddr, usize>)>);

impl Places {
    fn take(self: &Arc<Places>, who: IpAddr, own_limit: usize) -> Option<Place> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.0 >= CONNECTIONS_MAX || places.1.get(&who).is_some_and(|n| *n >= own_limit) {
            return None;
        }
        places.0 += 1;
        *places.1.entry(who).or_default() += 1;
        Some(Place { places: self.clone(), who })
    }
}

/// One connection's place; given back when it ends.
struct Place {
    places: Arc<Places>,
    who: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.0 -= 1;
        if let Some(n) = places.1.get_mut(&self.who) {
            *n -= 1;
            if *n == 0 {
                places.1.remove(&self.who);
            }
        }
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection with its end in sight.
pub(crate) struct Guest {
    stream: Stream,
    silence: Pin<Box<Sleep>>,
    end: Instant,
    _place: Place,
}

impl Guest {
    /// Passes an answer of the stream on; what moves sets the silence back, what doesn't may be over.
    fn watched<T>(&mut self, context: &mut Context<'_>, moved: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match moved {
            Poll::Ready(answer) => {
                let until = (Instant::now() + SILENCE_MAX).min(self.end);
                self.silence.as_mut().reset(until);
                Poll::Ready(answer)
            }
            Poll::Pending => match self.silence.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let moved = match &mut self.stream {
            Stream::Plain(s) => Pin::new(s).poll_read(context, buffer),
            Stream::Tls(s) => Pin::new(s).poll_read(context, buffer),
        };
        self.watched(context, moved)
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let moved = match &mut self.stream {
            Stream::Plain(s) => Pin::new(s).poll_write(context, bytes),
            Stream::Tls(s) => Pin::new(s).poll_write(context, bytes),
        };
        self.watched(context, moved)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let moved = match &mut self.stream {
            Stream::Plain(s) => Pin::new(s).poll_flush(context),
            Stream::Tls(s) => Pin::new(s).poll_flush(context),
        };
        self.watched(context, moved)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let moved = match &mut self.stream {
            Stream::Plain(s) => Pin::new(s).poll_shutdown(context),
            Stream::Tls(s) => Pin::new(s).poll_shutdown(context),
        };
        self.watched(context, moved)
    }
}
