//! Texts that do not lie on each other: whoever comes first has the place.

use crate::frame::Frame;
use crate::scene::{Anchor, Label, Point, Rgb, Weight};
use crate::text::line;

/// Left, top, right, bottom.
pub(crate) type Room = [f32; 4];

/// How the letters of a label look.
#[derive(Clone, Copy)]
pub(crate) struct Hand {
    pub size_px: f32,
    pub weight: Weight,
    pub color: Rgb,
    pub halo: Option<Rgb>,
}

impl Hand {
    /// A label in this hand.
    pub fn write(self, text: impl Into<String>, at: Point, anchor: Anchor) -> Label {
        let Self { size_px, weight, color, halo } = self;
        Label { text: text.into(), at: at.map(f32::round), anchor, size_px, weight, color, halo }
    }

    pub fn width(self, text: &str) -> f32 {
        line(text, self.size_px, self.weight).width
    }

    /// How far capitals reach above the baseline.
    pub fn rise(self) -> f32 {
        self.size_px * 0.72
    }

    /// How far letters reach below it.
    pub fn drop(self) -> f32 {
        self.size_px * 0.22
    }
}

/// The room that is taken, and the labels that are there.
pub(crate) struct Labels {
    width: f32,
    height: f32,
    taken: Vec<Room>,
    pub placed: Vec<Label>,
}

impl Labels {
    pub fn new(frame: &Frame) -> Self {
        Self { width: frame.width as f32, height: frame.height as f32, taken: Vec::new(), placed: Vec::new() }
    }

    /// Keeps other labels out.
    pub fn take(&mut self, room: Room) {
        self.taken.push(room);
    }

    /// Keeps other labels off a line.
    pub fn take_line(&mut self, points: &[Point], margin: f32) {
        for pair in points.windows(2) {
            let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
            let steps = (dx.hypot(dy) / 12.0).clamp(1.0, 400.0) as usize;
            for step in 0..=steps {
                let share = step as f32 / steps as f32;
                let (x, y) = (pair[0][0] + dx * share, pair[0][1] + dy * share);
                self.take([x - margin, y - margin, x + margin, y + margin]);
            }
        }
    }

    /// Whether a room is on the picture and free.
    pub fn is_free(&self, room: Room) -> bool {
        let is_on =
            room[0] >= 2.0 && room[1] >= 2.0 && room[2] <= self.width - 2.0 && room[3] <= self.height - 2.0;
        let meets = |taken: &Room| {
            room[0] < taken[2] && taken[0] < room[2] && room[1] < taken[3] && taken[1] < room[3]
        };
        is_on && !self.taken.iter().any(meets)
    }

    /// Writes a label whose room was found free.
    pub fn put(&mut self, label: Label, room: Room) {
        self.take(room);
        self.placed.push(label);
    }

    /// Writes a text beside a point, on the first side that is free: right, left, above, below. Says whether it was.
    pub fn beside(&mut self, hand: Hand, text: &str, [x, y]: Point, away: f32) -> bool {
        let (width, rise, drop) = (hand.width(text), hand.rise(), hand.drop());
        let middle = y + rise / 2.0;
        let sides = [
            ([x + away, middle], Anchor::Left),
            ([x - away, middle], Anchor::Right),
            ([x, y - away - drop], Anchor::Middle),
            ([x, y + away + rise], Anchor::Middle),
        ];
        for (at, anchor) in sides {
            let left = left_of(at[0], anchor, width);
            let room = [left - 3.0, at[1] - rise - 3.0, left + width + 3.0, at[1] + drop + 3.0];
            if self.is_free(room) {
                self.put(hand.write(text, at, anchor), room);
                return true;
            }
        }
        false
    }

    /// Writes a text around a point, if there is room. Says whether there was.
    pub fn centered(&mut self, hand: Hand, text: &str, [x, y]: Point) -> bool {
        let (width, rise, drop) = (hand.width(text), hand.rise(), hand.drop());
        let baseline = y + rise / 2.0;
        let room =
            [x - width / 2.0 - 6.0, baseline - rise - 6.0, x + width / 2.0 + 6.0, baseline + drop + 6.0];
        let is_free = self.is_free(room);
        if is_free {
            self.put(hand.write(text, [x, baseline], Anchor::Middle), room);
        }
        is_free
    }
}

/// Where a text begins.
pub(crate) fn left_of(x: f32, anchor: Anchor, width: f32) -> f32 {
    match anchor {
        Anchor::Left => x,
        Anchor::Middle => x - width / 2.0,
        Anchor::Right => x - width,
    }
}
