//! Incidents as others read them. GeoJSON is [`serde::Serialize`] of [`crate::Incident`]; here are the rest.

mod csv;

pub(crate) use csv::is_guarded;
pub use csv::{CSV_COLUMNS, write_csv_header, write_csv_row};
