//! Which places a name may mean, and which place is nearest to a point.
//!
//! A gazetteer answers *candidates*, the likeliest first, and never picks one. It is one compact file that is searched as it
//! lies: names stand in order in packed blocks, and a question unpacks the few that it needs. So it takes neither
//! time at the start nor memory while nobody asks.
//!
//! ```
//! # use kordon_gazetteer::{Gazetteer, Wanted};
//! let gazetteer = Gazetteer::shipped()?;
//! let found = gazetteer.search(&Wanted { country: Some("UKR"), ..Wanted::named("Измаил") })?;
//! assert_eq!((found[0].id, found[0].country.as_str()), (707_308, "UKR"));
//! # Ok::<(), kordon_gazetteer::BadGazetteer>(())
//! ```
//!
//! Pure: bytes and values in, values out.

// In reading order.
mod build; // GeoNames into the file
mod file; // the file
mod name; // what is the same name
mod nearest; // the places around a point
mod place; // one place, as it is answered
mod search; // the places of a name
mod written; // a place as people write it

pub use build::{BuildError, Sources, build};
pub use file::{BadGazetteer, Gazetteer, Info};
pub use name::{LONGEST_NAME, key, plain};
pub use nearest::{Near, compass};
pub use place::{Candidate, Match, is_same_unit, radius_m};
pub use search::Wanted;
pub use written::{Found, Reading, names_in};
