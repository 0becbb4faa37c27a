//! One row of a table: cells become properties, by the columns and by what the known dataset means.

use super::Draft;
use super::desk::{Desk, Path, ROOT, keep};
use crate::date::EventDate;
use crate::incident::Impact;
use crate::json::{Json, Node, shown};
use crate::profile::{Columns, plain_name};
use crate::read::{STRAY, Stray, split_cells};
use crate::vocabulary::{EventType, LocationMethod};
use crate::write::is_guarded;
use std::borrow::Cow;

pub(super) fn fill(desk: &mut Desk<'_>, columns: &Columns) -> Option<Draft> {
    desk.lenient = true;
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
    let cells = cells.into_iter().map(without_guard).collect();
    let row = Row { columns, cells };
    let mut draft = Draft::new();
    row.constants(desk, &mut draft);
    if let Some(column) = row.column("language") {
        let path = ROOT.name(&columns.names[column]);
        desk.language(&mut draft.properties, &row.node(column), &path);
    }
    for column in 0..row.cells.len() {
        row.cell(desk, &mut draft, column);
    }
    row.id(desk, &mut draft);
    row.place(desk, &mut draft);
    row.sources(desk, &mut draft);
    row.impacts(desk, &mut draft);
    match columns.profile() {
        Some("firms") => row.firms(desk, &mut draft),
        Some("acled") => row.acled(&mut draft),
        Some("viina") => row.viina(&mut draft),
        _ => {}
    }
    desk.finish(&mut draft, &ROOT, 0);
    Some(draft)
}

/// VIINA's flags of tactics that leave no doubt about the kind of event, the most telling first.
const VIINA_KINDS: &[(&str, EventType, &str)] = &[
    ("t_uav", EventType::ExplosionsRemoteViolence, "air_drone_strike"),
    ("t_airstrike", EventType::ExplosionsRemoteViolence, "air_drone_strike"),
    ("t_artillery", EventType::ExplosionsRemoteViolence, "shelling_artillery_missile"),
    ("t_ied", EventType::ExplosionsRemoteViolence, "remote_explosive_landmine_ied"),
    ("t_firefight", EventType::Battles, "armed_clash"),
    ("t_raid", EventType::Battles, "armed_clash"),
    ("t_property", EventType::StrategicDevelopments, "looting_property_destruction"),
];

struct Row<'r> {
    columns: &'r Columns,
    cells: Vec<Cow<'r, str>>,
}

impl Row<'_> {
    fn column(&self, ours: &str) -> Option<usize> {
        self.columns.targets.iter().position(|target| *target == Some(ours))
    }

    /// What stands in the column of this name of ours, unless it is blank or says that it is unknown.
    fn known(&self, ours: &str) -> Option<(&str, usize)> {
        let column = self.column(ours)?;
        let cell = self.cells[column].trim();
        (!is_unknown(cell)).then_some((cell, column))
    }

    fn theirs(&self, header: &str) -> Option<(&str, usize)> {
        let column = self.columns.plain.iter().position(|name| name == header)?;
        let cell = self.cells[column].trim();
        (!is_unknown(cell)).then_some((cell, column))
    }

    fn node(&self, column: usize) -> Node<'_> {
        let cell = self.cells[column].trim();
        let json = if is_unknown(cell) { Json::Null } else { Json::String(Cow::Borrowed(cell)) };
        Node { at: column, json }
    }

    fn constants(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        for (ours, value) in self.columns.known_as.map_or(&[][..], |known| known.constants) {
            let node = Node { at: 0, json: Json::String(Cow::Borrowed(value)) };
            desk.set(draft, ours, ours, &node, &ROOT.name(ours));
        }
    }

    /// Reads one cell into its property, or keeps it in `extra`.
    fn cell(&self, desk: &mut Desk<'_>, draft: &mut Draft, column: usize) {
        let header = self.columns.names[column].as_str();
        let path = ROOT.name(header);
        let cell = &*self.cells[column];
        let Some(ours) = self.columns.targets[column] else {
            if !cell.trim().is_empty() {
                keep(&mut draft.properties.extra, &self.columns.kept_as[column], Some(cell));
            }
            return;
        };
        let node = self.node(column);
        if matches!(node.json, Json::Null) {
            return;
        }
        match (ours, self.columns.profile()) {
            ("date_precision", Some("ucdp")) => {
                let words = ["day", "week", "week", "month", "year"];
                self.coded(desk, draft, ours, column, &words);
            }
            ("date_precision", Some("acled")) => {
                self.coded(desk, draft, ours, column, &["day", "week", "month"]);
            }
            ("event_type", Some("ucdp")) => {
                draft.properties.event_type_source = Some(cell.trim().to_owned());
                self.coded(desk, draft, ours, column, &["battles", "battles", "violence_against_civilians"]);
            }
            ("civilian_targeting", Some("acled")) => draft.properties.civilian_targeting = Some(true),
            ("date_start", Some("firms")) => self.firms_date(desk, draft, column),
            ("date_start" | "date_end", _) => {
                desk.order = self.columns.date_order(column);
                desk.set(draft, ours, header, &node, &path);
            }
            ("language", _) => {}
            _ => _ = desk.set(draft, ours, header, &node, &path),
        }
    }

    /// Reads a code counted from 1 as the word in that place.
    fn coded(
        &self,
        desk: &mut Desk<'_>,
        draft: &mut Draft,
        ours: &str,
        column: usize,
        words: &[&'static str],
    ) {
        let cell = self.cells[column].trim();
        let header = self.columns.names[column].as_str();
        let path = ROOT.name(header);
        match cell.parse::<usize>().ok().and_then(|code| words.get(code.wrapping_sub(1))) {
            Some(word) => {
                let node = Node { at: column, json: Json::String(Cow::Borrowed(word)) };
                desk.set(draft, ours, header, &node, &path);
                if ours == "date_precision" {
                    keep(&mut draft.properties.extra, header, Some(cell));
                }
            }
            None => {
                let hint = format!("1 to {}", words.len());
                desk.fault(column, &path, format!("{} is not a code of this column", shown(cell)), &*hint);
            }
        }
    }

    fn id(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let Some(column) = self.column("id") else { return };
        let path = ROOT.name(&self.columns.names[column]);
        if let Some(id) = desk.string(&self.node(column), &path) {
            desk.take_id(draft, &id, column, &path);
        }
    }

    fn place(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        if self.known("geometry_wkt").is_some_and(|(wkt, _)| wkt.starts_with("MULTIPOINT")) {
            return self.place_of_wkt(desk, draft);
        }
        match (self.known("lon"), self.known("lat")) {
            (Some((_, lon_at)), Some((_, lat_at))) => {
                draft.has_place = true;
                let lon_path = ROOT.name(&self.columns.names[lon_at]);
                let lon = desk.number(&self.node(lon_at), &lon_path);
                let lat = desk.number(&self.node(lat_at), &ROOT.name(&self.columns.names[lat_at]));
                if let (Some(lon), Some(lat)) = (lon, lat) {
                    draft.places.extend(desk.place(lon, lat, lon_at, &lon_path));
                }
            }
            (None, None) => self.place_of_wkt(desk, draft),
            (Some((_, at)), None) | (None, Some((_, at))) => {
                draft.has_place = true;
                let path = ROOT.name(&self.columns.names[at]);
                desk.fault(at, &path, "one of longitude and latitude is missing", None);
            }
        }
    }

    fn place_of_wkt(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let Some((wkt, at)) = self.known("geometry_wkt") else { return };
        draft.has_place = true;
        let path = ROOT.name(&self.columns.names[at]);
        let Some(pairs) = points_of_wkt(wkt) else {
            let problem = format!("{} is not a point", shown(wkt));
            desk.fault(at, &path, problem, "POINT (lon lat); give an area as a point and location_radius_m");
            return;
        };
        for (lon, lat) in pairs {
            draft.places.extend(desk.place(lon, lat, at, &path));
        }
    }

    fn sources(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let constant = |ours: &str| {
            let constants = self.columns.known_as.map_or(&[][..], |known| known.constants);
            constants.iter().find(|(name, _)| *name == ours).map(|(_, value)| *value)
        };
        let names = self.known("source_name").map(|(cell, _)| cell).or(constant("source_name"));
        let kind = self.known("source_type").map(|(cell, _)| cell).or(constant("source_type"));
        let header;
        let path: Path<'_>;
        let urls = match self.known("source_url") {
            Some((cell, at)) => {
                header = self.columns.names[at].as_str();
                path = ROOT.name(header);
                Some((cell, at, &path))
            }
            None => None,
        };
        let mut sources = desk.sources_of_cells(urls, names);
        for source in &mut sources {
            source.kind = kind.map(plain_name).filter(|kind| crate::is_word(kind));
        }
        draft.properties.sources = sources;
    }

    /// Several impacts stand in one cell with semicolons between them, as the writer writes them.
    fn impacts(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let mut impacts: Vec<Impact> = Vec::new();
        for ours in ["infrastructure", "damage", "facility"] {
            let Some((cell, at)) = self.known(ours) else { continue };
            let path = ROOT.name(&self.columns.names[at]);
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
        draft.properties.impacts = impacts;
    }

    /// NASA FIRMS writes the UTC time in a column of its own, as HHMM without leading zeros at times.
    fn firms_date(&self, desk: &mut Desk<'_>, draft: &mut Draft, column: usize) {
        let day = self.cells[column].trim();
        let path = ROOT.name(&self.columns.names[column]);
        let clock = self.theirs("acq_time").map(|(clock, _)| format!("{clock:0>4}"));
        let text = match &clock {
            Some(clock) if clock.len() == 4 && clock.is_ascii() && EventDate::parse(day).is_ok() => {
                format!("{day}T{}:{}:00Z", &clock[..2], &clock[2..])
            }
            _ => day.to_owned(),
        };
        let node = Node { at: column, json: Json::String(Cow::Owned(text)) };
        desk.set(draft, "date_start", "acq_date", &node, &path);
    }

    /// A satellite pixel: half its diagonal is as far as the fire can be from its middle.
    fn firms(&self, desk: &mut Desk<'_>, draft: &mut Draft) {
        let mut side_km = |header: &str| {
            let (_, at) = self.theirs(header)?;
            desk.number(&self.node(at), &ROOT.name(header)).filter(|side| *side > 0.0)
        };
        if let (Some(scan), Some(track)) = (side_km("scan"), side_km("track")) {
            draft.properties.location_radius_m = Some((scan.hypot(track) * 500.0).ceil());
        }
    }

    /// VIINA flags each report with what it is about, who began it and how finely it was located; the flags
    /// themselves stay in `extra`. A report without a flag that is read here says nothing of its kind.
    fn viina(&self, draft: &mut Draft) {
        let is_set = |flag: &str| {
            let cell = self.theirs(flag).or_else(|| self.theirs(&format!("{flag}_b")));
            cell.is_some_and(|(cell, _)| cell.parse::<f64>().is_ok_and(|chance| chance >= 0.5))
        };
        let p = &mut draft.properties;
        if let Some((_, kind, sub)) = VIINA_KINDS.iter().find(|(flag, ..)| is_set(flag)) {
            p.event_type = Some(*kind);
            p.sub_event_type = Some((*sub).to_owned());
        }
        p.actor1 = match (is_set("a_rus_init"), is_set("a_ukr_init")) {
            (true, false) => Some("Russian forces".to_owned()),
            (false, true) => Some("Ukrainian forces".to_owned()),
            _ => None,
        };
        match self.theirs("geo_precision").map(|(cell, _)| cell) {
            Some("STREET") => p.location_method = Some(LocationMethod::StreetMatch),
            Some("ADM1" | "ADM2") => p.location_method = Some(LocationMethod::AdminCentroid),
            _ => {}
        }
    }

    /// ACLED's words for kinds of events are ours, in small letters; its own spelling is kept.
    fn acled(&self, draft: &mut Draft) {
        let p = &mut draft.properties;
        if p.sub_event_type.as_deref() == Some("shelling_artillery_missile_attack") {
            p.sub_event_type = Some("shelling_artillery_missile".into());
        }
        let kind = self.known("event_type").map(|(cell, _)| cell);
        let sub = self.known("sub_event_type").map(|(cell, _)| cell);
        p.event_type_source = match (kind, sub) {
            (Some(kind), Some(sub)) => Some(format!("{kind}: {sub}")),
            (kind, sub) => kind.or(sub).map(str::to_owned),
        };
    }
}

/// Whether a cell says that nothing is known. A dash may be a value and is kept.
fn is_unknown(cell: &str) -> bool {
    matches!(cell, "" | "NA" | "N/A" | "n/a" | "NULL" | "null" | "NaN" | "nan" | "None")
}

/// The positions of `POINT (28.84 45.335)` or `MULTIPOINT ((28.84 45.335), (28.85 45.34))`; heights are
/// passed over.
fn points_of_wkt(wkt: &str) -> Option<Vec<(f64, f64)>> {
    let upper = wkt.trim().to_ascii_uppercase();
    let (rest, several) = match upper.strip_prefix("MULTIPOINT") {
        Some(rest) => (rest, true),
        None => (upper.strip_prefix("POINT")?, false),
    };
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('Z').unwrap_or(rest).trim_start();
    let inner = rest.strip_prefix('(')?.strip_suffix(')')?;
    let mut pairs = Vec::new();
    for point in inner.split(',') {
        let point = point.trim();
        let point = point.strip_prefix('(').and_then(|point| point.strip_suffix(')')).unwrap_or(point);
        let numbers: Vec<f64> = point.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
        match numbers[..] {
            [lon, lat] | [lon, lat, _] => pairs.push((lon, lat)),
            _ => return None,
        }
    }
    (several || pairs.len() == 1).then_some(pairs)
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
