//! The input as bytes, with the place of the next one, and every fatal fault that bytes can have.

use crate::fault::Fault;
use crate::report::{Encoding, Origin, ReadOptions};
use std::cell::Cell;
use std::io::BufRead;
use std::sync::Arc;

/// A buffered input that counts lines and characters.
pub(super) struct Bytes<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    /// Line of the next byte, counted from 1.
    pub(super) line: usize,
    /// Character in its line of the next byte, counted from 1.
    pub(super) column: usize,
    pub(super) limit: usize,
    encoding: Option<Encoding>,
    /// The encoding of older files of this source. The first letter that is not ASCII tells which it is, and then
    /// it is that for the whole input.
    fallback: Option<Encoding>,
    is_utf8: Cell<Option<bool>>,
    file: Arc<str>,
}

impl<R: BufRead> Bytes<R> {
    pub(super) fn open(input: R, options: &ReadOptions, origin: &Origin) -> Result<Self, Fault> {
        let mut bytes = Self {
            input,
            buffer: Vec::new(),
            at: 0,
            line: 1,
            column: 1,
            limit: options.record_bytes,
            encoding: options.encoding,
            fallback: None,
            is_utf8: Cell::new(None),
            file: Arc::clone(&origin.file),
        };
        if bytes.ahead()?.starts_with(b"\xef\xbb\xbf") {
            bytes.at += 3;
        }
        Ok(bytes)
    }

    /// What is buffered, at least a few thousand bytes unless the input is shorter.
    pub(super) fn ahead(&mut self) -> Result<&[u8], Fault> {
        while self.buffer.len() - self.at < 8192 && self.fill()? {}
        Ok(&self.buffer[self.at..])
    }

    #[inline]
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Fault> {
        if self.at == self.buffer.len() && !self.fill()? {
            return Ok(None);
        }
        Ok(Some(self.buffer[self.at]))
    }

    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<u8>, Fault> {
        let Some(byte) = self.peek()? else {
            return Ok(None);
        };
        self.at += 1;
        if byte == b'\n' {
            self.line += 1;
            self.column = 1;
        } else if byte & 0xc0 != 0x80 {
            self.column += 1;
        }
        Ok(Some(byte))
    }

    /// Fills `out`, and fails when there is less.
    pub(super) fn exactly(&mut self, out: &mut [u8]) -> Result<(), Fault> {
        let mut filled = 0;
        while filled < out.len() {
            if self.at == self.buffer.len() && !self.fill()? {
                return Err(self.fatal("the file ends too early", "is the file complete?"));
            }
            let count = (out.len() - filled).min(self.buffer.len() - self.at);
            out[filled..filled + count].copy_from_slice(&self.buffer[self.at..self.at + count]);
            self.at += count;
            filled += count;
        }
        Ok(())
    }

    /// A piece behind its length in four bytes, both together; `None` at the end of the input.
    pub(super) fn sized(&mut self, most: usize) -> Result<Option<Vec<u8>>, Fault> {
        if self.peek()?.is_none() {
            return Ok(None);
        }
        let mut length = [0; 4];
        self.exactly(&mut length)?;
        let count = u32::from_le_bytes(length) as usize;
        if count > most {
            return Err(self.too_long());
        }
        let mut piece = vec![0; 4 + count];
        piece[..4].copy_from_slice(&length);
        self.exactly(&mut piece[4..])?;
        Ok(Some(piece))
    }

    /// Passes over so many bytes.
    pub(super) fn pass_over(&mut self, mut count: u64) -> Result<(), Fault> {
        while count > 0 {
            if self.at == self.buffer.len() && !self.fill()? {
                return Err(self.fatal("the file ends too early", "is the file complete?"));
            }
            let passed = count.min((self.buffer.len() - self.at) as u64);
            self.at += passed as usize;
            count -= passed;
        }
        Ok(())
    }

    pub(super) fn skip_space(&mut self) -> Result<(), Fault> {
        while matches!(self.peek()?, Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.next()?;
        }
        Ok(())
    }

    /// Appends everything up to and including `end` to `out`; `false` when nothing was left. The line is
    /// counted on when `end` is a line feed; a record within a line keeps its own count.
    pub(super) fn until(&mut self, end: u8, out: &mut Vec<u8>) -> Result<bool, Fault> {
        let before = out.len();
        loop {
            let rest = &self.buffer[self.at..];
            if let Some(found) = memchr::memchr(end, rest) {
                out.extend_from_slice(&rest[..=found]);
                self.at += found + 1;
            } else {
                out.extend_from_slice(rest);
                self.at = self.buffer.len();
            }
            if out.len() > self.limit {
                return Err(self.too_long());
            }
            if out.len() > before && out.last() == Some(&end) {
                return Ok(true);
            }
            if !self.fill()? {
                return Ok(out.len() > before);
            }
        }
    }

    pub(super) fn too_long(&self) -> Fault {
        let problem = format!("a record longer than {} bytes", self.limit);
        self.fatal(problem, "a quotation mark that is never closed makes one record of many")
    }

    /// What the bytes may be in, when they are not UTF-8 and nobody has said so.
    pub(super) fn may_be_in(&mut self, encoding: Encoding) {
        self.fallback = Some(encoding);
    }

    /// Which encoding `bytes` are in.
    fn encoding_of(&self, bytes: &[u8]) -> Option<Encoding> {
        let fallback = self.fallback.filter(|_| self.encoding.is_none() && !bytes.is_ascii());
        if fallback.is_some() && self.is_utf8.get().is_none() {
            self.is_utf8.set(Some(std::str::from_utf8(bytes).is_ok()));
        }
        fallback.filter(|_| self.is_utf8.get() == Some(false)).or(self.encoding)
    }

    /// The bytes as text, strictly: UTF-8, or the encoding that was named.
    pub(super) fn text(&self, bytes: Vec<u8>, line: usize, column: usize) -> Result<String, Fault> {
        if let Some(Encoding(encoding)) = self.encoding_of(&bytes)
            && encoding != encoding_rs::UTF_8
        {
            return match encoding.decode_without_bom_handling_and_without_replacement(&bytes) {
                Some(text) => Ok(text.into_owned()),
                None => {
                    let problem = format!("holds bytes that {} does not have", encoding.name());
                    Err(Fault { line, column, ..self.fatal(problem, None) })
                }
            };
        }
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let sound = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
            let (line, column) = place_after(&sound, line, column);
            let byte = error.as_bytes()[at];
            let hint = "save the file as UTF-8, or name its encoding, such as windows-1251 or windows-1252: --encoding NAME, over HTTP charset=NAME in Content-Type";
            Fault { line, column, ..self.fatal(format!("the byte 0x{byte:02x} is not UTF-8"), hint) }
        })
    }

    /// A fault of the whole input, here.
    pub(super) fn fatal<'h>(&self, problem: impl Into<Box<str>>, hint: impl Into<Option<&'h str>>) -> Fault {
        Fault { column: self.column, ..Fault::of_input(&self.file, self.line, problem, hint) }
    }

    fn fill(&mut self) -> Result<bool, Fault> {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        loop {
            match self.input.fill_buf() {
                Ok(more) => {
                    let count = more.len();
                    self.buffer.extend_from_slice(more);
                    self.input.consume(count);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.fatal(format!("cannot be read further: {error}"), None)),
            }
        }
    }
}

/// Line and character after `text`, which begins at the given ones.
pub(crate) fn place_after(text: &str, line: usize, column: usize) -> (usize, usize) {
    match text.rfind('\n') {
        Some(last) => {
            let lines = text.bytes().filter(|b| *b == b'\n').count();
            (line + lines, text[last + 1..].chars().count() + 1)
        }
        None => (line, column + text.chars().count()),
    }
}
