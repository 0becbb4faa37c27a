//! The administrative units of a user's layer beside what the record says of them.
//!
//! A unit is taken as that of the record only where it is certain: every place of the record lies in it, and the circle of its
//! radius touches no other unit of that level. [`Fix::Admin`] then fills names and P-codes that are missing. What the record says
//! is never replaced. A stated P-code that is of no unit which the circle touches is a warning.
//!
//! A place known only as a region is left alone: the point that stands for it says nothing.

use super::desk::{Desk, ROOT};
use crate::incident::{Incident, Properties};
use crate::json::shown;
use crate::report::Fix;
use crate::units::{AdminUnit, AdminUnits, UnitName};
use kordon_gazetteer::{Gazetteer, is_same_unit};

/// The levels that a record has fields for.
#[derive(Clone, Copy)]
enum Level {
    First,
    Second,
}

impl Level {
    fn of(self, unit: &AdminUnit) -> &UnitName {
        match self {
            Level::First => &unit.admin1,
            Level::Second => &unit.admin2,
        }
    }

    /// The names of its fields: name, P-code.
    fn fields(self) -> [&'static str; 2] {
        match self {
            Level::First => ["admin1", "admin1_pcode"],
            Level::Second => ["admin2", "admin2_pcode"],
        }
    }

    fn values(self, p: &mut Properties) -> [&mut Option<String>; 2] {
        match self {
            Level::First => [&mut p.admin1, &mut p.admin1_pcode],
            Level::Second => [&mut p.admin2, &mut p.admin2_pcode],
        }
    }
}

pub(super) fn look_up(
    desk: &mut Desk<'_>,
    incident: &mut Incident,
    units: &AdminUnits,
    gazetteer: Option<&Gazetteer>,
) {
    let Some(radius_m) = incident.radius().meters.filter(|_| !incident.places.is_empty()) else { return };
    let mut touched: Vec<&AdminUnit> = Vec::new();
    for place in &incident.places {
        touched.extend(units.within(*place, radius_m));
    }
    let mut is_told = true;
    for level in [Level::First, Level::Second] {
        let named: Vec<&AdminUnit> =
            touched.iter().copied().filter(|unit| !level.of(unit).is_empty()).collect();
        // Where a unit above is another than the record's, what lies in it says nothing.
        is_told = is_told && !contradicts(desk, level, &mut incident.properties, &named);
        let everywhere = || {
            let holds = |unit: &&AdminUnit| !level.of(unit).is_empty();
            incident.places.iter().all(|place| units.holding(*place).iter().any(holds))
        };
        if is_told
            && desk.fixes(Fix::Admin)
            && let Some(unit) = the_one(&named, level)
            && everywhere()
            && is_of_country(unit, incident.properties.country.as_deref(), gazetteer)
        {
            is_told = fill(desk, level, &mut incident.properties, unit);
        }
    }
}

/// Warns of a stated P-code that none of these units has; whether it did.
fn contradicts(desk: &mut Desk<'_>, level: Level, p: &mut Properties, named: &[&AdminUnit]) -> bool {
    let [_, field] = level.fields();
    let [_, stated] = level.values(p);
    let Some(stated) = stated else { return false };
    let mut others = named.iter().filter_map(|unit| {
        let UnitName { name, pcode } = level.of(unit);
        Some((pcode.as_deref()?, name.as_deref().unwrap_or("without a name")))
    });
    let Some(first) = others.clone().next() else { return false };
    if others.any(|(pcode, _)| same_code(pcode, stated)) {
        return false;
    }
    let (pcode, name) = first;
    let problem = format!("is {}, and the place lies in {pcode} ({name})", shown(stated));
    let at = desk.at_of(field);
    desk.warn(at, &ROOT.name(field), problem, "is the code right, and the place?");
    true
}

/// The unit that all of these are of, by its code or else its name; of two layers that have it, what the first says.
fn the_one<'u>(named: &[&'u AdminUnit], level: Level) -> Option<&'u AdminUnit> {
    let first = *named.first()?;
    let same = |unit: &&AdminUnit| {
        let (a, b) = (level.of(first), level.of(unit));
        match (&a.pcode, &b.pcode) {
            (Some(a), Some(b)) => same_code(a, b),
            _ => a.name == b.name,
        }
    };
    named.iter().all(same).then_some(first)
}

/// Fills what is missing, unless what is stated is of another unit; whether it is not.
fn fill(desk: &mut Desk<'_>, level: Level, p: &mut Properties, of: &AdminUnit) -> bool {
    let unit = level.of(of);
    let stated = level.values(p).map(|stated| stated.clone());
    let [name, pcode] = &stated;
    // What is filled must be of the unit that is stated.
    if name.as_ref().zip(unit.name.as_ref()).is_some_and(|(stated, name)| !is_same_unit(stated, name))
        || pcode.as_ref().zip(unit.pcode.as_ref()).is_some_and(|(stated, pcode)| !same_code(stated, pcode))
        || pcode.is_some() && unit.pcode.is_none()
        || name.is_some() && unit.name.is_none()
    {
        return false;
    }
    let found = [&unit.name, &unit.pcode];
    for ((field, value), found) in level.fields().into_iter().zip(level.values(p)).zip(found) {
        if let (None, Some(found)) = (&value, found) {
            let at = desk.at_of(field);
            desk.repaired(Fix::Admin, at, &ROOT.name(field), "", found);
            desk.credit(of.credit.as_ref());
            *value = Some(found.clone());
        }
    }
    true
}

/// Codes are the same with and without a hyphen: `UA-51`, `UA51`.
fn same_code(a: &str, b: &str) -> bool {
    let letters = |code: &str| -> Vec<u8> {
        code.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_uppercase()).collect()
    };
    letters(a) == letters(b)
}

/// Whether the unit is not known to be of another country than the record's.
fn is_of_country(unit: &AdminUnit, stated: Option<&str>, gazetteer: Option<&Gazetteer>) -> bool {
    let (Some(of), Some(stated), Some(gazetteer)) = (unit.country.as_deref(), stated, gazetteer) else {
        return true;
    };
    match (gazetteer.country(of), gazetteer.country(stated)) {
        (Some(of), Some(stated)) => of == stated,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_same_unit, same_code};
    use crate::check::surroundings::tests::row_among;
    use crate::units::{AdminUnit, AdminUnits, UnitName};
    use crate::*;

    const HEADER: &str =
        "id,date,title,lon,lat,location_radius_m,country,admin1,admin1_pcode,admin2,admin2_pcode";

    fn unit(admin1: [&str; 2], admin2: [&str; 2], west: f64, east: f64) -> (AdminUnit, units::Rings) {
        let named =
            |[name, pcode]: [&str; 2]| UnitName { name: Some(name.into()), pcode: Some(pcode.into()) };
        let ring = vec![[west, 45.0], [east, 45.0], [east, 46.0], [west, 46.0], [west, 45.0]];
        let unit = AdminUnit {
            country: Some("UA".into()),
            admin1: named(admin1),
            admin2: named(admin2),
            credit: Some("© A made-up survey".into()),
        };
        (unit, vec![ring])
    }

    fn layer() -> AdminUnits {
        AdminUnits::new([
            unit(["Odeska", "UA51"], ["Izmailskyi", "UA5108"], 28.0, 29.0),
            unit(["Odeska", "UA51"], ["Bolhradskyi", "UA5104"], 29.0, 30.0),
            unit(["Mykolaivska", "UA48"], ["Mykolaivskyi", "UA4806"], 30.0, 31.0),
        ])
    }

    fn checked(cells: &str, fixes: &[Fix]) -> Checked {
        row_among(HEADER, cells, fixes, Some(&layer())).unwrap()
    }

    fn admin(checked: &Checked) -> [Option<&str>; 4] {
        let p = &checked.incident.properties;
        [&p.admin1, &p.admin1_pcode, &p.admin2, &p.admin2_pcode].map(|value| value.as_deref())
    }

    #[test]
    fn what_is_missing_is_filled_when_that_is_asked_for_and_told_as_repairs() {
        let cells = "1,2024,x,28.51234,45.51234,1000,UKR,,,,";
        assert_eq!(admin(&checked(cells, &[])), [None; 4]);
        let filled = checked(cells, &[Fix::Admin]);
        let whole = [Some("Odeska"), Some("UA51"), Some("Izmailskyi"), Some("UA5108")];
        assert_eq!(admin(&filled), whole);
        assert_eq!(filled.repairs.len(), 4);
        assert_eq!(filled.incident.properties.extra["repairs"][1]["fix"], "admin");
        assert_eq!(filled.incident.properties.extra["repairs"][1]["field"], "admin1_pcode");
        assert_eq!(filled.incident.properties.extra["repairs"][1]["credit"], "© A made-up survey");
        assert_eq!(filled.credits, ["© A made-up survey".into()], "once, however much was taken");
        assert!(checked(cells, &[]).credits.is_empty(), "what gave nothing needs no credit");
        assert!(
            filled.repairs[1].to_string().contains("admin: \"\" became \"UA51\""),
            "{}",
            filled.repairs[1]
        );
        // What is stated stays as it is written, also in another script, and its code comes beside it.
        let beside = checked("1,2024,x,28.51234,45.51234,1000,UKR,Одеська область,,,", &[Fix::Admin]);
        assert_eq!(admin(&beside), [Some("Одеська область"), whole[1], whole[2], whole[3]]);
    }

    #[test]
    fn what_is_not_certain_or_contradicts_is_not_filled() {
        for (cells, after) in [
            // The circle reaches into another district of the same region.
            ("1,2024,x,28.99123,45.51234,2000,UKR,,,,", [Some("Odeska"), Some("UA51"), None, None]),
            // And into another region.
            ("1,2024,x,29.99123,45.51234,2000,UKR,,,,", [None; 4]),
            // It lies outside, and only touches.
            ("1,2024,x,27.99123,45.51234,2000,UKR,,,,", [None; 4]),
            // The name is of another unit.
            ("1,2024,x,28.51234,45.51234,1000,UKR,Khersonska,,,", [Some("Khersonska"), None, None, None]),
            // The name begins alike, and is of another unit.
            (
                "1,2024,x,28.51234,45.51234,1000,UKR,,,Izmirskyi,",
                [Some("Odeska"), Some("UA51"), Some("Izmirskyi"), None],
            ),
            // The code is of another unit: nothing below it is filled either.
            ("1,2024,x,28.51234,45.51234,1000,UKR,,UA48,,", [None, Some("UA48"), None, None]),
            // The country is another.
            ("1,2024,x,28.51234,45.51234,1000,ROU,,,,", [None; 4]),
        ] {
            assert_eq!(admin(&checked(cells, &[Fix::Admin])), after, "{cells}");
        }
    }

    #[test]
    fn a_code_of_another_unit_than_the_places_is_a_warning() {
        let told = |cells: &str| {
            let warnings = checked(cells, &[]).warnings;
            warnings.iter().map(ToString::to_string).filter(|told| told.contains("pcode")).collect::<Vec<_>>()
        };
        let warned = told("1,2024,x,28.51234,45.51234,1000,UKR,,UA48,,UA5108");
        assert_eq!(warned.len(), 1, "{warned:?}");
        assert!(warned[0].starts_with("a.csv:2:9: admin1_pcode: "), "{warned:?}");
        assert!(warned[0].contains("is \"UA48\", and the place lies in UA51 (Odeska)"), "{warned:?}");
        assert_eq!(told("1,2024,x,28.51234,45.51234,1000,UKR,,UA51,,UA4806").len(), 1);
        for quiet in [
            "1,2024,x,28.51234,45.51234,1000,UKR,,ua-51,,UA5108", // The same code.
            "1,2024,x,29.99123,45.51234,2000,UKR,,UA48,,UA4806",  // Within its circle.
            "1,2024,x,20.51234,45.51234,1000,SRB,,UA48,,",        // Where the layer knows nothing.
        ] {
            assert_eq!(told(quiet), Vec::<String>::new(), "{quiet}");
        }
    }

    #[test]
    fn names_of_one_unit_begin_alike_in_any_script_and_codes_are_the_same_with_a_hyphen() {
        assert!(is_same_unit("Odeska", "Odesa Oblast") && is_same_unit("Одеська область", "Odeska"));
        assert!(!is_same_unit("Odeska", "Khersonska") && !is_same_unit("", "Odeska"));
        assert!(!is_same_unit("Chernihivska", "Chernivetska") && !is_same_unit("Cherkaska", "Chernihivska"));
        assert!(
            is_same_unit("Izmail Raion", "Izmailskyi") && !is_same_unit("Novomoskovskyi", "Novoukrainskyi")
        );
        assert!(same_code("UA-51", "ua51") && !same_code("UA51", "UA5"));
    }
}
