//! An operator's own basemap under the map: a file of tiles that is served here, or the address of a server of tiles.
//!
//! Without one the page asks nobody but us. With an address, each reader's browser asks that server for the tiles of what is
//! looked at, and the content security policy names that one host; this server asks it for nothing. A file (`PMTiles` 3) is read
//! by the page with range requests, some kilobytes for each tile. Here its header and metadata are looked at once, so that
//! a wrong file is told when the program starts, and not as an empty map.
//!
//! Source: github.com/protomaps/PMTiles, spec/v3.

use crate::error::Problem;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use flate2::read::GzDecoder;
use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tower::ServiceExt;
use tower_http::services::ServeFile;

/// Where the file is served.
pub const PATH: &str = "/basemap.pmtiles";
/// The media type of `PMTiles`.
pub const PMTILES: &str = "application/vnd.pmtiles";

const HEADER_BYTES: usize = 127;
/// The most metadata that is read, in bytes, packed or not: those of the whole planet have some hundred thousand.
const METADATA_BYTES: u64 = 16 * 1024 * 1024;
/// How far servers of pictures and of vector tiles go in, where nothing says it. Nearer tiles are drawn larger.
const RASTER_ZOOM: u8 = 19;
const VECTOR_ZOOM: u8 = 14;

/// A basemap in use.
pub struct Basemap {
    file: Option<PathBuf>,
    host: Option<String>,
    told: String,
}

/// What the page is told of it.
#[derive(Serialize)]
struct Told<'a> {
    form: Form,
    /// The file, or the address with `{z}`, `{x}` and `{y}`.
    source: &'a str,
    attribution: &'a str,
    minzoom: u8,
    maxzoom: u8,
    /// The layers of vector tiles, where they are known.
    layers: Vec<String>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Raster,
    Vector,
}

/// Why something is no basemap.
#[derive(Debug, thiserror::Error)]
pub enum BadBasemap {
    /// It cannot be read.
    #[error("{0}: {1}")]
    Unreadable(PathBuf, io::Error),
    /// It is another kind of file.
    #[error(
        "{0}: this is no PMTiles file: it does not begin with \"PMTiles\"; `pmtiles convert` (go-pmtiles) makes one of MBTiles"
    )]
    NotPmtiles(PathBuf),
    /// It is of another version.
    #[error(
        "{0}: PMTiles of version {1}, and only version 3 is read; `pmtiles convert` (go-pmtiles) makes it of older ones"
    )]
    Version(PathBuf, u8),
    /// Its end is missing.
    #[error("{0}: cut off: its header speaks of {1} bytes, and it has {2}; copy it again")]
    CutOff(PathBuf, u64, u64),
    /// Browsers cannot unpack it.
    #[error("{0}: byte {1} says that its {2} packed by method {3}; browsers unpack none (1) and gzip (2)")]
    Packed(PathBuf, usize, &'static str, u8),
    /// It has tiles that are not drawn.
    #[error(
        "{0}: byte 99 says that its tiles are of kind {1}; drawn are vector tiles (1), PNG (2), JPEG (3), WebP (4) and AVIF (5)"
    )]
    Kind(PathBuf, u8),
    /// Its metadata are no JSON object.
    #[error("{0}: its metadata at byte {1} cannot be read: {2}")]
    Metadata(PathBuf, u64, String),
    /// It is not how tiles are addressed.
    #[error("{0}: {1}")]
    Address(String, &'static str),
    /// Nobody would be named on the map.
    #[error(
        "{0}: --basemap-attribution is missing: whom the map has to name for these tiles, as their licence asks"
    )]
    NoAttribution(String),
}

impl Basemap {
    /// The basemap in a `PMTiles` file, or at an address such as `https://tiles.example/{z}/{x}/{y}.png`. What is told of
    /// its origin on the map is `attribution`, or else what a file says of itself.
    ///
    /// # Errors
    ///
    /// [`BadBasemap`], which says what to do.
    pub fn read(source: &str, attribution: Option<&str>) -> Result<Self, BadBasemap> {
        if source.contains("://") {
            Self::at(source, attribution)
        } else {
            Self::of(source.into(), attribution)
        }
    }

    fn at(address: &str, attribution: Option<&str>) -> Result<Self, BadBasemap> {
        let bad = |problem| BadBasemap::Address(address.to_owned(), problem);
        for part in ["{z}", "{x}", "{y}"] {
            if address.matches(part).count() != 1 {
                return Err(bad(
                    "an address of tiles has {z}, {x} and {y} once each: https://tiles.example/{z}/{x}/{y}.png",
                ));
            }
        }
        let one_tile = address.replace("{z}", "0").replace("{x}", "0").replace("{y}", "0");
        let uri: Uri = one_tile
            .parse()
            .map_err(|_| bad("this is no address; {s} and the like are not filled in: name one host"))?;
        let (Some(scheme @ ("https" | "http")), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(bad("only https: and http: are asked for tiles; a file is named without file:"));
        };
        // It goes into the content security policy as it stands.
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        if !authority.as_str().bytes().all(plain) || !address.contains(&format!("://{authority}/")) {
            return Err(bad(
                "the host is a plain name or number, perhaps with a port, and without user or password",
            ));
        }
        let attribution = attribution.ok_or_else(|| BadBasemap::NoAttribution(address.to_owned()))?;
        let is_vector = [".pbf", ".mvt"].iter().any(|ending| uri.path().ends_with(ending));
        let (form, maxzoom) =
            if is_vector { (Form::Vector, VECTOR_ZOOM) } else { (Form::Raster, RASTER_ZOOM) };
        let told = Told { form, source: address, attribution, minzoom: 0, maxzoom, layers: Vec::new() };
        Ok(Self { file: None, host: Some(format!("{scheme}://{authority}")), told: told.to_json() })
    }

    fn of(path: PathBuf, attribution: Option<&str>) -> Result<Self, BadBasemap> {
        let unreadable = |error| BadBasemap::Unreadable(path.clone(), error);
        let mut file = File::open(&path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut header = [0; HEADER_BYTES];
        let begins = read_most(&mut file, &mut header).map_err(unreadable)?;
        if !header.starts_with(b"PMTiles") {
            return Err(BadBasemap::NotPmtiles(path));
        }
        if header[7] != 3 {
            return Err(BadBasemap::Version(path, header[7]));
        }
        if begins < HEADER_BYTES {
            return Err(BadBasemap::CutOff(path, HEADER_BYTES as u64, length));
        }
        let number =
            |at: usize| header[at..at + 8].iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        let end = [8, 24, 40, 56].map(|at| number(at).saturating_add(number(at + 8)));
        if let Some(&end) = end.iter().max().filter(|end| **end > length) {
            return Err(BadBasemap::CutOff(path, end, length));
        }
        let form = match header[99] {
            1 => Form::Vector,
            2..=5 => Form::Raster,
            other => return Err(BadBasemap::Kind(path, other)),
        };
        for (at, what) in [(97, "directories are"), (98, "tiles are")] {
            if !matches!(header[at], 1 | 2) {
                return Err(BadBasemap::Packed(path, at, what, header[at]));
            }
        }
        let (at, size) = (number(24), number(32));
        let metadata = metadata(&mut file, at, size, header[97] == 2)
            .map_err(|problem| BadBasemap::Metadata(path.clone(), at, problem))?;
        let its_own = metadata["attribution"].as_str().unwrap_or_default();
        let layers = metadata["vector_layers"].as_array().into_iter().flatten();
        let told = Told {
            form,
            source: PATH,
            attribution: attribution.unwrap_or(its_own),
            minzoom: header[100],
            maxzoom: header[101],
            layers: layers.filter_map(|layer| layer["id"].as_str().map(str::to_owned)).collect(),
        };
        Ok(Self { told: told.to_json(), file: Some(path), host: None })
    }

    /// The one host besides us that a page may ask.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// What the page is told of it, as JSON.
    #[must_use]
    pub fn told(&self) -> &str {
        &self.told
    }

    /// The file that is to be served, when it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

/// A file of tiles, or the range of it that is asked for.
pub async fn serve(file: &Path, request: Request) -> Response<Body> {
    let mut response = match ServeFile::new(file).oneshot(request).await {
        Ok(response) if response.status() != StatusCode::NOT_FOUND => response.map(Body::new),
        _ => return Problem::not_found("The file of the basemap is not there any more.").into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PMTILES));
    // Another file may lie there tomorrow.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

impl Told<'_> {
    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers are always JSON")
    }
}

/// Fills `buffer` as far as the file goes.
fn read_most(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn metadata(file: &mut File, at: u64, size: u64, is_packed: bool) -> Result<Value, String> {
    if size > METADATA_BYTES {
        return Err(format!("they have {size} bytes, and at most {METADATA_BYTES} are read"));
    }
    file.seek(SeekFrom::Start(at)).map_err(|error| error.to_string())?;
    let bytes = file.take(size);
    let read: Box<dyn Read> =
        if is_packed { Box::new(GzDecoder::new(bytes).take(METADATA_BYTES)) } else { Box::new(bytes) };
    let value: Value = serde_json::from_reader(read).map_err(|error| error.to_string())?;
    if value.is_object() { Ok(value) } else { Err("they are no JSON object".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    const METADATA: &str =
        r#"{"attribution":"<b>Somebody</b>","vector_layers":[{"id":"water"},{"id":"roads"}]}"#;

    /// A file of vector tiles with one directory of no entry, changed by `change`.
    fn file(change: impl Fn(&mut Vec<u8>)) -> tempfile::NamedTempFile {
        let mut metadata = GzEncoder::new(Vec::new(), Compression::fast());
        metadata.write_all(METADATA.as_bytes()).unwrap();
        let metadata = metadata.finish().unwrap();
        let mut bytes = b"PMTiles\x03".to_vec();
        let metadata_at = HEADER_BYTES as u64 + 1;
        let end = metadata_at + metadata.len() as u64;
        for number in [HEADER_BYTES as u64, 1, metadata_at, metadata.len() as u64, end, 0, end, 0, 0, 0, 0] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend([1, 2, 2, 1, 3, 11]);
        bytes.resize(HEADER_BYTES, 0);
        bytes.push(0);
        bytes.extend(metadata);
        change(&mut bytes);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        file
    }

    fn told(file: &tempfile::NamedTempFile, attribution: Option<&str>) -> Result<Value, String> {
        Basemap::read(file.path().to_str().unwrap(), attribution)
            .map(|basemap| serde_json::from_str(basemap.told()).unwrap())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_tells_the_page_what_it_holds() {
        let told = told(&file(|_| ()), None).unwrap();
        assert_eq!(told["form"], "vector");
        assert_eq!(told["source"], PATH);
        assert_eq!(told["attribution"], "<b>Somebody</b>");
        assert_eq!((told["minzoom"].as_u64(), told["maxzoom"].as_u64()), (Some(3), Some(11)));
        assert_eq!(told["layers"], serde_json::json!(["water", "roads"]));
    }

    #[test]
    fn the_operators_attribution_goes_before_that_of_the_file() {
        assert_eq!(told(&file(|_| ()), Some("Us")).unwrap()["attribution"], "Us");
    }

    #[test]
    fn a_wrong_file_is_told_with_what_is_wrong() {
        let problem = |change: fn(&mut Vec<u8>)| told(&file(change), None).unwrap_err();
        assert!(problem(|bytes| bytes.splice(0..7, *b"SQLite ").for_each(drop)).contains("no PMTiles file"));
        assert!(problem(Vec::clear).contains("no PMTiles file"));
        assert!(problem(|bytes| bytes[7] = 2).contains("version 2"));
        assert!(problem(|bytes| bytes.truncate(100)).contains("speaks of 127 bytes, and it has 100"));
        assert!(problem(|bytes| bytes.truncate(bytes.len() - 1)).contains("cut off"));
        assert!(problem(|bytes| bytes[99] = 9).contains("kind 9"));
        assert!(problem(|bytes| bytes[97] = 4).contains("directories are packed by method 4"));
        assert!(problem(|bytes| bytes[98] = 3).contains("tiles are packed by method 3"));
        assert!(problem(|bytes| bytes[HEADER_BYTES + 1] = 0).contains("metadata at byte 128"));
        assert!(problem(|bytes| bytes[56..64].fill(0xff)).contains("cut off"));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Basemap::read("nowhere/at-all.pmtiles", None).err().unwrap();
        assert!(error.to_string().starts_with("nowhere/at-all.pmtiles: "), "{error}");
    }

    #[test]
    fn an_address_gives_the_one_host_that_may_be_asked() {
        let read = |address| Basemap::read(address, Some("Them")).unwrap();
        let basemap = read("https://tiles.example:8443/a/{z}/{x}/{y}.png?key=1");
        assert_eq!(basemap.host(), Some("https://tiles.example:8443"));
        assert!(basemap.told().contains(r#""form":"raster""#), "{}", basemap.told());
        assert!(read("http://127.0.0.1:1/{z}/{y}/{x}.mvt").told().contains(r#""form":"vector""#));
    }

    #[test]
    fn an_address_that_is_none_is_refused_with_what_would_be_right() {
        for (address, problem) in [
            ("https://tiles.example/{z}/{x}.png", "{z}, {x} and {y}"),
            ("https://{s}.tiles.example/{z}/{x}/{y}.png", "name one host"),
            ("ftp://tiles.example/{z}/{x}/{y}.png", "https:"),
            ("https://me:secret@tiles.example/{z}/{x}/{y}.png", "without user"),
            ("https://a;script-src/{z}/{x}/{y}.png", "plain name"),
            ("https://{z}/{x}/{y}.png", "plain name"),
        ] {
            let error =
                Basemap::read(address, Some("Them")).err().unwrap_or_else(|| panic!("{address} was taken"));
            assert!(error.to_string().contains(problem), "{address}: {error}");
        }
    }

    #[test]
    fn tiles_of_somebody_are_not_shown_without_naming_them() {
        let error = Basemap::read("https://tiles.example/{z}/{x}/{y}.png", None).err().unwrap();
        assert!(error.to_string().contains("--basemap-attribution"), "{error}");
    }
}
