//! What a picture costs: `make bench-picture`. Each scene is drawn by both painters, warm, and the median of 50 is told; then a
//! thousand cards, and the memory before and after.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program that tells what it measured, or fails"
)]

use kordon_borders::{BBox, BorderSet, LonLat};
use kordon_picture_scene::{
    About, Caption, Card, Dot, Filling, Ground, LIGHT, Lang, Many, Mark, Measured, Scene, Size, card, many,
    png,
};
use kordon_server::Painter;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROUNDS: usize = 50;

fn main() {
    let begun = Instant::now();
    let borders = Arc::new(BorderSet::default_set().expect("the built-in set"));
    let coarse = Arc::new(BorderSet::natural_earth().expect("the built-in set"));
    let sets = begun.elapsed();
    let ground = Ground::new(borders, coarse);
    println!("border sets {sets:.0?}, ground {:.0?}, once", begun.elapsed() - sets);
    let port = place(28.8372, 45.3312);
    let to = ground.borders().nearest_foreign(port, f64::INFINITY).expect("a border").point;
    let izmail = || card(&ground, &izmail(port, to));
    let world = BBox::new(-180.0, -85.0, 180.0, 85.0).expect("a box");
    let scenes: [(&str, &dyn Fn() -> Scene); 4] = [
        ("Izmail, one incident", &izmail),
        ("10 000 incidents", &|| many(&ground, &of_dots(10_000, None))),
        ("the world, none", &|| many(&ground, &of_dots(0, Some(world)))),
        ("100 000 incidents", &|| many(&ground, &of_dots(100_000, None))),
    ];
    let program = std::env::current_exe().expect("a path").with_file_name("../kordon-picture");
    let program = Path::new(&program);
    let painters = [("tiny-skia", Painter::built_in()), ("kordon-picture", Painter::program(program))];
    println!("1200 by 630, warm, median of {ROUNDS}: scene + painting + file = all");
    for (painter, paint) in painters.iter().filter(|(name, _)| *name == "tiny-skia" || program.exists()) {
        for (name, make) in &scenes {
            tell(painter, name, *make, paint);
        }
        let memory = |when: &str| println!("{painter}: {} MiB {when}", memory_mib(paint));
        memory("before");
        let begun = Instant::now();
        for _ in 0..1_000 {
            let scene = izmail();
            paint.paint(&scene).expect("a painter that lives");
        }
        memory(&format!("after 1 000 pictures, {:.1?} each", begun.elapsed() / 1_000));
    }
}

fn tell(painter: &str, name: &str, make: &dyn Fn() -> Scene, paint: &Painter) {
    let mut times: Vec<[Duration; 3]> = Vec::new();
    let (mut bytes, mut by) = (0, String::new());
    for _ in 0..ROUNDS + 3 {
        let begun = Instant::now();
        let scene = make();
        let made = begun.elapsed();
        let (pixels, who) = paint.paint(&scene).expect("a painter that lives");
        let painted = begun.elapsed();
        bytes = png(&pixels, &About::default()).len();
        by = who;
        times.push([made, painted - made, begun.elapsed() - painted]);
    }
    let median = |part: &dyn Fn(&[Duration; 3]) -> Duration| {
        let mut all: Vec<Duration> = times[3..].iter().map(part).collect();
        all.sort_unstable();
        all[all.len() / 2]
    };
    let [scene, pixels, file] = [0, 1, 2].map(|at| median(&|times| times[at]));
    let all = median(&|times| times.iter().sum());
    println!(
        "{painter}: {name}: {scene:.1?} + {pixels:.1?} + {file:.1?} = {all:.1?}, {bytes} bytes, by {by}"
    );
}

/// The memory of whoever paints.
fn memory_mib(painter: &Painter) -> u64 {
    let process = painter.process().map_or_else(|| "self".to_owned(), |process| process.to_string());
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1_024
}

fn place(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).expect("a place")
}

fn izmail(port: LonLat, to: LonLat) -> Card<'static> {
    Card {
        size: Size::CARD,
        theme: &LIGHT,
        lang: Lang::Uk,
        caption: Caption {
            title: "Дрони влучили у зерносховища в порту Ізмаїл".into(),
            lines: vec!["2023-08-02 · Ізмаїл, Одеська область".into()],
            strong: Some("0,7 км (0,1–1,4 км) від Румунії".into()),
        },
        places: vec![port],
        mark: Mark::Within(500.0),
        event: 0,
        filling: Filling::Full,
        measured: Some(Measured { from: port, to, told: "0,1–1,4 км".into() }),
    }
}

fn of_dots(count: u32, bbox: Option<BBox>) -> Many<'static> {
    let share = |number: u32| f64::from(number.wrapping_mul(2_654_435_769)) / f64::from(u32::MAX);
    let dots = (0..count).map(|number| Dot {
        place: place(22.0 + 18.0 * share(number), 44.5 + 7.5 * share(number.wrapping_mul(77) + 1)),
        event: number as usize % 9,
    });
    let caption = Caption { title: format!("{count} incidents"), ..Caption::default() };
    Many {
        size: Size::CARD,
        theme: &LIGHT,
        lang: Lang::En,
        caption,
        dots: dots.collect(),
        bbox,
        legend: Vec::new(),
    }
}
