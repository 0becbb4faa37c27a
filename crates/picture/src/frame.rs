//! Which part of the world a picture shows, how large, and where in it a place is.
//!
//! World coordinates run from 0 to 1, from the antimeridian eastward and from 85.05° north southward. A picture may go on across
//! the antimeridian: the world then stands beside itself, and what is drawn is drawn once for each [`Frame::copies`].

use crate::scene::{Point, Size};
use kordon_borders::{BBox, LonLat};
use std::f64::consts::PI;

/// A place in world coordinates.
pub(crate) type World = [f64; 2];

/// The deepest zoom of a picture that chooses its own part of the world: 40 cm a pixel at the equator.
const DEEPEST: f64 = 17.0;
/// How often the world may stand beside itself.
const MOST_WORLDS: f64 = 3.0;
/// The circumference of the earth at the equator, in meters.
pub(crate) const EQUATOR_M: f64 = 40_075_016.686;
/// The world's width in pixels at zoom 0.
pub(crate) const TILE: f64 = 512.0;

/// World coordinates of a place.
pub(crate) fn world_of(place: LonLat) -> World {
    world(place.lon(), place.lat())
}

/// World coordinates of degrees; a longitude beyond 180° lies beyond the world's edge.
pub(crate) fn world(lon: f64, lat: f64) -> World {
    let sine = lat.to_radians().sin();
    let y = 0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (4.0 * PI);
    [lon / 360.0 + 0.5, y.clamp(0.0, 1.0)]
}

/// The latitude at a height of the world.
fn lat_of(y: f64) -> f64 {
    (PI * (1.0 - 2.0 * y)).sinh().atan().to_degrees()
}

/// Space in pixels to be left free at the sides: left, top, right, bottom.
pub(crate) type Margins = [f64; 4];

/// The part of the world that a picture shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    /// In pixels.
    pub width: f64,
    /// In pixels.
    pub height: f64,
    /// Pixels from one end of the world to the other.
    pub scale: f64,
    left: f64,
    top: f64,
}

/// A box in world coordinates, which may go on beyond the right edge of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Part {
    pub west: f64,
    pub north: f64,
    pub east: f64,
    pub south: f64,
}

impl Part {
    /// Of a box in degrees.
    pub fn of_box(bbox: &BBox) -> Self {
        let [west, north] = world(bbox.west(), bbox.north());
        let [east, south] = world(bbox.east(), bbox.south());
        Self { west, north, east: if east < west { east + 1.0 } else { east }, south }
    }

    /// The smallest box around some places; the whole world when there are none.
    pub fn around(places: impl IntoIterator<Item = World>) -> Self {
        let (mut north, mut south) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut columns: Vec<f64> = Vec::new();
        for [x, y] in places {
            (north, south) = (north.min(y), south.max(y));
            columns.push(x.rem_euclid(1.0));
        }
        columns.sort_unstable_by(f64::total_cmp);
        let (Some(&first), Some(&last)) = (columns.first(), columns.last()) else {
            return Self { west: 0.0, north: 0.0, east: 1.0, south: 1.0 };
        };
        // The widest gap, going round the globe, is what the box leaves out.
        let mut widest = (first + 1.0 - last, first, last);
        for pair in columns.windows(2) {
            if pair[1] - pair[0] > widest.0 {
                widest = (pair[1] - pair[0], pair[1], pair[0] + 1.0);
            }
        }
        Self { west: widest.1, north, east: widest.2, south }
    }
}

impl Frame {
    /// All of a part of the world, as large as it fits between the margins, but no larger than a zoom deserves and no smaller than
    /// the world itself.
    pub fn around(part: &Part, size: Size, margins: Margins, deepest: f64) -> Self {
        let (width, height) = (f64::from(size.width()), f64::from(size.height()));
        let [left, top, right, bottom] = margins;
        let (free_x, free_y) = ((width - left - right).max(1.0), (height - top - bottom).max(1.0));
        let fit = |free: f64, span: f64| if span > 0.0 { free / span } else { f64::INFINITY };
        let scale = fit(free_x, part.east - part.west).min(fit(free_y, part.south - part.north));
        let scale = scale.clamp(width / MOST_WORLDS, TILE * deepest.min(DEEPEST).exp2());
        let middle = [f64::midpoint(part.west, part.east), f64::midpoint(part.north, part.south)];
        let x = middle[0] - (left + free_x / 2.0) / scale;
        let mut y = middle[1] - (top + free_y / 2.0) / scale;
        // Between the margins nothing is shown beyond the ends of the world that need not be.
        let (highest, lowest) = (-top / scale, 1.0 - (height - bottom) / scale);
        y = if highest <= lowest { y.clamp(highest, lowest) } else { f64::midpoint(highest, lowest) };
        Self { width, height, scale, left: x, top: y }
    }

    /// The zoom at which a map of tiles of 512 pixels would be as large.
    pub fn zoom(&self) -> f64 {
        (self.scale / TILE).log2()
    }

    /// How far each copy of the world that can be seen is shifted to the right, in worlds.
    pub fn copies(&self) -> impl Iterator<Item = f64> + use<> {
        let (first, last) = (self.left.floor(), (self.left + self.width / self.scale).floor());
        (0..=(last - first).clamp(0.0, 2.0 * MOST_WORLDS) as u32).map(move |step| first + f64::from(step))
    }

    /// Where a place is, in pixels, in a copy of the world.
    pub fn pixel(&self, [x, y]: World, copy: f64) -> Point {
        [((x + copy - self.left) * self.scale) as f32, ((y - self.top) * self.scale) as f32]
    }

    /// Where a place is in the copy of the world that is nearest to the middle of the picture.
    pub fn nearest_pixel(&self, [x, y]: World) -> Point {
        let middle = self.left + self.width / self.scale / 2.0;
        self.pixel([x, y], (middle - x).round())
    }

    /// The box of the picture in world coordinates of a copy, with a margin in pixels: west, north, east, south.
    pub fn window(&self, copy: f64, margin: f64) -> [f64; 4] {
        let (x, y) = (self.left - copy, self.top);
        let [m, w, h] = [margin, self.width + margin, self.height + margin].map(|pixels| pixels / self.scale);
        [x - m, y - m, x + w, y + h]
    }

    /// The degrees of a pixel; `None` beyond the ends of the world.
    pub fn degrees(&self, [x, y]: Point) -> Option<LonLat> {
        let (x, y) = (f64::from(x) / self.scale + self.left, f64::from(y) / self.scale + self.top);
        if !(0.0..=1.0).contains(&y) {
            return None;
        }
        LonLat::new(x.rem_euclid(1.0) * 360.0 - 180.0, lat_of(y)).ok()
    }

    /// Meters a pixel at a height of the picture.
    pub fn meters_a_pixel(&self, y: f32) -> f64 {
        let lat = lat_of((f64::from(y) / self.scale + self.top).clamp(0.0, 1.0));
        EQUATOR_M * lat.to_radians().cos() / self.scale
    }

    /// Whether a place in pixels is on the picture, or no farther from it than so much.
    pub fn shows(&self, [x, y]: Point, margin: f64) -> bool {
        let (x, y) = (f64::from(x), f64::from(y));
        x >= -margin && y >= -margin && x <= self.width + margin && y <= self.height + margin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(west: f64, south: f64, east: f64, north: f64) -> Frame {
        let part = Part::of_box(&BBox::new(west, south, east, north).unwrap());
        Frame::around(&part, Size::CARD, [20.0; 4], 99.0)
    }

    #[test]
    fn a_pixel_and_its_degrees_are_the_same_place() {
        for frame in [
            frame(28.0, 45.0, 29.0, 46.0),
            frame(177.0, -20.0, -178.0, -12.0),
            frame(-180.0, -90.0, 180.0, 90.0),
        ] {
            for pixel in [[0.0, 0.0], [600.0, 315.0], [1200.0, 630.0]] {
                let Some(place) = frame.degrees(pixel) else { continue };
                let seen: Vec<Point> =
                    frame.copies().map(|copy| frame.pixel(world_of(place), copy)).collect();
                let near = |p: &Point| (p[0] - pixel[0]).abs() < 0.01 && (p[1] - pixel[1]).abs() < 0.01;
                assert!(seen.iter().any(near), "{frame:?} {pixel:?} {seen:?}");
            }
        }
    }

    #[test]
    fn a_box_across_the_antimeridian_is_shown_in_one_piece() {
        let fiji = frame(177.0, -20.0, -178.0, -12.0);
        let (viti_levu, taveuni) = (world(178.0, -17.8), world(-179.9, -16.8));
        let (a, b) = (fiji.nearest_pixel(viti_levu), fiji.nearest_pixel(taveuni));
        assert!(fiji.shows(a, 0.0) && fiji.shows(b, 0.0) && a[0] < b[0], "{a:?} {b:?}");
        assert_eq!(fiji.copies().count(), 2);
    }

    #[test]
    fn places_around_the_antimeridian_have_a_narrow_box() {
        let part = Part::around([[0.99, 0.5], [0.02, 0.4], [0.97, 0.6]]);
        assert!((part.west - 0.97).abs() < 1e-12 && (part.east - 1.02).abs() < 1e-12, "{part:?}");
        assert_eq!(Part::around([[0.3, 0.5]]), Part { west: 0.3, north: 0.5, east: 0.3, south: 0.5 });
        assert_eq!(Part::around([]).east, 1.0);
    }

    #[test]
    fn no_part_of_the_world_makes_more_worlds_than_three_or_shows_beyond_its_ends_in_vain() {
        let all = frame(-180.0, -90.0, 180.0, 90.0);
        assert!(all.copies().count() <= 4 && all.scale >= 400.0);
        let north = frame(10.0, 84.0, 11.0, 90.0);
        assert!(north.top >= -20.0 / north.scale && north.shows(north.nearest_pixel(world(10.0, 90.0)), 0.5));
    }
}
