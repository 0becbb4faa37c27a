//! Incidents as others read them. GeoJSON is [`serde::Serialize`] of [`crate::Incident`]; here are the rest.
//!
//! In reading order:
//! - `described`: an incident as a public answer tells it;
//! - `about`: where a file comes from, and how to cite it;
//! - `table`: the columns, the same for every form;
//! - `told`: places and distances in words; `xml`: text in XML; `hilbert`: an order in which near things are near;
//! - `csv`: rows of text; `flatgeobuf`, `geoparquet`: binary features and columns; `kml`, `atom`: for globes and feed readers;
//! - `pmtiles`: vector tiles in one file.

mod about;
mod atom;
mod csv;
mod described;
mod flatgeobuf;
mod geoparquet;
mod hilbert;
mod kml;
mod pmtiles;
mod table;
#[cfg(test)]
mod tests;
mod told;
mod xml;

pub use about::About;
pub use atom::{Addresses, Atom};
pub(crate) use csv::is_guarded;
pub use csv::{Csv, TableOptions, csvw};
pub use described::{Border, Boundary, Described, Distance};
pub use flatgeobuf::{FlatGeobuf, Layer};
pub use geoparquet::GeoParquet;
pub use hilbert::{hilbert, hilbert_of};
pub use kml::Kml;
pub use pmtiles::{PmTiles, Tileset, tile_id};
use std::io;
pub use table::{Cell, Column, Kind, Layout, Shown};
pub use told::Units;
pub use xml::xml;

/// A form in which incidents are written one after the other. What one writer is told of them in this order is always the
/// same bytes; what it holds back is bounded, however many they are.
pub trait Form: Send {
    /// Appends what stands before the incidents.
    ///
    /// # Errors
    ///
    /// When the form cannot hold it; nothing more is to be written then.
    fn begin(&mut self, out: &mut Vec<u8>) -> io::Result<()>;

    /// Appends an incident, now or when enough have come together.
    ///
    /// # Errors
    ///
    /// As [`Form::begin`].
    fn add(&mut self, shown: Shown<'_>, out: &mut Vec<u8>) -> io::Result<()>;

    /// Appends what was held back, and what stands behind the incidents.
    ///
    /// # Errors
    ///
    /// As [`Form::begin`].
    fn end(&mut self, out: &mut Vec<u8>) -> io::Result<()>;
}
