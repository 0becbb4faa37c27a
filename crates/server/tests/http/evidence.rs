//! Files of evidence over HTTP: what is sent is kept or nothing is, and only writers learn of it.

use super::*;
use std::time::Duration;

const PHOTO: &[u8] = include_bytes!("../../../evidence/tests/data/photo.txt");
const STAMP: &[u8] = include_bytes!("../../../evidence/tests/data/rsa.tsr");
const BYTES: &str = "application/octet-stream";
const PHOTO_SHA256: &str = "a4c129f7cb5fd62dac5e60398ee651072bd1a9d362b902b768ba06b592ac08d2";

impl Door {
    async fn send_bytes(&self, uri: &str, media: &str, body: impl Into<Body>) -> Reply {
        let request = Request::post(uri).header("host", "localhost:8080").header("content-type", media);
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Folders of evidence beside the store, also those that are not finished.
    fn folders(&self) -> usize {
        std::fs::read_dir(self._dir.path().join("store/evidence")).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn a_file_that_is_sent_is_kept_told_given_out_and_taken_away() {
    let door = Door::new();
    let kept = door.send_bytes("/evidence?file=quay%20%C3%A9.txt", BYTES, PHOTO).await;
    assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.text());
    assert_eq!(kept.header("cache-control"), "no-store");
    let at = kept.header("location").strip_prefix("http://localhost:8080").unwrap().to_owned();
    assert_eq!(at, format!("/evidence/{PHOTO_SHA256}"));
    assert_eq!((&kept.json()["bytes"], &kept.json()["added_by"]), (&json!(26), &json!("local")));

    let stamped = door.send_bytes(&format!("{at}/timestamps"), "application/timestamp-reply", STAMP).await;
    assert_eq!(stamped.status, StatusCode::CREATED, "{}", stamped.text());
    let told = door.get(&at).await;
    assert_eq!(told.is_ok().header("cache-control"), "no-store");
    let told = told.json();
    assert_eq!((&told["name"], &told["is_as_added"]), (&json!("quay é.txt"), &json!(true)));
    assert_eq!(told["timestamps"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(told["timestamps"][0], stamped.json());
    assert_eq!(told["timestamps"][0]["digest"], "SHA-256");
    let words = told["timestamps"][0]["words"].as_str().unwrap();
    assert!(words.contains("2026-11-28T22:55:09") && words.contains("not checked against"), "{words}");
    assert_eq!(told["web_archive"], Value::Null);

    let content = door.get(&format!("{at}/content")).await;
    assert_eq!(content.is_ok().body, PHOTO);
    assert_eq!(content.header("content-type"), BYTES);
    assert_eq!(content.header("content-disposition"), "attachment; filename*=UTF-8''quay%20%C3%A9.txt");
    assert_eq!(content.header("x-content-type-options"), "nosniff");
    assert_eq!(content.header("cache-control"), "no-store");

    // Sent again under another name, it stays as it was.
    let again = door.send_bytes("/evidence?file=other.txt", BYTES, PHOTO).await;
    assert_eq!((again.status, &again.json()["name"]), (StatusCode::CREATED, &json!("quay é.txt")));
    let listed = door.get("/evidence").await.is_ok().json();
    assert_eq!(
        (&listed["numberMatched"], &listed["evidence"][0]["sha256"]),
        (&json!(1), &json!(PHOTO_SHA256))
    );

    let gone = door.ask(Method::DELETE, &at, &[], "").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    for left in [at.clone(), format!("{at}/content")] {
        door.get(&left).await.is_problem(404);
    }
    door.ask(Method::DELETE, &at, &[], "").await.is_problem(404);
    assert_eq!(door.folders(), 0);
}

#[tokio::test]
async fn the_list_is_read_page_by_page() {
    let door = Door::new();
    for number in 0..5 {
        door.send_bytes("/evidence", BYTES, format!("file {number}")).await;
    }
    let (mut at, mut seen) = ("/evidence?limit=2".to_owned(), Vec::new());
    loop {
        let page = door.get(&at).await.is_ok().json();
        assert_eq!(page["numberMatched"], 5);
        let digests = page["evidence"].as_array().unwrap();
        seen.extend(digests.iter().map(|one| one["sha256"].as_str().unwrap().to_owned()));
        let Some(next) = link(&page, "next") else { break };
        at = next.strip_prefix("http://localhost:8080").unwrap().to_owned();
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted(), "{seen:?}");
    door.get("/evidence?cursor=1").await.is_problem(400);
}

#[tokio::test]
async fn a_file_larger_than_a_piece_comes_out_as_it_went_in() {
    let door = Door::new();
    let mut file = Vec::new();
    let mut number = 1_u64;
    while file.len() < 3 * 256 * 1024 + 17 {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        file.extend(number.to_le_bytes());
    }
    let kept = door.send_bytes("/evidence", BYTES, file.clone()).await.json();
    let content = door.get(&format!("/evidence/{}/content", kept["sha256"].as_str().unwrap())).await;
    assert!(content.is_ok().body == file);
}

#[tokio::test]
async fn what_is_not_what_it_is_said_to_be_is_refused_and_leaves_nothing() {
    let door = Door::with(|config| config.limits.evidence_bytes = 1_000);
    for (uri, media, body, status) in [
        (format!("/evidence?sha256={}", "0".repeat(64)), BYTES, PHOTO.to_vec(), 422),
        ("/evidence?sha256=12".to_owned(), BYTES, PHOTO.to_vec(), 400),
        (format!("/evidence?file={}", "x".repeat(256)), BYTES, PHOTO.to_vec(), 400),
        ("/evidence?file=a%0Ab".to_owned(), BYTES, PHOTO.to_vec(), 400),
        ("/evidence".to_owned(), BYTES, vec![0; 1_001], 413),
        ("/evidence".to_owned(), "multipart/form-data; boundary=x", PHOTO.to_vec(), 415),
        ("/evidence".to_owned(), "application/x-www-form-urlencoded", PHOTO.to_vec(), 415),
        ("/evidence".to_owned(), "text/html", PHOTO.to_vec(), 415),
    ] {
        door.send_bytes(&uri, media, body).await.is_problem(status);
        assert_eq!(door.folders(), 0, "{uri}");
    }
    // Its digest in capitals is its digest, and a name that leads elsewhere is only a name.
    let uri = format!("/evidence?sha256={}&file=..%2F..%2Fetc%2Fpasswd", PHOTO_SHA256.to_uppercase());
    let kept = door.send_bytes(&uri, BYTES, PHOTO).await;
    assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.text());
    let content = door.get(&format!("/evidence/{PHOTO_SHA256}/content")).await;
    assert_eq!(content.header("content-disposition"), "attachment; filename*=UTF-8''.._.._etc_passwd");
    for wrong in ["0".repeat(64), "..%2F..%2Fledger".to_owned(), PHOTO_SHA256.to_uppercase(), "1".to_owned()]
    {
        for at in [format!("/evidence/{wrong}"), format!("/evidence/{wrong}/content")] {
            door.get(&at).await.is_problem(404);
        }
        door.send_bytes(&format!("/evidence/{wrong}/timestamps"), BYTES, STAMP).await.is_problem(404);
        door.ask(Method::DELETE, &format!("/evidence/{wrong}"), &[], "").await.is_problem(404);
    }
    let stamps = format!("/evidence/{PHOTO_SHA256}/timestamps");
    for (token, status) in [(PHOTO.to_vec(), 422), (vec![0x30; 300_000], 413), (Vec::new(), 422)] {
        door.send_bytes(&stamps, BYTES, token).await.is_problem(status);
    }
    let told = door.get(&format!("/evidence/{PHOTO_SHA256}")).await.json();
    assert_eq!(told["timestamps"], json!([]), "{told}");
}

#[tokio::test]
async fn a_timestamp_of_another_file_and_a_web_archive_that_is_none_are_told() {
    let door = Door::new();
    let other = door.send_bytes("/evidence?file=page.wacz", BYTES, "no zip").await.json();
    let at = format!("/evidence/{}", other["sha256"].as_str().unwrap());
    let problem = door.send_bytes(&format!("{at}/timestamps"), BYTES, STAMP).await.is_problem(422);
    assert!(problem["detail"].as_str().unwrap().contains("another file"), "{problem}");
    let told = door.get(&at).await.is_ok().json();
    assert!(told["web_archive"]["problem"].as_str().unwrap().contains("no web archive"), "{told}");
}

#[tokio::test]
async fn a_file_that_was_changed_on_the_disk_is_told_as_such_and_not_given_out() {
    let door = Door::new();
    door.send_bytes("/evidence", BYTES, PHOTO).await;
    let path = door._dir.path().join(format!("store/evidence/{PHOTO_SHA256}/content"));
    std::fs::write(&path, "A photograph of a quay.\n").unwrap();
    let at = format!("/evidence/{PHOTO_SHA256}");
    assert_eq!(door.get(&at).await.is_ok().json()["is_as_added"], json!(false));
    let problem = door.get(&format!("{at}/content")).await.is_problem(409);
    assert!(!problem.to_string().contains("store/"), "{problem}");
}

/// A body that stops, or breaks off, after a piece.
struct Cut {
    sent: bool,
    breaks_off: bool,
}

impl hyper::body::Body for Cut {
    type Data = hyper::body::Bytes;
    type Error = std::io::Error;
    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        use std::task::Poll;
        if !std::mem::replace(&mut self.sent, true) {
            return Poll::Ready(Some(Ok(hyper::body::Frame::data(PHOTO.into()))));
        }
        if self.breaks_off {
            Poll::Ready(Some(Err(std::io::ErrorKind::BrokenPipe.into())))
        } else {
            Poll::Pending
        }
    }
}

#[tokio::test]
async fn a_body_that_stops_or_breaks_off_keeps_nothing() {
    let door = Door::with(|config| config.limits.body_idle = Duration::from_millis(50));
    for (breaks_off, status) in [(false, 408), (true, 400)] {
        let body = Body::new(Cut { sent: false, breaks_off });
        door.send_bytes("/evidence", BYTES, body).await.is_problem(status);
        assert_eq!(door.folders(), 0);
    }
    // A sender who goes away takes the answer's future with him.
    let request = door.send_bytes("/evidence", BYTES, Body::new(Cut { sent: false, breaks_off: false }));
    assert!(tokio::time::timeout(Duration::from_millis(20), request).await.is_err());
    for _ in 0..100 {
        if door.folders() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(door.folders(), 0, "what was begun is taken away");
}

#[tokio::test]
async fn nobody_without_a_token_learns_whether_there_is_a_file() {
    let (plain, token) = new_token("desk").unwrap();
    let mut tokens = Tokens::default();
    tokens.add(token).unwrap();
    let door = Door::with(|config| config.access = Access::new(tokens, true));
    let bearer = format!("Bearer {plain}");
    let writer = [("authorization", bearer.as_str()), ("content-type", BYTES)];
    let kept = door.ask(Method::POST, "/evidence", &writer, std::str::from_utf8(PHOTO).unwrap()).await;
    assert_eq!((kept.status, &kept.json()["added_by"]), (StatusCode::CREATED, &json!("desk")));
    let (there, nowhere) = (format!("/evidence/{PHOTO_SHA256}"), format!("/evidence/{}", "0".repeat(64)));
    for (method, tail) in
        [(Method::GET, ""), (Method::GET, "/content"), (Method::POST, "/timestamps"), (Method::DELETE, "")]
    {
        let [a, b] = [&there, &nowhere].map(|at| format!("{at}{tail}"));
        let a = door.ask(method.clone(), &a, &[("content-type", BYTES)], "").await;
        let b = door.ask(method, &b, &[("content-type", BYTES)], "").await;
        a.is_problem(401);
        assert_eq!((a.status, a.headers, a.body), (b.status, b.headers, b.body));
    }
    door.get("/evidence").await.is_problem(401);
    door.post("/evidence", BYTES, "x").await.is_problem(401);
    assert_eq!(door.folders(), 1);
    // A page of another site has no say, whoever looks at it.
    let elsewhere = [writer[0], writer[1], ("sec-fetch-site", "cross-site")];
    door.ask(Method::POST, "/evidence", &elsewhere, "y").await.is_problem(403);
}
