//! `kordon distance`: one place in words or JSON, or a file of places (`batch.rs`).

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use kordon_borders::{Answer, BorderSet, LonLat, Measure, Possible, Question, Side, Spread, Target, spread};

use crate::view::ViewArgs;
use crate::{Done, StoreArg, area, batch, sets};

/// How far a place is from a border.
#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub struct Distance {
    /// Longitude in degrees, east positive (longitude comes first, as in GeoJSON)
    #[arg(required_unless_present_any = ["input", "within"], requires = "lat")]
    lon: Option<f64>,
    /// Latitude in degrees, north positive
    lat: Option<f64>,
    /// A country (ISO 3166-1 alpha-3) or a set (NATO, EU); may be repeated
    #[arg(long, env = "KORDON_TO", value_name = "CODE", value_delimiter = ',')]
    to: Vec<String>,
    /// The radius in meters that holds the true place
    #[arg(long, env = "KORDON_RADIUS_M", value_name = "R")]
    radius_m: Option<f64>,
    /// The border set to measure against: a name that `kordon borders list` shows, or a .kbs file
    #[arg(long, env = "KORDON_BORDERS", value_name = "SET", default_value = sets::DEFAULT)]
    borders: String,
    #[command(flatten)]
    view: ViewArgs,
    /// Ask every installed set too, and show how much the answer depends on the file
    #[arg(long, env = "KORDON_SPREAD", conflicts_with = "input")]
    spread: bool,
    #[command(flatten)]
    store: StoreArg,
    /// Print the whole answer as JSON
    #[arg(long, env = "KORDON_JSON")]
    json: bool,
    /// A GeoJSON file with the area that the place lies in somewhere: the least and the greatest distance from it to each --to
    #[arg(long, env = "KORDON_WITHIN", value_name = "FILE", requires = "to",
        conflicts_with_all = ["lon", "input", "radius_m", "spread"])]
    within: Option<PathBuf>,
    /// A file of places: CSV, NDJSON, GeoJSON, Parquet or GeoParquet; - is standard input
    #[arg(long, env = "KORDON_INPUT", value_name = "FILE", conflicts_with_all = ["lon", "json", "radius_m"])]
    input: Option<PathBuf>,
    /// Where a batch is written; .csv gives CSV, anything else NDJSON; stdout when absent
    #[arg(short, long, env = "KORDON_OUTPUT", value_name = "FILE", requires = "input")]
    output: Option<PathBuf>,
}

impl Distance {
    pub fn run(self) -> anyhow::Result<Done> {
        let borders = self.view.load(&self.borders, &self.store.store)?;
        let to = self.targets(&borders)?;
        match (&self.input, &self.within) {
            (Some(input), _) => batch::run(&borders, to, input, self.output.as_deref()),
            (None, Some(file)) => area::run(&borders, &to, file, self.json),
            (None, None) => self.one(borders, &to),
        }
    }

    fn targets(&self, borders: &BorderSet) -> anyhow::Result<Vec<Target>> {
        self.to.iter().map(|name| Ok(borders.target(name, self.view.on())?)).collect()
    }

    fn one(&self, borders: BorderSet, to: &[Target]) -> anyhow::Result<Done> {
        let (Some(lon), Some(lat)) = (self.lon, self.lat) else { bail!("give LON and LAT, or --input FILE") };
        let place = LonLat::new(lon, lat)?;
        if self.radius_m.is_some_and(|r| !r.is_finite() || r < 0.0) {
            bail!("--radius-m is a length in meters, 0 or more");
        }
        let mut answer = borders.answer(&Question { place, radius_m: self.radius_m, to });
        answer.check_coarseness()?;
        if self.spread {
            answer.spread = self.spread(&borders, place)?;
        }
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?;
        } else {
            write!(out, "{}", in_words(&borders, &answer))?;
        }
        Ok(Done::All)
    }

    /// The same question in every other set that there is, seen the same way.
    fn spread(&self, borders: &BorderSet, place: LonLat) -> anyhow::Result<Vec<Spread>> {
        let on = self.view.on();
        let others = self.view.sets(&self.store.store)?.others(&borders.info().name, borders.view(), on)?;
        let sets: Vec<&BorderSet> = std::iter::once(borders).chain(others.iter().map(Arc::as_ref)).collect();
        let to: Vec<&str> = self.to.iter().map(String::as_str).collect();
        Ok(spread(&sets, place, self.radius_m, &to, on))
    }
}

/// The answer as a few lines for a person.
fn in_words(borders: &BorderSet, answer: &Answer) -> String {
    let named = |code: &String| match borders.find(code) {
        Some(id) => format!("{} ({code})", borders.territory(id).name),
        None => code.clone(),
    };
    let mut lines = Vec::new();
    let territory: Vec<String> = answer.territory.iter().map(named).collect();
    lines.push(match territory.as_slice() {
        [] => format!("{}, {} lies in no territory.", answer.lon, answer.lat),
        [only] => format!("{}, {} lies in {only}.", answer.lon, answer.lat),
        several => format!("{}, {} is claimed by {}.", answer.lon, answer.lat, several.join(" and ")),
    });
    if territory.len() > 1 {
        let view = &answer.boundary.world_view;
        let why = answer.view_source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
        lines.push(match &answer.territory_in_view {
            Some(code) => format!("In the world view {view}: {}{why}.", named(code)),
            None => format!("The world view {view} leaves it open{why}."),
        });
    }
    lines.extend(answer.notes.iter().map(|note| format!("Note: {note}.")));
    if let Some(foreign) = &answer.nearest_foreign {
        lines.push(format!("Nearest foreign territory: {}", measured_in_words(foreign)));
    }
    if answer.could_be_nearest.len() > 1 {
        lines.push(format!("It could be any of {}.", possible_in_words(answer)));
    }
    for measured in &answer.to {
        lines.push(format!("To {}: {}", measured.to, measured_in_words(measured)));
    }
    lines.extend(answer.spread.iter().map(spread_in_words));
    let b = &answer.boundary;
    let on = b.on.as_ref().map(|day| format!(" on {day}")).unwrap_or_default();
    let radius = answer.radius_m.map(|r| format!(", place within {r} m")).unwrap_or_default();
    lines.push(format!(
        "Measured against {} {} ({}; {}), world view {}{on}, edges straight in lon/lat (RFC 7946){radius}.",
        b.set, b.version, b.licence, b.attribution, b.world_view
    ));
    lines.join("\n") + "\n"
}

fn measured_in_words(m: &Measure) -> String {
    let who = format!("{} ({})", m.name, m.country);
    let kind = m.kind.as_str();
    let border =
        format!("{kind} border ±{}{}", about(m.accuracy_m, m.accuracy_m), doubts(m.disputed, m.unsettled));
    let sure = if m.side == Side::Uncertain { "; the side is uncertain" } else { "" };
    if m.distance_m == 0.0 {
        let depth = about(-m.signed_distance_m, m.accuracy_m);
        return format!("inside {who}, {depth} from its outline ({border}){sure}.");
    }
    let interval = span(m.distance_low_m, m.distance_high_m, m.accuracy_m);
    let azimuth = m.azimuth_deg.map(|a| format!(" at azimuth {a:.0}°")).unwrap_or_default();
    let point =
        m.nearest_point.map(|[lon, lat]| format!("; nearest point {lon:.5}, {lat:.5}")).unwrap_or_default();
    format!(
        "{who}, {}{azimuth}, interval {interval} ({border}; {:.0} m on the file{point}){sure}.",
        about(m.distance_m, m.accuracy_m),
        m.distance_m
    )
}

/// What else there is to doubt about a border.
fn doubts(disputed: bool, unsettled: bool) -> &'static str {
    match (disputed, unsettled) {
        (true, true) => ", disputed, and drawn kilometers apart in another edition",
        (true, false) => ", disputed",
        (false, true) => ", drawn kilometers apart in another edition",
        (false, false) => "",
    }
}

/// Every country that could be the nearest, with its interval.
fn possible_in_words(answer: &Answer) -> String {
    let one = |possible: &Possible| {
        let give = (possible.distance_high_m - possible.distance_m).max(1.0);
        let interval = span(possible.distance_low_m, possible.distance_high_m, give);
        format!("{} ({}) {interval}", possible.name, possible.country)
    };
    answer.could_be_nearest.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn spread_in_words(spread: &Spread) -> String {
    let said = |said: &kordon_borders::Said| {
        let accuracy_m = said.accuracy_m.unwrap_or(1.0);
        match (said.distance_m, said.reason) {
            (Some(meters), _) => {
                let country = said.country.as_deref().unwrap_or_default();
                format!(
                    "{} {} ±{} ({country})",
                    said.set,
                    about(meters, accuracy_m),
                    about(accuracy_m, accuracy_m)
                )
            }
            (None, Some("too-coarse")) => {
                format!(
                    "{} within {} of the border: this set cannot tell",
                    said.set,
                    about(accuracy_m, accuracy_m)
                )
            }
            (None, _) => format!("{} has no such territory", said.set),
        }
    };
    let sets: Vec<String> = spread.sets.iter().map(said).collect();
    let to = if spread.to == "nearest_foreign" { "the nearest foreign territory" } else { &spread.to };
    format!("In every set, to {to}: {}.", sets.join("; "))
}

/// An interval of lengths, rounded outward, since printing must not narrow it; its unit is said once where both ends
/// share it.
pub fn span(low_m: f64, high_m: f64, accuracy_m: f64) -> String {
    let step = quantum(accuracy_m);
    let (low, high) =
        (length((low_m / step).floor() * step, step), length((high_m / step).ceil() * step, step));
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((number, unit)), Some((_, same))) if unit == same => format!("{number}\u{2013}{high}"),
        _ => format!("{low}\u{2013}{high}"),
    }
}

/// A length with the digits that its accuracy deserves.
fn about(meters: f64, accuracy_m: f64) -> String {
    let step = quantum(accuracy_m);
    length((meters / step).round() * step, step)
}

/// The step to which a length of this accuracy is rounded: a tenth of the place of the accuracy's first digit.
fn quantum(accuracy_m: f64) -> f64 {
    10_f64.powf(accuracy_m.max(1.0).log10().floor() - 1.0).max(1.0)
}

/// A length that is a number of steps.
fn length(meters: f64, step: f64) -> String {
    if meters.abs() < 1000.0 {
        return format!("{meters:.0} m");
    }
    let decimals = (3.0 - step.log10()).clamp(0.0, 3.0) as usize;
    format!("{:.decimals$} km", meters / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_the_digits_that_its_accuracy_deserves() {
        assert_eq!(about(2221.1, 200.0), "2.22 km");
        assert_eq!(about(2221.1, 4000.0), "2.2 km");
        assert_eq!(about(254.2, 200.0), "250 m");
        assert_eq!(about(2_221_114.0, 1.0), "2221.114 km");
    }

    #[test]
    fn printing_never_narrows_an_interval() {
        assert_eq!(span(2021.1, 2421.1, 200.0), "2.02\u{2013}2.43 km");
        assert_eq!(span(0.0, 953.0, 700.0), "0\u{2013}960 m");
        assert_eq!(span(871.0, 1271.0, 200.0), "870 m\u{2013}1.28 km");
    }
}
