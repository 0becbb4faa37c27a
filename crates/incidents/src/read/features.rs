//! A FeatureCollection, one feature at a time; or a single Feature; or a list of plain objects.
//!
//! Plain objects are what interfaces of other programs give: a list at the top, or the first member of a name such as
//! `results` or `events` ([`LISTS`]) that holds one. Their members are then what a Feature's properties are.
//!
//! The top-level object is walked member by member. Of its `features` array each element is cut out by
//! counting brackets outside of texts, so a file of any size needs the memory of its largest feature.
//! What stands before and after the array is parsed in full: a second `features`, a missing bracket or
//! anything behind the end refuses the input.

use super::Piece;
use super::bytes::Bytes;
use crate::fault::Fault;
use crate::json::{self, Json, MAX_DEPTH, shown};
use std::io::BufRead;

/// Names of lists of plain objects.
const LISTS: [&str; 8] = ["results", "result", "data", "events", "incidents", "records", "items", "value"];

/// Where in the top-level object the reader stands.
pub(super) struct Features {
    /// Pointer to the list of records, if there is one.
    list: Option<String>,
    /// The records are plain objects.
    plain: bool,
    /// Member names so far, in order, unescaped.
    names: Vec<String>,
    /// Value of the member `type`, when it was a text.
    kind: Option<String>,
    state: State,
}

enum State {
    /// The input is one Feature, wholly read.
    Single(Option<Piece>),
    /// Before the first or next element of `features`.
    Within {
        first: bool,
    },
    Ended,
}

impl Features {
    /// Reads up to the first feature.
    pub(super) fn open<R: BufRead>(bytes: &mut Bytes<R>) -> Result<Features, Fault> {
        bytes.skip_space()?;
        let (line, column) = (bytes.line, bytes.column);
        let mut features =
            Features { list: None, plain: false, names: Vec::new(), kind: None, state: State::Ended };
        match bytes.peek()? {
            Some(b'{') => {}
            Some(b'[') => {
                bytes.next()?;
                features.list = Some(String::new());
                features.plain = true;
                features.state = State::Within { first: true };
                return Ok(features);
            }
            Some(_) => return Err(bytes.fatal("the input is not JSON", "name the format if it is another")),
            None => return Err(bytes.fatal("the input is empty", None)),
        }
        let mut head = Vec::new();
        if features.members(bytes, &mut head)? {
            features.state = State::Within { first: true };
            return Ok(features);
        }
        features.after_end(bytes)?;
        match features.kind.as_deref() {
            Some("FeatureCollection") => {
                Err(bytes.fatal("the FeatureCollection has no member \"features\"", None))
            }
            Some("Feature") => {
                let text = bytes.text(head, line, column)?;
                features.state = State::Single(Some(Piece::new(text, line, column)));
                Ok(features)
            }
            other => Err(wrong_type(bytes, other)),
        }
    }

    /// Pointer to the list of records; `None` of a single Feature.
    pub(super) fn list(&self) -> Option<&str> {
        self.list.as_deref()
    }

    /// Whether the records are plain objects.
    pub(super) fn is_plain(&self) -> bool {
        self.plain
    }

    /// The next feature; at the end of the array the rest of the object is read and checked.
    pub(super) fn next<R: BufRead>(&mut self, bytes: &mut Bytes<R>) -> Result<Option<Piece>, Fault> {
        let first = match &mut self.state {
            State::Single(piece) => return Ok(piece.take()),
            State::Ended => return Ok(None),
            State::Within { first } => std::mem::replace(first, false),
        };
        bytes.skip_space()?;
        match bytes.peek()? {
            Some(b']') => {
                bytes.next()?;
                self.state = State::Ended;
                self.rest(bytes)?;
                return Ok(None);
            }
            Some(b',') if !first => {
                bytes.next()?;
                bytes.skip_space()?;
                if bytes.peek()? == Some(b']') {
                    return Err(bytes.fatal("a comma before the end of \"features\"", None));
                }
            }
            Some(_) if first => {}
            Some(_) => return Err(bytes.fatal("a comma or ] was expected in \"features\"", None)),
            None => return Err(bytes.fatal("the input ends within \"features\"", "is the file complete?")),
        }
        let (line, column) = (bytes.line, bytes.column);
        let mut raw = Vec::with_capacity(512);
        // Two levels, the object and its array, are around each feature already.
        cut_value(bytes, &mut raw, MAX_DEPTH - 2)?;
        let text = bytes.text(raw, line, column)?;
        Ok(Some(Piece::new(text, line, column)))
    }

    /// Reads members up to the array of `features` (true) or to the end of the object (false).
    fn members<R: BufRead>(&mut self, bytes: &mut Bytes<R>, head: &mut Vec<u8>) -> Result<bool, Fault> {
        if self.names.is_empty() && head.is_empty() {
            head.extend(bytes.next()?);
            bytes.skip_space()?;
            if bytes.peek()? == Some(b'}') {
                head.extend(bytes.next()?);
                return Ok(false);
            }
        }
        loop {
            copy_space(bytes, head)?;
            if bytes.peek()? != Some(b'"') {
                return Err(bytes.fatal("a member name in double quotes was expected", None));
            }
            let (line, column) = (bytes.line, bytes.column);
            let start = head.len();
            cut_value(bytes, head, MAX_DEPTH)?;
            let name = match parse(bytes, &head[start..], line, column)? {
                Plain::Text(name) => name,
                Plain::Other => return Err(bytes.fatal("a member name was expected", None)),
            };
            if self.names.contains(&name) {
                let problem = format!("the member name {} stands twice in one object", shown(&name));
                return Err(Fault { line, column, ..bytes.fatal(problem, None) });
            }
            copy_space(bytes, head)?;
            if bytes.peek()? != Some(b':') {
                return Err(bytes.fatal("a colon was expected after the member name", None));
            }
            head.extend(bytes.next()?);
            copy_space(bytes, head)?;
            let is_features = name == "features";
            self.names.push(name);
            if self.names.len() > 1_000 {
                return Err(bytes.fatal("more than 1000 members beside the features", None));
            }
            if is_features && bytes.peek()? == Some(b'[') {
                if !matches!(self.kind.as_deref(), None | Some("FeatureCollection")) {
                    return Err(wrong_type(bytes, self.kind.as_deref()));
                }
                bytes.next()?;
                if self.plain {
                    return Err(bytes.fatal("a second list of records", None));
                }
                self.list = Some("/features".into());
                return Ok(true);
            }
            let is_list = self.list.is_none() && self.kind.is_none() && bytes.peek()? == Some(b'[');
            if let Some(name) =
                self.names.last().filter(|name| is_list && LISTS.contains(&&*name.to_lowercase()))
            {
                self.list = Some(format!("/{name}"));
                self.plain = true;
                bytes.next()?;
                return Ok(true);
            }
            let (line, column) = (bytes.line, bytes.column);
            let start = head.len();
            cut_value(bytes, head, MAX_DEPTH - 1)?;
            let value = parse(bytes, &head[start..], line, column)?;
            match (self.names.last().map(String::as_str), value) {
                (Some("type"), Plain::Text(kind)) => self.kind = Some(kind),
                (Some("features"), _) => {
                    return Err(Fault { line, column, ..bytes.fatal("\"features\" is not a list", None) });
                }
                (Some("crs"), _) if is_foreign_crs(&head[start..]) => {
                    let hint = "transform the coordinates to WGS84 longitude and latitude (EPSG:4326)";
                    let problem = "the coordinates are in another reference system";
                    return Err(Fault { line, column, ..bytes.fatal(problem, hint) });
                }
                _ => {}
            }
            copy_space(bytes, head)?;
            match bytes.peek()? {
                Some(b',') => head.extend(bytes.next()?),
                Some(b'}') => {
                    head.extend(bytes.next()?);
                    return Ok(false);
                }
                Some(_) => return Err(bytes.fatal("a comma or } was expected in the object", None)),
                None => return Err(bytes.fatal("the input ends within an object", "is the file complete?")),
            }
        }
    }

    /// Reads what follows the array of features.
    fn rest<R: BufRead>(&mut self, bytes: &mut Bytes<R>) -> Result<(), Fault> {
        if self.list.as_deref() == Some("") {
            return self.after_end(bytes);
        }
        bytes.skip_space()?;
        match bytes.next()? {
            Some(b'}') => {}
            Some(b',') => {
                if self.members(bytes, &mut Vec::new())? {
                    return Err(bytes.fatal("a second list of features", None));
                }
            }
            Some(_) => return Err(bytes.fatal("a comma or } was expected after \"features\"", None)),
            None => return Err(bytes.fatal("the input ends within an object", "is the file complete?")),
        }
        if self.plain == (self.kind.as_deref() == Some("FeatureCollection")) {
            return Err(wrong_type(bytes, self.kind.as_deref()));
        }
        self.after_end(bytes)
    }

    fn after_end<R: BufRead>(&self, bytes: &mut Bytes<R>) -> Result<(), Fault> {
        bytes.skip_space()?;
        match bytes.peek()? {
            None => Ok(()),
            Some(b'{') => Err(bytes.fatal(
                "a second JSON object follows the first",
                "one Feature on each line is the format ndjson",
            )),
            Some(_) => Err(bytes.fatal("something follows the end of the JSON text", None)),
        }
    }
}

/// The kinds of geometry, each where its number in WKB puts it, from 1 (ISO 19125-1; RFC 7946 has the same words).
pub const GEOMETRIES: [&str; 7] =
    ["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"];

fn wrong_type<R: BufRead>(bytes: &Bytes<R>, kind: Option<&str>) -> Fault {
    if let Some(shape) = kind.filter(|kind| GEOMETRIES.contains(kind)) {
        let problem =
            format!("the input is a bare geometry, a {shape}, which says neither what happened nor when");
        let hint =
            "wrap it: {\"type\":\"Feature\",\"geometry\":{…},\"properties\":{\"title\":…,\"date_start\":…}}";
        return bytes.fatal(problem, hint);
    }
    let problem = match kind {
        Some(kind) => format!("the type is {}, not FeatureCollection or Feature", shown(kind)),
        None => "the object has no member \"type\"".to_owned(),
    };
    bytes.fatal(problem, "a GeoJSON FeatureCollection or Feature is expected (RFC 7946)")
}

/// The two kinds of value that matter at the top.
enum Plain {
    Text(String),
    Other,
}

fn parse<R: BufRead>(bytes: &Bytes<R>, raw: &[u8], line: usize, column: usize) -> Result<Plain, Fault> {
    let text = bytes.text(raw.to_vec(), line, column)?;
    match json::parse(&text) {
        Ok(node) => Ok(match node.json {
            Json::String(text) => Plain::Text(text.into_owned()),
            _ => Plain::Other,
        }),
        Err(broken) => {
            let (line, column) = super::bytes::place_after(&text[..broken.at], line, column);
            Err(Fault { line, column, ..bytes.fatal(&*broken.problem, None) })
        }
    }
}

/// GeoJSON of 2008 could name a reference system; only longitude and latitude on WGS84 are taken.
fn is_foreign_crs(raw: &[u8]) -> bool {
    let text = String::from_utf8_lossy(raw);
    let known = ["CRS84", "EPSG::4326", "EPSG:4326", "EPSG/0/4326"];
    text.trim() != "null" && !known.iter().any(|name| text.contains(name))
}

fn copy_space<R: BufRead>(bytes: &mut Bytes<R>, out: &mut Vec<u8>) -> Result<(), Fault> {
    while matches!(bytes.peek()?, Some(b' ' | b'\t' | b'\r' | b'\n')) {
        out.extend(bytes.next()?);
    }
    Ok(())
}

/// Appends the next value to `out`, up to its last byte. Looks only at brackets and quotation marks:
/// whether what lies between is JSON is for the parser to say.
fn cut_value<R: BufRead>(bytes: &mut Bytes<R>, out: &mut Vec<u8>, max_depth: usize) -> Result<(), Fault> {
    let mut closers: Vec<u8> = Vec::new();
    let limit = out.len() + bytes.limit;
    loop {
        let Some(byte) = bytes.peek()? else {
            if closers.is_empty() {
                return Ok(()); // A bare word or number may end where the input does.
            }
            return Err(bytes.fatal("the input ends within a value", "is the file complete?"));
        };
        if closers.is_empty() && matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\r' | b'\n') {
            return Ok(());
        }
        bytes.next()?;
        out.push(byte);
        if out.len() > limit {
            return Err(bytes.too_long());
        }
        match byte {
            b'"' => {
                cut_text(bytes, out, limit)?;
                if closers.is_empty() {
                    return Ok(());
                }
            }
            b'{' | b'[' => {
                if closers.len() == max_depth {
                    return Err(bytes.fatal("nested deeper than 64 levels", None));
                }
                closers.push(if byte == b'{' { b'}' } else { b']' });
            }
            b'}' | b']' => {
                if closers.pop() != Some(byte) {
                    return Err(bytes.fatal("a bracket closes what it did not open", None));
                }
                if closers.is_empty() {
                    return Ok(());
                }
            }
            _ => {}
        }
    }
}

fn cut_text<R: BufRead>(bytes: &mut Bytes<R>, out: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
    let (line, column) = (bytes.line, bytes.column - 1);
    while let Some(byte) = bytes.next()? {
        out.push(byte);
        if out.len() > limit {
            return Err(bytes.too_long());
        }
        match byte {
            b'"' => return Ok(()),
            b'\\' => out.extend(bytes.next()?),
            _ => {}
        }
    }
    Err(Fault { line, column, ..bytes.fatal("a text that is never closed", "is the file complete?") })
}
