//! Newline-delimited GeoJSON, and GeoJSON text sequences (RFC 8142). Empty lines are passed over.

use super::Piece;
use super::bytes::{Bytes, place_after};
use crate::fault::Fault;
use std::io::BufRead;

/// Room for a record, which seldom grows then.
const LINE_BYTES: usize = 1_024;

/// The next line that is not blank. A record separator before the record is passed over, so that a text
/// sequence with one record on each line is read by either reader.
pub(super) fn next_line<R: BufRead>(bytes: &mut Bytes<R>) -> Result<Option<Piece>, Fault> {
    loop {
        let mut raw = Vec::with_capacity(LINE_BYTES);
        if !bytes.until(b'\n', &mut raw)? {
            return Ok(None);
        }
        let line = bytes.line;
        bytes.line += usize::from(raw.last() == Some(&b'\n'));
        if let Some(piece) = piece_of(bytes, raw, line)? {
            return Ok(Some(piece));
        }
    }
}

/// The next record between two record separators (0x1E).
pub(super) fn next_of_sequence<R: BufRead>(bytes: &mut Bytes<R>) -> Result<Option<Piece>, Fault> {
    loop {
        let mut raw = Vec::with_capacity(LINE_BYTES);
        if !bytes.until(0x1e, &mut raw)? {
            return Ok(None);
        }
        let line = bytes.line;
        bytes.line += raw.iter().filter(|b| **b == b'\n').count();
        if let Some(piece) = piece_of(bytes, raw, line)? {
            return Ok(Some(piece));
        }
    }
}

fn piece_of<R: BufRead>(bytes: &Bytes<R>, mut raw: Vec<u8>, line: usize) -> Result<Option<Piece>, Fault> {
    let outside = |b: &u8| b.is_ascii_whitespace() || *b == 0x1e;
    let Some(end) = raw.iter().rposition(|b| !outside(b)) else {
        return Ok(None);
    };
    raw.truncate(end + 1);
    let start = raw.iter().position(|b| !outside(b)).unwrap_or_default();
    let (mut line, mut column) = (line, 1);
    if start > 0 {
        let before: Vec<u8> = raw.drain(..start).collect();
        (line, column) = place_after(&String::from_utf8_lossy(&before), line, 1);
    }
    let text = bytes.text(raw, line, column)?;
    Ok(Some(Piece::new(text, line, column)))
}
