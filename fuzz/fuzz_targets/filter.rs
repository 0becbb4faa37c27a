//! Whatever text is sent as a filter, it is read or refused with a reason; and what was read is written so that it is read
//! back as the same, in both forms.
//!
//! Half of the inputs are a text by themselves, half choose words of the language, so that they come further than to the
//! first sign that means nothing.

#![no_main]

use std::sync::LazyLock;

use kordon_borders::BorderSet;
use kordon_store::Filter;
use libfuzzer_sys::fuzz_target;

static BORDERS: LazyLock<BorderSet> =
    LazyLock::new(|| BorderSet::natural_earth().expect("the built-in border set is sound"));

const WORDS: [&str; 64] = [
    " ", "(", "(", ")", ")", ",", ",", "'", "\"", "title", "geometry", "deaths_best", "date_start", "date_end", "datetime",
    "tags", "infrastructure", "=", "<>", "<=", ">", "+", "-", "*", "/", "^", " div ", " AND ", " OR ", " NOT ", " IS NULL",
    " LIKE ", " BETWEEN ", " IN ", "'a'", "'%_\\%'", "'..'", "'2025'", "3", "1e3", "-7.5", "POINT(1 2)", "BBOX(1,2,3,4)",
    "POLYGON((0 0,1 0,1 1,0 0))", "MULTIPOINT(", "S_INTERSECTS(", "S_WITHIN(", "S_EQUALS(", "T_AFTER(", "T_DURING(",
    "INTERVAL(", "DATE('2025-05-30')", "TIMESTAMP('2025-05-30T01:10:00Z')", "CASEI(", "ACCENTI(", "A_EQUALS(",
    "A_OVERLAPS(", "border_distance('ROU')", "within_certainty('NATO',1,'certain')", "nearest_foreign()", "TRUE", "é",
    "{\"op\":", "\n",
];

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let text = match first & 1 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        _ => rest.iter().map(|byte| WORDS[usize::from(byte & 63)]).collect(),
    };
    match Filter::of_text(&text, &BORDERS) {
        Ok(filter) => {
            let json = filter.to_json().to_string();
            let told = Filter::of_json(&json, &BORDERS).expect("what was written is read");
            assert_eq!(told.to_json().to_string(), json);
        }
        Err(bad) => assert!(!bad.why.is_empty() && bad.place.starts_with("line ")),
    }
    if let Err(bad) = Filter::of_json(&text, &BORDERS) {
        assert!(!bad.why.is_empty());
    }
});
