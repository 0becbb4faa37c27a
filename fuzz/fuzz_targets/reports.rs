//! Whatever bytes are imported, reading and checking them ends, with reports or with faults that name a place in them.
//!
//! The first byte chooses the format and where the rest comes from: half of the inputs are a file by themselves, half are
//! changes (`changes.rs`) to a file that is sound.

#![no_main]

mod changes;

use kordon_incidents::{Format, IncidentId, ReadOptions, check, read};
use libfuzzer_sys::fuzz_target;

const CSV: &str = "id,lon,lat,date,title,country,deaths_min,location_radius_m\n\
    7,28.84,45.335,2025-05-30,\"Drone debris, found\",UA,0,500\n8,28.28,45.45,2023-08-02T03:10:00+03:00,Порт,UA,1,\n";
const FEATURE: &str = r#"{"type":"Feature","id":"a","geometry":{"type":"Point","coordinates":[28.84,45.33]},"properties":{"title":{"en":"Strike","uk":"Удар"},"date_start":"2023-08-02","event_type":"explosions_remote_violence","location_radius_m":100}}"#;

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let format = [Format::Csv, Format::NdJson, Format::GeoJsonSeq, Format::GeoJson][usize::from(first & 3)];
    let mut bytes = rest.to_vec();
    if first & 4 == 0 {
        bytes = sound(format).into_bytes();
        changes::change(&mut bytes, rest);
    }
    let guessed = first & 8 != 0;
    let options = ReadOptions {
        format: (!guessed).then_some(format),
        file: format!("reports.{}", format.as_str()),
        ..ReadOptions::default()
    };
    let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    let reader = match read(bytes.as_slice(), &options) {
        Ok(reader) => reader,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    let mut new_id = || IncidentId::from_random([7; 16]);
    let mut number = 0;
    for report in reader {
        let Ok(report) = report else { continue };
        number += 1;
        // Every record takes a byte, so there cannot be more of them.
        // What was packed has lines of its own.
        let packed = bytes.starts_with(b"\x1f\x8b") || bytes.starts_with(b"PK") || bytes.starts_with(b"fgb");
        assert!(packed || number <= bytes.len() && report.line <= lines, "record {number} in line {}", report.line);
        if let Err(faults) = check(&report, &mut new_id) {
            assert!(!faults.is_empty());
        }
    }
});

fn sound(format: Format) -> String {
    match format {
        Format::Csv => CSV.to_owned(),
        Format::NdJson => format!("{FEATURE}\n{FEATURE}\n"),
        Format::GeoJsonSeq => format!("\u{1e}{FEATURE}\n\u{1e}{FEATURE}\n"),
        _ => format!(r#"{{"type":"FeatureCollection","features":[{FEATURE},{FEATURE}]}}"#),
    }
}
