//! Long answers, made a piece at a time while they are being read; and long bodies, read a piece at a time.
//!
//! A piece is made only when the one before was taken, so memory stays bounded however long the answer is, and a
//! slow reader holds no worker while it reads. When a piece cannot be made, the connection is broken off: a
//! reader must not take half an answer for the whole.

use crate::app::App;
use crate::error::Problem;
use axum::body::{Body, Bytes};
use hyper::body::Frame;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Sends `first`, then what `make` gives for each of `parts`, in order. Empty pieces are passed over.
pub fn pieces<P, M>(
    app: &App,
    first: Vec<u8>,
    parts: impl Iterator<Item = P> + Send + 'static,
    mut make: M,
) -> Body
where
    P: Send + 'static,
    M: FnMut(P) -> Result<Vec<u8>, Problem> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(1);
    let app = App::clone(app);
    tokio::spawn(async move {
        if !first.is_empty() && sender.send(Ok(Bytes::from(first))).await.is_err() {
            return;
        }
        for part in parts {
            // The maker goes along, and comes back for the next piece.
            let made = app
                .work(move || {
                    let piece = make(part)?;
                    Ok((make, piece))
                })
                .await;
            let piece = match made {
                Ok((back, piece)) => {
                    make = back;
                    if piece.is_empty() {
                        continue;
                    }
                    Ok(Bytes::from(piece))
                }
                Err(problem) => {
                    // Half an answer breaks off, so that nobody takes it for the whole.
                    let _ = sender.send(Err(io::Error::other(problem.detail().to_owned()))).await;
                    return;
                }
            };
            if sender.send(piece).await.is_err() {
                return; // The reader went away.
            }
        }
    });
    Body::new(Pieces::new(receiver))
}

/// A body of what comes through a channel.
pub struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl Pieces {
    /// Until the other end is dropped.
    #[must_use]
    pub fn new(receiver: mpsc::Receiver<io::Result<Bytes>>) -> Self {
        Self(receiver)
    }
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// Where the pieces of a body go in, for a thread that reads them at the other end.
pub struct Inflow(mpsc::Sender<Bytes>);

/// The other end of an [`Inflow`].
pub struct Outflow {
    receiver: mpsc::Receiver<Bytes>,
    piece: Bytes,
    ended: bool,
}

impl Inflow {
    /// Both ends. A few pieces wait between them, and the sender for the reader.
    #[must_use]
    pub fn new() -> (Self, Outflow) {
        let (sender, receiver) = mpsc::channel(4);
        (Self(sender), Outflow { receiver, piece: Bytes::new(), ended: false })
    }

    /// Sends a piece; `false` when nobody reads any more.
    pub async fn send(&self, piece: Bytes) -> bool {
        self.0.send(piece).await.is_ok()
    }

    /// All of it was sent. A sender that is dropped without this has broken off.
    pub async fn end(self) {
        // Who does not read any more does not miss it.
        let _ = self.0.send(Bytes::new()).await;
    }
}

impl Read for Outflow {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.ended {
            match self.receiver.blocking_recv() {
                Some(piece) => {
                    self.ended = piece.is_empty();
                    self.piece = piece;
                }
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let count = self.piece.len().min(into.len());
        into[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
