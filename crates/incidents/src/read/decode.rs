//! Bytes in another encoding, as UTF-8: UTF-16 by its byte order mark, and whatever was named where XML is read.

use encoding_rs::{Decoder, DecoderResult, Encoding};
use std::io::{self, BufRead, Read};

/// A stream of UTF-8. What the encoding does not have is an error that says where.
pub(super) struct Decoded<R> {
    input: R,
    decoder: Decoder,
    name: &'static str,
    out: Vec<u8>,
    at: usize,
    line: usize,
    ended: bool,
}

impl<R: BufRead> Decoded<R> {
    /// Reads `input`, whose byte order mark, if any, is passed over.
    pub(super) fn new(input: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { input, decoder, name: encoding.name(), out: Vec::new(), at: 0, line: 1, ended: false }
    }

    fn decode(&mut self) -> io::Result<()> {
        self.at = 0;
        self.out.resize(1 << 16, 0);
        let bytes = self.input.fill_buf()?;
        let last = bytes.is_empty();
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.out, last);
        self.input.consume(read);
        self.out.truncate(written);
        self.line += self.out.iter().filter(|byte| **byte == b'\n').count();
        match result {
            DecoderResult::Malformed(..) => {
                let problem = format!("line {} holds bytes that {} does not have", self.line, self.name);
                Err(io::Error::new(io::ErrorKind::InvalidData, problem))
            }
            DecoderResult::InputEmpty => {
                self.ended = last;
                Ok(())
            }
            DecoderResult::OutputFull => Ok(()),
        }
    }
}

impl<R: BufRead> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at == self.out.len() && !self.ended {
            self.decode()?;
        }
        Ok(&self.out[self.at..])
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_ready(self, out)
    }
}

/// Reads out of what is ready in a buffer.
pub(super) fn read_ready(input: &mut impl BufRead, out: &mut [u8]) -> io::Result<usize> {
    let ready = input.fill_buf()?;
    let count = ready.len().min(out.len());
    out[..count].copy_from_slice(&ready[..count]);
    input.consume(count);
    Ok(count)
}
