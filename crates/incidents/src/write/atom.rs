//! An Atom feed with GeoRSS: what a feed reader, or a program that watches a region, asks again and again.
//!
//! An entry's id is its permanent address and `updated` is when its last revision was recorded, so a reader sees what is
//! new and what was corrected. Pages are linked as RFC 5005 has it. A feed without entries was updated at the epoch: it
//! must say something, and a clock would make other bytes of the same snapshot.
//!
//! GeoRSS-Simple writes latitude before longitude, unlike everything else here. It has one geometry for an entry, so
//! several places are the box around them. Sources: RFC 4287, RFC 5005, OGC 17-002r1.

use super::Form;
use super::about::About;
use super::described::Described;
use super::hilbert::bbox;
use super::table::Shown;
use super::told::{distance_told, place_told};
use super::xml::xml;
use crate::date::rfc3339;
use std::io::{self, Write};

/// Where a feed stands.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    /// Of this page.
    pub own: String,
    /// Of the same question for people.
    pub page: String,
    /// Of the incidents: an id behind a slash makes one of them.
    pub items: String,
}

/// A writer of Atom.
pub struct Atom {
    about: About,
    addresses: Addresses,
    /// The entries, and the latest time at which one was recorded: that stands before them.
    entries: Vec<u8>,
    updated_s: i64,
}

impl Atom {
    /// A writer of a feed that says this of itself. Entries are held until the end: a page is to be short.
    pub fn new(about: &About, addresses: Addresses) -> Self {
        Self { about: about.clone(), addresses, entries: Vec::new(), updated_s: 0 }
    }
}

impl Form for Atom {
    fn begin(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn add(&mut self, shown: Shown<'_>, _: &mut Vec<u8>) -> io::Result<()> {
        let Described { incident, .. } = shown.described;
        let p = &incident.properties;
        let out = &mut self.entries;
        let address = format!("{}/{}", self.addresses.items, incident.id);
        let updated_s = p.recorded_at.as_ref().unwrap_or(&p.date_start).times().start_s;
        self.updated_s = self.updated_s.max(updated_s);
        let text = p.description.as_ref().map(|text| text.in_language(shown.language)).unwrap_or_default();
        let when = format!("When: {}.", p.date_start.as_str());
        let told = [text, &when, &place_told(incident), &distance_told(shown.described)].join("\n");
        writeln!(out, "<entry>\n<id>{}</id>", xml(&address))?;
        writeln!(out, "<title>{}</title>", xml(incident.title_in(shown.language)))?;
        writeln!(out, "<updated>{}</updated>", rfc3339(updated_s))?;
        writeln!(out, "<link rel=\"alternate\" type=\"text/html\" href=\"{}?f=html\"/>", xml(&address))?;
        writeln!(out, "<link rel=\"alternate\" type=\"application/geo+json\" href=\"{}\"/>", xml(&address))?;
        for source in p.sources.iter().filter_map(|source| source.url.as_deref()) {
            writeln!(out, "<link rel=\"via\" href=\"{}\"/>", xml(source))?;
        }
        for (scheme, term) in [
            ("event_type", p.event_type.map(|word| word.as_str())),
            ("verification", p.verification.map(|word| word.as_str())),
        ] {
            if let Some(term) = term {
                writeln!(
                    out,
                    "<category scheme=\"{}#{scheme}\" term=\"{term}\"/>",
                    xml(&self.addresses.items)
                )?;
            }
        }
        if let Some(license) = &p.license {
            writeln!(out, "<rights>{}</rights>", xml(license))?;
        }
        writeln!(out, "<content type=\"text\">{}</content>", xml(told.trim()))?;
        match (incident.places.as_slice(), bbox(&incident.places)) {
            ([place], _) => writeln!(out, "<georss:point>{} {}</georss:point>", place.lat(), place.lon())?,
            (_, Some([west, south, east, north])) => {
                writeln!(out, "<georss:box>{south} {west} {north} {east}</georss:box>")?;
            }
            (_, None) => {}
        }
        if let (Some(meters), [_]) = (incident.radius().meters, incident.places.as_slice()) {
            writeln!(out, "<georss:radius>{meters}</georss:radius>")?;
        }
        out.extend_from_slice(b"</entry>\n");
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let Addresses { own, page, .. } = &self.addresses;
        let about = &self.about;
        out.extend_from_slice(
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" \
              xmlns:georss=\"http://www.georss.org/georss\">\n",
        );
        // One question has one id, whatever snapshot answers it.
        writeln!(out, "<id>{}</id>\n<title>{}</title>", xml(page), xml(about.title()))?;
        if !about.question.is_empty() {
            writeln!(out, "<subtitle>{}</subtitle>", xml(&about.question))?;
        }
        writeln!(out, "<updated>{}</updated>", rfc3339(self.updated_s))?;
        out.extend_from_slice(b"<author><name>Kordon</name></author>\n");
        let rights = [about.citation.as_deref().unwrap_or_default(), &about.licences()].join("\n");
        writeln!(out, "<rights>{}</rights>", xml(rights.trim()))?;
        writeln!(out, "<link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>", xml(own))?;
        writeln!(out, "<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>", xml(page))?;
        for (rel, address) in [("next", &about.next), ("cite-as", &about.address)] {
            if let Some(address) = address {
                writeln!(out, "<link rel=\"{rel}\" href=\"{}\"/>", xml(address))?;
            }
        }
        out.append(&mut self.entries);
        out.extend_from_slice(b"</feed>\n");
        Ok(())
    }
}
