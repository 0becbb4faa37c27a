//! KML placemarks and GPX waypoints, as GeoJSON Features.
//!
//! A placemark's name, description, times, `ExtendedData` and the folders around it become properties; a waypoint's children
//! do. Where each element began goes with them, so that a fault is told there. A shape that is no point is handed on under
//! its name, so that the check refuses it and says what to give instead.
//!
//! XML is read without a document type: any DOCTYPE is a fault, so there are no entities but the five of XML. Memory: one
//! placemark, at most [`crate::ReadOptions::record_bytes`]; depth at most [`MAX_DEPTH`].
//!
//! Sources: OGC KML 2.3; GPX 1.1; XML 1.0, read by quick-xml.

use super::Piece;
use super::decode::read_ready;
use crate::columns::{OWN_EXPORT, is_own_export};
use crate::fault::Fault;
use crate::json::{MAX_DEPTH, free_name, shown};
use crate::report::{Element, Format, Origin};
use quick_xml::Reader as Xml;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Number, Value};
use std::io::{self, BufRead, Read};
use std::sync::Arc;

/// Bytes that count lines and characters, and end a record that grows beyond its limit.
pub(super) struct Counted<R> {
    input: R,
    line: usize,
    /// Character in its line of the next byte.
    column: usize,
    spent: usize,
    limit: usize,
}

impl<R: BufRead> Counted<R> {
    /// From line 1 on, with room for records of so many bytes.
    pub(super) fn new(input: R, limit: usize) -> Self {
        Self { input, line: 1, column: 1, spent: 0, limit }
    }

    /// A new record begins.
    pub(super) fn begin_anew(&mut self) {
        self.spent = 0;
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_ready(self, out)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.spent > self.limit {
            let problem = format!("a record longer than {} bytes", self.limit);
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        let ready = self.input.fill_buf()?;
        // So little at a time that the limit is felt before the memory is.
        Ok(&ready[..ready.len().min(1 << 16)])
    }

    fn consume(&mut self, count: usize) {
        if let Ok(ready) = self.input.fill_buf() {
            let passed = &ready[..count.min(ready.len())];
            self.line += memchr::memchr_iter(b'\n', passed).count();
            let in_line = memchr::memrchr(b'\n', passed).map(|last| &passed[last + 1..]);
            let characters = in_line.unwrap_or(passed).iter().filter(|byte| **byte & 0xc0 != 0x80).count();
            self.column = if in_line.is_some() { 1 + characters } else { self.column + characters };
        }
        self.spent += count;
        self.input.consume(count);
    }
}

/// What the root element is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Kml,
    Gpx,
}

/// The records of one XML document.
pub(super) struct Document<R: BufRead> {
    xml: Xml<Counted<R>>,
    buffer: Vec<u8>,
    file: Arc<str>,
    kind: Kind,
    /// Local names of the elements around the place where the reader stands.
    path: Vec<String>,
    /// Names of the folders around it, and the depth at which each stands.
    folders: Vec<(usize, Option<String>)>,
    document: Option<String>,
    /// Line and character at which what was read last began.
    began: (usize, usize),
    ended: bool,
}

impl<R: BufRead> Document<R> {
    /// Reads up to the root element.
    pub(super) fn open(input: R, limit: usize, origin: &Origin) -> Result<Self, Fault> {
        let mut xml = Xml::from_reader(Counted::new(input, limit));
        xml.config_mut().expand_empty_elements = true;
        let mut document = Self {
            xml,
            buffer: Vec::new(),
            file: Arc::clone(&origin.file),
            kind: Kind::Kml,
            path: Vec::new(),
            folders: Vec::new(),
            document: None,
            began: (1, 1),
            ended: false,
        };
        loop {
            match document.event()? {
                Event::Start(start) => {
                    let root = local(&start);
                    document.kind = match root.as_str() {
                        "kml" => Kind::Kml,
                        "gpx" => Kind::Gpx,
                        _ => {
                            let problem = format!("the input is XML with the root {}", shown(&root));
                            let hint = "of XML, KML and GPX are read; of a web page, save its table as CSV";
                            return Err(document.fatal(problem, hint));
                        }
                    };
                    document.path.push(root);
                    return Ok(document);
                }
                Event::Eof => return Err(document.fatal("the XML holds no element", "is the file complete?")),
                Event::Text(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                _ => return Err(document.fatal("something stands before the root element", None)),
            }
        }
    }

    pub(super) fn format(&self) -> Format {
        match self.kind {
            Kind::Kml => Format::Kml,
            Kind::Gpx => Format::Gpx,
        }
    }

    /// The next placemark or waypoint.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, Fault> {
        while !self.ended {
            self.xml.get_mut().begin_anew();
            match self.event()? {
                Event::Start(start) => {
                    let (name, began) = (local(&start), self.began);
                    let record = match (self.kind, name.as_str()) {
                        (Kind::Kml, "Placemark") => Some(self.placemark(&start)?),
                        (Kind::Gpx, "wpt" | "rte" | "trk") => Some(self.waypoint(&start, &name)?),
                        _ => None,
                    };
                    match record {
                        Some(record) if is_own_export(record.properties.keys().map(String::as_str)) => {
                            return Err(self.fatal(OWN_EXPORT.0, OWN_EXPORT.1));
                        }
                        Some(record) => return Ok(Some(record.into_piece(began))),
                        None => self.enter(name)?,
                    }
                }
                Event::End(_) => self.leave(),
                Event::Eof if self.path.is_empty() => self.ended = true,
                Event::Eof => {
                    return Err(self.fatal("the XML ends within an element", "is the file complete?"));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn enter(&mut self, name: String) -> Result<(), Fault> {
        let in_container =
            self.path.last().is_some_and(|last| matches!(last.as_str(), "Folder" | "Document"));
        if self.kind == Kind::Kml && name == "name" && in_container {
            let text = self.text()?;
            let depth = self.path.len();
            if self.path.last().is_some_and(|last| last == "Document") {
                self.document = Some(text);
            } else if let Some((_, name)) = self.folders.last_mut().filter(|(at, _)| *at == depth) {
                *name = Some(text);
            }
            return Ok(());
        }
        self.path.push(name);
        if self.path.len() > MAX_DEPTH {
            return Err(self.fatal("nested deeper than 64 levels", None));
        }
        if self.path.last().is_some_and(|last| last == "Folder") {
            self.folders.push((self.path.len(), None));
        }
        Ok(())
    }

    fn leave(&mut self) {
        if self.folders.last().is_some_and(|(at, _)| *at == self.path.len()) {
            self.folders.pop();
        }
        self.path.pop();
    }

    fn placemark(&mut self, start: &BytesStart<'static>) -> Result<Record, Fault> {
        let mut record = Record { id: self.attribute(start, "id")?, ..Record::default() };
        let mut path: Vec<String> = Vec::new();
        let mut data_name: Option<String> = None;
        loop {
            match self.event()? {
                Event::Start(start) => {
                    let (name, began) = (local(&start), self.began);
                    let parent = path.last().map_or("", String::as_str);
                    match (parent, name.as_str()) {
                        (
                            "" | "Point" | "TimeStamp" | "TimeSpan",
                            "name" | "description" | "address" | "when" | "begin" | "end" | "styleUrl"
                            | "Snippet" | "phoneNumber" | "visibility",
                        ) => {
                            let ours = match name.as_str() {
                                "when" => "timestamp",
                                "begin" => "start_date",
                                "end" => "end_date",
                                other => other,
                            };
                            let text = self.text()?;
                            record.put(ours, &name, began, text);
                            continue;
                        }
                        ("Data", "value") => {
                            let text = self.text()?;
                            let name = data_name.as_deref().unwrap_or("value");
                            record.put(name, name, began, text);
                            continue;
                        }
                        (_, "SimpleData") => {
                            let field = self.attribute(&start, "name")?.unwrap_or_else(|| "value".into());
                            let text = self.text()?;
                            record.put(&field, &field, began, text);
                            continue;
                        }
                        ("Point", "coordinates") => {
                            let text = self.text()?;
                            record.stands("geometry", &name, began);
                            record.points.extend(text.split_whitespace().map(position));
                            continue;
                        }
                        (_, "Data") => data_name = self.attribute(&start, "name")?,
                        (_, "LineString" | "LinearRing" | "Polygon" | "Track" | "MultiTrack" | "Model") => {
                            record.stands("geometry", &name, began);
                            record.other.get_or_insert(name.clone());
                        }
                        _ => {}
                    }
                    path.push(name);
                    if path.len() + self.path.len() > MAX_DEPTH {
                        return Err(self.fatal("nested deeper than 64 levels", None));
                    }
                }
                Event::End(_) if path.is_empty() => break,
                Event::End(_) => _ = path.pop(),
                Event::Eof => {
                    return Err(self.fatal("the XML ends within a placemark", "is the file complete?"));
                }
                _ => {}
            }
        }
        let folders: Vec<&str> = self.folders.iter().filter_map(|(_, name)| name.as_deref()).collect();
        record.keep("kml_folder", folders.join("/"));
        record.keep("kml_document", self.document.clone().unwrap_or_default());
        Ok(record)
    }

    fn waypoint(&mut self, start: &BytesStart<'static>, kind: &str) -> Result<Record, Fault> {
        let mut record = Record::default();
        record.stands("geometry", kind, self.began);
        let coordinate = |text: Option<String>| text.map_or_else(|| "null".into(), |text| number(&text));
        let lon = coordinate(self.attribute(start, "lon")?);
        let lat = coordinate(self.attribute(start, "lat")?);
        let mut height = None;
        let mut depth = 0_usize;
        loop {
            match self.event()? {
                Event::Start(start) => {
                    let (name, began) = (local(&start), self.began);
                    if let Some(href) = self.attribute(&start, "href")? {
                        record.put("url", &name, began, href);
                    }
                    let is_leaf = matches!(
                        name.as_str(),
                        "name" | "desc" | "cmt" | "time" | "type" | "sym" | "src" | "ele"
                    );
                    if depth == 0 && is_leaf {
                        let text = self.text()?;
                        let ours = match name.as_str() {
                            "ele" => {
                                height = Some(canonical(&text));
                                continue;
                            }
                            "desc" => "description",
                            "cmt" => "comment",
                            "time" => "timestamp",
                            other => other,
                        };
                        record.put(ours, &name, began, text);
                        continue;
                    }
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Err(self.fatal("nested deeper than 64 levels", None));
                    }
                }
                Event::End(_) if depth == 0 => break,
                Event::End(_) => depth -= 1,
                Event::Eof => {
                    return Err(self.fatal("the XML ends within a waypoint", "is the file complete?"));
                }
                _ => {}
            }
        }
        match kind {
            "wpt" => record.points.push(listed([lon, lat].into_iter().chain(height))),
            "trk" => record.other = Some("Track".into()),
            _ => record.other = Some("Route".into()),
        }
        Ok(record)
    }

    /// The text of the element that has just begun, up to its end; markup within it is left out.
    fn text(&mut self) -> Result<String, Fault> {
        let (mut text, mut depth) = (String::new(), 0_usize);
        loop {
            match self.event()? {
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 => return Ok(text.trim().to_owned()),
                Event::End(_) => depth -= 1,
                Event::Eof => {
                    return Err(self.fatal("the XML ends within an element", "is the file complete?"));
                }
                part => add_text(&mut text, &part).map_err(|entity| {
                    let problem = format!("the entity {} is not one of XML's own", shown(&entity));
                    self.fatal(problem, "write the character itself")
                })?,
            }
            if depth > MAX_DEPTH {
                return Err(self.fatal("nested deeper than 64 levels", None));
            }
        }
    }

    fn attribute(&self, start: &BytesStart<'static>, wanted: &str) -> Result<Option<String>, Fault> {
        for attribute in start.attributes() {
            let attribute =
                attribute.map_err(|error| self.fatal(format!("the XML is broken: {error}"), None))?;
            if attribute.key.local_name().as_ref() == wanted {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                let value = value.map_err(|error| self.fatal(format!("the XML is broken: {error}"), None))?;
                return Ok(Some(value.into_owned()));
            }
        }
        Ok(None)
    }

    fn event(&mut self) -> Result<Event<'static>, Fault> {
        self.buffer.clear();
        self.began = (self.xml.get_ref().line, self.xml.get_ref().column);
        match self.xml.read_event_into(&mut self.buffer) {
            Ok(Event::DocType(_)) => {
                let hint = "remove the line that begins with <!DOCTYPE";
                Err(self.fatal("the XML has a document type, which is not read", hint))
            }
            Ok(event) => Ok(event.into_owned()),
            Err(error) => {
                let problem = format!("the XML is broken: {error}");
                let problem: String = problem.chars().filter(|c| !c.is_control()).take(160).collect();
                Err(self.fatal(problem, "is the file complete, and UTF-8?"))
            }
        }
    }

    fn fatal<'h>(&self, problem: impl Into<Box<str>>, hint: impl Into<Option<&'h str>>) -> Fault {
        let Counted { line, column, .. } = *self.xml.get_ref();
        Fault { column, ..Fault::of_input(&self.file, line, problem, hint) }
    }
}

/// Adds what a part of a text says; of anything else, nothing. An error is an entity that is not one of XML's own.
pub(super) fn add_text(text: &mut String, part: &Event<'_>) -> Result<(), String> {
    match part {
        Event::Text(part) => text.push_str(&part.xml_content(XmlVersion::Implicit1_0)),
        Event::CData(part) => text.push_str(&part.xml_content(XmlVersion::Implicit1_0)),
        Event::GeneralRef(reference) => {
            let name = reference.xml_content(XmlVersion::Implicit1_0);
            match (reference.resolve_char_ref(), resolve_predefined_entity(&name)) {
                (Ok(Some(character)), _) => text.push(character),
                (_, Some(known)) => text.push_str(known),
                _ => return Err(name.into_owned()),
            }
        }
        _ => {}
    }
    Ok(())
}

/// A record on its way out of its elements.
#[derive(Default)]
struct Record {
    id: Option<String>,
    properties: Map<String, Value>,
    elements: Vec<Element>,
    /// Positions, as JSON writes them.
    points: Vec<String>,
    /// The first shape that is no point.
    other: Option<String>,
}

impl Record {
    /// Puts a text that says something under its name, or under the next free one.
    fn put(&mut self, member: &str, name: &str, began: (usize, usize), text: String) {
        if !text.is_empty() {
            let member = self.keep(member, text);
            self.stands(&member, name, began);
        }
    }

    fn keep(&mut self, member: &str, text: String) -> String {
        let free = free_name(&self.properties, member);
        if !text.is_empty() {
            self.properties.insert(free.clone(), text.into());
        }
        free
    }

    /// Notes where the element of a member began; of a geometry, the first.
    fn stands(&mut self, member: &str, name: &str, (line, column): (usize, usize)) {
        if self.elements.iter().all(|element| *element.member != *member) {
            self.elements.push(Element { member: member.into(), name: name.into(), line, column });
        }
    }

    fn into_piece(self, (line, column): (usize, usize)) -> Piece {
        let geometry = self.geometry();
        let Record { id, properties, elements, .. } = self;
        let id = id.map_or_else(String::new, |id| format!(",\"id\":{}", Value::from(id)));
        let properties = Value::Object(properties);
        // As texts, since a number of serde_json has no trailing zeros.
        let text = format!(r#"{{"type":"Feature"{id},"geometry":{geometry},"properties":{properties}}}"#);
        Piece { text, line, column, elements: elements.into() }
    }

    fn geometry(&self) -> String {
        let (kind, coordinates) = match (&self.other, &self.points[..]) {
            (Some(other), _) => (other.as_str(), "[]".to_owned()),
            (None, []) => return "null".to_owned(),
            (None, [point]) => ("Point", point.clone()),
            (None, points) => ("MultiPoint", listed(points)),
        };
        format!(r#"{{"type":{},"coordinates":{coordinates}}}"#, Value::from(kind))
    }
}

/// `28.84,45.335,0` as JSON writes it.
fn position(text: &str) -> String {
    let numbers = text.split(',').enumerate();
    listed(numbers.map(|(at, text)| if at < 2 { number(text) } else { canonical(text) }))
}

fn listed<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<T> = items.into_iter().collect();
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    format!("[{}]", items.join(","))
}

/// A number as it was written, where JSON writes it so too.
fn number(text: &str) -> String {
    let text = text.trim();
    if serde_json::from_str::<Number>(text).is_ok() { text.to_owned() } else { canonical(text) }
}

/// A number as JSON writes it; what is none becomes a text, for the check to name.
fn canonical(text: &str) -> String {
    let text = text.trim();
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    let number = plain.then(|| text.parse::<f64>().ok()).flatten();
    number
        .and_then(Number::from_f64)
        .map_or_else(|| Value::from(text).to_string(), |number| number.to_string())
}

fn local(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_owned()
}
