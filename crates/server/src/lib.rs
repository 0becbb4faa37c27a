//! The wire: HTTP text becomes a query, an answer becomes GeoJSON or a tile, an error becomes a status; and
//! who may do what.
//!
//! [`router`] is the whole service, made from one table of routes; [`serve`] runs it on a listener with time
//! limits. Where files lie and how a distance is measured is not known here. The server never calls out.

pub mod access; // Who may do what: tokens.
mod answer; // JSON, links, ETags, and the choice between forms.
mod app; // What every handler shares.
mod asked; // Which state of the store is asked, and how the answer is cited.
mod assets; // The web map's files.
pub mod basemap; // An operator's own basemap.
mod body; // Request bodies, within size and time.
mod crs; // Reference systems of answers and boxes.
mod desk; // What is not public, for those who may write.
mod distance; // How far a place is from a border.
mod duplicates; // Pairs that may be one event.
mod error; // What a client is told when something is wrong.
mod evidence; // Files that incidents rest on.
mod facilities; // Reference layers, and what lies near an incident.
mod forms; // The forms of a list of incidents.
mod gazetteer; // Places by name, and around a point.
mod guard; // Hosts, origins, and headers for browsers.
mod history; // What was, what changed, what proves it.
mod imported; // What became of imported files.
mod imports; // A file of reports, checked and stored.
mod items; // Incidents, found, read and written.
mod landing; // What a client reads first.
mod listen; // The accept loop.
mod live; // Changes, told as they happen.
mod openapi; // The API, described.
mod operate; // For operators.
mod page; // Incidents for people, without a script.
mod painter; // Who paints.
mod params; // Query strings, read strictly.
pub mod pictures; // Maps as pictures.
mod query; // FILTER: the words that choose incidents.
mod queryables; // What a filter may ask.
mod record; // One incident from a body.
pub mod report; // A report as one file.
mod routes; // The one table of routes.
mod shape; // Features in another reference system, or with some properties only.
mod stream; // Long answers, a piece at a time.
mod tables; // Distances to borders and impacts, as tables.
mod territories; // The territories as a collection.
mod tiles; // Vector tiles.
mod tilesets; // The tiles, described.

pub use app::Config;
pub use asked::{Asked, When};
pub use error::Problem;
pub use forms::{described, features};
pub use kordon_picture_scene::Ground;
pub use listen::{Limits, serve};
pub use painter::{Painter, PainterLost};
pub use query::query_of;
pub use routes::router;
