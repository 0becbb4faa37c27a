//! Signed checkpoints: the size and the root of the ledger, over the store's own signature.
//!
//! ```text
//! kordon/5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e
//! 1000000
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — kordon/5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e Az3grhVMvRQ…
//! ```
//!
//! Whoever keeps one elsewhere can convict a store that was rewritten since, by its administrator too.
//!
//! The text is that of C2SP tlog-checkpoint, the signature that of C2SP signed-note with Ed25519 (RFC 8032), so tools
//! of the transparency logs in use read it. Key names, key ids and the texts of keys are those of signed-note.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::record::Hash;

/// Ed25519 in key ids and key texts.
const ED25519: u8 = 1;
const PRIVATE: &str = "PRIVATE+KEY+";
const SIGNATURE: &str = "\u{2014} ";

/// How large a ledger was, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which ledger: `kordon/` and the UUID of the store.
    pub origin: String,
    /// How many records.
    pub size: u64,
    /// The root of the Merkle tree over them.
    pub root: Hash,
}

/// Why a text is not a checkpoint that one may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNote {
    /// Not the form of a checkpoint.
    #[error("it is not a signed checkpoint (C2SP tlog-checkpoint)")]
    Form,
    /// Not the form of a key.
    #[error("it is not a key (C2SP signed-note)")]
    Key,
    /// Nothing in it is signed by this key.
    #[error("it is not signed by the key of this store")]
    Signer,
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
}

impl Checkpoint {
    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root.as_bytes()))
    }

    /// Reads a signed checkpoint and checks its signature.
    ///
    /// # Errors
    ///
    /// [`BadNote`].
    pub fn verify(note: &str, key: &PublicKey) -> Result<Self, BadNote> {
        let (text, signatures) = note.split_once("\n\n").ok_or(BadNote::Form)?;
        let text = format!("{text}\n");
        let signed = signatures.lines().find_map(|line| {
            let (name, signature) = line.strip_prefix(SIGNATURE)?.split_once(' ')?;
            let signature = BASE64_STANDARD.decode(signature).ok()?;
            let (id, signature) = signature.split_first_chunk::<4>()?;
            (name == key.name && *id == key.id()).then(|| signature.to_vec())
        });
        let signature: [u8; 64] =
            signed.ok_or(BadNote::Signer)?.try_into().map_err(|_| BadNote::Signature)?;
        key.key
            .verify_strict(text.as_bytes(), &Signature::from_bytes(&signature))
            .map_err(|_| BadNote::Signature)?;
        let mut lines = text.lines();
        let mut line = || lines.next().ok_or(BadNote::Form);
        let (origin, size, root) = (line()?.to_owned(), line()?, line()?);
        let size = size.parse().map_err(|_| BadNote::Form)?;
        let root = BASE64_STANDARD.decode(root).map_err(|_| BadNote::Form)?;
        let root = Hash(root.try_into().map_err(|_| BadNote::Form)?);
        Ok(Self { origin, size, root })
    }
}

/// What checks the signatures of a store: `NAME+ID+KEY`, as signed-note writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    key: VerifyingKey,
}

impl PublicKey {
    fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(&self.name);
        hasher.update([b'\n', ED25519]);
        hasher.update(self.key.as_bytes());
        let id: [u8; 32] = hasher.finalize().into();
        [id[0], id[1], id[2], id[3]]
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = u32::from_be_bytes(self.id());
        let key = [&[ED25519], &self.key.as_bytes()[..]].concat();
        write!(out, "{}+{id:08x}+{}", self.name, BASE64_STANDARD.encode(key))
    }
}

impl std::str::FromStr for PublicKey {
    type Err = BadNote;

    fn from_str(text: &str) -> Result<Self, BadNote> {
        let (name, id, key) = parts(text)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| BadNote::Key)?;
        let key = Self { name, key };
        (key.id() == id).then_some(key).ok_or(BadNote::Key)
    }
}

fn parts(text: &str) -> Result<(String, [u8; 4], [u8; 32]), BadNote> {
    let mut parts = text.trim_end().splitn(3, '+');
    let mut part = || parts.next().ok_or(BadNote::Key);
    let (name, id, key) = (part()?.to_owned(), part()?, part()?);
    let id = u32::from_str_radix(id, 16).map_err(|_| BadNote::Key)?.to_be_bytes();
    let key = BASE64_STANDARD.decode(key).map_err(|_| BadNote::Key)?;
    match key.split_first() {
        Some((&ED25519, key)) => Ok((name, id, key.try_into().map_err(|_| BadNote::Key)?)),
        _ => Err(BadNote::Key),
    }
}

/// What signs the checkpoints of a store.
pub(crate) struct Signer {
    public: PublicKey,
    key: SigningKey,
}

impl Signer {
    /// Of 32 random bytes.
    pub fn new(origin: &str, seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        Self { public: PublicKey { name: origin.to_owned(), key: key.verifying_key() }, key }
    }

    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// A secret of this store that says nothing of the key, for one purpose.
    pub fn secret(&self, purpose: &str) -> Hash {
        Hash::of(&[b"kordon secret: ", purpose.as_bytes(), b"\n", &self.key.to_bytes()].concat())
    }

    /// As it is kept: `PRIVATE+KEY+NAME+ID+SEED`.
    pub fn to_text(&self) -> String {
        let id = u32::from_be_bytes(self.public.id());
        let seed = [&[ED25519], &self.key.to_bytes()[..]].concat();
        format!("{PRIVATE}{}+{id:08x}+{}\n", self.public.name, BASE64_STANDARD.encode(seed))
    }

    pub fn from_text(text: &str) -> Result<Self, BadNote> {
        let (name, id, seed) = parts(text.strip_prefix(PRIVATE).ok_or(BadNote::Key)?)?;
        let signer = Self::new(&name, seed);
        (signer.public.id() == id).then_some(signer).ok_or(BadNote::Key)
    }

    /// The signed checkpoint of the ledger of `size` records with this root.
    pub fn sign(&self, size: u64, root: Hash) -> String {
        let text = Checkpoint { origin: self.public.name.clone(), size, root }.text();
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let signature = BASE64_STANDARD.encode([&self.public.id()[..], &signature].concat());
        format!("{text}\n{SIGNATURE}{} {signature}\n", self.public.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notes_of_others_are_read_as_their_programs_read_them() {
        // From the documentation of golang.org/x/mod/sumdb/note.
        let key: PublicKey =
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
        let note = "If you think cryptography is the answer to your problem,\n\
            then you don't know what your problem is.\n\n\
            \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        // Its signature is right, so the fault is that it is no checkpoint.
        assert_eq!(Checkpoint::verify(note, &key), Err(BadNote::Form));
        let forged = note.replace("answer", "Answer");
        assert_eq!(Checkpoint::verify(&forged, &key), Err(BadNote::Signature));
        let other = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
        assert_eq!(Signer::from_text(other).unwrap().public(), &key);
    }

    #[test]
    fn what_was_signed_is_read_back_and_nothing_else_passes() {
        let signer = Signer::new("kordon/test", [7; 32]);
        let note = signer.sign(42, Hash::of(b"root"));
        let checkpoint = Checkpoint { origin: "kordon/test".into(), size: 42, root: Hash::of(b"root") };
        assert_eq!(Checkpoint::verify(&note, signer.public()), Ok(checkpoint));
        assert_eq!(Signer::from_text(&signer.to_text()).unwrap().public(), signer.public());
        assert_eq!(signer.public().to_string().parse(), Ok(signer.public().clone()));
        assert_eq!(Checkpoint::verify(&note.replace("42", "43"), signer.public()), Err(BadNote::Signature));
        let stranger = Signer::new("kordon/test", [8; 32]);
        assert_eq!(Checkpoint::verify(&note, stranger.public()), Err(BadNote::Signer));
    }
}
