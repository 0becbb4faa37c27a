//! Places and countries in the languages of the pictures, from the same files as the page.

use crate::frame::{World, world_of};
use kordon_borders::{LonLat, Territory};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// A language of the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    En,
    /// Ukrainian.
    Uk,
    /// Romanian.
    Ro,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::En, Self::Uk, Self::Ro];

    /// The language of a tag; English for any other.
    #[must_use]
    pub fn of(tag: &str) -> Self {
        match tag.split('-').next() {
            Some("uk") => Self::Uk,
            Some("ro") => Self::Ro,
            _ => Self::En,
        }
    }

    /// Its tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        ["en", "uk", "ro"][self as usize]
    }

    pub(crate) fn say(self, word: Word) -> &'static str {
        let words = match word {
            Word::Borders => ["Borders", "Кордони", "Frontiere"],
            Word::Land => ["land", "суходіл", "uscat"],
            Word::North => ["N", "Пн", "N"],
            Word::Km => ["km", "км", "km"],
            Word::M => ["m", "м", "m"],
        };
        words[self as usize]
    }
}

/// What only pictures say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word {
    Borders,
    Land,
    North,
    Km,
    M,
}

/// The names of countries by their alpha-2 codes, of all languages but the first: that has the names of the border sets.
static COUNTRIES: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../data/names/countries.json"))
        .expect("the file is checked by the tests below")
});

/// The name of a territory; what no list knows has the name that its border set gives it.
#[must_use]
pub fn country_name(lang: Lang, territory: &Territory) -> &str {
    let name = || COUNTRIES.get(lang.tag())?.get(territory.iso_a2.as_deref()?)?.as_str();
    name().unwrap_or(&territory.name)
}

/// A place that maps name.
pub(crate) struct NamedPlace {
    pub at: World,
    /// 1 for the largest, to 5.
    pub rank: u8,
    names: [Option<&'static str>; 3],
}

impl NamedPlace {
    pub fn name(&self, lang: Lang) -> &'static str {
        self.names[lang as usize].or(self.names[0]).unwrap_or_default()
    }
}

/// All places, those first that are named first.
pub(crate) fn places() -> &'static [NamedPlace] {
    static FILE: LazyLock<Value> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../../data/gazetteer/places.geojson"))
            .expect("the file is checked by the tests below")
    });
    static PLACES: LazyLock<Vec<NamedPlace>> = LazyLock::new(|| {
        let features = FILE["features"].as_array().map_or(&[][..], Vec::as_slice);
        let mut places: Vec<(u64, NamedPlace)> = features.iter().filter_map(read).collect();
        places.sort_by_key(|(pop, place)| (place.rank, std::cmp::Reverse(*pop)));
        places.into_iter().map(|(_, place)| place).collect()
    });
    &PLACES
}

fn read(feature: &'static Value) -> Option<(u64, NamedPlace)> {
    let [lon, lat] = [0, 1].map(|axis| feature["geometry"]["coordinates"][axis].as_f64());
    let place = LonLat::new(lon?, lat?).ok()?;
    let told = &feature["properties"];
    let names = ["name", "name_uk", "name_ro"].map(|key| told[key].as_str());
    let rank = told["rank"].as_u64().and_then(|rank| u8::try_from(rank).ok()).unwrap_or(5);
    Some((told["pop"].as_u64().unwrap_or(0), NamedPlace { at: world_of(place), rank, names }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_countries_have_names_in_every_language() {
        assert!(places().len() > 2_000);
        assert!(places().iter().all(|place| !place.name(Lang::En).is_empty()));
        assert!(places().windows(2).all(|pair| pair[0].rank <= pair[1].rank));
        let izmail = places().iter().find(|place| place.name(Lang::En) == "Izmail").unwrap();
        assert_eq!(izmail.name(Lang::Uk), "Ізмаїл");
        let romania = Territory::of_code("ROU");
        assert_eq!(Lang::ALL.map(|lang| country_name(lang, &romania)), ["Romania", "Румунія", "România"]);
        assert_eq!(country_name(Lang::Uk, &Territory::of_code("my own")), "my own");
        for language in &Lang::ALL[1..] {
            let names = COUNTRIES[language.tag()].as_object().unwrap();
            assert!(names.len() > 240 && names.values().all(|name| name != ""), "{language:?}");
        }
        assert_eq!(["uk-UA", "ro", "fr", "en"].map(Lang::of), [Lang::Uk, Lang::Ro, Lang::En, Lang::En]);
    }
}
