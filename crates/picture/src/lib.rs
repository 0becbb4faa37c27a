//! Maps as pictures: from borders and incidents to a [`Scene`] in pixels, and from a scene to a PNG.
//!
//! A scene is plain data: polygons of one colour each, in the order in which they are drawn, and labels. Thick lines, dashes,
//! circles and signs are polygons already, so that whoever paints need only fill. Two painters do: [`paint`] here, and the
//! program `kordon-picture` with maplibre-rs, which gets the polygons over a pipe (`wire`). Labels and the file are always
//! made here, so that both pictures have the same text.
//!
//! Pure: the same question gives the same bytes. Nothing here opens a file, asks the time or prints.
//!
//! Limits: Web Mercator, as in the page; what lies nearer to a pole than 85.05° is drawn at the edge.

// In reading order.
mod scene; // what is to be drawn
mod wire; // scenes and pixels as bytes on a pipe

#[cfg(feature = "draw")]
mod frame; // which part of the world, how large
#[cfg(feature = "draw")]
mod ground; // land and borders, ready to be cut
#[cfg(feature = "draw")]
mod labels; // texts that do not lie on each other
#[cfg(feature = "draw")]
mod lines; // lines, dashes, circles and signs as polygons
#[cfg(feature = "draw")]
mod map; // from incidents to a scene
#[cfg(feature = "draw")]
mod names; // places and countries in three languages
#[cfg(feature = "draw")]
mod paint; // from a scene to pixels, with tiny-skia
#[cfg(feature = "draw")]
mod picture; // from pixels to a file
#[cfg(feature = "draw")]
#[rustfmt::skip]
mod style; // colours and widths, shared with the page
#[cfg(feature = "draw")]
mod text; // letters as outlines

pub use scene::{
    Anchor, Fill, LEAST_SIDE, Label, MOST_PIXELS, MOST_SIDE, NotASize, Point, Rgb, Scene, Size, Weight,
};
pub use wire::{
    BadFrame, MOST_FRAME_BYTES, Reply, read_frame, read_reply, read_scene, write_frame, write_reply,
    write_scene,
};

#[cfg(feature = "draw")]
pub use ground::Ground;
#[cfg(feature = "draw")]
pub use map::{Caption, Card, Dot, Filling, Many, Mark, Measured, card, event_of, many};
#[cfg(feature = "draw")]
pub use names::{Lang, country_name};
#[cfg(feature = "draw")]
pub use paint::{Pixels, letter, paint};
#[cfg(feature = "draw")]
pub use picture::{About, png};
#[cfg(feature = "draw")]
pub use style::{DARK, EVENTS, LIGHT, Theme};
