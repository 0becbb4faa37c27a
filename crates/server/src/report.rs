//! A report of what a filter chooses, as one file: HTML that loads nothing, with the map in it.
//!
//! For whoever has to hand something on: it opens without a server and without a network, prints on paper, and says how to cite it. The
//! words are those of the page; only the citation stays in English. Nothing in it depends on the clock.

use crate::error::Problem;
use crate::page::Words;
use crate::painter::Painter;
use crate::pictures::{Look, picture, scene_of_many};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kordon_incidents::{About, Described, xml};
use kordon_picture_scene::Ground;
use kordon_store::{Aggregate, Casualties, Dimension, Group, Query, Snapshot};
use std::fmt::Write;

/// What the table counts by.
const BY: [Dimension; 4] =
    [Dimension::Admin1, Dimension::Month, Dimension::Infrastructure, Dimension::Damage];
/// Rows of the table at most; the file says how many are left out.
const MOST_ROWS: usize = 2_000;
/// Incidents that are listed.
const MOST_LISTED: usize = 200;

const STYLE: &str = "
:root { color-scheme: light; font: 1rem/1.5 \"Noto Sans\", system-ui, sans-serif; color: #17212c; background: #fff; }
body { max-width: 70rem; margin: 0 auto; padding: 1rem; }
img { max-width: 100%; height: auto; border: 1px solid #dce2e8; }
table { border-collapse: collapse; width: 100%; margin-block: 1rem; font-size: 0.9rem; }
caption { text-align: start; font-weight: 600; padding-block: 0.5rem; }
th, td { border-block-end: 1px solid #dce2e8; padding: 0.3rem 0.5rem; text-align: start; vertical-align: top; }
.n { text-align: end; font-variant-numeric: tabular-nums; }
footer { border-block-start: 1px solid #556270; margin-block-start: 2rem; font-size: 0.85rem; overflow-wrap: anywhere; }
@media print { body { padding: 0; max-width: none; } tr, img { break-inside: avoid; } thead { display: table-header-group; } }
";

/// What a report is of.
pub struct Report<'a, V> {
    /// What is drawn with.
    pub painter: &'a Painter,
    /// What is drawn on.
    pub ground: &'a Ground,
    /// The state of the store.
    pub snapshot: &'a Snapshot<V>,
    /// Which incidents.
    pub query: &'a Query,
    /// Where it comes from, and the question in words.
    pub about: &'a About,
    /// The language, and how the map looks.
    pub look: Look,
}

impl<V> Report<'_, V> {
    /// The file.
    ///
    /// # Errors
    ///
    /// 500 when a document cannot be read, 503 when the painter was lost.
    pub fn html(&self) -> Result<String, Problem> {
        let words = self.look.words();
        let scene =
            scene_of_many(self.ground, self.snapshot, self.query.clone(), &self.about.question, self.look);
        let png = picture(self.painter, self.ground, &scene, &self.about.question)?;
        let counted = self.snapshot.aggregate(self.query, &BY);
        let rows =
            self.snapshot.find(&Query { limit: Some(MOST_LISTED), cursor: None, ..self.query.clone() }).rows;
        let mut described = Vec::with_capacity(rows.len());
        for row in &rows {
            let feature = self.snapshot.feature(row).map_err(|error| Problem::internal(&error))?;
            let one: Described = serde_json::from_str(&feature).map_err(|error| Problem::internal(&error))?;
            described.push(one);
        }
        let mut out = head(words);
        self.begin(words, &counted, &mut out);
        let alt = format!("{}: {}", words.say("list.title"), counted.matched);
        let _ = writeln!(
            out,
            "<p><img width=\"{}\" height=\"{}\" alt=\"{}\" src=\"data:image/png;base64,{}\"></p>",
            self.look.size.width(),
            self.look.size.height(),
            xml(&alt),
            STANDARD.encode(png)
        );
        table(words, &counted, &mut out);
        list(words, &described, counted.matched, &mut out);
        self.end(words, &mut out);
        Ok(out)
    }

    fn begin(&self, words: Words, counted: &Aggregate, out: &mut String) {
        let _ = writeln!(out, "<h1>{}</h1>", xml(words.say("report.title")));
        let _ = writeln!(out, "<p>{}: {}</p>", xml(words.say("list.title")), counted.matched);
        match self.about.question.as_str() {
            "" => {
                let _ = writeln!(out, "<p>{}</p>", xml(words.say("report.filter.none")));
            }
            question => {
                let _ = writeln!(
                    out,
                    "<p>{}: <code>{}</code></p>",
                    xml(words.say("page.question")),
                    xml(question)
                );
            }
        }
        let people = [("panel.deaths", &counted.deaths), ("panel.injured", &counted.injured)];
        let told: Vec<String> = people
            .iter()
            .filter(|(_, people)| people.stated_by > 0)
            .map(|(key, people)| {
                let stated = words.say_with(
                    "report.stated",
                    &[("n", &people.stated_by.to_string()), ("of", &counted.matched.to_string())],
                );
                format!("{}: {} ({stated})", words.say(key), range(people))
            })
            .collect();
        let told = match told.as_slice() {
            [] => words.say("report.people.none").to_owned(),
            told => words.say_with("report.people", &[("people", &told.join("; "))]),
        };
        let _ = writeln!(out, "<p>{}</p>", xml(&told));
    }

    fn end(&self, words: Words, out: &mut String) {
        let About { border_set, border_licence, border_attribution, world_view, citation, snapshot, .. } =
            self.about;
        let _ = writeln!(out, "</main>\n<footer>\n<p>{}</p>", xml(words.say("report.ranges")));
        let licences = [("licence", border_licence.as_str()), ("attribution", border_attribution)];
        let _ = writeln!(out, "<p>{}</p>", xml(&words.say_with("page.licences", &licences)));
        let _ = writeln!(out, "<p><code>{}</code>, <code>{}</code></p>", xml(border_set), xml(world_view));
        if let Some(snapshot) = snapshot {
            let _ = writeln!(out, "<p><code>{}</code></p>", xml(snapshot));
        }
        if let Some(citation) = citation {
            let _ = writeln!(
                out,
                "<h2>{}</h2>\n<p lang=\"en\">{}</p>",
                xml(words.say("list.cite")),
                xml(citation)
            );
        }
        out.push_str("</footer>\n</body>\n</html>\n");
    }
}

fn head(words: Words) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
         <title>{} · Kordon</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
        words.tag(),
        xml(words.say("report.title"))
    )
}

/// Region × month × infrastructure × damage.
fn table(words: Words, counted: &Aggregate, out: &mut String) {
    let by: Vec<&str> = BY.iter().map(|by| words.say(by_key(*by))).collect();
    let _ = writeln!(out, "<table>\n<caption>{}</caption>\n<thead><tr>", xml(&by.join(" × ")));
    for head in by {
        let _ = write!(out, "<th scope=\"col\">{}</th>", xml(head));
    }
    for head in ["list.title", "panel.deaths", "panel.injured"] {
        let _ = write!(out, "<th scope=\"col\" class=\"n\">{}</th>", xml(words.say(head)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for group in counted.groups.iter().take(MOST_ROWS) {
        row(words, group, out);
    }
    out.push_str("</tbody>\n</table>\n");
    let note = words.say("report.file.note");
    let _ = writeln!(out, "<p>{}</p>", xml(note));
    if counted.groups.len() > MOST_ROWS {
        let left = (counted.groups.len() - MOST_ROWS).to_string();
        let _ = writeln!(out, "<p>{}</p>", xml(&words.say_with("report.file.cut", &[("n", &left)])));
    }
}

fn by_key(by: Dimension) -> &'static str {
    match by {
        Dimension::Admin1 => "report.by.admin1",
        Dimension::Month => "report.by.month",
        Dimension::Infrastructure => "report.by.infrastructure",
        _ => "report.by.damage",
    }
}

fn row(words: Words, group: &Group, out: &mut String) {
    out.push_str("<tr>");
    for (by, value) in BY.iter().zip(&group.key) {
        let told = match (by, value) {
            (_, None) => "–".to_owned(),
            (Dimension::Infrastructure, Some(word)) => words.term("infrastructure", word),
            (Dimension::Damage, Some(word)) => words.term("damage", word),
            (_, Some(value)) => value.clone(),
        };
        let _ = write!(out, "<td>{}</td>", xml(&told));
    }
    let people = |people: &Casualties| if people.stated_by > 0 { range(people) } else { "–".to_owned() };
    let _ = writeln!(
        out,
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
        group.count,
        people(&group.deaths),
        people(&group.injured)
    );
}

fn list(words: Words, incidents: &[Described], matched: usize, out: &mut String) {
    let of =
        if incidents.len() < matched { format!(" ({} / {matched})", incidents.len()) } else { String::new() };
    let _ = writeln!(out, "<table>\n<caption>{}{of}</caption>\n<thead><tr>", xml(words.say("list.title")));
    for key in ["page.when", "page.what", "panel.place", "panel.distance", "panel.verification"] {
        let _ = write!(out, "<th scope=\"col\">{}</th>", xml(words.say(key)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for described in incidents {
        let p = &described.incident.properties;
        let distance = described.distance().map(|distance| words.distance(distance));
        let sure = p.verification.map(|word| words.term("verification", word.as_str()));
        let _ = writeln!(
            out,
            "<tr><td>{}</td><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            xml(&crate::page::when(&described.incident)),
            xml(described.incident.title_in(words.tag())),
            xml(p.location.as_deref().unwrap_or_default()),
            xml(distance.as_deref().unwrap_or_else(|| words.say("list.nodistance"))),
            xml(&sure.unwrap_or_default()),
        );
    }
    out.push_str("</tbody>\n</table>\n");
}

fn range(people: &Casualties) -> String {
    if people.low == people.high {
        people.low.to_string()
    } else {
        format!("{}–{}", people.low, people.high)
    }
}
