//! `kordon find`: the incidents that match, as a table for a person or as GeoJSON text, one Feature a line.

use std::io::{BufWriter, Write};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use comfy_table::{CellAlignment, Table, TableStyle};
use kordon_borders::{BorderSet, Nearest, Reach};
use kordon_incidents::Printable;
use kordon_server::Asked;
use kordon_store::{Options, Row, Store};

use crate::distance::span;
use crate::filter::Filter;
use crate::terminal::say;
use crate::when::WhenArgs;
use crate::{Done, StoreArg, open_store, sets};

/// List incidents.
#[derive(Args)]
pub struct Find {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    when: WhenArgs,
    #[command(flatten)]
    store: StoreArg,
    /// At most so many (default: 50 in a table, all as JSON)
    #[arg(long, env = "KORDON_LIMIT")]
    limit: Option<usize>,
    /// Print GeoJSON Features, one a line
    #[arg(long, env = "KORDON_JSON", conflicts_with = "count")]
    json: bool,
    /// Print only how many match
    #[arg(long, env = "KORDON_COUNT")]
    count: bool,
    /// Print only a text to cite the answer by; the day of reading is yours to add
    #[arg(long, env = "KORDON_CITE", conflicts_with_all = ["json", "count"])]
    cite: bool,
}

/// Opens a store to look at it: no lock that keeps a writer out, and nothing is made that was not there. Damage is told,
/// and the command ends with [`Done::SomeRefused`], so that a count of what is left does not pass for the whole.
pub fn look_into(store: &StoreArg) -> anyhow::Result<(Store, Arc<BorderSet>, Done)> {
    let borders = sets::default()?;
    let dir = &store.store;
    let opened = open_store(dir, &borders, Options { create: false, read_only: true })?;
    let damage = &opened.recovery().damage;
    if let Some(first) = damage.first() {
        say(&format!(
            "{}: damaged in {} places, of which the first is: {first}; what follows is what can still be read",
            dir.display(),
            damage.len()
        ));
    }
    let done = if damage.is_empty() { Done::All } else { Done::SomeRefused };
    Ok((opened, borders, done))
}

impl Find {
    pub fn run(self) -> anyhow::Result<Done> {
        let (store, borders, whole) = look_into(&self.store)?;
        let mut query = self.filter.query(&borders)?;
        let asked = self.when.ask(&store)?;
        let snapshot = &asked.snapshot;
        let mut out = BufWriter::new(std::io::stdout().lock());
        if self.count || self.cite {
            let count = snapshot.count(&query);
            if self.cite {
                let citation = asked.about(&borders, &self.filter.words(), count, None).citation;
                writeln!(out, "{}", citation.context("what is left of a damaged store is not to be cited")?)?;
            } else {
                writeln!(out, "{count}")?;
            }
            out.flush()?;
            return Ok(whole);
        }
        query.limit = self.limit.or((!self.json).then_some(50));
        let found = snapshot.find(&query);
        if self.json {
            for row in &found.rows {
                writeln!(out, "{}", snapshot.feature(row)?)?;
            }
        } else {
            writeln!(out, "{}", table(&found.rows, &borders))?;
        }
        out.flush()?;
        let info = borders.info();
        say(&format!(
            "{} of {} incidents; distances against {} {} ({}){}",
            found.rows.len(),
            found.matched,
            info.name,
            info.version,
            info.licence,
            named(&asked)
        ));
        Ok(whole)
    }
}

/// The name of what was looked at, as the end of a line.
pub fn named(asked: &Asked) -> String {
    asked.name.map_or_else(String::new, |name| format!("; snapshot {name}"))
}

fn table(rows: &[Row], borders: &BorderSet) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_header(["date (UTC)", "distance", "to", "title", "id"]);
    for row in rows {
        let nearest = row.to().or(row.nearest_foreign());
        let interval = nearest.zip(row.reach(borders));
        table.add_row([
            days(row.start_s(), row.end_s()),
            interval.map_or_else(|| "unknown".to_owned(), |(n, reach)| spread(n, reach, row.radius_m())),
            nearest.map_or_else(String::new, |n| borders.territory(n.territory).code.clone()),
            shortened(row.title()),
            row.id().to_string(),
        ]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A title that leaves room for its neighbors and cannot steer the terminal: control characters and marks that turn the
/// direction of text are spelled out. `--json` has it whole.
pub fn shortened(title: &str) -> String {
    const WIDTH: usize = 72;
    let mut out = String::new();
    for (i, c) in title.chars().enumerate() {
        if i == WIDTH {
            out.push('\u{2026}');
            break;
        }
        if Printable::is_plain(c) { out.push(c) } else { out.extend(c.escape_unicode()) }
    }
    out
}

/// A distance as the interval it deserves.
fn spread(nearest: &Nearest, reach: Reach, radius_m: Option<f64>) -> String {
    let radius_m = radius_m.unwrap_or_default();
    let sure = reach.interval(radius_m);
    if nearest.distance_m <= 0.0 && sure.high_m <= 0.0 {
        return "inside".to_owned();
    }
    span(sure.low_m, sure.high_m, radius_m + nearest.accuracy_m)
}

/// The UTC days of an interval, whose end is its first second no more: no closer than a month or a year that it fills.
fn days(start_s: i64, end_s: i64) -> String {
    let date = |seconds| {
        jiff::Timestamp::from_second(seconds).ok().map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date())
    };
    let Some((first, last)) = date(start_s).zip(date(end_s.saturating_sub(1).max(start_s))) else {
        return "?".to_owned();
    };
    if first == last {
        first.to_string()
    } else if (first, last) == (first.first_of_year(), first.last_of_year()) {
        first.strftime("%Y").to_string()
    } else if (first, last) == (first.first_of_month(), first.last_of_month()) {
        first.strftime("%Y-%m").to_string()
    } else {
        format!("{first}/{last}")
    }
}

/// The UTC day of a second since 1970.
pub fn day(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| "?".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kordon_incidents::EventDate;

    #[test]
    fn a_date_is_told_no_closer_than_it_is_known() {
        for (date, told) in [
            ("2024", "2024"),
            ("2024-02", "2024-02"),
            ("2024-02-29", "2024-02-29"),
            ("2024-05-01T10:20:00Z", "2024-05-01"),
            ("2024-05-01T01:00:00+03:00", "2024-04-30"),
        ] {
            let times = EventDate::parse(date).unwrap().times();
            assert_eq!(days(times.start_s, times.end_s), told, "{date}");
        }
        assert_eq!(days(1_714_521_600, 1_714_694_400), "2024-05-01/2024-05-02");
        assert_eq!(days(i64::MAX, i64::MAX), "?");
    }
}
