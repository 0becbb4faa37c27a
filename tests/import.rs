//! Files in, counts that add up, faults that name their place.

use std::path::Path;

use serde_json::Value;

use crate::harness::{Said, folder, kordon, repository};

/// `accepted N, updated N, unchanged N, refused N`, as the import ends.
fn counts(said: &Said) -> [u64; 4] {
    let line = said.err.lines().rev().find(|l| l.contains("accepted ")).unwrap_or_else(|| panic!("{said:?}"));
    let number = |word: &str| {
        let rest = line.split(&format!("{word} ")).nth(1).unwrap();
        rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    [number("accepted"), number("updated"), number("unchanged"), number("refused")]
}

fn import(at: &Path, name: &str, text: &[u8], flags: &[&str]) -> Said {
    std::fs::write(at.join(name), text).unwrap();
    kordon(at, &[&["import", name][..], flags].concat())
}

fn found(at: &Path, filter: &[&str]) -> Vec<Value> {
    let said = kordon(at, &[&["find", "--json"][..], filter].concat());
    assert_eq!(said.code, 0, "{said:?}");
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const REPORTS: &str = "id;Datum;Latitude;Longitude;Titel\n\
    a;2023-08-02;45.35;28.84;\"Port of Izmail,\nwarehouses\"\n\
    b;2024-05;-16.8;179.99;Odd but true\n";

#[test]
fn the_same_file_twice_is_all_unchanged() {
    let at = folder();
    let flags = ["--map", "date_start=Datum", "--map", "title=Titel"];
    let first = import(at.path(), "r.csv", REPORTS.as_bytes(), &flags);
    assert_eq!((first.code, counts(&first)), (0, [2, 0, 0, 0]), "{first:?}");
    let second = import(at.path(), "r.csv", REPORTS.as_bytes(), &flags);
    assert_eq!((second.code, counts(&second)), (0, [0, 0, 2, 0]), "{second:?}");
    let changed = REPORTS.replace("Odd but true", "Odd and mended");
    let third = import(at.path(), "r.csv", changed.as_bytes(), &flags);
    assert_eq!((third.code, counts(&third)), (0, [0, 1, 1, 0]), "{third:?}");
    assert_eq!(found(at.path(), &[]).len(), 2);
}

#[test]
fn the_samples_are_accepted_whole_and_find_the_danube_ports() {
    let at = folder();
    let samples = repository("data/samples/incidents.geojson");
    let said = kordon(at.path(), &["import", samples.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{said:?}");
    let [accepted, updated, unchanged, refused] = counts(&said);
    assert!(accepted >= 25, "{said:?}");
    assert_eq!([updated, unchanged, refused], [0, 0, 0]);
    let near = found(at.path(), &["--within-km", "10", "--of", "ROU", "--certainty", "possible"]);
    assert!(near.len() >= 5 && near.len() < accepted as usize, "{}", near.len());
}

#[test]
fn one_bad_row_refuses_the_file_and_nothing_is_stored() {
    let at = folder();
    let bad = format!("{REPORTS}c;1527-01-01;45.0;28.0;Too old\nd;2023-01-01;28.84;145.3;Swapped\n");
    let flags = ["--map", "date_start=Datum", "--map", "title=Titel"];
    let said = import(at.path(), "r.csv", bad.as_bytes(), &flags);
    assert_eq!((said.code, counts(&said)), (1, [0, 0, 0, 4]), "{said:?}");
    assert!(said.err.contains("r.csv:5") && said.err.contains("1527"), "{}", said.err);
    assert!(said.err.contains("nothing was stored"), "{}", said.err);
    assert!(!at.path().join("kordon-data").exists(), "not even an empty store is made");
}

#[test]
fn quarantine_stores_the_sound_rows_and_keeps_the_others() {
    let at = folder();
    let bad = format!("{REPORTS}c;1527-01-01;45.0;28.0;Too old\n");
    let flags = ["--map", "date_start=Datum", "--map", "title=Titel", "--on-error", "quarantine"];
    let said = import(at.path(), "r.csv", bad.as_bytes(), &flags);
    assert_eq!((said.code, counts(&said)), (1, [2, 0, 0, 1]), "{said:?}");
    let kept = std::fs::read_dir(at.path().join("kordon-data/quarantine")).unwrap().next().unwrap().unwrap();
    let kept = std::fs::read_to_string(kept.path()).unwrap();
    assert!(kept.contains("Too old") && kept.contains("1527"), "{kept}");
}

#[test]
fn the_file_of_faults_names_each_fault_and_what_to_do() {
    let at = folder();
    let file = repository("data/samples/with-faults.csv");
    let rows = std::fs::read_to_string(&file).unwrap().lines().count() as u64 - 1;
    let said = kordon(at.path(), &["import", file.to_str().unwrap()]);
    assert_eq!((said.code, counts(&said)), (1, [0, 0, 0, rows]), "{said:?}");
    for line in 2..=rows + 1 {
        assert!(
            said.err.contains(&format!("with-faults.csv:{line}")),
            "line {line} is not named: {}",
            said.err
        );
    }
}

#[test]
fn a_store_that_is_a_file_is_refused_once_and_said_to_be_a_folder() {
    let at = folder();
    let said = import(at.path(), "two.csv", REPORTS.as_bytes(), &["--store", "two.csv"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert_eq!(said.err.matches("it is a file, but a store is a folder").count(), 1, "{said:?}");
    assert!(!said.err.contains("os error"), "{said:?}");
}

#[test]
fn a_dry_run_stores_nothing() {
    let at = folder();
    let flags = ["--map", "date_start=Datum", "--map", "title=Titel", "--dry-run"];
    let said = import(at.path(), "r.csv", REPORTS.as_bytes(), &flags);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(!at.path().join("kordon-data").exists(), "{said:?}");
}

#[test]
fn bytes_that_are_no_json_refuse_the_file_with_line_and_column() {
    let at = folder();
    let point = r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"title":"x","date_start":"2024"}}"#;
    for (name, text, words) in [
        (
            "cut.geojson",
            format!(r#"{{"type":"FeatureCollection","features":[{point},{{"type":"#),
            "cut.geojson:1",
        ),
        (
            "twice.geojson",
            format!(r#"{{"type":"FeatureCollection","features":[{point}],"features":[]}}"#),
            "features",
        ),
        ("huge.ndjson", point.replace("[1,2]", "[1e400,2]"), "huge.ndjson:1"),
    ] {
        let said = import(at.path(), name, text.as_bytes(), &[]);
        assert_ne!(said.code, 0, "{name}: {said:?}");
        assert!(said.err.contains(words), "{name}: {}", said.err);
        assert_eq!(kordon(at.path(), &["import", "--dry-run", name]).code, 1, "{name}, dry");
    }
    assert!(!at.path().join("kordon-data").exists());
}

#[test]
fn a_legacy_encoding_is_a_fault_that_names_the_way_out() {
    let at = folder();
    let text = b"id,date,lat,lon,title\n1,2023-08-02,45.35,28.84,Caf\xe9\n";
    let said = import(at.path(), "old.csv", text, &[]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("windows-1252: --encoding NAME"), "{}", said.err);
    let said = import(at.path(), "old.csv", text, &["--encoding", "cp1252"]);
    assert_eq!((said.code, counts(&said)), (0, [1, 0, 0, 0]), "{said:?}");
    assert!(found(at.path(), &[])[0].to_string().contains("Café"));
}

#[test]
fn a_second_process_is_told_who_holds_the_store() {
    let at = folder();
    let server = crate::harness::Server::start(at.path(), &["serve"]);
    let said = import(at.path(), "r.csv", b"id,date,lat,lon,title\n1,2023,45,28,x\n", &[]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("process"), "{}", said.err);
    drop(server);
}

#[test]
fn verify_finds_a_flipped_byte_and_says_where() {
    let at = folder();
    let samples = repository("data/samples/incidents.geojson");
    kordon(at.path(), &["import", samples.to_str().unwrap()]);
    assert_eq!(kordon(at.path(), &["verify"]).code, 0);
    let ledger =
        std::fs::read_dir(at.path().join("kordon-data/ledger")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&ledger).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&ledger, bytes).unwrap();
    let said = kordon(at.path(), &["verify"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("ledger"), "{}", said.err);
    let rest = kordon(at.path(), &["find", "--count"]);
    assert_eq!(rest.code, 1, "what is left does not pass for the whole: {rest:?}");
    assert!(rest.err.contains("damaged"), "{}", rest.err);
}

#[test]
fn a_record_that_stands_twice_in_a_file_is_a_fault() {
    let at = folder();
    let text = b"id,lon,lat,date,title\n1,28.8,45.3,2024-01-01,first\n1,28.9,45.4,2024-01-02,second\n";
    let said = import(at.path(), "dup.csv", text, &[]);
    assert_eq!((said.code, counts(&said)), (1, [0, 0, 0, 2]), "{said:?}");
    assert!(said.err.contains("dup.csv:3") && said.err.contains("line 2"), "{}", said.err);
}

#[test]
fn a_same_as_stands_once_in_a_file_whatever_ids_stand_beside_it() {
    let at = folder();
    let rows =
        "id,date,lat,lon,title,same_as\nx1,2024-06-01,45.3,28.8,One,c:3\nx2,2024-06-02,45.4,28.9,Two,c:3\n";
    let said = import(at.path(), "r.csv", rows.as_bytes(), &[]);
    assert!(said.code == 1 && said.err.contains("\"c:3\" stands on line 2 already"), "{said:?}");
    let said = import(at.path(), "r.csv", rows.replacen("c:3", "c:2", 1).as_bytes(), &[]);
    assert_eq!(counts(&said), [2, 0, 0, 0]);
    let ids: Vec<Value> =
        found(at.path(), &[]).iter().map(|one| one["properties"]["extra"]["id"].clone()).collect();
    assert!(ids.contains(&"x1".into()) && ids.contains(&"x2".into()), "no id is lost: {ids:?}");
}

#[test]
fn of_records_that_stand_several_times_the_first_is_stored_and_the_others_are_refused() {
    let at = folder();
    let text = "id,lon,lat,date,title\n1,28.8,45.3,2024-01-01,first\n2,28.9,45.4,2024-01-02,other\n\
        1,28.8,45.3,2024-01-01,second\n3,28.9,45.4,1527,old\n1,28.8,45.3,2024-01-01,third\n3,28.9,45.4,2024,sound\n";
    let said = import(at.path(), "dup.csv", text.as_bytes(), &["--on-error", "quarantine"]);
    assert_eq!((said.code, counts(&said)), (1, [3, 0, 0, 3]), "{said:?}");
    for words in [
        "dup.csv:4:1: same_as: \"dup:1\" stands on line 2",
        "dup.csv:6:1: same_as: \"dup:1\" stands on line 4",
    ] {
        assert!(said.err.contains(words), "{words}: {}", said.err);
    }
    let titles: Vec<String> =
        found(at.path(), &[]).iter().map(|one| one["properties"]["title"].to_string()).collect();
    assert!(titles.iter().any(|title| title.contains("first")), "{titles:?}");
    assert!(!titles.iter().any(|title| title.contains("second") || title.contains("third")), "{titles:?}");
    let id = kordon(at.path(), &["quarantine", "list"]).out.split_whitespace().next().unwrap().to_owned();
    kordon(at.path(), &["quarantine", "export", &id, "-o", "kept.csv"]);
    let kept = std::fs::read_to_string(at.path().join("kept.csv")).unwrap();
    assert!(
        kept.lines().count() == 4
            && kept.contains("1527")
            && kept.contains("second")
            && kept.contains("third")
    );
    // What cannot be read a second time is, too.
    let pipe =
        format!("cat dup.csv | {} import - --source dup --on-error quarantine", crate::harness::binary());
    let again = std::process::Command::new("sh").args(["-c", &pipe]).current_dir(at.path()).output().unwrap();
    let err = String::from_utf8(again.stderr).unwrap();
    assert!(err.contains("accepted 0, updated 0, unchanged 3, refused 3"), "{err}");
    assert_eq!(kordon(at.path(), &["verify"]).code, 0);
}

#[test]
fn an_export_comes_back_unchanged_and_a_table_of_ours_is_refused() {
    let at = folder();
    kordon(at.path(), &["import", repository("data/samples/incidents.geojson").to_str().unwrap()]);
    for name in ["all.geojson", "all.geojsonseq"] {
        assert_eq!(kordon(at.path(), &["export", "-o", name]).code, 0, "{name}");
        let said = kordon(at.path(), &["import", name]);
        assert_eq!(said.code, 0, "{name}: {said:?}");
        let [accepted, updated, unchanged, refused] = counts(&said);
        assert_eq!([accepted, updated, refused], [0, 0, 0], "{name}");
        assert!(unchanged >= 25, "{name}");
    }
    assert_eq!(kordon(at.path(), &["export", "-o", "all.csv"]).code, 0);
    let said = kordon(at.path(), &["import", "all.csv"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("geojsonseq"), "{}", said.err);
    assert_eq!(kordon(at.path(), &["export", "-o", "all.gpkg"]).code, 2);
    let piped = kordon(at.path(), &["export", "-o", "-", "--format", "csv"]);
    assert_eq!(piped.out, std::fs::read_to_string(at.path().join("all.csv")).unwrap());
    assert!(!at.path().join("-").exists());
}

#[test]
fn an_output_follows_a_link_keeps_a_mode_and_spares_a_device() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    let at = folder();
    std::fs::write(at.path().join("p.csv"), "id,lon,lat\na,28.8372,45.3512\n").unwrap();
    std::fs::write(at.path().join("real.csv"), "old").unwrap();
    std::fs::set_permissions(at.path().join("real.csv"), std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.csv", at.path().join("link.csv")).unwrap();
    let run = |out: &str| kordon(at.path(), &["distance", "--input", "p.csv", "--to", "ROU", "-o", out]);
    assert_eq!(run("link.csv").code, 0);
    let real = std::fs::symlink_metadata(at.path().join("real.csv")).unwrap();
    assert_eq!(real.permissions().mode() & 0o777, 0o640);
    assert!(std::fs::symlink_metadata(at.path().join("link.csv")).unwrap().is_symlink());
    assert!(std::fs::read_to_string(at.path().join("real.csv")).unwrap().starts_with("id,territory"));
    assert_eq!(run("/dev/null").code, 0);
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn a_title_cannot_steer_the_terminal() {
    let at = folder();
    let text = "{\"type\":\"Feature\",\"id\":\"x\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[28.8,45.3]},\
        \"properties\":{\"title\":\"red \\u001b[31m and \\u202e turned\",\"date_start\":\"2024-01-01\"}}\n";
    let said = import(at.path(), "t.ndjson", text.as_bytes(), &[]);
    assert_eq!(said.code, 0, "{said:?}");
    let table = kordon(at.path(), &["find"]);
    assert!(!table.out.contains(['\u{1b}', '\u{202e}']), "{table:?}");
    assert!(table.out.contains("turned"), "{table:?}");
}

/// Files and commands of a guide: fenced blocks `file NAME` are written, in `console` blocks each command runs and says
/// all the lines below it.
#[test]
fn the_guides_to_import_places_layers_and_evidence_say_what_happens() {
    for (guide, least) in [("import", 9), ("places", 6), ("layers", 5), ("evidence", 4)] {
        follow(&format!("docs/{guide}.md"), least);
    }
}

fn follow(guide: &str, least: usize) {
    let at = folder();
    let guide = std::fs::read_to_string(repository(guide)).unwrap();
    let mut commands = 0;
    for block in guide.split("\n```").skip(1).step_by(2) {
        let (kind, body) = block.split_once('\n').unwrap();
        match kind.split_once(' ') {
            Some(("file", name)) => std::fs::write(at.path().join(name), format!("{body}\n")).unwrap(),
            // It asks a server that is not here.
            _ if kind == "sh" => assert!(body.contains("https://map.example/"), "{block}"),
            _ => {
                assert_eq!(kind, "console", "{block}");
                for command in body.split("$ kordon ").skip(1) {
                    let (line, expected) = command.split_once('\n').unwrap_or((command, ""));
                    let said = kordon(at.path(), &line.split(' ').collect::<Vec<_>>());
                    let all = format!("{}{}", said.out, said.err);
                    for words in expected.lines().flat_map(|line| line.split("   ")) {
                        assert!(all.contains(words), "{line}: {words} is not in\n{all}");
                    }
                    commands += 1;
                }
            }
        }
    }
    assert!(commands >= least, "{commands}");
}

#[test]
fn refused_records_are_mended_in_a_file_and_leave_the_quarantine() {
    let at = folder();
    let bad = format!("{REPORTS}c;1527-01-01;45.0;28.0;\"Too old;\nby far\"\nd;2024-01-01;0;0;Nowhere\n");
    let flags = ["--map", "date_start=Datum", "--map", "title=Titel", "--on-error", "quarantine"];
    import(at.path(), "r.csv", bad.as_bytes(), &flags);
    let listed = kordon(at.path(), &["quarantine", "list"]);
    let id = listed.out.split_whitespace().next().unwrap().to_owned();
    assert!(listed.out.contains("2  r.csv"), "{listed:?}");
    let shown = kordon(at.path(), &["quarantine", "show", &id]);
    assert!(shown.out.contains("r.csv:5:2: Datum") && shown.out.contains("Gulf of Guinea"), "{shown:?}");
    let exported = kordon(at.path(), &["quarantine", "export", &id, "-o", "m.csv"]);
    assert_eq!(exported.code, 0, "{exported:?}");
    let text = std::fs::read_to_string(at.path().join("m.csv")).unwrap();
    assert!(text.starts_with("id;Datum;Latitude;Longitude;Titel\n"), "{text}");
    let half = text.replace("1527", "2024");
    std::fs::write(at.path().join("m.csv"), &half).unwrap();
    let again = kordon(at.path(), &["quarantine", "export", &id, "-o", "m.csv"]);
    assert!(again.code == 2 && again.err.contains("somebody has mended"), "{again:?}");
    assert_eq!(std::fs::read_to_string(at.path().join("m.csv")).unwrap(), half);
    let mends = [&flags[..], &["--mends", &id]].concat();
    // One of the two alone: it is stored, and the other is not lost.
    let one: String =
        half.lines().take_while(|line| !line.starts_with('d')).map(|line| format!("{line}\n")).collect();
    let said = import(at.path(), "one.csv", one.as_bytes(), &mends);
    assert!(counts(&said) == [1, 0, 0, 0] && said.err.contains("only 1 came back"), "{said:?}");
    assert!(kordon(at.path(), &["quarantine", "list"]).out.starts_with(&id));
    let said = import(at.path(), "m.csv", half.as_bytes(), &mends);
    assert_eq!(counts(&said), [0, 0, 1, 1], "{said:?}");
    let listed = kordon(at.path(), &["quarantine", "list"]);
    let rest = listed.out.split_whitespace().next().unwrap().to_owned();
    assert!(rest != id && listed.out.lines().count() == 1, "{listed:?}");
    kordon(at.path(), &["quarantine", "export", &rest, "-o", "n.csv"]);
    let text = std::fs::read_to_string(at.path().join("n.csv")).unwrap().replace(";0;0;", ";45.1;28.1;");
    let said = import(at.path(), "n.csv", text.as_bytes(), &[&flags[..], &["--mends", &rest]].concat());
    assert_eq!(counts(&said), [1, 0, 0, 0], "{said:?}");
    assert_eq!(kordon(at.path(), &["quarantine", "list"]).out, "");
    // The whole file, mended, brings nothing new: the records kept their source.
    let whole = bad.replace("1527", "2024").replace(";0;0;", ";45.1;28.1;");
    assert_eq!(counts(&import(at.path(), "r.csv", whole.as_bytes(), &flags)), [0, 0, 4, 0]);
}

#[test]
fn a_batch_is_withdrawn_as_one_and_what_it_revised_says_what_it_said() {
    let at = folder();
    let flags = ["--map", "date_start=Datum", "--map", "title=Titel"];
    import(at.path(), "r.csv", REPORTS.as_bytes(), &flags);
    let more = REPORTS.replace("Odd but true", "Wrong") + "e;2024-06-01;45.2;28.2;New\n";
    let said = import(at.path(), "r.csv", more.as_bytes(), &flags);
    assert!(said.err.contains("r.csv is batch 2"), "{said:?}");
    let said = kordon(at.path(), &["withdraw", "--batch", "2", "--by", "Ana"]);
    assert!(said.code == 0 && said.err.contains("withdrawn 1, restored 1, left 0"), "{said:?}");
    let titles: Vec<String> =
        found(at.path(), &[]).iter().map(|one| one["properties"]["title"].to_string()).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert!(titles.iter().any(|title| title.contains("Odd but true")), "{titles:?}");
    let again = kordon(at.path(), &["withdraw", "--batch", "2"]);
    assert!(again.code == 1 && again.err.contains("withdrawn 0, restored 0, left 2"), "{again:?}");
    assert_eq!(kordon(at.path(), &["withdraw", "--batch", "99"]).code, 2);
    // What was withdrawn does not come back by itself, and that is said.
    let said = import(at.path(), "r.csv", more.as_bytes(), &flags);
    assert!(said.err.contains("1 of r.csv were withdrawn before and stay withdrawn"), "{said:?}");
    assert_eq!(found(at.path(), &[]).len(), 2);
    let said = import(at.path(), "r.csv", more.as_bytes(), &[&flags[..], &["--restore"]].concat());
    assert_eq!((counts(&said), found(at.path(), &[]).len()), ([0, 1, 2, 0], 3), "{said:?}");
    assert_eq!(kordon(at.path(), &["verify"]).code, 0);
}

#[test]
fn a_file_that_comes_again_publishes_nothing_that_was_hidden_since() {
    let at = folder();
    let rows = "id,date,lat,lon,title,masking,record_status\n1,2024-06-01,45.3,28.8,Shelter,exact,published\n2,2024-06-01,45.4,28.9,Port,exact,published\n";
    import(at.path(), "r.csv", rows.as_bytes(), &[]);
    for (what, hidden) in [
        ("masked", rows.replacen("exact", "hidden", 1)),
        ("embargoed", rows.replacen("published", "embargoed", 1)),
    ] {
        assert_eq!(counts(&import(at.path(), "r.csv", hidden.as_bytes(), &[])), [0, 1, 1, 0], "{what}");
        assert_eq!(found(at.path(), &[]).len(), 1, "{what}");
        // The file as it was, and with another cell: the incident is revised and stays hidden.
        for (again, counted) in
            [(rows.to_owned(), [0, 0, 2, 0]), (rows.replacen("Shelter", "School", 1), [0, 1, 1, 0])]
        {
            let said = import(at.path(), "r.csv", again.as_bytes(), &[]);
            assert_eq!(counts(&said), counted, "{what}");
            assert!(said.err.contains("1 of r.csv are withheld"), "{what}: {said:?}");
            assert_eq!(found(at.path(), &[]).len(), 1, "{what}");
        }
        assert_eq!(counts(&import(at.path(), "r.csv", rows.as_bytes(), &["--restore"])), [0, 1, 1, 0]);
        assert_eq!(found(at.path(), &[]).len(), 2, "{what}");
    }
}

#[test]
fn what_was_hidden_and_withdrawn_stays_both_whatever_a_file_says() {
    let at = folder();
    let hidden =
        "id,date,lat,lon,title,masking,record_status\n1,2024-06-01,45.3,28.8,Shelter,hidden,published\n";
    import(at.path(), "r.csv", hidden.as_bytes(), &[]);
    assert_eq!(kordon(at.path(), &["withdraw", "--batch", "1"]).code, 0);
    // At once, or one after the other: unmasked first, and published by another file.
    let published = hidden.replace("hidden", "exact");
    let unmasked = published.replace(",published", ",").replace("Shelter", "School");
    for file in [&unmasked, &published, &published] {
        let said = import(at.path(), "r.csv", file.as_bytes(), &[]);
        assert!(said.err.contains("1 of r.csv were withdrawn before and stay withdrawn"), "{said:?}");
        assert_eq!(found(at.path(), &[]).len(), 0, "{file}");
    }
    let said = import(at.path(), "r.csv", published.as_bytes(), &["--restore"]);
    assert_eq!((counts(&said), found(at.path(), &[]).len()), ([0, 1, 0, 0], 1), "{said:?}");
}

#[test]
fn an_export_of_yesterday_brings_nothing_back_that_was_withdrawn_or_merged_since() {
    let at = folder();
    let rows = "id,date,lat,lon,title\n1,2024-06-01,45.3,28.8,Port\n2,2024-06-01,45.3,28.8,Port of Izmail\n";
    import(at.path(), "r.csv", rows.as_bytes(), &[]);
    let more = "id,date,lat,lon,title\n3,2024-06-02,45.4,28.9,Shelter\n";
    import(at.path(), "more.csv", more.as_bytes(), &[]);
    let yesterday = kordon(at.path(), &["find", "--json"]).out;
    assert!(yesterday.contains(r#""record_status":"published""#), "{yesterday}");
    let id = |title: &str| {
        let all = found(at.path(), &[]);
        let its = all.iter().find(|one| one["properties"]["title"].to_string().contains(title)).unwrap();
        its["id"].as_str().unwrap().to_owned()
    };
    let (port, izmail, shelter) = (id("\"Port\""), id("Izmail"), id("Shelter"));
    assert_eq!(kordon(at.path(), &["merge", &izmail, "--into", &port]).code, 0);
    assert_eq!(kordon(at.path(), &["withdraw", "--batch", "2"]).code, 0);
    let said = import(at.path(), "yesterday.ndjson", yesterday.as_bytes(), &[]);
    assert_eq!((said.code, found(at.path(), &[]).len()), (0, 1), "{said:?}");
    assert!(said.err.contains("1 of yesterday.ndjson were withdrawn before and stay withdrawn"), "{said:?}");
    let said = import(at.path(), "yesterday.ndjson", yesterday.as_bytes(), &["--restore"]);
    let shown = found(at.path(), &[]);
    assert!(said.code == 0 && shown.len() == 2 && shown.iter().any(|one| one["id"] == shelter.as_str()));
}

/// Two reports of one event, of which the first is merged into the second; their ids.
fn two_merged(at: &Path) -> (String, String) {
    import(at, "two.csv", TWO.as_bytes(), &[]);
    let id = |word: &str| found(at, &["-q", word])[0]["id"].as_str().unwrap().to_owned();
    let (shelter, port) = (id("Shelter"), id("Port"));
    assert_eq!(kordon(at, &["merge", &shelter, "--into", &port]).code, 0);
    assert!(says_shelter(at), "what was merged is told with the other");
    (shelter, port)
}

const TWO: &str = "id,date,lat,lon,title,source_url,tags\n\
    B,2024-05-01,45.3513,28.8373,Port,https://b.example/public,porttag\n\
    A,2024-05-01,45.3512,28.8372,Shelter,https://a.example/secret,sheltertag\n";

fn says_shelter(at: &Path) -> bool {
    let said = kordon(at, &["find", "--json"]).out;
    said.contains("secret") || said.contains("sheltertag") || said.contains("two:A")
}

#[test]
fn what_was_merged_and_then_erased_comes_back_by_no_file() {
    let at = folder();
    let (shelter, _) = two_merged(at.path());
    let yesterday = kordon(at.path(), &["find", "--json"]).out;
    assert_eq!(kordon(at.path(), &["erase", &shelter, "--reason", "danger-to-life"]).code, 0);
    let named_so = TWO.replace("id,", "same_as,").replace("\nA,", "\ntwo:A,").replace("\nB,", "\ntwo:B,");
    for flags in [&[][..], &["--restore"]] {
        for (name, text) in [("two.csv", TWO), ("yesterday.ndjson", &yesterday), ("names.csv", &named_so)] {
            let said = import(at.path(), name, text.as_bytes(), flags);
            assert_eq!(counts(&said)[0], 0, "{name}: {said:?}");
            let shown = found(at.path(), &[]);
            assert!(shown.len() == 1 && shown[0].to_string().contains("porttag"), "{name}: {shown:?}");
            assert!(!says_shelter(at.path()), "{name}");
        }
    }
    assert_eq!(kordon(at.path(), &["verify"]).code, 0);
}

#[test]
fn who_erases_an_incident_is_told_of_the_others_that_still_tell_of_its_event() {
    for first in [0, 1] {
        let at = folder();
        let (shelter, port) = two_merged(at.path());
        let ids = [&shelter, &port];
        let said = kordon(at.path(), &["erase", ids[first], "--reason", "danger-to-life"]);
        let told = ["had taken it in", "was merged into it, and what it said before that"][first];
        assert!(said.err.contains(&format!("{} {told}", ids[1 - first])), "{said:?}");
        let said = kordon(at.path(), &["erase", ids[1 - first], "--reason", "danger-to-life"]);
        assert!(said.code == 0 && !said.err.contains(ids[first].as_str()), "{said:?}");
    }
}

#[test]
fn taking_back_what_hid_a_merged_incident_publishes_nothing_that_it_brought() {
    let at = folder();
    two_merged(at.path());
    let masked = TWO.replace("tags\n", "tags,masking\n").replace("sheltertag", "sheltertag,hidden");
    let masked = masked.replace("porttag", "porttag,");
    import(at.path(), "masked.csv", masked.as_bytes(), &["--source", "two"]);
    assert!(!says_shelter(at.path()));
    for flags in [&["--dry-run"][..], &[]] {
        let said = kordon(at.path(), &[&["withdraw", "--batch", "3"], flags].concat());
        assert!(said.err.contains("restored 0, left 2"), "{said:?}");
        assert!(!says_shelter(at.path()));
    }
}

#[test]
fn what_is_stored_and_not_shown_is_said() {
    let at = folder();
    let rows = "id,date,lat,lon,title,redistributable\n1,2024-06-01,45.3,28.8,Ours,\n2,2024-06-01,45.4,28.9,Theirs,false\n";
    let said = import(at.path(), "r.csv", rows.as_bytes(), &[]);
    assert_eq!(counts(&said), [2, 0, 0, 0]);
    assert!(said.err.contains("1 of r.csv are withheld from the public"), "{said:?}");
    let piped = format!("cat r.csv | {} import -", crate::harness::binary());
    let piped =
        std::process::Command::new("sh").args(["-c", &piped]).current_dir(at.path()).output().unwrap();
    assert_eq!(piped.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&piped.stderr).contains("--source"), "{piped:?}");
}

#[test]
fn an_archive_is_one_batch_and_a_broken_member_refuses_all_of_it() {
    let at = folder();
    let zip = |name: &str, files: &[&str]| {
        let done = std::process::Command::new("python3")
            .args(["-m", "zipfile", "-c", name])
            .args(files)
            .current_dir(at.path())
            .status()
            .unwrap();
        assert!(done.success());
    };
    std::fs::write(at.path().join("a.csv"), "id,lon,lat,date,title\n1,28.8,45.3,2024,x\n").unwrap();
    std::fs::write(at.path().join("b.csv"), "id,lon,lat,date,title\n1,28.8,45.3,2024,x\n").unwrap();
    std::fs::write(at.path().join("c.csv"), "id,lon,lat,date,title\n1,28.8,45.3,2024,\"x\n").unwrap();
    zip("bad.zip", &["a.csv", "c.csv"]);
    let said = kordon(at.path(), &["import", "bad.zip"]);
    assert!(said.code == 1 && said.err.contains("bad.zip/c.csv:2"), "{said:?}");
    assert!(!at.path().join("kordon-data").exists());
    zip("good.zip", &["a.csv", "b.csv"]);
    assert_eq!(counts(&kordon(at.path(), &["import", "good.zip"])), [2, 0, 0, 0]);
}

/// Two offices number their sheets alike, and the second file revised the incidents of the first unseen.
#[test]
fn another_file_of_the_same_name_is_warned_of_and_a_new_edition_of_the_same_is_not() {
    let at = folder();
    let first = "id,date,lon,lat,title,location_radius_m\n1,2024-06-01,28.84,45.33,Port,800\n2,2024-06-02,28.28,45.45,Reni,800\n";
    import(at.path(), "r.csv", first.as_bytes(), &[]);
    let edition = first.replace("Port", "Harbour").replace("28.84,45.33", "28.85,45.34")
        + "3,2024-06-03,28.80,45.30,New,800\n";
    let said = import(at.path(), "r.csv", edition.as_bytes(), &[]);
    assert_eq!(counts(&said), [1, 1, 1, 0]);
    assert!(!said.err.contains("warning") && !said.err.contains("had not come with it"), "{}", said.err);
    let other = first.replace("2024-06", "2023-02").replace("45.", "48.");
    let said = import(at.path(), "r.csv", other.as_bytes(), &[]);
    assert_eq!(counts(&said), [0, 2, 0, 0]);
    for words in [
        "warning: 2 of the updated incidents are at another time",
        "in r.csv (batch 2): r:2, r:1;",
        "--source NAME",
    ] {
        assert!(said.err.contains(words), "{words}: {}", said.err);
    }
    kordon(at.path(), &["withdraw", "--batch", "3"]);
    let said = import(at.path(), "r.csv", other.as_bytes(), &["--source", "other-office"]);
    assert_eq!(counts(&said), [2, 0, 0, 0]);
    // The very same file from elsewhere is the same.
    std::fs::create_dir(at.path().join("copy")).unwrap();
    std::fs::write(at.path().join("copy/r.csv"), edition).unwrap();
    assert_eq!(counts(&kordon(at.path(), &["import", "copy/r.csv"])), [0, 0, 3, 0]);
}

#[test]
fn an_import_says_which_incidents_had_come_with_another_file() {
    let at = folder();
    let rows = "id,date,lon,lat,title,same_as\n1,2024-06-01,28.84,45.33,Port,viina:1\n2,2024-06-02,28.28,45.45,Reni,viina:2\n";
    import(at.path(), "a.csv", rows.as_bytes(), &[]);
    let said = import(at.path(), "b.csv", rows.replace("Reni", "A port").as_bytes(), &[]);
    assert_eq!(counts(&said), [0, 1, 1, 0]);
    let words = "b.csv updated 1 incidents that had not come with it: 1 of a.csv (batch 1: viina:2)";
    assert!(said.err.contains(words), "{}", said.err);
    assert!(!said.err.contains("another time"), "{}", said.err);
}

#[test]
fn a_dry_run_says_what_the_import_will_say_and_stores_nothing() {
    let at = folder();
    let rows = "id,date,lon,lat,title,same_as\n1,2024-06-01,28.84,45.33,Port,viina:1\n2,2024-06-02,28.28,45.45,Reni,viina:2\n";
    import(at.path(), "a.csv", rows.as_bytes(), &[]);
    let other = rows.replace("2024-06-02,28.28,45.45,Reni", "2023-01-02,30.7,46.4,Odesa")
        + "3,2024-06-03,28.80,45.30,New,viina:3\n";
    for _ in 0..2 {
        let told = import(at.path(), "b.csv", other.as_bytes(), &["--dry-run"]);
        for words in [
            "of b.csv would be accepted 1, updated 1, unchanged 1",
            "b.csv would update 1 incidents that had not come with it: 1 of a.csv (batch 1: viina:2)",
            "warning: 1 of the updated incidents are at another time and in another place than in a.csv",
            "nothing was stored",
        ] {
            assert!(told.err.contains(words), "{words}: {}", told.err);
        }
    }
    // What comes twice is refused the second time, whether it is new or would update another file's.
    let repeated = other.clone()
        + "4,2024-06-03,28.80,45.30,Again,viina:3\n5,2023-01-03,30.7,46.4,Odesa again,viina:2\n";
    let told = import(at.path(), "b.csv", repeated.as_bytes(), &["--dry-run"]);
    assert!(told.err.contains("would be accepted 1, updated 1, unchanged 1"), "{}", told.err);
    assert!(told.err.contains("1 of a.csv (batch 1: viina:2)\n"), "{}", told.err);
    assert_eq!(counts(&import(at.path(), "b.csv", other.as_bytes(), &[])), [1, 1, 1, 0]);
    let told = import(at.path(), "b.csv", other.as_bytes(), &["--dry-run"]);
    assert!(told.err.contains("would be accepted 0, updated 0, unchanged 3"), "{}", told.err);
}

#[test]
fn our_own_tables_are_refused_in_every_form_and_say_what_to_export_instead() {
    let at = folder();
    kordon(at.path(), &["import", repository("data/samples/incidents.geojson").to_str().unwrap()]);
    for name in ["all.fgb", "all.parquet", "all.kml", "all.csv"] {
        assert_eq!(kordon(at.path(), &["export", "-o", name]).code, 0, "{name}");
        let said = kordon(at.path(), &["import", name]);
        assert_eq!(said.code, 1, "{name}: {said:?}");
        assert!(said.err.contains("geojsonseq") && said.err.lines().count() < 5, "{name}: {}", said.err);
    }
}

#[test]
fn a_layer_of_another_kind_of_file_says_what_a_layer_is() {
    let at = folder();
    std::fs::write(at.path().join("h.csv"), "name,lon,lat\nHospital,28.8,45.3\n").unwrap();
    for kind in ["health", "admin"] {
        let said = kordon(at.path(), &["layer", "add", "h.csv", "--kind", kind]);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(
            said.err.contains("h.csv:1:1: the file is not GeoJSON") && said.err.contains("ogr2ogr"),
            "{}",
            said.err
        );
    }
    assert!(!at.path().join("kordon-data").exists());
}

#[test]
fn a_place_is_asked_for_as_people_write_it() {
    let at = folder();
    let said = kordon(at.path(), &["place", "м. Ізмаїл, порт", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.lines().next().unwrap().contains("707308"), "{}", said.out);
    assert!(said.err.contains("порт is no unit or country of any of them, and was not used"), "{}", said.err);
}
