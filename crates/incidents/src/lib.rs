//! What an incident is: its model, the words it uses, and how reports become incidents.
//!
//! Pure: bytes or values in, values out. No disk, no network, no clock, no randomness; new ids are asked
//! of the caller.
//!
//! In reading order:
//! - `vocabulary`: the closed word lists, each from one table;
//! - `date`: when, as precisely as the source knew it;
//! - `text`: one text in several languages;
//! - `incident`: the model, one GeoJSON Feature;
//! - `fault`: one thing wrong with one record;
//! - `json`: strict JSON, with the place of every value;
//! - `profile`: what the columns of known sources mean, from TOML files;
//! - `columns`: which column of this input is which field of ours;
//! - `coordinates`: places as people write them into cells;
//! - `report`: one record as it stood in the input, and how to read it;
//! - `read`: bytes to reports, one reader for each format;
//! - `units`: administrative units that the user brought, and what lies in them;
//! - `check`: a report to an incident, or to all its faults;
//! - `schema`: the model as JSON Schema;
//! - `likeness`: whether two incidents are reports of one event;
//! - `merge`: two reports of one event become one incident, and two again;
//! - `write`: incidents in the forms of others.

mod check;
mod columns;
mod coordinates;
mod country;
mod date;
mod fault;
mod incident;
mod json;
mod likeness;
mod merge;
mod profile;
mod read;
mod report;
mod schema;
mod text;
mod units;
mod vocabulary;
mod write;

pub use check::{
    Checked, Explained, NamedPlaces, Repeated, Sighting, Surroundings, check, check_among, check_one,
    explain, explain_all,
};
pub use country::code_of as country_code;
pub use date::{BadDate, DateOrder, EventDate, Times, YEARS, civil_from_days};
pub use fault::{Fault, Printable};
pub use incident::{
    ASSUMED_RADIUS_M, Impact, Incident, IncidentId, Masking, NotAnId, Properties, Radius, RadiusOrigin,
    Source,
};
pub use json::strict_json;
pub use likeness::{Alike, Likeness, Reason, Traits, Weighed};
pub use profile::{BadProfile, Profile, Profiles};
pub use read::{GEOMETRIES, Reader, read, read_file};
pub use report::{Encoding, Fix, Format, Original, ReadOptions, Report, UnknownEncoding};
pub use schema::{logical_schema, schema, served_schema};
pub use text::{Text, is_language};
pub use units::{AdminUnit, AdminUnits, Rings, UnitName};
pub use vocabulary::{
    Attribution, Damage, DatePrecision, EventType, FunctionalStatus, Infrastructure, LocationMethod,
    MaskingLevel, NotInList, RecordStatus, Reliability, SUB_EVENT_TYPES, Sensitivity, Verification, is_word,
};
pub use write::{
    About, Addresses, Atom, Border, Boundary, Cell, Column, Csv, Described, Distance, FlatGeobuf, Form,
    GeoParquet, Kind, Kml, Layer, Layout, PmTiles, Shown, TableOptions, Tileset, Units, csvw, hilbert,
    hilbert_of, tile_id, xml,
};
