//! The places of a name, the likeliest first.
//!
//! In this order: a name that is what was asked for, before all others; the asked country before others; a whole name that sounds alike
//! before one that only begins so; then by inhabitants, a beginning that is spelled as asked counting four times. Near a point, a place
//! that is ten times as near counts as one ten times as populous (inhabitants by distance and 10 km). The same question has the same
//! answer.
//!
//! Cost: some 0.5 ms for the name of one place, 0.3 ms more for each other place of that name, 60 ms for a single letter, which begins tens
//! of thousands of names. Limit: the [`MOST`] likeliest by the size class of their place and by how near its neighborhood is are looked at
//! closely.

use std::collections::HashSet;

use kordon_borders::{LonLat, distance};

use crate::file::{BadGazetteer, Entry, Gazetteer, Stored};
use crate::name::{LONGEST_NAME, key, plain};
use crate::place::{Candidate, Match, radius_m};

/// Places that are looked at closely.
const MOST: usize = 300;
/// So near, nearness does not count any more.
const NEAR_M: f64 = 10_000.0;
/// What a place counts of which the population is not known.
const FEW: f64 = 100.0;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// A name or its beginning, in Latin or Cyrillic letters.
    pub name: &'a str,
    /// ISO 3166-1; places of this country come first.
    pub country: Option<&'a str>,
    /// Places near here come first.
    pub near: Option<LonLat>,
    /// Whether names that only begin so count too.
    pub prefix: bool,
    /// At most so many candidates.
    pub limit: usize,
}

impl<'a> Wanted<'a> {
    /// Ten candidates anywhere for a name or its beginning.
    pub fn named(name: &'a str) -> Self {
        Wanted { name, country: None, near: None, prefix: true, limit: 10 }
    }
}

/// A place whose name fits.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hit {
    matched: Match,
    elsewhere: bool,
    weight: f64,
    place: u32,
}

impl Hit {
    /// The likelier first.
    fn before(&self, other: &Hit) -> std::cmp::Ordering {
        let rank = |hit: &Hit| (hit.matched != Match::Exact, hit.elsewhere, hit.matched);
        rank(self)
            .cmp(&rank(other))
            .then(other.weight.total_cmp(&self.weight))
            .then(self.place.cmp(&other.place))
    }
}

impl Gazetteer {
    /// The places that a name may mean, the likeliest first. Never one instead of several: who asks decides. A name without
    /// letters, or one that is longer than [`LONGEST_NAME`], means none.
    ///
    /// # Errors
    ///
    /// [`BadGazetteer`] when its bytes are damaged.
    pub fn search(&self, wanted: &Wanted<'_>) -> Result<Vec<Candidate>, BadGazetteer> {
        if wanted.name.chars().nth(LONGEST_NAME).is_some() {
            return Ok(Vec::new());
        }
        let asked = key(wanted.name);
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let country = wanted.country.map(|code| self.country_named(code));
        let least_m = self.least_m(wanted.near)?;
        let mut hits = Vec::new();
        let fits = |key: &str| if wanted.prefix { key.starts_with(&asked) } else { key == asked };
        self.each_from(&asked, fits, |entry| {
            // Which of those with the same key are spelled so is not known yet.
            let matched = if entry.key == asked { Match::Exact } else { Match::Prefix };
            let elsewhere = country.is_some_and(|at| at != Some(self.country_of(entry.place)));
            let least_m = least_m.as_ref().map(|least_m| least_m[self.block_of(entry.place).0]);
            let weight = weight(2_f64.powi(i32::from(entry.class)), least_m);
            hits.push(Hit { matched, elsewhere, weight, place: entry.place });
        })?;
        hits.sort_unstable_by(Hit::before);
        let mut seen = HashSet::new();
        hits.retain(|hit| seen.insert(hit.place));
        hits.truncate(MOST);
        self.told(wanted, &asked, hits)
    }

    /// Looks closely at what was found.
    fn told(
        &self,
        wanted: &Wanted<'_>,
        asked: &str,
        mut hits: Vec<Hit>,
    ) -> Result<Vec<Candidate>, BadGazetteer> {
        // By their number, so that a block is unpacked once.
        hits.sort_unstable_by_key(|hit| hit.place);
        let as_written = plain(wanted.name);
        let mut block: Option<(usize, Vec<Stored>)> = None;
        let mut told = Vec::with_capacity(hits.len());
        for mut hit in hits {
            let (at, within) = self.block_of(hit.place);
            let places = match block.take() {
                Some((unpacked, places)) if unpacked == at => places,
                _ => self.places(at)?,
            };
            let stored = places.get(within).ok_or(BadGazetteer("a name has no place"))?;
            let distance_m = wanted
                .near
                .map(|near| stored.place().map(|place| distance(near, place).get()))
                .transpose()?;
            hit.weight = weight(f64::from(stored.population), distance_m);
            let candidate = self.candidate(hit.place, stored)?;
            let spelled = stored.names.iter().find(|name| match hit.matched {
                Match::Prefix => plain(name).starts_with(&as_written),
                _ => plain(name) == as_written,
            });
            match (hit.matched, spelled) {
                (Match::Prefix, Some(_)) => hit.weight *= 4.0,
                (Match::Exact, None) => hit.matched = Match::Alike,
                _ => {}
            }
            let alike = || stored.names.iter().find(|name| key(name).starts_with(asked));
            let matched_name = spelled.or_else(alike).unwrap_or(&candidate.name).clone();
            told.push((hit, Candidate { matched: hit.matched, matched_name, distance_m, ..candidate }));
            block = Some((at, places));
        }
        told.sort_by(|(a, _), (b, _)| a.before(b));
        told.truncate(wanted.limit);
        Ok(told.into_iter().map(|(_, candidate)| candidate).collect())
    }

    /// A stored place as it is answered.
    pub(crate) fn candidate(&self, number: u32, stored: &Stored) -> Result<Candidate, BadGazetteer> {
        let country = &self.head.countries[self.country_of(number)];
        let unit = country.units.get(stored.unit as usize).ok_or(BadGazetteer("a place has no unit"))?;
        let (name, names) = stored.names.split_first().ok_or(BadGazetteer("a place has no name"))?;
        Ok(Candidate {
            id: stored.id,
            name: name.clone(),
            names: names.to_vec(),
            country: country.a3.clone(),
            admin1_code: unit.code.clone(),
            admin1: unit.name.clone(),
            admin1_pcode: unit.pcode.clone(),
            admin1_largest: unit.largest.clone(),
            lon: stored.lon,
            lat: stored.lat,
            population: stored.population,
            radius_m: radius_m(stored.population),
            matched: Match::Exact,
            matched_name: name.clone(),
            distance_m: None,
        })
    }

    /// Every name from the first whose key does not stand before `asked`, in order, as long as the key fits.
    fn each_from(
        &self,
        asked: &str,
        fits: impl Fn(&str) -> bool,
        mut each: impl FnMut(&Entry),
    ) -> Result<(), BadGazetteer> {
        // The first name may stand at the end of the block before the first whose first key fits.
        let first = self.head.names.partition_point(|block| block.key.as_str() < asked).saturating_sub(1);
        for block in first..self.head.names.len() {
            if block > first && !fits(&self.head.names[block].key) {
                return Ok(());
            }
            let names = self.names(block)?;
            let from = names.partition_point(|entry| entry.key.as_str() < asked);
            names[from..].iter().take_while(|entry| fits(&entry.key)).for_each(&mut each);
        }
        Ok(())
    }

    /// Of each block, how near any of its places may be.
    fn least_m(&self, near: Option<LonLat>) -> Result<Option<Vec<f64>>, BadGazetteer> {
        let least_m = |near| self.head.places.iter().map(|block| block.least_m(near)).collect();
        near.map(least_m).transpose()
    }
}

fn weight(population: f64, distance_m: Option<f64>) -> f64 {
    population.max(FEW) / distance_m.map_or(1.0, |meters| meters + NEAR_M)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(wanted: Wanted<'_>) -> Vec<Candidate> {
        Gazetteer::shipped().unwrap().search(&wanted).unwrap()
    }

    /// The keys of all places, read one after the other.
    fn all_keys() -> Vec<(u32, Vec<String>)> {
        let gazetteer = Gazetteer::shipped().unwrap();
        let places = (0..gazetteer.head.places.len()).flat_map(|block| gazetteer.places(block).unwrap());
        places.map(|place| (place.id, place.names.iter().map(|name| key(name)).collect())).collect()
    }

    fn scan(all: &[(u32, Vec<String>)], asked: &str, prefix: bool) -> Vec<u32> {
        let asked = key(asked);
        let fits = |key: &String| if prefix { key.starts_with(&asked) } else { *key == asked };
        let found = all.iter().filter(|(_, keys)| keys.iter().any(fits));
        let mut found: Vec<u32> = found.map(|(id, _)| *id).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn the_search_finds_what_a_scan_of_all_places_finds() {
        let all = all_keys();
        for (name, prefix) in [
            ("Reni", false),
            ("Іванівка", false),
            ("Kiliia", true),
            ("Ізмаї", true),
            ("suv", true),
            ("Qzxqzx", true),
        ] {
            let wanted = Wanted { prefix, limit: usize::MAX, ..Wanted::named(name) };
            let mut found: Vec<u32> = search(wanted).iter().map(|candidate| candidate.id).collect();
            found.sort_unstable();
            assert!(found.len() < MOST, "{name}: a case that the limit cuts shows nothing");
            assert_eq!(found, scan(&all, name, prefix), "{name}");
        }
    }

    #[test]
    fn every_block_can_be_read_and_names_stand_in_order() {
        let gazetteer = Gazetteer::shipped().unwrap();
        let (mut before, mut seen) = (Entry { key: String::new(), place: 0, class: 0 }, HashSet::new());
        for block in 0..gazetteer.head.names.len() {
            for entry in gazetteer.names(block).unwrap() {
                assert!(before < entry, "{before:?} {entry:?}");
                seen.insert(entry.place);
                before = entry;
            }
        }
        assert_eq!(seen.len(), gazetteer.info().places as usize, "every place has a name");
    }

    #[test]
    fn a_town_is_found_by_its_ukrainian_russian_romanian_and_english_names() {
        for (names, country, id) in [
            (&["Ізмаїл", "Измаил", "Izmail", "izmayil", "ISMAIL"][..], "UKR", 707_308),
            (&["Одеса", "Одесса", "Odesa", "Odessa"], "UKR", 698_740),
            (&["Cluj", "Cluj-Napoca", "Клуж-Напока"], "ROU", 681_290),
            (&["Галац", "Galați", "Galati"], "ROU", 677_697),
            (&["Suva", "Сува"], "FJI", 2_198_148),
        ] {
            for name in names {
                let found = search(Wanted { country: Some(country), ..Wanted::named(name) });
                assert_eq!(found.first().map(|c| c.id), Some(id), "{name}: {found:?}");
                assert_eq!((found[0].country.as_str(), found[0].matched), (country, Match::Exact), "{name}");
                assert_eq!(plain(&found[0].matched_name), plain(name));
            }
        }
    }

    #[test]
    fn two_places_of_one_name_are_two_candidates_and_the_hints_say_which_comes_first() {
        let odessa = search(Wanted { prefix: false, ..Wanted::named("Odessa") });
        let countries: Vec<&str> = odessa.iter().map(|c| c.country.as_str()).collect();
        assert_eq!(countries[0], "UKR", "a million against 118 000: {countries:?}");
        assert!(countries.contains(&"USA"));
        let hinted = search(Wanted { country: Some("us"), ..Wanted::named("Odessa") });
        assert_eq!((hinted[0].country.as_str(), hinted[0].admin1.as_deref()), ("USA", Some("Texas")));
        let texas = LonLat::new(-102.3, 31.8).unwrap();
        let near = search(Wanted { near: Some(texas), ..Wanted::named("Одеса") });
        assert_eq!(near[0].country, "USA");
        assert!(near[0].distance_m.unwrap() < 20_000.0);
    }

    #[test]
    fn a_whole_name_comes_before_a_longer_one_and_a_beginning_finds_the_populous_first() {
        let reni = search(Wanted::named("Reni"));
        assert!(reni.iter().any(|c| c.country == "UKR"));
        let order: Vec<Match> = reni.iter().map(|c| c.matched).collect();
        assert!(order.is_sorted(), "{order:?}");
        let kha = search(Wanted { country: Some("UKR"), ..Wanted::named("харкі") });
        assert_eq!(kha[0].id, 706_483, "Kharkiv: {kha:?}");
    }

    #[test]
    fn nothing_is_found_for_nothing_and_for_a_hostile_name() {
        let long = "Іzmail ".repeat(1_500);
        for name in ["", " ", "…", "\0", &long, "Qzxqzxqzx"] {
            assert_eq!(search(Wanted::named(name)), [], "{} bytes", name.len());
        }
        assert!(
            search(Wanted::named("Gar"))
                .iter()
                .filter(|c| c.name == "Khar")
                .all(|c| c.matched == Match::Alike)
        );
        let nowhere = search(Wanted { country: Some("XXX"), ..Wanted::named("Izmail") });
        assert_eq!(nowhere[0].country, "UKR", "a hint that is not known leaves the order as it is");
    }

    #[test]
    fn the_radius_goes_by_the_class_of_population() {
        let izmail = &search(Wanted { country: Some("UKR"), ..Wanted::named("Izmail") })[0];
        assert_eq!((izmail.radius_m, izmail.population > 50_000), (5_000.0, true));
        let classes = [0, 49_999, 50_000, 300_000, 1_000_000, 5_000_000].map(radius_m);
        assert_eq!(classes, [3_000.0, 3_000.0, 5_000.0, 10_000.0, 15_000.0, 25_000.0]);
    }

    #[test]
    fn a_stated_unit_fits_or_does_not_or_is_not_known() {
        let izmail = &search(Wanted { country: Some("UKR"), ..Wanted::named("Izmail") })[0];
        assert_eq!(
            (izmail.admin1.as_deref(), izmail.admin1_pcode.as_deref()),
            (Some("Odeska"), Some("UA51"))
        );
        for fits in ["Odeska", "Odesa Oblast", "Одеська область", "Odessa", "odeska obl."] {
            assert_eq!(izmail.is_in(Some(fits), None), Some(true), "{fits}");
        }
        assert_eq!(izmail.is_in(Some("Khersonska"), None), Some(false));
        assert_eq!(izmail.is_in(None, Some("ua51")), Some(true));
        assert_eq!(izmail.is_in(Some("Odeska"), Some("UA65")), Some(false), "a code is surer than a name");
        assert_eq!(izmail.is_in(None, None), None);
        let cluj = &search(Wanted { country: Some("ROU"), ..Wanted::named("Cluj") })[0];
        assert_eq!((cluj.is_in(Some("Cluj"), None), cluj.is_in(Some("Iași"), None)), (Some(true), None));
        let of = |name, country| {
            search(Wanted { country: Some(country), prefix: false, ..Wanted::named(name) })[0].clone()
        };
        let chernihiv = of("Chernihiv", "UKR");
        for fits in ["Chernihivska", "Chernihiv Oblast", "Черниговская область"] {
            assert_eq!(chernihiv.is_in(Some(fits), None), Some(true), "{fits}");
        }
        for other in ["Chernivetska", "Cherkaska", "Черновицкая область"] {
            assert_eq!(chernihiv.is_in(Some(other), None), Some(false), "{other}");
        }
        assert_eq!(of("Chernivtsi", "UKR").is_in(Some("Чернівецька"), None), Some(true));
        assert_eq!(of("Kharkiv", "UKR").is_in(Some("Харьковская область"), None), Some(true));
        assert_eq!(of("Donetsk", "UKR").is_in(Some("Донецкая"), None), Some(true));
        let charlotte = of("Charlotte", "USA");
        assert_ne!(charlotte.is_in(Some("North Dakota"), None), Some(true), "half of the name is another's");
        assert_eq!(of("New York City", "USA").is_in(Some("New York"), None), Some(true));
    }
}
