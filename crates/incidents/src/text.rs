//! One text in one or several languages: `{"en": "…", "uk": "…"}`.
//!
//! Languages are BCP 47 tags; `und` stands for a language that was not told. Kept sorted by tag, so that
//! equal texts are written alike.

use serde::de::{self, Deserialize, Deserializer, MapAccess};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

/// A text by language; never empty, no translation is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Vec<(Box<str>, Box<str>)>);

impl Text {
    /// A text in one language; `None` when there is nothing in it.
    pub fn new(language: &str, text: &str) -> Option<Text> {
        Text::from_pairs([(language, text)])
    }

    /// A text from translations. Empty ones are left out; of two in one language the last stays.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Text> {
        let mut kept: Vec<(Box<str>, Box<str>)> = Vec::with_capacity(1);
        for (language, text) in pairs {
            if text.trim().is_empty() {
                continue;
            }
            match kept.binary_search_by(|(tag, _)| (**tag).cmp(language)) {
                Ok(at) => kept[at].1 = text.into(),
                Err(at) => kept.insert(at, (language.into(), text.into())),
            }
        }
        (!kept.is_empty()).then_some(Text(kept))
    }

    /// The text in exactly this language.
    pub fn get(&self, language: &str) -> Option<&str> {
        self.0.iter().find(|(tag, _)| &**tag == language).map(|(_, text)| &**text)
    }

    /// The text in this language or, in this order: the language without its region, English, a language
    /// that was not told, whatever comes first.
    pub fn in_language(&self, language: &str) -> &str {
        let base = language.split('-').next().unwrap_or(language);
        [language, base, "en", "und"]
            .into_iter()
            .find_map(|tag| self.get(tag))
            .or_else(|| self.iter().next().map(|(_, text)| text))
            .unwrap_or_default()
    }

    /// Every language with its text, sorted by language.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(tag, text)| (&**tag, &**text))
    }
}

/// Whether `tag` has the shape of a BCP 47 language tag: `en`, `uk`, `zh-Hant`, `pt-BR`, `und`.
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && tag.len() <= 35
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (language, text) in self.iter() {
            map.serialize_entry(language, text)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Languages;
        impl<'de> de::Visitor<'de> for Languages {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or an object of texts by language")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Text::new("und", text).ok_or_else(|| E::custom("an empty text"))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
                let mut pairs: Vec<(String, String)> = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Text::from_pairs(pairs.iter().map(|(tag, text)| (tag.as_str(), text.as_str())))
                    .ok_or_else(|| de::Error::custom("an empty text"))
            }
        }
        deserializer.deserialize_any(Languages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_language_falls_back_to_english_then_to_whatever_is_there() {
        let text = Text::from_pairs([("uk", "порт"), ("en", "port")]).unwrap();
        assert_eq!(text.in_language("uk"), "порт");
        assert_eq!(text.in_language("en-GB"), "port");
        assert_eq!(text.in_language("ro"), "port");
        assert_eq!(Text::new("uk", "порт").unwrap().in_language("ro"), "порт");
    }

    #[test]
    fn a_text_with_nothing_in_it_is_no_text() {
        assert_eq!(Text::from_pairs([("en", " "), ("uk", "")]), None);
    }

    #[test]
    fn language_tags_are_told_from_other_words() {
        assert!(["en", "uk", "und", "zh-Hant", "sr-Latn-RS"].iter().all(|tag| is_language(tag)));
        assert!(!["", "EN", "english", "e", "en_GB", "en-"].iter().any(|tag| is_language(tag)));
    }
}
