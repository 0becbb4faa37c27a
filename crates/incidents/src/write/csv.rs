//! Incidents as a table of text (RFC 4180), which the table reader reads back.
//!
//! A text that a spreadsheet would run as a formula, because it begins with `=`, `+`, `-`, `@`, a tab or a carriage return,
//! gets an apostrophe before it, and so does one that already begins with apostrophes before such a character. Whoever
//! reads the table takes one apostrophe off a cell that looks so, and has the text again: the reader here does. Numbers
//! are numbers and have no guard. All places stand in `geometry_wkt`, the first of them in `lon` and `lat`.
//!
//! [`csvw`] describes the table to programs (CSV on the Web, W3C 2015).

use super::Form;
use super::about::About;
use super::table::{Cell, Column, Kind, Layout, Shown};
use serde_json::{Value, json};
use std::io::{self, Write};

/// How a table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// Whose names the columns have.
    pub layout: Layout,
    /// A byte order mark before the first row, by which a spreadsheet knows UTF-8.
    pub bom: bool,
    /// A row of HXL tags below the names.
    pub hxl: bool,
}

/// A table of text.
#[derive(Debug)]
pub struct Csv(pub TableOptions);

impl Form for Csv {
    fn begin(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        write_header(out, self.0)
    }

    fn add(&mut self, shown: Shown<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        write_row(out, shown, self.0)
    }

    fn end(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

fn write_header(out: &mut impl Write, options: TableOptions) -> io::Result<()> {
    if options.bom {
        out.write_all("\u{feff}".as_bytes())?;
    }
    let mut row = Row { out, first: true };
    for column in options.layout.columns() {
        row.text(column.name)?;
    }
    row.end()?;
    if options.hxl {
        let mut row = Row { out, first: true };
        for column in options.layout.columns() {
            row.text(column.hxl)?;
        }
        row.end()?;
    }
    Ok(())
}

fn write_row(out: &mut impl Write, shown: Shown<'_>, options: TableOptions) -> io::Result<()> {
    let mut row = Row { out, first: true };
    for column in options.layout.columns() {
        match column.cell(shown) {
            Cell::Empty => row.between()?,
            Cell::Text(text) => row.text(&text)?,
            Cell::Whole(number) => row.plain(format_args!("{number}"))?,
            Cell::Real(number) => row.plain(format_args!("{number}"))?,
            Cell::Flag(flag) => row.plain(format_args!("{flag}"))?,
        }
    }
    row.end()
}

/// The description of a table that lies at `url`: its columns, and where it comes from.
pub fn csvw(url: &str, options: TableOptions, about: &About) -> Value {
    let column = |column: &Column| {
        let datatype = match column.kind {
            Kind::Text => "string",
            Kind::Whole => "integer",
            Kind::Real => "double",
            Kind::Flag => "boolean",
        };
        json!({ "name": column.name, "titles": column.name, "datatype": datatype, "dc:subject": column.hxl })
    };
    json!({
        "@context": "http://www.w3.org/ns/csvw",
        "url": url,
        "dc:title": about.title(),
        "dc:source": about.address,
        "dc:bibliographicCitation": about.citation,
        "dc:rights": about.licences(),
        "kordon": about.to_json(),
        "dialect": { "encoding": "utf-8", "header": true, "headerRowCount": 1 + u8::from(options.hxl) },
        "tableSchema": {
            "primaryKey": options.layout.columns().next().map(|column| column.name),
            "columns": options.layout.columns().map(column).collect::<Vec<_>>(),
        },
    })
}

struct Row<'w, W> {
    out: &'w mut W,
    first: bool,
}

impl<W: Write> Row<'_, W> {
    /// Numbers and flags: they need neither guard nor quotation marks.
    fn plain(&mut self, value: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.between()?;
        self.out.write_fmt(value)
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
    use crate::incident::{Incident, Properties};
    use crate::{Border, Described, EventDate, IncidentId, ReadOptions, Report, Text, check, read};
    use kordon_borders::LonLat;
    use proptest::prelude::*;
    use std::collections::{HashMap, HashSet};

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

    fn written(incidents: &[Incident], options: TableOptions) -> String {
        let mut out = Vec::new();
        write_header(&mut out, options).unwrap();
        for incident in incidents {
            let described = Described { incident: incident.clone(), border: Border::default() };
            write_row(&mut out, Shown { described: &described, language: "en", snapshot: "" }, options)
                .unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    fn table(incidents: &[Incident]) -> String {
        written(incidents, TableOptions::default())
    }

    /// Reads a table back. The reader asks for its column `border_set` to be taken out first, as a sign that who imports it
    /// knows that a table holds less than the records do.
    fn reports(table: &str) -> Vec<Report> {
        let table = table.replacen(",border_set", ",", 1);
        read(table.as_bytes(), &ReadOptions::default()).unwrap().map(Result::unwrap).collect()
    }

    fn read_back(table: &str) -> Incident {
        let mut fresh = || IncidentId::from_random([9; 16]);
        check(&reports(table).remove(0), &mut fresh).unwrap().incident
    }

    /// The cells of the first row below the names, by name.
    fn cells(table: &str) -> HashMap<String, String> {
        let mut rows = csv::Reader::from_reader(table.as_bytes());
        let header = rows.headers().unwrap().clone();
        let row = rows.records().next().unwrap().unwrap();
        header.iter().zip(&row).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
    }

    #[test]
    fn a_text_that_looks_like_a_formula_is_guarded_and_a_negative_coordinate_is_not() {
        let cells = cells(&table(&[incident()]));
        assert_eq!(cells["title"], "'=HYPERLINK(\"https://example.org\")");
        assert_eq!(
            (cells["lat"].as_str(), cells["geometry_wkt"].as_str()),
            ("-16.8", "POINT (-178.5 -16.8)")
        );
    }

    #[test]
    fn a_guard_is_taken_off_again_whatever_the_text_began_with() {
        for text in ["=1+1", "+380", "-cmd", "@sum", "\tx", "'=1", "''+2", "'quoted'", "plain"] {
            let mut one = incident();
            one.properties.title = Text::new("en", text);
            let table = table(std::slice::from_ref(&one));
            let back = read_back(&table);
            assert_eq!(back.properties.title.unwrap().in_language("en"), text, "{table}");
        }
    }

    #[test]
    fn a_mark_and_a_row_of_tags_are_written_when_asked_for_and_read_over() {
        let options = TableOptions { bom: true, hxl: true, ..TableOptions::default() };
        let table = written(&[incident()], options);
        let mut lines = table.lines();
        assert!(lines.next().unwrap().starts_with("\u{feff}id,lon,lat,"));
        assert!(lines.next().unwrap().starts_with("#event+id,#geo+lon,#geo+lat,"));
        assert_eq!(reports(&table).len(), 1);
        assert_eq!(read_back(&table).properties.title, incident().properties.title);
    }

    #[test]
    fn every_column_has_a_name_and_a_tag_of_its_own_form() {
        for layout in [Layout::Kordon, Layout::Acled, Layout::Ucdp] {
            let mut names = HashSet::new();
            for column in layout.columns() {
                assert!(names.insert(column.name), "{}", column.name);
                assert!(column.hxl.starts_with('#') && column.hxl.is_ascii(), "{}", column.hxl);
            }
        }
    }

    /// The names are theirs, so their own readers, of which ours is one, know the table.
    #[test]
    fn the_layouts_of_others_say_what_the_record_says_and_nothing_else() {
        let feature = r#"{"type":"Feature","id":"5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e","geometry":{"type":"Point",
            "coordinates":[28.84,45.335]},"properties":{"date_start":"2025-05-30T01:10:00+03:00","date_precision":"hour",
            "event_type":"explosions_remote_violence","sub_event_type":"air_drone_strike","country":"UKR",
            "description":{"en":"A port burned"},"deaths_low":1,"deaths_best":2,"deaths_high":4,"same_as":["acled:UKR1"]}}"#;
        let one = checked(feature).unwrap().incident;
        let of = |layout| {
            cells(&written(std::slice::from_ref(&one), TableOptions { layout, ..TableOptions::default() }))
        };
        let acled = of(Layout::Acled);
        for (name, cell) in [
            ("event_id_cnty", "UKR1"),
            ("event_date", "2025-05-30"),
            ("time_precision", "1"),
            ("event_type", "Explosions/Remote violence"),
            ("sub_event_type", "Air/drone strike"),
            ("fatalities", "2"),
            ("geo_precision", ""),
            ("notes", "A port burned"),
            ("iso3", "UKR"),
        ] {
            assert_eq!(acled[name], cell, "{name}");
        }
        let ucdp = of(Layout::Ucdp);
        for (name, cell) in [
            ("id", "5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e"),
            ("type_of_violence", ""),
            ("where_prec", ""),
            ("best", "2"),
            ("low", "1"),
            ("high", "4"),
            ("geom_wkt", "POINT (28.84 45.335)"),
            ("date_prec", "1"),
        ] {
            assert_eq!(ucdp[name], cell, "{name}");
        }
        for layout in [Layout::Acled, Layout::Ucdp] {
            let table =
                written(std::slice::from_ref(&one), TableOptions { layout, ..TableOptions::default() });
            let back = read_back(&table);
            assert_eq!((back.places, back.properties.deaths_best), (one.places.clone(), Some(2)), "{table}");
        }
    }

    #[test]
    fn a_table_is_described_column_by_column() {
        let about = About { snapshot: Some("1-2-3".into()), matched: 7, ..About::default() };
        let told =
            csvw("https://example.org/t.csv", TableOptions { hxl: true, ..TableOptions::default() }, &about);
        let columns = told["tableSchema"]["columns"].as_array().unwrap();
        assert_eq!(columns.len(), Layout::Kordon.columns().count());
        assert_eq!((&columns[1]["name"], &columns[1]["datatype"]), (&json!("lon"), &json!("double")));
        assert_eq!(
            (&told["dialect"]["headerRowCount"], &told["kordon"]["number_matched"]),
            (&json!(2), &json!(7))
        );
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
            let table = table(std::slice::from_ref(&incident));
            prop_assert_eq!(read_back(&table), incident, "{}", table);
        }
    }

    #[test]
    fn impacts_and_sources_keep_their_places_in_a_table() {
        let feature = r#"{"type":"Feature","id":"5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e","geometry":{"type":"MultiPoint",
            "coordinates":[[28.84,45.335],[28.85,45.34]]},"properties":{"date_start":"2025","event_type":"other",
            "impacts":[{"facility":"store"},{"infrastructure":"postal","damage":"severe"}],
            "sources":[{"url":"https://a.example/;x"},{"url":"https://b.example/","name":"B"}]}}"#;
        let incident = checked(feature).unwrap().incident;
        let table = table(std::slice::from_ref(&incident));
        let back = read_back(&table);
        assert_eq!(back.places, incident.places);
        assert_eq!(back.properties.impacts, incident.properties.impacts);
        assert_eq!(back.properties.sources[1].url.as_deref(), Some("https://b.example/"));
    }
}
