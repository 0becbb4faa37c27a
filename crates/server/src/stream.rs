//! Long answers, made a piece at a time while they are being read.
//!
//! A piece is made only when the one before was taken, so memory stays bounded however long the answer is, and a
//! slow reader holds no worker while it reads. When a piece cannot be made, the connection is broken off: a
//! reader must not take half an answer for the whole.

use crate::app::App;
use crate::error::Problem;
use axum::body::{Body, Bytes};
use hyper::body::Frame;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Sends `first`, then what `make` gives for each of `parts`, in order.
pub fn pieces<P, M>(
    app: &App,
    first: Vec<u8>,
    parts: impl Iterator<Item = P> + Send + 'static,
    make: M,
) -> Body
where
    P: Send + 'static,
    M: Fn(P) -> Result<Vec<u8>, Problem> + Clone + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(1);
    let app = App::clone(app);
    tokio::spawn(async move {
        if !first.is_empty() && sender.send(Ok(Bytes::from(first))).await.is_err() {
            return;
        }
        for part in parts {
            let make = make.clone();
            let piece = match app.work(move || make(part)).await {
                Ok(piece) => Ok(Bytes::from(piece)),
                Err(problem) => Err(io::Error::other(problem.detail().to_owned())),
            };
            let ended = piece.is_err();
            if sender.send(piece).await.is_err() || ended {
                return; // The reader went away, or must learn that no more will come.
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
