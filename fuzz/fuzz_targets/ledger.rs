//! Whatever is done to a ledger, opening its store is an error or a store that answers, and no change is taken for sound.
//!
//! The input is a list of changes (`changes.rs`) to the segment of a small store.

#![no_main]

mod changes;
#[path = "../../crates/borders/tests/made_up/mod.rs"]
mod made_up;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use kordon_borders::{BorderSet, build_from_geojson};
use kordon_incidents::{IncidentId, ReadOptions, check, read};
use kordon_store::{Author, Options, Query, Store};
use libfuzzer_sys::fuzz_target;

const SEGMENT: &str = "ledger/000001.geojsons";
const REPORTS: &str = "id,lon,lat,date,title,location_radius_m\n\
    1,28.84,45.33,2025-05-30,Debris,500\n2,28.28,45.45,2023-08-02,Port,100\n3,29.1,45.5,2023-09-06,Depot,100\n";

/// A store in a folder of its own, its segment as it was written, and borders that cost nothing.
struct Sound {
    folder: tempfile::TempDir,
    segment: Vec<u8>,
    borders: Arc<BorderSet>,
}

static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let square = br#"{"features": [{"id": "QA", "geometry":
        {"type": "Polygon", "coordinates": [[[28, 45], [29, 45], [29, 46], [28, 45]]]}}]}"#;
    let file = build_from_geojson(square, made_up::info()).expect("it is sound");
    let borders = Arc::new(BorderSet::decode(&file).expect("it was just built"));
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path(), &borders, true).expect("a new store");
    let mut number = 0;
    let mut new_id = || {
        number += 1;
        IncidentId::from_random([number; 16])
    };
    let options = ReadOptions { file: "reports.csv".to_owned(), ..ReadOptions::default() };
    let reports = read(REPORTS.as_bytes(), &options).expect("it is a table");
    let checked = reports.map(|report| check(&report.expect("it is read"), &mut new_id).expect("it is sound"));
    let incidents = checked.map(|checked| checked.incident).collect();
    store.put(incidents, &Author::new("fuzz")).expect("it is put");
    drop(store);
    let segment = std::fs::read(folder.path().join(SEGMENT)).expect("it was just written");
    Sound { folder, segment, borders }
});

fn open(dir: &Path, borders: &Arc<BorderSet>, create: bool) -> Result<Store, kordon_store::OpenError> {
    Store::open(dir, Arc::clone(borders), Options { create, read_only: !create })
}

fuzz_target!(|changes: &[u8]| {
    let Sound { folder, segment, borders } = &*SOUND;
    let mut bytes = segment.clone();
    changes::change(&mut bytes, changes);
    std::fs::write(folder.path().join(SEGMENT), &bytes).expect("it can be written");
    let Ok(store) = open(folder.path(), borders, false) else { return };
    let found = store.public().find(&Query::default());
    assert!(found.rows.len() <= 3, "{} incidents", found.rows.len());
    // What was cut off at its end is a torn tail, and told; all else that is not as it was must be found.
    let is_sound = store.verify().is_ok() && store.recovery().torn.is_none();
    assert!(!is_sound || bytes == *segment || segment.starts_with(&bytes), "a change was not found");
});
