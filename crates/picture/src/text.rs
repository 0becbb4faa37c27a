//! Letters as outlines: shaped by HarfBuzz's rules, in both directions, with our own Noto fonts and no others.
//!
//! Cost: some 30 microseconds for a line that was not drawn before; lines are kept until they are many, and then all are forgotten.

use crate::scene::Weight;
use cosmic_text::{Attrs, Buffer, Family, FontSystem, Metrics, Shaping, SwashCache, Wrap, fontdb};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tiny_skia::{Path, PathBuilder};

/// Bytes of the lines that are kept, each of which counts as [`LEAST`] at least.
const KEPT: usize = 128 * 1024;
/// See there.
const LEAST: usize = 32;
/// The longest text that is shaped, in characters; what is longer is cut there.
const MOST_CHARS: usize = 600;

const FILES: [&[u8]; 4] = [
    include_bytes!("../../../data/fonts/NotoSans-Regular.ttf"),
    include_bytes!("../../../data/fonts/NotoSans-Bold.ttf"),
    include_bytes!("../../../data/fonts/NotoSansArabic-Regular.ttf"),
    include_bytes!("../../../data/fonts/NotoSansArabic-Bold.ttf"),
];

/// A line of text, ready to be drawn: its left end and baseline at zero.
#[derive(Debug)]
pub(crate) struct Line {
    pub width: f32,
    /// `None` for a line of blanks.
    pub outline: Option<Path>,
}

type Key = (String, u32, Weight);

struct Letters {
    fonts: FontSystem,
    outlines: SwashCache,
    lines: HashMap<Key, Arc<Line>>,
    bytes: usize,
}

static LETTERS: LazyLock<Mutex<Letters>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    for file in FILES {
        fonts.load_font_source(fontdb::Source::Binary(Arc::new(file)));
    }
    // The locale chooses between forms of Chinese characters, of which there are none here.
    let fonts = FontSystem::new_with_locale_and_db("en".to_owned(), fonts);
    Mutex::new(Letters { fonts, outlines: SwashCache::new(), lines: HashMap::new(), bytes: 0 })
});

/// One line of text. Control characters, and marks that turn the direction of what follows, are blanks.
pub(crate) fn line(text: &str, size_px: f32, weight: Weight) -> Arc<Line> {
    let mut letters = LETTERS.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (plain(text), size_px.to_bits(), weight);
    if let Some(line) = letters.lines.get(&key) {
        return Arc::clone(line);
    }
    let line = Arc::new(letters.shape(&key.0, size_px, weight));
    if letters.bytes >= KEPT {
        letters.bytes = 0;
        letters.lines.clear();
        letters.outlines = SwashCache::new();
    }
    letters.bytes += key.0.len().max(LEAST);
    letters.lines.insert(key, Arc::clone(&line));
    line
}

/// The text, or as much of its beginning as is no wider, with an ellipsis.
pub(crate) fn fitted(text: &str, size_px: f32, weight: Weight, most: f32) -> String {
    if line(text, size_px, weight).width <= most {
        return text.to_owned();
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).take(MOST_CHARS).collect();
    let cut = |count: usize| format!("{}…", text[..ends[count]].trim_end());
    let fits = ends
        .partition_point(|end| line(&format!("{}…", text[..*end].trim_end()), size_px, weight).width <= most);
    if fits == 0 { String::new() } else { cut(fits - 1) }
}

/// The text in lines no wider than `most`, broken between words; the last line is cut when there would be more.
pub(crate) fn wrapped(text: &str, size_px: f32, weight: Weight, most: f32, most_lines: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while words.peek().is_some() && lines.len() < most_lines {
        let is_last = lines.len() + 1 == most_lines;
        let mut current = String::new();
        if is_last {
            let rest: Vec<&str> = words.by_ref().collect();
            current = fitted(&rest.join(" "), size_px, weight, most);
        }
        while let Some(word) = words.peek() {
            let longer = if current.is_empty() { (*word).to_owned() } else { format!("{current} {word}") };
            if line(&longer, size_px, weight).width > most {
                if current.is_empty() {
                    current = fitted(word, size_px, weight, most);
                    words.next();
                }
                break;
            }
            current = longer;
            words.next();
        }
        lines.push(current);
    }
    lines
}

fn plain(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().take(MOST_CHARS).map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}

impl Letters {
    fn shape(&mut self, text: &str, size_px: f32, weight: Weight) -> Line {
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(size_px, size_px * 1.3));
        buffer.set_wrap(Wrap::None);
        buffer.set_size(None, None);
        let weight = match weight {
            Weight::Regular => cosmic_text::Weight::NORMAL,
            Weight::Bold => cosmic_text::Weight::BOLD,
        };
        let attrs = Attrs::new().family(Family::Name("Noto Sans")).weight(weight);
        buffer.set_text(text, &attrs, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        let mut path = PathBuilder::new();
        let (mut left, mut right) = (f32::INFINITY, f32::NEG_INFINITY);
        let runs: Vec<_> = buffer.layout_runs().flat_map(|run| run.glyphs.to_vec()).collect();
        for glyph in &runs {
            (left, right) = (left.min(glyph.x), right.max(glyph.x + glyph.w));
        }
        for glyph in &runs {
            let [x, y] =
                [glyph.x - left + glyph.font_size * glyph.x_offset, -glyph.font_size * glyph.y_offset];
            let key = glyph.physical((0.0, 0.0), 1.0).cache_key;
            if let Some(commands) = self.outlines.get_outline_commands(&mut self.fonts, key) {
                add(&mut path, commands, x, y);
            }
        }
        Line { width: (right - left).max(0.0), outline: path.finish() }
    }
}

fn add(path: &mut PathBuilder, commands: &[cosmic_text::Command], x: f32, y: f32) {
    use cosmic_text::Command;
    for command in commands {
        match command {
            Command::MoveTo(p) => path.move_to(x + p.x, y - p.y),
            Command::LineTo(p) => path.line_to(x + p.x, y - p.y),
            Command::QuadTo(c, p) => path.quad_to(x + c.x, y - c.y, x + p.x, y - p.y),
            Command::CurveTo(c, d, p) => path.cubic_to(x + c.x, y - c.y, x + d.x, y - d.y, x + p.x, y - p.y),
            Command::Close => path.close(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ukrainian_romanian_and_arabic_have_letters_of_their_own() {
        let missing = line("\u{3000}\u{4e00}", 20.0, Weight::Regular).outline.clone().unwrap();
        for text in ["Ґанок її", "Țară și oraș", "إزمائيل", "№ 5 – «так» 2,5 км"]
        {
            for weight in [Weight::Regular, Weight::Bold] {
                let line = line(text, 20.0, weight);
                assert!(line.width > 40.0 && line.outline.as_ref().unwrap() != &missing, "{text}");
            }
        }
        // A letter that is there is narrower or wider than the box for one that is not.
        let boxed = line("\u{4e00}", 20.0, Weight::Regular).width;
        for letter in "ґєіїҐЄІЇăâîșțĂÂÎȘȚءاجسعفقلمنهوي".chars() {
            let outline = line(&letter.to_string(), 20.0, Weight::Regular);
            let same = line("\u{4e00}", 20.0, Weight::Regular);
            assert!(outline.width != boxed || outline.outline != same.outline, "{letter}");
        }
    }

    #[test]
    fn arabic_is_joined_and_runs_from_right_to_left() {
        let joined = line("ببب", 40.0, Weight::Regular).width;
        let apart = 3.0 * line("ب", 40.0, Weight::Regular).width;
        assert!(joined < apart * 0.9, "{joined} {apart}");
        let first = |text: &str| line(text, 40.0, Weight::Regular).outline.clone().unwrap().bounds();
        // What begins with an Arabic letter runs from the right, so the Latin one that follows stands to its left.
        assert_eq!(first("عa"), first("aع"));
    }

    #[test]
    fn what_is_too_long_is_cut_or_broken() {
        let fits = fitted("Explosion in the port of Izmail", 20.0, Weight::Bold, 200.0);
        assert!(fits.ends_with('…') && line(&fits, 20.0, Weight::Bold).width <= 200.0, "{fits}");
        assert_eq!(fitted("short", 20.0, Weight::Bold, 200.0), "short");
        assert_eq!(fitted("anything", 20.0, Weight::Bold, 1.0), "");
        let lines =
            wrapped("one two three four five six seven eight nine ten", 20.0, Weight::Regular, 120.0, 3);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|text| line(text, 20.0, Weight::Regular).width <= 120.0), "{lines:?}");
        assert!(lines[2].ends_with('…'));
        assert_eq!(wrapped("", 20.0, Weight::Regular, 120.0, 3), Vec::<String>::new());
        assert_eq!(wrapped("a b", 20.0, Weight::Regular, 120.0, 3), ["a b"]);
    }

    #[test]
    fn marks_that_turn_the_direction_have_no_effect() {
        let plain = line("a  b", 20.0, Weight::Regular);
        assert_eq!(line("a\u{202e} b", 20.0, Weight::Regular).outline, plain.outline);
    }
}
