//! From incidents to a scene.
//!
//! Two kinds of pictures: one incident, with the area that it may have happened in and the way to the nearest foreign territory;
//! and many incidents as dots. Both have a caption, a scale, an arrow to the north, and the credit of the border sets. The order of
//! layers is the page's: sea, land, borders, what is measured, incidents, names.

use crate::frame::{EQUATOR_M, Frame, Margins, Part, TILE, World, world_of};
use crate::ground::{Ground, between};
use crate::labels::{Hand, Labels, Room};
use crate::lines;
use crate::names::{Lang, Word, country_name, places};
use crate::scene::{Anchor, Fill, Label, Point, Rgb, Scene, Size, Weight};
use crate::style::{
    EVENTS, GEODESIC, GEODESIC_CASING, PRECISION_DASH, PRECISION_EDGE, PRECISION_SHARE, SIGN_LINE, SIGN_RIM,
    SIGNS, Theme,
};
use crate::text::{fitted, wrapped};
use kordon_borders::{BBox, LonLat, Meters, TerritoryId, destination, inverse};
use std::collections::BTreeMap;

/// What a card shows of the world at least, in meters from left to right: some places with names.
const LEAST_WIDTH_M: f64 = 16_000.0;
/// Corners of the circle that a place lies in.
const CIRCLE: usize = 72;
/// Beyond this latitude a circle has no shape on the map.
const MOST_LAT: f64 = 85.0;
/// From so many incidents on they are dots instead of signs.
const SIGNS_TO: usize = 300;
/// From so many on dots are small.
const LARGE_DOTS_TO: usize = 3_000;
/// Dots are drawn in so many rounds of all kinds of events: where they lie on each other, none hides all others.
const ROUNDS: usize = 12;
/// Pixels between the places where is looked whose land it is.
const GRID: usize = 60;
/// Below this width or height there is no room for a caption.
const CAPTION_FROM: [u32; 2] = [420, 300];
/// Pixels between paper and what is written on the map.
const PAPER_EDGE: f32 = 7.0;
/// Pixels around the bar of the scale.
const BAR_HALO: f32 = 1.5;
/// Places of one incident that are drawn.
const MOST_PLACES: usize = 500;

/// How well an incident is verified, as its sign shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filling {
    /// Verified.
    Full,
    /// Verified in part.
    Half,
    /// Not verified.
    Hollow,
    /// Disputed, or false.
    Struck,
}

/// How the place of an incident is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mark {
    /// A sign, and around it the circle of so many meters that the true place lies in.
    Within(f64),
    /// Known only as an area: a ring around the point that stands for it, and no sign, since it did not happen there.
    Area,
}

/// The way to the nearest foreign territory.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// From this place of the incident.
    pub from: LonLat,
    /// To this point of the border.
    pub to: LonLat,
    /// Its length with its uncertainty, such as "1.9–2.5 km".
    pub told: String,
}

/// The words on a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Caption {
    /// In bold letters, two lines at most.
    pub title: String,
    /// Below it, a line each.
    pub lines: Vec<String>,
    /// The last line, in bold letters.
    pub strong: Option<String>,
}

/// A picture of one incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Card<'a> {
    /// Its size.
    pub size: Size,
    /// Its colours.
    pub theme: &'a Theme,
    /// The language of names.
    pub lang: Lang,
    /// Its words.
    pub caption: Caption,
    /// Where it happened.
    pub places: Vec<LonLat>,
    /// How well that is known.
    pub mark: Mark,
    /// What happened, as a number in [`EVENTS`].
    pub event: usize,
    /// How sure that is.
    pub filling: Filling,
    /// How far the border is.
    pub measured: Option<Measured>,
}

/// One of many incidents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Where.
    pub place: LonLat,
    /// What, as a number in [`EVENTS`].
    pub event: usize,
}

/// A picture of many incidents.
#[derive(Clone, Debug, PartialEq)]
pub struct Many<'a> {
    /// Its size.
    pub size: Size,
    /// Its colours.
    pub theme: &'a Theme,
    /// The language of names.
    pub lang: Lang,
    /// Its words.
    pub caption: Caption,
    /// The incidents.
    pub dots: Vec<Dot>,
    /// What is shown; all incidents when nothing is said.
    pub bbox: Option<BBox>,
    /// The words for kinds of events, as numbers in [`EVENTS`].
    pub legend: Vec<(usize, String)>,
}

/// The number of a kind of event in [`EVENTS`]; the last for one that is not known.
#[must_use]
pub fn event_of(name: Option<&str>) -> usize {
    EVENTS.iter().position(|known| Some(*known) == name).unwrap_or(EVENTS.len() - 1)
}

/// The scene of one incident.
#[must_use]
pub fn card(ground: &Ground, card: &Card) -> Scene {
    let sheet = Sheet::new(card.size, card.theme, card.lang, &card.caption, &[]);
    let shown: Vec<World> =
        card.places.iter().take(MOST_PLACES).flat_map(|place| reach(*place, card.mark)).collect();
    let foot = card.measured.iter().map(|measured| world_of(measured.to));
    let part = Part::around(shown.into_iter().chain(foot));
    let frame = Frame::around(&part, card.size, sheet.margins(), sheet.deepest(&part));
    let mut map = Map::new(sheet, ground, frame);
    map.draw_ground();
    for place in card.places.iter().take(MOST_PLACES) {
        map.draw_circle(*place, card.mark);
    }
    map.draw_borders();
    if let Some(measured) = &card.measured {
        map.draw_way(measured);
    }
    for place in card.places.iter().take(MOST_PLACES) {
        map.draw_mark(*place, card.mark, card.event, card.filling);
    }
    map.finish(card.measured.as_ref())
}

/// The scene of many incidents.
#[must_use]
pub fn many(ground: &Ground, many: &Many) -> Scene {
    let sheet = Sheet::new(many.size, many.theme, many.lang, &many.caption, &many.legend);
    let part = match &many.bbox {
        Some(bbox) => Part::of_box(bbox),
        None => Part::around(many.dots.iter().map(|dot| world_of(dot.place))),
    };
    let strip = f64::from(sheet.strip[3] - sheet.strip[1]);
    let margins = if many.bbox.is_some() { [0.0, 0.0, 0.0, strip] } else { sheet.margins() };
    let deepest = if many.bbox.is_some() { f64::INFINITY } else { sheet.deepest(&part) };
    let frame = Frame::around(&part, many.size, margins, deepest);
    let mut map = Map::new(sheet, ground, frame);
    map.draw_ground();
    map.draw_borders();
    map.draw_dots(&many.dots);
    map.finish(None)
}

/// What a picture should have room for around a place.
fn reach(place: LonLat, mark: Mark) -> Vec<World> {
    let Mark::Within(radius_m) = mark else { return vec![world_of(place)] };
    let Some(radius) = Meters::new(radius_m) else { return vec![world_of(place)] };
    [0.0, 90.0, 180.0, 270.0].map(|azimuth| world_of(destination(place, azimuth, radius))).to_vec()
}

/// A picture's size and words, and where these stand.
struct Sheet<'a> {
    size: Size,
    theme: &'a Theme,
    lang: Lang,
    /// How large everything is that is not the map: 1 for a card of 1200 by 630.
    factor: f32,
    texts: Vec<Label>,
    legend: Vec<(Point, usize)>,
    caption: Option<Room>,
    strip: Room,
}

impl<'a> Sheet<'a> {
    fn new(size: Size, theme: &'a Theme, lang: Lang, caption: &Caption, legend: &[(usize, String)]) -> Self {
        let (width, height) = (size.width() as f32, size.height() as f32);
        let factor = (width / 1_200.0).min(height / 630.0).clamp(0.55, 1.6);
        let strip = [0.0, (height - 25.0 * factor).round(), width, height];
        let mut sheet =
            Self { size, theme, lang, factor, texts: Vec::new(), legend: Vec::new(), caption: None, strip };
        if size.width() >= CAPTION_FROM[0] && size.height() >= CAPTION_FROM[1] {
            sheet.write_caption(caption, legend);
        }
        sheet
    }

    fn hand(&self, size: f32, weight: Weight, color: Rgb) -> Hand {
        Hand { size_px: (size * self.factor).max(10.0).round(), weight, color, halo: None }
    }

    fn write_caption(&mut self, caption: &Caption, legend: &[(usize, String)]) {
        let (edge, inner) = ((16.0 * self.factor).round(), (18.0 * self.factor).round());
        let most = (self.size.width() as f32 * 0.62).min(760.0 * self.factor) - 2.0 * inner;
        let left = edge + inner;
        let mut y = edge + inner * 0.8;
        let mut right = 0.0_f32;
        let title = self.hand(29.0, Weight::Bold, self.theme.ink);
        let plain = self.hand(18.0, Weight::Regular, self.theme.quiet);
        let strong = self.hand(20.0, Weight::Bold, self.theme.accent);
        let lines = caption.lines.iter().map(|text| (plain, fitted(text, plain.size_px, plain.weight, most)));
        let titles = wrapped(&caption.title, title.size_px, title.weight, most, 2);
        let strongs =
            caption.strong.iter().flat_map(|text| wrapped(text, strong.size_px, strong.weight, most, 2));
        let all: Vec<(Hand, String)> = titles
            .into_iter()
            .map(|text| (title, text))
            .chain(lines)
            .chain(strongs.map(|text| (strong, text)))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        for (hand, text) in all {
            y += (hand.size_px * 1.0).round();
            right = right.max(left + hand.width(&text));
            self.texts.push(hand.write(text, [left, y], Anchor::Left));
            y += (hand.size_px * 0.38).round();
        }
        let small = self.hand(14.0, Weight::Regular, self.theme.ink);
        let mut x = left;
        let mut is_first = true;
        for (event, word) in legend {
            let wide = small.size_px * 1.1 + small.width(word);
            if is_first || x + wide > left + most {
                x = left;
                y += (small.size_px * 1.45).round();
                is_first = false;
            }
            self.legend.push(([x + small.size_px * 0.4, y - small.rise() / 2.0], *event));
            self.texts.push(small.write(word, [x + small.size_px * 1.1, y], Anchor::Left));
            right = right.max(x + wide);
            x += wide + small.size_px * 1.2;
        }
        if right > 0.0 {
            self.caption = Some([edge, edge, (right + inner).round(), (y + inner * 0.7).round()]);
        }
    }

    fn margins(&self) -> Margins {
        let free = f64::from(70.0 * self.factor);
        let top = self.caption.map_or(0.0, |room| f64::from(room[3]));
        [free, top + free * 0.7, free, f64::from(self.strip[3] - self.strip[1]) + free]
    }

    /// The zoom that is deep enough for a part of the world.
    fn deepest(&self, part: &Part) -> f64 {
        let at = f64::midpoint(part.north, part.south);
        let world_m = EQUATOR_M * (std::f64::consts::PI * (1.0 - 2.0 * at)).sinh().atan().cos();
        (world_m.max(1.0) * f64::from(self.size.width()) / LEAST_WIDTH_M / TILE).log2()
    }
}

/// A picture that is being made.
struct Map<'a> {
    sheet: Sheet<'a>,
    ground: &'a Ground,
    frame: Frame,
    fills: Vec<Fill>,
    /// What lies over all incidents.
    top: Vec<Fill>,
    labels: Labels,
}

impl<'a> Map<'a> {
    fn new(sheet: Sheet<'a>, ground: &'a Ground, frame: Frame) -> Self {
        let mut labels = Labels::new(&frame);
        for [left, top, right, bottom] in sheet.caption.iter().chain([&sheet.strip]) {
            labels.take([left - PAPER_EDGE, top - PAPER_EDGE, right + PAPER_EDGE, bottom + PAPER_EDGE]);
        }
        Self { sheet, ground, frame, fills: Vec::new(), top: Vec::new(), labels }
    }

    fn draw_ground(&mut self) {
        self.fills.extend(self.ground.draw_land(&self.frame, self.sheet.theme));
    }

    fn draw_borders(&mut self) {
        self.fills.extend(self.ground.draw_borders(
            &self.frame,
            self.sheet.theme,
            self.sheet.factor.max(0.8),
        ));
    }

    /// A place's pixel, and those of places near it, which may lie across the antimeridian.
    fn pixels(&self, place: LonLat, near: &[LonLat]) -> (Point, Vec<Point>) {
        let at = world_of(place);
        let center = self.frame.nearest_pixel(at);
        let beside = |place: &LonLat| {
            let [x, y] = world_of(*place);
            let step = (x - at[0]) - (x - at[0]).round();
            let there = self.frame.pixel([at[0] + step, y], 0.0)[0] - self.frame.pixel(at, 0.0)[0];
            [center[0] + there, self.frame.nearest_pixel([x, y])[1]]
        };
        (center, near.iter().map(beside).collect())
    }

    /// The circle that a place lies in, tinted as if one could see through it.
    fn draw_circle(&mut self, place: LonLat, mark: Mark) {
        let theme = self.sheet.theme;
        let Mark::Within(radius_m) = mark else { return };
        let Some(radius) = Meters::new(radius_m) else { return };
        let step = -360.0 / CIRCLE as f64;
        let edge: Vec<LonLat> =
            (0..CIRCLE).map(|at| destination(place, (at as f64 * step).rem_euclid(360.0), radius)).collect();
        if edge.iter().any(|place| place.lat().abs() > MOST_LAT) {
            return;
        }
        let (_, mut ring) = self.pixels(place, &edge);
        let across =
            ring.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), p| (a.min(p[0]), b.max(p[0])));
        // What is smaller than the sign tells nothing, and what is larger than the world has no shape.
        if across.1 - across.0 < 6.0 || f64::from(across.1 - across.0) > self.frame.scale * 0.9 {
            return;
        }
        if lines::twice_area(&ring) > 0.0 {
            ring.reverse();
        }
        if lines::is_convex(&ring) {
            let mut sea = Fill::new(theme.circle.mixed_with(theme.sea, PRECISION_SHARE));
            sea.shape(ring.iter().copied());
            let mut land = Fill::new(theme.circle.mixed_with(theme.land, PRECISION_SHARE));
            self.ground.draw_land_within(&self.frame, &ring, &mut land);
            self.fills.extend([sea, land]);
        }
        let mut outline = Fill::new(theme.circle);
        ring.push(ring[0]);
        self.labels.take_line(&ring, 2.0);
        lines::dashes(&mut outline, &ring, PRECISION_EDGE * self.sheet.factor, PRECISION_DASH);
        self.top.push(outline);
    }

    /// The geodesic to the border, and its foot.
    fn draw_way(&mut self, measured: &Measured) {
        let (theme, factor) = (self.sheet.theme, self.sheet.factor);
        let way = self.way(measured);
        let mut casing = Fill::new(theme.line_casing);
        lines::line(&mut casing, &way, GEODESIC_CASING * factor);
        let mut line = Fill::new(theme.line);
        lines::line(&mut line, &way, GEODESIC * factor);
        let mut hole = Fill::new(theme.line_casing);
        if let Some(foot) = way.last() {
            lines::disc(&mut casing, *foot, 7.5 * factor);
            lines::disc(&mut line, *foot, 6.0 * factor);
            lines::disc(&mut hole, *foot, 3.2 * factor);
            let [x, y] = *foot;
            self.labels.take([x - 8.0, y - 8.0, x + 8.0, y + 8.0]);
        }
        self.labels.take_line(&way, 5.0 * factor);
        self.top.extend([casing, line, hole]);
    }

    fn way(&self, measured: &Measured) -> Vec<Point> {
        let (length, azimuth) = inverse(measured.from, measured.to);
        let steps = (length.get() / 20_000.0).ceil().clamp(1.0, 64.0) as usize;
        let mut places = vec![measured.from];
        for step in 1..steps {
            let share = Meters::new(length.get() * step as f64 / steps as f64);
            if let (Some(azimuth), Some(share)) = (azimuth, share) {
                places.push(destination(measured.from, azimuth, share));
            }
        }
        places.push(measured.to);
        self.pixels(measured.from, &places).1
    }

    fn draw_mark(&mut self, place: LonLat, mark: Mark, event: usize, filling: Filling) {
        let (theme, factor) = (self.sheet.theme, self.sheet.factor);
        let at = self.frame.nearest_pixel(world_of(place));
        let reach = 20.0 * factor;
        self.labels.take([at[0] - reach, at[1] - reach, at[0] + reach, at[1] + reach]);
        if mark == Mark::Area {
            let ring: Vec<Point> = (0..=CIRCLE)
                .map(|step| {
                    let angle = step as f32 / CIRCLE as f32 * std::f32::consts::TAU;
                    [at[0] + reach * angle.cos(), at[1] + reach * angle.sin()]
                })
                .collect();
            let mut casing = Fill::new(theme.line_casing);
            lines::line(&mut casing, &ring, 5.0 * factor);
            let mut dashes = Fill::new(theme.events[event.min(EVENTS.len() - 1)]);
            lines::dashes(&mut dashes, &ring, 2.4 * factor, PRECISION_DASH);
            self.top.extend([casing, dashes]);
            return;
        }
        let mut signs = Signs::new(theme);
        signs.add(at, 30.0 * factor, event, filling);
        self.top.extend(signs.fills());
    }

    fn draw_dots(&mut self, dots: &[Dot]) {
        let (theme, factor) = (self.sheet.theme, self.sheet.factor);
        let seen: Vec<(Point, usize)> = self
            .frame
            .copies()
            .flat_map(|copy| dots.iter().map(move |dot| (copy, dot)))
            .map(|(copy, dot)| (self.frame.pixel(world_of(dot.place), copy), dot.event.min(EVENTS.len() - 1)))
            .filter(|(at, _)| self.frame.shows(*at, 12.0))
            .collect();
        if seen.len() <= SIGNS_TO {
            let mut signs = Signs::new(theme);
            for (at, event) in seen {
                signs.add(at, 15.0 * factor, event, Filling::Full);
            }
            self.top.extend(signs.fills());
            return;
        }
        let radius = if seen.len() <= LARGE_DOTS_TO { 4.0 } else { 3.0 } * factor.max(0.8);
        let mut rims = Fill::new(theme.sign_rim);
        let mut rounds: Vec<[Fill; EVENTS.len()]> =
            (0..ROUNDS).map(|_| theme.events.map(Fill::new)).collect();
        for (number, (at, event)) in seen.into_iter().enumerate() {
            lines::dot(&mut rims, at, radius + 0.9);
            lines::dot(&mut rounds[number % ROUNDS][event], at, radius);
        }
        self.top.push(rims);
        self.top.extend(rounds.into_iter().flatten());
    }

    fn finish(mut self, measured: Option<&Measured>) -> Scene {
        let (theme, factor) = (self.sheet.theme, self.sheet.factor);
        let mut panels = [Fill::new(theme.rule), Fill::new(theme.paper)];
        if let Some(measured) = measured {
            self.write_length(measured, &mut panels);
        }
        self.write_north();
        self.write_scale();
        self.write_countries();
        self.write_places();
        for [left, top, right, bottom] in self.sheet.caption.iter().copied().chain([self.sheet.strip]) {
            panels[0].rectangle([left - 1.0, top - 1.0, right + 1.0, bottom + 1.0]);
            panels[1].rectangle([left, top, right, bottom]);
        }
        self.write_credit();
        let mut fills = self.fills;
        fills.extend(self.top);
        fills.extend(panels);
        let mut legend = theme.events.map(Fill::new);
        for (at, event) in &self.sheet.legend {
            lines::disc(&mut legend[(*event).min(EVENTS.len() - 1)], *at, 5.0 * factor);
        }
        fills.extend(legend);
        fills.retain(|fill| !fill.is_empty());
        let mut labels = self.labels.placed;
        labels.extend(self.sheet.texts);
        Scene { size: self.sheet.size, background: theme.sea, fills, labels }
    }

    /// The length at the middle of the way, on a piece of paper, where there is room.
    fn write_length(&mut self, measured: &Measured, panels: &mut [Fill; 2]) {
        let factor = self.sheet.factor;
        let hand = self.sheet.hand(18.0, Weight::Bold, self.sheet.theme.accent);
        let (half, tall) = (hand.width(&measured.told) / 2.0 + 9.0 * factor, hand.size_px * 0.85);
        let way = self.way(measured);
        let (Some(start), Some(end)) = (way.first(), way.last()) else { return };
        let (dx, dy) = (end[0] - start[0], end[1] - start[1]);
        let length = dx.hypot(dy).max(1.0);
        let (nx, ny) = (-dy / length, dx / length);
        let away = nx.abs() * half + ny.abs() * tall + 8.0 * factor;
        for share in [0.5, 0.35, 0.65, 0.2, 0.8, 1.0, 0.0] {
            for side in [1.0, -1.0] {
                let at = share * (way.len() - 1) as f32;
                let (before, rest) = (at.floor() as usize, at.fract());
                let (a, b) = (way[before], way[(before + 1).min(way.len() - 1)]);
                let x = a[0] + (b[0] - a[0]) * rest + side * nx * away;
                let y = a[1] + (b[1] - a[1]) * rest + side * ny * away;
                let room = [x - half, y - tall, x + half, y + tall].map(f32::round);
                if self.labels.is_free(room) {
                    panels[0].rectangle([room[0] - 1.0, room[1] - 1.0, room[2] + 1.0, room[3] + 1.0]);
                    panels[1].rectangle(room);
                    let at = [(room[0] + room[2]) / 2.0, (room[1] + room[3]) / 2.0 + hand.rise() / 2.0];
                    self.labels.put(hand.write(&measured.told, at, Anchor::Middle), room);
                    return;
                }
            }
        }
    }

    fn write_north(&mut self) {
        let (theme, factor) = (self.sheet.theme, self.sheet.factor);
        let hand = Hand { halo: Some(theme.halo), ..self.sheet.hand(15.0, Weight::Bold, theme.place) };
        let x = (self.frame.width as f32 - 34.0 * factor).round();
        let (top, bottom) = (26.0 * factor, 54.0 * factor);
        let room = [x - 20.0 * factor, 8.0 * factor, x + 20.0 * factor, bottom + 26.0 * factor];
        if !self.labels.is_free(room) {
            return;
        }
        let outline = |grow: f32| {
            [
                [x, top - 14.0 * factor - grow * 1.6],
                [x - 9.0 * factor - grow, bottom - 8.0 * factor + grow],
                [x, bottom - 14.0 * factor + grow],
                [x + 9.0 * factor + grow, bottom - 8.0 * factor + grow],
            ]
        };
        let (mut halo, mut arrow) = (Fill::new(theme.halo), Fill::new(theme.place));
        halo.shape(outline(1.8 * factor));
        arrow.shape(outline(0.0));
        self.top.extend([halo, arrow]);
        let word = self.sheet.lang.say(Word::North);
        self.labels.put(hand.write(word, [x, bottom + 10.0 * factor], Anchor::Middle), room);
    }

    /// A bar of a round length; none where the scale of the map differs much from its top to its bottom.
    fn write_scale(&mut self) {
        let (theme, factor) = (self.sheet.theme, self.sheet.factor);
        let (top, bottom) =
            (self.frame.meters_a_pixel(0.0), self.frame.meters_a_pixel(self.frame.height as f32));
        let (least, most) = (top.min(bottom), top.max(bottom));
        if most.is_nan() || most > least * 1.5 {
            return;
        }
        let hand = Hand { halo: Some(theme.halo), ..self.sheet.hand(14.0, Weight::Regular, theme.place) };
        // Halo and bar below the line, and what paper keeps free around it.
        let below = 2.0 + BAR_HALO;
        let y = (self.sheet.strip[1] - (16.0 * factor).max(PAPER_EDGE + below + 1.0)).round();
        let meters = self.frame.meters_a_pixel(y);
        let Some((length_m, pixels)) = round_length(meters, f64::from(150.0 * factor)) else { return };
        let (left, right) = ((18.0 * factor).round(), ((18.0 * factor).round() + pixels).round());
        let room = [left - 6.0, y - 26.0 * factor, right + 6.0, y + below];
        if !self.labels.is_free(room) {
            return;
        }
        let (mut halo, mut bar) = (Fill::new(theme.halo), Fill::new(theme.place));
        let tick = (7.0 * factor).round();
        for [a, b, c, d] in
            [[left, y, right, y + 2.0], [left, y - tick, left + 2.0, y], [right - 2.0, y - tick, right, y]]
        {
            halo.rectangle([a - BAR_HALO, b - BAR_HALO, c + BAR_HALO, d + BAR_HALO]);
            bar.rectangle([a, b, c, d]);
        }
        self.top.extend([halo, bar]);
        let (number, unit) =
            if length_m >= 1_000.0 { (length_m / 1_000.0, Word::Km) } else { (length_m, Word::M) };
        let text = format!("{number} {}", self.sheet.lang.say(unit));
        self.labels.put(hand.write(text, [(left + right) / 2.0, y - 7.0 * factor], Anchor::Middle), room);
    }

    fn write_countries(&mut self) {
        let theme = self.sheet.theme;
        let size = between(self.frame.zoom(), &[(2.0, 12.0), (5.0, 15.0), (8.0, 19.0), (11.0, 22.0)]);
        let hand = Hand { halo: Some(theme.halo), ..self.sheet.hand(size, Weight::Bold, theme.country) };
        let (columns, rows) = (self.frame.width as usize / GRID, self.frame.height as usize / GRID);
        let pixel = |index: usize| {
            [(index % columns) as f32, (index / columns) as f32].map(|step| (step + 0.5) * GRID as f32)
        };
        let holders: Vec<Option<TerritoryId>> = (0..columns * rows)
            .map(|index| self.frame.degrees(pixel(index)).and_then(|place| self.ground.holder(place)))
            .collect();
        let mut lands: BTreeMap<TerritoryId, Vec<usize>> = BTreeMap::new();
        for (index, holder) in holders.iter().enumerate() {
            if let Some(id) = holder {
                lands.entry(*id).or_default().push(index);
            }
        }
        let mut lands: Vec<(TerritoryId, Vec<usize>)> = lands.into_iter().collect();
        lands.sort_by_key(|(id, cells)| (std::cmp::Reverse(cells.len()), *id));
        for (id, mut cells) in lands {
            // The deeper inside, the better: cells in order of how far the nearest cell of others is.
            let depth = |cell: &usize| -> u32 {
                let others = holders.iter().enumerate().filter(|(_, holder)| **holder != Some(id));
                let [x, y] = [cell % columns, cell / columns];
                let near = others.map(|(other, _)| {
                    let [dx, dy] = [(other % columns).abs_diff(x), (other / columns).abs_diff(y)];
                    (dx * dx + dy * dy) as u32
                });
                let middle = [columns / 2, rows / 2];
                let off = (middle[0].abs_diff(x).pow(2) + middle[1].abs_diff(y).pow(2)) as u32;
                near.min().unwrap_or(u32::MAX / 2_000).min(9) * 1_000 - off.min(999)
            };
            cells.sort_by_cached_key(|cell| std::cmp::Reverse(depth(cell)));
            let name = country_name(self.sheet.lang, self.ground.borders().territory(id));
            cells.iter().take(24).any(|cell| self.labels.centered(hand, name, pixel(*cell)));
        }
    }

    fn write_places(&mut self) {
        let (theme, factor) = (self.sheet.theme, self.sheet.factor);
        let zoom = self.frame.zoom();
        let deepest = [(4.0, 0_u8), (5.0, 1), (6.5, 2), (8.0, 3), (9.5, 4)];
        let deepest = deepest.iter().find(|(to, _)| zoom < *to).map_or(5, |(_, rank)| *rank);
        let (mut halo, mut dots) = (Fill::new(theme.halo), Fill::new(theme.place_dot));
        for place in places().iter().filter(|place| place.rank <= deepest) {
            for copy in self.frame.copies() {
                let at = self.frame.pixel(place.at, copy);
                let room = [at[0] - 3.0, at[1] - 3.0, at[0] + 3.0, at[1] + 3.0];
                if !self.frame.shows(at, 0.0) || !self.labels.is_free(room) {
                    continue;
                }
                let size = if place.rank <= 1 {
                    17.0
                } else if place.rank <= 3 {
                    15.5
                } else {
                    14.5
                };
                let hand =
                    Hand { halo: Some(theme.halo), ..self.sheet.hand(size, Weight::Regular, theme.place) };
                if self.labels.beside(hand, place.name(self.sheet.lang), at, 7.0 * factor) {
                    self.labels.take(room);
                    lines::disc(&mut halo, at, 4.2 * factor);
                    lines::disc(&mut dots, at, 2.8 * factor);
                }
            }
        }
        self.fills.extend([halo, dots]);
    }

    fn write_credit(&mut self) {
        let (lang, strip) = (self.sheet.lang, self.sheet.strip);
        let hand = self.sheet.hand(12.5, Weight::Regular, self.sheet.theme.quiet);
        let (ours, coarse) = (self.ground.borders().info(), self.ground.coarse().info());
        let mut credit = format!(
            "{}: {} {}, {}, {}",
            lang.say(Word::Borders),
            ours.name,
            ours.version,
            ours.attribution,
            ours.licence
        );
        if ours.name != coarse.name {
            credit.push_str(&format!(" · {}: {}", lang.say(Word::Land), coarse.attribution));
        }
        let inner = 10.0 * self.sheet.factor;
        let baseline = (strip[1] + strip[3]) / 2.0 + hand.rise() / 2.0;
        let brand = Hand { weight: Weight::Bold, ..hand };
        let name_width = brand.width("Kordon");
        let most = strip[2] - 3.0 * inner - name_width;
        let credit = fitted(&credit, hand.size_px, hand.weight, most);
        self.labels.placed.push(hand.write(credit, [inner, baseline], Anchor::Left));
        self.labels.placed.push(brand.write("Kordon", [strip[2] - inner, baseline], Anchor::Right));
    }
}

/// The longest length of 1, 2 or 5 and zeros that takes no more pixels than this.
fn round_length(meters_a_pixel: f64, most_pixels: f64) -> Option<(f64, f32)> {
    let most = meters_a_pixel * most_pixels;
    if !most.is_finite() || most < 1.0 {
        return None;
    }
    let ten = 10_f64.powf(most.log10().floor());
    let length = [5.0, 2.0, 1.0].iter().map(|times| times * ten).find(|length| *length <= most)?;
    Some((length, (length / meters_a_pixel) as f32))
}

/// Signs of incidents: what happened by shape and colour, how sure by filling.
struct Signs {
    rim: Fill,
    colors: [Fill; EVENTS.len()],
    outlines: [Fill; EVENTS.len()],
}

impl Signs {
    fn new(theme: &Theme) -> Self {
        Self {
            rim: Fill::new(theme.sign_rim),
            colors: theme.events.map(Fill::new),
            outlines: theme.events.map(Fill::new),
        }
    }

    fn add(&mut self, at: Point, size: f32, event: usize, filling: Filling) {
        let event = event.min(EVENTS.len() - 1);
        let outline = lines::placed(SIGNS[event], at, size);
        let unit = size / 24.0;
        let mut shape = outline.clone();
        if lines::twice_area(&shape) > 0.0 {
            shape.reverse();
        }
        lines::around(&mut self.rim, &outline, SIGN_RIM * unit);
        self.rim.shape(shape.iter().copied());
        match filling {
            Filling::Full => self.colors[event].shape(shape.iter().copied()),
            Filling::Half => self.colors[event].shape(lines::cut(&shape, 0, at[0], -1.0)),
            Filling::Hollow => {}
            Filling::Struck => {
                let ends = lines::placed(&[[3.0, 21.0], [21.0, 3.0]], at, size);
                lines::line(&mut self.outlines[event], &ends, SIGN_LINE * unit);
            }
        }
        lines::around(&mut self.outlines[event], &outline, SIGN_LINE * unit);
    }

    fn fills(self) -> impl Iterator<Item = Fill> {
        [self.rim].into_iter().chain(self.colors).chain(self.outlines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_a_round_length() {
        for (meters_a_pixel, length) in
            [(10.0, 1_000.0), (1.0, 100.0), (33.0, 2_000.0), (40_000.0, 5_000_000.0)]
        {
            let (found, pixels) = round_length(meters_a_pixel, 150.0).unwrap();
            assert_eq!(found, length);
            assert!((50.0..=150.0).contains(&pixels), "{meters_a_pixel} {pixels}");
        }
        assert_eq!(round_length(f64::NAN, 150.0), None);
        assert_eq!(round_length(0.0, 150.0), None);
    }

    #[test]
    fn a_kind_that_is_not_known_is_another() {
        assert_eq!(event_of(Some("battles")), 1);
        assert_eq!([event_of(None), event_of(Some("unheard of"))], [EVENTS.len() - 1; 2]);
    }
}
