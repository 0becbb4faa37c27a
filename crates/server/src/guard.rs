//! What holds for every request: whom it addresses, what page sent it, and what the answer may do in a browser.
//!
//! A page of another site can make a browser send requests to a server on this desk, and, by pointing a name
//! of its own at 127.0.0.1, can even read the answers (DNS rebinding). So on a loopback address only names
//! of this desk are answered, and a write that a browser sends must come from our own page.

use crate::answer::Base;
use crate::error::Problem;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use std::str::FromStr;

/// What pages of ours may load: nothing from elsewhere, but for the tiles of an operator's basemap from that one host.
///
/// # Panics
///
/// When the host is not the plain one that [`crate::basemap::Basemap::host`] gives.
#[must_use]
pub fn policy(tiles: Option<&str>) -> HeaderValue {
    let tiles = tiles.map(|host| format!(" {host}")).unwrap_or_default();
    let policy = format!(
        "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:{tiles}; style-src 'self' 'unsafe-inline'; \
         script-src 'self'; connect-src 'self'{tiles}; font-src 'self' data:; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'self'"
    );
    HeaderValue::from_str(&policy).expect("a host is of visible ASCII")
}

/// Checks whom a request addresses, and says how links to us begin.
///
/// # Errors
///
/// 400 without a readable `Host`; 421 for a name that is not this server's.
pub fn base(uri: &Uri, headers: &HeaderMap, public: Option<&str>, loopback: bool) -> Result<Base, Problem> {
    let authority = authority(uri, headers)?;
    let public = public.map(|public| public.trim_end_matches('/'));
    if loopback && !is_this_desk(&authority) && !is_public(&authority, public) {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "wrong-host",
            "This server does not go by that name",
            "It listens on a loopback address and answers to localhost, 127.0.0.1 and [::1] only.",
        ));
    }
    Ok(Base(match public {
        Some(public) => public.to_owned(),
        None => format!("http://{authority}"),
    }))
}

/// Refuses what a browser sends for a page of another site: a write, or a question that is for writers only.
///
/// # Errors
///
/// 403.
pub fn same_site(headers: &HeaderMap, base: &Base) -> Result<(), Problem> {
    let fetched_from = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let elsewhere = fetched_from.is_some_and(|from| from != b"same-origin" && from != b"none");
    let foreign_origin = headers.get(header::ORIGIN).is_some_and(|origin| !is_ours(origin, headers, base));
    if elsewhere || foreign_origin {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "cross-site",
            "A page of another site may not do this",
            "Writes, and questions for writers, are taken from this server's own pages and from programs.",
        ));
    }
    Ok(())
}

/// Adds what every answer carries.
pub fn secure(headers: &mut HeaderMap, policy: &HeaderValue) {
    const ALWAYS: &[(header::HeaderName, &str)] = &[
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ];
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    for (name, value) in ALWAYS {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
    headers.insert(
        "permissions-policy",
        HeaderValue::from_static(
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
        ),
    );
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
}

fn authority(uri: &Uri, headers: &HeaderMap) -> Result<Authority, Problem> {
    let bad = || {
        Problem::bad_request(
            "bad-host",
            "A request needs one Host header: a name or address, and perhaps a port.",
        )
    };
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().map_err(|_| bad())?,
        (None, _) => uri.authority().map(Authority::as_str).ok_or_else(bad)?,
        (Some(_), Some(_)) => return Err(bad()),
    };
    let authority = Authority::from_str(host).map_err(|_| bad())?;
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    if host.len() > 255 || authority.host().is_empty() || !host.bytes().all(plain) {
        return Err(bad());
    }
    Ok(authority)
}

fn is_this_desk(authority: &Authority) -> bool {
    let host = authority.host().to_ascii_lowercase();
    matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
}

fn is_public(authority: &Authority, public: Option<&str>) -> bool {
    public
        .and_then(|public| Uri::from_str(public).ok())
        .and_then(|public| public.authority().cloned())
        .is_some_and(|public| public.as_str().eq_ignore_ascii_case(authority.as_str()))
}

/// Whether an `Origin` is the one of our own page: the base address, or the address this request was sent to.
fn is_ours(origin: &HeaderValue, headers: &HeaderMap, base: &Base) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    let of_base = Uri::from_str(&base.0)
        .ok()
        .and_then(|uri| Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?)));
    let of_host =
        headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(|host| format!("http://{host}"));
    [of_base, of_host].iter().flatten().any(|ours| ours.eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(host: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        headers
    }

    fn status(host: &str, public: Option<&str>, loopback: bool) -> Result<String, u16> {
        base(&Uri::from_static("/"), &to(host), public, loopback)
            .map(|base| base.0)
            .map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn on_a_loopback_address_only_names_of_this_desk_are_answered() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "LOCALHOST"] {
            assert!(status(host, None, true).is_ok(), "{host}");
        }
        for host in
            ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.nip.io", "127.0.0.2"]
        {
            assert_eq!(status(host, None, true), Err(421), "{host}");
        }
        assert_eq!(
            status("map.example", Some("https://map.example/"), true),
            Ok("https://map.example".into())
        );
    }

    #[test]
    fn elsewhere_any_well_formed_host_is_answered_and_links_begin_with_it() {
        assert_eq!(status("map.example:81", None, false), Ok("http://map.example:81".into()));
        for host in ["", "a b", "a/b", "user@host", "a\"b", "<script>"] {
            assert_eq!(status(host, None, false), Err(400), "{host:?}");
        }
        assert!(base(&Uri::from_static("/"), &HeaderMap::new(), None, false).is_err());
    }

    #[test]
    fn two_hosts_are_an_error() {
        let mut headers = to("localhost");
        headers.append(header::HOST, "evil.example".parse().unwrap());
        assert!(base(&Uri::from_static("/"), &headers, None, true).is_err());
    }

    #[test]
    fn a_page_of_another_site_may_not_write() {
        let base = Base("http://localhost:8080".into());
        let with = |name: &'static str, value: &'static str| {
            let mut headers = to("localhost:8080");
            headers.insert(name, HeaderValue::from_static(value));
            same_site(&headers, &base).is_ok()
        };
        assert!(same_site(&to("localhost:8080"), &base).is_ok());
        assert!(with("sec-fetch-site", "same-origin"));
        assert!(!with("sec-fetch-site", "cross-site"));
        assert!(!with("sec-fetch-site", "same-site"));
        assert!(with("origin", "http://localhost:8080"));
        assert!(!with("origin", "http://localhost:3000"));
        assert!(!with("origin", "null"));
        assert!(!with("origin", "https://evil.example"));
    }
}
