//! Incidents as a table (RFC 4180), which the table reader reads back.
//!
//! A table cannot hold all of an incident: texts are in one language, of impacts only kind, damage and
//! facility remain, of sources address and name, and `extra` stays behind. GeoJSON is the form that loses
//! nothing.
//!
//! A text that a spreadsheet would run as a formula gets an apostrophe before it; the reader takes it off
//! again. Several places stand in `geometry_wkt`, with the first in `lon` and `lat`.

use crate::incident::{Incident, Properties};
use std::fmt::Display;
use std::io::{self, Write};

/// The columns, in order; columns of the caller follow them.
pub const CSV_COLUMNS: &[&str] = &[
    "id",
    "lon",
    "lat",
    "geometry_wkt",
    "date_start",
    "date_end",
    "date_precision",
    "title",
    "description",
    "event_type",
    "sub_event_type",
    "event_type_source",
    "actor1",
    "actor2",
    "attribution",
    "civilian_targeting",
    "location",
    "country",
    "admin1",
    "admin2",
    "admin3",
    "admin1_pcode",
    "admin2_pcode",
    "location_radius_m",
    "location_method",
    "geo_precision",
    "where_prec",
    "deaths_low",
    "deaths_best",
    "deaths_high",
    "injured_low",
    "injured_best",
    "injured_high",
    "infrastructure",
    "damage",
    "facility",
    "verification",
    "source_url",
    "source_name",
    "sensitivity",
    "same_as",
    "tags",
    "language",
    "license",
    "redistributable",
    "record_status",
];

/// Writes the header row: [`CSV_COLUMNS`], then the caller's, such as `foreign` and `distance_m`.
///
/// # Errors
///
/// What the writer returns.
pub fn write_csv_header(out: &mut impl Write, more: &[&str]) -> io::Result<()> {
    let mut row = Row { out, first: true };
    for name in CSV_COLUMNS.iter().chain(more) {
        row.text(name)?;
    }
    row.end()
}

/// Writes one incident, with texts in `language` or the nearest to it, then the caller's cells.
///
/// # Errors
///
/// What the writer returns.
pub fn write_csv_row(
    out: &mut impl Write,
    incident: &Incident,
    language: &str,
    more: &[&str],
) -> io::Result<()> {
    let Incident { id, places, properties: p } = incident;
    let mut row = Row { out, first: true };
    row.value(Some(id))?;
    row.value(places.first().map(|place| place.lon()))?;
    row.value(places.first().map(|place| place.lat()))?;
    row.text(&several(incident))?;
    row.value(Some(&p.date_start))?;
    row.value(p.date_end.as_ref())?;
    row.value(p.date_precision)?;
    row.text(p.title.as_ref().map_or("", |text| text.in_language(language)))?;
    row.text(p.description.as_ref().map_or("", |text| text.in_language(language)))?;
    row.value(p.event_type)?;
    for text in [&p.sub_event_type, &p.event_type_source, &p.actor1, &p.actor2] {
        row.text(text.as_deref().unwrap_or_default())?;
    }
    row.value(p.attribution)?;
    row.value(p.civilian_targeting)?;
    for text in [&p.location, &p.country, &p.admin1, &p.admin2, &p.admin3, &p.admin1_pcode, &p.admin2_pcode] {
        row.text(text.as_deref().unwrap_or_default())?;
    }
    row.value(p.location_radius_m)?;
    row.value(p.location_method)?;
    row.value(p.geo_precision)?;
    row.value(p.where_prec)?;
    for count in [p.deaths_low, p.deaths_best, p.deaths_high, p.injured_low, p.injured_best, p.injured_high] {
        row.value(count)?;
    }
    row.text(&listed(&p.impacts, |impact| impact.infrastructure.map(|kind| kind.as_str())))?;
    row.text(&listed(&p.impacts, |impact| impact.damage.map(|damage| damage.as_str())))?;
    row.text(&listed(&p.impacts, |impact| impact.facility.as_deref()))?;
    row.value(p.verification)?;
    row.text(&listed(&p.sources, |source| source.url.as_deref()))?;
    row.text(&listed(&p.sources, |source| source.name.as_deref()))?;
    row.value(p.sensitivity)?;
    row.text(&listed(&p.same_as, |name| Some(name)))?;
    row.text(&listed(&p.tags, |tag| Some(tag)))?;
    row.text(shown_language(p, language))?;
    row.text(p.license.as_deref().unwrap_or_default())?;
    row.value(p.redistributable)?;
    row.value(p.record_status)?;
    for cell in more {
        row.text(cell)?;
    }
    row.end()
}

/// The language in which the texts of this row were written.
fn shown_language<'p>(p: &'p Properties, language: &'p str) -> &'p str {
    let text = p.title.as_ref().or(p.description.as_ref());
    let shown = text.and_then(|text| {
        let shown = text.in_language(language);
        text.iter().find(|(_, candidate)| *candidate == shown).map(|(tag, _)| tag)
    });
    shown.or(p.language.as_deref()).filter(|tag| *tag != "und").unwrap_or_default()
}

fn several(incident: &Incident) -> String {
    if incident.places.len() < 2 {
        return String::new();
    }
    let points: Vec<String> =
        incident.places.iter().map(|place| format!("({} {})", place.lon(), place.lat())).collect();
    format!("MULTIPOINT ({})", points.join(", "))
}

/// One item of each thing with semicolons between them, places kept; nothing when none has one.
fn listed<'t, T>(things: &'t [T], item: impl Fn(&'t T) -> Option<&'t str>) -> String {
    let items: Vec<Option<&str>> = things.iter().map(item).collect();
    if items.iter().all(Option::is_none) {
        return String::new();
    }
    let texts: Vec<String> = items.iter().map(|item| item.unwrap_or_default().replace(';', ",")).collect();
    texts.join(";")
}

struct Row<'w, W> {
    out: &'w mut W,
    first: bool,
}

impl<W: Write> Row<'_, W> {
    /// Numbers, dates and words of closed lists: they need neither guard nor quotation marks.
    fn value(&mut self, value: Option<impl Display>) -> io::Result<()> {
        self.between()?;
        value.map_or(Ok(()), |value| write!(self.out, "{value}"))
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.between()?;
        let guard = if is_guarded(text) { "'" } else { "" };
        let plain = !text.contains(['"', ',', ';', '\t', '\n', '\r']) && text.trim() == text;
        if plain {
            return write!(self.out, "{guard}{text}");
        }
        write!(self.out, "\"{guard}{}\"", text.replace('"', "\"\""))
    }

    fn between(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.first) { Ok(()) } else { self.out.write_all(b",") }
    }

    fn end(self) -> io::Result<()> {
        self.out.write_all(b"\r\n")
    }
}

/// Whether a spreadsheet might run this as a formula, or the reader might take its apostrophe for a guard.
pub(crate) fn is_guarded(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::tests::{checked, incidents};
    use crate::{EventDate, Format, IncidentId, ReadOptions, Text, check, read};
    use kordon_borders::LonLat;
    use proptest::prelude::*;

    fn incident() -> Incident {
        let mut p = Properties::new(EventDate::parse("2025-05-30T01:10:00+03:00").unwrap());
        p.title = Text::new("en", "=HYPERLINK(\"https://example.org\")");
        p.language = Some("en".into());
        Incident {
            id: IncidentId::from_random([1; 16]),
            places: vec![LonLat::new(-178.5, -16.8).unwrap()],
            properties: p,
        }
    }

    fn table(incidents: &[Incident], more: (&[&str], &[&str])) -> String {
        let mut out = Vec::new();
        write_csv_header(&mut out, more.0).unwrap();
        for incident in incidents {
            write_csv_row(&mut out, incident, "en", more.1).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_text_that_looks_like_a_formula_is_guarded_and_a_negative_coordinate_is_not() {
        let table = table(&[incident()], (&["foreign", "note"], &["ROU", "-cmd"]));
        let mut rows = csv::Reader::from_reader(table.as_bytes());
        let header = rows.headers().unwrap().clone();
        let row = rows.records().next().unwrap().unwrap();
        let cell = |name: &str| row.get(header.iter().position(|header| header == name).unwrap()).unwrap();
        assert_eq!(cell("title"), "'=HYPERLINK(\"https://example.org\")");
        assert_eq!((cell("lat"), cell("foreign"), cell("note")), ("-16.8", "ROU", "'-cmd"));
    }

    proptest! {
        #[test]
        fn what_is_written_as_a_table_is_read_back_equal(mut incident in incidents()) {
            // What a table has no room for.
            let p = &mut incident.properties;
            p.extra.clear();
            p.impacts.clear();
            p.sources.clear();
            p.masking = None;
            p.language = Some("en".into());
            let table = table(std::slice::from_ref(&incident), (&[], &[]));
            let options = ReadOptions { format: Some(Format::Csv), ..ReadOptions::default() };
            let report = read(table.as_bytes(), &options).unwrap().next().unwrap().unwrap();
            let back = check(report, &mut || unreachable!("the row has an id"));
            prop_assert_eq!(back.map(|checked| checked.incident), Ok(incident), "{}", table);
        }
    }

    #[test]
    fn impacts_and_sources_keep_their_places_in_a_table() {
        let feature = r#"{"type":"Feature","id":"5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e","geometry":{"type":"MultiPoint",
            "coordinates":[[28.84,45.335],[28.85,45.34]]},"properties":{"date_start":"2025","event_type":"other",
            "impacts":[{"facility":"store"},{"infrastructure":"postal","damage":"severe"}],
            "sources":[{"url":"https://a.example/;x"},{"url":"https://b.example/","name":"B"}]}}"#;
        let incident = checked(feature).unwrap().incident;
        let table = table(std::slice::from_ref(&incident), (&[], &[]));
        let report = read(table.as_bytes(), &ReadOptions::default()).unwrap().next().unwrap().unwrap();
        let back = check(report, &mut || unreachable!("the row has an id")).unwrap().incident;
        assert_eq!(back.places, incident.places);
        assert_eq!(back.properties.impacts, incident.properties.impacts);
        assert_eq!(back.properties.sources[1].url.as_deref(), Some("https://b.example/"));
    }
}
