//! From a scene to pixels, with tiny-skia: no graphics card, no library of the system, the same bytes everywhere.

use crate::labels::left_of;
use crate::scene::{Fill, Rgb, Scene, Size};
use crate::text;
use tiny_skia::{FillRule, LineJoin, Paint, PathBuilder, Pixmap, Stroke, Transform};

/// How wide the halo of a letter is, in parts of its size.
const HALO: f32 = 0.2;

/// A picture: three bytes a pixel, red, green and blue, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Its size.
    pub size: Size,
    /// The bytes.
    pub rgb: Vec<u8>,
}

impl Pixels {
    /// The colour of a pixel; `None` beyond the picture.
    #[must_use]
    pub fn at(&self, x: u32, y: u32) -> Option<Rgb> {
        let start = 3 * (y * self.size.width() + x) as usize;
        let is_on = x < self.size.width() && y < self.size.height();
        match self.rgb.get(start..start + 3).filter(|_| is_on) {
            Some(&[r, g, b]) => Some(Rgb(r, g, b)),
            _ => None,
        }
    }

    /// The share of pixels of which some channel differs by more than `by`; 1 when the sizes differ.
    #[must_use]
    pub fn differ(&self, other: &Self, by: u8) -> f64 {
        if self.size != other.size {
            return 1.0;
        }
        let pairs = self.rgb.chunks_exact(3).zip(other.rgb.chunks_exact(3));
        let differ = |(a, b): &(&[u8], &[u8])| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > by);
        pairs.filter(differ).count() as f64 / (self.rgb.len() / 3) as f64
    }
}

/// The whole scene.
#[must_use]
pub fn paint(scene: &Scene) -> Pixels {
    let mut pixmap = empty(scene.size);
    pixmap.fill(color(scene.background));
    for fill in &scene.fills {
        draw_fill(&mut pixmap, fill);
    }
    finished(pixmap, scene)
}

/// The labels of a scene on fills that another painter drew: four bytes a pixel, the last of them 255.
///
/// `None` when these are not the pixels of such a picture.
#[must_use]
pub fn letter(scene: &Scene, rgba: &[u8]) -> Option<Pixels> {
    let mut pixmap = empty(scene.size);
    if rgba.len() != pixmap.data().len() || !rgba.chunks_exact(4).all(|pixel| pixel[3] == 255) {
        return None;
    }
    pixmap.data_mut().copy_from_slice(rgba);
    Some(finished(pixmap, scene))
}

fn empty(size: Size) -> Pixmap {
    Pixmap::new(size.width(), size.height()).expect("sizes are checked to be neither empty nor huge")
}

fn finished(mut pixmap: Pixmap, scene: &Scene) -> Pixels {
    draw_labels(&mut pixmap, scene);
    let mut rgb = Vec::with_capacity(pixmap.data().len() / 4 * 3);
    for pixel in pixmap.data().chunks_exact(4) {
        rgb.extend_from_slice(&pixel[..3]);
    }
    Pixels { size: scene.size, rgb }
}

fn color(Rgb(r, g, b): Rgb) -> tiny_skia::Color {
    tiny_skia::Color::from_rgba8(r, g, b, 255)
}

fn paint_of(rgb: Rgb) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(color(rgb));
    paint
}

fn draw_fill(pixmap: &mut Pixmap, fill: &Fill) {
    let mut path = PathBuilder::with_capacity(fill.points.len() * 2, fill.points.len());
    for ring in fill.shapes().flatten() {
        let mut points = ring.iter();
        if let Some([x, y]) = points.next() {
            path.move_to(*x, *y);
        }
        for [x, y] in points {
            path.line_to(*x, *y);
        }
        path.close();
    }
    if let Some(path) = path.finish() {
        pixmap.fill_path(&path, &paint_of(fill.color), FillRule::Winding, Transform::identity(), None);
    }
}

fn draw_labels(pixmap: &mut Pixmap, scene: &Scene) {
    for label in &scene.labels {
        let line = text::line(&label.text, label.size_px, label.weight);
        let Some(outline) = &line.outline else { continue };
        let [x, y] = label.at;
        let place = Transform::from_translate(left_of(x, label.anchor, line.width).round(), y);
        if let Some(halo) = label.halo {
            let stroke =
                Stroke { width: label.size_px * HALO, line_join: LineJoin::Round, ..Stroke::default() };
            pixmap.stroke_path(outline, &paint_of(halo), &stroke, place, None);
        }
        pixmap.fill_path(outline, &paint_of(label.color), FillRule::Winding, place, None);
    }
}
