//! The crates beside the engine: the same borders, the same questions.

use std::error::Error;

use country_boundaries::{BOUNDARIES_ODBL_360X180, CountryBoundaries, LatLon};
use geo::{
    BoundingRect, Closest, Contains, HaversineClosestPoint, LineString, MultiPolygon, Point, Polygon, Rect,
};
use geographiclib_rs::{Geodesic, InverseGeodesic};
use kordon_borders::{BorderSet, LonLat, TerritoryId};
use s2rst::s2::LatLng;
use s2rst::s2::closest_edge_query::{ClosestEdgeQuery, Options, PointTarget};
use s2rst::s2::contains_point_query::{ContainsPointQuery, VertexModel};
use s2rst::s2::lax_polygon::LaxPolygon;
use s2rst::s2::lax_polyline::LaxPolyline;
use s2rst::s2::shape_index::ShapeIndex;

/// GeographicLib's distance in meters.
pub fn karney_m(from: LonLat, lon: f64, lat: f64) -> f64 {
    Geodesic::wgs84().inverse(from.lat(), from.lon(), lat, lon)
}

fn s2_point(lon: f64, lat: f64) -> s2rst::s2::Point {
    LatLng::from_degrees(lat, lon).to_point()
}

/// Borders as polylines in an index of S2.
pub struct S2Lines {
    index: ShapeIndex,
    /// The territories that each shape ends.
    ends: Vec<Vec<TerritoryId>>,
}

impl S2Lines {
    /// The borders of those territories that are wanted.
    pub fn new(set: &BorderSet, wanted: impl Fn(TerritoryId) -> bool) -> Self {
        let (mut index, mut ends) = (ShapeIndex::new(), Vec::new());
        for arc in set.arcs() {
            let left = arc.left.iter().filter(|id| !arc.right.contains(id));
            let right = arc.right.iter().filter(|id| !arc.left.contains(id));
            let of: Vec<TerritoryId> = left.chain(right).copied().collect();
            if of.iter().any(|id| wanted(*id)) {
                let points = arc.points.iter().map(|[lon, lat]| s2_point(*lon, *lat)).collect();
                index.add(Box::new(LaxPolyline::new(points)));
                ends.push(of);
            }
        }
        index.build();
        Self { index, ends }
    }

    /// The distance, on the ellipsoid, to the nearest point on the sphere of a border that ends something `foreign`.
    pub fn nearest_m(&self, place: LonLat, foreign: impl Fn(TerritoryId) -> bool) -> Option<f64> {
        let query = ClosestEdgeQuery::new(&self.index);
        let point = s2_point(place.lon(), place.lat());
        let target = PointTarget::new(point);
        let options = Options { max_results: 1, ..Options::default() };
        let wanted =
            |shape: s2rst::s2::shape::ShapeId| self.ends[shape.as_usize()].iter().any(|id| foreign(*id));
        let found = query.find_closest_edges_filtered(&target, &options, Some(&wanted));
        let on_border = LatLng::from_point(query.project(point, found.first()?));
        Some(karney_m(place, on_border.lng.degrees(), on_border.lat.degrees()))
    }
}

/// Territories as polygons in an index of S2.
pub struct S2Polygons(ShapeIndex);

impl S2Polygons {
    pub fn new(set: &BorderSet) -> Self {
        let mut index = ShapeIndex::new();
        for territory in set.territories() {
            let polygons = set.find(&territory.code).map(|id| set.polygons(id)).unwrap_or_default();
            let rings = polygons.iter().flatten();
            let loops =
                rings.map(|ring| ring[1..].iter().map(|[lon, lat]| s2_point(*lon, *lat)).collect()).collect();
            index.add(Box::new(LaxPolygon::from_loops_owned(loops)));
        }
        index.build();
        Self(index)
    }

    /// The numbers of the territories, in order.
    pub fn containing(&self, places: &[LonLat]) -> Vec<Vec<usize>> {
        let mut query = ContainsPointQuery::new(&self.0, VertexModel::SemiOpen);
        let mut answer = |place: &LonLat| {
            let mut ids: Vec<usize> = query
                .containing_shape_ids(s2_point(place.lon(), place.lat()))
                .iter()
                .map(|id| id.as_usize())
                .collect();
            ids.sort_unstable();
            ids
        };
        places.iter().map(&mut answer).collect()
    }
}

/// Territories as polygons of the crate `geo`, with their boxes.
pub struct GeoPolygons(Vec<(Option<Rect>, MultiPolygon)>);

impl GeoPolygons {
    pub fn new(set: &BorderSet) -> Self {
        let ring = |ring: &Vec<[f64; 2]>| -> LineString { ring.iter().map(|[x, y]| (*x, *y)).collect() };
        let of = |id| -> MultiPolygon {
            let polygons = set.polygons(id);
            polygons.iter().map(|p| Polygon::new(ring(&p[0]), p[1..].iter().map(ring).collect())).collect()
        };
        let all = set.territories().iter().filter_map(|t| set.find(&t.code)).map(of);
        Self(all.map(|polygons| (polygons.bounding_rect(), polygons)).collect())
    }

    pub fn containing(&self, place: LonLat) -> Vec<usize> {
        let point = Point::new(place.lon(), place.lat());
        let holds = |(_, (rect, polygons)): &(usize, &(Option<Rect>, MultiPolygon))| {
            rect.is_some_and(|rect| rect.contains(&point)) && polygons.contains(&point)
        };
        self.0.iter().enumerate().filter(holds).map(|(i, _)| i).collect()
    }

    /// The distance, on the ellipsoid, to the point of a territory that is nearest on the sphere.
    pub fn nearest_m(&self, place: LonLat, territory: usize) -> f64 {
        match self.0[territory].1.haversine_closest_point(&Point::new(place.lon(), place.lat())) {
            Closest::Intersection(_) => 0.0,
            Closest::SinglePoint(p) => karney_m(place, p.x(), p.y()),
            Closest::Indeterminate => f64::INFINITY,
        }
    }
}

/// Countries as the crate `country-boundaries` brings them: ISO 3166-1 alpha-2.
pub struct Countries(CountryBoundaries);

impl Countries {
    pub fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self(CountryBoundaries::from_reader(BOUNDARIES_ODBL_360X180)?))
    }

    pub fn containing(&self, place: LonLat) -> Result<Vec<&str>, Box<dyn Error>> {
        Ok(self.0.ids(LatLon::new(place.lat(), place.lon())?))
    }
}
