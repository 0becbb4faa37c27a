//! Polygons as triangles, on the plane of the one tile that maplibre-rs draws.
//!
//! maplibre-rs would read polygons out of a vector tile, in whole units of which a picture of 1200 pixels has 3.4 to a pixel, and would
//! panic on what it cannot tessellate. So they are tessellated here, with the same library, without rounding and with errors;
//! what comes out is what it would have made.

use kordon_picture_scene::{Fill, Point, Rgb, Scene};
use lyon::math::point;
use lyon::path::Path;
use lyon::tessellation::{
    BuffersBuilder, FillOptions, FillRule, FillTessellator, FillVertex, TessellationError, VertexBuffers,
};
use maplibre::render::ShaderVertex;

/// Units along the side of the tile.
const EXTENT: f32 = 4096.0;
/// How far the outline of a shape may be from its triangles, in pixels: they have corners only.
const TOLERANCE: f32 = 0.1;
/// The most corners of triangles in all: maplibre-rs has 10 240 000 bytes for their colours, 16 each.
const MOST_CORNERS: usize = 600_000;
/// The most vertices: it has 10 000 000 bytes for them, 16 each.
const MOST_VERTICES: usize = 600_000;
/// The most layers: those of an index from 180 on are not drawn, and the lowest is the background.
pub const MOST_LAYERS: usize = 170;

/// The triangles of one colour.
pub struct Layer {
    /// The colour.
    pub color: Rgb,
    /// In pixels; [`scale`] puts them on the tile.
    pub triangles: VertexBuffers<ShaderVertex, u32>,
}

/// Why a scene is not drawn.
#[derive(Debug)]
pub enum Refused {
    /// More layers than can be drawn.
    Layers(usize),
    /// More triangles than there is room for.
    Triangles,
    /// A shape that cannot be tessellated.
    Shape(TessellationError),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Layers(count) => write!(f, "{count} fills; at most {MOST_LAYERS} are drawn"),
            Self::Triangles => write!(f, "more than {} triangles", MOST_CORNERS / 3),
            Self::Shape(error) => write!(f, "a shape cannot be drawn: {error:?}"),
        }
    }
}

/// The layers of a scene, bottom to top; the first is its background.
///
/// # Errors
///
/// [`Refused`] for what maplibre-rs has no room for.
pub fn of(scene: &Scene) -> Result<Vec<Layer>, Refused> {
    if scene.fills.len() > MOST_LAYERS {
        return Err(Refused::Layers(scene.fills.len()));
    }
    let mut layers = vec![background(scene.background)];
    let (mut corners, mut vertices) = (0, 0);
    let mut tessellator = FillTessellator::new();
    for fill in &scene.fills {
        let triangles = tessellate(&mut tessellator, fill)?;
        corners += triangles.indices.len();
        vertices += triangles.vertices.len();
        if corners > MOST_CORNERS || vertices > MOST_VERTICES {
            return Err(Refused::Triangles);
        }
        layers.push(Layer { color: fill.color(), triangles });
    }
    Ok(layers)
}

/// Puts pixels on the tile, of which the side is so many pixels.
pub fn scale(triangles: &mut VertexBuffers<ShaderVertex, u32>, side_px: u32) {
    let scale = EXTENT / side_px as f32;
    for vertex in &mut triangles.vertices {
        vertex.position = vertex.position.map(|part| part * scale);
    }
}

fn vertex([x, y]: Point) -> ShaderVertex {
    ShaderVertex::new([x, y], [0.0, 0.0])
}

fn background(color: Rgb) -> Layer {
    let far = 4_096.0;
    let mut triangles = VertexBuffers::new();
    fan(&mut triangles, &[[0.0, 0.0], [0.0, far], [far, far], [far, 0.0]]);
    Layer { color, triangles }
}

fn tessellate(
    tessellator: &mut FillTessellator,
    fill: &Fill,
) -> Result<VertexBuffers<ShaderVertex, u32>, Refused> {
    let mut triangles = VertexBuffers::new();
    for shape in fill.shapes() {
        let rings: Vec<&[Point]> = shape.collect();
        match rings.as_slice() {
            [ring] if is_convex(ring) => fan(&mut triangles, ring),
            rings => {
                let options = FillOptions::tolerance(TOLERANCE).with_fill_rule(FillRule::NonZero);
                let corner = |vertex: FillVertex<'_>| self::vertex(vertex.position().to_array());
                tessellator
                    .tessellate_path(&path(rings), &options, &mut BuffersBuilder::new(&mut triangles, corner))
                    .map_err(Refused::Shape)?;
            }
        }
        if triangles.indices.len() > MOST_CORNERS {
            return Err(Refused::Triangles);
        }
    }
    Ok(triangles)
}

fn path(rings: &[&[Point]]) -> Path {
    let mut path = Path::builder();
    for ring in rings {
        let mut points = ring.iter().map(|[x, y]| point(*x, *y));
        if let Some(first) = points.next() {
            path.begin(first);
            for next in points {
                path.line_to(next);
            }
            path.end(true);
        }
    }
    path.build()
}

/// Pieces of lines, dots and signs are convex: they need no tessellator.
fn fan(triangles: &mut VertexBuffers<ShaderVertex, u32>, ring: &[Point]) {
    let first = triangles.vertices.len() as u32;
    triangles.vertices.extend(ring.iter().map(|point| vertex(*point)));
    for corner in 2..ring.len() as u32 {
        triangles.indices.extend([first, first + corner - 1, first + corner]);
    }
}

/// Whether a short ring turns one way only, and once round.
fn is_convex(ring: &[Point]) -> bool {
    if ring.len() < 3 || ring.len() > 32 {
        return false;
    }
    let (mut left, mut right, mut turned) = (false, false, 0.0_f32);
    for at in 0..ring.len() {
        let [a, b, c] = [0, 1, 2].map(|step| ring[(at + step) % ring.len()]);
        let (u, v) = ([b[0] - a[0], b[1] - a[1]], [c[0] - b[0], c[1] - b[1]]);
        let cross = u[0] * v[1] - u[1] * v[0];
        turned += cross.atan2(u[0] * v[0] + u[1] * v[1]);
        left |= cross > 0.0;
        right |= cross < 0.0;
    }
    !(left && right) && turned.abs() < 7.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use kordon_picture_scene::Size;

    fn scene(fills: Vec<Fill>) -> Scene {
        Scene { size: Size::CARD, background: Rgb(1, 2, 3), fills, labels: Vec::new() }
    }

    fn area(layer: &Layer) -> f32 {
        let corner = |index: u32| layer.triangles.vertices[index as usize].position;
        let area = |t: &[u32]| {
            let [a, b, c] = [0, 1, 2].map(|at| corner(t[at]));
            ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs() / 2.0
        };
        layer.triangles.indices.chunks_exact(3).map(area).sum()
    }

    #[test]
    fn triangles_cover_what_the_shape_covers() {
        let mut fill = Fill::new(Rgb(0, 0, 0));
        fill.ring([[0.0, 0.0], [0.0, 30.0], [30.0, 30.0], [30.0, 0.0]]);
        fill.ring([[10.0, 10.0], [20.0, 10.0], [20.0, 20.0], [10.0, 20.0]]);
        fill.end_shape();
        let mut arrow = Fill::new(Rgb(0, 0, 0));
        arrow.shape([[0.0, 0.0], [5.0, 10.0], [0.0, 20.0], [20.0, 10.0]]);
        let mut square = Fill::new(Rgb(0, 0, 0));
        square.rectangle([0.0, 0.0, 4.0, 5.0]);
        let layers = of(&scene(vec![fill, arrow, square])).ok().unwrap();
        let areas: Vec<f32> = layers[1..].iter().map(area).collect();
        for (found, right) in areas.iter().zip([800.0, 150.0, 20.0]) {
            assert!((found - right).abs() < 0.5, "{areas:?}");
        }
    }

    #[test]
    fn what_there_is_no_room_for_is_refused() {
        let many = (0..=MOST_LAYERS).map(|_| Fill::new(Rgb(0, 0, 0))).collect();
        assert!(matches!(of(&scene(many)), Err(Refused::Layers(_))));
        let mut dots = Fill::new(Rgb(0, 0, 0));
        for _ in 0..150_000 {
            dots.rectangle([0.0, 0.0, 4.0, 5.0]);
        }
        assert!(matches!(of(&scene(vec![dots])), Err(Refused::Triangles)));
    }
}
