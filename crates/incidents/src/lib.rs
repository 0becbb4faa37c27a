//! What an incident is: its model, the words it uses, and how reports become incidents.
//!
//! Pure: bytes or values in, values out. No disk, no network, no clock, no randomness; new ids are asked
//! of the caller.

mod date; // When, as precisely as the source knew it.
mod incident;
mod text; // One text in several languages.
mod vocabulary; // The closed word lists, each from one table. // The model: one GeoJSON Feature.

pub use date::{BadDate, DateOrder, EventDate, Times, YEARS};
pub use incident::{
    ASSUMED_RADIUS_M, Impact, Incident, IncidentId, Masking, NotAnId, Properties, Radius, RadiusOrigin,
    Source,
};
pub use text::{Text, is_language};
pub use vocabulary::{
    Attribution, Damage, DatePrecision, EventType, FunctionalStatus, Infrastructure, LocationMethod,
    MaskingLevel, NotInList, RecordStatus, Reliability, SUB_EVENT_TYPES, Sensitivity, Verification, is_word,
};
