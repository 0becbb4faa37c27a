//! A record that names its place and does not say where it lies.
//!
//! It stays without a place, and a warning lists the places that may be meant. [`Fix::Place`] puts it where the one candidate
//! lies, if exactly one fits: one of its names is the whole location, letter for letter but for case and marks, its country is the one that the record names, and its
//! admin unit is not known to be another than the stated one. Cost: some 0.5 ms for such a
//! record, and 0.3 ms more for each other place of that name; none for records with coordinates. Files name the same places again and
//! again, so what a name was found to mean is remembered ([`NamedPlaces`]).

use super::desk::{Desk, ROOT};
use crate::incident::{Incident, Properties};
use crate::json::shown;
use crate::report::Fix;
use crate::vocabulary::LocationMethod;
use kordon_borders::LonLat;
use kordon_gazetteer::{BadGazetteer, Candidate, Gazetteer, Match, Reading, Wanted, names_in};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Candidates that a warning lists.
const LISTED: usize = 5;

/// What is remembered, in candidates and names, each of which takes some hundred bytes; then all of it is forgotten.
const REMEMBERED: usize = 20_000;
/// Bytes of the longest location that is remembered.
const LONGEST_REMEMBERED: usize = 256;

/// Where named places lie, with what was asked before. One import asks one of these, from all its threads.
#[derive(Debug)]
pub struct NamedPlaces<'g> {
    gazetteer: &'g Gazetteer,
    /// As [`REMEMBERED`].
    most: usize,
    memo: Mutex<Memo>,
}

#[derive(Debug, Default)]
struct Memo {
    /// By location and country.
    found: HashMap<(Box<str>, Box<str>), Arc<Meant>>,
    /// Names and candidates in it.
    size: usize,
}

/// What a location may mean.
#[derive(Debug, PartialEq)]
struct Meant {
    /// The name is spelled so, and is the whole location but for a word that says what kind of place it is.
    whole: bool,
    candidates: Vec<Candidate>,
}

impl<'g> NamedPlaces<'g> {
    /// Of this gazetteer, with nothing remembered.
    pub fn new(gazetteer: &'g Gazetteer) -> Self {
        Self { gazetteer, most: REMEMBERED, memo: Mutex::default() }
    }

    /// What it asks.
    pub(super) fn gazetteer(&self) -> &'g Gazetteer {
        self.gazetteer
    }

    /// As [`candidates`] finds them.
    fn meant(&self, location: &str, country: Option<&str>) -> Result<Arc<Meant>, BadGazetteer> {
        let key = (location.into(), country.unwrap_or_default().into());
        // Not held while the gazetteer is asked: two threads may then ask it for the same, and get the same.
        let memo = || self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(meant) = memo().found.get(&key) {
            return Ok(Arc::clone(meant));
        }
        let (whole, candidates) = candidates(self.gazetteer, location, country)?;
        let meant = Arc::new(Meant { whole, candidates });
        let size = 1 + meant.candidates.len();
        if location.len() <= LONGEST_REMEMBERED && size <= self.most {
            let mut memo = memo();
            if memo.size + size > self.most {
                *memo = Memo::default();
            }
            memo.size += size;
            memo.found.insert(key, Arc::clone(&meant));
        }
        Ok(meant)
    }
}

pub(super) fn look_up(desk: &mut Desk<'_>, incident: &mut Incident, places: &NamedPlaces<'_>) {
    let gazetteer = places.gazetteer;
    let properties = &mut incident.properties;
    let Some(location) = properties.location.clone().filter(|_| incident.places.is_empty()) else { return };
    let (at, path) = (desk.at_of("location"), ROOT.name("location"));
    let meant = match places.meant(&location, properties.country.as_deref()) {
        Ok(meant) => meant,
        Err(bad) => return desk.warn(at, &path, bad.to_string(), None),
    };
    let (whole, found) = (meant.whole, &meant.candidates);
    let fitting = fitting(gazetteer, properties, found);
    match &fitting[..] {
        [one] if whole && desk.fixes(Fix::Place) => {
            let Ok(place) = LonLat::new(one.lon, one.lat) else { return };
            let to = format!("{}; {}", told(one), gazetteer.info().attribution);
            desk.repaired(Fix::Place, at, &path, &location, &to);
            let stated = properties.location_radius_m.unwrap_or_default();
            properties.location_radius_m = Some(one.radius_m.max(stated));
            properties.location_method = Some(LocationMethod::Gazetteer);
            incident.places.push(place);
        }
        [] if found.is_empty() => {
            let problem =
                format!("{} has no coordinates, and the gazetteer knows no such place", shown(&location));
            desk.warn(at, &path, problem, "give the coordinates, or the name of the nearest town");
        }
        fitting => {
            let listed = if fitting.is_empty() { found.iter().collect() } else { fitting.to_vec() };
            let problem = format!("{} has no coordinates; {}", shown(&location), may_be(&listed));
            let hint = match fitting.len() {
                1 if whole => "give the coordinates, or --fix place takes the one that fits",
                1 => {
                    "give the coordinates: the name is only part of what the record says, or only sounds alike"
                }
                0 => "none of them lies where the record says; give the coordinates",
                _ => "give the coordinates, or the country and the admin unit",
            };
            desk.warn(at, &path, problem, hint);
        }
    }
}

/// The places of that name, or else those whose names sound alike; and whether the name is spelled so and is the whole location, but for
/// a word that says what kind of place it is. Else it is what stands before the first comma, bracket or the like.
fn candidates(
    gazetteer: &Gazetteer,
    location: &str,
    country: Option<&str>,
) -> Result<(bool, Vec<Candidate>), BadGazetteer> {
    for Reading { name, behind } in names_in(location) {
        let mut found =
            gazetteer.search(&Wanted { country, prefix: false, limit: usize::MAX, ..Wanted::named(name) })?;
        if !found.is_empty() {
            let is_exact = found.iter().any(|candidate| candidate.matched == Match::Exact);
            found.retain(|candidate| !is_exact || candidate.matched == Match::Exact);
            return Ok((behind.is_empty() && is_exact, found));
        }
    }
    Ok((false, Vec::new()))
}

/// Those in the country that the record names and, where that is known of any of them, in its admin unit.
fn fitting<'c>(gazetteer: &Gazetteer, properties: &Properties, found: &'c [Candidate]) -> Vec<&'c Candidate> {
    let country = properties.country.as_deref().map(|code| gazetteer.country(code));
    let unit = |c: &Candidate| c.is_in(properties.admin1.as_deref(), properties.admin1_pcode.as_deref());
    let in_country = |c: &&Candidate| country.is_none_or(|country| country == Some(c.country.as_str()));
    let fitting: Vec<&Candidate> =
        found.iter().filter(in_country).filter(|c| unit(c) != Some(false)).collect();
    let surely: Vec<&Candidate> = fitting.iter().copied().filter(|c| unit(c) == Some(true)).collect();
    if surely.is_empty() { fitting } else { surely }
}

fn may_be(listed: &[&Candidate]) -> String {
    let told: Vec<String> = listed.iter().take(LISTED).map(|candidate| told(candidate)).collect();
    let more = match listed.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(", or one of {more} others"),
    };
    format!("it may be {}{more}", told.join(", or "))
}

fn told(candidate: &Candidate) -> String {
    let Candidate { id, name, country, lon, lat, population, radius_m, .. } = candidate;
    let unit = match &candidate.admin1 {
        Some(unit) => unit.clone(),
        None => format!("unit of {}", candidate.admin1_largest),
    };
    format!(
        "{name} in {unit}, {country} at {lon}, {lat} within {radius_m} m ({population} inhabitants, geonames:{id})"
    )
}

#[cfg(test)]
mod tests {
    use crate::check::surroundings::tests::row;
    use crate::*;
    use kordon_gazetteer::Gazetteer;

    const HEADER: &str = "id,date,title,location,country,admin1,lon,lat,location_radius_m";

    fn warned(cells: &str, fixes: &[Fix]) -> String {
        let checked = row(HEADER, cells, fixes).unwrap();
        assert_eq!((checked.incident.places.len(), checked.repairs.len()), (0, 0), "{cells}");
        assert_eq!(checked.warnings.len(), 1, "{cells}: {:?}", checked.warnings);
        checked.warnings[0].to_string()
    }

    #[test]
    fn a_record_that_names_its_place_only_stays_without_and_is_told_the_candidates() {
        let told = warned("1,2024,x,Ізмаїл,UKR,,,,", &[]);
        assert!(told.starts_with("a.csv:2:4: location: "), "{told}");
        assert!(
            told.contains("it may be Izmayil in Odeska, UKR at 28.83751, 45.35058 within 5000 m"),
            "{told}"
        );
        assert!(told.contains("geonames:707308") && told.contains("--fix place"), "{told}");
        let placed = row(HEADER, "1,2024,x,Ізмаїл,UKR,,28.84,45.33,", &[]).unwrap();
        assert_eq!(placed.warnings, [], "one with coordinates is not looked up");
    }

    #[test]
    fn a_place_is_taken_only_when_it_is_asked_for_and_exactly_one_fits() {
        for cells in
            ["1,2024,x,Измаил,UKR,,,,", "1,2024,x,м. Ізмаїл,UKR,Odeska,,,", "1,2024,x,Izmail,UKR,,,,"]
        {
            let checked = row(HEADER, cells, &[Fix::Place]).unwrap();
            let p = &checked.incident.properties;
            let place = checked.incident.places[0];
            assert_eq!((place.lon(), place.lat()), (28.83751, 45.35058), "{cells}");
            assert_eq!(
                (p.location_radius_m, p.location_method),
                (Some(5_000.0), Some(LocationMethod::Gazetteer))
            );
            let kept = &p.extra["repairs"][0];
            assert_eq!((&kept["fix"], &kept["field"]), (&"place".into(), &"location".into()));
            assert!(kept["new"].as_str().unwrap().contains("geonames:707308"), "{kept}");
            assert!(kept["new"].as_str().unwrap().contains("© GeoNames"), "{kept}");
            assert_eq!((checked.repairs.len(), &checked.warnings[..]), (1, &[][..]));
        }
        let coarser = row(HEADER, "1,2024,x,Izmail,UKR,,,,9000", &[Fix::Place]).unwrap();
        assert_eq!(coarser.incident.properties.location_radius_m, Some(9_000.0), "a wider radius stands");
    }

    #[test]
    fn what_may_be_several_places_or_only_part_of_the_text_is_never_placed() {
        for cells in [
            "1,2024,x,Ivanivka,UKR,,,,",            // Dozens in Ukraine.
            "1,2024,x,Odessa,,,,,",                 // No country: Ukraine or Texas.
            "1,2024,x,Izmail,ROU,,,,",              // Not in that country.
            "1,2024,x,Izmail,UKR,Khersonska,,,",    // Not in that unit.
            "1,2024,x,\"Izmail, port\",UKR,,,,",    // Near it, perhaps.
            "1,2024,x,Nowhereville on Sea,UKR,,,,", // Nowhere.
        ] {
            warned(cells, &[Fix::Place]);
        }
        assert!(warned("1,2024,x,Ivanivka,UKR,,,,", &[]).contains(", or one of "));
        assert!(warned("1,2024,x,Qzx,UKR,,,,", &[]).contains("knows no such place"));
    }

    #[test]
    fn what_is_remembered_of_a_name_is_what_the_gazetteer_says_and_no_more_than_fits() {
        use super::{LONGEST_REMEMBERED, Meant, candidates};
        let gazetteer = Gazetteer::shipped().unwrap();
        let mut places = NamedPlaces::new(gazetteer);
        places.most = 20;
        let long = format!("Reni{}", " ".repeat(LONGEST_REMEMBERED));
        let names = ["Ізмаїл", "Izmail, port", "Odessa", "Reni", "Qzx", "", &long];
        let (mut forgot, mut before) = (0, 0);
        for (name, country) in
            names.iter().cycle().take(28).zip([None, Some("UKR"), Some("ROU"), Some("USA")].iter().cycle())
        {
            let meant = places.meant(name, *country).unwrap();
            let (whole, found) = candidates(gazetteer, name, *country).unwrap();
            assert_eq!(*meant, Meant { whole, candidates: found }, "{name} {country:?}");
            let memo = places.memo.lock().unwrap();
            let size: usize = memo.found.values().map(|meant| 1 + meant.candidates.len()).sum();
            assert!(memo.size == size && size <= places.most, "{size}");
            assert!(memo.found.keys().all(|(name, _)| name.len() <= LONGEST_REMEMBERED));
            forgot += usize::from(size < before);
            before = size;
        }
        assert!(forgot > 0, "it never had more than fits");
        let again = || places.meant("Ізмаїл", Some("UKR")).unwrap();
        assert!(std::sync::Arc::ptr_eq(&again(), &again()), "it is not looked up again");
    }
}
