//! A file by what it holds: the digests by which others speak of it.

use std::io::{self, Read};

use sha2::{Digest, Sha256, Sha384, Sha512};

/// The SHA-2 digests of a file and its length (FIPS 180-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// 32 bytes: the name of the file here.
    pub sha256: Vec<u8>,
    /// 48 bytes.
    pub sha384: Vec<u8>,
    /// 64 bytes.
    pub sha512: Vec<u8>,
    /// In bytes.
    pub len: u64,
}

impl Digests {
    /// Reads a file to its end, in constant memory; all that was read goes into `each`, too.
    ///
    /// # Errors
    ///
    /// What the reader or `each` said.
    pub fn of(mut file: impl Read, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Self> {
        let (mut short, mut middle, mut long) = (Sha256::new(), Sha384::new(), Sha512::new());
        let (mut buffer, mut len) = (vec![0; 1 << 16], 0);
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let piece = &buffer[..read];
            short.update(piece);
            middle.update(piece);
            long.update(piece);
            each(piece)?;
            len += read as u64;
        }
        Ok(Self {
            sha256: short.finalize().to_vec(),
            sha384: middle.finalize().to_vec(),
            sha512: long.finalize().to_vec(),
            len,
        })
    }

    /// The SHA-256 in lower-case hexadecimal.
    pub fn name(&self) -> String {
        hex(&self.sha256)
    }
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
