//! Truth and its index: the ledger of incidents on disk, and snapshots that answer questions about them.
//!
//! ```text
//! Incident ──put──▶ ledger (write, fsync) ──▶ project ──▶ Snapshot<Public> ──find, aggregate, tile──▶ answers
//!                                        └──────────────▶ Snapshot<Full>
//! ```
//!
//! The ledger is the ground state; everything else is derived from it when the store is opened.
//! Knows nothing of HTTP, of map styles or of the command line.

mod aggregate; // Counts and ranges.
mod answer; // The derived member `border`.
mod backup; // A store as one file, and back.
mod basemap; // Territories as vector tiles.
mod batches; // One batch, and how it is taken back.
mod bodies; // Documents in memory.
mod bulk; // A whole file, put as one batch.
mod cache; // The index on disk, for a fast start.
mod columns; // Rows in columns.
mod cores; // What is worth sharing out among cores.
mod direct; // Long writes past the page cache.
mod doubt; // Of whom a damaged record spoke.
mod duplicates; // Incidents that may be one event.
mod erase; // What a record said is gone, that it was there is not.
mod evidence; // Files of evidence beside the ledger.
mod filter; // CQL2.
mod history; // What changed since.
mod imports; // What an import leaves beside the ledger.
mod known; // A map from names of 16 bytes.
mod layer_folder; // The files of layers beside a store.
mod layers; // Facilities beside a store, and which lie near an incident.
mod ledger; // The segment files: append, fsync, recover.
mod mercator; // Places on square tiles.
mod merkle; // One root that vouches for every record.
mod names; // Words and sets that many rows share.
mod note; // Checkpoints, signed.
mod packed; // The text of a segment as a gzip file, any part of which can be read alone.
mod packing; // Long segments are packed in the background.
mod past; // The store as it was.
mod project; // What of a record is public: the only way into a public snapshot.
mod query; // Which incidents, how many, in what order.
mod record; // One record: a Feature in a frame, with its place in the chain.
mod repeats; // Records of one file that have one name.
mod seen; // Distances that were asked for before.
mod segment; // A file of the ledger, plain or packed.
mod sets; // Border sets by name: built in, or installed beside a store.
mod snapshot; // What queries see: columns, parts, tiers.
mod snapshot_id; // What a snapshot is called for ever.
mod sorted; // Short records in order, in bounded memory.
mod store; // Puts incidents into the ledger and shows the snapshots.
mod text; // Text folded for searching.
mod tile; // Incidents as vector tiles.
mod told; // Answers that were asked for before.
mod tree; // Places in boxes.
mod units; // Administrative units beside a store.
mod upgrade; // Stores of an older format.

pub use aggregate::{Aggregate, BadCell, Casualties, Cell, Dimension, Group, UnknownDimension};
pub use backup::{BackupError, Manifest, backup, restore};
pub use basemap::{Basemap, PRECISE_FROM, territory_tile};
pub use batches::{TakeBackError, TakenBack};
pub use bulk::{Bulk, Prepared};
pub use duplicates::{Duplicates, Likely, Pair};
pub use erase::Reason;
pub use evidence::{
    Evidence, EvidenceError, Looked, all_evidence, evidence, evidence_content, evidence_timestamps,
    look_at_evidence,
};
pub use filter::{BadFilter, Column, Described, Filter, RowFilter};
pub use history::{Before, Change, Changes};
pub use imports::{Import, LeftError, Refusals, Refused, Revised, import, imports, quarantined, refused};
pub use layer_folder::LayerError;
pub use layers::{Distant, Facilities, Facility, LayerInfo, Layers, MOST_FACILITIES, Which};
pub use ledger::{
    AppendError, DamagedAt, FORMAT_VERSION, OpenError, Position, ReadError, Recovery, TornTail,
};
pub use merkle::{is_extended, is_included};
pub use note::{BadNote, Checkpoint, PublicKey};
pub use past::{Moment, PastError};
pub use query::{
    BadCursor, Certainty, Cursor, During, Found, Hit, Of, Patience, Query, SortBy, UnknownSort, Within,
};
pub use record::{BadRecord, Hash, Link, Op};
pub use repeats::{NamesSeen, Repeat, Repeats};
pub use sets::{BorderSets, Listed, SetError};
pub use snapshot::{Full, Public, PublicSnapshot, Row, Snapshot};
pub use snapshot_id::{BadSnapshotId, SnapshotId};
pub use store::{
    Author, Counted, Damage, Extension, NotMerged, Options, Outcome, Proof, Proofs, Put, PutError, Replaced,
    Store, VerifyReport,
};
pub use text::has_words;
pub use units::{Units, UnitsInfo};
pub use upgrade::{UpgradeError, Upgraded, upgrade};
