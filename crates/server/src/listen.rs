//! The accept loop: connections with time limits, a cap on their number, and an orderly end.
//!
//! `axum::serve` waits for a request head for ever; a few hundred clients that send a byte a minute would
//! hold every connection. Here a head must arrive within [`Limits::head`] (that is also how long an idle
//! kept-alive connection stays), a reader must take something every [`Limits::reader_idle`], and beyond
//! [`Limits::connections`] a newcomer gets 503 at once instead of a place in an endless queue. The time
//! limit on bodies is in `body.rs`, where bodies are read.
//!
//! Cost: one task and one timer a connection. HTTP/1.1 only: TLS and HTTP/2 are a proxy's work.

use axum::Router;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::Sleep;
use tower::ServiceExt;

/// What one client may ask of the server's time and memory.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a request head may take, and how long an idle connection is kept.
    pub head: Duration,
    /// How long a sender of a body may be silent.
    pub body_idle: Duration,
    /// How long a receiver of an answer may take nothing.
    pub reader_idle: Duration,
    /// How many connections are held at once.
    pub connections: usize,
    /// How long answers may take to finish after the end was asked for.
    pub grace: Duration,
    /// The longest single record, in bytes.
    pub record_bytes: usize,
    /// The longest file to import, in bytes.
    pub import_bytes: usize,
    /// The longest file of evidence, in bytes.
    pub evidence_bytes: usize,
    /// The longest list of points to measure, in bytes.
    pub points_bytes: usize,
    /// The longest list of points to measure, in points.
    pub points: usize,
    /// How long looking at the incidents of one question may take.
    pub question: Duration,
    /// The memory that all bodies on their way in may take together.
    pub bodies_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            body_idle: Duration::from_secs(30),
            reader_idle: Duration::from_secs(60),
            connections: 1_024,
            grace: Duration::from_secs(10),
            record_bytes: 1024 * 1024,
            import_bytes: 64 * 1024 * 1024,
            evidence_bytes: 2 * 1024 * 1024 * 1024,
            points_bytes: 32 * 1024 * 1024,
            points: 100_000,
            question: Duration::from_secs(10),
            bodies_bytes: 160 * 1024 * 1024,
        }
    }
}

/// Tells answers that would go on for ever when the server ends; by default never.
#[derive(Clone, Debug, Default)]
pub struct Ending(Option<watch::Receiver<bool>>);

impl Ending {
    /// Once the end was asked for.
    pub async fn ended(self) {
        match self.0 {
            // The other end is gone only when the server is.
            Some(mut ending) => drop(ending.wait_for(|ended| *ended).await),
            None => std::future::pending().await,
        }
    }
}

/// Serves until `shutdown` is ready, then lets running answers finish within [`Limits::grace`].
///
/// Nothing a client does ends it, nor a full file table: such faults are logged or waited out.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let (end, ending) = watch::channel(false);
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                rest_after(&error).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true); // Only speed is lost when this fails.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tokio::spawn(turn_away(stream));
            continue;
        };
        let (router, ending) = (router.clone(), Ending(Some(ending.clone())));
        let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            let router = router.clone();
            request.extensions_mut().insert(ending.clone());
            async move { Ok::<_, Infallible>(answer(router, request).await) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_buf_size(64 * 1024)
            .serve_connection(TokioIo::new(Paced::new(stream, limits.reader_idle)), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    end.send_replace(true);
    if tokio::time::timeout(limits.grace, graceful.shutdown()).await.is_err() {
        tracing::warn!(grace_s = limits.grace.as_secs(), "some answers did not finish in time");
    }
}

async fn answer(router: Router, request: hyper::Request<hyper::body::Incoming>) -> axum::response::Response {
    match router.oneshot(request.map(axum::body::Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// A full file table passes; spinning on it would take the processor too. Other faults are one client's.
async fn rest_after(error: &io::Error) {
    let one_client = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    );
    if !one_client {
        tracing::warn!(%error, "no connection can be accepted just now");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Tells a newcomer to come back, without reading a byte of what it sends.
async fn turn_away(mut stream: TcpStream) {
    const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n\
        Connection: close\r\n\r\n";
    let told = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), told).await; // It is going away in any case.
}

/// A stream whose reader must keep reading.
struct Paced {
    stream: TcpStream,
    patience: Duration,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self { stream, patience, deadline: None }
    }

    /// Passes progress on; turns too long a standstill into an error.
    fn pace<T>(&mut self, context: &mut Context<'_>, progress: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.deadline = None;
            return progress;
        }
        let patience = self.patience;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        match deadline.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.pace(context, progress)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.pace(context, progress)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.stream).poll_flush(context);
        self.pace(context, progress)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::time::Instant;
    use tokio::io::AsyncReadExt;
    use tokio::sync::oneshot;

    struct Served {
        address: std::net::SocketAddr,
        stop: oneshot::Sender<()>,
        end: tokio::task::JoinHandle<()>,
    }

    async fn start(limits: Limits, router: Router) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let end = tokio::spawn(async move {
            serve(listener, router, limits, async {
                let _ = stopped.await;
            })
            .await
        });
        Served { address, stop, end }
    }

    async fn all_of(mut stream: TcpStream) -> String {
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text).await;
        String::from_utf8_lossy(&text).into_owned()
    }

    fn hello() -> Router {
        Router::new().route("/", get(|| async { "hello" }))
    }

    #[tokio::test]
    async fn a_head_that_never_ends_is_dropped_when_its_time_is_over() {
        let limits = Limits { head: Duration::from_millis(200), ..Limits::default() };
        let served = start(limits, hello()).await;
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.unwrap();
        let began = Instant::now();
        let told = tokio::time::timeout(Duration::from_secs(5), all_of(stream)).await.unwrap();
        assert!(began.elapsed() >= Duration::from_millis(150), "dropped too early");
        assert!(!told.contains("hello"), "{told}");
    }

    #[tokio::test]
    async fn a_silent_connection_is_dropped_too() {
        let limits = Limits { head: Duration::from_millis(200), ..Limits::default() };
        let served = start(limits, hello()).await;
        let stream = TcpStream::connect(served.address).await.unwrap();
        tokio::time::timeout(Duration::from_secs(5), all_of(stream)).await.unwrap();
    }

    #[tokio::test]
    async fn beyond_the_cap_a_newcomer_gets_503_at_once() {
        let served = start(Limits { connections: 1, ..Limits::default() }, hello()).await;
        let _first = TcpStream::connect(served.address).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let second = TcpStream::connect(served.address).await.unwrap();
        let told = tokio::time::timeout(Duration::from_secs(5), all_of(second)).await.unwrap();
        assert!(told.starts_with("HTTP/1.1 503"), "{told}");
        assert!(told.contains("Retry-After"));
    }

    #[tokio::test]
    async fn a_reader_that_takes_nothing_is_dropped() {
        let limits = Limits { reader_idle: Duration::from_millis(200), ..Limits::default() };
        let (ended, end) = oneshot::channel::<()>();
        let ended = Arc::new(std::sync::Mutex::new(Some(ended)));
        struct Tell(Arc<std::sync::Mutex<Option<oneshot::Sender<()>>>>);
        impl Drop for Tell {
            fn drop(&mut self) {
                let _ = self.0.lock().unwrap().take().map(|ended| ended.send(()));
            }
        }
        let endless = Router::new().route(
            "/",
            get(move || {
                let tell = Tell(Arc::clone(&ended));
                async move { axum::body::Body::new(Endless(vec![0; 65_536].into(), tell)) }
            }),
        );
        struct Endless(hyper::body::Bytes, #[allow(dead_code)] Tell);
        impl hyper::body::Body for Endless {
            type Data = hyper::body::Bytes;
            type Error = Infallible;
            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<hyper::body::Frame<Self::Data>, Infallible>>> {
                Poll::Ready(Some(Ok(hyper::body::Frame::data(self.0.clone()))))
            }
        }
        let served = start(limits, endless).await;
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        tokio::time::timeout(Duration::from_secs(10), end).await.unwrap().unwrap();
        drop(stream);
    }

    #[tokio::test]
    async fn a_running_answer_is_finished_before_the_end() {
        let slow = Router::new().route(
            "/",
            get(|| async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                "finished"
            }),
        );
        let served = start(Limits::default(), slow).await;
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        served.stop.send(()).unwrap();
        assert!(all_of(stream).await.ends_with("finished"));
        served.end.await.unwrap();
    }

    #[tokio::test]
    async fn an_answer_without_end_does_not_hold_the_shutdown() {
        let stuck = Router::new().route("/", get(std::future::pending::<&'static str>));
        let served = start(Limits { grace: Duration::from_millis(200), ..Limits::default() }, stuck).await;
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        served.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(5), served.end).await.unwrap().unwrap();
    }
}
