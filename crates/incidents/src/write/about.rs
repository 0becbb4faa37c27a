//! What a file says of where it comes from, in whatever form: the question, the snapshot, how many, whose borders, under
//! which licences, and how to cite it.
//!
//! Nothing here depends on the clock, so that the same question to the same snapshot gives the same bytes. How many
//! records were withheld is not said: an answer must not change when only hidden records do.

use serde_json::{Value, json};

const TITLE: &str = "Kordon, reported incidents and their distances to borders";

/// Where an answer comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// The question, for people; empty for all.
    pub question: String,
    /// The name of the snapshot.
    pub snapshot: Option<String>,
    /// How many match, on all pages.
    pub matched: usize,
    /// The borders: name and version.
    pub border_set: String,
    /// Who made the borders.
    pub border_attribution: String,
    /// Their licence.
    pub border_licence: String,
    /// The world view in which disputed land is told.
    pub world_view: String,
    /// How to cite it.
    pub citation: Option<String>,
    /// The address under which it can be read again.
    pub address: Option<String>,
    /// The address of the next page.
    pub next: Option<String>,
}

impl About {
    /// What it is.
    pub fn title(&self) -> &'static str {
        TITLE
    }

    /// Says how to cite it, by all else that is said; there is no citation without a snapshot.
    pub fn cite(&mut self) {
        let many = if self.matched == 1 { "" } else { "s" };
        let question =
            if self.question.is_empty() { String::new() } else { format!(" for {}", self.question) };
        let at = self.address.as_ref().map(|at| format!(" {at}")).unwrap_or_default();
        self.citation = self.snapshot.as_ref().map(|snapshot| {
            format!(
                "{}: {} incident{many}{question}. Snapshot {snapshot}. Borders: {}, {}, {}; world view {}.{at}",
                TITLE,
                self.matched,
                self.border_set,
                self.border_attribution,
                self.border_licence,
                self.world_view,
            )
        });
    }

    /// Under which licences.
    pub fn licences(&self) -> String {
        format!(
            "Records: as each says in its property license. Borders: {}, {}.",
            self.border_licence, self.border_attribution
        )
    }

    /// All of it by names; what is not known is left out.
    fn members(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let question = (!self.question.is_empty()).then_some(&self.question);
        let all = [
            ("query", question.map(|text| json!(text))),
            ("snapshot", self.snapshot.as_ref().map(|text| json!(text))),
            ("number_matched", Some(json!(self.matched))),
            ("border_set", Some(json!(self.border_set))),
            ("world_view", Some(json!(self.world_view))),
            ("licences", Some(json!(self.licences()))),
            ("citation", self.citation.as_ref().map(|text| json!(text))),
            ("cite_as", self.address.as_ref().map(|text| json!(text))),
            ("next", self.next.as_ref().map(|text| json!(text))),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }

    /// As an object.
    pub fn to_json(&self) -> Value {
        self.members().map(|(name, value)| (name.to_owned(), value)).collect::<serde_json::Map<_, _>>().into()
    }

    /// As texts by names, for forms that know nothing else.
    pub fn to_texts(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.members().map(|(name, value)| match value {
            Value::String(text) => (name, text),
            other => (name, other.to_string()),
        })
    }

    /// These as an object.
    pub(super) fn to_text_json(&self) -> String {
        let texts = self.to_texts().map(|(name, text)| (name.to_owned(), text.into()));
        Value::Object(texts.collect()).to_string()
    }

    /// What vector tiles of the incidents tell a map (TileJSON 3), up to this zoom.
    pub fn to_tilejson(&self, max_zoom: u8) -> Value {
        let texts = ["id", "title", "event_type", "verification", "date", "foreign", "latest", "damage"];
        let numbers = [("distance_m", "Number"), ("count", "Number"), ("cluster", "Boolean")];
        let texts = texts.into_iter().map(|name| (name, "String"));
        let fields = texts.chain(numbers).map(|(name, kind)| (name.to_owned(), kind.into()));
        json!({
            "name": self.title(),
            "description": self.citation,
            "attribution": self.licences(),
            "type": "overlay",
            "format": "pbf",
            "vector_layers": [{
                "id": "incidents",
                "minzoom": 0,
                "maxzoom": max_zoom,
                "fields": Value::Object(fields.collect()),
            }],
            "kordon": self.to_json(),
        })
    }
}
