//! Which state of the store a question is put to, and how its answer is cited.
//!
//! `as-of` names a moment or a record of the ledger, `snapshot` a state by the id that an answer gave. An answer to
//! `snapshot` has nothing in it that depends on the clock, so the same address is answered byte for byte the same for
//! ever; the day of reading is for whoever cites to add.
//!
//! Making a past takes time, so those that ask for one that is not at hand wait for each other, and nobody else for them.

use crate::answer::{Answer, Base, Link, NOW, PINNED, address};
use crate::app::{App, Lane};
use crate::error::{Problem, echo};
use crate::params::Params;
use axum::http::{HeaderName, StatusCode};
use kordon_borders::BorderSet;
use kordon_incidents::About;
use kordon_store::{Moment, PastError, PublicSnapshot, ReadError, SnapshotId, Store};
use percent_encoding::{CONTROLS, utf8_percent_encode};
use serde_json::json;
use std::sync::Arc;

/// The id of the snapshot that an answer was made from.
const SNAPSHOT: HeaderName = HeaderName::from_static("kordon-snapshot");
/// How to cite an answer whose body has no place for it. What is not ASCII is percent-encoded.
const CITATION: HeaderName = HeaderName::from_static("kordon-citation");

/// Under which licences records and borders are. What is not ASCII is percent-encoded.
pub const LICENCES: HeaderName = HeaderName::from_static("kordon-licences");

/// A text as a header can tell it.
pub fn in_ascii(text: &str) -> String {
    utf8_percent_encode(&text.replace('\u{a9}', "(c)"), CONTROLS).to_string()
}

/// What does not choose incidents, nor their order or form.
const NOT_CITED: &[&str] =
    &["as-of", "snapshot", "cursor", "limit", "f", "crs", "bbox-crs", "bom", "hxl", "profile", "lang"];

/// When a question is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Now.
    Now,
    /// As everybody could see it then.
    AsOf(Moment),
    /// As an answer was given before.
    Pinned(SnapshotId),
}

impl When {
    /// Reads the values of `as-of` and of `snapshot`.
    ///
    /// # Errors
    ///
    /// A 400 problem that says what either may be.
    pub fn read(as_of: Option<&str>, snapshot: Option<&str>) -> Result<Self, Problem> {
        match (as_of, snapshot) {
            (None, None) => Ok(Self::Now),
            (Some(text), None) => moment_of(text).map(Self::AsOf),
            (None, Some(text)) => match text.parse() {
                Ok(id) => Ok(Self::Pinned(id)),
                Err(error) => Err(Problem::bad_parameter("snapshot", format!("{} is {error}.", echo(text)))),
            },
            (Some(_), Some(_)) => {
                Err(Problem::bad_parameter("as-of", "and snapshot both say when; give one of them."))
            }
        }
    }

    fn is_at_hand(self, store: &Store) -> bool {
        match self {
            Self::Now => true,
            Self::AsOf(moment) => store.is_at_hand(moment),
            Self::Pinned(id) => store.is_at_hand(Moment::Record(id.seq())),
        }
    }

    /// The state of the store that is meant. One of the past may have to be made first, and waits for others that are.
    ///
    /// # Errors
    ///
    /// 400 for what the ledger does not have yet, 404 for a snapshot of another store, 410 for one that cannot be told any
    /// more, each with what to do; 503 when the store is damaged.
    pub fn ask(self, store: &Store) -> Result<Asked, Problem> {
        let snapshot = match self {
            Self::Now => Ok(store.public()),
            Self::AsOf(moment) => store.as_of(moment),
            Self::Pinned(id) => store.pinned(&id),
        };
        let snapshot = snapshot.map_err(|error| not_told(&error))?;
        // What is left of a damaged store is no state that could be asked for again.
        let name = (!store.is_damaged()).then(|| snapshot.id());
        Ok(Asked { snapshot, name, is_now: self == Self::Now, is_pinned: matches!(self, Self::Pinned(_)) })
    }
}

fn moment_of(text: &str) -> Result<Moment, Problem> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are beyond the end of any ledger.
        return Ok(Moment::Record(text.parse().unwrap_or(u64::MAX)));
    }
    let read = |text: &str| text.parse::<jiff::Timestamp>().ok();
    // A plus sign in a query string is a blank.
    let with_plus = || text.rsplit_once(' ').and_then(|(time, offset)| read(&format!("{time}+{offset}")));
    match read(text).or_else(with_plus) {
        Some(time) => Ok(Moment::Second(time.as_millisecond().div_euclid(1_000))),
        None => Err(Problem::bad_parameter(
            "as-of",
            format!(
                "{} is neither a moment such as 2025-06-01T12:00:00Z nor the number of a record.",
                echo(text)
            ),
        )),
    }
}

fn not_told(error: &PastError) -> Problem {
    let gone = |detail: String| {
        Problem::new(StatusCode::GONE, "snapshot-gone", "This snapshot is not answered any more", detail)
    };
    match error {
        PastError::NotYet { .. } => Problem::bad_parameter("as-of", format!("is beyond the end; {error}.")),
        PastError::OtherStore => Problem::new(
            StatusCode::NOT_FOUND,
            "unknown-snapshot",
            "This snapshot is not here",
            "The snapshot is of another store, or of a later state of it than this copy has. Ask the server that gave it, or \
             one with a later copy of its store.",
        ),
        PastError::OtherBorders => gone(
            "The snapshot measured to other borders, or saw them in another world view, on another day or with other sets of \
             countries. as-of with the second number of the id answers with the borders of this server."
                .to_owned(),
        ),
        PastError::OtherForm => gone(
            "The snapshot was named by a version of Kordon that writes answers in another form. as-of with the second number \
             of the id answers in the form of this version."
                .to_owned(),
        ),
        PastError::Hidden { seq } => gone(format!(
            "Some of what was public in the snapshot has been hidden or erased since. as-of={seq} answers with what may still \
             be shown, under an id of its own."
        ))
        .with("as_of", *seq),
        PastError::Read(ReadError::Damaged) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store-damaged",
            "The past cannot be told",
            "The store is damaged, so what it was is not known for sure; what is left is answered without as-of.",
        ),
        PastError::Read(error) => Problem::internal(error),
    }
}

/// The state that a request asks for.
///
/// # Errors
///
/// As [`When::read`] and [`When::ask`]; 503 while others are made.
pub async fn asked(app: &App, params: &Params) -> Result<Asked, Problem> {
    let when = When::read(params.get("as-of"), params.get("snapshot"))?;
    if when == When::Now {
        return when.ask(&app.config.store); // Copies a pointer.
    }
    let store = Arc::clone(&app.config.store);
    let lane = if when.is_at_hand(&store) { Lane::Read } else { Lane::Past };
    app.work_in(lane, move || when.ask(&store)).await
}

/// A state of the store, with its name.
#[derive(Clone)]
pub struct Asked {
    /// What is asked.
    pub snapshot: Arc<PublicSnapshot>,
    /// Under which it can be asked again; `None` for what is left of a damaged store.
    pub name: Option<SnapshotId>,
    /// Nothing was said of when.
    pub is_now: bool,
    /// It was asked for by its name, so nothing may depend on the clock.
    pub is_pinned: bool,
}

impl Asked {
    /// How long an answer may be kept.
    #[must_use]
    pub fn cache(&self) -> &'static str {
        if self.is_pinned { PINNED } else { NOW }
    }

    /// Where an answer comes from, and how to cite it: what it is, how much was found by which question, the snapshot, and
    /// whose borders. The day of reading is not in it. What is left of a damaged store has neither name nor citation.
    #[must_use]
    pub fn about(&self, borders: &BorderSet, question: &str, matched: usize, at: Option<&str>) -> About {
        let info = borders.info();
        let mut about = About {
            question: question.to_owned(),
            snapshot: self.name.map(|name| name.to_string()),
            matched,
            border_set: format!("{} {}", info.name, info.version),
            border_attribution: info.attribution.clone(),
            border_licence: info.licence.clone(),
            world_view: borders.view().name().to_owned(),
            address: at.map(str::to_owned),
            ..About::default()
        };
        about.cite();
        about
    }
}

/// What an answer says of where it comes from.
pub struct Source {
    /// The same for a body that has a place for it.
    pub about: About,
}

impl Source {
    /// Of an answer to these parameters at this path, in which so many incidents were found.
    #[must_use]
    pub fn new(
        asked: &Asked,
        borders: &BorderSet,
        base: &Base,
        path: &str,
        params: &Params,
        matched: usize,
    ) -> Self {
        let mut query = params.to_query(&["as-of", "snapshot", "cursor"]);
        if let Some(name) = asked.name {
            let mark = if query.is_empty() { "" } else { "&" };
            query.push_str(&format!("{mark}snapshot={name}"));
        }
        let address = address(base, path, &query);
        Self { about: asked.about(borders, &params.to_words(NOT_CITED), matched, Some(&address)) }
    }

    /// As members of a JSON object, each with a comma behind.
    #[must_use]
    pub fn to_members(&self) -> String {
        match (&self.about.snapshot, &self.about.citation) {
            (Some(name), Some(citation)) => format!(
                r#""snapshot":"{name}","citation":{},"licences":{},"#,
                json!(citation),
                json!(self.about.licences())
            ),
            _ => String::new(),
        }
    }

    /// In the head of an answer.
    #[must_use]
    pub fn head(&self, media: &'static str, answer: Answer) -> Answer {
        let About { snapshot: Some(name), citation: Some(citation), address: Some(address), .. } =
            &self.about
        else {
            return answer;
        };
        // RFC 8574: the address by which to refer to this.
        let link = Link::new("cite-as", address.clone(), media, "This answer, the same for ever");
        answer
            .links(&[link])
            .header(SNAPSHOT, name.clone())
            .header(CITATION, in_ascii(citation))
            .header(LICENCES, in_ascii(&self.about.licences()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_is_a_moment_a_record_or_a_snapshot() {
        let read = |text| When::read(Some(text), None).unwrap();
        assert_eq!(When::read(None, None).unwrap(), When::Now);
        assert_eq!(read("12"), When::AsOf(Moment::Record(12)));
        assert_eq!(read("99999999999999999999999"), When::AsOf(Moment::Record(u64::MAX)));
        assert_eq!(read("1970-01-01T02:00:01.9+02:00"), When::AsOf(Moment::Second(1)));
        for text in ["1970-01-01T02:00:01 02:00", "1970-01-01 02:00:01 02:00", "1970-01-01 00:00:01Z"] {
            assert_eq!(read(text), When::AsOf(Moment::Second(1)), "{text}");
        }
        assert_eq!(read("1969-12-31T23:59:59.5Z"), When::AsOf(Moment::Second(-1)));
        for text in ["yesterday", "2025-06-01", "-1", "1.5", "2025-06-01T12:00:00", "2025-13-01T00:00:00Z"] {
            let problem = When::read(Some(text), None).unwrap_err();
            assert!(problem.detail().contains("2025-06-01T12:00:00Z"), "{text}: {}", problem.detail());
        }
        assert!(When::read(None, Some("1-2-3-4")).unwrap_err().detail().starts_with("snapshot"));
        assert!(When::read(Some("1"), Some("1-2-3-4")).unwrap_err().detail().contains("one of them"));
    }
}
