//! Where one record is read: typed values out of JSON values or cells, and every fault noted on the way.

use super::Draft;
use crate::columns::plain_name;
use crate::country::code_of as country_code;
use crate::date::{BadDate, DateOrder, EventDate, foreign_as_utc, parse_foreign};
use crate::fault::Fault;
use crate::incident::{Impact, Masking, Properties, Source};
use crate::json::{Json, Member, Node, keep, shown};
use crate::read::place_after;
use crate::report::{Element, Fix, Report};
use crate::text::{Text, is_language};
use crate::vocabulary::{NotInList, RecordStatus, is_word};
use kordon_borders::{LonLat, distance};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;

/// The way to a value, for its pointer.
#[derive(Clone, Copy)]
pub(super) struct Path<'p> {
    pub(super) up: Option<&'p Path<'p>>,
    pub(super) step: Step<'p>,
}

#[derive(Clone, Copy)]
pub(super) enum Step<'p> {
    Root,
    Name(&'p str),
    /// Several steps, `/` between them.
    Parts(&'p str),
    Index(usize),
}

pub(super) const ROOT: Path<'static> = Path { up: None, step: Step::Root };

impl<'p> Path<'p> {
    pub(super) fn name(&'p self, name: &'p str) -> Path<'p> {
        Path { up: Some(self), step: Step::Name(name) }
    }

    pub(super) fn parts(&'p self, parts: &'p str) -> Path<'p> {
        Path { up: Some(self), step: Step::Parts(parts) }
    }

    pub(super) fn index(&'p self, index: usize) -> Path<'p> {
        Path { up: Some(self), step: Step::Index(index) }
    }

    fn pointer(&self, out: &mut String) {
        if let Some(up) = self.up {
            up.pointer(out);
        }
        match self.step {
            Step::Root => {}
            Step::Name(name) => {
                out.push('/');
                out.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Step::Parts(parts) => {
                out.push('/');
                out.push_str(&parts.replace('~', "~0"));
            }
            Step::Index(index) => _ = write!(out, "/{index}"),
        }
    }

    /// `sources[0].url`, without the `properties` around it.
    fn field(&self, out: &mut String) {
        if let Some(up) = self.up {
            up.field(out);
        }
        match self.step {
            Step::Root | Step::Name("properties") => {}
            Step::Name(name) | Step::Parts(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Step::Index(index) => _ = write!(out, "[{index}]"),
        }
    }
}

/// Faults of one record that are described; a hostile one could have millions.
const MOST_FAULTS: usize = 100;

const MOST_LANGUAGES: usize = 100;

/// Longest id of a source, in bytes.
const LONGEST_ID: usize = 200;

pub(super) struct Desk<'r> {
    pub(super) report: &'r Report,
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
    /// What was put right because it was asked for.
    pub(super) repairs: Vec<Repair>,
    /// Whom to credit for what was filled in.
    pub(super) credits: Vec<Arc<str>>,
    /// Values may be written the way tables write them: numbers and lists as texts, dates in any form.
    pub(super) lenient: bool,
    pub(super) order: Option<DateOrder>,
    /// The offset of times that have none, where the source documents it.
    pub(super) zone: Option<String>,
    /// Language of texts that do not tell theirs.
    pub(super) language: String,
    /// As [`super::Checked`] has it.
    pub(super) decimals: Option<usize>,
}

impl<'r> Desk<'r> {
    pub(super) fn new(report: &'r Report) -> Self {
        Desk {
            report,
            faults: Vec::new(),
            warnings: Vec::new(),
            repairs: Vec::new(),
            credits: Vec::new(),
            lenient: false,
            order: report.origin.date_order,
            zone: None,
            language: "und".into(),
            decimals: None,
        }
    }

    /// Notes with how many digits behind the point a place was written: those of its finer coordinate. Numbers of a file
    /// that holds no text were written by nobody, nor were those that are projected.
    pub(super) fn digits_of(&mut self, lon: &str, lat: &str) {
        let origin = &self.report.origin;
        if !origin.has_digits() || origin.to_degrees.is_some() {
            return;
        }
        let Some(finer) = decimals(lon).zip(decimals(lat)).map(|(lon, lat)| lon.max(lat)) else { return };
        self.decimals = Some(self.decimals.map_or(finer, |before| before.min(finer)));
    }

    pub(super) fn fault<'h>(
        &mut self,
        at: usize,
        path: &Path<'_>,
        problem: impl Into<Box<str>>,
        hint: impl Into<Option<&'h str>>,
    ) {
        if self.faults.len() < MOST_FAULTS {
            let fault = self.describe(at, path, problem.into(), hint.into());
            self.faults.push(fault);
        } else if self.faults.len() == MOST_FAULTS {
            let fault = self.describe(at, &ROOT, "more faults follow in this record".into(), None);
            self.faults.push(fault);
        }
    }

    pub(super) fn warn<'h>(
        &mut self,
        at: usize,
        path: &Path<'_>,
        problem: impl Into<Box<str>>,
        hint: impl Into<Option<&'h str>>,
    ) {
        let fault = self.describe(at, path, problem.into(), hint.into());
        self.warnings.push(fault);
    }

    /// Whether this repair was asked for.
    pub(super) fn fixes(&self, fix: Fix) -> bool {
        self.report.origin.fixes.contains(&fix)
    }

    /// Longitude and latitude of a position, as the input has it.
    pub(super) fn to_degrees(&self, position: [f64; 2]) -> [f64; 2] {
        self.report.origin.to_degrees.map_or(position, |to_degrees| to_degrees(position))
    }

    /// Notes a repair: it is told, and kept with the record.
    pub(super) fn repaired(&mut self, fix: Fix, at: usize, path: &Path<'_>, old: &str, new: &str) {
        let mut field = String::new();
        path.field(&mut field);
        let problem = format!("{fix}: {} became {}", shown(old), shown(new));
        let told = self.describe(at, path, problem.into(), None);
        let kept = json!({"fix": fix.as_str(), "field": field, "old": old, "new": new});
        self.repairs.push(Repair { told, kept });
    }

    /// Notes whom to credit for the last repair.
    pub(super) fn credit(&mut self, credit: Option<&Arc<str>>) {
        let (Some(credit), Some(last)) = (credit, self.repairs.last_mut()) else { return };
        last.kept["credit"] = json!(credit);
        if !self.credits.contains(credit) {
            self.credits.push(Arc::clone(credit));
        }
    }

    /// Where the field of ours stands in the record: the number of its column, or the beginning of the record.
    pub(super) fn at_of(&self, ours: &str) -> usize {
        let columns = self.report.origin.columns.as_ref();
        columns
            .and_then(|columns| columns.targets.iter().position(|target| *target == Some(ours)))
            .unwrap_or_default()
    }

    fn describe(&self, at: usize, path: &Path<'_>, problem: Box<str>, hint: Option<&str>) -> Fault {
        let Report { index, line, column, text, elements, origin } = self.report;
        let (mut pointer, mut field) = (None, String::new());
        path.field(&mut field);
        let is_element = |element: &&Element| {
            let rest = field.strip_prefix(&*element.member);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let (line, column) = if origin.columns.is_some() {
            (*line, at + 1)
        } else if let Some(element) = elements.iter().find(is_element) {
            field = element.name.to_string();
            (element.line, element.column)
        } else {
            let mut path_text = match &origin.list {
                Some(list) => format!("{list}/{index}"),
                None => String::new(),
            };
            path.pointer(&mut path_text);
            pointer = Some(path_text.into());
            if origin.is_verbatim() { place_after(&text[..at], *line, *column) } else { (*line, *column) }
        };
        Fault {
            file: Arc::clone(&origin.file),
            index: Some(*index),
            line,
            column,
            pointer,
            field: (!field.is_empty()).then(|| field.into()),
            problem,
            hint: hint.map(Box::from),
            fatal: false,
        }
    }

    fn expected(&mut self, node: &Node<'_>, path: &Path<'_>, what: &str) {
        let problem = format!("is {}, but {what} is expected", node.kind());
        self.fault(node.at, path, problem, None);
    }

    /// A text that is not blank. Numbers are taken as texts where the values come from a table.
    pub(super) fn string(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<String> {
        match &node.json {
            Json::Null => None,
            Json::String(text) if text.contains('\0') => {
                self.fault(node.at, path, "holds a NUL character", "remove it");
                None
            }
            Json::String(text) if text.trim().is_empty() => None,
            Json::String(text) if self.fixes(Fix::Trim) && trimmed(text).len() < text.len() => {
                let (old, new) = (text.to_string(), trimmed(text).to_owned());
                self.repaired(Fix::Trim, node.at, path, &old, &new);
                (!new.is_empty()).then_some(new)
            }
            Json::String(text) => Some(text.to_string()),
            Json::Number(text) if self.lenient => Some((*text).to_owned()),
            _ => {
                self.expected(node, path, "a text");
                None
            }
        }
    }

    /// A code: a text, or a number kept as it was written. Blanks around it are no part of it where cells are read.
    pub(super) fn code(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<String> {
        match &node.json {
            Json::Number(text) => Some((*text).to_owned()),
            _ if self.lenient => self.string(node, path).map(|text| text.trim().to_owned()),
            _ => self.string(node, path),
        }
    }

    /// A value of a closed list.
    pub(super) fn word<T: FromStr<Err = NotInList>>(
        &mut self,
        node: &Node<'_>,
        path: &Path<'_>,
    ) -> Option<T> {
        let text = self.string(node, path)?;
        let parsed = text.parse::<T>().or_else(|not| {
            if self.lenient { plain_name(&text).parse::<T>().map_err(|_| not) } else { Err(not) }
        });
        match parsed {
            Ok(value) => Some(value),
            Err(NotInList { allowed }) => {
                let hint = format!("one of {}", allowed.join(", "));
                self.fault(node.at, path, format!("{} is not in the list", shown(&text)), &*hint);
                None
            }
        }
    }

    /// A word of an open list.
    fn open_word(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<String> {
        let text = self.string(node, path)?;
        let word = if self.lenient { plain_name(&text) } else { text };
        if is_word(&word) {
            return Some(word);
        }
        let hint = "lower-case letters, digits and _, as in air_drone_strike";
        self.fault(node.at, path, format!("{} is not a snake_case word", shown(&word)), hint);
        None
    }

    pub(super) fn number(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<f64> {
        match &node.json {
            Json::Null => None,
            Json::Number(text) => text.parse().ok(),
            Json::String(text) if self.lenient => {
                let text = text.trim();
                if text.is_empty() {
                    return None;
                }
                let number = number_in(text);
                if number.is_none() {
                    let problem = format!("{} is not a number", shown(text));
                    let hint = text.contains(['°', '′', '\'']).then_some("write it in decimal degrees");
                    self.fault(node.at, path, problem, hint);
                }
                number
            }
            Json::String(text) if self.fixes(Fix::DecimalComma) && number_in(text).is_some() => {
                let number = number_in(text)?;
                self.repaired(Fix::DecimalComma, node.at, path, text, &plain(number));
                Some(number)
            }
            Json::String(text) if number_in(text).is_some() => {
                let problem = format!("is the text {}, but a number is expected", shown(text));
                self.fault(node.at, path, problem, "write it without quotation marks");
                None
            }
            _ => {
                self.expected(node, path, "a number");
                None
            }
        }
    }

    /// A whole number from `least` to `most`.
    fn whole(&mut self, node: &Node<'_>, path: &Path<'_>, least: u32, most: u32) -> Option<u32> {
        let number = self.number(node, path)?;
        if number.fract() == 0.0 && (f64::from(least)..=f64::from(most)).contains(&number) {
            return Some(number as u32);
        }
        let problem = if number.fract() == 0.0 {
            format!("{} is not between {least} and {most}", plain(number))
        } else {
            format!("{} is not a whole number", plain(number))
        };
        self.fault(node.at, path, problem, "leave it out when it is not known");
        None
    }

    fn boolean(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<bool> {
        match &node.json {
            Json::Null => None,
            Json::Bool(truth) => Some(*truth),
            Json::String(text) if self.lenient => match text.trim().to_ascii_lowercase().as_str() {
                "" => None,
                "true" | "yes" | "1" | "t" | "y" => Some(true),
                "false" | "no" | "0" | "f" | "n" => Some(false),
                _ => {
                    self.fault(node.at, path, format!("{} is neither true nor false", shown(text)), None);
                    None
                }
            },
            _ => {
                self.expected(node, path, "true or false");
                None
            }
        }
    }

    /// A date. Where the form was changed, what stood there is returned beside it.
    pub(super) fn date(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<(EventDate, Option<String>)> {
        let text = match &node.json {
            Json::Null => return None,
            Json::String(text) if text.trim().is_empty() => return None,
            Json::String(text) => text,
            Json::Number(text) => {
                let problem = format!("is the number {}, not a date in a text", shown(text));
                self.fault(node.at, path, problem, BAD_DATE_HINT);
                return None;
            }
            _ => {
                self.expected(node, path, "a date");
                return None;
            }
        };
        let found = if self.lenient {
            let zoned =
                self.zone.as_ref().and_then(|zone| EventDate::parse(&format!("{}{zone}", text.trim())).ok());
            match zoned {
                Some(date) => Ok((date, false)),
                None => parse_foreign(text, self.order).map(|found| (found.date, found.time_dropped)),
            }
        } else {
            EventDate::parse(text).map(|date| (date, false))
        };
        match found {
            Ok((date, time_dropped)) => {
                let utc = time_dropped && self.fixes(Fix::Utc);
                if let Some(date) = utc.then(|| foreign_as_utc(text, self.order)).flatten() {
                    self.repaired(Fix::Utc, node.at, path, text, date.as_str());
                    return Some((date, None));
                }
                if time_dropped {
                    let problem = format!("the time of {} has no offset from UTC", shown(text));
                    self.warn(node.at, path, problem, "only the day was taken");
                }
                let same =
                    !time_dropped && text.starts_with(date.as_str()) || same_digits(text, date.as_str());
                let raw = (self.lenient && !same).then(|| text.to_string());
                Some((date, raw))
            }
            Err(BadDate::Order) if self.fixes(Fix::DayMonth) => {
                let other = self.order.map(|order| match order {
                    DateOrder::Dmy => DateOrder::Mdy,
                    DateOrder::Mdy => DateOrder::Dmy,
                });
                let found = parse_foreign(text, other).ok()?;
                self.repaired(Fix::DayMonth, node.at, path, text, found.date.as_str());
                Some((found.date, Some(text.to_string())))
            }
            Err(BadDate::NoOffset) if self.fixes(Fix::Utc) => {
                let date = EventDate::parse(&format!("{}Z", text.trim())).ok()?;
                self.repaired(Fix::Utc, node.at, path, text, date.as_str());
                Some((date, None))
            }
            Err(bad) => {
                let hint = match bad {
                    BadDate::NoOffset => {
                        "add the offset, as in 2025-05-30T01:10:00+03:00, or give the day only"
                    }
                    BadDate::Ambiguous | BadDate::Order => {
                        "say which comes first: date-order=dmy or date-order=mdy"
                    }
                    BadDate::Year(_) | BadDate::NoSuchDay | BadDate::NoSuchTime => "check for a typing error",
                    BadDate::ShortYear => "write the year with four digits, as in 2024-05-03",
                    BadDate::LooksLikeAnId => "are the columns in the right order?",
                    BadDate::NotADate => BAD_DATE_HINT,
                };
                self.fault(node.at, path, format!("{} {bad}", shown(text)), hint);
                None
            }
        }
    }

    /// A date whose form must be ours.
    fn plain_date(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<EventDate> {
        self.date(node, path).map(|(date, _)| date)
    }

    /// A text in languages, or a bare one in the record's language.
    fn text(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<Text> {
        let Json::Object(members) = &node.json else {
            let text = self.string(node, path)?;
            return Text::new(&self.language, &text);
        };
        if members.len() > MOST_LANGUAGES {
            self.fault(node.at, path, "is in more than 100 languages", None);
            return None;
        }
        let mut pairs = Vec::with_capacity(members.len());
        for member in members {
            let path = path.name(&member.name);
            if !is_language(&member.name) {
                let problem = format!("{} is not a language tag", shown(&member.name));
                self.fault(member.value.at, &path, problem, "a BCP 47 tag such as en, uk or ro");
            } else if let Some(text) = self.string(&member.value, &path) {
                pairs.push((&*member.name, text));
            }
        }
        Text::from_pairs(pairs.iter().map(|(tag, text)| (*tag, text.as_str())))
    }

    pub(super) fn url(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<String> {
        let text = self.string(node, path)?;
        self.sound_url(text.trim(), node.at, path)
    }

    fn sound_url(&mut self, url: &str, at: usize, path: &Path<'_>) -> Option<String> {
        let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
        let host = if lower.starts_with("https://") { url.get(8..) } else { url.get(7..) };
        let has_host = host.is_some_and(|host| !host.is_empty() && !host.starts_with(['/', '?', '#']));
        let sound = (lower.starts_with("http://") || lower == "https://") && has_host;
        if sound
            && !url.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"'))
        {
            return Some(url.to_owned());
        }
        let problem = format!("{} is not a web address", shown(url));
        self.fault(at, path, problem, "it begins with http:// or https:// and has no blanks");
        None
    }

    /// A list of texts; in a table, a cell of texts with semicolons between them.
    fn strings(&mut self, node: &Node<'_>, path: &Path<'_>) -> Vec<String> {
        match &node.json {
            Json::Null => Vec::new(),
            Json::Array(nodes) => {
                let items = nodes.iter().enumerate();
                items.filter_map(|(index, node)| self.string(node, &path.index(index))).collect()
            }
            Json::String(text) if self.lenient => split_list(text).map(str::to_owned).collect(),
            _ => {
                self.expected(node, path, "a list of texts");
                Vec::new()
            }
        }
    }

    /// The place at a pair of numbers, or a fault that says what is wrong with it.
    pub(super) fn place(&mut self, lon: f64, lat: f64, at: usize, path: &Path<'_>) -> Option<LonLat> {
        if lon == 0.0 && lat == 0.0 {
            let problem = "0, 0 is a point in the Gulf of Guinea where nothing is, not an unknown place";
            self.fault(at, path, problem, "leave an unknown place out: geometry null");
            return None;
        }
        match LonLat::new(lon, lat) {
            Ok(place) => Some(place),
            Err(_)
                if lat.abs() > 90.0 && self.fixes(Fix::SwapCoordinates) && LonLat::new(lat, lon).is_ok() =>
            {
                let pair = |a: f64, b: f64| format!("{}, {}", plain(a), plain(b));
                self.repaired(Fix::SwapCoordinates, at, path, &pair(lon, lat), &pair(lat, lon));
                LonLat::new(lat, lon).ok()
            }
            Err(_) if lat.abs() > 90.0 && LonLat::new(lat, lon).is_ok() => {
                let (lon, lat) = (plain(lon), plain(lat));
                let problem =
                    format!("longitude {lon} and latitude {lat} look swapped: there is no latitude {lat}");
                self.fault(at, path, problem, "longitude comes first, then latitude");
                None
            }
            Err(_) => {
                let problem =
                    format!("longitude {}, latitude {} is not on the globe", plain(lon), plain(lat));
                self.fault(at, path, problem, "degrees: longitude -180 to 180, latitude -90 to 90");
                None
            }
        }
    }

    /// Warns of coordinates beside a geometry that lie elsewhere, and says whether they do. What their own digits leave open is no
    /// difference.
    pub(super) fn lie_elsewhere(
        &mut self,
        places: &[LonLat],
        [lon, lat]: [&str; 2],
        at: usize,
        path: &Path<'_>,
    ) -> bool {
        let stated = number_in(lon).zip(number_in(lat)).and_then(|(lon, lat)| LonLat::new(lon, lat).ok());
        let Some(stated) = stated else { return false };
        let meters = places.iter().map(|place| distance(*place, stated).get()).fold(f64::INFINITY, f64::min);
        // Cut off as well as rounded: a whole unit of the last digit, along both axes.
        let coarser = decimals(lon).zip(decimals(lat)).map_or(6, |(lon, lat)| lon.min(lat));
        let open_m = 111_320.0 * std::f64::consts::SQRT_2 * 0.1_f64.powi(coarser.min(20) as i32);
        if !meters.is_finite() || meters <= open_m.max(1.0) {
            return false;
        }
        let problem = format!("{} and {} lie {meters:.0} m from the geometry", shown(lon), shown(lat));
        self.warn(at, path, problem, "the geometry is taken; which of the two is right?");
        true
    }

    /// Puts a value into the draft under our name for it; `false` when there is no such property. `theirs`
    /// is the name it had in the input.
    pub(super) fn set(
        &mut self,
        draft: &mut Draft,
        ours: &str,
        theirs: &str,
        node: &Node<'_>,
        path: &Path<'_>,
    ) -> bool {
        let p = &mut draft.properties;
        match ours {
            "title" => p.title = self.text(node, path),
            "description" => p.description = self.text(node, path),
            "date_start" => {
                draft.has_date |= !matches!(node.json, Json::Null);
                match self.date(node, path) {
                    Some((date, raw)) => {
                        p.date_start = date;
                        keep(&mut p.extra, theirs, raw);
                    }
                    // A blank text is no date; one that could not be read has its fault already.
                    None if matches!(&node.json, Json::String(text) if text.trim().is_empty()) => {
                        draft.has_date = false;
                    }
                    None => {}
                }
            }
            "date_end" => {
                if let Some((date, raw)) = self.date(node, path) {
                    p.date_end = Some(date);
                    keep(&mut p.extra, theirs, raw);
                }
            }
            "date_precision" => p.date_precision = self.word(node, path),
            "event_type" => p.event_type = self.word(node, path),
            "sub_event_type" => p.sub_event_type = self.open_word(node, path),
            "event_type_source" => p.event_type_source = self.code(node, path),
            "actor1" => p.actor1 = self.string(node, path),
            "actor2" => p.actor2 = self.string(node, path),
            "attribution" => p.attribution = self.word(node, path),
            "civilian_targeting" => p.civilian_targeting = self.boolean(node, path),
            "location" => p.location = self.string(node, path),
            "country" => {
                if let Some(country) = self.string(node, path) {
                    self.country(p, country, theirs, node.at, path);
                }
            }
            "admin1" => p.admin1 = self.string(node, path),
            "admin2" => p.admin2 = self.string(node, path),
            "admin3" => p.admin3 = self.string(node, path),
            "admin1_pcode" => p.admin1_pcode = self.code(node, path),
            "admin2_pcode" => p.admin2_pcode = self.code(node, path),
            "location_radius_m" => p.location_radius_m = self.radius(node, path),
            "location_method" => p.location_method = self.word(node, path),
            "geo_precision" => p.geo_precision = self.whole(node, path, 1, 3).map(|code| code as u8),
            "where_prec" => p.where_prec = self.whole(node, path, 1, 7).map(|code| code as u8),
            "deaths_low" => p.deaths_low = self.count(node, path),
            "deaths_best" => p.deaths_best = self.count(node, path),
            "deaths_high" => p.deaths_high = self.count(node, path),
            "injured_low" => p.injured_low = self.count(node, path),
            "injured_best" => p.injured_best = self.count(node, path),
            "injured_high" => p.injured_high = self.count(node, path),
            "impacts" => p.impacts = self.objects(node, path, Self::impact),
            "verification" => p.verification = self.word(node, path),
            "sources" => p.sources = self.objects(node, path, Self::source),
            "sensitivity" => p.sensitivity = self.word(node, path),
            "masking" => p.masking = self.masking(node, path),
            "same_as" => p.same_as = self.same_as(node, path),
            "tags" => p.tags = self.strings(node, path),
            "language" => _ = self.language(p, node, path),
            "license" => p.license = self.string(node, path),
            "redistributable" => p.redistributable = self.boolean(node, path),
            "record_status" => p.record_status = self.word(node, path),
            "merged_into" => p.merged_into = self.id(node, path),
            "merged_from" => p.merged_from = self.ids(node, path),
            "revision" => p.revision = self.whole(node, path, 0, u32::MAX).map(u64::from),
            "recorded_at" => p.recorded_at = self.plain_date(node, path),
            "recorded_by" => p.recorded_by = self.string(node, path),
            "extra" => match &node.json {
                Json::Null => {}
                Json::Object(members) => {
                    for member in members {
                        keep(&mut p.extra, &member.name, Some(member.value.to_value()));
                    }
                }
                _ => self.expected(node, path, "an object"),
            },
            _ => return false,
        }
        true
    }

    /// Reads the language first, since bare texts are in it.
    pub(super) fn language(&mut self, p: &mut Properties, node: &Node<'_>, path: &Path<'_>) -> Option<()> {
        let tag = self.code(node, path)?;
        if is_language(&tag) {
            self.language.clone_from(&tag);
            p.language = Some(tag);
            return Some(());
        }
        let problem = format!("{} is not a language tag", shown(&tag));
        self.fault(node.at, path, problem, "a BCP 47 tag such as en, uk or ro");
        None
    }

    fn country(&mut self, p: &mut Properties, country: String, theirs: &str, at: usize, path: &Path<'_>) {
        let code = country_code(&country);
        // The borders that are used may be a set of the user's own, with codes of its own.
        let may_be_theirs = country.len() == 3 && country.bytes().all(|b| b.is_ascii_uppercase());
        if code.is_none() {
            let (what, hint) = if may_be_theirs {
                ("no country code of ISO 3166-1", "a place is compared with it where the border set has it")
            } else {
                ("no country that is known, and was kept in extra", "ISO 3166-1 alpha-3, such as UKR")
            };
            self.warn(at, path, format!("{} is {what}", shown(&country)), hint);
        }
        if code.map_or(may_be_theirs, |code| code == country) {
            p.country = Some(country);
            return;
        }
        p.country = code.map(str::to_owned);
        keep(&mut p.extra, theirs, Some(country));
    }

    fn radius(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<f64> {
        let radius = self.number(node, path)?;
        if radius > 0.0 && radius <= 20_038_000.0 {
            return Some(radius);
        }
        let problem = format!("{} is not a radius in meters", plain(radius));
        self.fault(
            node.at,
            path,
            problem,
            "greater than 0, at most 20038000; leave it out when it is not known",
        );
        None
    }

    fn count(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<u32> {
        self.whole(node, path, 0, 100_000_000)
    }

    /// Takes an id as the source's.
    pub(super) fn take_source_id(&mut self, draft: &mut Draft, id: &str, at: usize, path: &Path<'_>) {
        if id.len() <= LONGEST_ID {
            draft.source_id = Some(id.to_owned());
        } else {
            self.fault(at, path, format!("{} is too long for an id", shown(id)), "at most 200 bytes");
        }
    }

    /// Takes an id as ours when it is a UUID, and as the source's otherwise.
    pub(super) fn take_id(&mut self, draft: &mut Draft, id: &str, at: usize, path: &Path<'_>) {
        match id.parse() {
            Ok(id) => draft.id = Some(id),
            Err(_) if id.len() <= LONGEST_ID => draft.source_id = Some(id.to_owned()),
            Err(_) => {
                self.fault(at, path, format!("{} is too long for an id", shown(id)), "at most 200 bytes")
            }
        }
    }

    fn id(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<crate::IncidentId> {
        let text = self.string(node, path)?;
        let id = text.parse().ok();
        if id.is_none() {
            self.fault(node.at, path, format!("{} is not a UUID", shown(&text)), None);
        }
        id
    }

    fn ids(&mut self, node: &Node<'_>, path: &Path<'_>) -> Vec<crate::IncidentId> {
        match &node.json {
            Json::Array(nodes) => {
                let ids = nodes.iter().enumerate();
                ids.filter_map(|(index, node)| self.id(node, &path.index(index))).collect()
            }
            Json::Null => Vec::new(),
            _ => {
                self.expected(node, path, "a list of ids");
                Vec::new()
            }
        }
    }

    fn same_as(&mut self, node: &Node<'_>, path: &Path<'_>) -> Vec<String> {
        let names = self.strings(node, path);
        for name in &names {
            let parts = name.split_once(':');
            if !parts.is_some_and(|(source, id)| !source.trim().is_empty() && !id.trim().is_empty()) {
                let problem = format!("{} does not name a source and its id", shown(name));
                self.fault(node.at, path, problem, "<source>:<id>, such as viina:123");
            }
        }
        names
    }

    fn masking(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<Masking> {
        // A cell has the level alone.
        if let Json::String(_) = &node.json {
            return self.word(node, path).map(|level| Masking { level });
        }
        let members = self.members(node, path)?;
        let mut level = None;
        for Member { name, value, .. } in members {
            match &**name {
                "level" => level = self.word(value, &path.name("level")),
                _ => self.fault(value.at, &path.name(name), "is not a property of masking", "only level is"),
            }
        }
        level.map(|level| Masking { level })
    }

    fn members<'n, 'a>(&mut self, node: &'n Node<'a>, path: &Path<'_>) -> Option<&'n [Member<'a>]> {
        match &node.json {
            Json::Null => None,
            Json::Object(members) => Some(members),
            _ => {
                self.expected(node, path, "an object");
                None
            }
        }
    }

    fn objects<T>(
        &mut self,
        node: &Node<'_>,
        path: &Path<'_>,
        read: fn(&mut Self, &Node<'_>, &Path<'_>) -> Option<T>,
    ) -> Vec<T> {
        match &node.json {
            Json::Null => Vec::new(),
            Json::Array(nodes) => {
                let items = nodes.iter().enumerate();
                items.filter_map(|(index, node)| read(self, node, &path.index(index))).collect()
            }
            _ => {
                self.expected(node, path, "a list of objects");
                Vec::new()
            }
        }
    }

    fn impact(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<Impact> {
        let mut impact = Impact::default();
        for Member { name, value, .. } in self.members(node, path)? {
            let path = path.name(name);
            match &**name {
                "facility" => impact.facility = self.string(value, &path),
                "facility_ref" => impact.facility_ref = self.string(value, &path),
                "infrastructure" => impact.infrastructure = self.word(value, &path),
                "damage" => impact.damage = self.word(value, &path),
                "damage_scheme" => impact.damage_scheme = self.open_word(value, &path),
                "damage_code" => impact.damage_code = self.code(value, &path),
                "functional_status" => impact.functional_status = self.word(value, &path),
                "assessed_on" => impact.assessed_on = self.plain_date(value, &path),
                "source" => impact.source = self.whole(value, &path, 0, 10_000).map(|at| at as usize),
                "extra" => self.extra(&mut impact.extra, value, &path),
                _ => keep(&mut impact.extra, name, Some(value.to_value())),
            }
        }
        Some(impact)
    }

    fn source(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<Source> {
        let mut source = Source::default();
        if let Json::String(text) = &node.json {
            let text = text.trim();
            if text.starts_with("http://") || text.starts_with("https://") {
                source.url = self.sound_url(text, node.at, path);
            } else if !text.is_empty() {
                source.name = Some(text.to_owned());
            }
            return Some(source);
        }
        for Member { name, value, .. } in self.members(node, path)? {
            let path = path.name(name);
            match &**name {
                "url" => source.url = self.url(value, &path),
                "archived_url" => source.archived_url = self.url(value, &path),
                "name" => source.name = self.string(value, &path),
                "type" => source.kind = self.open_word(value, &path),
                "published_at" => source.published_at = self.plain_date(value, &path),
                "reliability" => source.reliability = self.word(value, &path),
                "credibility" => source.credibility = self.whole(value, &path, 1, 6).map(|code| code as u8),
                "sha256" => source.sha256 = self.sha256(value, &path),
                "license" => source.license = self.string(value, &path),
                "extra" => self.extra(&mut source.extra, value, &path),
                _ => keep(&mut source.extra, name, Some(value.to_value())),
            }
        }
        Some(source)
    }

    fn extra(&mut self, extra: &mut Map<String, Value>, node: &Node<'_>, path: &Path<'_>) {
        for member in self.members(node, path).unwrap_or_default() {
            keep(extra, &member.name, Some(member.value.to_value()));
        }
    }

    fn sha256(&mut self, node: &Node<'_>, path: &Path<'_>) -> Option<String> {
        let text = self.string(node, path)?;
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Some(text.to_ascii_lowercase());
        }
        self.fault(
            node.at,
            path,
            format!("{} is not a SHA-256 digest", shown(&text)),
            "64 hexadecimal digits",
        );
        None
    }

    /// The web addresses and names of sources in two cells of a table, paired when there are as many.
    pub(super) fn sources_of_cells(
        &mut self,
        urls: Option<(&str, usize, &Path<'_>)>,
        names: Option<&str>,
    ) -> Vec<Source> {
        let mut found: Vec<String> = Vec::new();
        if let Some((cell, at, path)) = urls {
            for url in split_urls(cell) {
                found.extend(self.sound_url(url, at, path));
            }
        }
        let names: Vec<&str> = names.map(|cell| split_list(cell).collect()).unwrap_or_default();
        let mut sources: Vec<Source> =
            found.into_iter().map(|url| Source { url: Some(url), ..Source::default() }).collect();
        if sources.is_empty() || sources.len() == names.len() {
            sources.resize(names.len(), Source::default());
            for (source, name) in sources.iter_mut().zip(names) {
                source.name = Some(name.to_owned());
            }
        } else if let [name] = names[..] {
            sources[0].name = Some(name.to_owned());
        } else {
            sources.extend(
                names.into_iter().map(|name| Source { name: Some(name.to_owned()), ..Source::default() }),
            );
        }
        sources
    }

    /// What only the whole record shows: nothing required missing, nothing that contradicts itself.
    pub(super) fn finish(&mut self, draft: &mut Draft, path: &Path<'_>, at: usize) {
        if !draft.has_date {
            let hint = "a year is enough: \"date_start\": \"2025\"";
            self.fault(at, &path.name("date_start"), "nothing says when it happened", hint);
        }
        let p = &mut draft.properties;
        if !draft.has_place && draft.places.is_empty() && p.location.is_none() {
            self.fault(
                at,
                &ROOT.name("geometry"),
                "nothing says where it happened",
                "a geometry or a location",
            );
        }
        if p.title.is_none() && p.description.is_none() && p.event_type.is_none() {
            let problem = "nothing says what happened";
            self.fault(at, &path.name("title"), problem, "a title, a description or an event_type");
        }
        for (name, low, best, high) in [
            ("deaths", p.deaths_low, p.deaths_best, p.deaths_high),
            ("injured", p.injured_low, p.injured_best, p.injured_high),
        ] {
            let known: Vec<u32> = [low, best, high].into_iter().flatten().collect();
            if !known.is_sorted() {
                let show = |count: Option<u32>| count.map_or("unknown".to_owned(), |count| count.to_string());
                let problem =
                    format!("low {}, best {}, high {} are out of order", show(low), show(best), show(high));
                let name = format!("{name}_best");
                self.fault(at.max(self.at_of(&name)), &path.name(&name), problem, "low ≤ best ≤ high");
            }
        }
        let count = p.sources.len();
        for (index, impact) in p.impacts.iter().enumerate() {
            if impact.source.is_some_and(|source| source >= count) {
                let problem = format!("there is no source of that number among {count}");
                let (impacts, item);
                impacts = path.name("impacts");
                item = impacts.index(index);
                self.fault(at, &item.name("source"), problem, "sources are counted from 0");
            }
        }
        if p.record_status == Some(RecordStatus::Merged) && p.merged_into.is_none() {
            let problem = "a merged record names no incident that it was merged into";
            let hint =
                "merged_into, its id; or leave record_status out, and merge the two once both are stored";
            self.fault(at.max(self.at_of("record_status")), &path.name("record_status"), problem, hint);
        }
        if !draft.has_date || !self.faults.is_empty() {
            return; // The dates may be stand-ins.
        }
        let told = p.date_start.precision();
        match p.date_precision {
            None => p.date_precision = Some(told),
            Some(stated) if stated < told => {
                let problem = format!("says {stated}, but date_start tells only the {told}");
                self.fault(at.max(self.at_of("date_precision")), &path.name("date_precision"), problem, None);
            }
            Some(_) => {}
        }
        if let Some(end) = &p.date_end
            && end.times().end_s <= p.date_start.times().start_s
        {
            let problem = format!("it ends on {end}, before it begins on {}", p.date_start);
            self.fault(at.max(self.at_of("date_end")), &path.name("date_end"), problem, None);
        }
    }
}

const BAD_DATE_HINT: &str = "2025, 2025-05, 2025-05-30 or 2025-05-30T01:10:00+03:00";

/// A repair as it is told, and as it is kept with the record.
pub(super) struct Repair {
    pub(super) told: Fault,
    pub(super) kept: Value,
}

impl Repair {
    /// Adds what was repaired to what else the source had.
    pub(super) fn keep_in(extra: &mut Map<String, Value>, kept: Value) {
        match extra.get_mut("repairs") {
            Some(Value::Array(list)) => list.push(kept),
            _ => keep(extra, "repairs", Some(Value::Array(vec![kept]))),
        }
    }
}

/// Without the blanks around it, also those that are not seen.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}')
    })
}

/// A number of any size in few characters.
fn plain(number: f64) -> String {
    if number == 0.0 || (1e-6..1e15).contains(&number.abs()) {
        return number.to_string();
    }
    format!("{number:e}")
}

/// How many digits stand behind the point, or the comma, of a number; `None` of anything else.
fn decimals(number: &str) -> Option<usize> {
    let (whole, rest) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (are_digits(whole.strip_prefix(['-', '+']).unwrap_or(whole)) && are_digits(rest)).then_some(rest.len())
}

/// Whether both texts have the same digits in the same order, so that nothing was lost between them.
fn same_digits(a: &str, b: &str) -> bool {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    digits(a) == digits(b)
}

/// A number as tables write it; a comma for the decimal point is taken when there is no doubt about it.
fn number_in(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = |text: &str| {
        let sound = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
        sound.then(|| text.parse::<f64>().ok()).flatten().filter(|number| number.is_finite())
    };
    plain(text).or_else(|| {
        let (whole, rest) = text.split_once(',')?;
        (!rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
            .then(|| plain(&format!("{whole}.{rest}")))
            .flatten()
    })
}

/// The items of a cell that holds several, `;` or `|` between them.
fn split_list(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([';', '|']).map(str::trim).filter(|item| !item.is_empty())
}

/// The web addresses of a cell. An address may itself hold a semicolon or a comma, so the cell is cut only
/// where another address begins.
pub(super) fn split_urls(cell: &str) -> Vec<&str> {
    let begins = |at: usize| {
        let rest = &cell[at..];
        let fresh = cell[..at].ends_with([' ', ';', ',', '|', '\n', '\t']) || at == 0;
        fresh && (rest.starts_with("http://") || rest.starts_with("https://"))
    };
    let mut starts: Vec<usize> = cell.char_indices().map(|(at, _)| at).filter(|&at| begins(at)).collect();
    if starts.first() != Some(&0) {
        starts.insert(0, 0); // What is no address shall be seen to be none.
    }
    let ends = starts.iter().copied().skip(1).chain([cell.len()]);
    let separators = [' ', ';', ',', '|', '\n', '\t'];
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| cell[start..end].trim_end_matches(separators).trim())
        .filter(|url| !url.is_empty())
        .collect()
}
