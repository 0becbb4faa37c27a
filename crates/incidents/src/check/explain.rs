//! What becomes of each value of a record, and why: for a person who wants to see what an import will do.

use super::feature::{chosen_strangers, foreign_columns};
use super::row::cells_of;
use crate::columns::{Columns, Why, is_field};
use crate::json::{self, Json, Member};
use crate::read::split_cells;
use crate::report::Report;

/// Records from which [`explain_all`] takes its examples.
const EXAMPLES: usize = 1_000;

/// One column or member of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its name in the input.
    pub theirs: String,
    /// The field of ours that it becomes; `None` when it is kept in `extra`, `–` when it is not stored.
    pub ours: Option<String>,
    /// Why, in words.
    pub why: String,
    /// What stands there.
    pub value: String,
}

/// What becomes of each column or member of the first reports, each with the first value that is there.
pub fn explain_all<'r>(reports: impl IntoIterator<Item = &'r Report>) -> Vec<Explained> {
    let mut all: Vec<Explained> = Vec::new();
    for one in reports.into_iter().take(EXAMPLES).flat_map(explain) {
        match all.iter_mut().find(|line| line.theirs == one.theirs && line.ours == one.ours) {
            Some(line) if line.value.trim().is_empty() => line.value = one.value,
            Some(_) => {}
            None => all.push(one),
        }
    }
    all
}

/// What becomes of each column or member of a report, in their order. Nothing for bytes that are broken.
pub fn explain(report: &Report) -> Vec<Explained> {
    if let Some(columns) = &report.origin.columns {
        let cells = split_cells(&report.text, columns.delimiter).unwrap_or_default();
        return of_columns(columns, |at| cells.get(at).map(|cell| cell.to_string()).unwrap_or_default());
    }
    let Ok(root) = json::parse(&report.text) else { return Vec::new() };
    let Json::Object(members) = &root.json else { return Vec::new() };
    let properties: &[Member<'_>] = if report.origin.plain {
        members
    } else {
        match members.iter().find(|member| member.name == "properties").map(|member| &member.value.json) {
            Some(Json::Object(properties)) => properties,
            _ => &[],
        }
    };
    if let Some(columns) = foreign_columns(&report.origin, properties, report.origin.plain) {
        let (_, cells) = cells_of(properties);
        return of_columns(&columns, |at| cells.get(at).map(|cell| cell.shown()).unwrap_or_default());
    }
    of_strangers(report, properties)
}

fn of_columns(columns: &Columns, value: impl Fn(usize) -> String) -> Vec<Explained> {
    let profile = columns.profile().map_or("", |profile| profile.name());
    let why = |why: Why| match why {
        Why::Map => "--map".to_owned(),
        Why::Profile => format!("profile {profile}"),
        Why::Name => "same name".to_owned(),
        Why::Tag => "HXL tag".to_owned(),
        Why::Common => "common name".to_owned(),
        Why::Unknown => "kept in extra".to_owned(),
        Why::Private => format!("not stored: private in profile {profile}"),
    };
    let mut explained = Vec::new();
    for (at, theirs) in columns.names.iter().enumerate() {
        let also = columns.also().filter(|(_, column)| *column == at).map(|(rule, _)| rule.field);
        let fields: Vec<&str> = columns.targets[at].into_iter().chain(also).collect();
        let one = |ours: Option<&str>, why| Explained {
            theirs: theirs.clone(),
            ours: ours.map(str::to_owned),
            why,
            value: value(at),
        };
        for (n, ours) in fields.iter().enumerate() {
            let reason = if n == 0 && columns.targets[at].is_some() { columns.why[at] } else { Why::Profile };
            explained.push(one(Some(ours), why(reason)));
        }
        if fields.is_empty() && !columns.is_part(at) {
            let nothing = (columns.why[at] == Why::Private).then_some("–");
            explained.push(one(nothing, why(columns.why[at])));
        }
    }
    for (ours, value) in columns.profile().map_or(&[][..], |profile| &profile.constants) {
        explained.push(Explained {
            theirs: "(every record)".into(),
            ours: Some((*ours).to_owned()),
            why: format!("profile {profile}"),
            value: value.clone(),
        });
    }
    explained
}

fn of_strangers(report: &Report, members: &[Member<'_>]) -> Vec<Explained> {
    let strangers: Vec<&Member<'_>> = members.iter().filter(|member| !is_field(&member.name)).collect();
    let chosen = chosen_strangers(members, &strangers, |_| true);
    let explained = |member: &Member<'_>| {
        let mapped = report.origin.map.iter().find(|(_, theirs)| *theirs == *member.name);
        let common = strangers.iter().position(|stranger| stranger.name == member.name);
        let common = common.and_then(|at| chosen.get(&at));
        let (ours, why) = match (mapped, is_field(&member.name), common) {
            (Some((ours, _)), ..) => (Some(ours.clone()), "--map"),
            (None, true, _) => (Some(member.name.to_string()), "same name"),
            (None, false, Some(ours)) => (Some((*ours).to_owned()), "common name"),
            (None, false, None) => (None, "kept in extra"),
        };
        let value = match &member.value.json {
            Json::String(text) => text.to_string(),
            _ => member.value.to_value().to_string(),
        };
        Explained { theirs: member.name.to_string(), ours, why: why.to_owned(), value }
    };
    members.iter().map(explained).collect()
}
