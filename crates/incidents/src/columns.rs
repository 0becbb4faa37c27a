//! Which column of a table, or member of a foreign record, is which field of ours, and why.
//!
//! A header is read in this order, and the first that names a column wins: `--map`; the profile of a known
//! source ([`Profile`]); our own names; HXL tags; common names of other tables ([`ALIASES`]). A column that none
//! of them knows is kept under its own name in `extra`. Nothing is ever guessed from the values.

use crate::date::{DateOrder, order_proven_by};
use crate::json::shown;
use crate::profile::{Profile, Rule};
use crate::report::ReadOptions;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// Every name that a column or property may be given: the properties of the model that fit one cell, and
/// what together makes places, ids, impacts and sources.
pub(crate) const FIELDS: &[&str] = &[
    "id",
    "lon",
    "lat",
    "geometry_wkt",
    "coordinates",
    "title",
    "description",
    "date_start",
    "date_end",
    "date_precision",
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
    "source_type",
    "source_archived_url",
    "source_published_at",
    "source_sha256",
    "source_extra",
    "sensitivity",
    "masking",
    "same_as",
    "tags",
    "language",
    "license",
    "redistributable",
    "record_status",
];

/// Names other tables have for ours, best first; compared in lower case with `_` for everything that is
/// neither letter nor digit.
const ALIASES: &[(&str, &[&str])] = &[
    ("lon", &["longitude", "lng", "long", "x", "gps_longitude", "point_x", "x_coord", "lon_dd"]),
    ("lat", &["latitude", "y", "gps_latitude", "point_y", "y_coord", "lat_dd"]),
    ("geometry_wkt", &["wkt", "geom_wkt", "geometry", "geom", "the_geom"]),
    ("coordinates", &["coords", "mgrs", "mgrs_coordinates", "usng", "grid_reference"]),
    (
        "date_start",
        &[
            "start_date",
            "event_date",
            "incident_date",
            "date",
            "datetime",
            "date_time",
            "occurred_at",
            "timestamp",
        ],
    ),
    ("date_end", &["end_date"]),
    ("date_precision", &["date_accuracy"]),
    ("title", &["headline", "name", "event_name", "incident", "summary", "event"]),
    ("description", &["notes", "text", "details", "narrative", "brief_description", "comment", "comments"]),
    ("id", &["event_id", "incident_id", "event_id_cnty", "uid", "uuid", "fid", "objectid", "entry"]),
    ("location", &["place", "place_name", "city", "town", "settlement", "locality", "village", "address"]),
    ("country", &["iso3", "country_code", "country_iso3", "adm0_pcode"]),
    ("admin1", &["adm1", "adm1_name", "adm1_en", "adm_1", "province", "oblast", "state", "region", "county"]),
    ("admin2", &["adm2", "adm2_name", "adm2_en", "adm_2", "district", "raion", "municipality"]),
    ("admin3", &["adm3", "adm3_name", "adm3_en"]),
    ("admin1_pcode", &["adm1_pcode", "adm1_code"]),
    ("admin2_pcode", &["adm2_pcode", "adm2_code"]),
    ("event_type_source", &["type", "category", "event_category", "incident_type", "kind"]),
    ("actor1", &["actor", "perpetrator", "side_a"]),
    ("actor2", &["side_b", "target_actor"]),
    ("location_radius_m", &["radius_m", "accuracy_m", "uncertainty_m"]),
    ("deaths_best", &["fatalities", "deaths", "killed", "deaths_total"]),
    ("injured_best", &["injured", "injuries", "wounded"]),
    ("source_url", &["url", "link", "source_link", "urls", "source_urls"]),
    ("source_name", &["source", "sources"]),
    ("source_archived_url", &["archived_url", "archive_url", "archive_link"]),
    ("source_sha256", &["sha256"]),
    ("license", &["licence"]),
];

/// HXL tags and what they are here: the tag, then attributes that must all be there. The first match wins.
const HXL: &[(&str, &[&str], &str)] = &[
    ("geo", &["lat"], "lat"),
    ("geo", &["lon"], "lon"),
    ("event", &["id"], "id"),
    ("event", &["code"], "id"),
    ("event", &["type"], "event_type_source"),
    ("event", &["name"], "title"),
    ("event", &["description"], "description"),
    ("date", &["start"], "date_start"),
    ("date", &["end"], "date_end"),
    ("date", &["occurred"], "date_start"),
    ("date", &["event"], "date_start"),
    ("affected", &["killed"], "deaths_best"),
    ("affected", &["injured"], "injured_best"),
    ("description", &[], "description"),
    ("meta", &["url"], "source_url"),
    ("meta", &["source"], "source_name"),
    ("country", &["code"], "country"),
    ("adm1", &["code"], "admin1_pcode"),
    ("adm1", &["name"], "admin1"),
    ("adm2", &["code"], "admin2_pcode"),
    ("adm2", &["name"], "admin2"),
    ("adm3", &["name"], "admin3"),
    ("loc", &["name"], "location"),
    ("group", &["name", "first"], "actor1"),
    ("group", &["name", "second"], "actor2"),
    ("group", &["name"], "actor1"),
];

const MOST_COLUMNS: usize = 2_000;

/// Whether these are names of a table of ours, in whichever form. Read back, it would overwrite fuller records and make what was
/// measured a part of them.
pub(crate) fn is_own_export<'n>(names: impl Iterator<Item = &'n str>) -> bool {
    let (mut set, mut other) = (false, false);
    for name in names {
        set |= name == "border_set";
        other |= matches!(name, "foreign_distance_m" | "snapshot");
    }
    set && other
}

/// What is said of such a table, and what to do.
pub(crate) const OWN_EXPORT: (&str, &str) = (
    "this is a table that Kordon exported, which holds less than the records do: one language, and measured distances",
    "to carry records on, export them as geojson or geojsonseq",
);

/// What a column is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The user said so.
    Map,
    /// The profile says so.
    Profile,
    /// It has our name.
    Name,
    /// It has an HXL tag.
    Tag,
    /// It has a name that is common for it.
    Common,
    /// Nothing: it stays in `extra`.
    Unknown,
    /// The profile says that it is about whoever reported, and it is not stored.
    Private,
}

/// The columns of one table, or the members of records that are alike.
#[derive(Debug)]
pub(crate) struct Columns {
    /// Headers as they stand in the table.
    pub(crate) names: Vec<String>,
    /// Headers in small letters, as [`plain_name`] writes them.
    pub(crate) plain: Vec<String>,
    /// Names under which columns go to `extra`: the headers, each but once, and none empty.
    pub(crate) kept_as: Vec<String>,
    /// Our name of each column; `None` goes to `extra`.
    pub(crate) targets: Vec<Option<&'static str>>,
    /// Of each column, the rule of the profile by which it is read.
    rules: Vec<Option<usize>>,
    /// Rules that read a column which another has already, and those columns.
    also: Vec<(usize, usize)>,
    /// What each column is known by.
    pub(crate) why: Vec<Why>,
    pub(crate) delimiter: u8,
    pub(crate) known_as: Option<Arc<Profile>>,
    /// For each column, whether its dates were seen with the day first, and with the month first.
    proven: Vec<(bool, bool)>,
    stated: Option<DateOrder>,
}

impl Columns {
    /// Decides what each column of a table is.
    ///
    /// # Errors
    ///
    /// A problem and its hint, when no column says when, or none says where, or the mapping is wrong.
    pub(crate) fn new(
        names: &[String],
        tags: Option<&[String]>,
        delimiter: u8,
        options: &ReadOptions,
    ) -> Result<Columns, (String, String)> {
        if names.len() > MOST_COLUMNS {
            let problem = format!("the table has {} columns, more than {MOST_COLUMNS}", names.len());
            return Err((problem, "leave out those that nobody needs".into()));
        }
        let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
        if is_own_export(plain.iter().map(String::as_str)) {
            let (problem, hint) = OWN_EXPORT;
            let hint =
                format!("{hint}; to import this as a table of its own, take out the column border_set");
            return Err((problem.into(), hint));
        }
        let known_as = options.profile.of_table(&plain);
        for ours in ["lon", "lat", "date_start", "id"] {
            let mut matching = (0..names.len()).filter(|&column| plain[column] == ours);
            if let (Some(_), Some(second)) = (matching.next(), matching.next()) {
                let problem = format!("the column {} stands twice", shown(&names[second]));
                return Err((problem, "give every column a name of its own".into()));
            }
        }
        let mut columns = Columns::assign(names.to_vec(), tags, known_as, &options.map)?;
        columns.delimiter = delimiter;
        columns.stated = options.date_order.or(columns.stated);
        columns.complete()
    }

    /// Decides what each member of a foreign record is; which of them must be there is for the check to say.
    pub(crate) fn of_members(
        names: Vec<String>,
        profile: Option<Arc<Profile>>,
        map: &[(String, String)],
        date_order: Option<DateOrder>,
    ) -> Columns {
        let known: Vec<(String, String)> =
            map.iter().filter(|(_, theirs)| names.contains(theirs)).cloned().collect();
        let plain = || Columns::assign(names.clone(), None, profile.clone(), &[]);
        // A mapping to no field of ours was refused where it was stated.
        let assigned = Columns::assign(names.clone(), None, profile.clone(), &known).or_else(|_| plain());
        let columns = assigned.unwrap_or_else(|_| Columns::empty(names.clone(), None));
        Columns { stated: date_order.or(columns.stated), ..columns }
    }

    fn empty(names: Vec<String>, known_as: Option<Arc<Profile>>) -> Columns {
        let count = names.len();
        Columns {
            plain: names.iter().map(|name| plain_name(name)).collect(),
            kept_as: each_once(&names),
            targets: vec![None; count],
            rules: vec![None; count],
            also: Vec::new(),
            why: vec![Why::Unknown; count],
            delimiter: b',',
            stated: known_as.as_ref().and_then(|known| known.order),
            known_as,
            proven: vec![(false, false); count],
            names,
        }
    }

    fn assign(
        names: Vec<String>,
        tags: Option<&[String]>,
        known_as: Option<Arc<Profile>>,
        map: &[(String, String)],
    ) -> Result<Columns, (String, String)> {
        let mut columns = Columns::empty(names, known_as.clone());
        let mut decided = vec![false; columns.names.len()];
        for (ours, theirs) in map {
            let ours = mapped_field(ours)?;
            let Some(column) = columns.names.iter().position(|name| name == theirs) else {
                let problem = format!("there is no column {} to map to {ours}", shown(theirs));
                return Err((problem, format!("the columns are {}", listed(&columns.names))));
            };
            columns.give(&mut decided, column, ours, Why::Map);
        }
        if let Some(profile) = &known_as {
            columns.follow(profile, &mut decided);
        }
        // Of a question in groups, the last step is its name.
        let bases: Vec<String> = match known_as.as_ref().and_then(|known| known.groups) {
            Some(mark) => {
                let last = |name: &String| name.rsplit(mark).next().map(plain_name).unwrap_or_default();
                columns.names.iter().map(last).collect()
            }
            None => columns.plain.clone(),
        };
        for ours in FIELDS {
            if *ours == "coordinates" && columns.targets.contains(&Some("lon")) {
                continue; // As below.
            }
            if let Some(column) = bases.iter().position(|name| name == ours) {
                columns.give(&mut decided, column, ours, Why::Name);
            }
        }
        for (column, tag) in tags.unwrap_or_default().iter().enumerate().take(columns.names.len()) {
            if let Some(ours) = hxl_field(tag) {
                columns.give(&mut decided, column, ours, Why::Tag);
            }
        }
        for column in 0..columns.names.len() {
            // A table may have tags for its only header.
            if let Some(ours) = hxl_field(&columns.names[column]) {
                columns.give(&mut decided, column, ours, Why::Tag);
            }
        }
        for (ours, aliases) in ALIASES {
            let has = |ours| columns.targets.contains(&Some(ours));
            if matches!(*ours, "geometry_wkt" | "coordinates") && (has("lon") || has("geometry_wkt")) {
                continue; // The same place twice; the second stays in extra.
            }
            let among = |alias: &&str| (0..bases.len()).find(|&at| bases[at] == *alias && !decided[at]);
            if let Some(column) = aliases.iter().find_map(among) {
                columns.give(&mut decided, column, ours, Why::Common);
            }
        }
        Ok(columns)
    }

    /// Gives columns what their profile says of them.
    fn follow(&mut self, profile: &Profile, decided: &mut [bool]) {
        for (index, rule) in profile.rules.iter().enumerate() {
            for column in rule.columns_among(&self.plain) {
                let taken = rule.field != "source_extra" && self.targets.contains(&Some(rule.field));
                match (taken, decided[column]) {
                    (true, _) => {}
                    (false, true) => self.also.push((index, column)),
                    (false, false) => {
                        decided[column] = true;
                        self.targets[column] = Some(rule.field);
                        self.rules[column] = Some(index);
                        self.why[column] = Why::Profile;
                    }
                }
            }
        }
        for (column, done) in decided.iter_mut().enumerate() {
            if !*done && profile.is_private(&self.plain[column]) {
                *done = true;
                self.why[column] = Why::Private;
            }
            *done |= profile.leaves(&self.plain[column]);
        }
    }

    /// Gives a column its name, unless the column or the name is taken.
    fn give(&mut self, decided: &mut [bool], column: usize, ours: &'static str, why: Why) {
        if decided[column] || self.targets.contains(&Some(ours)) {
            return;
        }
        decided[column] = true;
        self.targets[column] = Some(ours);
        self.why[column] = why;
    }

    /// The rule by which a column is read, if its profile has one.
    pub(crate) fn rule(&self, column: usize) -> Option<&Rule> {
        self.known_as.as_ref()?.rules.get(self.rules[column]?)
    }

    /// Rules that read a column which another field has already.
    pub(crate) fn also(&self) -> impl Iterator<Item = (&Rule, usize)> {
        let rules = self.known_as.as_ref().map_or(&[][..], |known| &known.rules);
        self.also.iter().filter_map(move |&(rule, column)| Some((rules.get(rule)?, column)))
    }

    /// Whether this is a part of another column, which is kept as a whole.
    pub(crate) fn is_part(&self, column: usize) -> bool {
        let parent = self.names[column].rsplit_once('/').map(|(parent, _)| parent);
        parent.is_some_and(|parent| self.names[..column].iter().any(|name| name == parent))
    }

    /// The column of this name, as the rules of profiles write it.
    pub(crate) fn named(&self, name: &str) -> Option<usize> {
        let plain = |at: &String| *at == name;
        self.plain.iter().position(plain).or_else(|| self.plain.iter().position(|at| *at == plain_name(name)))
    }

    fn complete(self) -> Result<Columns, (String, String)> {
        let has = |ours: &str| self.targets.contains(&Some(ours));
        let is_number = |name: &String| name.trim().parse::<f64>().is_ok();
        let headless = if self.names.iter().any(is_number) { "; is there no header row?" } else { "" };
        let seen = format!("the columns are {}{headless}", listed(&self.names));
        if has("lon") != has("lat") {
            let (there, gone) = if has("lon") { ("longitude", "lat") } else { ("latitude", "lon") };
            return Err((
                format!("there is a column of {there} only"),
                format!("--map {gone}=COLUMN; {seen}"),
            ));
        }
        if !has("lon") && !has("geometry_wkt") && !has("coordinates") && !has("location") {
            let problem = "no column says where: lon and lat, or location".to_owned();
            return Err((problem, format!("--map lon=COLUMN --map lat=COLUMN; {seen}")));
        }
        if !has("date_start") {
            let problem = "no column says when: date_start".to_owned();
            return Err((problem, format!("--map date_start=COLUMN; {seen}")));
        }
        Ok(self)
    }

    /// The header row.
    pub(crate) fn header(&self) -> String {
        let mark = char::from(self.delimiter);
        let quoted = |name: &String| match name.contains([mark, '"', '\n', '\r']) {
            true => format!("\"{}\"", name.replace('"', "\"\"")),
            false => name.clone(),
        };
        self.names.iter().map(quoted).collect::<Vec<_>>().join(&mark.to_string())
    }

    /// Our name and theirs of every column that has one of ours.
    pub(crate) fn assigned(&self) -> Vec<(&str, &str)> {
        let pairs = self.targets.iter().zip(&self.names);
        pairs.filter_map(|(ours, theirs)| ours.map(|ours| (ours, theirs.as_str()))).collect()
    }

    /// The profile by which it is read, if any.
    pub(crate) fn profile(&self) -> Option<&Arc<Profile>> {
        self.known_as.as_ref()
    }

    /// Notes what the dates of this row prove about the order of day and month.
    pub(crate) fn learn_date_order(&mut self, cells: &[Cow<'_, str>]) {
        for (column, cell) in cells.iter().enumerate().take(self.names.len()) {
            if matches!(self.targets[column], Some("date_start" | "date_end")) {
                match order_proven_by(cell) {
                    Some(DateOrder::Dmy) => self.proven[column].0 = true,
                    Some(DateOrder::Mdy) => self.proven[column].1 = true,
                    None => {}
                }
            }
        }
    }

    /// The order of day and month in this column: as stated, or as all rows looked at agree.
    pub(crate) fn date_order(&self, column: usize) -> Option<DateOrder> {
        match (self.stated, self.proven.get(column)) {
            (Some(stated), _) => Some(stated),
            (None, Some((true, false))) => Some(DateOrder::Dmy),
            (None, Some((false, true))) => Some(DateOrder::Mdy),
            _ => None,
        }
    }
}

/// Our field of the name given in a mapping, taking `longitude` and `latitude` too.
fn mapped_field(ours: &str) -> Result<&'static str, (String, String)> {
    let known = |name: &str| FIELDS.iter().copied().find(|field| *field == name);
    match ours {
        "longitude" => Ok("lon"),
        "latitude" => Ok("lat"),
        _ => known(ours).ok_or_else(|| {
            (format!("{} is not a property to map to", shown(ours)), format!("one of {}", FIELDS.join(", ")))
        }),
    }
}

/// Whether a member of a record is one of the model's, by its exact name.
pub(crate) fn is_field(name: &str) -> bool {
    FIELDS.contains(&name)
        || matches!(
            name,
            "impacts" | "sources" | "merged_into" | "revision" | "recorded_at" | "recorded_by" | "extra"
        )
}

/// Which of our fields a property of a foreign JSON record is by its name alone, and how good the name is:
/// 0 is the best.
pub(crate) fn alias_of(name: &str) -> Option<(&'static str, usize)> {
    let plain = plain_name(name);
    if let Some(ours) = FIELDS.iter().find(|field| **field == plain) {
        return Some((ours, 0));
    }
    ALIASES.iter().find_map(|(ours, aliases)| {
        aliases.iter().position(|alias| *alias == plain).map(|rank| (*ours, rank + 1))
    })
}

/// The headers, with a number behind those that stand there already, and a number for those that are empty.
fn each_once(names: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = names.iter().cloned().collect();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut once = Vec::with_capacity(names.len());
    for (column, name) in names.iter().enumerate() {
        if !name.is_empty() && seen.insert(name) {
            once.push(name.clone());
            continue;
        }
        let mut fresh = if name.is_empty() { "column".to_owned() } else { name.clone() };
        fresh.push_str(&format!("_{}", column + 1));
        while !taken.insert(fresh.clone()) {
            fresh.push('_');
        }
        once.push(fresh);
    }
    once
}

fn hxl_field(tag: &str) -> Option<&'static str> {
    let mut parts = tag.strip_prefix('#')?.split('+').map(str::trim);
    let base = parts.next()?.to_ascii_lowercase();
    let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
    HXL.iter()
        .find(|(tag, needs, _)| *tag == base && needs.iter().all(|need| attributes.iter().any(|a| a == need)))
        .map(|(_, _, ours)| *ours)
}

/// Lower case, `_` for every run of characters that are neither letters nor digits.
pub(crate) fn plain_name(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.trim().chars() {
        if c.is_alphanumeric() {
            plain.extend(c.to_lowercase());
        } else if !plain.ends_with('_') {
            plain.push('_');
        }
    }
    plain.trim_matches('_').to_owned()
}

fn listed(names: &[String]) -> String {
    let mut list = names.iter().take(12).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    if names.len() > 12 {
        list.push_str(&format!(" and {} more", names.len() - 12));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(header: &str, tags: Option<&str>, map: &[(&str, &str)]) -> Result<Columns, (String, String)> {
        let cells = |row: &str| row.split(',').map(str::to_owned).collect::<Vec<_>>();
        let map = map.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let options = ReadOptions { map, ..ReadOptions::default() };
        Columns::new(&cells(header), tags.map(cells).as_deref(), b',', &options)
    }

    fn targets(header: &str, tags: Option<&str>, map: &[(&str, &str)]) -> Vec<&'static str> {
        columns(header, tags, map).unwrap().targets.iter().map(|target| target.unwrap_or("-")).collect()
    }

    #[test]
    fn our_own_export_is_refused_and_says_what_to_export_instead() {
        let header = "id,lon,lat,date_start,title,foreign_distance_m,border_set";
        let (problem, hint) = columns(header, None, &[]).unwrap_err();
        assert!(problem.contains("Kordon exported") && hint.contains("geojsonseq"), "{problem} {hint}");
        assert!(columns("id,lon,lat,date_start,title,foreign_distance_m", None, &[]).is_ok());
    }

    #[test]
    fn common_headers_are_understood() {
        assert_eq!(
            targets("Longitude,LAT,Event Date,Headline,magic", None, &[]),
            ["lon", "lat", "date_start", "title", "-"]
        );
        assert_eq!(
            targets("x,y,longitude,latitude,date", None, &[]),
            ["-", "-", "lon", "lat", "date_start"],
            "the better name wins"
        );
    }

    #[test]
    fn a_mapping_goes_before_every_guess() {
        assert_eq!(
            targets("lon,lat,date,seen", None, &[("date_start", "seen")]),
            ["lon", "lat", "-", "date_start"]
        );
        let (problem, hint) = columns("lon,lat,date", None, &[("title", "head")]).unwrap_err();
        assert!(problem.contains("no column \"head\"") && hint.contains("\"lon\", \"lat\""));
        assert!(columns("lon,lat,date", None, &[("titel", "date")]).unwrap_err().1.contains("title"));
    }

    #[test]
    fn tags_name_columns_whose_headers_nobody_knows() {
        assert_eq!(
            targets("A,B,C,D,E", Some("#geo+lat,#geo+lon,#date+start,#affected+killed+f,#meta"), &[]),
            ["lat", "lon", "date_start", "deaths_best", "-"]
        );
        assert_eq!(targets("#geo+lat,#geo+lon,#date+start", None, &[]), ["lat", "lon", "date_start"]);
    }

    #[test]
    fn a_known_dataset_overrides_names_that_only_look_like_ours() {
        let header = "event_id_1pd,date,asciiname,geonameid,longitude,latitude,location_method";
        assert_eq!(targets(header, None, &[]), ["id", "date_start", "location", "-", "lon", "lat", "-"]);
    }

    #[test]
    fn a_table_that_cannot_say_when_or_where_is_refused_at_its_header() {
        for (header, missing) in
            [("title,date", "where"), ("lon,lat,title", "when"), ("lon,date", "longitude only")]
        {
            assert!(columns(header, None, &[]).unwrap_err().0.contains(missing), "{header}");
        }
        assert!(columns("28.84,45.335,2025", None, &[]).unwrap_err().1.contains("no header row"));
        assert!(columns("lon,lat,date_start,lon", None, &[]).unwrap_err().0.contains("twice"));
    }

    #[test]
    fn columns_without_a_name_of_their_own_are_kept_apart() {
        assert_eq!(
            columns("lon,lat,date,a,a,,a_5", None, &[]).unwrap().kept_as[3..],
            ["a", "a_5_", "column_6", "a_5"]
        );
        let wide = vec!["a"; 3_000].join(",");
        assert!(columns(&wide, None, &[]).unwrap_err().0.contains("3000 columns"));
    }

    #[test]
    fn every_alias_and_crosswalk_leads_to_a_field() {
        let known = |ours: &str| ours.is_empty() || FIELDS.contains(&ours);
        assert!(ALIASES.iter().all(|(ours, _)| known(ours)));
        assert!(HXL.iter().all(|(_, _, ours)| known(ours)));
    }
}
