//! What was, what changed, and what proves it.
//!
//! All of it is the public's view: what was never public is in none of it, and of what was withdrawn only that it was. What a
//! question to the past tells of withdrawn records is said in `docs/ledger.md`.

use crate::answer::{Answer, Base, GEOJSON, JSON, Link, address, links_json};
use crate::app::App;
use crate::error::Problem;
use crate::items::{PATH, parse_id};
use crate::params::Params;
use crate::query;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::Response;
use kordon_incidents::IncidentId;
use kordon_store::{Before, Change, Changes, PublicSnapshot, Query, Store};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const CHANGES: &str = "/collections/incidents/changes";
/// Where the key stands that checks a checkpoint.
const KEY: HeaderName = HeaderName::from_static("kordon-key");
/// Characters of a value that are repeated in the words about a change.
const SHOWN: usize = 80;
const STATUS: &str = "record_status";
/// What differs between any two revisions.
const OF_EVERY_REVISION: [&str; 3] = ["revision", "recorded_at", "recorded_by"];

/// `GET /collections/incidents/items/{id}/history`.
///
/// # Errors
///
/// 404 when there is no such incident.
pub async fn history(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let store = Arc::clone(&app.config.store);
    let revisions = app.work(move || Ok(with_differences(public_history(&store, id)?))).await?;
    let links = [
        Link::new("self", base.at(&format!("{PATH}/{id}/history")), JSON, "This page"),
        Link::new("latest-version", base.at(&format!("{PATH}/{id}")), GEOJSON, "The incident"),
        Link::new("describedby", base.at(&format!("{PATH}/{id}/history/proof")), JSON, "What proves them"),
    ];
    let body = json!({ "id": id, "revisions": revisions, "links": links_json(&links) });
    Ok(Answer::json(&body).links(&links).finish(&headers))
}

/// `GET /collections/incidents/items/{id}/history/proof`: the inclusion proofs of the revisions that the history shows.
///
/// # Errors
///
/// 404 when there is no such incident; 503 while the ledger is still being checked.
pub async fn proof(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let store = Arc::clone(&app.config.store);
    let proofs = app
        .work(move || {
            checked(&store)?;
            let shown = public_history(&store, id)?;
            // Of each record of the history: whether it is shown with what it says.
            let shown: BTreeMap<u64, bool> =
                shown.iter().filter_map(|one| Some((seq_of(one)?, was_public(one)))).collect();
            let mut proofs = store.prove(id).map_err(|error| Problem::internal(&error))?;
            proofs.revisions.retain(|proof| shown.contains_key(&proof.link.seq));
            // Looked at after the proofs were made: what was hidden meanwhile is hidden.
            let is_public = store.public().get(id).is_some();
            let has_content = |seq| is_public && shown.get(&seq) == Some(&true);
            proofs.revisions = (proofs.revisions.into_iter())
                .map(|proof| if has_content(proof.link.seq) { proof } else { proof.without_content() })
                .collect();
            serde_json::to_value(proofs).map_err(|error| Problem::internal(&error))
        })
        .await?;
    Ok(Answer::json(&proofs).finish(&headers))
}

/// `GET /collections/incidents/changes`: what changed for everybody since a record of the ledger.
///
/// # Errors
///
/// 400 when the ledger has no such record.
pub async fn changes(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let since = whole(&params, "since")?.unwrap_or(0);
    let limit = query::limit(&params)?.unwrap_or(query::DEFAULT_LIMIT);
    let wanted = query::chosen(&params, &app.config.borders)?;
    let store = Arc::clone(&app.config.store);
    let (found, told) = app
        .work(move || {
            let found = store.changes(since, limit).map_err(|error| Problem::internal(&error))?;
            let found = found.ok_or_else(|| ahead_of_the_ledger("since"))?;
            let told: Vec<String> =
                news(&found, wanted.as_ref(), &store.public()).iter().map(News::to_json).collect();
            Ok((found, told))
        })
        .await?;
    let rest = params.to_query(&["since", "limit"]);
    let mark = if rest.is_empty() { "" } else { "&" };
    let at = |since: u64| address(&base, CHANGES, &format!("{rest}{mark}since={since}&limit={limit}"));
    let mut links = vec![Link::new("self", at(since), JSON, "This page")];
    if found.more {
        links.push(Link::new("next", at(found.next), JSON, "The next page"));
    }
    let (next, more, links_text, told) = (found.next, found.more, links_json(&links), told.join(","));
    let body =
        format!(r#"{{"changes":[{told}],"since":{since},"next":{next},"more":{more},"links":{links_text}}}"#);
    Ok(Answer::text(JSON, body).links(&links).finish(&headers))
}

/// 400: a place in the ledger at which it is not yet.
#[must_use]
pub fn ahead_of_the_ledger(name: &str) -> Problem {
    Problem::bad_parameter(name, "is beyond the end of the ledger: this is another store, or an older copy.")
}

/// A change as one is told of it who asked for some incidents only.
pub struct News<'a> {
    /// What has changed.
    pub change: &'a Change,
    /// It is, and is among those that were asked for.
    is_wanted: bool,
}

/// What is told of changes to one who asked for all or some incidents. Of one that was public before and is not among
/// them now it is told that it is not: it may have been.
pub fn news<'a>(changes: &'a Changes, wanted: Option<&Query>, now: &PublicSnapshot) -> Vec<News<'a>> {
    let is_wanted = match wanted {
        Some(wanted) => {
            let ids: Vec<IncidentId> = changes.changes.iter().map(|change| change.id).collect();
            now.matching(wanted, &ids)
        }
        None => vec![true; changes.changes.len()],
    };
    let news = changes.changes.iter().zip(is_wanted);
    news.map(|(change, is_wanted)| News { change, is_wanted: is_wanted && change.feature.is_some() })
        .filter(|news| news.is_wanted || news.change.before == Before::Public)
        .collect()
}

impl News<'_> {
    /// The kind of an event.
    #[must_use]
    pub fn event(&self) -> &'static str {
        match (self.is_wanted, &self.change.feature, self.change.before) {
            (true, _, Before::Unknown) => "created",
            (true, _, Before::Public) => "revised",
            (false, Some(_), _) => "left",
            (false, None, _) => "withdrawn",
        }
    }

    /// As it stands in the feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Change { seq, id, feature, .. } = self.change;
        match feature.as_ref().filter(|_| self.is_wanted) {
            Some(feature) => format!(r#"{{"seq":{seq},"id":"{id}","op":"put","feature":{feature}}}"#),
            None => format!(r#"{{"seq":{seq},"id":"{id}","op":"remove"}}"#),
        }
    }
}

/// `GET /checkpoint`: size and root of the ledger, signed (C2SP tlog-checkpoint).
///
/// # Errors
///
/// 404 when this server has no key to sign with; 503 while the ledger is still being checked.
pub async fn checkpoint(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let store = Arc::clone(&app.config.store);
    let (note, key) = app
        .work(move || {
            let none = || Problem::not_found("This server signs no checkpoints.".to_owned());
            let key = store.public_key().ok_or_else(none)?.to_string();
            checked(&store)?;
            Ok((store.checkpoint().ok_or_else(none)?, key))
        })
        .await?;
    Ok(Answer::bytes("text/plain; charset=utf-8", note).header(KEY, key).finish(&headers))
}

/// `GET /checkpoint/extension`: proves that the ledger of an older checkpoint is the beginning of what it is now.
///
/// # Errors
///
/// 400 when the ledger never had so many records; 503 while it is still being checked.
pub async fn extension(
    State(app): State<App>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let size = whole(&params, "size")?.ok_or_else(|| {
        Problem::bad_parameter("size", "is missing: how many records the older checkpoint speaks of.")
    })?;
    let store = Arc::clone(&app.config.store);
    let proof = app
        .work(move || {
            checked(&store)?;
            let proof = store.prove_extension(size).map_err(|error| Problem::internal(&error))?;
            proof.ok_or_else(|| Problem::bad_parameter("size", "is more records than the ledger has."))
        })
        .await?;
    Ok(Answer::json(&json!({ "size": size, "path": proof.path, "checkpoint": proof.checkpoint }))
        .finish(&headers))
}

/// 503 while the ledger is still being read behind a kept index. The store would wait until all of it is, in one of the few
/// places for questions: who asked for some checkpoints then would keep every question from being answered.
fn checked(store: &Store) -> Result<(), Problem> {
    if store.is_checked() {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "ledger-not-checked",
        "The ledger is still being checked",
        "The server has started and still checks every record of its ledger; until that is done nothing is vouched for. Ask \
         again shortly.",
    )
    .header(header::RETRY_AFTER, "5"))
}

/// A whole number from 0 on, `None` when not given.
///
/// # Errors
///
/// A 400 problem.
pub fn whole(params: &Params, name: &str) -> Result<Option<u64>, Problem> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits => Ok(Some(number)),
        _ => Err(Problem::bad_parameter(name, "is not a whole number from 0 on.")),
    }
}

fn seq_of(revision: &Value) -> Option<u64> {
    revision["kordon"]["seq"].as_u64()
}

/// Why there is no such incident: it was withdrawn after all could see it, or there is none for the public.
#[must_use]
pub fn missing(store: &Store, id: IncidentId) -> Problem {
    match public_history(store, id) {
        Ok(_) => Problem::gone(format!("The incident {id} was withdrawn, or merged into another.")),
        Err(problem) => problem,
    }
}

/// The revisions of an incident that the public may see, oldest first; 404 when there is none.
///
/// Of one that is public now, all that were public when they were made. Of one that was public once and is withdrawn
/// now, the chain without what it said: that does not stand any more, and only who asks for the past by its name is told
/// (`asked.rs`). In both, that it was withdrawn stays told. Whatever hides what it said in the past hides all of this.
pub fn public_history(store: &Store, id: IncidentId) -> Result<Vec<Value>, Problem> {
    let is_public = store.public().get(id).is_some();
    let revisions = store.history(id).map_err(|error| Problem::internal(&error))?;
    let is_withdrawn = revisions.last().is_some_and(is_tombstone);
    // Withdrawn between the two looks at the store is withdrawn.
    let is_public = is_public && !is_withdrawn;
    let not_found = || Problem::not_found(format!("There is no incident {id}."));
    // Asked after the revisions were read: what was hidden meanwhile is hidden.
    if !store.may_be_told(id).map_err(|error| Problem::internal(&error))? {
        return Err(not_found());
    }
    let mut shown = Vec::new();
    for revision in revisions {
        if was_public(&revision) {
            shown.push(if is_public { revision } else { without_content(&revision) });
        } else if (!shown.is_empty() || was_erased_from_view(&revision)) && is_tombstone(&revision) {
            shown.push(without_content(&revision));
        }
    }
    if shown.is_empty() { Err(not_found()) } else { Ok(shown) }
}

fn is_tombstone(revision: &Value) -> bool {
    matches!(revision["properties"][STATUS].as_str(), Some("withdrawn" | "merged"))
}

/// The record of an erasure of what everybody could see. What is left of erased records says nothing of whether they
/// were public, so these are not shown.
fn was_erased_from_view(revision: &Value) -> bool {
    revision["properties"]["was_public"] == json!(true)
}

/// The same rule as the store's projection: published, exact, free. What is left of an erased record has no date.
fn was_public(revision: &Value) -> bool {
    let properties = &revision["properties"];
    if properties["date_start"].is_null() {
        return false;
    }
    let published = properties["record_status"].as_str().is_none_or(|status| status == "published");
    let exact = properties["masking"]["level"].as_str().is_none_or(|level| level == "exact");
    published && exact && properties["redistributable"] != json!(false)
}

/// Not the salt either: with it one could try what the commitment stands for.
fn without_content(revision: &Value) -> Value {
    let properties = &revision["properties"];
    let mut place = revision["kordon"].clone();
    if let Some(place) = place.as_object_mut() {
        place.remove("salt");
    }
    json!({
        "type": "Feature",
        "id": revision["id"],
        "geometry": null,
        "properties": {
            "record_status": properties["record_status"],
            "revision": properties["revision"],
            "recorded_at": properties["recorded_at"],
        },
        "kordon": place,
    })
}

/// Adds to each revision what it changed, in words; the first one has none.
pub fn with_differences(mut revisions: Vec<Value>) -> Vec<Value> {
    let mut before: Option<BTreeMap<String, String>> = None;
    for revision in &mut revisions {
        let mut now = values(revision);
        if let Some(before) = &before {
            if is_tombstone(revision) {
                // What it says is not shown, which is not to say that it says nothing.
                let status = now.remove(STATUS);
                now.clone_from(before);
                now.extend(status.map(|status| (STATUS.to_owned(), status)));
            }
            revision["differences"] = json!(differences(before, &now));
        }
        before = Some(now);
    }
    revisions
}

/// Each value of a revision by its name.
fn values(revision: &Value) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    if let Some(places) = revision["geometry"].get("coordinates") {
        values.insert("place".to_owned(), places.to_string());
    }
    let properties: Map<String, Value> = revision["properties"].as_object().cloned().unwrap_or_default();
    for (name, value) in properties.iter().filter(|(name, _)| !OF_EVERY_REVISION.contains(&name.as_str())) {
        collect(name.clone(), value, &mut values);
    }
    values
}

fn collect(name: String, value: &Value, values: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(member, value)| collect(format!("{name}.{member}"), value, values));
        }
        Value::Array(array) => {
            let numbered = array.iter().enumerate();
            numbered.for_each(|(at, value)| collect(format!("{name}[{at}]"), value, values));
        }
        Value::Null => {}
        Value::String(text) => drop(values.insert(name, text.clone())),
        other => drop(values.insert(name, other.to_string())),
    }
}

/// "deaths_best: 2 \u{2192} 3", "damage: not stated \u{2192} destroyed".
fn differences(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let mut names: Vec<&String> = before.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    let changed = names.into_iter().filter(|name| before.get(*name) != now.get(*name));
    let told = changed.map(|name| {
        let values = [before.get(name), now.get(name)];
        let from = first_shown(values);
        let [old, new] =
            values.map(|value| value.map_or_else(|| "not stated".to_owned(), |text| shortened(text, from)));
        format!("{name}: {old} \u{2192} {new}")
    });
    told.collect()
}

/// The character from which two values are shown: the first, or one a little before they begin to differ, where that lies so far
/// behind that it would not be seen.
fn first_shown(values: [Option<&String>; 2]) -> usize {
    let [Some(old), Some(new)] = values else { return 0 };
    let same = old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
    if same + SHOWN / 4 < SHOWN { 0 } else { same - SHOWN / 4 }
}

/// So many characters from this one on.
fn shortened(text: &str, from: usize) -> String {
    let mark = |is_cut: bool| if is_cut { "\u{2026}" } else { "" };
    let shown: String = text.chars().skip(from).take(SHOWN).collect();
    let is_cut = text.chars().nth(from + SHOWN).is_some();
    format!("{}{shown}{}", mark(from > 0), mark(is_cut))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_far_behind_in_a_text_is_shown() {
        // A corrected last word of a report was told as a text that became itself.
        let revision = |text: &str| json!({ "properties": { "description": { "uk": text }, "revision": 1 } });
        let long = "Порт ".repeat(40);
        let (old, new) = (revision(&format!("{long}цілий")), revision(&format!("{long}зруйновано")));
        let told = |old, new| with_differences(vec![old, new])[1]["differences"][0].clone();
        let before = "Порт ".repeat(4);
        assert_eq!(told(old, new), format!("description.uk: …{before}цілий → …{before}зруйновано"));
        let (old, new) = (revision(&long), revision(&format!("Ні. {long}")));
        assert!(told(old, new).as_str().unwrap().starts_with("description.uk: Порт Порт"));
    }

    #[test]
    fn a_revision_tells_in_words_what_it_changed() {
        let revision = |damage: &str, deaths: Value, title: &str| {
            json!({ "geometry": { "type": "Point", "coordinates": [28.84, 45.33] }, "properties": {
                "title": { "en": title }, "deaths_best": deaths, "revision": 1, "recorded_by": "x",
                "impacts": [{ "damage": damage }] } })
        };
        let revisions = with_differences(vec![
            revision("moderate", json!(null), "Port hit"),
            revision("destroyed", json!(2), "Port hit"),
            revision("destroyed", json!(2), "Port hit"),
        ]);
        assert!(revisions[0].get("differences").is_none());
        assert_eq!(
            revisions[1]["differences"],
            json!(["deaths_best: not stated \u{2192} 2", "impacts[0].damage: moderate \u{2192} destroyed"])
        );
        assert_eq!(revisions[2]["differences"], json!([]));
        let gone = json!({ "geometry": null, "properties": { "record_status": "withdrawn" } });
        let revisions = with_differences(vec![revision("moderate", json!(2), "Port hit"), gone]);
        assert_eq!(revisions[1]["differences"], json!(["record_status: not stated \u{2192} withdrawn"]));
    }
}
