//! Who may do what: tokens, and the one rule about a desk of one's own.
//!
//! Reading public records needs nothing. Writing needs a token, except on a loopback address for which no
//! token was made yet. A token is 256 random bits; the file holds only its SHA-256, which is enough for a
//! secret of that size (no password that could be guessed is ever hashed here).
//!
//! This module is pure: it makes and reads the lines of the token file and leaves the file to its caller.

use crate::error::Problem;
use axum::http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};
use std::sync::{Arc, PoisonError, RwLock};

/// What a route needs of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody at all.
    Anyone,
    /// A holder of a token; on a loopback address without any token, anybody.
    Writer,
}

/// The caller of a route that writes, by the name its revisions will carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(pub String);

/// The tokens of a store, by name and hash.
#[derive(Clone, Debug, Default)]
pub struct Tokens(Vec<Token>);

/// One token as it is kept: a name and a hash.
#[derive(Clone, Debug)]
pub struct Token {
    name: String,
    digest: [u8; 32],
}

/// Why a token could not be made or the token file not be read.
#[derive(Debug, thiserror::Error)]
pub enum BadToken {
    /// The name would not survive in the file.
    #[error("a token's name has 1 to 64 letters, digits, or . _ @ -")]
    Name,
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers: {0}")]
    Random(getrandom::Error),
    /// The name is in use.
    #[error("a token is called {0} already; revoke it first, or take another name")]
    Taken(String),
    /// A line is not `name sha256-in-hex`.
    #[error("line {line} of the token file is not a name and a SHA-256 in hex")]
    Line {
        /// Counted from 1.
        line: usize,
    },
}

/// Makes a token of 256 random bits: its plain form, which exists only here, and what is kept of it.
///
/// # Errors
///
/// [`BadToken`] for a name with other characters than letters, digits and `. _ @ -`.
pub fn new_token(name: &str) -> Result<(String, Token), BadToken> {
    if !is_name(name) {
        return Err(BadToken::Name);
    }
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).map_err(BadToken::Random)?;
    let plain = format!("kordon_{}", hex(&secret));
    let token = Token { name: name.to_owned(), digest: hash(&plain) };
    Ok((plain, token))
}

impl Tokens {
    /// Reads a token file: one `name hash` a line; empty lines and `#` comments are skipped.
    ///
    /// # Errors
    ///
    /// The first line that is something else, so that a damaged file never silently opens or shuts a door.
    pub fn parse(text: &str) -> Result<Self, BadToken> {
        let mut tokens = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bad = BadToken::Line { line: index + 1 };
            let Some((name, digest)) = line.split_once(' ') else { return Err(bad) };
            match unhex(digest.trim()) {
                Some(digest) if is_name(name) => tokens.push(Token { name: name.to_owned(), digest }),
                _ => return Err(bad),
            }
        }
        Ok(Self(tokens))
    }

    /// The name of the token, when it is one of these.
    #[must_use]
    pub fn check(&self, plain: &str) -> Option<&str> {
        let digest = hash(plain);
        self.0.iter().find(|token| token.digest == digest).map(|token| token.name.as_str())
    }

    /// Adds a token.
    ///
    /// # Errors
    ///
    /// [`BadToken::Taken`]: a name says whose writes these are, so it means one token.
    pub fn add(&mut self, token: Token) -> Result<(), BadToken> {
        if self.names().any(|name| name == token.name) {
            return Err(BadToken::Taken(token.name));
        }
        self.0.push(token);
        Ok(())
    }

    /// Takes a token away; `false` when there is none of that name.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|token| token.name != name);
        self.0.len() < before
    }

    /// The names, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|token| token.name.as_str())
    }

    /// Whether no token was made yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The token file, as [`Tokens::parse`] reads it.
impl fmt::Display for Tokens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|token| writeln!(out, "{} {}", token.name, hex(&token.digest)))
    }
}

/// The rule for writing, shared by all requests; its tokens can be replaced while serving.
#[derive(Clone, Debug)]
pub struct Access {
    tokens: Arc<RwLock<Tokens>>,
    own_desk: bool,
}

impl Access {
    /// `own_desk`: the server listens on a loopback address only and stands for no public address.
    #[must_use]
    pub fn new(tokens: Tokens, own_desk: bool) -> Self {
        Self { tokens: Arc::new(RwLock::new(tokens)), own_desk }
    }

    /// Takes a newly read token file into use.
    pub fn replace(&self, tokens: Tokens) {
        *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = tokens;
    }

    /// Who is calling a route that needs `who`.
    ///
    /// # Errors
    ///
    /// 401 for a missing or wrong token, 403 when there is none to be had yet.
    pub fn admit(&self, who: Who, headers: &HeaderMap) -> Result<Caller, Problem> {
        if who == Who::Anyone {
            return Ok(Caller("anonymous".to_owned()));
        }
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        match headers.get(header::AUTHORIZATION) {
            Some(value) => {
                let plain = value.to_str().ok().and_then(bearer);
                match plain.and_then(|plain| tokens.check(plain)) {
                    Some(name) => Ok(Caller(name.to_owned())),
                    None => Err(unauthorized("This token is not known.", "Bearer error=\"invalid_token\"")),
                }
            }
            None if tokens.is_empty() && self.own_desk && !was_forwarded(headers) => {
                Ok(Caller("local".to_owned()))
            }
            None if tokens.is_empty() => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "no-token-yet",
                "Writing is not open here",
                "No token was made for this store yet; its operator makes one with `kordon token add NAME`.",
            )),
            None => Err(unauthorized(
                "Writing needs a token: send `Authorization: Bearer …`; `kordon token add NAME` makes one.",
                "Bearer",
            )),
        }
    }
}

fn unauthorized(detail: &str, challenge: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "Writing needs a token", detail)
        .header(header::WWW_AUTHENTICATE, challenge)
}

/// Whether a proxy passed this request on: then the sender is not at this desk, whatever the address says.
fn was_forwarded(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"]
        .iter()
        .any(|name| headers.contains_key(*name))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'@' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

fn hash(plain: &str) -> [u8; 32] {
    Sha256::digest(plain.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // Writing to a String cannot fail.
        text
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0_u8; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_bearer(token: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        headers
    }

    fn one(name: &str) -> (String, Tokens) {
        let (plain, token) = new_token(name).unwrap();
        let mut tokens = Tokens::default();
        tokens.add(token).unwrap();
        (plain, tokens)
    }

    #[test]
    fn a_token_is_known_by_the_file_and_the_file_does_not_hold_it() {
        let (plain, tokens) = one("desk");
        let file = format!("# tokens\n\n{tokens}");
        assert!(!file.contains(&plain["kordon_".len()..]));
        let mut read = Tokens::parse(&file).unwrap();
        assert_eq!(read.check(&plain), Some("desk"));
        assert_eq!(read.check("kordon_0"), None);
        assert!(read.remove("desk") && !read.remove("desk"));
        assert_eq!(read.check(&plain), None);
    }

    #[test]
    fn two_tokens_differ_and_a_name_with_a_space_is_refused() {
        assert_ne!(new_token("a").unwrap().0, new_token("a").unwrap().0);
        assert!(new_token("a b").is_err());
        assert!(new_token("").is_err());
        let (_, mut tokens) = one("desk");
        assert!(matches!(tokens.add(new_token("desk").unwrap().1), Err(BadToken::Taken(_))));
    }

    #[test]
    fn a_damaged_token_file_is_an_error_and_not_an_open_door() {
        assert!(matches!(Tokens::parse("a 12\n"), Err(BadToken::Line { line: 1 })));
        assert!(matches!(Tokens::parse("\nnothing\n"), Err(BadToken::Line { line: 2 })));
    }

    #[test]
    fn writing_is_open_only_at_a_desk_of_ones_own_without_any_token() {
        let (plain, one) = one("desk");
        let none = HeaderMap::new();
        let status = |access: &Access, headers: &HeaderMap| {
            access
                .admit(Who::Writer, headers)
                .map(|caller| caller.0)
                .map_err(|problem| problem.status().as_u16())
        };
        assert_eq!(status(&Access::new(Tokens::default(), true), &none), Ok("local".into()));
        assert_eq!(status(&Access::new(Tokens::default(), false), &none), Err(403));
        assert_eq!(status(&Access::new(one.clone(), true), &none), Err(401));
        assert_eq!(status(&Access::new(one.clone(), false), &with_bearer("kordon_1")), Err(401));
        assert_eq!(status(&Access::new(one, false), &with_bearer(&plain)), Ok("desk".into()));
    }

    #[test]
    fn a_request_that_a_proxy_passed_on_is_not_from_this_desk() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "203.0.113.9".parse().unwrap());
        let problem = Access::new(Tokens::default(), true).admit(Who::Writer, &headers).unwrap_err();
        assert_eq!(problem.status(), StatusCode::FORBIDDEN);
    }
}
