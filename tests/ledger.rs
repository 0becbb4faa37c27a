//! The ledger is what it says, and a stranger can tell: `kordon verify`, checkpoints, proofs, and `docs/verify.py`,
//! which shares no line with the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Random, Said, Server, binary, folder, kordon, repository};

fn import_samples(at: &Path) {
    let samples = repository("data/samples/incidents.geojson");
    assert_eq!(kordon(at, &["import", samples.to_str().unwrap()]).code, 0);
}

/// Two more batches of one record each.
fn import_two(at: &Path) {
    for name in ["one", "two"] {
        let line = format!(
            r#"{{"type":"Feature","id":"{name}","geometry":{{"type":"Point","coordinates":[28.84,45.33]}},"properties":{{"title":"{name}","date_start":"2025-01-01"}}}}"#
        );
        fs::write(at.join("more.ndjson"), line).unwrap();
        assert_eq!(kordon(at, &["import", "more.ndjson"]).code, 0);
    }
}

fn ledger(at: &Path) -> PathBuf {
    at.join("kordon-data/ledger")
}

/// The independent verifier.
fn python(at: &Path, more: &[&str]) -> Said {
    let said = Command::new("python3")
        .arg(repository("docs/verify.py"))
        .arg(ledger(at))
        .args(more)
        .current_dir(at)
        .output()
        .expect("python3");
    Said {
        code: said.status.code().unwrap_or(-1),
        out: String::from_utf8(said.stdout).unwrap(),
        err: String::from_utf8(said.stderr).unwrap(),
    }
}

fn key_in(said: &Said) -> String {
    let line = said.err.lines().find_map(|line| line.strip_prefix("key "));
    line.unwrap_or_else(|| panic!("{said:?}")).to_owned()
}

#[test]
fn a_stranger_finds_the_same_head_and_root_and_an_older_checkpoint_still_holds() {
    let at = folder();
    import_samples(at.path());
    let first = kordon(at.path(), &["verify"]);
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.out.starts_with("kordon/"), "{first:?}");
    fs::write(at.path().join("checkpoint.txt"), &first.out).unwrap();
    import_two(at.path());
    let said = kordon(at.path(), &["verify", "--against", "checkpoint.txt"]);
    assert_eq!(said.code, 0, "{said:?}");
    let theirs = python(at.path(), &["checkpoint.txt", &key_in(&first)]);
    assert_eq!(theirs.code, 0, "{theirs:?}");
    for word in ["head ", "root "] {
        let hash = &theirs.out.split_once(word).unwrap().1[..64];
        assert!(said.err.contains(&format!("{word}{hash}")), "{said:?} {theirs:?}");
    }
    let forged = first.out.replacen('\n', "\n1", 1);
    fs::write(at.path().join("forged.txt"), forged).unwrap();
    assert_ne!(kordon(at.path(), &["verify", "--against", "forged.txt"]).code, 0);
    assert_eq!(python(at.path(), &["forged.txt", &key_in(&first)]).code, 1);
}

#[test]
fn a_snapshot_is_found_again_by_its_name_until_something_in_it_is_erased() {
    let at = folder();
    import_samples(at.path());
    let find = |more: &[&str]| kordon(at.path(), &[&["find"], more].concat());
    let export = |name: &str, more: &[&str]| {
        let said = kordon(at.path(), &[&["export", "-o", name], more].concat());
        assert_eq!(said.code, 0, "{said:?}");
        fs::read(at.path().join(name)).unwrap()
    };
    let question = ["--within-km", "5", "--of", "NATO"];
    let now = find(&[&question[..], &["--json"]].concat());
    let (_, name) = now.err.trim().rsplit_once("; snapshot ").unwrap_or_else(|| panic!("{now:?}"));
    let pinned = |more: &[&str]| find(&[&question[..], more, &["--snapshot", name]].concat());
    let answers = || {
        let mut answers = [&["--json"][..], &["--cite"]].map(|form| pinned(form).out).to_vec();
        for file in ["then.geojson", "then.csv"] {
            answers.push(String::from_utf8(export(file, &["--snapshot", name])).unwrap());
        }
        answers
    };
    let then = answers();
    assert_eq!(then[0], now.out);
    assert_eq!(then[2].as_bytes(), export("now.geojson", &[]));
    for word in [
        "incidents for within-km=5; of=NATO. Snapshot ",
        name,
        "\u{a9} OpenStreetMap contributors",
        "world view un",
    ] {
        assert!(then[1].contains(word), "{word}: {}", then[1]);
    }
    assert!(
        then[2].contains(&format!(r#""snapshot":"{name}""#))
            && then[3].lines().nth(1).unwrap().ends_with(name)
    );
    import_two(at.path());
    assert_eq!(answers(), then);
    assert_eq!(find(&["--as-of", "0", "--count"]).out, "0\n");
    let recorded = find(&["--as-of", "2999-01-01T00:00:00+02:00", "--count"]);
    assert_eq!(recorded.out, find(&["--count"]).out);

    let id = now.out.lines().next().unwrap();
    let id = serde_json::from_str::<serde_json::Value>(id).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(kordon(at.path(), &["erase", &id, "--reason", "law"]).code, 0);
    let (_, seq) = name.split_once('-').unwrap();
    let seq = seq.split('-').next().unwrap();
    let gone = pinned(&["--json"]);
    assert!(gone.code == 2 && gone.err.contains(&format!("as-of={seq}")), "{gone:?}");
    let rest = find(&[&question[..], &["--json", "--as-of", seq]].concat());
    assert!(rest.code == 0 && !rest.out.contains(&id), "{rest:?}");
    assert_eq!(rest.out.lines().count() + 1, now.out.lines().count());
    for bad in [
        &["--as-of", "yesterday"][..],
        &["--snapshot", "x"],
        &["--as-of", "99999"],
        &["--as-of", "1", "--snapshot", name],
    ] {
        let said = find(bad);
        assert!(said.code == 2 && said.out.is_empty(), "{said:?}");
    }
}

#[test]
fn a_store_that_was_rolled_back_or_rewritten_is_sound_in_itself_and_convicted_by_a_checkpoint() {
    let at = folder();
    import_samples(at.path());
    let segment = ledger(at.path()).join("000001.geojsons");
    let before = fs::read(&segment).unwrap();
    import_two(at.path());
    let checkpoint = kordon(at.path(), &["verify"]);
    fs::write(at.path().join("checkpoint.txt"), &checkpoint.out).unwrap();
    let key = key_in(&checkpoint);
    let convicted = |what: &str| {
        assert_eq!(kordon(at.path(), &["verify"]).code, 0, "{what}: it is sound in itself");
        let said = kordon(at.path(), &["verify", "--against", "checkpoint.txt"]);
        assert_eq!(said.code, 1, "{what}: {said:?}");
        let theirs = python(at.path(), &["checkpoint.txt", &key]);
        assert_eq!(theirs.code, 1, "{what}: {theirs:?}");
    };
    fs::write(&segment, &before).unwrap();
    convicted("rolled back");
    import_two(at.path());
    convicted("written anew by the program itself, with the key at hand");
}

#[test]
fn both_verifiers_convict_every_byte_that_was_changed() {
    let at = folder();
    import_samples(at.path());
    import_two(at.path());
    let segment = ledger(at.path()).join("000001.geojsons");
    let sound = fs::read(&segment).unwrap();
    let mut random = Random(5);
    for _ in 0..10 {
        let mut bad = sound.clone();
        let byte = (random.unit() * bad.len() as f64) as usize;
        bad[byte] ^= 1 << ((random.unit() * 8.0) as u32);
        fs::write(&segment, bad).unwrap();
        assert_eq!(python(at.path(), &[]).code, 1, "byte {byte}");
        assert_eq!(kordon(at.path(), &["verify"]).code, 1, "byte {byte}");
    }
    // The control: what convicts them is the change.
    fs::write(&segment, sound).unwrap();
    assert_eq!((python(at.path(), &[]).code, kordon(at.path(), &["verify"]).code), (0, 0));
}

#[test]
fn both_verifiers_leave_out_a_batch_that_was_cut_short() {
    let at = folder();
    import_samples(at.path());
    let text = "long ".repeat(500);
    let line = format!(
        r#"{{"type":"Feature","id":"one","geometry":{{"type":"Point","coordinates":[28.84,45.33]}},"properties":{{"title":"one","description":"{text}","date_start":"2025-01-01"}}}}"#
    );
    fs::write(at.path().join("more.ndjson"), line).unwrap();
    assert_eq!(kordon(at.path(), &["import", "more.ndjson"]).code, 0);
    let segment = ledger(at.path()).join("000001.geojsons");
    let sound = fs::read(&segment).unwrap();
    let cut = |bytes: usize| sound[..sound.len() - bytes].to_vec();
    // One within the last record.
    let mut unwritten = sound.clone();
    let sector = (sound.len() - 1_500) / 512 * 512;
    unwritten[sector..sector + 512].fill(0);
    for (what, torn) in [("one byte", cut(1)), ("more", cut(200)), ("a sector", unwritten)] {
        fs::write(&segment, torn).unwrap();
        let (theirs, ours) = (python(at.path(), &[]), kordon(at.path(), &["verify"]));
        assert_eq!((theirs.code, ours.code), (0, 0), "{what}: {theirs:?} {ours:?}");
        assert!(theirs.out.contains("left out"), "{what}: {theirs:?}");
        let root = &theirs.out.split_once("root ").unwrap().1[..64];
        assert!(ours.err.contains(root), "{what}: {theirs:?} {ours:?}");
    }
    // The control: where no byte is missing, the last one is a byte like any other.
    let mut changed = cut(1);
    changed.push(b' ');
    fs::write(&segment, changed).unwrap();
    assert_eq!((python(at.path(), &[]).code, kordon(at.path(), &["verify"]).code), (1, 1));
}

/// How many incidents [`import_many`] imports: enough for their batch to be packed.
pub const MANY: usize = 2_500;

/// Imports a batch that is long enough to be packed; gives its file.
pub fn import_many(at: &Path) -> PathBuf {
    let mut random = Random(11);
    let mut text = String::new();
    for i in 0..MANY {
        let (lon, lat) = (22.0 + 10.0 * random.unit(), 44.0 + 8.0 * random.unit());
        let words: String = (0..20).map(|_| format!("{:x} ", (random.unit() * 1e9) as u64)).collect();
        text += &format!(
            r#"{{"type":"Feature","id":"{i}","geometry":{{"type":"Point","coordinates":[{lon:.5},{lat:.5}]}},"properties":{{"title":"many {i}","description":"{words}","date_start":"2024-01-01"}}}}"#
        );
        text += "\n";
    }
    fs::write(at.join("many.ndjson"), text).unwrap();
    let said = kordon(at, &["import", "many.ndjson"]);
    assert_eq!(said.code, 0, "{said:?}");
    ledger(at).join(segments(at).pop().unwrap())
}

fn segments(at: &Path) -> Vec<String> {
    let names =
        fs::read_dir(ledger(at)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "format.json").collect();
    names.sort();
    names
}

#[test]
fn a_stranger_reads_a_packed_segment_and_finds_the_same_head_and_root() {
    let at = folder();
    import_samples(at.path());
    let file = import_many(at.path());
    import_two(at.path());
    assert_eq!(segments(at.path()), ["000001.geojsons", "000002.geojsons.gz", "000003.geojsons"]);
    let first = kordon(at.path(), &["verify"]);
    assert_eq!(first.code, 0, "{first:?}");
    let theirs = python(at.path(), &[]);
    assert_eq!(theirs.code, 0, "{theirs:?}");
    for word in ["head ", "root "] {
        let hash = &theirs.out.split_once(word).unwrap().1[..64];
        assert!(first.err.contains(&format!("{word}{hash}")), "{first:?} {theirs:?}");
    }
    // With the tools that everybody has.
    let zcat = Command::new("zcat").arg(&file).output().unwrap();
    assert!(zcat.status.success() && zcat.stderr.is_empty(), "{}", String::from_utf8_lossy(&zcat.stderr));
    assert_eq!(zcat.stdout.iter().filter(|byte| **byte == b'\n').count(), MANY);
    assert!(fs::metadata(&file).unwrap().len() * 2 < zcat.stdout.len() as u64);
    // Unpacked by them, it is the same store.
    fs::write(file.with_extension(""), &zcat.stdout).unwrap();
    for both in [true, false] {
        assert_eq!(kordon(at.path(), &["verify"]).out, first.out, "{both}");
        assert_eq!(python(at.path(), &[]).out, theirs.out, "{both}");
        if both {
            fs::remove_file(&file).unwrap();
        }
    }
    // And packed again by whoever writes next.
    import_samples(at.path());
    assert_eq!(segments(at.path()), ["000001.geojsons", "000002.geojsons.gz", "000003.geojsons"]);
    assert_eq!(python(at.path(), &[]).out, theirs.out);
}

#[test]
fn both_verifiers_convict_every_byte_of_a_packed_segment_that_was_changed() {
    let at = folder();
    import_samples(at.path());
    let file = import_many(at.path());
    let both_say = || (python(at.path(), &[]).code, kordon(at.path(), &["verify"]).code);
    let sound = fs::read(&file).unwrap();
    let mut random = Random(6);
    // What tells that a file is gzip, the time, the system; the end; and anywhere.
    let mut bytes = vec![0, 5, 9, 17, sound.len() - 1, sound.len() - 50];
    bytes.extend((0..3).map(|_| (random.unit() * sound.len() as f64) as usize));
    for byte in bytes {
        let mut bad = sound.clone();
        bad[byte] ^= 1 << ((random.unit() * 8.0) as u32);
        fs::write(&file, bad).unwrap();
        for said in [python(at.path(), &[]), kordon(at.path(), &["verify"])] {
            assert!(said.code == 1 && said.err.contains("000002.geojsons.gz: "), "byte {byte}: {said:?}");
        }
    }
    for len in [0, sound.len() / 2, sound.len() - 1] {
        fs::write(&file, &sound[..len]).unwrap();
        for said in [python(at.path(), &[]), kordon(at.path(), &["verify"])] {
            assert_eq!(said.code, 1, "{len} bytes: {said:?}");
        }
    }
    fs::write(&file, &sound).unwrap();
    // A plain one beside it was whole once, and counts.
    let zcat = Command::new("zcat").arg(&file).output().unwrap();
    for len in [zcat.stdout.len(), zcat.stdout.len() / 2] {
        fs::write(file.with_extension(""), &zcat.stdout[..len]).unwrap();
        let code = i32::from(len < zcat.stdout.len());
        assert_eq!(both_say(), (code, code), "{len}");
    }
    fs::remove_file(file.with_extension("")).unwrap();
    // A member that says nothing, where none belongs.
    let end = &sound[sound.len() - 60..];
    assert_eq!(end[..2], [0x1f, 0x8b]);
    fs::write(&file, [&sound[..], end].concat()).unwrap();
    assert_eq!(both_say(), (1, 1));
    fs::write(&file, sound).unwrap();
    assert_eq!(both_say(), (0, 0));
}

#[test]
fn segments_that_were_exchanged_bring_nothing_back_that_was_hidden_since() {
    let at = folder();
    import_many(at.path());
    let hide = "id,lon,lat,date,title,masking\n7,28.8,45.3,2024-01-01,many 7,hidden\n";
    fs::write(at.path().join("hide.csv"), hide).unwrap();
    assert_eq!(kordon(at.path(), &["import", "hide.csv", "--source", "many"]).code, 0);
    let count = || kordon(at.path(), &["find", "--count"]);
    let hidden = count();
    assert_eq!(hidden.out.trim(), (MANY - 1).to_string(), "{hidden:?}");
    let name = |name: &str| ledger(at.path()).join(name);
    fs::rename(name("000001.geojsons.gz"), name("000002.geojsons.gz")).unwrap();
    fs::rename(name("000002.geojsons"), name("000001.geojsons")).unwrap();
    assert_eq!(count().out, hidden.out);
    assert_eq!(kordon(at.path(), &["verify"]).code, 1);
}

#[test]
fn a_backup_of_a_packed_store_and_an_erasure_in_one_keep_every_proof() {
    let at = folder();
    import_samples(at.path());
    import_many(at.path());
    let before = kordon(at.path(), &["verify"]);
    fs::write(at.path().join("checkpoint.txt"), &before.out).unwrap();
    assert_eq!(kordon(at.path(), &["backup", "store.tar"]).code, 0);
    let restored = kordon(at.path(), &["restore", "store.tar", "--store", "again"]);
    assert_eq!(restored.code, 0, "{restored:?}");
    for name in segments(at.path()) {
        let again = fs::read(at.path().join("again/ledger").join(&name)).unwrap();
        assert!(again == fs::read(ledger(at.path()).join(name)).unwrap());
    }
    let count = |store: &str| kordon(at.path(), &["find", "--count", "--store", store]).out;
    assert_eq!(count("again"), count("kordon-data"));
    // A backup with a byte changed in its packed segment makes no store.
    let mut changed = fs::read(at.path().join("store.tar")).unwrap();
    let place = changed.len() / 2;
    changed[place] ^= 1;
    fs::write(at.path().join("changed.tar"), changed).unwrap();
    assert_eq!(kordon(at.path(), &["restore", "changed.tar", "--store", "changed"]).code, 2);

    let found = kordon(at.path(), &["find", "--json", "-q", "many 1234"]);
    assert_eq!(found.code, 0, "{found:?}");
    let one: serde_json::Value = serde_json::from_str(found.out.lines().next().unwrap()).unwrap();
    let title = one["properties"]["title"].as_object().unwrap().values().next().unwrap().as_str().unwrap();
    let id = one["id"].as_str().unwrap();
    let says = || {
        let texts = segments(at.path()).into_iter().map(|name| ledger(at.path()).join(name));
        let texts = texts.map(|path| Command::new("gzip").args(["-cdf"]).arg(path).output().unwrap().stdout);
        texts.map(|text| String::from_utf8(text).unwrap()).any(|text| text.contains(&format!("\"{title}\"")))
    };
    assert!(says());
    let said = kordon(at.path(), &["erase", id, "--reason", "danger-to-life"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(!says());
    assert_eq!(segments(at.path()), ["000001.geojsons", "000002.geojsons.gz", "000003.geojsons"]);
    assert_eq!(python(at.path(), &["checkpoint.txt", &key_in(&before)]).code, 0);
    assert_eq!(kordon(at.path(), &["verify", "--against", "checkpoint.txt"]).code, 0);
}

#[test]
fn the_signing_key_is_for_the_owner_alone_and_a_proof_names_what_it_proves() {
    use std::os::unix::fs::PermissionsExt;
    let at = folder();
    import_samples(at.path());
    let key = fs::metadata(at.path().join("kordon-data/signing-key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    let id = kordon(at.path(), &["find", "--json", "--limit", "1"]).json()["id"].as_str().unwrap().to_owned();
    let proof = kordon(at.path(), &["prove", &id]).json();
    let record: serde_json::Value =
        serde_json::from_str(proof["revisions"][0]["record"].as_str().unwrap()).unwrap();
    assert_eq!(record["id"], id.as_str());
    assert_eq!(record["kordon"]["hash"], proof["revisions"][0]["hash"]);
    assert!(proof["checkpoint"].as_str().unwrap().starts_with("kordon/"));
}

#[test]
fn a_backup_taken_while_serving_becomes_a_store_with_the_same_root_and_nothing_is_overwritten() {
    let at = folder();
    import_samples(at.path());
    let layer = r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[28.84,45.35]},"properties":{"name":"A"}}"#;
    fs::write(at.path().join("clinics.geojson"), layer).unwrap();
    assert_eq!(kordon(at.path(), &["layer", "add", "clinics.geojson", "--kind", "health"]).code, 0);
    let server = Server::start(at.path(), &["serve"]);
    let backup = kordon(at.path(), &["backup", "store.tar"]);
    assert_eq!(backup.code, 0, "{backup:?}");
    drop(server);
    let verified = kordon(at.path(), &["verify"]);
    fs::write(at.path().join("checkpoint.txt"), &verified.out).unwrap();
    let restored = kordon(at.path(), &["restore", "store.tar", "--store", "again"]);
    assert_eq!(restored.code, 0, "{restored:?}");
    let key = key_in(&verified);
    let said =
        kordon(at.path(), &["verify", "--store", "again", "--against", "checkpoint.txt", "--key", &key]);
    assert_eq!(said.code, 0, "{said:?}");
    let count = |store: &str| kordon(at.path(), &["find", "--count", "--store", store]).out;
    assert_eq!(count("again"), count("kordon-data"));
    let layers = |store: &str| kordon(at.path(), &["layer", "list", "--json", "--store", store]).out;
    assert!(layers("again").contains("clinics"), "{}", layers("again"));
    assert_eq!(layers("again"), layers("kordon-data"));
    // The key stays where it was unless it was asked for.
    assert!(!at.path().join("again/signing-key").exists());
    assert_eq!(kordon(at.path(), &["backup", "with-key.tar", "--with-key"]).code, 0);
    assert_eq!(kordon(at.path(), &["restore", "with-key.tar", "--store", "third"]).code, 0);
    assert_eq!(key_in(&kordon(at.path(), &["verify", "--store", "third"])), key);
    // Neither way overwrites.
    let before = fs::read(at.path().join("store.tar")).unwrap();
    assert_eq!(kordon(at.path(), &["backup", "store.tar"]).code, 2);
    assert_eq!(fs::read(at.path().join("store.tar")).unwrap(), before);
    assert_eq!(kordon(at.path(), &["restore", "store.tar", "--store", "again"]).code, 2);
}

#[test]
fn a_backup_that_is_cut_or_changed_makes_no_store() {
    let at = folder();
    import_samples(at.path());
    assert_eq!(kordon(at.path(), &["backup", "store.tar"]).code, 0);
    let sound = fs::read(at.path().join("store.tar")).unwrap();
    let refused = |bytes: &[u8], what: &str| {
        fs::write(at.path().join("bad.tar"), bytes).unwrap();
        let said = kordon(at.path(), &["restore", "bad.tar", "--store", "bad"]);
        assert_eq!(said.code, 2, "{what}: {said:?}");
        assert_eq!((at.path().join("bad").exists(), at.path().join("bad.part").exists()), (false, false));
    };
    refused(&sound[..sound.len() / 2], "cut");
    refused(&sound[..1024], "only its manifest");
    let mut changed = sound.clone();
    let place = changed.len() / 2;
    changed[place] ^= 1;
    refused(&changed, "changed");
}

#[test]
fn an_erased_record_is_nowhere_and_a_stranger_still_finds_every_proof_sound() {
    let at = folder();
    import_samples(at.path());
    let before = kordon(at.path(), &["verify"]);
    fs::write(at.path().join("checkpoint.txt"), &before.out).unwrap();
    let one = kordon(at.path(), &["find", "--json", "--limit", "1"]).json();
    let (id, title) = (one["id"].as_str().unwrap(), one["properties"]["title"]["en"].as_str().unwrap());
    let says = || String::from_utf8(fs::read(ledger(at.path()).join("000001.geojsons")).unwrap()).unwrap();
    assert!(says().contains(title));
    let said = kordon(at.path(), &["erase", id, "--reason", "danger-to-life"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(!says().contains(title));
    assert_eq!(python(at.path(), &["checkpoint.txt", &key_in(&before)]).code, 0);
    assert_eq!(kordon(at.path(), &["verify", "--against", "checkpoint.txt"]).code, 0);
    // The record of the erasure alone explains it: without that, somebody has made a record vanish.
    let text = says();
    let whole = text.trim_end().rfind('\n').unwrap() + 1;
    fs::write(ledger(at.path()).join("000001.geojsons"), &text[..whole]).unwrap();
    assert_eq!((kordon(at.path(), &["verify"]).code, python(at.path(), &[]).code), (1, 1));
}

/// The limits of a process, as its system tells them.
#[cfg(target_os = "linux")]
#[test]
fn as_many_segments_may_be_open_as_the_system_allows() {
    let at = folder();
    import_samples(at.path());
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -Sn 100 && exec \"$0\" serve --listen 127.0.0.1:0", &binary()])
        .current_dir(at.path());
    let server = Server::run(few).unwrap();
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let files: Vec<&str> =
        limits.lines().find(|line| line.starts_with("Max open files")).unwrap().split_whitespace().collect();
    let (soft, hard) = (files[3], files[4]);
    assert!(soft == hard && soft != "100", "{files:?}");
}
