//! Texts without regard to case or accents, and the patterns of LIKE.
//!
//! Case: each letter's small form of its capital form, which is Unicode's full case folding but for a few letters of
//! Cherokee and Turkish. Accents: marks fall away after canonical decomposition, and letters with strokes and ligatures
//! become what they are taken for (`ø` is `o`, `æ` is `ae`).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What does not matter in a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Case,
    Accents,
}

impl Fold {
    /// A text without it.
    pub fn of(self, text: &str) -> String {
        match self {
            Self::Case if text.is_ascii() => text.to_ascii_lowercase(),
            Self::Case => text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect(),
            Self::Accents if text.is_ascii() => text.to_owned(),
            Self::Accents => {
                let mut out = String::with_capacity(text.len());
                text.nfd().filter(|c| !is_combining_mark(*c)).for_each(|c| push_plain(c, &mut out));
                out
            }
        }
    }
}

fn push_plain(c: char, out: &mut String) {
    let plain = match c {
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' => "d",
        'Đ' => "D",
        'ı' => "i",
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'ß' => "ss",
        c => return out.push(c),
    };
    out.push_str(plain);
}

/// A pattern of LIKE: `%` is any text, `_` any one character, and behind a backslash either is itself.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// What stands between the `%`, in order.
    pieces: Vec<Piece>,
}

/// Characters that follow each other; `None` is any one.
type Piece = Vec<Option<char>>;

/// More than this many `%` no pattern has: with each the text may be gone through once more.
const MAX_WILD: usize = 32;

impl Pattern {
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let (mut pieces, mut letters) = (vec![Piece::new()], pattern.chars());
        while let Some(c) = letters.next() {
            let mut put = |one| pieces.last_mut().map(|piece| piece.push(one));
            match c {
                '%' => pieces.push(Piece::new()),
                '_' => drop(put(None)),
                '\\' => drop(put(Some(letters.next().unwrap_or('\\')))),
                c => drop(put(Some(c))),
            }
        }
        if pieces.len() > MAX_WILD + 1 {
            return Err(format!("a pattern of LIKE has too many %; {MAX_WILD} are taken"));
        }
        Ok(Self { pieces })
    }

    /// Whether a whole text is like it: each piece where it first fits, the last at the end.
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, others)) = self.pieces.split_first() else { return text.is_empty() };
        let Some(mut rest) = begins(text, first) else { return false };
        let Some((last, middle)) = others.split_last() else { return rest.is_empty() };
        for piece in middle {
            match find(rest, piece) {
                Some(behind) => rest = behind,
                None => return false,
            }
        }
        ends(rest, last)
    }
}

/// What is left of a text behind a piece that it begins with.
fn begins<'a>(text: &'a str, piece: &Piece) -> Option<&'a str> {
    let mut letters = text.chars();
    for wanted in piece {
        let found = letters.next()?;
        if wanted.is_some_and(|wanted| wanted != found) {
            return None;
        }
    }
    Some(letters.as_str())
}

fn find<'a>(text: &'a str, piece: &Piece) -> Option<&'a str> {
    let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    starts.find_map(|at| begins(&text[at..], piece))
}

fn ends(text: &str, piece: &Piece) -> bool {
    let mut letters = text.chars().rev();
    piece
        .iter()
        .rev()
        .all(|wanted| letters.next().is_some_and(|found| wanted.is_none_or(|wanted| wanted == found)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The meaning of a pattern, letter by letter.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['%', rest @ ..], _) => (0..=text.len()).any(|at| slow(rest, &text[at..])),
            (['_', rest @ ..], [_, behind @ ..]) => slow(rest, behind),
            (['\\', c, rest @ ..], [found, behind @ ..]) => c == found && slow(rest, behind),
            (['\\'], [found]) => *found == '\\',
            ([c, rest @ ..], [found, behind @ ..]) if *c != '\\' => c == found && slow(rest, behind),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_fits_what_it_means(pattern in r"[ab%_\\ж]{0,7}", text in r"[ab%_\\ж]{0,7}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(
                Pattern::new(&pattern).unwrap().matches(&text),
                slow(&chars(&pattern), &chars(&text)),
            );
        }
    }

    #[test]
    fn case_and_accents_fall_away() {
        for (fold, a, b) in [
            (Fold::Case, "Straße", "STRASSE"),
            (Fold::Case, "ΟΔΟΣ", "οδος"),
            (Fold::Case, "Ізмаїл", "ІЗМАЇЛ"),
            (Fold::Accents, "äöüéáí", "aoueai"),
            (Fold::Accents, "København", "Kobenhavn"),
            (Fold::Accents, "débárquér", "debarquer"),
        ] {
            assert_eq!(fold.of(a), fold.of(b), "{a} and {b}");
        }
        assert_ne!(Fold::Case.of("é"), Fold::Case.of("e"));
        assert_ne!(Fold::Accents.of("E"), Fold::Accents.of("e"));
        assert!(Pattern::new(&"%".repeat(33)).is_err());
    }
}
