//! Rows in columns: what is known of many incidents, each property in one list.
//!
//! A list of one property is read fast by a scan, is copied as a whole when parts are merged, and goes to disk as it
//! lies in memory. Documents are held apart ([`crate::bodies`]). About 200 bytes a row beside its texts.

use std::ops::Range;

use kordon_borders::{LonLat, Nearest, TerritoryId};
use kordon_incidents::{Incident, IncidentId};
use rayon::prelude::*;

use crate::cores::both;
use crate::ledger::Position;
use crate::names::{NONE, Symbol};
use crate::snapshot::Context;
use crate::text;

/// No word from a closed list.
pub(crate) const NO_WORD: u8 = u8::MAX;
/// A number that is not known.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// Where an incident stands among the territories.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Border {
    pub claims: Symbol,
    pub foreign: Option<Nearest>,
}

/// One incident as it goes into the columns.
pub(crate) struct Prepared {
    pub id: IncidentId,
    pub start_s: i64,
    end_s: i64,
    recorded_s: i64,
    places: Vec<LonLat>,
    radius_m: f64,
    event_type: u8,
    verification: u8,
    sub_event_type: Symbol,
    country: Symbol,
    admin1: Symbol,
    admin2: Symbol,
    infrastructure: u32,
    damage: u32,
    deaths: [u32; 3],
    injured: [u32; 3],
    title: String,
    text: String,
    title_len: u32,
    position: Position,
    border: Border,
}

impl Prepared {
    pub fn new(incident: &Incident, position: Position, context: &Context) -> Self {
        let p = &incident.properties;
        let times = incident.times();
        let title = incident.title_in("en").to_owned();
        let mut folded = text::fold(&title);
        let title_len = u32::try_from(folded.len()).unwrap_or(u32::MAX);
        for other in p.title.iter().chain(&p.description).flat_map(|text| text.iter()) {
            if other.1 != title {
                text::fold_into(&mut folded, other.1);
            }
        }
        for place in p.location.iter().chain(&p.admin1).chain(&p.admin2).chain(&p.admin3) {
            text::fold_into(&mut folded, place);
        }
        let symbol = |word: Option<&String>| word.map_or(NONE, |word| context.words.number(word));
        let infrastructure = p.impacts.iter().filter_map(|impact| impact.infrastructure);
        let damage = p.impacts.iter().filter_map(|impact| impact.damage);
        Self {
            id: incident.id,
            start_s: times.start_s,
            end_s: times.end_s,
            recorded_s: p.recorded_at.as_ref().map_or(0, |at| at.times().start_s),
            places: incident.places.clone(),
            radius_m: incident.radius().meters.unwrap_or(f64::NAN),
            event_type: p.event_type.map_or(NO_WORD, |word| word as u8),
            verification: p.verification.map_or(NO_WORD, |word| word as u8),
            sub_event_type: symbol(p.sub_event_type.as_ref()),
            country: symbol(p.country.as_ref()),
            admin1: symbol(p.admin1.as_ref().or(p.admin1_pcode.as_ref())),
            admin2: symbol(p.admin2.as_ref().or(p.admin2_pcode.as_ref())),
            infrastructure: infrastructure.fold(0, |set, word| set | 1 << word as u32),
            damage: damage.fold(0, |set, word| set | 1 << word as u32),
            deaths: [p.deaths_low, p.deaths_best, p.deaths_high].map(|n| n.unwrap_or(UNKNOWN)),
            injured: [p.injured_low, p.injured_best, p.injured_high].map(|n| n.unwrap_or(UNKNOWN)),
            title,
            text: folded,
            title_len,
            position,
            border: Border { claims: NONE, foreign: None },
        }
    }

    /// The places whose distance says something: without a radius a place is an area's mark, and its distance would be
    /// an invention.
    fn measured(&self) -> &[LonLat] {
        if self.radius_m.is_nan() { &[] } else { &self.places }
    }

    /// All who claim one of its places.
    fn claims(&self, context: &Context) -> Symbol {
        let mut claims: Vec<TerritoryId> = Vec::new();
        for &place in &self.places {
            claims.extend(context.borders.containing(place).iter());
        }
        claims.sort_unstable();
        claims.dedup();
        context.claims.number(&claims)
    }
}

/// Tells where the incidents stand among the territories: who claims their places, and the nearest foreign border.
pub(crate) fn measure_all(rows: &mut [Prepared], context: &Context) {
    rows.par_iter_mut().with_min_len(64).for_each(|row| row.border.claims = row.claims(context));
    let places: Vec<LonLat> = rows.iter().flat_map(Prepared::measured).copied().collect();
    let mut found = context.borders.nearest_foreign_each(&places).into_iter();
    for row in rows {
        let of_row = found.by_ref().take(row.measured().len()).flatten();
        row.border.foreign = of_row.min_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
    }
}

/// Rows in columns. Those of a part ascend by start.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Columns {
    pub ids: Vec<IncidentId>,
    pub start_s: Vec<i64>,
    pub end_s: Vec<i64>,
    /// When this revision was recorded.
    pub recorded_s: Vec<i64>,
    pub(crate) place_ends: Vec<u32>,
    pub(crate) places: Vec<LonLat>,
    pub radius_m: Vec<f64>,
    pub event_type: Vec<u8>,
    pub verification: Vec<u8>,
    pub sub_event_type: Vec<Symbol>,
    pub country: Vec<Symbol>,
    pub admin1: Vec<Symbol>,
    pub admin2: Vec<Symbol>,
    pub infrastructure: Vec<u32>,
    pub damage: Vec<u32>,
    pub deaths: Vec<[u32; 3]>,
    pub injured: Vec<[u32; 3]>,
    pub(crate) titles: Texts,
    pub(crate) texts: Texts,
    pub(crate) title_len: Vec<u32>,
    pub position: Vec<Position>,
    pub border: Vec<Border>,
}

/// One text for each row, one behind the other.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Texts {
    pub(crate) all: String,
    pub(crate) ends: Vec<u64>,
}

impl Texts {
    #[expect(clippy::cast_possible_truncation, reason = "ends within a text that is in memory")]
    fn get(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.all[start as usize..self.ends[row] as usize]
    }

    fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len() as u64);
    }

    fn gather<'a>(order: &[Source], get: impl Fn(Source) -> &'a str) -> Self {
        let bytes = order.iter().map(|&from| get(from).len()).sum();
        let mut texts = Self { all: String::with_capacity(bytes), ends: Vec::with_capacity(order.len()) };
        order.iter().for_each(|&from| texts.push(get(from)));
        texts
    }
}

/// A row of one of several columns: which, and its number there.
pub(crate) type Source = (u32, u32);

impl Columns {
    pub fn of(rows: &[Prepared]) -> Self {
        let mut columns = Self::default();
        rows.iter().for_each(|row| columns.push(row));
        columns
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn places(&self, row: usize) -> &[LonLat] {
        &self.places[self.places_range(row)]
    }

    /// Which of all places are those of a row.
    pub fn places_range(&self, row: usize) -> Range<usize> {
        let start = if row == 0 { 0 } else { self.place_ends[row - 1] };
        start as usize..self.place_ends[row] as usize
    }

    pub fn title(&self, row: usize) -> &str {
        self.titles.get(row)
    }

    pub fn text(&self, row: usize) -> &str {
        self.texts.get(row)
    }

    /// The folded title, by which rows are sorted.
    pub fn title_key(&self, row: usize) -> &str {
        self.text(row).get(..self.title_len[row] as usize).unwrap_or_default()
    }

    fn push(&mut self, row: &Prepared) {
        self.ids.push(row.id);
        self.start_s.push(row.start_s);
        self.end_s.push(row.end_s);
        self.recorded_s.push(row.recorded_s);
        self.places.extend_from_slice(&row.places);
        // A part has at most u32::MAX places: the writer's batches and merges stay far below.
        self.place_ends.push(u32::try_from(self.places.len()).unwrap_or(u32::MAX));
        self.radius_m.push(row.radius_m);
        self.event_type.push(row.event_type);
        self.verification.push(row.verification);
        self.sub_event_type.push(row.sub_event_type);
        self.country.push(row.country);
        self.admin1.push(row.admin1);
        self.admin2.push(row.admin2);
        self.infrastructure.push(row.infrastructure);
        self.damage.push(row.damage);
        self.deaths.push(row.deaths);
        self.injured.push(row.injured);
        self.titles.push(&row.title);
        self.texts.push(&row.text);
        self.title_len.push(row.title_len);
        self.position.push(row.position);
        self.border.push(row.border);
    }

    /// These rows of these columns, in this order: a list after the other, each on all cores.
    pub fn gather(from: &[&Columns], order: &[Source]) -> Self {
        fn list<T: Copy + Send + Sync>(order: &[Source], get: impl Fn(Source) -> T + Sync) -> Vec<T> {
            order.par_iter().with_min_len(1 << 12).map(|&source| get(source)).collect()
        }
        macro_rules! column {
            ($name:ident) => {
                list(order, |(at, row)| from[at as usize].$name[row as usize])
            };
        }
        let mut end = 0;
        let place_ends = order.iter().map(|&(at, row)| {
            // As in `push`.
            end += u32::try_from(from[at as usize].places(row as usize).len()).unwrap_or(u32::MAX);
            end
        });
        let place_ends = place_ends.collect();
        let mut places = Vec::with_capacity(end as usize);
        for &(at, row) in order {
            places.extend_from_slice(from[at as usize].places(row as usize));
        }
        let (titles, texts) = both(
            order.len(),
            || Texts::gather(order, |(at, row)| from[at as usize].title(row as usize)),
            || Texts::gather(order, |(at, row)| from[at as usize].text(row as usize)),
        );
        Self {
            ids: column!(ids),
            start_s: column!(start_s),
            end_s: column!(end_s),
            recorded_s: column!(recorded_s),
            place_ends,
            places,
            radius_m: column!(radius_m),
            event_type: column!(event_type),
            verification: column!(verification),
            sub_event_type: column!(sub_event_type),
            country: column!(country),
            admin1: column!(admin1),
            admin2: column!(admin2),
            infrastructure: column!(infrastructure),
            damage: column!(damage),
            deaths: column!(deaths),
            injured: column!(injured),
            titles,
            texts,
            title_len: column!(title_len),
            position: column!(position),
            border: column!(border),
        }
    }

    /// The same rows with other numbers for words and sets of claimants.
    pub fn renumber(&mut self, words: &[Symbol], claims: &[Symbol]) {
        let renumber = |symbols: &[Symbol], symbol: &mut Symbol| {
            *symbol = symbols.get(*symbol as usize).copied().unwrap_or(NONE);
        };
        for column in [&mut self.sub_event_type, &mut self.country, &mut self.admin1, &mut self.admin2] {
            column.iter_mut().for_each(|word| renumber(words, word));
        }
        self.border.iter_mut().for_each(|border| renumber(claims, &mut border.claims));
    }
}
