//! A place as people write it: `м. Ізмаїл`, `town of Reni`, `Izmail, Odesa Oblast`, `Izmail, port`.
//!
//! The whole text goes first, since there are places such as Or Yehuda and City of London; then it without the word that says
//! what kind of place it is; then what stands before the first comma, bracket or slash. What stands behind is a hint: candidates
//! in a unit or country of that name come first. Of a hint that fits none of them it is said that it was not used.

use crate::file::{BadGazetteer, Gazetteer};
use crate::name::key;
use crate::place::Candidate;
use crate::search::Wanted;

/// Words before a name that say what kind of place it is; compared by their keys, so in either script.
const KINDS: &[&str] = &[
    "м",
    "місто",
    "г",
    "гор",
    "город",
    "с",
    "село",
    "сел",
    "селище",
    "с-ще",
    "смт",
    "пгт",
    "пос",
    "посёлок",
    "селение",
    "деревня",
    "станица",
    "хутір",
    "хутор",
    "mun",
    "municipiul",
    "or",
    "oraș",
    "orașul",
    "com",
    "comuna",
    "sat",
    "satul",
];

/// English words that say it only with "of" behind them: a City Hall is no place called Hall.
const KINDS_OF: &[&str] =
    &["city", "town", "village", "settlement", "urban-type settlement", "municipality", "commune", "hamlet"];

/// What parts a name from what stands behind it.
const PARTS: [char; 5] = [',', ';', '(', ')', '/'];

/// A name that a text may have been meant as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading<'t> {
    /// The name.
    pub name: &'t str,
    /// What stands behind it; empty when the name is the whole text, but for a word that says what kind of place it is.
    pub behind: &'t str,
}

/// The names that a text may have been meant as, the most literal first.
pub fn names_in(text: &str) -> Vec<Reading<'_>> {
    let (head, behind) = text.find(PARTS).map_or((text, ""), |at| text.split_at(at));
    let mut readings: Vec<Reading<'_>> = Vec::with_capacity(4);
    for (name, behind) in [(text, ""), (without_kind(text), ""), (head, behind), (without_kind(head), behind)]
    {
        if readings.iter().all(|before| before.name != name) {
            readings.push(Reading { name, behind });
        }
    }
    readings
}

/// `Ізмаїл` of `м. Ізмаїл`, `Reni` of `town of Reni`.
fn without_kind(name: &str) -> &str {
    let name = name.trim();
    let is_one_of = |kind: &str, kinds: &[&str]| kinds.iter().any(|known| key(known) == key(kind));
    if let Some((kind, rest)) = name.split_once(" of ")
        && is_one_of(kind, KINDS_OF)
    {
        return rest.trim_start();
    }
    match name.split_once([' ', '.']) {
        Some((kind, rest)) if is_one_of(kind, KINDS) => rest.trim_start_matches(['.', ' ']),
        _ => name,
    }
}

/// A word with letters of both scripts is meant in Cyrillic: `Ренi` with a Latin i is `Рені`.
fn in_one_script(text: &str) -> String {
    let alike = || "aceiopxyABCEHIKMOPTX".chars().zip("асеіорхуАВСЕНІКМОРТХ".chars());
    let cyrillic = |c: char| alike().find(|(latin, _)| *latin == c).map_or(c, |(_, cyrillic)| cyrillic);
    let is_cyrillic = |word: &str| word.contains(|c| matches!(c, '\u{400}'..='\u{4ff}'));
    let words = text.split_inclusive(|c: char| !c.is_alphanumeric());
    words
        .map(|word| if is_cyrillic(word) { word.chars().map(cyrillic).collect() } else { word.to_owned() })
        .collect()
}

/// What was found for a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The places that may be meant, the likeliest first.
    pub places: Vec<Candidate>,
    /// What stood behind the name and is a unit or country of some of the places, which come first.
    pub used: Vec<String>,
    /// What stood behind the name and is neither.
    pub unused: Vec<String>,
}

impl Gazetteer {
    /// The places that a text may mean, as people write one. `country_of` tells the code of a country by its name.
    ///
    /// # Errors
    ///
    /// [`BadGazetteer`] when its bytes are damaged.
    ///
    /// ```
    /// # use kordon_gazetteer::{Gazetteer, Wanted};
    /// let gazetteer = Gazetteer::shipped()?;
    /// let found = gazetteer.look_up(&Wanted::named("м. Ізмаїл, порт"), |_| None)?;
    /// assert_eq!((found.places[0].id, &found.unused[..]), (707_308, &["порт".to_owned()][..]));
    /// # Ok::<(), kordon_gazetteer::BadGazetteer>(())
    /// ```
    pub fn look_up(
        &self,
        wanted: &Wanted<'_>,
        country_of: impl Fn(&str) -> Option<&'static str>,
    ) -> Result<Found, BadGazetteer> {
        let text = in_one_script(wanted.name);
        for Reading { name, behind } in names_in(&text) {
            // A hint may speak for a place that is not among the likeliest.
            let limit = if behind.is_empty() { wanted.limit } else { usize::MAX };
            let mut places = self.search(&Wanted { name, limit, ..*wanted })?;
            if places.is_empty() {
                continue;
            }
            let fits = |hint: &str, place: &Candidate| {
                place.is_in(Some(hint), None) == Some(true)
                    || country_of(hint) == Some(place.country.as_str())
            };
            let hints = behind.split(PARTS).map(str::trim).filter(|hint| !hint.is_empty()).map(str::to_owned);
            let (used, unused): (Vec<String>, Vec<String>) =
                hints.partition(|hint| places.iter().any(|place| fits(hint, place)));
            places.sort_by_cached_key(|place| used.iter().filter(|hint| !fits(hint, place)).count());
            places.truncate(wanted.limit);
            return Ok(Found { places, used, unused });
        }
        Ok(Found::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Match;

    fn look_up(text: &str) -> Found {
        let country_of = |name: &str| (name == "Ukraine").then_some("UKR");
        Gazetteer::shipped().unwrap().look_up(&Wanted::named(text), country_of).unwrap()
    }

    #[test]
    fn a_city_hall_is_no_hall_and_the_town_of_reni_is_reni() {
        for (text, name) in [
            ("City Hall", "City Hall"),
            ("Village Green", "Village Green"),
            ("Mountain View", "Mountain View"),
            ("town of Reni", "Reni"),
            ("urban-type settlement of Sarata", "Sarata"),
            ("м. Ізмаїл", "Ізмаїл"),
            ("м.Ізмаїл", "Ізмаїл"),
            ("Мiсто Ізмаїл", "Ізмаїл"),
            ("смт Сарата", "Сарата"),
            ("с-ще Сарата", "Сарата"),
            ("пос. Затока", "Затока"),
            ("г. Измаил", "Измаил"),
            ("or. Isaccea", "Isaccea"),
            ("orașul Isaccea", "Isaccea"),
            ("Mun. Tulcea", "Tulcea"),
            ("Com. Plauru", "Plauru"),
        ] {
            assert_eq!(without_kind(text), name);
        }
    }

    #[test]
    fn a_place_is_found_as_people_write_it_and_what_was_not_used_is_told() {
        for (text, id, used, unused) in [
            ("м. Ізмаїл", 707_308, &[][..], &[][..]),
            ("City of Izmail", 707_308, &[], &[]),
            ("Izmail, port", 707_308, &[], &["port"]),
            ("Izmail (port)", 707_308, &[], &["port"]),
            ("Izmail, Odesa Oblast", 707_308, &["Odesa Oblast"], &[]),
            ("м. Ізмаїл, Одеська обл., Ukraine", 707_308, &["Одеська обл.", "Ukraine"], &[]),
            ("г. Измаил, склад / Ukraine", 707_308, &["Ukraine"], &["склад"]),
        ] {
            let found = look_up(text);
            assert_eq!(found.places.first().map(|place| place.id), Some(id), "{text}");
            assert_eq!((&found.used[..], &found.unused[..]), (&of(used)[..], &of(unused)[..]), "{text}");
        }
        let reni = &look_up("смт Ренi").places[0];
        assert_eq!((reni.country.as_str(), reni.matched), ("UKR", Match::Exact), "with a Latin i");
        assert_eq!(look_up("Qzx, Odesa Oblast"), Found::default());
    }

    fn of(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_unit_behind_the_name_brings_its_places_to_the_front_and_hides_no_other() {
        let plain = look_up("Ivanivka").places;
        let hinted = look_up("Ivanivka, Odeska");
        assert_eq!(hinted.used, ["Odeska"]);
        assert_eq!(hinted.places[0].admin1.as_deref(), Some("Odeska"));
        assert_ne!(plain[0].id, hinted.places[0].id, "it would prove nothing");
        assert_eq!(plain.len(), hinted.places.len());
        let other = look_up("Izmail, Khersonska");
        assert_eq!((other.places[0].id, &other.unused[..]), (707_308, &["Khersonska".to_owned()][..]));
    }

    #[test]
    fn a_name_that_is_whole_goes_before_its_parts() {
        assert_eq!(look_up("Or Yehuda").places[0].name, "Or Yehuda");
        assert_eq!(
            names_in("м. Ізмаїл, порт"),
            [
                Reading { name: "м. Ізмаїл, порт", behind: "" },
                Reading { name: "Ізмаїл, порт", behind: "" },
                Reading { name: "м. Ізмаїл", behind: ", порт" },
                Reading { name: "Ізмаїл", behind: ", порт" },
            ]
        );
    }
}
