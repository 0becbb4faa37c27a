//! Geometries of filters, and how they lie to places and to each other.
//!
//! Edges are straight in longitude and latitude (RFC 7946 §3.1.1). A place is also looked for 360 degrees to either side, so
//! that a box or polygon may go on beyond the antimeridian, and so that both of its longitudes are one line. With places on
//! one side, every relation of the standard is told exactly by where each of them lies: inside, on the boundary or outside.
//! Between two geometries that are no places only "intersects" and "disjoint" are told.
//!
//! Cost: a place is first held against the box; then only edges in its band of latitude are looked at.

use super::expression::Geometry;

/// A geometry, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    points: Vec<[f64; 2]>,
    lines: Vec<Vec<[f64; 2]>>,
    areas: Vec<Area>,
    /// West, south, east, north; may go beyond 180 degrees.
    bbox: [f64; 4],
}

/// A polygon.
#[derive(Clone, Debug)]
struct Area {
    edges: Vec<[[f64; 2]; 2]>,
    south: f64,
    /// Bands of latitude in one degree.
    per_degree: f64,
    /// For each band, the edges that reach into it.
    bands: Vec<Vec<u32>>,
}

/// Where a place lies to a geometry; greater is deeper in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Outside,
    Boundary,
    Inside,
}

/// The relations of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Intersects,
    Disjoint,
    Equals,
    Touches,
    Within,
    Contains,
    Overlaps,
    Crosses,
}

impl Relation {
    /// The relation from the second to the first.
    pub fn turned(self) -> Self {
        match self {
            Self::Within => Self::Contains,
            Self::Contains => Self::Within,
            other => other,
        }
    }

    /// Whether it is told between geometries of which none is places.
    pub fn is_told_of_all(self) -> bool {
        matches!(self, Self::Intersects | Self::Disjoint)
    }
}

impl Shape {
    /// # Errors
    ///
    /// What is wrong with a geometry, as the end of a sentence.
    pub fn new(geometry: &Geometry) -> Result<Self, &'static str> {
        let mut shape = Self { points: Vec::new(), lines: Vec::new(), areas: Vec::new(), bbox: [0.0; 4] };
        shape.bbox = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        shape.add(geometry)?;
        Ok(shape)
    }

    /// Whether it is nothing but places.
    pub fn is_points(&self) -> bool {
        self.lines.is_empty() && self.areas.is_empty()
    }

    pub fn points(&self) -> impl Iterator<Item = [f64; 2]> + Clone {
        self.points.iter().copied()
    }

    /// Its box as boxes between -180 and 180 degrees.
    pub fn boxes(&self) -> Vec<[f64; 4]> {
        let [west, south, east, north] = self.bbox;
        let part = |shift: f64| {
            let (west, east) = ((west + shift).max(-180.0), (east + shift).min(180.0));
            (west <= east).then_some([west, south, east, north])
        };
        [0.0, 360.0, -360.0].into_iter().filter_map(part).collect()
    }

    fn add(&mut self, geometry: &Geometry) -> Result<(), &'static str> {
        let bbox = &mut self.bbox;
        let mut grow = |[lon, lat]: [f64; 2]| {
            *bbox = [bbox[0].min(lon), bbox[1].min(lat), bbox[2].max(lon), bbox[3].max(lat)];
        };
        match geometry {
            Geometry::Box([west, south, east, north]) => {
                if south > north {
                    return Err("is a box whose south is north of its north");
                }
                let east = if west > east { east + 360.0 } else { *east };
                let corners =
                    [[*west, *south], [east, *south], [east, *north], [*west, *north], [*west, *south]];
                corners.into_iter().for_each(&mut grow);
                self.areas.push(Area::new(&[corners.to_vec()]));
            }
            other if !matches!(other, Geometry::Collection(_)) => other.each_position(&mut grow),
            _ => {}
        }
        match geometry {
            Geometry::Box(_) => {}
            Geometry::Point(position) => self.points.push(*position),
            Geometry::MultiPoint(all) => self.points.extend_from_slice(all),
            Geometry::LineString(line) => self.add_lines(std::slice::from_ref(line))?,
            Geometry::MultiLineString(lines) => self.add_lines(lines)?,
            Geometry::Polygon(rings) => self.add_area(rings)?,
            Geometry::MultiPolygon(all) => all.iter().try_for_each(|rings| self.add_area(rings))?,
            Geometry::Collection(members) => members.iter().try_for_each(|member| self.add(member))?,
        }
        Ok(())
    }

    fn add_lines(&mut self, lines: &[Vec<[f64; 2]>]) -> Result<(), &'static str> {
        if lines.iter().any(|line| line.len() < 2) {
            return Err("has a line of fewer than two positions");
        }
        self.lines.extend_from_slice(lines);
        Ok(())
    }

    fn add_area(&mut self, rings: &[Vec<[f64; 2]>]) -> Result<(), &'static str> {
        if rings.iter().any(|ring| ring.len() < 4 || ring.first() != ring.last()) {
            return Err("has a ring that does not end where it begins, or has fewer than four positions");
        }
        self.areas.push(Area::new(rings));
        Ok(())
    }

    /// Where a place lies, on whichever turn of the globe it lies deepest.
    fn side(&self, [lon, lat]: [f64; 2]) -> Side {
        let [west, south, east, north] = self.bbox;
        if lat < south || lat > north {
            return Side::Outside;
        }
        let turns = [0.0, 360.0, -360.0].map(|turn| lon + turn);
        let sides = turns
            .into_iter()
            .filter(|lon| west <= *lon && *lon <= east)
            .map(|lon| self.side_here([lon, lat]));
        sides.max().unwrap_or(Side::Outside)
    }

    fn side_here(&self, place: [f64; 2]) -> Side {
        if self.points.contains(&place) {
            return Side::Inside;
        }
        let areas = self.areas.iter().map(|area| area.side(place)).max().unwrap_or(Side::Outside);
        if areas == Side::Inside { areas } else { areas.max(self.side_of_lines(place)) }
    }

    /// The boundary of lines is where an odd number of them ends.
    fn side_of_lines(&self, place: [f64; 2]) -> Side {
        let is_on = |line: &Vec<[f64; 2]>| line.windows(2).any(|edge| is_on_edge(place, edge[0], edge[1]));
        if !self.lines.iter().any(is_on) {
            return Side::Outside;
        }
        let ends = self.lines.iter().flat_map(|line| line.first().into_iter().chain(line.last()));
        if ends.filter(|end| **end == place).count() % 2 == 1 { Side::Boundary } else { Side::Inside }
    }

    /// Whether a relation holds from places to this, or from this to places when `turned`. There is a place at least.
    pub fn relates(
        &self,
        relation: Relation,
        places: impl Iterator<Item = [f64; 2]> + Clone,
        turned: bool,
    ) -> bool {
        let relation = if turned { relation.turned() } else { relation };
        let (mut inside, mut boundary, mut outside) = (false, false, false);
        for place in places.clone() {
            match self.side(place) {
                Side::Inside => inside = true,
                Side::Boundary => boundary = true,
                Side::Outside => outside = true,
            }
            if relation == Relation::Intersects && !outside {
                return true;
            }
        }
        // Whether all of this is among the places.
        let is_covered = || {
            self.is_points()
                && self.points.iter().all(|point| places.clone().any(|place| is_same(place, *point)))
        };
        match relation {
            Relation::Intersects => inside || boundary,
            Relation::Disjoint => !inside && !boundary,
            Relation::Within => inside && !outside,
            Relation::Contains => is_covered(),
            Relation::Equals => !outside && is_covered(),
            Relation::Touches => boundary && !inside,
            Relation::Crosses => !self.is_points() && inside && outside,
            Relation::Overlaps => self.is_points() && inside && outside && !is_covered(),
        }
    }

    /// Whether two geometries have a place in common.
    pub fn meets(&self, other: &Self) -> bool {
        let apart =
            |low: usize, high: usize| self.bbox[low] > other.bbox[high] || other.bbox[low] > self.bbox[high];
        if apart(0, 2) || apart(1, 3) {
            return false;
        }
        // One may lie in the other without touching its edges: then its first position does.
        let lies_in =
            |one: &Self, other: &Self| one.starts().any(|place| other.side_here(place) > Side::Outside);
        lies_in(self, other)
            || lies_in(other, self)
            || self.edges().any(|a| other.edges().any(|b| edges_meet(a, b)))
    }

    /// A position of each part.
    fn starts(&self) -> impl Iterator<Item = [f64; 2]> {
        let lines = self.lines.iter().filter_map(|line| line.first());
        let areas = self.areas.iter().filter_map(|area| area.edges.first().map(|edge| &edge[0]));
        self.points.iter().chain(lines).chain(areas).copied()
    }

    fn edges(&self) -> impl Iterator<Item = [[f64; 2]; 2]> {
        let of_lines = self.lines.iter().flat_map(|line| line.windows(2).map(|edge| [edge[0], edge[1]]));
        of_lines.chain(self.areas.iter().flat_map(|area| area.edges.iter().copied()))
    }
}

impl Area {
    fn new(rings: &[Vec<[f64; 2]>]) -> Self {
        let edges: Vec<_> =
            rings.iter().flat_map(|ring| ring.windows(2).map(|edge| [edge[0], edge[1]])).collect();
        let lats = || edges.iter().flatten().map(|position| position[1]);
        let (south, north) = (lats().fold(f64::INFINITY, f64::min), lats().fold(f64::NEG_INFINITY, f64::max));
        let count = edges.len().clamp(1, 1_024);
        #[expect(clippy::cast_precision_loss, reason = "at most 1024")]
        let per_degree = if north > south { count as f64 / (north - south) } else { 0.0 };
        let mut area = Self { edges, south, per_degree, bands: vec![Vec::new(); count] };
        for (number, [a, b]) in (0_u32..).zip(&area.edges) {
            for band in area.band(a[1].min(b[1]))..=area.band(a[1].max(b[1])) {
                area.bands[band].push(number);
            }
        }
        area
    }

    /// The band of a latitude; it never falls when the latitude rises.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the bands")]
    fn band(&self, lat: f64) -> usize {
        (((lat - self.south) * self.per_degree).max(0.0) as usize).min(self.bands.len() - 1)
    }

    /// By the parity of the edges to the east, whichever ring they are of.
    fn side(&self, place: [f64; 2]) -> Side {
        let [lon, lat] = place;
        let mut inside = false;
        for &number in &self.bands[self.band(lat)] {
            let [a, b] = self.edges[number as usize];
            if is_on_edge(place, a, b) {
                return Side::Boundary;
            }
            if (a[1] > lat) != (b[1] > lat) && lon < a[0] + (lat - a[1]) * (b[0] - a[0]) / (b[1] - a[1]) {
                inside = !inside;
            }
        }
        if inside { Side::Inside } else { Side::Outside }
    }
}

/// Twice the area of a triangle, positive when it turns left.
fn turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

fn is_on_edge(place: [f64; 2], a: [f64; 2], b: [f64; 2]) -> bool {
    let between = |axis: usize| (a[axis].min(b[axis])..=a[axis].max(b[axis])).contains(&place[axis]);
    between(0) && between(1) && turn(a, b, place) == 0.0
}

fn edges_meet([a, b]: [[f64; 2]; 2], [c, d]: [[f64; 2]; 2]) -> bool {
    let parts = |x: f64, y: f64| (x > 0.0 && y < 0.0) || (x < 0.0 && y > 0.0);
    (parts(turn(a, b, c), turn(a, b, d)) && parts(turn(c, d, a), turn(c, d, b)))
        || is_on_edge(a, c, d)
        || is_on_edge(b, c, d)
        || is_on_edge(c, a, b)
        || is_on_edge(d, a, b)
}

/// Whether two positions are one place: at the antimeridian both longitudes are.
fn is_same(a: [f64; 2], b: [f64; 2]) -> bool {
    a[1] == b[1] && (a[0] == b[0] || (a[0] - b[0]).abs() == 360.0)
}
