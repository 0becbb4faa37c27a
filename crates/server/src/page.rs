//! Incidents for people without a map: plain HTML in three languages, without a script.
//!
//! The words are those of the web map, from the same catalogues, and the names of countries those of CLDR. Only the citation
//! and the names of files stay in English: they are to be the same for all. Pages are small, work without their stylesheet, and load
//! nothing else. Every text of a record is escaped, and only addresses by http and https become links.

use crate::answer::{Base, Link};
use kordon_borders::Territory;
use kordon_incidents::{About, Described, Distance, Incident, Units, xml};
use kordon_picture_scene::Size;
use kordon_picture_scene::{Lang, country_name};
use serde_json::{Map, Value};
use std::fmt::Write;
use std::sync::LazyLock;

/// The languages of the pages, the first where nothing better is known.
pub const LANGUAGES: [&str; 3] = ["en", "uk", "ro"];
/// The media type of a page.
pub const HTML: &str = "text/html; charset=utf-8";

static CATALOGUES: LazyLock<[Map<String, Value>; 3]> = LazyLock::new(|| {
    let read = |text: &str| serde_json::from_str(text).unwrap_or_default();
    [
        read(include_str!("../../../web/src/text/en.json")),
        read(include_str!("../../../web/src/text/uk.json")),
        read(include_str!("../../../web/src/text/ro.json")),
    ]
});

/// What only these pages say, in the order of [`LANGUAGES`].
const OWN: &[(&str, [&str; 3])] = &[
    ("page.when", ["When", "Коли", "Când"]),
    ("page.what", ["What", "Що", "Ce"]),
    ("page.next", ["Next page", "Наступна сторінка", "Pagina următoare"]),
    ("page.previous", ["Previous page", "Попередня сторінка", "Pagina anterioară"]),
    ("page.first", ["First page", "Перша сторінка", "Prima pagină"]),
    ("page.map", ["Map", "Мапа", "Hartă"]),
    ("page.forms", ["The same for programs", "Те саме для програм", "Aceleași date pentru programe"]),
    ("page.all", ["All incidents", "Усі інциденти", "Toate incidentele"]),
    (
        "page.about",
        [
            "Incidents, and how near to a border",
            "Інциденти та відстань до кордону",
            "Incidente și distanța până la frontieră",
        ],
    ),
    ("page.area", ["known only as an area", "відоме лише як територія", "cunoscut doar ca zonă"]),
    ("page.noplace", ["not known", "невідоме", "necunoscut"]),
    ("page.languages", ["Languages", "Мови", "Limbi"]),
    ("page.pages", ["Pages", "Сторінки", "Pagini"]),
    ("page.question", ["Question", "Запит", "Întrebare"]),
    (
        "page.licences",
        [
            "Records: as each says in its licence. Borders: {licence}, {attribution}.",
            "Записи: за ліцензією, вказаною в кожному. Кордони: {licence}, {attribution}.",
            "Înregistrări: după licența indicată în fiecare. Frontiere: {licence}, {attribution}.",
        ],
    ),
    (
        "report.file.note",
        [
            "One incident may have several kinds of infrastructure and damage, so the rows may add up to more than there are incidents.",
            "Один інцидент може мати кілька видів інфраструктури та пошкоджень, тому сума рядків може бути більшою за кількість інцидентів.",
            "Un incident poate avea mai multe tipuri de infrastructură și de daune, deci suma rândurilor poate depăși numărul de incidente.",
        ],
    ),
    (
        "report.file.cut",
        ["{n} more rows are left out.", "Ще {n} рядків не показано.", "Alte {n} rânduri nu sunt afișate."],
    ),
    // Titles of links, which programs read in English.
    ("CSV, described", ["CSV, described", "CSV, опис", "CSV, descriere"]),
    ("Atom feed", ["Atom feed", "Стрічка Atom", "Flux Atom"]),
    ("GeoJSON text sequence", ["GeoJSON text sequence", "Послідовність GeoJSON", "Secvență GeoJSON"]),
    ("The incidents, described", ["The incidents, described", "Опис інцидентів", "Descrierea incidentelor"]),
    (
        "The incidents as vector tiles",
        ["The incidents as vector tiles", "Інциденти як векторні тайли", "Incidentele ca dale vectoriale"],
    ),
    ("The schema of an incident", ["The schema of an incident", "Схема інциденту", "Schema unui incident"]),
    (
        "What incidents can be chosen by",
        [
            "What incidents can be chosen by",
            "За чим можна відбирати інциденти",
            "După ce pot fi alese incidentele",
        ],
    ),
];

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(usize);

impl Words {
    /// The language nearest to this tag; English when there is none.
    #[must_use]
    pub fn of(tag: &str) -> Self {
        let base = tag.split('-').next().unwrap_or_default();
        Self(LANGUAGES.iter().position(|known| *known == base).unwrap_or(0))
    }

    /// Its tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        LANGUAGES[self.0]
    }

    pub(crate) fn say(self, key: &str) -> &'static str {
        if let Some((_, words)) = OWN.iter().find(|(own, _)| *own == key) {
            return words[self.0];
        }
        CATALOGUES[self.0].get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn say_with(self, key: &str, values: &[(&str, &str)]) -> String {
        let fill = |text: String, (name, value): &(&str, &str)| text.replace(&format!("{{{name}}}"), value);
        values.iter().fold(self.say(key).to_owned(), fill)
    }

    /// A word of a closed list, in this language; one that is not known as it stands.
    pub(crate) fn term(self, group: &str, word: &str) -> String {
        match self.say(&format!("{group}.{word}")) {
            "" => word.replace('_', " "),
            told => told.to_owned(),
        }
    }

    /// The name of a country; a code that no list knows as it stands.
    pub(crate) fn country(self, code: &str) -> String {
        country_name(Lang::of(self.tag()), &Territory::of_code(code)).to_owned()
    }

    /// What a distance is to: a country, or the one of a set that is nearest, with the set before it; or a place.
    fn target(self, distance: &Distance) -> String {
        let Distance { to, country, name, .. } = distance;
        let Some(code) = country else { return to.clone() };
        // English names are those of the border set, which may be a user's own.
        let own = name.as_ref().filter(|_| self.0 == 0 || Territory::of_code(code).iso_a2.is_none());
        let name = own.cloned().unwrap_or_else(|| self.country(code));
        if to == code {
            return name;
        }
        match self.say(&format!("set.{to}")) {
            "" => format!("{to} ({name})"),
            set => format!("{set} ({name})"),
        }
    }

    fn units(self) -> Units<'static> {
        let unit = |key| self.say(key).trim_start_matches("{n}").trim_start();
        Units { m: unit("unit.m"), km: unit("unit.km"), point: if self.0 == 0 { "." } else { "," } }
    }

    /// How well a place is known.
    pub(crate) fn precision(self, incident: &Incident) -> String {
        match incident.radius().meters {
            _ if incident.places.is_empty() => self.say("page.noplace").to_owned(),
            None => self.say("page.area").to_owned(),
            Some(meters) => self.say_with("panel.precision", &[("radius", &self.units().length(meters))]),
        }
    }

    /// "1.2–3.3 km"; nothing where nothing was measured.
    pub(crate) fn interval(self, distance: &Distance) -> Option<String> {
        let [meters, low_m, high_m] =
            [distance.distance_m?, distance.distance_low_m?, distance.distance_high_m?];
        Some(self.units().interval(meters, low_m, high_m).1)
    }

    /// "2.2 km (1.2–3.3 km) from Romania".
    pub(crate) fn distance(self, distance: &Distance) -> String {
        let (Some(meters), Some(low_m), Some(high_m)) =
            (distance.distance_m, distance.distance_low_m, distance.distance_high_m)
        else {
            return self.say("list.nodistance").to_owned();
        };
        let (shown, range) = self.units().interval(meters, low_m, high_m);
        let key = match distance.side.as_deref() {
            Some("inside") => "distance.inside",
            Some("uncertain") => "distance.uncertain",
            _ => "distance.from",
        };
        // The catalogues write the range with its unit.
        self.say_with(key, &[("distance", &shown), ("range", &range), ("name", &self.target(distance))])
    }
}

/// A page about to be written.
pub struct Page<'a> {
    /// The words.
    pub words: Words,
    /// How links to us begin.
    pub base: &'a Base,
    /// The address of this page in another language, but for the tag at its end.
    pub in_language: String,
    /// Where it comes from.
    pub about: &'a About,
    /// This page in other forms.
    pub forms: &'a [Link],
}

impl Page<'_> {
    /// A list of incidents.
    #[must_use]
    pub fn list(&self, incidents: &[Described], [first, previous]: [Option<&str>; 2]) -> String {
        let w = self.words;
        let mut out = self.head(w.say("list.title"));
        let _ = writeln!(
            out,
            "<h1>{}</h1>\n<p>{}: {}</p>",
            w.say("list.title"),
            w.say("list.title"),
            self.about.matched
        );
        if !self.about.question.is_empty() {
            let _ = writeln!(
                out,
                "<p>{}: <code>{}</code></p>",
                w.say("page.question"),
                xml(&self.about.question)
            );
        }
        if incidents.is_empty() {
            let _ = writeln!(out, "<p>{}</p>", w.say("list.empty"));
        } else {
            self.table(&mut out, incidents);
        }
        let pages = [
            (first, "first", "page.first"),
            (previous, "prev", "page.previous"),
            (self.about.next.as_deref(), "next", "page.next"),
        ];
        if pages.iter().any(|(address, ..)| address.is_some()) {
            let _ = write!(out, "<nav aria-label=\"{}\"><ul>", w.say("page.pages"));
            for (address, rel, key) in pages {
                if let Some(address) = address {
                    let _ =
                        write!(out, "<li><a rel=\"{rel}\" href=\"{}\">{}</a></li>", xml(address), w.say(key));
                }
            }
            out.push_str("</ul></nav>\n");
        }
        self.foot(out)
    }

    fn table(&self, out: &mut String, incidents: &[Described]) {
        let w = self.words;
        let _ = write!(out, "<table>\n<caption>{}</caption>\n<thead><tr>", w.say("page.about"));
        for key in
            ["page.when", "page.what", "panel.type", "panel.place", "panel.distance", "panel.verification"]
        {
            let _ = write!(out, "<th scope=\"col\">{}</th>", w.say(key));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for described in incidents {
            let Incident { id, properties: p, .. } = &described.incident;
            let address = self.base.at(&format!("{}/{id}?f=html&lang={}", crate::items::PATH, w.tag()));
            let kind = p.event_type.map(|kind| w.term("type", kind.as_str())).unwrap_or_default();
            let sure = p.verification.map(|word| w.term("verification", word.as_str())).unwrap_or_default();
            let distance = described.distance().map(|distance| w.distance(distance));
            let _ = writeln!(
                out,
                "<tr><td>{}</td><th scope=\"row\"{}><a href=\"{}\">{}</a></th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                when(&described.incident),
                self.language_of(&described.incident),
                xml(&address),
                xml(described.incident.title_in(w.tag())),
                xml(&kind),
                xml(p.location.as_deref().unwrap_or_default()),
                xml(distance.as_deref().unwrap_or_else(|| w.say("list.nodistance"))),
                xml(&sure),
            );
        }
        out.push_str("</tbody>\n</table>\n");
    }

    /// One incident, with the address of its picture, which has a query.
    #[must_use]
    pub fn one(&self, described: &Described, picture: &str) -> String {
        let w = self.words;
        let Incident { places, properties: p, .. } = &described.incident;
        let title = described.incident.title_in(w.tag());
        let card = Card { title, told: self.told(described), picture };
        let mut out = self.head_with(title, &card.meta(w));
        let _ = writeln!(out, "<article{}>\n<h1>{}</h1>", self.language_of(&described.incident), xml(title));
        if let Some(text) = &p.description {
            let _ = writeln!(out, "<p>{}</p>", xml(text.in_language(w.tag())));
        }
        out.push_str(&card.figure(w));
        let _ = writeln!(out, "<dl lang=\"{}\">", w.tag());
        let mut tell = |key: &str, text: &str| {
            if !text.is_empty() {
                let _ = writeln!(out, "<dt>{}</dt><dd>{}</dd>", w.say(key), xml(text));
            }
        };
        tell("page.when", &when(&described.incident));
        let kind = p.event_type.map(|kind| w.term("type", kind.as_str()));
        let finer = p.sub_event_type.as_deref().map(|word| w.term("subtype", word));
        tell("panel.type", &kind.into_iter().chain(finer).collect::<Vec<_>>().join(", "));
        let country = p.country.as_deref().map(|code| w.country(code));
        let names = p.location.iter().chain(&p.admin1).chain(&country);
        tell("panel.place", &names.map(String::as_str).collect::<Vec<_>>().join(", "));
        let points: Vec<String> =
            places.iter().map(|place| format!("{}, {}", place.lon(), place.lat())).collect();
        tell("panel.place", &[points.join("; "), w.precision(&described.incident)].join(" — "));
        for distance in described.border.to.iter().chain(&described.border.nearest_foreign) {
            tell("panel.distance", &w.distance(distance));
        }
        if described.distance().is_none() {
            tell("panel.distance", w.say("list.nodistance"));
        }
        let claimants = described.border.territory.iter().map(|code| w.country(code));
        tell("panel.territory", &claimants.collect::<Vec<_>>().join(", "));
        for (key, low, best, high) in [
            ("panel.deaths", p.deaths_low, p.deaths_best, p.deaths_high),
            ("panel.injured", p.injured_low, p.injured_best, p.injured_high),
        ] {
            tell(key, &range(low, best, high));
        }
        for impact in &p.impacts {
            let kind = impact.infrastructure.map(|kind| w.term("infrastructure", kind.as_str()));
            let damage = impact.damage.map(|damage| w.term("damage", damage.as_str()));
            let parts = impact.facility.clone().into_iter().chain(kind).chain(damage);
            tell("panel.impacts", &parts.collect::<Vec<_>>().join(", "));
        }
        let sure = p.verification.map(|word| w.term("verification", word.as_str()));
        tell("panel.verification", &sure.unwrap_or_default());
        tell("panel.license", p.license.as_deref().unwrap_or_default());
        out.push_str("</dl>\n");
        self.sources(&mut out, &described.incident);
        out.push_str("</article>\n");
        self.foot(out)
    }

    /// When, where and how far, in a line.
    fn told(&self, described: &Described) -> String {
        let w = self.words;
        let distance = described.distance().map(|distance| w.distance(distance));
        let parts =
            [Some(when(&described.incident)), described.incident.properties.location.clone(), distance];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    fn sources(&self, out: &mut String, incident: &Incident) {
        let w = self.words;
        let _ = writeln!(out, "<h2 lang=\"{}\">{}</h2>", w.tag(), w.say("panel.sources"));
        if incident.properties.sources.is_empty() {
            let _ = writeln!(out, "<p lang=\"{}\">{}</p>", w.tag(), w.say("panel.sources.none"));
            return;
        }
        out.push_str("<ul>\n");
        for source in &incident.properties.sources {
            let name = source.name.as_deref().or(source.url.as_deref()).unwrap_or("–");
            let url = source.url.as_deref().filter(|url| is_web(url));
            let _ = match url {
                Some(url) => {
                    writeln!(
                        out,
                        "<li><a rel=\"nofollow noreferrer\" href=\"{}\">{}</a></li>",
                        xml(url),
                        xml(name)
                    )
                }
                None => writeln!(out, "<li>{}</li>", xml(name)),
            };
        }
        out.push_str("</ul>\n");
    }

    /// The collection, described.
    #[must_use]
    pub fn collection(&self) -> String {
        let w = self.words;
        let mut out = self.head(w.say("list.title"));
        let items = self.base.at(&format!("{}?f=html&lang={}", crate::items::PATH, w.tag()));
        let _ = writeln!(
            out,
            "<h1>{}</h1>\n<p>{}</p>\n<p><a href=\"{}\">{} ({})</a></p>",
            w.say("list.title"),
            w.say("page.about"),
            xml(&items),
            w.say("page.all"),
            self.about.matched,
        );
        self.foot(out)
    }

    /// The language of a record's texts, when it is another than the page's.
    fn language_of(&self, incident: &Incident) -> String {
        let p = &incident.properties;
        let Some(text) = p.title.as_ref().or(p.description.as_ref()) else { return String::new() };
        let shown = text.in_language(self.words.tag());
        match text.iter().find(|(_, candidate)| *candidate == shown) {
            Some((tag, _)) if tag != self.words.tag() => format!(" lang=\"{tag}\""),
            _ => String::new(),
        }
    }

    fn head(&self, title: &str) -> String {
        self.head_with(title, "")
    }

    fn head_with(&self, title: &str, meta: &str) -> String {
        let w = self.words;
        let mut out = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{} · Kordon</title>\n\
             <link rel=\"icon\" type=\"image/svg+xml\" href=\"{}\">\n<link rel=\"stylesheet\" href=\"{}\">\n",
            w.tag(),
            xml(title),
            xml(&self.base.at("/icon.svg")),
            xml(&self.base.at("/plain.css")),
        );
        out.push_str(meta);
        for link in self.forms {
            let _ = writeln!(
                out,
                "<link rel=\"alternate\" type=\"{}\" href=\"{}\">",
                xml(link.media),
                xml(&link.href)
            );
        }
        let _ = writeln!(
            out,
            "</head>\n<body>\n<header>\n<nav><ul><li><a href=\"{}\">{}</a></li><li><a href=\"{}\">{}</a></li></ul></nav>",
            xml(&self.base.at("/")),
            w.say("page.map"),
            xml(&self.base.at(&format!("{}?f=html&lang={}", crate::items::PATH, w.tag()))),
            w.say("page.all"),
        );
        let _ = write!(out, "<nav aria-label=\"{}\"><ul>", w.say("page.languages"));
        for (language, name) in LANGUAGES.iter().zip(["English", "Українська", "Română"]) {
            let current = if *language == w.tag() { " aria-current=\"true\"" } else { "" };
            let _ = write!(
                out,
                "<li><a lang=\"{language}\" hreflang=\"{language}\"{current} href=\"{}{language}\">{name}</a></li>",
                xml(&self.in_language)
            );
        }
        out.push_str("</ul></nav>\n</header>\n<main>\n");
        out
    }

    fn foot(&self, mut out: String) -> String {
        let w = self.words;
        out.push_str("</main>\n<footer>\n");
        if !self.forms.is_empty() {
            let _ = write!(out, "<h2>{}</h2>\n<ul>", w.say("page.forms"));
            for link in self.forms {
                let title = match w.say(link.title) {
                    "" => link.title,
                    told => told,
                };
                let _ = write!(out, "<li><a href=\"{}\">{}</a></li>", xml(&link.href), xml(title));
            }
            out.push_str("</ul>\n");
        }
        if let Some(citation) = &self.about.citation {
            let _ = writeln!(out, "<h2>{}</h2>\n<p lang=\"en\">{}</p>", w.say("list.cite"), xml(citation));
        }
        let About { border_licence, border_attribution, .. } = self.about;
        let licences = [("licence", border_licence.as_str()), ("attribution", border_attribution)];
        let licences = w.say_with("page.licences", &licences);
        let _ = writeln!(out, "<p>{}</p>\n</footer>\n</body>\n</html>", xml(&licences));
        out
    }
}

/// What a link to the page shows elsewhere, and the picture in it.
struct Card<'a> {
    title: &'a str,
    told: String,
    /// The address of the picture, with a query.
    picture: &'a str,
}

impl Card<'_> {
    /// For the head: the Open Graph protocol, and what Twitter adds to it.
    fn meta(&self, w: Words) -> String {
        let (picture, title, told) = (xml(self.picture), xml(self.title), xml(&self.told));
        let (width, height) = (Size::CARD.width(), Size::CARD.height());
        format!(
            "<meta name=\"description\" content=\"{told}\">\n\
             <meta property=\"og:type\" content=\"article\">\n<meta property=\"og:site_name\" content=\"Kordon\">\n\
             <meta property=\"og:locale\" content=\"{}\">\n\
             <meta property=\"og:title\" content=\"{title}\">\n<meta property=\"og:description\" content=\"{told}\">\n\
             <meta property=\"og:image\" content=\"{picture}\">\n<meta property=\"og:image:type\" content=\"image/png\">\n\
             <meta property=\"og:image:width\" content=\"{width}\">\n<meta property=\"og:image:height\" content=\"{height}\">\n\
             <meta property=\"og:image:alt\" content=\"{told}\">\n\
             <meta name=\"twitter:card\" content=\"summary_large_image\">\n",
            w.tag(),
        )
    }

    /// For the page, in the colours that its reader likes.
    fn figure(&self, w: Words) -> String {
        let (picture, told) = (xml(self.picture), xml(&self.told));
        let (width, height) = (Size::CARD.width(), Size::CARD.height());
        format!(
            "<p lang=\"{}\"><picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"{picture}&amp;theme=dark\">\
             <img src=\"{picture}\" width=\"{width}\" height=\"{height}\" alt=\"{told}\"></picture></p>\n",
            w.tag(),
        )
    }
}

/// As it was written, from and to.
pub(crate) fn when(incident: &Incident) -> String {
    let p = &incident.properties;
    match &p.date_end {
        Some(end) if end.as_str() != p.date_start.as_str() => {
            format!("{} – {}", p.date_start.as_str(), end.as_str())
        }
        _ => p.date_start.as_str().to_owned(),
    }
}

/// "2", "1–4", or nothing when nothing is known.
fn range(low: Option<u32>, best: Option<u32>, high: Option<u32>) -> String {
    match (low.or(best), high.or(best)) {
        (Some(low), Some(high)) if low != high => format!("{low}–{high}"),
        (Some(one), _) | (_, Some(one)) => one.to_string(),
        (None, None) => String::new(),
    }
}

fn is_web(url: &str) -> bool {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_in_every_language() {
        for language in LANGUAGES {
            let words = Words::of(language);
            assert_eq!(words.tag(), language);
            for key in [
                "list.title",
                "list.empty",
                "list.nodistance",
                "list.cite",
                "panel.type",
                "panel.place",
                "panel.distance",
                "panel.territory",
                "panel.deaths",
                "panel.injured",
                "panel.impacts",
                "panel.verification",
                "panel.license",
                "panel.sources",
                "panel.sources.none",
                "panel.precision",
                "distance.from",
                "distance.inside",
                "distance.uncertain",
                "unit.m",
                "unit.km",
            ] {
                assert!(!words.say(key).is_empty(), "{language} {key}");
            }
        }
        assert_eq!(Words::of("uk-UA").tag(), "uk");
        assert_eq!(Words::of("fr").tag(), "en");
    }

    #[test]
    fn a_distance_is_told_with_its_interval_and_its_side() {
        let mut distance = Distance {
            to: "ROU".into(),
            country: Some("ROU".into()),
            name: Some("Romania".into()),
            distance_m: Some(2_234.0),
            distance_low_m: Some(1_184.0),
            distance_high_m: Some(3_284.0),
            side: Some("outside".into()),
        };
        assert_eq!(Words::of("en").distance(&distance), "2.2 km (1.1–3.3 km) from Romania");
        assert!(Words::of("uk").distance(&distance).starts_with("2,2 км (1,1–3,3 км)"));
        assert!(Words::of("uk").distance(&distance).contains("Румунія"));
        distance.to = "NATO".into();
        assert!(Words::of("ro").distance(&distance).contains("NATO (România)"));
        assert_eq!(Words::of("en").distance(&distance), "2.2 km (1.1–3.3 km) from NATO (Romania)");
        distance.to = "ROU".into();
        distance.side = Some("inside".into());
        assert_eq!(Words::of("en").distance(&distance), "inside Romania");
        distance.distance_m = None;
        assert!(!Words::of("ro").distance(&distance).contains("Romania"));
    }

    #[test]
    fn countries_have_names_in_every_language_and_codes_that_no_list_knows_stay() {
        for (language, name) in [("en", "Ukraine"), ("uk", "Україна"), ("ro", "Ucraina")] {
            assert_eq!(Words::of(language).country("UKR"), name);
            assert_eq!(Words::of(language).country("my own"), "my own");
        }
    }

    #[test]
    fn only_addresses_of_the_web_become_links() {
        for (url, is) in
            [("https://a.example", true), ("HTTP://a", true), ("javascript:alert(1)", false), ("x", false)]
        {
            assert_eq!(is_web(url), is, "{url}");
        }
    }
}
