//! Triangles as pixels: maplibre-rs, headless, kept from picture to picture.
//!
//! It draws one square tile. A picture is its upper left part; the square is as large as the largest card, and one that is larger has a
//! renderer of its own, made when it is first asked for. Its `HeadlessMap` keeps its style to itself and writes files, so what it
//! does is done here with the same parts: the style is of the picture, and pixels are read from the buffer.

use crate::layers::{Layer, scale};
use csscolorparser::Color;
use kordon_picture_scene::{MOST_SIDE, Rgb, Size};
use maplibre::context::MapContext;
use maplibre::coords::{TILE_SIZE, WorldCoords, WorldTileCoords, Zoom, ZoomLevel};
use maplibre::headless::environment::HeadlessEnvironment;
use maplibre::headless::{HeadlessPlugin, create_headless_renderer};
use maplibre::plugin::Plugin;
use maplibre::render::eventually::Eventually;
use maplibre::render::resource::Head;
use maplibre::render::{RenderPlugin, Renderer as Graphics};
use maplibre::schedule::{Schedule, Stage};
use maplibre::style::Style;
use maplibre::style::layer::{FillPaint, LayerPaint, StyleLayer};
use maplibre::tcs::world::World;
use maplibre::vector::{
    AvailableVectorLayerData, DefaultVectorTransferables, VectorBufferPool, VectorLayerData,
    VectorLayersDataComponent, VectorPlugin,
};
use maplibre::view_state::ViewState;
use std::rc::Rc;

/// The side of the square for cards of 1200 by 630, and of that for all others, in pixels.
const SIDES: [u32; 2] = [1_216, MOST_SIDE];

/// Draws pictures, one after the other.
pub struct Renderer {
    small: Square,
    large: Option<Square>,
}

struct Square {
    side_px: u32,
    schedule: Schedule,
    context: MapContext,
}

impl Renderer {
    /// Finds a graphics device.
    ///
    /// # Panics
    ///
    /// As maplibre-rs does, when there is none.
    pub fn new() -> Self {
        Self { small: Square::new(SIDES[0]), large: None }
    }

    /// Its version and the device, as the picture tells it.
    pub fn draws_with(&self) -> String {
        let device = self.small.context.renderer.adapter.get_info();
        format!("maplibre-rs 0.0.3, {} ({:?})", device.name, device.backend)
    }

    /// The pixels of a picture: red, green, blue and 255 each, row by row.
    pub fn draw(&mut self, size: Size, layers: Vec<Layer>) -> Vec<u8> {
        let square = if size.width().max(size.height()) <= SIDES[0] {
            &mut self.small
        } else {
            self.large.get_or_insert_with(|| Square::new(SIDES[1]))
        };
        square.draw(size, layers)
    }
}

impl Square {
    fn new(side_px: u32) -> Self {
        let (kernel, mut renderer) = pollster::block_on(create_headless_renderer(side_px, None));
        let middle = WorldCoords::from((TILE_SIZE / 2.0, TILE_SIZE / 2.0));
        // As `HeadlessMap` looks at its tile: it fills the square.
        let view_state = ViewState::new(
            renderer.state().surface().size(),
            middle,
            Zoom::default(),
            cgmath::Deg(0.0),
            cgmath::Deg(110.0),
        );
        let (mut world, mut schedule, kernel) = (World::default(), Schedule::default(), Rc::new(kernel));
        let plugins: [Box<dyn Plugin<HeadlessEnvironment>>; 3] = [
            Box::new(RenderPlugin),
            Box::new(VectorPlugin::<DefaultVectorTransferables>::default()),
            Box::new(HeadlessPlugin::new(false)),
        ];
        for plugin in plugins {
            plugin.build(&mut schedule, Rc::clone(&kernel), &mut world, &mut renderer.render_graph);
        }
        Self { side_px, schedule, context: MapContext { style: style(&[]), world, view_state, renderer } }
    }

    fn draw(&mut self, size: Size, layers: Vec<Layer>) -> Vec<u8> {
        self.context.style = style(&layers);
        let tile: WorldTileCoords = (0, 0, ZoomLevel::default()).into();
        let filled = layers.into_iter().enumerate().filter(|(_, layer)| !layer.triangles.indices.is_empty());
        let data = filled.map(|(number, mut layer)| {
            scale(&mut layer.triangles, self.side_px);
            let feature_indices = vec![layer.triangles.indices.len() as u32];
            let (source_layer, buffer) = (name(number), layer.triangles.into());
            VectorLayerData::Available(AvailableVectorLayerData {
                coords: tile,
                source_layer,
                buffer,
                feature_indices,
            })
        });
        let component = VectorLayersDataComponent { done: true, layers: data.collect() };
        self.context
            .world
            .tiles
            .spawn_mut(tile)
            .expect("the tiles were cleared after the picture before")
            .insert(component);
        self.schedule.run(&mut self.context);
        self.context.world.tiles.clear();
        let pool = self.context.world.resources.query_mut::<&mut Eventually<VectorBufferPool>>();
        if let Some(Eventually::Initialized(pool)) = pool {
            pool.clear();
        }
        read(&self.context.renderer, size)
    }
}

fn name(number: usize) -> String {
    format!("f{number}")
}

fn style(layers: &[Layer]) -> Style {
    let of_one = |(number, layer): (usize, &Layer)| {
        let Rgb(r, g, b) = layer.color;
        let paint = FillPaint { fill_color: Some(Color::from_rgba8(r, g, b, 255)) };
        StyleLayer {
            // 0 is not drawn, and neither is what lies at 180 or above.
            index: number as u32 + 1,
            id: name(number),
            paint: Some(LayerPaint::Fill(paint)),
            source_layer: Some(name(number)),
            ..StyleLayer::default()
        }
    };
    Style { layers: layers.iter().enumerate().map(of_one).collect(), ..Style::default() }
}

/// The upper left part of what was drawn.
fn read(graphics: &Graphics, size: Size) -> Vec<u8> {
    let Head::Headless(head) = graphics.state().surface().head() else { return Vec::new() };
    let row_bytes = head.bytes_per_row().get() as usize;
    let (width, height) = (size.width() as usize * 4, size.height() as usize);
    let mut rgba = Vec::with_capacity(width * height);
    {
        let slice = head.map_async(&graphics.device);
        let mapped = slice.get_mapped_range();
        for row in mapped.chunks_exact(row_bytes).take(height) {
            rgba.extend_from_slice(&row[..width]);
        }
    }
    head.unmap();
    rgba
}
