//! Places as people write them into cells: degrees with minutes and seconds, letters for the side of the globe, MGRS.
//!
//! What leaves a choice is not read: a pair of plain numbers does not say which of them comes first.
//!
//! MGRS names a square; its middle is the place, and half its diagonal the radius that holds it. The inverse of the
//! transverse Mercator projection is Krüger's series to the sixth order in the third flattening, good to nanometers within
//! a zone (C. F. F. Karney, Transverse Mercator with an accuracy of a few nanometers, 2011). The polar areas, which are on
//! another grid, are not read. Sources: NGA.STND.0037 for MGRS; its twin in the tests is PyPI `mgrs`.

/// Which of two a coordinate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    Lon,
    Lat,
}

/// A place that stands in one cell, and the radius of the square that it names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Named {
    pub(crate) lon: f64,
    pub(crate) lat: f64,
    pub(crate) radius_m: Option<f64>,
}

/// `45°20'06"N`, `45 20 06 N`, `N 45° 20.1′`, `45.335 N`; the letter must be one of the axis. Plain numbers are for others.
pub(crate) fn degrees(text: &str, axis: Axis) -> Option<f64> {
    let (degrees, found) = one(text)?;
    (found == axis).then_some(degrees)
}

/// Both coordinates in one cell, each with its letter, in either order; or an MGRS reference.
pub(crate) fn both(text: &str) -> Option<Named> {
    if let Some(place) = mgrs(text) {
        return Some(place);
    }
    let text = text.trim();
    let cuts = text.char_indices().filter(|(_, c)| is_side(*c)).map(|(at, c)| at + c.len_utf8());
    // The letter stands behind both numbers, or before both.
    let after: Vec<usize> = cuts.collect();
    let [first, second] = after[..] else { return None };
    let parts = if second == text.len() { text.split_at(first) } else { text.split_at(second - 1) };
    let clean = |part: &str| part.trim_matches([' ', ',', ';', '/']).to_owned();
    let (a, b) = (one(&clean(parts.0))?, one(&clean(parts.1))?);
    match (a.1, b.1) {
        (Axis::Lat, Axis::Lon) => Some(Named { lon: b.0, lat: a.0, radius_m: None }),
        (Axis::Lon, Axis::Lat) => Some(Named { lon: a.0, lat: b.0, radius_m: None }),
        _ => None,
    }
}

fn is_side(c: char) -> bool {
    matches!(c.to_ascii_uppercase(), 'N' | 'S' | 'E' | 'W')
}

/// One coordinate with its letter.
fn one(text: &str) -> Option<(f64, Axis)> {
    let text = text.trim();
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    let (side, rest) = if is_side(first) {
        (first, &text[1..])
    } else if is_side(last) {
        (last, &text[..text.len() - 1])
    } else {
        return None;
    };
    let (axis, sign, most) = match side.to_ascii_uppercase() {
        'N' => (Axis::Lat, 1.0, 90.0),
        'S' => (Axis::Lat, -1.0, 90.0),
        'E' => (Axis::Lon, 1.0, 180.0),
        _ => (Axis::Lon, -1.0, 180.0),
    };
    let marks = ['°', 'º', '˚', '\'', '′', '’', '"', '″', '”', ' ', ':'];
    let mut units = [0.0_f64; 3];
    let mut count = 0;
    for part in rest.split(marks).filter(|part| !part.is_empty()) {
        let part = part.replace(',', ".");
        let sound = part.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        // Only the last may have a fraction.
        let whole_before = count == 0 || units[count - 1].fract() == 0.0;
        *units.get_mut(count)? = part.parse().ok().filter(|_| sound && whole_before)?;
        count += 1;
    }
    let [whole, minutes, seconds] = units;
    let degrees = whole + minutes / 60.0 + seconds / 3_600.0;
    (count > 0 && minutes < 60.0 && seconds < 60.0 && degrees <= most).then_some((sign * degrees, axis))
}

/// The middle of the square that an MGRS reference names: `35TPL0512821634`, blanks allowed.
fn mgrs(text: &str) -> Option<Named> {
    let text: String = text.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).collect();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let zone: u32 = text.get(..digits)?.parse().ok().filter(|zone| (1..=60).contains(zone))?;
    let letters = text.get(digits..digits + 3)?.as_bytes();
    let numbers = text.get(digits + 3..)?;
    if numbers.len() % 2 != 0 || numbers.len() > 10 || !numbers.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let band = position(letters[0], b"CDEFGHJKLMNPQRSTUVWX")?;
    let column_sets: [&[u8]; 3] = [b"STUVWXYZ", b"ABCDEFGH", b"JKLMNPQR"];
    let column = position(letters[1], column_sets[(zone % 3) as usize])?;
    let rows = b"ABCDEFGHJKLMNPQRSTUV";
    let row = (position(letters[2], rows)? + if zone.is_multiple_of(2) { 15 } else { 0 }) % 20;
    let half = numbers.len() / 2;
    let side = 10_f64.powi(5 - half as i32);
    let offset =
        |part: &str| part.parse::<f64>().map_or(Some(0.0).filter(|_| part.is_empty()), |n| Some(n * side));
    let easting = (column + 1) as f64 * 100_000.0 + offset(&numbers[..half])? + side / 2.0;
    let in_cycle = row as f64 * 100_000.0 + offset(&numbers[half..])? + side / 2.0;
    let south = -80.0 + 8.0 * band as f64;
    let north = if band == 19 { 84.0 } else { south + 8.0 };
    // Rows repeat every 2000 km; the band tells which of them is meant. A square may reach a little beyond its band.
    let found = (-5..5).map(|cycle| in_cycle + f64::from(cycle) * 2_000_000.0).find_map(|northing| {
        let (lon, lat) = from_utm(zone, easting, northing);
        (lat > south - 1.0 && lat < north + 1.0).then_some((lon, lat))
    });
    let (lon, lat) = found?;
    // The first and the last zone reach over the antimeridian a little.
    let lon = if lon > 180.0 {
        lon - 360.0
    } else if lon < -180.0 {
        lon + 360.0
    } else {
        lon
    };
    Some(Named { lon, lat, radius_m: Some((side * std::f64::consts::FRAC_1_SQRT_2).max(1.0)) })
}

fn position(letter: u8, among: &[u8]) -> Option<usize> {
    among.iter().position(|known| *known == letter)
}

/// Longitude and latitude of a place in a UTM zone; northings south of the equator are negative.
fn from_utm(zone: u32, easting: f64, northing: f64) -> (f64, f64) {
    const A: f64 = 6_378_137.0;
    const F: f64 = 1.0 / 298.257_223_563;
    const SCALE: f64 = 0.999_6;
    let n = F / (2.0 - F);
    let (n2, n3, n4) = (n * n, n.powi(3), n.powi(4));
    let (n5, n6) = (n.powi(5), n.powi(6));
    let radius = A / (1.0 + n) * (1.0 + n2 / 4.0 + n4 / 64.0 + n6 / 256.0);
    let betas = [
        n / 2.0 - 2.0 / 3.0 * n2 + 37.0 / 96.0 * n3 - n4 / 360.0 - 81.0 / 512.0 * n5
            + 96_199.0 / 604_800.0 * n6,
        n2 / 48.0 + n3 / 15.0 - 437.0 / 1_440.0 * n4 + 46.0 / 105.0 * n5 - 1_118_711.0 / 3_870_720.0 * n6,
        17.0 / 480.0 * n3 - 37.0 / 840.0 * n4 - 209.0 / 4_480.0 * n5 + 5_569.0 / 90_720.0 * n6,
        4_397.0 / 161_280.0 * n4 - 11.0 / 504.0 * n5 - 830_251.0 / 7_257_600.0 * n6,
        4_583.0 / 161_280.0 * n5 - 108_847.0 / 3_991_680.0 * n6,
        20_648_693.0 / 638_668_800.0 * n6,
    ];
    let xi = northing / (SCALE * radius);
    let eta = (easting - 500_000.0) / (SCALE * radius);
    let (mut xi_0, mut eta_0) = (xi, eta);
    for (at, beta) in betas.iter().enumerate() {
        let k = 2.0 * (at + 1) as f64;
        xi_0 -= beta * (k * xi).sin() * (k * eta).cosh();
        eta_0 -= beta * (k * xi).cos() * (k * eta).sinh();
    }
    // The conformal latitude's tangent, and from it the latitude's by Newton's method.
    let (sinh_eta, cos_xi) = (eta_0.sinh(), xi_0.cos());
    let tau_0 = xi_0.sin() / sinh_eta.hypot(cos_xi);
    let e = (F * (2.0 - F)).sqrt();
    let mut tau = tau_0;
    for _ in 0..6 {
        let sigma = (e * (e * tau / tau.hypot(1.0)).atanh()).sinh();
        let tau_i = tau * sigma.hypot(1.0) - sigma * tau.hypot(1.0);
        let slope = tau_i.hypot(1.0) * tau.hypot(1.0) * (1.0 - e * e) / (1.0 + (1.0 - e * e) * tau * tau);
        tau += (tau_0 - tau_i) / slope;
    }
    let lon = f64::from(zone) * 6.0 - 183.0 + sinh_eta.atan2(cos_xi).to_degrees();
    (lon, tau.atan().to_degrees())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_as_people_write_them() {
        for text in [
            "45°20'06\"N",
            "45° 20′ 06″ N",
            "45 20 06 N",
            "N45°20.1'",
            "45.335 N",
            "n 45,335",
            "45:20:06N",
            "45°20’06”N",
        ] {
            let found = degrees(text, Axis::Lat).unwrap_or_else(|| panic!("{text}"));
            assert!((found - 45.335).abs() < 1e-9, "{text}: {found}");
        }
        assert_eq!(degrees("28 30 W", Axis::Lon), Some(-28.5));
        for text in ["45.335", "45°61'N", "45.5°20'N", "91 N", "N", "45°20'06\"12N", "45-20 N", "°N", "é N"]
        {
            assert_eq!(degrees(text, Axis::Lat), None, "{text}");
        }
        assert_eq!(degrees("45 N", Axis::Lon), None, "a latitude is no longitude");
    }

    #[test]
    fn a_pair_needs_its_letters() {
        for text in ["45°20'06\"N 28°50'24\"E", "28.84E, 45.335N", "N45.335 E28.84", "N 45 20 06, E 28 50 24"]
        {
            let place = both(text).unwrap_or_else(|| panic!("{text}"));
            assert!(
                (place.lon - 28.84).abs() < 1e-9 && (place.lat - 45.335).abs() < 1e-9,
                "{text}: {place:?}"
            );
        }
        for text in ["45.335, 28.84", "45N 46N", "NE", "45N", "", "Izmail", "35TPL051", "61TPL00", "35IPL00"]
        {
            assert_eq!(both(text), None, "{text}");
        }
    }

    /// References as PyPI `mgrs` (GEOTRANS) writes them, and the middle of each square as PROJ has it.
    #[test]
    fn references_lie_where_the_makers_of_the_grid_put_them() {
        for (text, lat, lon) in include!("mgrs_cases.in") {
            let found = both(text).unwrap_or_else(|| panic!("{text}"));
            assert!((found.lat - lat).abs() < 1e-8 && (found.lon - lon).abs() < 1e-8, "{text}: {found:?}");
        }
        assert_eq!(
            both("35T PL").map(|place| place.radius_m),
            Some(Some(100_000.0 * std::f64::consts::FRAC_1_SQRT_2))
        );
    }
}
