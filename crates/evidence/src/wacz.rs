//! Web archives (WACZ 1.1.1): whether each file in one is what its list says.
//!
//! A WACZ is a zip with `datapackage.json`, which lists every other file with its digest, and `datapackage-digest.json`, which has
//! the digest of that list. Checked here: all of these digests, that no file is there unlisted under `archive/`, `indexes/` and `pages/`.
//! A signature in `datapackage-digest.json` is told and not checked. Memory: the list, of at most [`LIST_BYTES`]; the files are
//! only passed through.

use std::io::{self, Read, Seek};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::digests::hex;

const LIST: &str = "datapackage.json";
const DIGEST: &str = "datapackage-digest.json";
/// The longest list that is read, in bytes.
const LIST_BYTES: u64 = 16 << 20;
/// Bytes to which all files together may unpack.
const UNPACKED_BYTES: u64 = 64 << 30;
/// Folders in which a file that is not listed would be taken for a part of the archive.
const FOLDERS: [&str; 3] = ["archive/", "indexes/", "pages/"];

/// What a web archive says of itself, and whether that is so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WebArchive {
    /// Its title.
    pub title: Option<String>,
    /// When it was made, as it says.
    pub created: Option<String>,
    /// By which program, as it says.
    pub software: Option<String>,
    /// The page that it is about.
    pub main_page_url: Option<String>,
    /// Each file that is listed or should be.
    pub members: Vec<Member>,
    /// Whether the list has the digest that stands beside it; `None` when none does.
    pub is_list_as_digested: Option<bool>,
    /// It has a signature, which is not checked here.
    pub has_signature: bool,
}

/// A file in a web archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its path.
    pub path: String,
    /// Whether it is what the list says.
    pub mark: Mark,
}

/// How a file in a web archive compares with the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The same digest.
    Same,
    /// Another digest or length.
    Differs,
    /// It is listed and not there.
    Missing,
    /// It is there and not listed.
    Unlisted,
    /// Its digest is of a kind that is not known here.
    UnknownDigest,
}

/// Why bytes are no web archive.
#[derive(Debug, thiserror::Error)]
pub enum BadArchive {
    /// The zip, or what is to be in it.
    #[error("this is no web archive (WACZ): {0}")]
    Form(String),
    /// More than is read.
    #[error("it unpacks to more than {UNPACKED_BYTES} bytes")]
    TooLarge,
    /// The reader failed.
    #[error(transparent)]
    Read(#[from] io::Error),
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    resources: Vec<Resource>,
    title: Option<String>,
    created: Option<String>,
    software: Option<String>,
    #[serde(rename = "mainPageUrl", alias = "mainPageURL")]
    main_page_url: Option<String>,
}

#[derive(Deserialize)]
struct Resource {
    path: String,
    hash: String,
    bytes: Option<u64>,
}

#[derive(Deserialize)]
struct ListDigest {
    hash: String,
    #[serde(rename = "signedData")]
    signed_data: Option<serde_json::Value>,
}

impl WebArchive {
    /// Reads a web archive to its end.
    ///
    /// # Errors
    ///
    /// [`BadArchive`]: it is none. Files that differ are no error, see [`Self::is_as_listed`].
    pub fn read(file: impl Read + Seek) -> Result<Self, BadArchive> {
        let mut zip = ZipArchive::new(file).map_err(form)?;
        let list_bytes = small(&mut zip, LIST)?.ok_or_else(|| form(format!("it has no {LIST}")))?;
        let list: List =
            serde_json::from_slice(&list_bytes).map_err(|error| form(format!("{LIST}: {error}")))?;
        let digest: Option<ListDigest> = small(&mut zip, DIGEST)?
            .map(|bytes| serde_json::from_slice(&bytes).map_err(|error| form(format!("{DIGEST}: {error}"))))
            .transpose()?;
        let (mut members, mut room) = (Vec::with_capacity(list.resources.len()), UNPACKED_BYTES);
        for resource in &list.resources {
            let mark = compare(&mut zip, resource, &mut room)?;
            members.push(Member { path: resource.path.clone(), mark });
        }
        let listed: std::collections::HashSet<&str> =
            list.resources.iter().map(|one| one.path.as_str()).collect();
        for name in zip.file_names() {
            let name = name.map_err(form)?;
            let is_file = FOLDERS.iter().any(|folder| name.starts_with(folder)) && !name.ends_with('/');
            if is_file && !listed.contains(&*name) {
                members.push(Member { path: name.into_owned(), mark: Mark::Unlisted });
            }
        }
        let its_digest = format!("sha256:{}", hex(&Sha256::digest(&list_bytes)));
        Ok(Self {
            title: list.title,
            created: list.created,
            software: list.software,
            main_page_url: list.main_page_url,
            members,
            is_list_as_digested: digest.as_ref().map(|digest| digest.hash.eq_ignore_ascii_case(&its_digest)),
            has_signature: digest.is_some_and(|digest| digest.signed_data.is_some()),
        })
    }

    /// Whether every file is what the list says, and the list what its digest says.
    pub fn is_as_listed(&self) -> bool {
        self.is_list_as_digested != Some(false) && self.members.iter().all(|member| member.mark == Mark::Same)
    }
}

/// A small file of the archive, if it is there.
fn small(zip: &mut ZipArchive<impl Read + Seek>, name: &str) -> Result<Option<Vec<u8>>, BadArchive> {
    let file = match zip.by_name(name) {
        Err(ZipError::FileNotFound) => return Ok(None),
        file => file.map_err(form)?,
    };
    let mut bytes = Vec::new();
    file.take(LIST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| form(format!("{name}: {error}")))?;
    if bytes.len() as u64 > LIST_BYTES {
        return Err(form(format!("{name} has more than {LIST_BYTES} bytes")));
    }
    Ok(Some(bytes))
}

fn compare(
    zip: &mut ZipArchive<impl Read + Seek>,
    resource: &Resource,
    room: &mut u64,
) -> Result<Mark, BadArchive> {
    let mut file = match zip.by_name(&resource.path) {
        Err(ZipError::FileNotFound) => return Ok(Mark::Missing),
        file => file.map_err(form)?,
    };
    let Some(expected) = resource.hash.strip_prefix("sha256:") else { return Ok(Mark::UnknownDigest) };
    let (mut digest, mut len, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            // What does not unpack, or has another check sum than its entry says, is not what was listed.
            Err(error)
                if error.kind() == io::ErrorKind::InvalidData
                    || error.kind() == io::ErrorKind::InvalidInput =>
            {
                return Ok(Mark::Differs);
            }
            Err(error) => return Err(error.into()),
        };
        len += read as u64;
        *room = room.checked_sub(read as u64).ok_or(BadArchive::TooLarge)?;
        digest.update(&buffer[..read]);
    }
    let is_same = hex(&digest.finalize()).eq_ignore_ascii_case(expected)
        && resource.bytes.is_none_or(|bytes| bytes == len);
    Ok(if is_same { Mark::Same } else { Mark::Differs })
}

fn form(problem: impl std::fmt::Display) -> BadArchive {
    BadArchive::Form(problem.to_string())
}
