//! Where a place lies and how far it is from a territory, along the WGS84 ellipsoid.
//!
//! A [`BorderSet`] is decoded from the bytes of a `.kbs` file, or taken from this crate, and answers: which territories hold a
//! place (all claimants), how far the nearest foreign one is, how far a named one or a set such as NATO is, how deep
//! inside a place lies, and what of all that the place's own uncertainty leaves certain.
//!
//! ```
//! # use kordon_borders::{BorderSet, LonLat};
//! let set = BorderSet::default_set()?;
//! let izmail = LonLat::new(28.8372, 45.3512)?;
//! let nearest = set.nearest_foreign(izmail, f64::INFINITY).ok_or("no borders")?;
//! assert_eq!(set.territory(nearest.territory).name, "Romania");
//! assert_eq!(nearest.distance_m.round(), 2_221.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Pure: bytes and values in, values out. Nothing here opens a file, asks the time or prints.
//!
//! Edges of borders are straight in longitude and latitude (RFC 7946 §3.1.1), not geodesics: PostGIS geography and S2 differ.
//! The arithmetic is good to 1 mm; the border to what its [`SetInfo`] says.

// In reading order.
mod accuracy; // what a stretch is worth, from two editions of it
mod alliance; // sets of countries, by day
mod answer; // the whole answer, as JSON
mod area; // how near and far a whole area may be
mod batch; // many places at once
mod bbox; // a box, perhaps across the antimeridian
mod bounds; // how near and far the places of a box may be
mod build; // GeoJSON and TopoJSON into the file
mod coast; // land without its seas
mod contain; // who holds a place
mod edge; // one edge, as the curve that it is
mod ellipsoid; // lengths on WGS84, and why chords bound them
mod far; // the nearest point of a border, when it is far
mod format; // the file
mod ground; // land, river or sea under a border
mod interned; // values known by a number
mod interval; // what a distance is worth
mod listing; // files that people write, with their faults
mod nearest; // the nearest point of a border, certified
mod position; // a place, longitude first
mod reach; // how near a border may truly come
mod seam; // polygons cut at the antimeridian, for drawing
mod set; // the questions
mod settle; // a world view laid over a set
mod spread; // the same question in several sets
mod territory; // whose land; whose sovereign; sets of them
mod tree; // the pieces of borders, under boxes
mod view; // one answer where claims overlap

pub use alliance::{Alliance, Day, Member, NotADay};
pub use answer::{Answer, Boundary, Measure, Possible, Question, TooCoarse, push_rounded};
pub use area::{Area, NotAnArea, Over};
pub use batch::hilbert_order;
pub use bbox::{BBox, NotABox};
pub use bounds::{DistanceBounds, Guess};
pub use build::{
    BuildError, Place, Reading, build_from_geojson, build_from_topojson, build_natural_earth,
    build_osm_maritime,
};
pub use coast::build_osm_coastline;
pub use ellipsoid::{Meters, destination, distance, inverse};
pub use format::{BadSet, Evidence, Kind, SetInfo, Stretch, Summary};
pub use interval::{Interval, Reach, Side, Within, within};
pub use listing::BadList;
pub use position::{LonLat, NotAPlace};
pub use set::{Arc, BUILT_IN, BorderSet, Claims, NameTaken, Nearest, Target, UnknownTarget};
pub use spread::{Said, Spread, spread};
pub use territory::{Territory, TerritoryId};
pub use view::{Ruling, UnknownView, View};
