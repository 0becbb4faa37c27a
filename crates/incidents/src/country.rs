//! Countries by what sources call them.
//!
//! Nothing is guessed: a code of ISO 3166-1 (alpha-3, alpha-2, numeric) in any case, or one of the names that the table of
//! territories, Unicode's CLDR in Ukrainian and Romanian, and the list below have, letter for letter but for case, marks and
//! signs. "Congo" and "Korea" alone are two countries, and none.

use std::collections::HashMap;
use std::sync::LazyLock;

use kordon_borders::Territory;
use unicode_normalization::UnicodeNormalization;

/// What other lists call countries: the United Nations, ACLED, UCDP, and sources in Russian about the region.
const OTHERS: &[(&str, &str)] = &[
    ("BLR", "Беларусь"),
    ("BLR", "Белоруссия"),
    ("BOL", "Bolivia (Plurinational State of)"),
    ("BRN", "Brunei Darussalam"),
    ("CAF", "CAR"),
    ("CIV", "Ivory Coast"),
    ("COD", "Congo, Democratic Republic of the"),
    ("COD", "DR Congo"),
    ("COD", "DR Congo (Zaire)"),
    ("COD", "DRC"),
    ("COG", "Republic of the Congo"),
    ("CPV", "Cape Verde"),
    ("CZE", "Czech Republic"),
    ("FSM", "Micronesia (Federated States of)"),
    ("GBR", "Great Britain"),
    ("GBR", "UK"),
    ("GBR", "United Kingdom of Great Britain and Northern Ireland"),
    ("HUN", "Венгрия"),
    ("IRN", "Iran (Islamic Republic of)"),
    ("KHM", "Cambodia (Kampuchea)"),
    ("KOR", "Republic of Korea"),
    ("LAO", "Lao People's Democratic Republic"),
    ("MDA", "Moldova, Republic of"),
    ("MDA", "Republic of Moldova"),
    ("MDA", "Молдавия"),
    ("MDA", "Молдова"),
    ("MKD", "Macedonia, FYR"),
    ("MMR", "Burma"),
    ("MMR", "Myanmar (Burma)"),
    ("POL", "Польша"),
    ("PRK", "Democratic People's Republic of Korea"),
    ("PSE", "Palestine, State of"),
    ("PSE", "State of Palestine"),
    ("ROU", "Румыния"),
    ("RUS", "Russia (Soviet Union)"),
    ("RUS", "Russian Federation"),
    ("RUS", "Россия"),
    ("SRB", "Serbia (Yugoslavia)"),
    ("SVK", "Slovak Republic"),
    ("SVK", "Словакия"),
    ("SWZ", "Swaziland"),
    ("SYR", "Syrian Arab Republic"),
    ("TLS", "East Timor"),
    ("TUR", "Turkey"),
    ("TUR", "Турция"),
    ("TZA", "United Republic of Tanzania"),
    ("UKR", "Украина"),
    ("USA", "United States of America"),
    ("USA", "USA"),
    ("VEN", "Venezuela (Bolivarian Republic of)"),
    ("VNM", "Viet Nam"),
    ("YEM", "Yemen (North Yemen)"),
];

/// Codes and names as they are compared, and whose they are.
static KNOWN: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut known = HashMap::new();
    let mut alpha_2 = HashMap::new();
    for (code, two, number, name) in Territory::iso_3166() {
        alpha_2.insert(two, code);
        let number = (number > 0).then(|| format!("{number:03}"));
        for text in [code, two, name].into_iter().map(plain).chain(number) {
            known.insert(text, code);
        }
    }
    let names = include_str!("../../../data/names/countries.json");
    let names: HashMap<String, HashMap<String, String>> = serde_json::from_str(names).unwrap_or_default();
    for (two, name) in names.values().flatten() {
        if let Some(code) = alpha_2.get(two.as_str()) {
            known.entry(plain(name)).or_insert(code);
        }
    }
    known.extend(OTHERS.iter().map(|(code, name)| (plain(name), *code)));
    known.remove("congo");
    known
});

/// The code ISO 3166-1 alpha-3 of a country, or `XKX`, by its codes and names; `None` for what is none.
pub fn code_of(text: &str) -> Option<&'static str> {
    let is_number = !text.is_empty() && text.len() < 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = if is_number { format!("{text:0>3}") } else { plain(text) };
    KNOWN.get(&text).copied()
}

fn plain(text: &str) -> String {
    let letters = text.nfkd().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    let plain: String = letters.collect();
    plain.strip_prefix("the").map(str::to_owned).filter(|rest| rest.len() > 3).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_known_by_its_codes_and_by_names_in_several_languages() {
        for (text, code) in [
            ("UKR", "UKR"),
            ("ukr", "UKR"),
            ("UA", "UKR"),
            ("804", "UKR"),
            ("8", "ALB"),
            ("Ukraine", "UKR"),
            ("УКРАЇНА", "UKR"),
            ("Ucraina", "UKR"),
            ("Украина", "UKR"),
            ("Turkiye", "TUR"),
            ("Cote d’Ivoire", "CIV"),
            ("The Bahamas", "BHS"),
            ("Kosovo", "XKX"),
            ("Russia (Soviet Union)", "RUS"),
        ] {
            assert_eq!(code_of(text), Some(code), "{text}");
        }
        for none in ["", "XYZ", "Congo", "Korea", "Ukrain", "9", "U", "Ukraine, Russia"] {
            assert_eq!(code_of(none), None, "{none}");
        }
    }

    #[test]
    fn no_name_is_that_of_two_countries() {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for (code, two, _, name) in Territory::iso_3166() {
            for text in [code, two, name].map(plain) {
                assert_eq!(*seen.entry(text.clone()).or_insert(code), code, "{text}");
            }
        }
        for (code, name) in OTHERS {
            assert!(Territory::iso_3166().any(|(known, ..)| known == *code), "{code}");
            assert_eq!(*seen.entry(plain(name)).or_insert(code), *code, "{name}");
        }
    }
}
