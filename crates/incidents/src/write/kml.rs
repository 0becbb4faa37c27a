//! KML 2.2: one Placemark for each incident, with its time, its place, and every column of the table.
//!
//! A place is drawn as a point; the description says how far from it the true one may be, and how sure the distance to the
//! border is. An incident that is known only as an area is said to be so. Everything else stands in `ExtendedData`.
//!
//! Source: OGC 07-147r2. Times are written as XML Schema has them: a year, a month, a day, or a moment in UTC.

use super::Form;
use super::about::About;
use super::described::Described;
use super::table::{Cell, Column, Layout, Shown};
use super::told::{distance_told, place_told};
use super::xml::xml;
use crate::date::{EventDate, rfc3339};
use kordon_borders::LonLat;
use std::io::{self, Write};

/// A writer of KML.
pub struct Kml {
    about: About,
    /// Each with what stands before its cells.
    columns: Vec<(&'static Column, String)>,
}

impl Kml {
    /// A writer of a document that says this of itself.
    pub fn new(about: &About) -> Self {
        let columns = Layout::Kordon.columns().filter(|column| !column.is_place());
        Self { about: about.clone(), columns: columns.map(|column| (column, opened(column.name))).collect() }
    }
}

impl Form for Kml {
    fn begin(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\" \
              xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<Document>\n",
        );
        writeln!(out, "<name>{}</name>", xml(self.about.title()))?;
        if let Some(address) = &self.about.address {
            writeln!(out, "<atom:link href=\"{}\"/>", xml(address))?;
        }
        let told = [self.about.citation.as_deref().unwrap_or_default(), &self.about.licences()].join("\n");
        writeln!(out, "<description>{}</description>\n<ExtendedData>", xml(told.trim()))?;
        for (name, text) in self.about.to_texts() {
            data(out, &opened(name), &text);
        }
        out.extend_from_slice(b"</ExtendedData>\n");
        Ok(())
    }

    fn add(&mut self, shown: Shown<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let Described { incident, .. } = shown.described;
        let p = &incident.properties;
        writeln!(out, "<Placemark id=\"incident-{}\">", incident.id)?;
        writeln!(out, "<name>{}</name>", xml(incident.title_in(shown.language)))?;
        let text = p.description.as_ref().map(|text| text.in_language(shown.language)).unwrap_or_default();
        let told = [text, &place_told(incident), &distance_told(shown.described)].join("\n");
        writeln!(out, "<description>{}</description>", xml(told.trim()))?;
        let end = p.date_end.as_ref().unwrap_or(&p.date_start);
        let (begin, end) = (time(&p.date_start), time(end));
        writeln!(out, "<TimeSpan><begin>{begin}</begin><end>{end}</end></TimeSpan>\n<ExtendedData>")?;
        for (column, opened) in &self.columns {
            match column.cell(shown) {
                Cell::Empty => {}
                Cell::Text(text) => data(out, opened, &text),
                Cell::Whole(number) => plain(out, opened, format_args!("{number}"))?,
                Cell::Real(number) => plain(out, opened, format_args!("{number}"))?,
                Cell::Flag(flag) => plain(out, opened, format_args!("{flag}"))?,
            }
        }
        out.extend_from_slice(b"</ExtendedData>\n");
        match incident.places.as_slice() {
            [] => {}
            [place] => point(out, *place)?,
            places => {
                out.extend_from_slice(b"<MultiGeometry>\n");
                places.iter().try_for_each(|place| point(out, *place))?;
                out.extend_from_slice(b"</MultiGeometry>\n");
            }
        }
        out.extend_from_slice(b"</Placemark>\n");
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(b"</Document>\n</kml>\n");
        Ok(())
    }
}

fn point(out: &mut Vec<u8>, place: LonLat) -> io::Result<()> {
    writeln!(out, "<Point><coordinates>{},{}</coordinates></Point>", place.lon(), place.lat())
}

/// What stands before the text of a name.
fn opened(name: &str) -> String {
    format!("<Data name=\"{name}\"><value>")
}

const CLOSED: &[u8] = b"</value></Data>\n";

fn data(out: &mut Vec<u8>, opened: &str, text: &str) {
    for piece in [opened.as_bytes(), xml(text).as_bytes(), CLOSED] {
        out.extend_from_slice(piece);
    }
}

/// A number or a flag, in which nothing is to be escaped.
fn plain(out: &mut Vec<u8>, opened: &str, value: std::fmt::Arguments<'_>) -> io::Result<()> {
    out.extend_from_slice(opened.as_bytes());
    out.write_fmt(value)?;
    out.extend_from_slice(CLOSED);
    Ok(())
}

/// A moment in UTC to the second; what is coarser as it was written.
fn time(date: &EventDate) -> String {
    if date.as_str().contains('T') { rfc3339(date.times().start_s) } else { date.as_str().to_owned() }
}
