//! Text folded for searching, so that a reader need not type what the writer typed.
//!
//! Case, diacritics, compatibility forms and apostrophes fall away (`Ізмаїл` is found by `ізмаіл`, `Brăila` by
//! `braila`, `п'ять` by `пять`); everything that is not a letter or a digit parts words. A folded text is a
//! row of words, each with one space before it, so that a word's beginning can be looked for as `" word"`.
//! Scripts that do not part words (Han, Kana, Thai, …) have a space before every character, which makes any
//! run of them findable.
//!
//! Limits: no stemming and no transliteration: `Izmail` does not find `Ізмаїл` unless a record has both.

use std::sync::LazyLock;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Characters before this one are looked up: all of Latin, Greek and Cyrillic.
const LOOKED_UP: u32 = 0x530;

/// What a character adds, and whether a word goes on behind it.
type Folded = (Box<str>, bool);

/// Each of them outside a word and within one.
static FOLDED: LazyLock<Vec<[Folded; 2]>> = LazyLock::new(|| {
    let folded = |c: char, mut in_word: bool| {
        let mut out = String::new();
        fold_char(&mut out, &mut in_word, c);
        (out.into(), in_word)
    };
    (0..LOOKED_UP)
        .filter_map(char::from_u32)
        .map(|c| [false, true].map(|in_word| folded(c, in_word)))
        .collect()
});

/// Appends the folded form of `text`.
pub(crate) fn fold_into(out: &mut String, text: &str) {
    let (table, mut in_word) = (&*FOLDED, false);
    for c in text.chars() {
        match table.get(c as usize) {
            Some(folded) => {
                let (added, goes_on) = &folded[usize::from(in_word)];
                out.push_str(added);
                in_word = *goes_on;
            }
            None => fold_char(out, &mut in_word, c),
        }
    }
}

fn fold_char(out: &mut String, in_word: &mut bool, c: char) {
    // Marks are dropped, so their order does not matter and each character can be taken apart by itself.
    decompose_compatible(c, |part| part.to_lowercase().for_each(|c| push(out, in_word, c)));
}

fn push(out: &mut String, in_word: &mut bool, c: char) {
    match c {
        'a'..='z' | '0'..='9' => {}
        '\'' | '’' | 'ʼ' | '`' | '\u{ad}' => return,
        c if !c.is_ascii() && is_combining_mark(c) => return,
        c if c.is_alphanumeric() => {}
        _ => {
            *in_word = false;
            return;
        }
    }
    if !*in_word || stands_alone(c) {
        out.push(' ');
    }
    *in_word = true;
    match c {
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'đ' => out.push('d'),
        'ı' => out.push('i'),
        'ґ' => out.push('г'),
        'ς' => out.push('σ'),
        c => out.push(c),
    }
}

/// The folded form of `text`.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    fold_into(&mut out, text);
    out
}

/// Whether a text has a word to look for: `%` and `…` have none, and would be found everywhere.
pub fn has_words(text: &str) -> bool {
    !fold(text).is_empty()
}

/// What to look for: the words of a query, each of which must begin a word of the text.
pub(crate) struct Words(Vec<memchr::memmem::Finder<'static>>);

impl Words {
    pub fn new(query: &str) -> Self {
        let folded = fold(query);
        let words = folded.split_inclusive(' ').map(str::trim).filter(|word| !word.is_empty());
        let finder = |word: &str| memchr::memmem::Finder::new(&format!(" {word}")).into_owned();
        // The longest word is the rarest: most texts are refused by it alone.
        let mut words: Vec<&str> = words.collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Self(words.into_iter().map(finder).collect())
    }

    /// Whether a folded text has them all.
    pub fn are_in(&self, folded: &str) -> bool {
        self.0.iter().all(|word| word.find(folded.as_bytes()).is_some())
    }
}

/// Whether words of this character's script follow each other without a space.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(query: &str, text: &str) -> bool {
        Words::new(query).are_in(&fold(text))
    }

    #[test]
    fn what_is_typed_plainly_finds_what_was_written_with_care() {
        for (query, text) in [
            ("зерно", "Склад ЗЕРНОВИХ у порту"),
            ("Ізмаїл", "обстріл ізмаїла"),
            ("ізмаіл", "Ізмаїл"),
            ("braila", "Portul Brăila"),
            ("пять", "п'ять вибухів"),
            ("lodz", "Łódź"),
            ("port izmail", "Izmail: the PORT burned"),
            ("strasse", "Straße"),
            ("北京", "在北京市"),
            ("ﬁre", "fire"),
            ("", "anything"),
        ] {
            assert!(finds(query, text), "{query} in {text}");
        }
    }

    #[test]
    fn what_is_looked_up_is_what_is_worked_out() {
        // Each character alone, within a word and behind one, and at the end of the table.
        for c in (0..LOOKED_UP + 300).filter_map(char::from_u32) {
            let text = format!("a{c}b {c}c{c}{c}");
            let (mut slow, mut in_word) = (String::new(), false);
            text.chars().for_each(|c| fold_char(&mut slow, &mut in_word, c));
            assert_eq!(fold(&text), slow, "{c:?}");
        }
    }

    #[test]
    fn marks_are_no_words() {
        for text in ["", " ", "%", "…", "'", "\u{301}", "— —"] {
            assert!(!has_words(text), "{text}");
        }
        assert!(has_words("7") && has_words("є") && has_words("北"));
    }

    #[test]
    fn a_word_is_found_by_its_beginning_only() {
        assert!(!finds("port", "an airport"));
        assert!(!finds("port odesa", "the port of Izmail"));
        assert!(finds("air", "an airport"));
    }
}
