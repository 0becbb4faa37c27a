//! FILTER: the words by which incidents are chosen, the same in a query string and on the command line.

use crate::crs::Crs;
use crate::error::{Problem, echo};
use crate::params::Params;
use kordon_borders::{BBox, BorderSet, LonLat};
use kordon_incidents::{Damage, EventDate, EventType, Infrastructure, Verification};
use kordon_store::{
    BadFilter, Cell, Certainty, Column, Cursor, During, Filter, Of, Patience, Query, RowFilter, SortBy,
    Within, has_words,
};
use std::str::FromStr;
use std::sync::Arc;

/// The parameters that choose incidents.
pub const FILTER: &[&str] = &[
    "bbox",
    "datetime",
    "within-km",
    "of",
    "certainty",
    "include-inside",
    "country",
    "event-type",
    "event_type",
    "sub-event-type",
    "sub_event_type",
    "infrastructure",
    "damage",
    "verification",
    "q",
    "cell",
    "filter",
    "filter-lang",
    "filter-crs",
];

/// Properties of an incident that may be parameters of `items`, for what has that value (OGC API – Features §7.15.5). GDAL sends
/// a condition to the server only if its property is named by a parameter, and then sends it as `filter`.
///
/// `event_type`, `sub_event_type`, `infrastructure`, `damage` and `verification` are words of FILTER already. So is `country`, but
/// with another meaning: it asks who claims the place, and `filter=country = 'UKR'` what the record says.
pub const PROPERTIES: &[&str] = &[
    "title",
    "date_start",
    "date_end",
    "territory",
    "deaths_low",
    "deaths_best",
    "deaths_high",
    "description",
    "date_precision",
    "event_type_source",
    "actor1",
    "actor2",
    "attribution",
    "civilian_targeting",
    "location",
    "admin1",
    "admin2",
    "admin3",
    "admin1_pcode",
    "admin2_pcode",
    "location_radius_m",
    "location_method",
    "geo_precision",
    "where_prec",
    "injured_low",
    "injured_best",
    "injured_high",
    "sensitivity",
    "same_as",
    "tags",
    "language",
    "license",
    "revision",
    "recorded_at",
    "recorded_by",
];

/// The languages of `filter`. The last is what GDAL calls CQL2 text.
pub const FILTER_LANGS: &[&str] = &["cql2-text", "cql2-json", "cql-text"];

/// The orders there are.
pub const SORTS: &[&str] =
    &["-date_start", "date_start", "distance", "-distance", "title", "-title", "-recorded_at", "recorded_at"];
/// How many items a page has unless told.
pub const DEFAULT_LIMIT: usize = 100;
/// How many items a page has at most.
pub const MAX_LIMIT: usize = 10_000;
/// No two places are farther apart, in kilometers.
pub const MAX_KM: f64 = 20_038.0;

/// The longest text to search for, in characters.
const MAX_TEXT: usize = 200;
/// The most words in a list.
const MAX_WORDS: usize = 300;

/// Reads FILTER and `sortby` from names and values, as a command line has them.
///
/// # Errors
///
/// A [`Problem`] whose words name the parameter and what it may be.
pub fn query_of<'a>(
    given: impl IntoIterator<Item = (&'a str, &'a str)>,
    borders: &BorderSet,
) -> Result<Query, Problem> {
    let known: Vec<&'static str> = FILTER.iter().copied().chain(["sortby"]).collect();
    let given = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let params = Params::check(given, &known, &[])?;
    let mut query = filter(&params, borders)?;
    (query.sortby, query.then_by) = sort(&params)?;
    Ok(query)
}

/// Reads FILTER from checked parameters.
///
/// # Errors
///
/// A 400 problem that names the parameter and what it may be.
pub fn filter(params: &Params, borders: &BorderSet) -> Result<Query, Problem> {
    let of = params.get("of").map(|name| of(name, borders)).transpose()?;
    Ok(Query {
        bbox: bbox(params)?,
        datetime: datetime(params)?,
        within: within(params, of.as_ref())?,
        of,
        country: territories(params, "country", borders)?,
        event_type: params.any_of::<EventType>("event-type", EventType::WORDS)?,
        sub_event_type: words(params, "sub-event-type")?,
        infrastructure: params.any_of::<Infrastructure>("infrastructure", Infrastructure::WORDS)?,
        damage: params.any_of::<Damage>("damage", Damage::WORDS)?,
        verification: params.any_of::<Verification>("verification", Verification::WORDS)?,
        text: text(params)?,
        cell: cells(params)?,
        filter: with_properties(cql2(params, borders)?, params, borders)?.map(Arc::new),
        patience: params.patience().cloned(),
        ..Query::default()
    })
}

/// What was made of the answer to a question, if that is whole.
///
/// # Errors
///
/// A 503 problem when looking at the incidents was given up.
pub fn whole<T>(patience: Option<&Arc<Patience>>, made: T) -> Result<T, Problem> {
    match patience {
        Some(patience) if patience.is_lost() => Err(Problem::takes_too_long()),
        _ => Ok(made),
    }
}

/// The incidents that FILTER chooses; `None` when it says nothing, which is all of them.
///
/// # Errors
///
/// As [`filter`].
pub fn chosen(params: &Params, borders: &BorderSet) -> Result<Option<Query>, Problem> {
    FILTER.iter().any(|name| params.get(name).is_some()).then(|| filter(params, borders)).transpose()
}

/// `sortby`: by what first, and by what those that are alike in it; the latest first when not given.
///
/// # Errors
///
/// A 400 problem that lists the orders.
pub fn sort(params: &Params) -> Result<(SortBy, Vec<SortBy>), Problem> {
    let Some(text) = params.get("sortby") else { return Ok((SortBy::default(), Vec::new())) };
    let bad = |why: String| Problem::bad_parameter("sortby", why).with("allowed", SORTS.to_vec());
    let mut all: Vec<SortBy> = Vec::new();
    for word in text.split(',').map(str::trim) {
        // A plus sign in a query string is a blank.
        let sort = SortBy::from_str(word)
            .map_err(|_| bad(format!("{} is not one of {}.", echo(word), SORTS.join(", "))))?;
        let what = |sort: SortBy| sort.as_str().trim_start_matches('-');
        if all.iter().any(|known| what(*known) == what(sort)) {
            return Err(bad(format!("says twice how to order by {}.", what(sort))));
        }
        all.push(sort);
    }
    match all.split_first() {
        Some((first, then)) if all.len() <= SortBy::MOST => Ok((*first, then.to_vec())),
        _ => Err(bad(format!("has at most {} of them.", SortBy::MOST))),
    }
}

/// `limit`; more than the most is the most (OGC API – Features §7.15.2), `None` when not given.
///
/// # Errors
///
/// A 400 problem for anything but a whole number from 1 on.
pub fn limit(params: &Params) -> Result<Option<usize>, Problem> {
    let Some(text) = params.get("limit") else { return Ok(None) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match (digits, text.parse::<usize>()) {
        (true, Ok(0)) | (false, _) => {
            Err(Problem::bad_parameter("limit", format!("{} is not a whole number from 1 on.", echo(text))))
        }
        (true, Ok(limit)) => Ok(Some(limit.min(MAX_LIMIT))),
        (true, Err(_)) => Ok(Some(MAX_LIMIT)), // More digits than a number has: more than the most.
    }
}

/// `cursor` where it counts rows: the first row of the page, 0 when not given. See [`within_rows`].
///
/// # Errors
///
/// A 400 problem for what is no number.
pub fn first_row(params: &Params) -> Result<usize, Problem> {
    params.get("cursor").map_or(Ok(0), |text| text.parse().map_err(|_| bad_cursor()))
}

/// Whether a cursor that counts rows stands before the end of so many.
///
/// # Errors
///
/// A 400 problem when it does not.
pub fn within_rows(first: usize, rows: usize) -> Result<(), Problem> {
    if first > 0 && first >= rows { Err(bad_cursor()) } else { Ok(()) }
}

/// A cursor that we never gave.
pub fn bad_cursor() -> Problem {
    Problem::bad_parameter("cursor", "is not one that a next link gave.")
}

/// `cursor`, which must be of the order asked for.
///
/// # Errors
///
/// A 400 problem for a text that no next link gave.
pub fn cursor(params: &Params, query: &Query) -> Result<Option<Cursor>, Problem> {
    let Some(text) = params.get("cursor") else { return Ok(None) };
    match Cursor::from_str(text) {
        Ok(cursor) if cursor.is_of(query.sortby, &query.then_by) => Ok(Some(cursor)),
        _ => Err(Problem::bad_parameter("cursor", "is not one that a next link of this order gave.")),
    }
}

/// `bbox`: four numbers of the system that `bbox-crs` names, or six of which the heights do not matter.
///
/// # Errors
///
/// A 400 problem, also for a `bbox-crs` without a `bbox`, when it names no system.
pub fn bbox(params: &Params) -> Result<Option<BBox>, Problem> {
    let crs = Crs::asked(params, "bbox-crs")?;
    let Some(text) = params.get("bbox") else { return Ok(None) };
    let bad = |why: String| Problem::bad_parameter("bbox", why);
    let numbers: Option<Vec<f64>> = text
        .split(',')
        .map(|part| f64::from_str(part.trim()).ok().filter(|number| number.is_finite()))
        .collect();
    let (west, south, east, north) = match numbers.as_deref() {
        Some([west, south, east, north]) => (*west, *south, *east, *north),
        Some([west, south, _, east, north, _]) => (*west, *south, *east, *north),
        _ => {
            return Err(bad(format!(
                "{} is not four numbers: the lower corner, then the upper.",
                echo(text)
            )));
        }
    };
    let ([west, south], [east, north]) = (crs.to_degrees([west, south]), crs.to_degrees([east, north]));
    BBox::new(west, south, east, north).map(Some).map_err(|error| bad(error.to_string()))
}

/// `datetime`: a date, a time, or an interval.
///
/// # Errors
///
/// A 400 problem.
pub fn datetime(params: &Params) -> Result<Option<During>, Problem> {
    params.get("datetime").map(during).transpose()
}

/// `filter`, in the language that `filter-lang` names; without it, what begins like JSON is JSON.
///
/// # Errors
///
/// A 400 problem that says where in the filter what is wrong.
fn cql2(params: &Params, borders: &BorderSet) -> Result<Option<Filter>, Problem> {
    said(params, |text, is_json, to_degrees| match is_json {
        true => Filter::of_json_in(text, borders, to_degrees),
        false => Filter::of_text_in(text, borders, to_degrees),
    })
}

/// `filter` of the rows of a table, by the names of its columns.
///
/// # Errors
///
/// A 400 problem that says where in the filter what is wrong.
pub fn row_filter(params: &Params, columns: &'static [Column]) -> Result<Option<RowFilter>, Problem> {
    said(params, |text, is_json, to_degrees| match is_json {
        true => RowFilter::of_json_in(text, columns, to_degrees),
        false => RowFilter::of_text_in(text, columns, to_degrees),
    })
}

/// What is made of a filter, of whether it is JSON, and of how its positions are brought to degrees.
fn said<T>(
    params: &Params,
    read: impl FnOnce(&str, bool, &dyn Fn([f64; 2]) -> [f64; 2]) -> Result<T, BadFilter>,
) -> Result<Option<T>, Problem> {
    let lang = params.one_of("filter-lang", FILTER_LANGS)?;
    let crs = Crs::asked(params, "filter-crs")?;
    let Some(text) = params.get("filter") else {
        return match (lang, params.get("filter-crs")) {
            (None, None) => Ok(None),
            _ => Err(Problem::bad_parameter(
                "filter",
                "is missing; filter-lang and filter-crs mean nothing without it.",
            )),
        };
    };
    let is_json = lang.map_or(text.trim_start().starts_with('{'), |lang| lang == "cql2-json");
    match read(text, is_json, &|position| crs.to_degrees(position)) {
        Ok(filter) => Ok(Some(filter)),
        Err(bad) => Err(Problem::bad_parameter("filter", format!("{bad}.")).with("place", bad.place)),
    }
}

/// A filter, and that properties have the values that parameters of their names give.
fn with_properties(
    mut filter: Option<Filter>,
    params: &Params,
    borders: &BorderSet,
) -> Result<Option<Filter>, Problem> {
    for &name in PROPERTIES {
        let Some(value) = params.get(name) else { continue };
        let bad = |bad: BadFilter| Problem::bad_parameter(name, format!("{}.", bad.why));
        let equal = Filter::of_equal(name, value, borders).map_err(bad)?;
        filter = Some(match filter {
            Some(filter) => filter.and(equal, borders).map_err(bad)?,
            None => equal,
        });
    }
    Ok(filter)
}

/// What a distance is measured to: a country, a set, or `LON,LAT`.
///
/// # Errors
///
/// A 400 problem that names what is near, or the degree that is off the globe.
pub fn of(name: &str, borders: &BorderSet) -> Result<Of, Problem> {
    if let Some((lon, lat)) = name.split_once(',')
        && let (Ok(lon), Ok(lat)) = (lon.trim().parse(), lat.trim().parse())
        && let Err(error) = LonLat::new(lon, lat)
    {
        return Err(Problem::bad_parameter("of", format!("{error}.")));
    }
    Of::parse(name, borders).map_err(|error| Problem::bad_parameter("of", error.to_string()))
}

fn within(params: &Params, of: Option<&Of>) -> Result<Option<Within>, Problem> {
    let km = params.number("within-km", 0.0, MAX_KM)?;
    let certainty = params.one_of("certainty", &["certain", "possible"])?;
    let include_inside = params.flag("include-inside")?;
    match (km, of) {
        (Some(km), Some(of)) => {
            let certainty =
                if certainty == Some("certain") { Certainty::Certain } else { Certainty::Possible };
            let include_inside = include_inside.unwrap_or(true);
            Ok(Some(Within { of: of.clone(), km, certainty, include_inside }))
        }
        (Some(_), None) => {
            Err(Problem::bad_parameter("of", "must say of what: a country (ROU), a set (NATO) or LON,LAT."))
        }
        (None, _) if certainty.is_some() || include_inside.is_some() => Err(Problem::bad_parameter(
            "within-km",
            "is missing; certainty and include-inside mean nothing without it.",
        )),
        (None, _) => Ok(None),
    }
}

/// A date or time, or an interval of two with a slash between, open where `..` or nothing stands.
fn during(text: &str) -> Result<During, Problem> {
    let bad = |part: &str, why: String| Problem::bad_parameter("datetime", format!("{} {why}.", echo(part)));
    let date = |part: &str| match part.trim() {
        "" | ".." => Ok(None),
        part => EventDate::parse(part)
            .map(|date| Some(date.times()))
            .map_err(|error| bad(part, error.to_string())),
    };
    let (from, to) = text.split_once('/').unwrap_or((text, text));
    if to.contains('/') {
        return Err(bad(text, "has more than two parts".to_owned()));
    }
    let (first, last) = (date(from)?, date(to)?);
    if first.is_none() && last.is_none() && !text.contains('/') {
        return Err(bad(text, "is not a date; an interval is written FROM/TO".to_owned()));
    }
    let during = During { start_s: first.map(|times| times.start_s), end_s: last.map(|times| times.end_s) };
    if let (Some(start), Some(end)) = (during.start_s, during.end_s)
        && end <= start
    {
        return Err(bad(text, "ends before it begins".to_owned()));
    }
    Ok(during)
}

/// A list of territories, by their codes; empty when not given.
///
/// # Errors
///
/// A 400 problem that names the one that is not known, and perhaps the one that was meant.
pub fn territories(params: &Params, name: &str, borders: &BorderSet) -> Result<Vec<String>, Problem> {
    words(params, name)?
        .into_iter()
        .map(|code| match borders.find(&code) {
            Some(id) => Ok(borders.territory(id).code.clone()),
            None => {
                let known = borders.territories().iter();
                let by_name = known
                    .filter(|known| known.name.eq_ignore_ascii_case(&code))
                    .map(|known| known.code.as_str());
                let hint = by_name.map(|code| format!(" Did you mean {code}?")).next().unwrap_or_default();
                Err(Problem::bad_parameter(
                    name,
                    format!("{} is no ISO 3166-1 alpha-3 code that the border set knows.{hint}", echo(&code)),
                ))
            }
        })
        .collect()
}

fn cells(params: &Params) -> Result<Vec<Cell>, Problem> {
    let read = |text: &str| {
        Cell::from_str(text).map_err(|error| {
            let detail = format!("{} is not DIMENSION:VALUE; {error}.", echo(text));
            Problem::bad_parameter("cell", detail)
        })
    };
    params.all("cell").map(read).collect()
}

fn words(params: &Params, name: &str) -> Result<Vec<String>, Problem> {
    let Some(text) = params.get(name) else { return Ok(Vec::new()) };
    let words: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).collect();
    if words.len() > MAX_WORDS || words.iter().any(|word| word.is_empty() || word.len() > 100) {
        return Err(Problem::bad_parameter(
            name,
            format!("is a list of at most {MAX_WORDS} words with commas between."),
        ));
    }
    Ok(words)
}

fn text(params: &Params) -> Result<Option<String>, Problem> {
    match params.get("q") {
        Some(text) if text.chars().count() > MAX_TEXT => {
            Err(Problem::bad_parameter("q", format!("is longer than {MAX_TEXT} characters.")))
        }
        Some(text) if !has_words(text) => {
            Err(Problem::bad_parameter("q", format!("{} has no letter or digit to look for.", echo(text))))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_that_has_one_value_is_a_parameter_of_its_name() {
        let known = |name: &&str| PROPERTIES.contains(name) || FILTER.contains(name);
        let missing: Vec<&str> =
            Filter::properties().map(|(name, _)| name).filter(|name| !known(name)).collect();
        assert_eq!(missing, ["id", "geometry"], "and `datetime` is one with the same meaning");
        assert!(PROPERTIES.iter().all(|name| Filter::properties().any(|(known, _)| known == *name)));
        assert!(!PROPERTIES.iter().any(|name| FILTER.contains(name)));
    }

    #[test]
    fn a_bare_date_is_a_whole_day_at_either_end() {
        let day = during("2025-05-30").unwrap();
        assert_eq!(day.end_s.unwrap() - day.start_s.unwrap(), 86_400);
        let month = during("2025-05-01/2025-05-31").unwrap();
        assert_eq!(month.end_s.unwrap() - month.start_s.unwrap(), 31 * 86_400);
        let hour = during("2025-05-30T00:00:00Z/2025-05-30T01:00:00Z").unwrap();
        assert_eq!(hour.end_s.unwrap() - hour.start_s.unwrap(), 3_601);
    }

    #[test]
    fn an_interval_may_be_open_at_either_end() {
        assert_eq!(during("../2025-05-30").unwrap().start_s, None);
        assert_eq!(during("2025-05-30/..").unwrap().end_s, None);
        assert_eq!(during("2025-05-30/").unwrap().end_s, None);
        assert_eq!(during("../..").unwrap(), During::default());
    }

    #[test]
    fn a_date_that_is_none_is_named() {
        for text in
            ["..", "yesterday", "2025-13-01", "2025-05-02/2025-05-01", "a/b/c", "2025-02-30", "20250530"]
        {
            assert!(during(text).unwrap_err().detail().starts_with("datetime"), "{text}");
        }
    }

    #[test]
    fn a_page_larger_than_the_most_is_the_most_and_none_is_an_error() {
        let read =
            |text: &str| limit(&Params::read(Some(&format!("limit={text}")), &["limit"], &[]).unwrap());
        assert_eq!(read("7").unwrap(), Some(7));
        assert_eq!(read("99999999").unwrap(), Some(MAX_LIMIT));
        assert_eq!(read("99999999999999999999999999").unwrap(), Some(MAX_LIMIT));
        for text in ["0", "-1", "1.5", "ten", "%2B5"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_box_is_four_or_six_numbers_and_may_cross_the_antimeridian() {
        let read = |text: &str| bbox(&Params::read(Some(&format!("bbox={text}")), &["bbox"], &[]).unwrap());
        assert_eq!(read("170,-20,-170,0").unwrap().unwrap().west(), 170.0);
        assert_eq!(read("1,2,0,3,4,9").unwrap().unwrap().north(), 4.0);
        for text in ["1,2,3", "1,2,3,4,5", "a,b,c,d", "NaN,0,1,1", "0,10,1,5", "0,0,1,91", "0,0,inf,1"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
