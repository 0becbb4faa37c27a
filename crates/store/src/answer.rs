//! The derived member `border` of a Feature: where the incident stands among the territories, in JSON.
//!
//! Every distance comes with its interval, from the radius of the place and the accuracy of the border;
//! meters are rounded to 0.1 mm and degrees to 1e-7, far below what either deserves.
//!
//! A page may have a hundred thousand of them, so names are made JSON once, and a rounded number is written as what it is:
//! a whole number of parts with a point in it. That is the shortest text that reads back as the same number, since two
//! decimals of at most 15 digits are never the same `f64`.

use std::sync::Arc;

use kordon_borders::{BorderSet, LonLat, Nearest, Reach, TerritoryId, push_rounded};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::names::{NONE, Symbol};
use crate::snapshot::{Context, Row};
use crate::told::Answered;

/// The answers of many rows to the target that a query asked about.
#[derive(Debug)]
pub(crate) struct Answers {
    /// How the target is called, and the same as JSON.
    name: String,
    json: String,
    found: Vec<Answered>,
}

impl Answers {
    pub fn new(name: String, found: Vec<Answered>) -> Self {
        Self { json: String::from_utf8_lossy(&json(&name)).into_owned(), name, found }
    }
}

/// The answer of one row: one of many that are held together, since as many small pieces of memory take longer than measuring.
#[derive(Clone, Debug)]
pub(crate) struct To {
    pub of: Arc<Answers>,
    /// In which of the lists, and where there.
    pub at: (u32, u32),
}

impl To {
    pub fn found(&self) -> Option<&Reached> {
        let (list, at) = self.at;
        self.of.found.get(list as usize)?.get(at as usize)?.as_ref()
    }
}

/// What was measured to.
#[derive(Clone, Debug)]
pub(crate) enum Reached {
    /// The outline of a territory, from one of the places; negative inside; and how near and far it may be from any of them.
    Territory(LonLat, Nearest, Reach),
    /// A place: how far, and at which azimuth.
    Place(LonLat, f64, Option<f64>),
}

/// An answer that is no territory's.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    Place {
        to: &'a str,
        distance_m: f64,
        distance_low_m: f64,
        distance_high_m: f64,
        nearest_point: [f64; 2],
        azimuth_deg: Option<f64>,
    },
    Unknown {
        to: &'a str,
        distance_m: Option<f64>,
    },
}

/// What is known of where a row is, from columns in which every row stands elsewhere: looked up for many rows at once, the processor
/// waits for the memory of many together.
pub(crate) struct Standing {
    place: Option<LonLat>,
    radius_m: Option<f64>,
    /// That of the nearest foreign territory.
    reach: Option<Reach>,
}

impl Standing {
    pub fn of(row: &Row, borders: &BorderSet) -> Self {
        Self {
            place: row.places().first().copied(),
            radius_m: row.radius_m(),
            reach: row.reach_foreign(borders),
        }
    }
}

/// Code and name of a territory, as JSON.
pub(crate) struct Named {
    code: String,
    name: String,
}

/// The names of all territories, by their numbers.
pub(crate) fn names(borders: &BorderSet) -> Vec<Named> {
    let named = |text: &str| String::from_utf8_lossy(&json(text)).into_owned();
    let territories = borders.territories().iter();
    territories.map(|one| Named { code: named(&one.code), name: named(&one.name) }).collect()
}

/// Writes the members `border` of rows.
pub(crate) struct Borders<'a> {
    context: &'a Context,
    /// The claimants of the row before, which mostly are the next one's.
    claims: (Symbol, Vec<u8>),
}

impl<'a> Borders<'a> {
    pub fn new(context: &'a Context) -> Self {
        Self { context, claims: (NONE, b"[]".to_vec()) }
    }

    /// Appends the member as the last one of a Feature, and its closing brace.
    pub fn end_with_border(&mut self, row: &Row, standing: &Standing, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"border\":");
        self.write(row, standing, out);
        out.push(b'}');
    }

    fn write(&mut self, row: &Row, standing: &Standing, out: &mut Vec<u8>) {
        let column = &row.part.columns.border[row.row];
        let Standing { place, radius_m, reach } = *standing;
        out.extend_from_slice(b"{\"territory\":");
        out.extend_from_slice(self.claims(column.claims));
        out.extend_from_slice(b",\"nearest_foreign\":");
        // Foreign territory is never entered, so the place itself is not told, whichever of several it was.
        match (&column.foreign, reach, place) {
            (Some(nearest), Some(reach), Some(place)) => {
                let country = &self.context.names[nearest.territory.index()].code;
                self.measure(country, (place, radius_m.unwrap_or_default()), (nearest, &reach), out);
            }
            _ => out.extend_from_slice(b"null"),
        }
        match (place, radius_m) {
            (None, _) => out.extend_from_slice(b",\"reason\":\"the place is not known\""),
            (_, None) => out.extend_from_slice(
                b",\"reason\":\"the place is known only as an area, so no point distance is claimed\"",
            ),
            (_, Some(_)) => {}
        }
        if let Some(to) = &row.to {
            out.extend_from_slice(b",\"to\":[");
            self.answer(to, radius_m.unwrap_or_default(), out);
            out.push(b']');
        }
        out.extend_from_slice(b",\"boundary\":");
        out.extend_from_slice(self.context.boundary().get().as_bytes());
        out.push(b'}');
    }

    fn claims(&mut self, symbol: Symbol) -> &[u8] {
        if self.claims.0 != symbol {
            let claims = self.context.claims.name(symbol);
            let code = |id: &TerritoryId| self.context.names[id.index()].code.as_str();
            let codes: Vec<&str> = claims.iter().flat_map(|ids| ids.iter()).map(code).collect();
            self.claims = (symbol, format!("[{}]", codes.join(",")).into_bytes());
        }
        &self.claims.1
    }

    fn answer(&self, to: &To, radius_m: f64, out: &mut Vec<u8>) {
        let answer = match to.found() {
            Some(Reached::Territory(from, nearest, reach)) => {
                return self.measure(&to.of.json, (*from, radius_m), (nearest, reach), out);
            }
            Some(Reached::Place(place, meters, azimuth_deg)) => {
                let interval = Reach::around(*meters, 0.0).interval(radius_m);
                Answer::Place {
                    to: &to.of.name,
                    distance_m: rounded(*meters),
                    distance_low_m: rounded(interval.low_m),
                    distance_high_m: rounded(interval.high_m),
                    nearest_point: [place.lon(), place.lat()],
                    azimuth_deg: azimuth_deg.map(rounded),
                }
            }
            None => Answer::Unknown { to: &to.of.name, distance_m: None },
        };
        out.extend(json(&answer));
    }

    /// What [`BorderSet::measure`] says, as JSON: `to` is that already; from a place with a radius.
    fn measure(
        &self,
        to: &str,
        (place, radius_m): (LonLat, f64),
        (nearest, reach): (&Nearest, &Reach),
        out: &mut Vec<u8>,
    ) {
        let Named { code, name } = &self.context.names[nearest.territory.index()];
        let signed_m = nearest.distance_m;
        let is_inside = signed_m.is_sign_negative();
        let around = reach.interval(radius_m);
        let point = if is_inside { place } else { nearest.point };
        for (member, text) in [("{\"to\":", to), (",\"country\":", code), (",\"name\":", name)] {
            out.extend_from_slice(member.as_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        for (member, meters) in [
            (",\"distance_m\":", signed_m.max(0.0)),
            (",\"signed_distance_m\":", signed_m),
            (",\"distance_low_m\":", around.low_m),
            (",\"distance_high_m\":", around.high_m),
        ] {
            out.extend_from_slice(member.as_bytes());
            push_json::<4>(out, meters);
        }
        out.extend_from_slice(b",\"nearest_point\":[");
        push_json::<7>(out, point.lon());
        out.push(b',');
        push_json::<7>(out, point.lat());
        out.extend_from_slice(b"],\"azimuth_deg\":");
        match nearest.azimuth_deg.filter(|_| !is_inside) {
            // What is rounded to a full turn is north.
            Some(azimuth_deg) if rounded(azimuth_deg) >= 360.0 => push_json::<4>(out, 0.0),
            Some(azimuth_deg) => push_json::<4>(out, azimuth_deg),
            None => out.extend_from_slice(b"null"),
        }
        let side = reach.side(radius_m);
        for (member, word) in [(",\"kind\":\"", nearest.kind.as_str()), ("\",\"side\":\"", side.as_str())] {
            out.extend_from_slice(member.as_bytes());
            out.extend_from_slice(word.as_bytes());
        }
        out.extend_from_slice(b"\",\"accuracy_m\":");
        if nearest.accuracy_m == nearest.accuracy_m.trunc() {
            push_json::<4>(out, nearest.accuracy_m);
        } else {
            out.extend(json(&nearest.accuracy_m));
        }
        for (member, holds) in [(",\"disputed\":", nearest.disputed), (",\"unsettled\":", nearest.unsettled)]
        {
            out.extend_from_slice(member.as_bytes());
            out.extend_from_slice(if holds { b"true".as_slice() } else { b"false" });
        }
        out.push(b'}');
    }
}

/// A number, a text or an [`Answer`] as JSON.
fn json<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec())
}

/// How near and how far the nearest foreign territory may be from the nearest of some places, when `nearest` is it by the file.
pub(crate) fn reach_foreign(borders: &BorderSet, places: &[LonLat], nearest: &Nearest) -> Reach {
    let [place] = places else {
        let of = |place: &LonLat| {
            let nearest = borders.nearest_foreign(*place, f64::INFINITY)?;
            Some(borders.reach_foreign(*place, &nearest))
        };
        let all = places.iter().filter_map(of).reduce(nearer);
        return all.unwrap_or(Reach::around(nearest.distance_m, nearest.accuracy_m));
    };
    borders.reach_foreign(*place, nearest)
}

/// The reach from the nearer of two places, whichever that is.
pub(crate) fn nearer(a: Reach, b: Reach) -> Reach {
    Reach { low_m: a.low_m.min(b.low_m), high_m: a.high_m.min(b.high_m) }
}

fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}

/// Appends a number rounded to so many decimals, as serde writes it.
fn push_json<const DECIMALS: usize>(out: &mut Vec<u8>, number: f64) {
    let parts_of_one = 10_f64.powi(DECIMALS as i32);
    let parts = number * parts_of_one;
    // Longer ones have no room for the proof above; very small ones are written with an exponent.
    if parts.abs() < 0.5 || (1e-3..1e15 / parts_of_one).contains(&number.abs()) {
        push_rounded::<DECIMALS>(out, number);
    } else {
        out.extend(json(&(parts.round() / parts_of_one)));
    }
}

/// The member `boundary` of every answer.
pub(crate) fn boundary(borders: &BorderSet) -> Box<RawValue> {
    serde_json::value::to_raw_value(&borders.boundary()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use kordon_borders::Kind;

    use super::*;

    /// Numbers of all sizes, round ones and those at the edges among them.
    fn numbers() -> impl Iterator<Item = f64> {
        let odd = [
            0.0, 1e-9, 1e-7, 4.9e-5, 5e-5, 1e-4, 9.9999e-4, 1e-3, 0.1, 0.5, 1.0, 99.99995, 359.99996, 2e7,
            1e12,
        ];
        let share =
            |number: u64| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64;
        let any = (1..20_000).map(move |number| share(number) * 10_f64.powi((number % 13) as i32 - 4));
        odd.into_iter().chain(any).flat_map(|number| [number, -number])
    }

    #[test]
    fn a_rounded_number_is_written_as_serde_writes_it() {
        for number in numbers() {
            let (mut meters, mut degrees) = (Vec::new(), Vec::new());
            push_json::<4>(&mut meters, number);
            push_json::<7>(&mut degrees, number);
            let plain = |parts: f64| json(&((number * parts).round() / parts + 0.0));
            assert_eq!((meters, degrees), (plain(1e4), plain(1e7)), "{number}");
        }
    }

    #[test]
    fn a_measure_is_written_as_serde_writes_it() {
        let borders = Arc::new(BorderSet::natural_earth().unwrap());
        let context = Context::new(Arc::clone(&borders), Arc::default());
        let written = Borders::new(&context);
        let codes: Vec<&str> = borders.territories().iter().map(|one| one.code.as_str()).collect();
        for (at, number) in numbers().filter(|number| number.abs() < 2.1e7).enumerate() {
            let nearest = Nearest {
                territory: borders.find(codes[at % codes.len()]).unwrap(),
                distance_m: number,
                point: LonLat::new(number % 180.0, (number * 7.0) % 90.0).unwrap(),
                azimuth_deg: (at % 5 > 0).then_some(number.abs() * 11.0 % 360.0),
                kind: [Kind::Land, Kind::RiverOrLake, Kind::Maritime][at % 3],
                accuracy_m: [200.0, 12.5, 0.0, 2_000.0][at % 4],
                disputed: at % 2 == 0,
                unsettled: at % 7 == 0,
            };
            let from = (LonLat::new((number * 3.0) % 180.0, 45.0).unwrap(), [0.0, 150.0, 25_000.0][at % 3]);
            let reach = Reach { low_m: number - 900.0, high_m: number + 250.0 };
            let mut out = Vec::new();
            written.measure("\"a \\\"set\\\"\"", from, (&nearest, &reach), &mut out);
            let plain = json(&borders.measure("a \"set\"".into(), from.0, from.1, &nearest, &reach));
            assert_eq!(String::from_utf8(out).unwrap(), String::from_utf8(plain).unwrap());
        }
    }
}
