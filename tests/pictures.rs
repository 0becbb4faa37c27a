//! Pictures and reports through the binary: files that open anywhere, and a painter that may die.

use crate::harness::{Server, folder, kordon, repository};

const SAMPLES: &str = "data/samples/incidents.geojson";

fn is_png(bytes: &[u8], width: u32, height: u32) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
        && bytes[16..20] == width.to_be_bytes()
        && bytes[20..24] == height.to_be_bytes()
}

/// What a text chunk of a PNG says.
fn says(bytes: &[u8], keyword: &str) -> Option<String> {
    let mark = [b"tEXt", keyword.as_bytes(), b"\0"].concat();
    let at = bytes.windows(mark.len()).position(|part| part == mark)?;
    let length = u32::from_be_bytes(bytes[at - 4..at].try_into().ok()?) as usize;
    let text = &bytes[at + mark.len()..at + 4 + length];
    Some(text.iter().map(|byte| char::from(*byte)).collect())
}

#[test]
fn a_map_and_a_report_are_files_of_their_own() {
    let at = folder();
    let samples = repository(SAMPLES);
    let imported = kordon(at.path(), &["import", samples.to_str().unwrap()]);
    assert_eq!(imported.code, 0, "{imported:?}");
    let drawn = kordon(
        at.path(),
        &["picture", "--country", "UKR", "--lang", "uk", "--size", "800x500", "-o", "map.png"],
    );
    assert_eq!(drawn.code, 0, "{drawn:?}");
    let map = std::fs::read(at.path().join("map.png")).unwrap();
    assert!(is_png(&map, 800, 500));
    assert_eq!(says(&map, "Kordon-Query").as_deref(), Some("country=UKR"));
    let again = kordon(
        at.path(),
        &["picture", "--country", "UKR", "--lang", "uk", "--size", "800x500", "-o", "again.png"],
    );
    assert_eq!(again.code, 0);
    assert!(
        std::fs::read(at.path().join("again.png")).unwrap() == map,
        "the same question has the same bytes"
    );

    let found = kordon(at.path(), &["find", "--within-km", "10", "--of", "ROU", "--json", "--limit", "1"]);
    let id = found.json()["id"].as_str().unwrap().to_owned();
    let card = kordon(at.path(), &["picture", &id, "--theme", "dark", "-o", "card.png"]);
    assert_eq!(card.code, 0, "{card:?}");
    let card = std::fs::read(at.path().join("card.png")).unwrap();
    assert!(is_png(&card, 1_200, 630));
    assert_eq!(says(&card, "Kordon-Query"), Some(id));

    for (lang, title) in [("en", "Report on incidents"), ("uk", "Звіт про інциденти"), ("ro", "Raport")]
    {
        let file = format!("{lang}.html");
        let report = kordon(at.path(), &["report", "--country", "UKR", "--lang", lang, "-o", &file]);
        assert_eq!(report.code, 0, "{report:?}");
        let html = std::fs::read_to_string(at.path().join(&file)).unwrap();
        assert!(html.starts_with(&format!("<!doctype html>\n<html lang=\"{lang}\">")), "{lang}");
        assert!(html.contains(title), "{lang}: {}", &html[..600]);
        assert!(html.contains("src=\"data:image/png;base64,iVBOR") && html.contains(". Snapshot "), "{lang}");
        assert!(html.contains("osm-maritime-10m") && html.contains("<table>"));
        // Nothing is loaded: the only addresses are in texts.
        for loads in ["<script", "<link", "src=\"http", "href=\"http", "@import", "url("] {
            assert!(!html.contains(loads), "{lang}: {loads}");
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let at = folder();
    let samples = repository(SAMPLES);
    kordon(at.path(), &["import", samples.to_str().unwrap()]);
    for (args, says) in [
        (&["picture", "--size", "9x9", "-o", "x.png"][..], "100 to 2400"),
        (&["picture", "--theme", "pink", "-o", "x.png"], "light, dark"),
        (&["picture", "00000000-0000-4000-8000-000000000000", "-o", "x.png"], "no public incident"),
        (&["picture", "--lang", "xx", "-o", "x.png"], "possible values"),
        (&["report", "--country", "nowhere", "-o", "x.html"], "country"),
    ] {
        let said = kordon(at.path(), args);
        assert!(said.code == 2 && said.err.contains(says), "{args:?}: {said:?}");
    }
    assert!(!at.path().join("x.png").exists());
}

/// A program that is no painter, dies of a picture, or hangs: tiny-skia paints, or the client may ask again.
#[test]
fn a_painter_that_fails_is_replaced_or_started_again() {
    let at = folder();
    let script = |name: &str, body: &str| {
        use std::os::unix::fs::PermissionsExt;
        let path = at.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    // Frames: a length of four bytes, R and what it draws with.
    let ready = r"printf '\005\000\000\000Rtest'";
    let absent = script("absent", "exit 3");
    let deaf = script("deaf", &format!("{ready}; head -c 1000 >/dev/null; exit 1"));
    for (painter, first, then) in
        [("/nonexistent/program".to_owned(), 200, 200), (absent, 200, 200), (deaf.clone(), 503, 503)]
    {
        let server = Server::start(at.path(), &["demo", "--painter", &painter]);
        for (size, status) in [("300x200", first), ("301x200", then)] {
            let reply = server.get(&format!("/maps/static.png?size={size}"));
            assert_eq!(reply.status, status, "{painter} {size}: {}", reply.text());
            if status == 200 {
                assert_eq!(says(&reply.body, "Kordon-Painter").as_deref(), Some("tiny-skia"));
            } else {
                assert!(reply.head.contains("retry-after: 1"), "{}", reply.head);
            }
        }
        assert_eq!(server.get("/health").status, 200);
    }
}

/// Kills the program in the middle of its work, again and again: whoever asked may ask again, and everybody else is answered.
#[test]
#[ignore = "needs the program, which KORDON_PICTURE names: make test-picture"]
fn the_program_may_be_killed_at_any_moment() {
    let program = std::env::var("KORDON_PICTURE").unwrap();
    let at = folder();
    let server = Server::start(at.path(), &["demo", "--painter", &program]);
    let ask = |width: u32| server.get(&format!("/maps/static.png?size={width}x700"));
    let first = ask(900);
    assert_eq!(first.status, 200, "{}", first.text());
    let painter = says(&first.body, "Kordon-Painter").unwrap();
    assert!(painter.starts_with("maplibre-rs 0.0.3"), "{painter}");
    let (mut lost, mut drawn) = (0, 0);
    for round in 0..12 {
        let reply = std::thread::scope(|scope| {
            let reply = scope.spawn(|| ask(901 + 2 * round));
            std::thread::sleep(std::time::Duration::from_millis(u64::from(round) * 4));
            for process in processes_of(&program) {
                // Its id was read a moment ago, and it is a child of our own server.
                std::process::Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
            }
            reply.join().unwrap()
        });
        match reply.status {
            200 => drawn += 1,
            503 => {
                assert!(reply.head.contains("retry-after: 1"), "{}", reply.head);
                lost += 1;
            }
            other => panic!("{other}: {}", reply.text()),
        }
        let next = ask(902 + 2 * round);
        // Killed while it waited, it is missed by the next picture; the one after that has a new one.
        let next = if next.status == 503 { ask(902 + 2 * round) } else { next };
        assert_eq!(next.status, 200, "{}", next.text());
        assert_eq!(says(&next.body, "Kordon-Painter").as_ref(), Some(&painter), "it was started again");
    }
    assert!(lost > 0, "{lost} lost, {drawn} drawn");
}

/// The processes that run this program.
fn processes_of(program: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if line.split(|byte| *byte == 0).next() == Some(program.as_bytes()) {
            found.push(process);
        }
    }
    found
}
