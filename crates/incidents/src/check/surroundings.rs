//! What a record says beside what is known without it: the borders, and the day.
//!
//! A place outside of the country that the record names is a warning, with the meters; when the pair swapped lies in that
//! country, it is a fault, since that is what swapped columns look like. A date that is still to come, and a radius smaller
//! than the source can know, are warnings. A place that is only named is looked up (`named`), and the
//! units that a place lies in (`admin`). Cost: one question to the borders for each place of a record that names its country.

use super::desk::{Desk, ROOT, Repair};
use super::named::NamedPlaces;
use super::{Checked, admin, named};
use crate::fault::Fault;
use crate::incident::{Incident, RadiusOrigin};
use crate::report::{Fix, Report};
use crate::units::AdminUnits;
use kordon_borders::{BorderSet, LonLat, Target};

/// What is known without the record.
#[derive(Clone, Copy)]
pub struct Surroundings<'s> {
    /// Where countries lie.
    pub borders: &'s BorderSet,
    /// Where named places lie; `None` looks none up.
    pub places: Option<&'s NamedPlaces<'s>>,
    /// Administrative units; `None` when there is no layer of them.
    pub units: Option<&'s AdminUnits>,
    /// The time at which the record is read, in seconds since 1970; `None` when it is not known.
    pub now_s: Option<i64>,
}

/// Looks at a record that passed by itself, and adds to its warnings.
///
/// # Errors
///
/// A place that looks swapped, unless [`Fix::SwapCoordinates`] is asked for: then the record is repaired.
pub fn check_among(
    mut checked: Checked,
    report: &Report,
    around: &Surroundings<'_>,
) -> Result<Checked, Vec<Fault>> {
    let mut desk = Desk::new(report);
    if let Some(places) = around.places {
        named::look_up(&mut desk, &mut checked.incident, places);
    }
    place_in_country(&mut desk, &mut checked.incident, around.borders);
    if let Some(units) = around.units {
        let gazetteer = around.places.map(NamedPlaces::gazetteer);
        admin::look_up(&mut desk, &mut checked.incident, units, gazetteer);
    }
    let incident = &checked.incident;
    if let Some(now_s) = around.now_s
        && incident.properties.date_start.times().start_s > now_s
    {
        let problem = format!("{} is still to come", incident.properties.date_start);
        let at = desk.at_of("date_start");
        desk.warn(at, &ROOT.name("date_start"), problem, "check the year");
    }
    radius(&mut desk, &checked.incident, checked.decimals);
    let Desk { faults, warnings, repairs, credits, .. } = desk;
    checked.warnings.extend(warnings);
    checked.credits = credits;
    checked.repairs.extend(repairs.into_iter().map(|Repair { told, kept }| {
        Repair::keep_in(&mut checked.incident.properties.extra, kept);
        told
    }));
    if faults.is_empty() { Ok(checked) } else { Err(faults) }
}

fn place_in_country(desk: &mut Desk<'_>, incident: &mut Incident, borders: &BorderSet) {
    let Some(country) = incident.properties.country.clone() else { return };
    let Ok(target) = borders.target(&country, None) else { return };
    let radius_m = incident.radius().meters.unwrap_or_default();
    for index in 0..incident.places.len() {
        let place = incident.places[index];
        let Some(nearest) = borders.nearest_to(place, &target, f64::INFINITY) else { continue };
        if nearest.distance_m <= radius_m + nearest.accuracy_m {
            continue;
        }
        let km = distance_in_words(nearest.distance_m);
        let (at, path) = (desk.at_of("lon"), ROOT.name("geometry"));
        let swapped =
            LonLat::new(place.lat(), place.lon()).ok().filter(|swapped| lies_in(borders, *swapped, &target));
        match swapped {
            Some(swapped) if desk.fixes(Fix::SwapCoordinates) => {
                let pair = |place: LonLat| format!("{}, {}", place.lon(), place.lat());
                desk.repaired(Fix::SwapCoordinates, at, &path, &pair(place), &pair(swapped));
                incident.places[index] = swapped;
            }
            Some(_) => {
                let problem = format!(
                    "longitude {} and latitude {} look swapped: as they stand they lie {km} outside of {country}, and swapped within it",
                    place.lon(),
                    place.lat()
                );
                desk.fault(
                    at,
                    &path,
                    problem,
                    "longitude comes first, then latitude; or --fix swap-coordinates",
                );
            }
            None => {
                let problem = format!("lies {km} outside of {country}, which the record names");
                desk.warn(at, &path, problem, "is the country right, and the place?");
            }
        }
    }
}

fn lies_in(borders: &BorderSet, place: LonLat, target: &Target) -> bool {
    borders.nearest_to(place, target, 1.0).is_some_and(|nearest| nearest.distance_m == 0.0)
}

fn distance_in_words(meters: f64) -> String {
    if meters < 10_000.0 { format!("{meters:.0} m") } else { format!("{:.0} km", meters / 1_000.0) }
}

/// A stated radius against what the method, the code or the digits of the place allow.
fn radius(desk: &mut Desk<'_>, incident: &Incident, decimals: Option<usize>) {
    let Some(stated) = incident.properties.location_radius_m else { return };
    let mut without = incident.clone();
    without.properties.location_radius_m = None;
    let derived = without.radius();
    let told =
        |why| matches!(why, RadiusOrigin::GeoPrecision | RadiusOrigin::WherePrec | RadiusOrigin::Method);
    let least = match derived.meters {
        Some(meters) if told(derived.why) && stated * 10.0 < meters => {
            Some((meters, "its method or precision code stands for"))
        }
        None if told(derived.why) && stated < 1_000.0 => {
            Some((1_000.0, "a place known only as a region allows"))
        }
        _ => decimals
            .map(half_unit_m)
            .filter(|coarse| stated < *coarse)
            .map(|coarse| (coarse, "the digits of its coordinates allow")),
    };
    if let Some((least, why)) = least {
        let at = desk.at_of("location_radius_m");
        let problem = format!("{stated} m is less than {least:.0} m, which {why}");
        desk.warn(at, &ROOT.name("location_radius_m"), problem, "give the radius that holds the true place");
    }
}

/// Half a unit of the last of so many digits behind the point, in meters.
fn half_unit_m(decimals: usize) -> f64 {
    0.5 * 111_000.0 * 10_f64.powi(-i32::try_from(decimals).unwrap_or(20))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::check::sound::workbook;
    use crate::*;
    use kordon_gazetteer::Gazetteer;
    use std::sync::LazyLock;

    static BORDERS: LazyLock<BorderSet> = LazyLock::new(|| BorderSet::default_set().unwrap());

    /// A row, read with these repairs.
    pub(in crate::check) fn row(header: &str, cells: &str, fixes: &[Fix]) -> Result<Checked, Vec<Fault>> {
        row_among(header, cells, fixes, None)
    }

    /// The same, where these units are.
    pub(in crate::check) fn row_among(
        header: &str,
        cells: &str,
        fixes: &[Fix],
        units: Option<&AdminUnits>,
    ) -> Result<Checked, Vec<Fault>> {
        let text = format!("{header}\n{cells}\n");
        let options = ReadOptions { file: "a.csv".into(), fixes: fixes.to_vec(), ..ReadOptions::default() };
        let report = read(text.as_bytes(), &options).unwrap().next().unwrap().unwrap();
        let checked = check(&report, &mut || IncidentId::from_random([3; 16]))?;
        let places = NamedPlaces::new(Gazetteer::shipped().unwrap());
        let now_s = Some(1_764_000_000);
        let around = Surroundings { borders: &BORDERS, places: Some(&places), units, now_s };
        check_among(checked, &report, &around)
    }

    const HEADER: &str = "id,lon,lat,date,title,country,location_radius_m,geo_precision";

    #[test]
    fn a_place_outside_of_its_country_is_a_warning_with_the_meters() {
        let inside = row(HEADER, "1,28.8372,45.3512,2024,x,UKR,,", &[]).unwrap();
        assert_eq!(inside.warnings, []);
        let outside = row(HEADER, "1,28.8,45.17,2024,x,UKR,100,", &[]).unwrap();
        let told = outside.warnings[0].to_string();
        assert!(told.starts_with("a.csv:2:2: geometry: lies ") && told.contains(" outside of UKR"), "{told}");
        let near = row(HEADER, "1,28.8,45.17,2024,x,UKR,,2", &[]).unwrap();
        assert_eq!(near.warnings, [], "within its own radius of 25 km nothing is certain");
        let unknown = row(HEADER, "1,28.8,45.17,2024,x,XXX,,", &[]).unwrap();
        let told: Vec<String> = unknown.warnings.iter().map(ToString::to_string).collect();
        assert!(told.len() == 1 && told[0].contains("no country code of ISO 3166-1"), "{told:?}");
        let named = row(HEADER, "1,28.8,45.17,2024,x,Україна,100,", &[]).unwrap();
        assert!(named.warnings[0].to_string().contains(" outside of UKR"), "a name is a country too");
        let faults = row(HEADER, "1,45.35,28.84,2024,x,Ukraine,,", &[]).unwrap_err();
        assert!(faults[0].to_string().contains("look swapped"), "{}", faults[0]);
    }

    #[test]
    fn swapped_coordinates_are_a_fault_and_are_repaired_when_that_is_asked_for() {
        let faults = row(HEADER, "1,50.4501,30.5234,2024,x,UKR,,", &[]).unwrap_err();
        assert!(faults[0].to_string().contains("look swapped"), "{}", faults[0]);
        for cells in ["1,50.4501,30.5234,2024,x,UKR,,", "1,12.5,128.5,2024,x,,,"] {
            let mended = row(HEADER, cells, &[Fix::SwapCoordinates]).unwrap();
            assert!(mended.repairs[0].to_string().contains("swap-coordinates: \""), "{}", mended.repairs[0]);
            assert!(mended.incident.places[0].lon() > mended.incident.places[0].lat() - 30.0);
            let kept = &mended.incident.properties.extra["repairs"][0];
            assert_eq!(kept["fix"], "swap-coordinates");
            assert!(kept["old"].as_str().unwrap().starts_with(&cells[2..6]), "{kept}");
        }
    }

    #[test]
    fn repairs_are_made_by_name_only_and_told_with_old_and_new() {
        let rows = [
            (HEADER, "1,28.8,45.3,2024,\u{200b}Port,,,", Fix::Trim, "Port"),
            (HEADER, "1,28.8,45.3,2024-05-01 10:20,x,,,", Fix::Utc, "2024-05-01T10:20:00Z"),
            (HEADER, "1,28.8,45.3,05/13/2024 10:20,x,,,", Fix::Utc, "2024-05-13T10:20:00Z"),
            (HEADER, "1,28.8,45.3,13.05.2024 7:20:30 PM,x,,,", Fix::Utc, "2024-05-13T19:20:30Z"),
        ];
        for (header, cells, fix, new) in rows {
            let before = row(header, cells, &[]).unwrap();
            assert_eq!(before.repairs, []);
            let after = row(header, cells, &[fix]).unwrap();
            assert_eq!(after.repairs.len(), 1);
            assert_eq!(after.incident.properties.extra["repairs"][0]["new"], new);
            assert_ne!(after.incident.properties, before.incident.properties);
        }
        let json = r#"{"type":"Feature","geometry":{"type":"Point","coordinates":["28,8","45.3"]},"properties":{"title":"x","date_start":"2024"}}"#;
        let options = |fixes: &[Fix]| ReadOptions { fixes: fixes.to_vec(), ..ReadOptions::default() };
        let new_id = || IncidentId::from_random([3; 16]);
        assert!(check_one(json.as_bytes(), &options(&[]), &mut { new_id }).is_err());
        let mended = check_one(json.as_bytes(), &options(&[Fix::DecimalComma]), &mut { new_id }).unwrap();
        assert_eq!((mended.repairs.len(), mended.incident.places[0].lon()), (2, 28.8));
        let table = "id,lon,lat,date,title\n1,1,2,25/12/2023,x\n2,1,2,01/13/2024,x\n";
        let dmy = ReadOptions { date_order: Some(DateOrder::Dmy), ..options(&[Fix::DayMonth]) };
        let dates: Vec<String> = read(table.as_bytes(), &dmy)
            .unwrap()
            .map(|report| {
                check(&report.unwrap(), &mut { new_id }).unwrap().incident.properties.date_start.to_string()
            })
            .collect();
        assert_eq!(dates, ["2023-12-25", "2024-01-13"]);
    }

    #[test]
    fn a_day_to_come_and_a_radius_too_small_are_warnings() {
        for (cells, says) in [
            ("1,28.83721,45.35122,2031-01-01,x,,,", "2031-01-01 is still to come"),
            ("1,28.83721,45.35122,2024,x,,100,2", "100 m is less than 25000 m"),
            ("1,28.83721,45.35122,2024,x,,100,3", "known only as a region"),
            ("1,28.8,45.4,2024,x,,50,", "the digits of its coordinates allow"),
        ] {
            let told = row(HEADER, cells, &[]).unwrap().warnings;
            assert_eq!(told.len(), 1, "{cells}: {told:?}");
            assert!(told[0].to_string().contains(says), "{}", told[0]);
        }
        assert_eq!(row(HEADER, "1,28.83721,45.35122,2024,x,,5000,1", &[]).unwrap().warnings, []);
    }

    /// `28.8000` was taken for a place with one digit, and a radius of 50 m was said to be too small for it.
    #[test]
    fn digits_count_as_they_were_written_and_where_nobody_wrote_them_nothing_is_said() {
        let warned = |cells: &str| !row(HEADER, cells, &[]).unwrap().warnings.is_empty();
        assert!(!warned("1,28.8000,45.4000,2024,x,,50,"), "four digits are 5.5 m");
        assert!(!warned("1,\"28,80000\",45.4,2024,x,,50,"), "the finer of the two counts");
        assert!(warned("1,28.8,45.4,2024,x,,50,"));
        assert!(warned("1,28,45,2024,x,,50,"));
        assert!(!warned("1,28°48'00\"E,45°24'00\"N,2024,x,,50,"), "seconds are no digits");
        let of_file = |file: &str, bytes: &[u8]| {
            let options = ReadOptions { file: file.into(), ..ReadOptions::default() };
            let report = read(bytes, &options).unwrap().next().unwrap().unwrap();
            let checked = check(&report, &mut || IncidentId::from_random([3; 16])).unwrap();
            let around = Surroundings { borders: &BORDERS, places: None, units: None, now_s: None };
            let warnings = check_among(checked, &report, &around).unwrap().warnings;
            warnings.iter().any(|warning| warning.to_string().contains("the digits of its coordinates"))
        };
        let feature = |lon: &str, lat: &str| {
            format!(
                r#"{{"type":"Feature","geometry":{{"type":"Point","coordinates":[{lon},{lat}]}},"properties":{{"title":"x","date_start":"2024","location_radius_m":50}}}}"#
            )
        };
        let point = |lon: &str, lat: &str| {
            format!(
                "<kml><Placemark><name>x</name><TimeStamp><when>2024</when></TimeStamp><ExtendedData><Data name=\"location_radius_m\"><value>50</value></Data></ExtendedData><Point><coordinates>{lon},{lat}</coordinates></Point></Placemark></kml>"
            )
        };
        let sheet = |lon: &str, lat: &str| {
            let cell = |at: &str, value: &str| format!("<c r=\"{at}\" t=\"str\"><v>{value}</v></c>");
            let head = ["lon", "lat", "date", "title", "location_radius_m"];
            let head: String =
                "ABCDE".chars().zip(head).map(|(c, name)| cell(&format!("{c}1"), name)).collect();
            let row = format!(
                "<c r=\"A2\"><v>{lon}</v></c><c r=\"B2\"><v>{lat}</v></c>{}{}<c r=\"E2\"><v>50</v></c>",
                cell("C2", "2024"),
                cell("D2", "x")
            );
            workbook(&format!("<row r=\"1\">{head}</row><row r=\"2\">{row}</row>"))
        };
        let wkt = "wkt,date,title,location_radius_m\nPOINT (28.8 45.4),2024,x,50\n";
        assert!(of_file("a.csv", wkt.as_bytes()));
        assert!(!of_file("a.csv", wkt.replace("28.8 45.4", "28.8000 45.4000").as_bytes()));
        assert!(of_file("a.ndjson", feature("28.8", "45.4").as_bytes()));
        assert!(!of_file("a.ndjson", feature("28.8000", "45.4000").as_bytes()));
        assert!(of_file("a.kml", point("28.8", "45.4").as_bytes()));
        assert!(!of_file("a.kml", point("28.8000", "45.4000").as_bytes()));
        assert!(!of_file("a.xlsx", &sheet("28.8", "45.4")), "a sheet has no zeros at the end of a number");
    }
}
