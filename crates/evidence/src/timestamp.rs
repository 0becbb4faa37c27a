//! RFC 3161 timestamps: who says that a file was there by when.
//!
//! A token is a CMS signature (RFC 5652) over a few facts: the digest of the file, the time, the serial number. Checked here: that
//! the digest is the file's; that the signature is over just these facts (`content-type` and `message-digest` among what is
//! signed); that it was made with the key of the certificate in the token, which was for timestamping only (RFC 3161 §2.3)
//! and valid at that time. Not checked: who stands behind the certificate, and whether it was revoked.

use std::fmt;

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{GeneralizedTime, Int, ObjectIdentifier, OctetString};
use der::{AnyRef, Decode, Encode, Reader, SliceReader, Tag, Tagged};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use serde::Serialize;
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectKeyIdentifier};

use crate::digests::{Digests, hex};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// A token larger than this is refused, in bytes: those of known authorities have some thousand.
const MAX_BYTES: usize = 256 * 1024;

/// What a timestamp says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Timestamp {
    /// The time (RFC 3339, UTC), with the fraction that was given.
    pub at: String,
    /// The digest of the file is of this kind.
    pub digest: Sha,
    /// It, in hexadecimal.
    pub imprint: String,
    /// Under which rules of the authority: an object identifier.
    pub policy: String,
    /// The number that the authority gave, in hexadecimal.
    pub serial: String,
    /// Whose certificate has signed (RFC 4514), when it is in the token.
    pub signer: Option<String>,
    /// What the check of the signature gave.
    pub signed: Signed,
}

/// A kind of digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Sha {
    /// 32 bytes.
    #[serde(rename = "SHA-256")]
    Sha256,
    /// 48 bytes.
    #[serde(rename = "SHA-384")]
    Sha384,
    /// 64 bytes.
    #[serde(rename = "SHA-512")]
    Sha512,
}

/// Whether the signature could be checked. One that is wrong is no timestamp: [`BadTimestamp::Signature`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signed {
    /// It is of the certificate in the token.
    ByItsCertificate,
    /// Not, and why.
    Unchecked(String),
}

/// Why bytes are no timestamp, or none of this file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTimestamp {
    /// They are not what RFC 3161 describes.
    #[error("this is no timestamp token or response (RFC 3161, DER): {0}")]
    Form(String),
    /// The authority answered that it gives none.
    #[error("the authority granted no timestamp: its answer has status {0}")]
    Refused(u32),
    /// The digest is of a kind that does not tell files apart any more, or is not known here.
    #[error("its digest is of the kind {0}; SHA-256, SHA-384 and SHA-512 are known")]
    Digest(String),
    /// It is a timestamp of another file.
    #[error("it is a timestamp of another file: of one whose {0} is {1}")]
    OfAnother(Sha, String),
    /// What is signed is not what stands there, or it was not signed with the key of its certificate.
    #[error("its signature is wrong: {0}")]
    Signature(String),
}

/// For people: when, whose, of which digest, and how far it was checked.
impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, digest, serial, .. } = self;
        let signer = self.signer.as_deref().unwrap_or("nobody who is named");
        write!(out, "timestamp {at} of {signer}, {digest} of the file, serial {serial}; ")?;
        match &self.signed {
            Signed::ByItsCertificate => {
                out.write_str("signed with the certificate in it, which is not checked against an authority")
            }
            Signed::Unchecked(why) => write!(out, "its signature is not checked: {why}"),
        }
    }
}

impl Timestamp {
    /// Reads a token, or the response in which an authority sent it (`.tsr`), and checks its signature.
    ///
    /// # Errors
    ///
    /// [`BadTimestamp`], but for [`BadTimestamp::OfAnother`].
    pub fn read(bytes: &[u8]) -> Result<Self, BadTimestamp> {
        if bytes.len() > MAX_BYTES {
            return Err(BadTimestamp::Form(format!(
                "it has {} bytes, and the most is {MAX_BYTES}",
                bytes.len()
            )));
        }
        let content = token(bytes)?;
        if content.content_type != SIGNED_DATA {
            return Err(form("it is not signed"));
        }
        let data: SignedData = content.content.decode_as().map_err(form)?;
        if data.encap_content_info.econtent_type != TST_INFO {
            return Err(form("what is signed is not TSTInfo"));
        }
        let facts = data.encap_content_info.econtent.as_ref().ok_or_else(|| form("nothing is signed"))?;
        let facts: OctetString = facts.decode_as().map_err(form)?;
        let facts = facts.as_bytes();
        let mut timestamp = read_facts(facts)?;
        (timestamp.signer, timestamp.signed) = check(&data, facts, &timestamp)?;
        Ok(timestamp)
    }

    /// Whether it is of this file.
    ///
    /// # Errors
    ///
    /// [`BadTimestamp::OfAnother`].
    pub fn is_of(&self, file: &Digests) -> Result<(), BadTimestamp> {
        let digest = match self.digest {
            Sha::Sha256 => &file.sha256,
            Sha::Sha384 => &file.sha384,
            Sha::Sha512 => &file.sha512,
        };
        if hex(digest) == self.imprint {
            return Ok(());
        }
        Err(BadTimestamp::OfAnother(self.digest, self.imprint.clone()))
    }
}

/// The token, out of the response if it is in one.
fn token(bytes: &[u8]) -> Result<ContentInfo, BadTimestamp> {
    let whole = AnyRef::from_der(bytes).map_err(form)?;
    if whole.tag() != Tag::Sequence {
        return Err(form("it does not begin with a sequence"));
    }
    let mut inside = SliceReader::new(whole.value()).map_err(form)?;
    let first = AnyRef::decode(&mut inside).map_err(form)?;
    if first.tag() != Tag::Sequence {
        return ContentInfo::from_der(bytes).map_err(form);
    }
    let status = AnyRef::decode(&mut SliceReader::new(first.value()).map_err(form)?).map_err(form)?;
    let status: u32 = status.decode_as().map_err(form)?;
    // Granted, or granted with changes.
    if status > 1 || inside.is_finished() {
        return Err(BadTimestamp::Refused(status));
    }
    ContentInfo::decode(&mut inside).map_err(form)
}

/// `TSTInfo`: version, policy, messageImprint, serialNumber, genTime, and what may follow.
fn read_facts(der: &[u8]) -> Result<Timestamp, BadTimestamp> {
    let whole = AnyRef::from_der(der).map_err(form)?;
    if whole.tag() != Tag::Sequence {
        return Err(form("TSTInfo is no sequence"));
    }
    let mut inside = SliceReader::new(whole.value()).map_err(form)?;
    let version: u8 = inside.decode().map_err(form)?;
    if version != 1 {
        return Err(BadTimestamp::Form(format!("its version is {version}, and 1 is known")));
    }
    let policy: ObjectIdentifier = inside.decode().map_err(form)?;
    let imprint = AnyRef::decode(&mut inside).map_err(form)?;
    let serial: Int = inside.decode().map_err(form)?;
    let time = AnyRef::decode(&mut inside).map_err(form)?;
    let (digest, imprint) = read_imprint(imprint.value())?;
    Ok(Timestamp {
        at: read_time(time)?,
        digest,
        imprint: hex(&imprint),
        policy: policy.to_string(),
        serial: hex(serial.as_bytes()),
        signer: None,
        signed: Signed::Unchecked(String::new()),
    })
}

fn read_imprint(der: &[u8]) -> Result<(Sha, Vec<u8>), BadTimestamp> {
    let mut inside = SliceReader::new(der).map_err(form)?;
    let algorithm = AnyRef::decode(&mut inside).map_err(form)?;
    let digest: OctetString = inside.decode().map_err(form)?;
    let id: ObjectIdentifier = SliceReader::new(algorithm.value()).map_err(form)?.decode().map_err(form)?;
    let sha = Sha::of(id).ok_or_else(|| BadTimestamp::Digest(id.to_string()))?;
    if digest.as_bytes().len() != sha.bytes() {
        return Err(form("the digest is not as long as its kind"));
    }
    Ok((sha, digest.into_bytes()))
}

/// `YYYYMMDDhhmmss[.s…]Z`.
fn read_time(time: AnyRef<'_>) -> Result<String, BadTimestamp> {
    let bad = || form("its time is no GeneralizedTime in UTC");
    if time.tag() != Tag::GeneralizedTime {
        return Err(bad());
    }
    let text = std::str::from_utf8(time.value()).map_err(form)?.strip_suffix('Z').ok_or_else(bad)?;
    let (whole, fraction) = text.split_once('.').map_or((text, ""), |(whole, fraction)| (whole, fraction));
    let is_fraction =
        !text.contains('.') || !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    // The library knows which days and hours there are, and no fractions.
    let second = AnyRef::new(Tag::GeneralizedTime, format!("{whole}Z").as_bytes())
        .and_then(|time| time.decode_as::<GeneralizedTime>())
        .map_err(|_| bad())?;
    if !is_fraction {
        return Err(bad());
    }
    let second = second.to_date_time().to_string();
    Ok(match fraction.trim_end_matches('0') {
        "" => second,
        fraction => format!("{}.{fraction}Z", second.trim_end_matches('Z')),
    })
}

/// Whose certificate has signed, and what the check of the signature gave.
fn check(
    data: &SignedData,
    facts: &[u8],
    told: &Timestamp,
) -> Result<(Option<String>, Signed), BadTimestamp> {
    let signers = data.signer_infos.0.as_slice();
    let [signer] = signers else {
        return Err(BadTimestamp::Signature(format!("{} have signed, and it must be one", signers.len())));
    };
    let unchecked = |why: &str| Signed::Unchecked(why.to_owned());
    let Some(sha) = Sha::of(signer.digest_alg.oid) else {
        return Ok((None, Signed::Unchecked(format!("its digest is of the kind {}", signer.digest_alg.oid))));
    };
    let signed = what_is_signed(signer, sha, facts)?;
    let Some(certificate) = certificate_of(data, signer) else {
        return Ok((None, unchecked("the certificate of the signer is not in the token")));
    };
    let name = Some(certificate.tbs_certificate.subject.to_string());
    is_for_timestamps(certificate, told)?;
    let key = &certificate.tbs_certificate.subject_public_key_info;
    let curve = key.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    let Some(algorithm) = algorithm(key.algorithm.oid, curve, signer.signature_algorithm.oid, sha) else {
        return Ok((name, unchecked("signatures of this kind are not checked here")));
    };
    let key =
        key.subject_public_key.as_bytes().ok_or_else(|| wrong("its key is no whole number of bytes"))?;
    UnparsedPublicKey::new(algorithm, key).verify(&signed, signer.signature.as_bytes()).map_err(|_| {
        wrong("it was not made with the key of its certificate, or what it signs was changed")
    })?;
    Ok((name, Signed::ByItsCertificate))
}

/// The bytes under the signature, which name the digest of the facts.
fn what_is_signed(signer: &SignerInfo, sha: Sha, facts: &[u8]) -> Result<Vec<u8>, BadTimestamp> {
    let attributes = signer.signed_attrs.as_ref().ok_or_else(|| wrong("it signs no attributes"))?;
    let value = |id: ObjectIdentifier| {
        let mut found = attributes.iter().filter(|attribute| attribute.oid == id);
        match (found.next().map(|attribute| attribute.values.as_slice()), found.next()) {
            (Some([value]), None) => Ok(value.clone()),
            _ => Err(wrong(&format!("the attribute {id} is not there once"))),
        }
    };
    let kind: ObjectIdentifier = value(CONTENT_TYPE)?.decode_as().map_err(form)?;
    let digest: OctetString = value(MESSAGE_DIGEST)?.decode_as().map_err(form)?;
    if kind != TST_INFO || digest.as_bytes() != sha.digest(facts) {
        return Err(wrong("it is of other facts than stand there"));
    }
    attributes.to_der().map_err(form)
}

fn certificate_of<'d>(data: &'d SignedData, signer: &SignerInfo) -> Option<&'d Certificate> {
    let is_it = |certificate: &Certificate| {
        let body = &certificate.tbs_certificate;
        match &signer.sid {
            SignerIdentifier::IssuerAndSerialNumber(id) => {
                body.issuer == id.issuer && body.serial_number == id.serial_number
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => {
                matches!(body.get::<SubjectKeyIdentifier>(), Ok(Some((_, its))) if its == *id)
            }
        }
    };
    data.certificates.as_ref()?.0.iter().find_map(|choice| match choice {
        CertificateChoices::Certificate(certificate) if is_it(certificate) => Some(certificate),
        _ => None,
    })
}

fn is_for_timestamps(certificate: &Certificate, told: &Timestamp) -> Result<(), BadTimestamp> {
    let body = &certificate.tbs_certificate;
    let uses = body.get::<ExtendedKeyUsage>().map_err(form)?.map(|(_, uses)| uses.0);
    if uses.as_deref() != Some(&[TIME_STAMPING]) {
        return Err(wrong("its certificate is not one for timestamps alone"));
    }
    let seconds = &told.at[..19];
    let [begin, end] =
        [body.validity.not_before, body.validity.not_after].map(|time| time.to_date_time().to_string());
    if seconds < &begin[..19] || seconds > &end[..19] {
        return Err(BadTimestamp::Signature(format!(
            "its certificate is valid from {begin} to {end}, and it is of {}",
            told.at
        )));
    }
    Ok(())
}

/// How a signature is checked, by the kind of the key, its curve, the kind of signature and the digest.
fn algorithm(
    key: ObjectIdentifier,
    curve: Option<ObjectIdentifier>,
    kind: ObjectIdentifier,
    sha: Sha,
) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (key, curve, sha) {
        (RSA, _, _) if kind == RSA_PSS => return None,
        (RSA, _, Sha::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (RSA, _, Sha::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (RSA, _, Sha::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (EC, Some(P256), Sha::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (EC, Some(P256), Sha::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (EC, Some(P384), Sha::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (EC, Some(P384), Sha::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        _ => return None,
    })
}

impl Sha {
    fn of(id: ObjectIdentifier) -> Option<Self> {
        Some(match id.to_string().as_str() {
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            _ => return None,
        })
    }

    const fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

impl fmt::Display for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}

fn form(problem: impl fmt::Display) -> BadTimestamp {
    BadTimestamp::Form(problem.to_string())
}

fn wrong(problem: &str) -> BadTimestamp {
    BadTimestamp::Signature(problem.to_owned())
}
