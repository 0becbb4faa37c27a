//! What is to be drawn: polygons of one colour each, and labels, in pixels.
//!
//! Every fill is opaque. The graphics pipeline of maplibre-rs replaces a pixel rather than mixing it, so what is to look
//! translucent is mixed before ([`Rgb::mixed_with`]), by whoever makes the scene and knows what lies below.

use std::fmt;
use std::str::FromStr;

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// What is seen when so much of `self`, from 0 to 1, lies on `below`.
    #[must_use]
    pub fn mixed_with(self, below: Self, share: f32) -> Self {
        let mix = |top: u8, below: u8| {
            (f32::from(top) * share + f32::from(below) * (1.0 - share)).round().clamp(0.0, 255.0) as u8
        };
        Self(mix(self.0, below.0), mix(self.1, below.1), mix(self.2, below.2))
    }
}

/// A place on the picture, in pixels from its upper left corner: to the right, then down.
pub type Point = [f32; 2];

/// The shortest side of a picture, in pixels.
pub const LEAST_SIDE: u32 = 100;
/// The longest side of a picture, in pixels.
pub const MOST_SIDE: u32 = 2_400;
/// The most pixels of a picture: 12 MB while it is drawn.
pub const MOST_PIXELS: u32 = 3_000_000;

/// Width and height of a picture in pixels, within limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    width: u32,
    height: u32,
}

/// Not the size of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASize {
    /// Not two whole numbers.
    #[error("not a size such as 1200x630: width and height in pixels with an x between")]
    Unreadable,
    /// A side is too short or too long.
    #[error("sides have {LEAST_SIDE} to {MOST_SIDE} pixels, not {0}")]
    Side(u32),
    /// Too many pixels in all.
    #[error("a picture has at most {MOST_PIXELS} pixels, not {0}")]
    Area(u32),
}

impl Size {
    /// The size of a card that pages show for a link.
    pub const CARD: Self = Self { width: 1_200, height: 630 };

    /// Checks width and height.
    ///
    /// # Errors
    ///
    /// [`NotASize`] with what is too small or too large.
    pub fn new(width: u32, height: u32) -> Result<Self, NotASize> {
        for side in [width, height] {
            if !(LEAST_SIDE..=MOST_SIDE).contains(&side) {
                return Err(NotASize::Side(side));
            }
        }
        if width * height > MOST_PIXELS {
            return Err(NotASize::Area(width * height));
        }
        Ok(Self { width, height })
    }

    /// The width in pixels.
    #[must_use]
    pub fn width(self) -> u32 {
        self.width
    }

    /// The height in pixels.
    #[must_use]
    pub fn height(self) -> u32 {
        self.height
    }
}

impl FromStr for Size {
    type Err = NotASize;

    /// From `1200x630`.
    fn from_str(text: &str) -> Result<Self, NotASize> {
        let side = |text: &str| {
            let is_plain =
                !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
            is_plain.then(|| text.parse::<u32>().ok()).flatten().ok_or(NotASize::Unreadable)
        };
        let (width, height) = text.split_once('x').ok_or(NotASize::Unreadable)?;
        Self::new(side(width)?, side(height)?)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Shapes of one colour. A shape is a polygon: an exterior ring and its holes, which run the other way round; what several rings
/// cover is filled by the non-zero rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    pub(crate) color: Rgb,
    pub(crate) points: Vec<Point>,
    /// Behind the last point of each ring.
    pub(crate) rings: Vec<u32>,
    /// Behind the last ring of each shape.
    pub(crate) shapes: Vec<u32>,
}

impl Fill {
    /// No shape yet.
    #[must_use]
    pub fn new(color: Rgb) -> Self {
        Self { color, points: Vec::new(), rings: Vec::new(), shapes: Vec::new() }
    }

    /// The colour.
    #[must_use]
    pub fn color(&self) -> Rgb {
        self.color
    }

    /// Adds a ring to the shape that is being made, open: its last point is not its first. One without area, or with a part that is
    /// no number, is left out.
    pub fn ring(&mut self, ring: impl IntoIterator<Item = Point>) {
        let start = self.points.len();
        self.points.extend(ring);
        let is_sound = self.points[start..].iter().flatten().all(|part| part.is_finite());
        if self.points.len() - start < 3 || !is_sound {
            self.points.truncate(start);
            return;
        }
        self.rings.push(self.points.len() as u32);
    }

    /// Ends the shape, if it has a ring.
    pub fn end_shape(&mut self) {
        let rings = self.rings.len() as u32;
        if self.shapes.last().copied().unwrap_or(0) < rings {
            self.shapes.push(rings);
        }
    }

    /// Adds a shape of one ring.
    pub fn shape(&mut self, ring: impl IntoIterator<Item = Point>) {
        self.ring(ring);
        self.end_shape();
    }

    /// Adds a rectangle: left, top, right, bottom.
    pub fn rectangle(&mut self, [left, top, right, bottom]: [f32; 4]) {
        self.shape([[left, top], [left, bottom], [right, bottom], [right, top]]);
    }

    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// The shapes, each with its rings.
    pub fn shapes(&self) -> impl Iterator<Item = impl Iterator<Item = &[Point]>> {
        let starts = std::iter::once(0).chain(self.shapes.iter().copied());
        starts.zip(&self.shapes).map(move |(first, &end)| (first..end).map(move |ring| self.ring_at(ring)))
    }

    /// How many points it has.
    #[must_use]
    pub fn point_count(&self) -> usize {
        self.points.len()
    }

    fn ring_at(&self, ring: u32) -> &[Point] {
        let start = if ring == 0 { 0 } else { self.rings[ring as usize - 1] };
        &self.points[start as usize..self.rings[ring as usize] as usize]
    }
}

/// How bold a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weight {
    /// Regular.
    Regular,
    /// Bold.
    Bold,
}

/// Which end of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The left end.
    Left,
    /// The middle.
    Middle,
    /// The right end.
    Right,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The text, in logical order.
    pub text: String,
    /// Where its baseline is.
    pub at: Point,
    /// Which end of it is there.
    pub anchor: Anchor,
    /// The size of the letters, in pixels.
    pub size_px: f32,
    /// How bold.
    pub weight: Weight,
    /// The colour of the letters.
    pub color: Rgb,
    /// The colour around the letters.
    pub halo: Option<Rgb>,
}

/// A picture before it is painted.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Its size.
    pub size: Size,
    /// What lies below everything.
    pub background: Rgb,
    /// Bottom to top.
    pub fills: Vec<Fill>,
    /// Over all fills.
    pub labels: Vec<Label>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_sides_within_limits() {
        assert_eq!("1200x630".parse(), Ok(Size::CARD));
        assert_eq!(Size::CARD.to_string(), "1200x630");
        for text in [
            "",
            "1200",
            "x630",
            "1200x",
            "1200x630x2",
            "-5x630",
            "1200 x 630",
            "1e3x630",
            "+200x630",
            "99999999999x630",
        ] {
            assert_eq!(text.parse::<Size>(), Err(NotASize::Unreadable), "{text}");
        }
        assert_eq!("99x630".parse::<Size>(), Err(NotASize::Side(99)));
        assert_eq!("1200x999999999".parse::<Size>(), Err(NotASize::Side(999_999_999)));
        assert_eq!("2400x2400".parse::<Size>(), Err(NotASize::Area(5_760_000)));
    }

    #[test]
    fn a_ring_that_cannot_be_filled_is_left_out() {
        let mut fill = Fill::new(Rgb(1, 2, 3));
        fill.shape([[0.0, 0.0], [1.0, 0.0]]);
        fill.shape([[0.0, 0.0], [1.0, f32::NAN], [1.0, 1.0]]);
        assert!(fill.is_empty());
        fill.ring([[0.0, 0.0], [9.0, 0.0], [9.0, 9.0]]);
        fill.ring([[3.0, 1.0], [4.0, 2.0], [4.0, 1.0]]);
        fill.end_shape();
        fill.rectangle([0.0, 0.0, 1.0, 1.0]);
        let rings: Vec<usize> = fill.shapes().map(Iterator::count).collect();
        assert_eq!(rings, [2, 1]);
    }

    #[test]
    fn a_colour_mixed_by_nothing_is_the_one_below() {
        let (blue, paper) = (Rgb(0, 0, 255), Rgb(255, 255, 255));
        assert_eq!(blue.mixed_with(paper, 0.0), paper);
        assert_eq!(blue.mixed_with(paper, 1.0), blue);
        assert_eq!(blue.mixed_with(paper, 0.2), Rgb(204, 204, 255));
    }
}
