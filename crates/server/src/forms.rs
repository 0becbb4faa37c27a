//! The forms of a list of incidents: their words for `f`, their media types, and who writes them.
//!
//! `f` decides; without it `Accept`, by its q values and, of equals, in the order of [`OFFERS`]. GeoJSON and its text
//! sequence are the store's own text; every other form is made by a writer of [`kordon_incidents`] from what that text says.

use crate::answer::{GEOJSON, JSON, negotiate, preferred_language};
use crate::error::Problem;
use crate::page;
use crate::params::Params;
use axum::http::{HeaderMap, StatusCode};
use kordon_borders::LonLat;
use kordon_incidents::{
    About, Addresses, Atom, Csv, Described, FlatGeobuf, GeoParquet, Kml, Layer, Layout, Shown, TableOptions,
    is_language,
};
use kordon_store::{PublicSnapshot, Row};
use rayon::prelude::*;
use serde_json::value::RawValue;

/// A form of a list of incidents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A FeatureCollection.
    Json,
    /// A GeoJSON text sequence.
    Sequence,
    /// A table of text.
    Csv,
    /// The description of that table.
    Csvw,
    /// Binary features.
    FlatGeobuf,
    /// Columns.
    GeoParquet,
    /// For globes.
    Kml,
    /// For feed readers.
    Atom,
    /// For people.
    Html,
}

/// What is told of a form.
#[derive(Debug)]
pub struct Offer {
    /// Which.
    pub form: Form,
    /// The word for `f`.
    pub word: &'static str,
    /// The media type, without parameters.
    pub media: &'static str,
    /// The media type as it stands in the answer.
    pub content_type: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The name of the file that it is saved as; `None` for what is looked at in place.
    pub file: Option<&'static str>,
}

/// All forms; of equally wanted ones the first is given.
pub const OFFERS: [Offer; 9] = [
    offer(Form::Json, ["json", GEOJSON, GEOJSON, "GeoJSON"], None),
    offer(
        Form::Csv,
        ["csv", "text/csv", "text/csv; charset=utf-8; header=present", "CSV"],
        Some("incidents.csv"),
    ),
    offer(
        Form::Sequence,
        ["geojsonseq", "application/geo+json-seq", "application/geo+json-seq", "GeoJSON text sequence"],
        Some("incidents.geojsonseq"),
    ),
    offer(
        Form::FlatGeobuf,
        ["flatgeobuf", "application/flatgeobuf", "application/flatgeobuf", "FlatGeobuf"],
        Some("incidents.fgb"),
    ),
    offer(
        Form::GeoParquet,
        ["geoparquet", "application/vnd.apache.parquet", "application/vnd.apache.parquet", "GeoParquet"],
        Some("incidents.parquet"),
    ),
    offer(
        Form::Kml,
        ["kml", "application/vnd.google-earth.kml+xml", "application/vnd.google-earth.kml+xml", "KML"],
        Some("incidents.kml"),
    ),
    offer(
        Form::Atom,
        ["atom", "application/atom+xml", "application/atom+xml; charset=utf-8", "Atom feed"],
        None,
    ),
    offer(Form::Html, ["html", "text/html", page::HTML, "HTML"], None),
    offer(Form::Csvw, ["csvw", "application/csvm+json", "application/csvm+json", "CSV, described"], None),
];

const fn offer(
    form: Form,
    [word, media, content_type, title]: [&'static str; 4],
    file: Option<&'static str>,
) -> Offer {
    Offer { form, word, media, content_type, title, file }
}

/// The words for `f`.
pub const WORDS: &[&str] = &words();
/// The media types.
pub const MEDIA: &[&str] = &media();

const fn words() -> [&'static str; OFFERS.len()] {
    let mut all = [""; OFFERS.len()];
    let mut i = 0;
    while i < OFFERS.len() {
        all[i] = OFFERS[i].word;
        i += 1;
    }
    all
}

const fn media() -> [&'static str; OFFERS.len()] {
    let mut all = [""; OFFERS.len()];
    let mut i = 0;
    while i < OFFERS.len() {
        all[i] = OFFERS[i].media;
        i += 1;
    }
    all
}

/// Rows that one core reads in a row.
const READ_ROWS: usize = 64;

/// The parameters that say how a form is written.
pub const PARAMETERS: &[&str] = &["bom", "hxl", "profile", "lang"];

impl Form {
    /// What is told of it.
    #[must_use]
    pub fn offer(self) -> &'static Offer {
        // Each form has its line, as the test below shows.
        OFFERS.iter().find(|offer| offer.form == self).unwrap_or(&OFFERS[0])
    }
}

/// A form, and how it is to be written.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which.
    pub form: Form,
    /// How a table is written.
    pub table: TableOptions,
    /// The language of texts.
    pub language: String,
}

/// The form that a request asks for.
///
/// # Errors
///
/// 400 for parameters that mean nothing to the form, 406 when no form is acceptable.
pub fn wanted(params: &Params, headers: &HeaderMap) -> Result<Wanted, Problem> {
    let form = chosen(params, headers)?;
    let is_table = matches!(form, Form::Csv | Form::Csvw);
    if !is_table && let Some(name) = PARAMETERS[..3].iter().find(|name| params.get(name).is_some()) {
        return Err(Problem::bad_parameter(
            name,
            "says how a table is written, and means nothing without f=csv.",
        ));
    }
    let layout = params.one_of("profile", Layout::WORDS)?.and_then(|word| word.parse().ok());
    Ok(Wanted {
        form,
        table: TableOptions {
            layout: layout.unwrap_or_default(),
            bom: params.flag("bom")?.unwrap_or(false),
            hxl: params.flag("hxl")?.unwrap_or(false),
        },
        language: match (language(params)?, form) {
            (Some(tag), _) => tag.to_owned(),
            (None, Form::Html) => preferred_language(headers, &page::LANGUAGES).to_owned(),
            (None, _) => page::LANGUAGES[0].to_owned(),
        },
    })
}

/// `lang`, if it was given.
///
/// # Errors
///
/// 400 for what is no language tag.
pub fn language(params: &Params) -> Result<Option<&str>, Problem> {
    match params.get("lang") {
        Some(tag) if !is_language(tag) => {
            Err(Problem::bad_parameter("lang", "is no language tag such as en, uk or ro."))
        }
        tag => Ok(tag),
    }
}

fn chosen(params: &Params, headers: &HeaderMap) -> Result<Form, Problem> {
    if let Some(word) = params.one_of("f", WORDS)? {
        return Ok(OFFERS.iter().find(|offer| offer.word == word).map_or(Form::Json, |offer| offer.form));
    }
    let offered: Vec<&'static str> = MEDIA.iter().copied().chain([JSON]).collect();
    match negotiate(headers, &offered) {
        Some(JSON) => Ok(Form::Json),
        Some(media) => {
            Ok(OFFERS.iter().find(|offer| offer.media == media).map_or(Form::Json, |offer| offer.form))
        }
        None => Err(Problem::new(
            StatusCode::NOT_ACCEPTABLE,
            "not-acceptable",
            "This form is not offered",
            format!("Offered: {}.", MEDIA.join(", ")),
        )),
    }
}

/// The writer of a form for incidents with these places; `None` for those that are the store's own text, or are not written
/// row by row.
#[must_use]
pub fn writer<'p>(
    wanted: &Wanted,
    about: &About,
    addresses: Addresses,
    places: impl Iterator<Item = &'p [LonLat]>,
) -> Option<Box<dyn kordon_incidents::Form>> {
    match wanted.form {
        Form::Csv => Some(Box::new(Csv(wanted.table))),
        Form::FlatGeobuf => Some(Box::new(FlatGeobuf::stream(about, Layer::of(places)))),
        Form::GeoParquet => Some(Box::new(GeoParquet::new(about))),
        Form::Kml => Some(Box::new(Kml::new(about))),
        Form::Atom => Some(Box::new(Atom::new(about, addresses))),
        Form::Json | Form::Sequence | Form::Csvw | Form::Html => None,
    }
}

/// Hands out the Features of rows, one after the other. They come from memory, many at a time.
///
/// # Errors
///
/// 500 when a record cannot be read from the store.
pub fn features(snapshot: &PublicSnapshot, rows: &[Row], mut each: impl FnMut(&str)) -> Result<(), Problem> {
    let text = list_of(snapshot, rows)?;
    let parts: Vec<&RawValue> = serde_json::from_str(&text).map_err(|error| Problem::internal(&error))?;
    parts.into_iter().for_each(|feature| each(feature.get()));
    Ok(())
}

/// Rows as an answer tells them, in order.
///
/// # Errors
///
/// As [`features`].
pub fn described(snapshot: &PublicSnapshot, rows: &[Row]) -> Result<Vec<Described>, Problem> {
    let read = |rows: &[Row]| -> Result<Vec<Described>, Problem> {
        serde_json::from_str(&list_of(snapshot, rows)?).map_err(|error| Problem::internal(&error))
    };
    let some: Vec<Vec<Described>> = rows.par_chunks(READ_ROWS).map(read).collect::<Result<_, _>>()?;
    Ok(some.into_iter().flatten().collect())
}

fn list_of(snapshot: &PublicSnapshot, rows: &[Row]) -> Result<String, Problem> {
    let text = snapshot.features(rows).map_err(|error| Problem::internal(&error))?;
    Ok(format!("[{text}]"))
}

/// Appends rows to what a writer has written.
///
/// # Errors
///
/// As [`described`].
pub fn add(
    writer: &mut dyn kordon_incidents::Form,
    described: &[Described],
    (language, snapshot): (&str, &str),
    out: &mut Vec<u8>,
) -> Result<(), Problem> {
    for described in described {
        let shown = Shown { described, language, snapshot };
        writer.add(shown, out).map_err(|error| Problem::internal(&error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_form_has_a_word_and_a_media_type_of_its_own() {
        let words: HashSet<_> = WORDS.iter().collect();
        let media: HashSet<_> = MEDIA.iter().collect();
        assert_eq!((words.len(), media.len()), (OFFERS.len(), OFFERS.len()));
        for offer in &OFFERS {
            assert_eq!(offer.form.offer().word, offer.word);
            assert!(offer.content_type.starts_with(offer.media));
        }
    }
}
