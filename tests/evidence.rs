//! Files that incidents rest on: kept, checked again, and never shown to the public.

use std::path::Path;

use crate::harness::{Said, folder, kordon, repository};

const STRIKE: &str = "id,lon,lat,date,title\n1,28.8372,45.3512,2023-08-02,Port struck\n";

/// A store with an incident, and a photograph beside it; the incident's id.
fn begin(at: &Path) -> String {
    std::fs::write(at.join("strike.csv"), STRIKE).unwrap();
    assert_eq!(kordon(at, &["import", "strike.csv"]).code, 0);
    std::fs::copy(data("photo.txt"), at.join("photo.txt")).unwrap();
    let said = kordon(at, &["find", "--json"]);
    serde_json::from_str::<serde_json::Value>(&said.out).unwrap()["id"].as_str().unwrap().to_owned()
}

fn data(name: &str) -> String {
    repository("crates/evidence/tests/data").join(name).to_string_lossy().into_owned()
}

fn add(at: &Path, flags: &[&str]) -> Said {
    kordon(at, &[&["evidence", "add", "photo.txt", "--by", "Ana"], flags].concat())
}

fn digest(at: &Path) -> String {
    kordon(at, &["evidence", "list"]).out.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn a_file_with_its_timestamp_is_kept_named_by_a_source_and_checked_again() {
    let at = folder();
    let id = begin(at.path());
    let said =
        add(at.path(), &["--to", &id, "--timestamp", &data("rsa.tsr"), "--timestamp", &data("ec.tsr")]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("timestamp 2026-11-28T22:55:09"), "{said:?}");
    let digest = digest(at.path());
    let found = kordon(at.path(), &["find", "--json"]);
    assert!(found.out.contains(&format!(r#""sha256":"{digest}""#)), "{found:?}");
    let shown = kordon(at.path(), &["evidence", "show", &digest]);
    assert_eq!(shown.code, 0, "{shown:?}");
    for words in
        ["added", "by Ana", "SHA-512 of the file", "A made-up authority", "not checked against an authority"]
    {
        assert!(shown.out.contains(words), "{words}: {shown:?}");
    }
    let out = kordon(at.path(), &["evidence", "export", &digest, "-o", "out.txt"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(std::fs::read(at.path().join("out.txt")).unwrap(), std::fs::read(data("photo.txt")).unwrap());
    // The same again changes nothing, and a timestamp that is there is there once.
    assert_eq!(add(at.path(), &["--timestamp", &data("rsa.tsr")]).code, 0);
    let again = kordon(at.path(), &["evidence", "show", &digest]);
    assert_eq!(again.out, shown.out);
    assert!(kordon(at.path(), &["verify"]).err.contains("1 files of evidence"));
}

#[test]
fn a_timestamp_of_another_file_or_a_wrong_source_is_refused() {
    let at = folder();
    let id = begin(at.path());
    std::fs::write(at.path().join("other.txt"), "another file").unwrap();
    let said = kordon(at.path(), &["evidence", "add", "other.txt", "--timestamp", &data("rsa.tsr")]);
    assert!(said.code == 1 && said.err.contains("of another file"), "{said:?}");
    let said = kordon(at.path(), &["evidence", "add", "other.txt", "--timestamp", &data("photo.txt")]);
    assert!(said.code == 1 && said.err.contains("no timestamp"), "{said:?}");
    let said = add(at.path(), &["--to", &id, "--source", "9"]);
    assert!(said.code == 2 && said.err.contains("no source 9"), "{said:?}");
    assert_eq!(kordon(at.path(), &["evidence", "list"]).out.lines().count(), 1, "nothing of that was kept");
    for wrong in ["00", "../../etc", &"0".repeat(64)] {
        let said = kordon(at.path(), &["evidence", "show", wrong]);
        assert!(said.code == 2 && said.err.contains("there is no evidence"), "{said:?}");
    }
}

#[test]
fn a_file_that_was_changed_on_the_disk_is_named_and_not_given_out() {
    let at = folder();
    begin(at.path());
    add(at.path(), &[]);
    let digest = digest(at.path());
    let content = at.path().join("kordon-data/evidence").join(&digest).join("content");
    std::fs::write(&content, "A photograph of the quay!\n").unwrap();
    for said in [
        kordon(at.path(), &["verify"]),
        kordon(at.path(), &["evidence", "show", &digest]),
        kordon(at.path(), &["evidence", "export", &digest, "-o", "out.txt"]),
    ] {
        assert!(said.code != 0 && said.err.contains("not the file that was added"), "{said:?}");
    }
    assert!(!at.path().join("out.txt").exists());
    // The sound file takes its place when it is added again.
    assert_eq!(add(at.path(), &[]).code, 0);
    assert_eq!(kordon(at.path(), &["verify"]).code, 0);
    assert_eq!(std::fs::read(&content).unwrap(), std::fs::read(data("photo.txt")).unwrap());
    std::fs::write(&content, "A photograph of the quay!\n").unwrap();
    assert_eq!(kordon(at.path(), &["evidence", "remove", &digest]).code, 0);
    assert_eq!(kordon(at.path(), &["verify"]).code, 0);
}

#[test]
fn a_backup_has_the_evidence_and_one_that_was_changed_is_no_store() {
    let at = folder();
    begin(at.path());
    add(at.path(), &["--timestamp", &data("rsa.tsr")]);
    let shown = kordon(at.path(), &["evidence", "show", &digest(at.path())]);
    assert_eq!(kordon(at.path(), &["backup", "store.tar"]).code, 0);
    assert_eq!(kordon(at.path(), &["restore", "store.tar", "--store", "again"]).code, 0);
    let again = kordon(at.path(), &["evidence", "show", &digest(at.path()), "--store", "again"]);
    assert_eq!(again.out, shown.out);
    let content = at.path().join("again/evidence").join(digest(at.path())).join("content");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(content).unwrap());
    assert_eq!(mode & 0o077, 0, "nobody else may read it");
    let tar = std::fs::read(at.path().join("store.tar")).unwrap();
    let place = tar.windows(14).position(|bytes| bytes == b"A photograph o").unwrap();
    let changed = [&tar[..place], b"B", &tar[place + 1..]].concat();
    std::fs::write(at.path().join("changed.tar"), changed).unwrap();
    let said = kordon(at.path(), &["restore", "changed.tar", "--store", "third"]);
    assert!(said.code == 2 && !at.path().join("third").exists(), "{said:?}");
}

#[test]
fn a_web_archive_is_held_against_its_list() {
    let at = folder();
    begin(at.path());
    let script = "import hashlib, json, zipfile\n\
        warc = b'WARC/1.1'\n\
        listed = {'title': 'A post', 'mainPageUrl': 'https://example.org/1', 'resources': [{'path': 'archive/a.warc', \
        'hash': 'sha256:' + hashlib.sha256(warc).hexdigest(), 'bytes': len(warc)}]}\n\
        for name, held in [('good', warc), ('bad', b'WARC/1.0')]:\n\
        \x20   with zipfile.ZipFile(name + '.wacz', 'w') as z:\n\
        \x20       z.writestr('archive/a.warc', held)\n\
        \x20       z.writestr('datapackage.json', json.dumps(listed))\n";
    let done =
        std::process::Command::new("python3").args(["-c", script]).current_dir(at.path()).status().unwrap();
    assert!(done.success());
    for (name, code, words) in [
        ("good.wacz", 0, "all 1 files are what its list says"),
        ("bad.wacz", 1, "archive/a.warc is not what the list says"),
    ] {
        let said = kordon(at.path(), &["evidence", "add", name]);
        let digest = said.err.split_whitespace().find(|word| word.len() == 64).unwrap().to_owned();
        let shown = kordon(at.path(), &["evidence", "show", &digest]);
        assert!(shown.code == code && shown.out.contains(words), "{name}: {shown:?}");
        assert!(shown.out.contains("https://example.org/1"), "{shown:?}");
    }
}
