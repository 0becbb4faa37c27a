//! What is said of evidence, held against files of another program's making and against files that were tampered with.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Cursor, Write};

use kordon_evidence::{BadArchive, BadTimestamp, Digests, Mark, Signed, Timestamp, WebArchive, hex};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

const PHOTO: &[u8] = include_bytes!("data/photo.txt");
const RSA: &[u8] = include_bytes!("data/rsa.tsr");
const EC: &[u8] = include_bytes!("data/ec.tsr");
const TOKEN: &[u8] = include_bytes!("data/rsa.tst");

fn photo() -> Digests {
    Digests::of(PHOTO, |_| Ok(())).unwrap()
}

#[test]
fn a_timestamp_tells_the_file_the_time_and_whose_certificate_signed_it() {
    for (bytes, at, imprint) in [
        (RSA, "2026-11-28T22:55:09.095Z", hex(&photo().sha256)),
        (EC, "2026-11-28T22:55:09", hex(&photo().sha512)),
        (TOKEN, "2026-11-28T22:55:09.095Z", hex(&photo().sha256)),
    ] {
        let stamp = Timestamp::read(bytes).unwrap();
        assert!(stamp.at.starts_with(at), "{stamp:?}");
        assert_eq!(stamp.imprint, imprint);
        assert_eq!((stamp.policy.as_str(), &stamp.signed), ("1.2.3.4.1", &Signed::ByItsCertificate));
        assert!(stamp.signer.as_ref().unwrap().contains("A made-up authority"), "{stamp:?}");
        stamp.is_of(&photo()).unwrap();
        let other = Digests::of(&b"another file"[..], |_| Ok(())).unwrap();
        assert!(matches!(stamp.is_of(&other), Err(BadTimestamp::OfAnother(_, its)) if its == imprint));
    }
    assert_eq!(Timestamp::read(RSA).unwrap().serial, "1001", "as openssl prints it");
}

#[test]
fn a_token_without_its_certificate_is_told_as_unchecked() {
    let stamp = Timestamp::read(include_bytes!("data/nocert.tsr")).unwrap();
    assert!(matches!(&stamp.signed, Signed::Unchecked(why) if why.contains("certificate")), "{stamp:?}");
    assert_eq!(stamp.signer, None);
    stamp.is_of(&photo()).unwrap();
}

#[test]
fn an_answer_that_grants_nothing_and_bytes_of_another_kind_are_told_as_such() {
    let refused = Timestamp::read(include_bytes!("data/refused.tsr"));
    assert_eq!(refused, Err(BadTimestamp::Refused(2)));
    for bytes in [&b""[..], PHOTO, &RSA[..RSA.len() - 1], &vec![0x30; 300_000], b"\x30\x03\x02\x01\x01"] {
        assert!(matches!(Timestamp::read(bytes), Err(BadTimestamp::Form(_))), "{:?}", Timestamp::read(bytes));
    }
}

#[test]
fn no_changed_byte_changes_what_a_timestamp_says() {
    for original in [RSA, EC] {
        let told = Timestamp::read(original).unwrap();
        let (mut refused, mut wrong) = (0, 0);
        for at in 0..original.len() {
            for bit in [0x01, 0x80] {
                let mut bytes = original.to_vec();
                bytes[at] ^= bit;
                match Timestamp::read(&bytes) {
                    Err(BadTimestamp::Signature(_)) => wrong += 1,
                    Err(_) => refused += 1,
                    Ok(stamp) if stamp.signed == Signed::ByItsCertificate => {
                        // Beside the facts stand a status and the names in the certificate.
                        let facts = |of: &Timestamp| {
                            (of.at.clone(), of.imprint.clone(), of.serial.clone(), of.policy.clone())
                        };
                        assert_eq!(facts(&stamp), facts(&told), "byte {at}");
                    }
                    // Whoever takes the certificate or its kind away is told that nothing was checked.
                    Ok(_) => {}
                }
            }
        }
        assert!(refused > 100 && wrong > 100, "{refused} {wrong}");
    }
}

/// A web archive with these files, the list as it should be, then changed.
fn archive(change: impl FnOnce(&mut serde_json::Value, &mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
    let mut files = vec![
        ("archive/data.warc.gz".to_owned(), b"WARC/1.1 made up".to_vec()),
        ("pages/pages.jsonl".to_owned(), b"{\"format\":\"json-pages-1.0\"}\n".to_vec()),
    ];
    let resources: Vec<_> = files
        .iter()
        .map(|(path, bytes)| {
            let hash = format!("sha256:{}", hex(&Sha256::digest(bytes)));
            serde_json::json!({ "name": path, "path": path, "hash": hash, "bytes": bytes.len() })
        })
        .collect();
    let mut list = serde_json::json!({
        "profile": "data-package", "wacz_version": "1.1.1", "title": "A post", "created": "2024-05-01T10:00:00Z",
        "software": "made up", "mainPageUrl": "https://example.org/post", "resources": resources,
    });
    change(&mut list, &mut files);
    let list = list.to_string().into_bytes();
    if !files.iter().any(|(path, _)| path == "datapackage-digest.json") {
        let digest = serde_json::json!({ "path": "datapackage.json", "hash": format!("sha256:{}", hex(&Sha256::digest(&list))) });
        files.push(("datapackage-digest.json".to_owned(), digest.to_string().into_bytes()));
    }
    files.push(("datapackage.json".to_owned(), list));
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        zip.start_file(path, SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn read(bytes: Vec<u8>) -> WebArchive {
    WebArchive::read(Cursor::new(bytes)).unwrap()
}

fn mark(of: &WebArchive, path: &str) -> Mark {
    of.members.iter().find(|member| member.path == path).unwrap().mark
}

#[test]
fn a_web_archive_is_as_its_list_says() {
    let told = read(archive(|_, _| ()));
    assert!(told.is_as_listed(), "{told:?}");
    assert_eq!(told.main_page_url.as_deref(), Some("https://example.org/post"));
    assert_eq!((told.members.len(), told.is_list_as_digested, told.has_signature), (2, Some(true), false));
}

#[test]
fn whatever_is_changed_in_a_web_archive_is_named() {
    let warc = "archive/data.warc.gz";
    let changed = read(archive(|_, files| files[0].1[0] ^= 1));
    assert_eq!((mark(&changed, warc), changed.is_as_listed()), (Mark::Differs, false));
    let missing = read(archive(|_, files| drop(files.remove(0))));
    assert_eq!((mark(&missing, warc), missing.is_as_listed()), (Mark::Missing, false));
    let more = read(archive(|_, files| files.push(("archive/more.warc".to_owned(), b"x".to_vec()))));
    assert_eq!((mark(&more, "archive/more.warc"), more.is_as_listed()), (Mark::Unlisted, false));
    let odd = read(archive(|list, _| list["resources"][0]["hash"] = "md5:00".into()));
    assert_eq!((mark(&odd, warc), odd.is_as_listed()), (Mark::UnknownDigest, false));
    let long = read(archive(|list, _| list["resources"][0]["bytes"] = 1.into()));
    assert_eq!(mark(&long, warc), Mark::Differs);
    let digest = br#"{"path":"datapackage.json","hash":"sha256:00","signedData":{"signature":"x"}}"#.to_vec();
    let relisted = read(archive(|_, files| files.push(("datapackage-digest.json".to_owned(), digest))));
    assert_eq!((relisted.is_list_as_digested, relisted.has_signature), (Some(false), true));
    assert!(!relisted.is_as_listed());
}

#[test]
fn what_is_no_web_archive_is_refused_and_no_changed_byte_goes_unseen() {
    for bytes in [b"".to_vec(), PHOTO.to_vec(), archive(|_, _| ())[..200].to_vec()] {
        assert!(matches!(WebArchive::read(Cursor::new(bytes)), Err(BadArchive::Form(_))));
    }
    let whole = archive(|_, _| ());
    let told = read(whole.clone());
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        // Dates and flags of the entries may differ; what is in the files may not. A list without its digest is told as such.
        if let Ok(changed) = WebArchive::read(Cursor::new(bytes)) {
            let is_seen = !changed.is_as_listed() || changed.is_list_as_digested.is_none();
            assert!(is_seen || changed == told, "byte {at}: {changed:?}");
        }
    }
}
