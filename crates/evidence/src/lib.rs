//! What files of evidence claim of themselves, checked: their digests, RFC 3161 timestamps, and web archives (WACZ).
//!
//! Pure: bytes in, what they say out. Whom to trust is not decided here. A timestamp is checked to be of the file, and to be signed
//! by the certificate that it carries; whether that certificate is an authority's is for whoever has the authority's own, as in
//! `openssl ts -verify`.

mod digests; // A file by what it holds.
mod timestamp; // RFC 3161.
mod wacz; // Web archives.

pub use digests::{Digests, hex};
pub use timestamp::{BadTimestamp, Signed, Timestamp};
pub use wacz::{BadArchive, Mark, Member, WebArchive};
