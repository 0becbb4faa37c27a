//! An operator's own basemap: what is served of a file, and whom a page may ask.

use super::Door;
use axum::http::Method;
use kordon_server::basemap::Basemap;
use std::io::Write;

const FILE: &str = "/basemap.pmtiles";

/// The directive of the policy that begins with this word.
async fn directive(door: &Door, word: &str) -> String {
    let policy = door.get("/health").await.is_ok().header("content-security-policy").to_owned();
    policy.split("; ").find(|part| part.starts_with(word)).unwrap().to_owned()
}

#[tokio::test]
async fn a_file_of_tiles_is_served_in_ranges_and_never_packed() {
    let mut bytes = b"PMTiles\x03".to_vec();
    for number in [127u64, 1, 128, 2, 130, 0, 130, 2000, 0, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([1, 1, 1, 2, 0, 0]);
    bytes.resize(127, 0);
    bytes.extend(b"\0{}");
    bytes.resize(2130, b'x');
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let basemap = Basemap::read(file.path().to_str().unwrap(), None).unwrap();
    let door = Door::with(|config| config.basemap = Some(basemap));
    let asked = async |method, headers: &[(&str, &str)]| door.ask(method, FILE, headers, "").await;
    let part = asked(Method::GET, &[("range", "bytes=0-6"), ("accept-encoding", "gzip, br")]).await;
    assert_eq!((part.status.as_u16(), part.text().as_str()), (206, "PMTiles"));
    assert_eq!(part.header("content-range"), "bytes 0-6/2130");
    let whole = asked(Method::GET, &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(whole.is_ok().header("content-type"), "application/vnd.pmtiles");
    assert_eq!(whole.header("content-length"), "2130", "as it lies");
    assert_eq!(asked(Method::GET, &[("range", "bytes=9000-")]).await.status, 416);
    asked(Method::POST, &[]).await.is_problem(404);
    assert_eq!(directive(&door, "connect-src").await, "connect-src 'self'");
    drop(file);
    asked(Method::GET, &[]).await.is_problem(404);
}

#[tokio::test]
async fn the_policy_names_the_host_of_the_tiles_and_no_other() {
    let basemap = Basemap::read("https://tiles.example/{z}/{x}/{y}.png", Some("Them")).unwrap();
    let door = Door::with(|config| config.basemap = Some(basemap));
    assert_eq!(directive(&door, "connect-src").await, "connect-src 'self' https://tiles.example");
    assert_eq!(directive(&door, "img-src").await, "img-src 'self' data: blob: https://tiles.example");
    for word in ["default-src", "script-src", "style-src", "font-src", "worker-src"] {
        assert!(!directive(&door, word).await.contains("example"), "{word}");
    }
    door.get(FILE).await.is_problem(404);
}
