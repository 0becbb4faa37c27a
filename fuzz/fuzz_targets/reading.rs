//! Reads and checks a file in both ways, and panics when that is no answer.

use std::io::Cursor;

use kordon_incidents::{Fault, IncidentId, ReadOptions, check, explain, read, read_file};

/// From a stream it is the same as from a file; every fault names a place and is short; the input is refused by a fault that
/// says so, and nothing comes behind it.
pub fn answer(name: &str, bytes: &[u8]) {
    let options = ReadOptions { file: name.into(), unpacked_bytes: 64 << 20, ..ReadOptions::default() };
    let from_stream = read(bytes, &options).map(|reader| reader.collect::<Vec<_>>());
    let from_file = read_file(Cursor::new(bytes.to_vec()), &options).map(|reader| reader.collect::<Vec<_>>());
    let reports = match (from_stream, from_file) {
        (Ok(one), Ok(other)) => {
            assert_eq!(one.len(), other.len(), "a stream and a file are not read alike");
            one
        }
        (Err(one), Err(other)) => {
            assert_eq!(one, other);
            assert!(one.fatal);
            return place(&one);
        }
        (one, other) => panic!("a stream and a file are not read alike: {:?}, {:?}", one.err(), other.err()),
    };
    let mut new_id = || IncidentId::from_random([7; 16]);
    let mut is_over = false;
    for report in &reports {
        assert!(!is_over, "something comes behind the end");
        match report {
            Ok(report) => match check(report, &mut new_id) {
                Ok(_) => drop(explain(report)),
                Err(faults) => {
                    assert!(!faults.is_empty());
                    faults.iter().for_each(place);
                }
            },
            Err(fault) => {
                assert!(fault.fatal);
                place(fault);
                is_over = true;
            }
        }
    }
}

fn place(fault: &Fault) {
    assert!(fault.line > 0 && fault.column > 0 && !fault.problem.is_empty(), "{fault:?}");
    let text = fault.to_string();
    assert!(text.len() < 2_500 && !text.contains(['\0', '\u{1b}']), "{text}");
}
