//! One row of a table, or one record of a stranger: cells become fields, by the columns and by the profile.
//!
//! The members of a foreign JSON record are cells like those of a table; only that they may hold numbers and
//! lists, which are kept as they are. A member of an object (`url/report`) or an item of a list (`place/0`) is a cell too,
//! which profiles and mappings may name; what they name stays in `extra` as a whole besides.

use super::Draft;
use super::desk::{Desk, Path, ROOT, split_urls};
use crate::columns::{Columns, Why, plain_name};
use crate::coordinates::{Axis, both, degrees};
use crate::date::EventDate;
use crate::incident::Impact;
use crate::json::{Json, Member, Node, keep, shown};
use crate::profile::{Flag, Other, Rule};
use crate::read::{STRAY, Stray, split_cells};
use crate::write::is_guarded;
use std::borrow::Cow;
use std::ops::Deref;

pub(super) fn fill(desk: &mut Desk<'_>, columns: &Columns) -> Option<Draft> {
    let report = desk.report;
    let cells = match split_cells(&report.text, columns.delimiter) {
        Ok(cells) => cells,
        Err(Stray { cell }) => {
            desk.fault(cell, &ROOT, STRAY, "double every quotation mark within a quoted cell");
            return None;
        }
    };
    if cells.len() != columns.names.len() {
        let problem = format!("the row has {} cells, the header {}", cells.len(), columns.names.len());
        let at = cells.len().min(columns.names.len());
        desk.fault(at, &ROOT, problem, "is a cell with a comma or a line break not in quotation marks?");
        return None;
    }
    let cell = |(at, text)| Cell { text: without_guard(text), at, node: None, nested: false };
    let cells = cells.into_iter().enumerate().map(cell).collect();
    let mut draft = Draft::new();
    Row { columns, cells, base: &ROOT }.read(desk, &mut draft);
    desk.finish(&mut draft, &ROOT, 0);
    Some(draft)
}

/// Reads the members of a foreign record; what stands in its geometry, if it has one, is in the draft already.
pub(super) fn fill_members(
    desk: &mut Desk<'_>,
    draft: &mut Draft,
    cells: Vec<Cell<'_>>,
    columns: &Columns,
    base: &Path<'_>,
) {
    Row { columns, cells, base }.read(desk, draft);
}

/// One value of a record.
pub(super) struct Cell<'r> {
    text: Cow<'r, str>,
    /// Number of the cell in a table, byte offset in JSON.
    at: usize,
    /// The value itself, when it is JSON.
    node: Option<&'r Node<'r>>,
    /// It is a part of another cell.
    nested: bool,
}

impl Cell<'_> {
    /// The value as it stands.
    pub(super) fn shown(&self) -> String {
        match self.node {
            Some(node) if self.text.is_empty() => node.to_value().to_string(),
            _ => self.text.to_string(),
        }
    }
}

/// The members of a foreign record as cells, and the names of these.
pub(super) fn cells_of<'r>(members: &'r [Member<'r>]) -> (Vec<String>, Vec<Cell<'r>>) {
    let (mut names, mut cells) = (Vec::with_capacity(members.len()), Vec::with_capacity(members.len()));
    let mut add = |name: String, node: &'r Node<'r>, nested: bool| {
        names.push(name);
        cells.push(Cell { text: text_of(node), at: node.at, node: Some(node), nested });
    };
    for Member { name, value, .. } in members {
        add(name.to_string(), value, false);
        match &value.json {
            Json::Object(inner) => {
                inner.iter().take(MOST_PARTS).for_each(|m| add(format!("{name}/{}", m.name), &m.value, true));
            }
            Json::Array(items) => {
                items
                    .iter()
                    .take(MOST_PARTS)
                    .enumerate()
                    .for_each(|(n, item)| add(format!("{name}/{n}"), item, true));
            }
            _ => {}
        }
    }
    (names, cells)
}

/// Parts of an object or a list that are cells of their own.
const MOST_PARTS: usize = 16;

/// A value as a table would have it; empty for what no cell can hold.
fn text_of<'r>(node: &'r Node<'r>) -> Cow<'r, str> {
    match &node.json {
        Json::Null | Json::Object(_) => Cow::Borrowed(""),
        Json::Bool(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
        Json::Number(text) => Cow::Borrowed(text),
        Json::String(text) => Cow::Borrowed(text),
        Json::Array(items) => {
            let texts: Vec<Cow<'_, str>> =
                items.iter().map(text_of).filter(|text| !text.is_empty()).collect();
            Cow::Owned(texts.join("; "))
        }
    }
}

/// A value that is made here, or one that stands in the record.
enum Value<'r> {
    Made(Node<'r>),
    Given(&'r Node<'r>),
}

impl<'r> Deref for Value<'r> {
    type Target = Node<'r>;
    fn deref(&self) -> &Node<'r> {
        match self {
            Value::Made(node) => node,
            Value::Given(node) => node,
        }
    }
}

struct Row<'r> {
    columns: &'r Columns,
    cells: Vec<Cell<'r>>,
    base: &'r Path<'r>,
}

impl Row<'_> {
    fn read(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        desk.lenient = true;
        draft.profile = self.columns.profile().cloned();
        desk.zone = self.columns.profile().and_then(|profile| profile.zone.clone());
        self.constants(desk, draft);
        if let Some(column) = self.column("language") {
            desk.language(&mut draft.properties, &self.node(column), &self.path(column));
        }
        for column in 0..self.cells.len() {
            self.cell(desk, draft, column);
        }
        for (rule, column) in self.columns.also() {
            if !self.is_apart(rule.field) {
                self.by_rule(desk, draft, rule, column);
            }
        }
        self.flags(desk, draft);
        self.id(desk, draft);
        if draft.has_place {
            self.compare_place(desk, draft);
        } else {
            self.place(desk, draft);
        }
        self.sources(desk, draft);
        self.impacts(desk, draft);
        desk.lenient = false;
    }

    fn column(&self, ours: &str) -> Option<usize> {
        let first = self.columns.targets.iter().position(|target| *target == Some(ours));
        first.or_else(|| self.columns.also().find(|(rule, _)| rule.field == ours).map(|(_, column)| column))
    }

    fn text(&self, column: usize) -> &str {
        self.cells[column].text.trim()
    }

    fn path(&self, column: usize) -> Path<'_> {
        let name = self.columns.names[column].as_str();
        if self.cells[column].nested { self.base.parts(name) } else { self.base.name(name) }
    }

    /// What stands in the column of this name of ours, unless it is blank or says that it is unknown.
    fn known(&self, ours: &str) -> Option<(Cow<'_, str>, usize)> {
        let column = self.column(ours)?;
        let text = match self.rule_of(ours, column) {
            Some(rule) => self.ruled(rule, column).ok().flatten()?.0,
            None => Cow::Borrowed(self.text(column)),
        };
        (!is_unknown(&text)).then_some((text, column))
    }

    /// The rule by which a column becomes a field of ours.
    fn rule_of(&self, ours: &str, column: usize) -> Option<&Rule> {
        let first = self.columns.rule(column).filter(|rule| rule.field == ours);
        first.or_else(|| {
            self.columns.also().find(|(rule, at)| rule.field == ours && *at == column).map(|(rule, _)| rule)
        })
    }

    /// What stands in a column of theirs, unless it is unknown.
    fn theirs(&self, name: &str) -> Option<&str> {
        let cell = self.text(self.columns.named(name)?);
        (!is_unknown(cell)).then_some(cell)
    }

    /// The value of a cell: as it stands in JSON, else its text with the blanks around it, unless it says that nothing is known.
    fn node(&self, column: usize) -> Value<'_> {
        let Cell { text, at, node, .. } = &self.cells[column];
        match node {
            Some(node) if !matches!(node.json, Json::String(_)) => Value::Given(node),
            _ if is_unknown(self.text(column)) => self.made(Cow::Borrowed(""), *at),
            _ => self.made(Cow::Borrowed(text), *at),
        }
    }

    fn made<'v>(&self, text: Cow<'v, str>, at: usize) -> Value<'v> {
        let json = if is_unknown(&text) { Json::Null } else { Json::String(text) };
        Value::Made(Node { at, json })
    }

    fn constants(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        for (ours, value) in self.columns.profile().map_or(&[][..], |profile| &profile.constants) {
            let node = Node { at: 0, json: Json::String(Cow::Borrowed(value)) };
            if *ours == "language" {
                desk.language(&mut draft.properties, &node, &ROOT.name(ours));
            } else {
                desk.set(draft, ours, ours, &node, &ROOT.name(ours));
            }
        }
    }

    /// Fields that are put together after all cells are read.
    fn is_apart(&self, ours: &str) -> bool {
        matches!(
            ours,
            "id" | "lon"
                | "lat"
                | "geometry_wkt"
                | "coordinates"
                | "language"
                | "infrastructure"
                | "damage"
                | "facility"
        ) || ours.starts_with("source_")
    }

    /// Reads one cell into its property, or keeps it in `extra`.
    fn cell(&self, desk: &mut Desk<'_>, draft: &mut Draft, column: usize) {
        match self.columns.targets[column] {
            None => self.keep(draft, column),
            Some(ours) if self.is_apart(ours) => {}
            Some(ours) => match self.columns.rule(column) {
                Some(rule) => self.by_rule(desk, draft, rule, column),
                None => self.plainly(desk, draft, ours, column),
            },
        }
    }

    /// Keeps a cell under its own name.
    fn keep(&self, draft: &mut Draft, column: usize) {
        let Cell { text, node, nested, .. } = &self.cells[column];
        let name = &self.columns.kept_as[column];
        match node {
            _ if *nested || self.columns.why[column] == Why::Private => {}
            Some(node) if matches!(node.json, Json::Null) => {}
            Some(node) => keep(&mut draft.properties.extra, name, Some(node.to_value())),
            None if text.trim().is_empty() => {}
            None => keep(&mut draft.properties.extra, name, Some(&**text)),
        }
    }

    fn plainly(&self, desk: &mut Desk<'_>, draft: &mut Draft, ours: &str, column: usize) {
        let mut node = self.node(column);
        if matches!(node.json, Json::Null) {
            return;
        }
        if matches!(ours, "date_start" | "date_end") {
            desk.order = self.columns.date_order(column);
            if let Some(date) = number_as_date(&node) {
                node = self.made(date.into(), node.at);
            }
        }
        if ours != "country" && matches!(&node.json, Json::Array(_)) && !matches!(ours, "tags" | "same_as") {
            node = self.made(Cow::Borrowed(self.text(column)), node.at);
        }
        if ours == "country" {
            return self.country(desk, draft, column);
        }
        desk.set(draft, ours, &self.columns.names[column], &node, &self.path(column));
    }

    /// A country that is no code is kept under its own name, as any text of the source's.
    fn country(&self, desk: &mut Desk<'_>, draft: &mut Draft, column: usize) {
        let node = self.made(Cow::Borrowed(self.text(column)), self.cells[column].at);
        desk.set(draft, "country", &self.columns.kept_as[column], &node, &self.path(column));
    }

    fn by_rule(&self, desk: &mut Desk<'_>, draft: &mut Draft, rule: &Rule, column: usize) {
        let at = self.cells[column].at;
        let clock = rule.utc_clock.as_ref().and_then(|clock| self.columns.named(clock));
        if let Some(clock) = clock.filter(|&clock| !is_unknown(self.text(clock)))
            && clock_of(self.text(clock)).is_none()
        {
            let problem = format!("{} is not a time of day", shown(self.text(clock)));
            desk.fault(self.cells[clock].at, &self.path(clock), problem, "HHMM in UTC, 0000 to 2359");
        }
        match self.ruled(rule, column) {
            Ok(None) => {}
            Ok(Some((text, false))) if text == self.text(column) => {
                self.plainly(desk, draft, rule.field, column)
            }
            Ok(Some((text, translated))) => {
                let node = self.made(text, at);
                desk.order = self.columns.date_order(column);
                desk.set(draft, rule.field, &self.columns.names[column], &node, &self.path(column));
                if translated && !self.is_copied(rule, column) {
                    self.keep(draft, column);
                }
            }
            Err(()) if rule.other == Other::Leave => self.keep(draft, column),
            Err(()) => {
                let problem = format!("{} is not a code of this column", shown(self.text(column)));
                let mut codes: Vec<&str> = rule.values.keys().map(String::as_str).collect();
                codes.sort_unstable();
                desk.fault(at, &self.path(column), problem, &*format!("one of {}", codes.join(", ")));
            }
        }
    }

    /// Whether another field has what stands in the column, as it stands there or within a longer text.
    fn is_copied(&self, rule: &Rule, column: usize) -> bool {
        let is_copy = |other: &Rule| other.field != rule.field && other.values.is_empty();
        self.columns.also().any(|(other, at)| at == column && is_copy(other))
            || self.columns.rule(column).is_some_and(is_copy)
    }

    /// What a rule makes of a cell, and whether it had to be translated; nothing of an unknown value.
    ///
    /// # Errors
    ///
    /// The value is a code that the rule does not know.
    fn ruled(&self, rule: &Rule, column: usize) -> Result<Option<(Cow<'_, str>, bool)>, ()> {
        let text = self.text(column);
        if is_unknown(text) {
            return Ok(None);
        }
        let own = |text: String| Ok(Some((Cow::Owned(text), false)));
        if let Some([a, b]) = &rule.pixel_km {
            let side = |name: &str| self.theirs(name)?.parse::<f64>().ok().filter(|km| *km > 0.0);
            let radius = side(a).zip(side(b)).map(|(a, b)| (a.hypot(b) * 500.0).ceil());
            return Ok(radius.map(|radius| (Cow::Owned(radius.to_string()), true)));
        }
        if let Some(clock) = rule.utc_clock.as_ref().and_then(|clock| self.theirs(clock))
            && let Some(clock) = clock_of(clock)
            && EventDate::parse(text).is_ok()
        {
            return own(format!("{text}T{clock}:00Z"));
        }
        if let Some(template) = &rule.text {
            match self.filled(template) {
                Some(filled) => return own(filled),
                // Half of a name would be that of many.
                None if rule.field == "id" => return Ok(None),
                None => {}
            }
        }
        if rule.links {
            let links = split_urls(text).into_iter().filter(|url| url.starts_with("http"));
            let ends = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"');
            let links: Vec<&str> = links.filter_map(|url| url.split(ends).next()).collect();
            return Ok((!links.is_empty()).then(|| (Cow::Owned(links.join(" ")), false)));
        }
        if rule.positive && text.parse::<f64>().is_ok_and(|number| number <= 0.0) {
            return Ok(None);
        }
        for label in &rule.after {
            let Some(start) = text.find(label.as_str()) else { continue };
            let rest = text[start + label.len()..].trim_start();
            let end = rest.find(['\n', '\r', '<']).unwrap_or(rest.len());
            return own(rest[..end].trim().to_owned());
        }
        if rule.values.is_empty() {
            return Ok(Some((Cow::Borrowed(text), false)));
        }
        match (rule.word_of(text), rule.other) {
            (Some(word), _) => Ok(Some((Cow::Owned(word.clone()), true))),
            (None, Other::AsIs) => Ok(Some((Cow::Borrowed(text), false))),
            (None, Other::Fault | Other::Leave) => Err(()),
        }
    }

    /// A text with the cells that it names in braces; `None` when one of them is unknown.
    fn filled(&self, template: &str) -> Option<String> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, next) = after.split_once('}')?;
            filled.push_str(before);
            filled.push_str(self.theirs(name)?);
            rest = next;
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// Sets what the flags of the profile say. A record without a flag says nothing of it.
    fn flags(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let says = |names: &[String], least: f64| {
            let mut cells = names.iter().filter_map(|name| self.theirs(name));
            cells.any(|cell| cell.parse::<f64>().is_ok_and(|number| number >= least))
        };
        let mut done: Vec<&str> = Vec::new();
        for Flag { column, unless, at_least, fields, .. } in
            self.columns.profile().map_or(&[][..], |profile| &profile.flags)
        {
            if !says(column, *at_least) || says(unless, *at_least) {
                continue;
            }
            let fresh: Vec<&(&str, String)> =
                fields.iter().filter(|(ours, _)| !done.contains(ours)).collect();
            for (ours, value) in fresh {
                let node = Node { at: 0, json: Json::String(Cow::Borrowed(value)) };
                desk.set(draft, ours, ours, &node, &ROOT.name(ours));
                done.push(ours);
            }
        }
    }

    fn id(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let Some((id, column)) = self.known("id") else { return };
        let path = self.path(column);
        // An id that a known source has given is that source's, also when it looks like one of ours.
        if self.columns.profile().is_some() {
            return desk.take_source_id(draft, &id, self.cells[column].at, &path);
        }
        if let Some(id) = desk.string(&self.made(id, self.cells[column].at), &path) {
            desk.take_id(draft, &id, self.cells[column].at, &path);
        }
    }

    /// Coordinates beside a geometry are kept when they lie elsewhere.
    fn compare_place(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let (Some((lon, lon_at)), Some((lat, lat_at))) = (self.known("lon"), self.known("lat")) else {
            return;
        };
        if desk.lie_elsewhere(&draft.places, [&lon, &lat], self.cells[lon_at].at, &self.path(lon_at)) {
            self.keep(draft, lon_at);
            self.keep(draft, lat_at);
        }
    }

    fn place(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        if self.known("geometry_wkt").is_some_and(|(wkt, _)| wkt.starts_with("MULTIPOINT")) {
            return self.place_of_wkt(desk, draft);
        }
        match (self.known("lon"), self.known("lat")) {
            (Some((lon_text, lon_at)), Some((lat_text, lat_at))) => {
                draft.has_place = true;
                let at = self.cells[lon_at].at;
                let lon_path = self.path(lon_at);
                desk.digits_of(&lon_text, &lat_text);
                let lon = self.coordinate(desk, lon_text, lon_at, Axis::Lon);
                let lat = self.coordinate(desk, lat_text, lat_at, Axis::Lat);
                if let (Some(lon), Some(lat)) = (lon, lat) {
                    draft.places.extend(desk.place(lon, lat, at, &lon_path));
                }
            }
            (None, None) => self.place_of_wkt(desk, draft),
            (Some((_, at)), None) | (None, Some((_, at))) => {
                draft.has_place = true;
                let path = self.path(at);
                desk.fault(self.cells[at].at, &path, "one of longitude and latitude is missing", None);
            }
        }
    }

    fn coordinate(&self, desk: &mut Desk<'_>, text: Cow<'_, str>, column: usize, axis: Axis) -> Option<f64> {
        if let Some(degrees) = degrees(&text, axis) {
            return Some(degrees);
        }
        let (at, path) = (self.cells[column].at, self.path(column));
        let (is, letters, other) = match axis {
            Axis::Lon => ("longitude", "E or W", Axis::Lat),
            Axis::Lat => ("latitude", "N or S", Axis::Lon),
        };
        if degrees(&text, other).is_some() {
            let problem = format!("{} has the letter of the other coordinate", shown(&text));
            let hint = format!("this is the {is}, whose letters are {letters}; or are the columns swapped?");
            desk.fault(at, &path, problem, &*hint);
            return None;
        }
        desk.number(&self.made(text, at), &path)
    }

    fn place_of_wkt(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let Some((wkt, column)) = self.known("geometry_wkt") else {
            return self.place_of_coordinates(desk, draft);
        };
        draft.has_place = true;
        let (at, path) = (self.cells[column].at, self.path(column));
        let Some(pairs) = points_of_wkt(&wkt) else {
            return no_point(desk, &wkt, (at, &path));
        };
        place_each(desk, draft, pairs, (at, &path));
    }

    /// Both coordinates in one cell: a point, degrees with their letters, or a square of a grid.
    fn place_of_coordinates(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let Some((text, column)) = self.known("coordinates") else { return };
        draft.has_place = true;
        let (at, path) = (self.cells[column].at, self.path(column));
        if let Some(pairs) = points_of_wkt(&text) {
            return place_each(desk, draft, pairs, (at, &path));
        }
        let Some(place) = both(&text) else {
            if geometry_of_wkt(&text).is_some() {
                return no_point(desk, &text, (at, &path));
            }
            let problem = format!("{} does not say which coordinate is which", shown(&text));
            let hint = "columns lon and lat; or 45°20'06\"N 28°50'24\"E, an MGRS reference, POINT (lon lat)";
            desk.fault(at, &path, problem, hint);
            return;
        };
        draft.places.extend(desk.place(place.lon, place.lat, at, &path));
        if draft.properties.location_radius_m.is_none() {
            draft.properties.location_radius_m = place.radius_m.map(f64::ceil);
        }
        keep(&mut draft.properties.extra, &self.columns.kept_as[column], Some(&*text));
    }

    fn sources(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let constant = |ours: &str| {
            let constants = self.columns.profile().map_or(&[][..], |profile| &profile.constants);
            constants.iter().find(|(name, _)| *name == ours).map(|(_, value)| Cow::Borrowed(value.as_str()))
        };
        let or_constant = |ours: &str| self.known(ours).map(|(cell, _)| cell).or_else(|| constant(ours));
        let names = or_constant("source_name");
        let kind = or_constant("source_type");
        let url = self.known("source_url");
        let path = url.as_ref().map_or(*self.base, |(_, column)| self.path(*column));
        let urls = url.as_ref().map(|(cell, column)| (&**cell, self.cells[*column].at, &path));
        let mut sources = desk.sources_of_cells(urls, names.as_deref());
        for source in &mut sources {
            source.kind = kind.as_deref().map(plain_name).filter(|kind| crate::is_word(kind));
        }
        self.evidence(desk, &mut sources);
        if !sources.is_empty() {
            draft.properties.sources = sources;
        }
    }

    /// What was kept of the first source: where its copy lies, when it was published, its hash and the rest.
    fn evidence(&self, desk: &mut Desk<'_>, sources: &mut Vec<crate::Source>) {
        let mut given = crate::Source::default();
        if let Some((text, column)) = self.known("source_archived_url") {
            let node = self.made(text, self.cells[column].at);
            given.archived_url = desk.url(&node, &self.path(column));
        }
        if let Some((text, column)) = self.known("source_sha256") {
            let is_digest = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
            given.sha256 = is_digest.then(|| text.to_ascii_lowercase());
            if !is_digest {
                keep(&mut given.extra, &self.columns.kept_as[column], Some(&*text));
            }
        }
        if let Some((text, column)) = self.known("source_published_at") {
            let node = self.made(text, self.cells[column].at);
            desk.order = self.columns.date_order(column);
            if let Some((date, raw)) = desk.date(&node, &self.path(column)) {
                given.published_at = Some(date);
                keep(&mut given.extra, &self.columns.kept_as[column], raw);
            }
        }
        let extra = (0..self.cells.len()).filter(|&at| self.columns.targets[at] == Some("source_extra"));
        for column in extra.filter(|&column| !is_unknown(self.text(column))) {
            keep(&mut given.extra, &self.columns.plain[column], Some(self.text(column)));
        }
        if given == crate::Source::default() {
            return;
        }
        match sources.first_mut() {
            Some(first) => {
                first.archived_url = given.archived_url;
                first.sha256 = given.sha256;
                first.published_at = given.published_at;
                first.extra.extend(given.extra);
            }
            None => sources.push(given),
        }
    }

    /// Several impacts stand in one cell with semicolons between them, as the writer writes them.
    fn impacts(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let mut impacts: Vec<Impact> = Vec::new();
        for ours in ["infrastructure", "damage", "facility"] {
            let Some((cell, column)) = self.known(ours) else { continue };
            let (at, path) = (self.cells[column].at, self.path(column));
            for (index, item) in cell.split(';').map(str::trim).enumerate() {
                if impacts.len() == index {
                    impacts.push(Impact::default());
                }
                let impact = &mut impacts[index];
                if item.is_empty() {
                    continue;
                }
                let node = Node { at, json: Json::String(Cow::Borrowed(item)) };
                match ours {
                    "infrastructure" => impact.infrastructure = desk.word(&node, &path),
                    "damage" => impact.damage = desk.word(&node, &path),
                    _ => impact.facility = Some(item.to_owned()),
                }
            }
        }
        if !impacts.is_empty() {
            draft.properties.impacts = impacts;
        }
    }
}

fn place_each(desk: &mut Desk<'_>, draft: &mut Draft, pairs: Vec<[&str; 2]>, (at, path): (usize, &Path<'_>)) {
    for [lon, lat] in pairs {
        desk.digits_of(lon, lat);
        if let (Ok(lon), Ok(lat)) = (lon.parse(), lat.parse()) {
            draft.places.extend(desk.place(lon, lat, at, path));
        }
    }
}

/// `07:05` of `705`, `0705` or `07:05`.
fn clock_of(text: &str) -> Option<String> {
    let padded = format!("{:0>4}", text.replacen(':', "", 1));
    let sound = padded.len() == 4 && padded.bytes().all(|b| b.is_ascii_digit());
    let (hour, minute) = padded.split_at_checked(2).filter(|_| sound)?;
    (hour < "24" && minute < "60").then(|| format!("{hour}:{minute}"))
}

/// A date that was written as a number: milliseconds since 1970, or its digits.
fn number_as_date(node: &Node<'_>) -> Option<String> {
    let Json::Number(text) = &node.json else { return None };
    // Fewer digits would be seconds, or a year, or an id.
    if text.trim_start_matches('-').len() < 12 {
        return Some((*text).to_owned());
    }
    let date = text.parse().map(EventDate::of_epoch_ms);
    Some(date.ok().and_then(Result::ok).map_or_else(|| (*text).to_owned(), |date| date.as_str().to_owned()))
}

/// Whether a cell says that nothing is known. A dash may be a value and is kept.
fn is_unknown(cell: &str) -> bool {
    matches!(cell, "" | "#N/A" | "NA" | "N/A" | "n/a" | "NULL" | "null" | "NaN" | "nan" | "None")
}

/// The positions of `POINT (28.84 45.335)` or `MULTIPOINT ((28.84 45.335), (28.85 45.34))`, as they are written; heights are
/// passed over.
fn points_of_wkt(wkt: &str) -> Option<Vec<[&str; 2]>> {
    let (kind, rest) = geometry_of_wkt(wkt).filter(|(kind, _)| kind.ends_with("POINT"))?;
    let rest = rest.strip_prefix(['Z', 'z']).unwrap_or(rest).trim_start();
    let inner = rest.strip_prefix('(')?.strip_suffix(')')?;
    let mut pairs = Vec::new();
    for point in inner.split(',') {
        let point = point.trim();
        let point = point.strip_prefix('(').and_then(|point| point.strip_suffix(')')).unwrap_or(point);
        let numbers: Vec<&str> = point.split_whitespace().collect();
        match numbers[..] {
            [lon, lat, ..] if numbers.len() <= 3 && numbers.iter().all(|n| n.parse::<f64>().is_ok()) => {
                pairs.push([lon, lat]);
            }
            _ => return None,
        }
    }
    (kind == "MULTIPOINT" || pairs.len() == 1).then_some(pairs)
}

/// The kind of geometry that well-known text begins with, and what follows it.
fn geometry_of_wkt(wkt: &str) -> Option<(&'static str, &str)> {
    const KINDS: [&str; 7] = [
        "POINT",
        "MULTIPOINT",
        "LINESTRING",
        "MULTILINESTRING",
        "POLYGON",
        "MULTIPOLYGON",
        "GEOMETRYCOLLECTION",
    ];
    let wkt = wkt.trim();
    let (word, _) = wkt.split_at(wkt.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(wkt.len()));
    // The Z may follow at once.
    let is_word = |kind: &&&str| {
        let rest = word.get(..kind.len()).filter(|start| start.eq_ignore_ascii_case(kind));
        rest.is_some() && matches!(&word[kind.len()..], "" | "Z" | "z" | "M" | "m" | "ZM" | "zm")
    };
    let kind = KINDS.iter().find(is_word)?;
    Some((kind, wkt[kind.len()..].trim_start()))
}

/// The fault that a text is no point.
fn no_point(desk: &mut Desk<'_>, wkt: &str, (at, path): (usize, &Path<'_>)) {
    let (problem, hint) = match geometry_of_wkt(wkt) {
        Some((_, rest)) if rest.to_ascii_uppercase().ends_with("EMPTY") => {
            (format!("{} says of no place", shown(wkt)), "leave the cell empty when the place is not known")
        }
        Some((kind, _)) if !kind.ends_with("POINT") => (
            format!("{} is a {}: an incident is a POINT or a MULTIPOINT", shown(wkt), kind.to_lowercase()),
            "give a point and say how far the true place may be from it: location_radius_m",
        ),
        _ => (format!("{} is not a point", shown(wkt)), "POINT (lon lat), in degrees"),
    };
    desk.fault(at, path, problem, hint);
}

/// Takes off the apostrophe that keeps a spreadsheet from running a text as a formula.
fn without_guard(cell: Cow<'_, str>) -> Cow<'_, str> {
    if !cell.starts_with('\'') || !is_guarded(&cell) {
        return cell;
    }
    match cell {
        Cow::Borrowed(cell) => Cow::Borrowed(&cell[1..]),
        Cow::Owned(cell) => Cow::Owned(cell[1..].to_owned()),
    }
}
