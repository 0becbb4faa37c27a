//! Pictures of places that are odd, and what every picture must keep to.
//!
//! The pictures in `docs/pictures` are what these tests draw: `make bless` writes them anew, and a person looks at them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use kordon_borders::{BBox, BorderSet, LonLat};
use kordon_picture_scene::{
    About, Caption, Card, DARK, Dot, EVENTS, Fill, Filling, Ground, LIGHT, Label, Lang, Many, Mark, Measured,
    Pixels, Rgb, Scene, Size, Theme, card, country_name, letter, many, paint, png,
};
use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// Other processors round some sines otherwise: so many pixels of a kept picture may differ by more than [`NEAR`].
const MOST_OTHERS: f64 = 0.002;
const NEAR: u8 = 12;

static GROUND: LazyLock<Ground> = LazyLock::new(|| {
    let (borders, coarse) = (BorderSet::default_set().unwrap(), BorderSet::natural_earth().unwrap());
    Ground::new(Arc::new(borders), Arc::new(coarse))
});

fn place(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

fn about() -> About {
    About {
        painter: "tiny-skia".into(),
        borders: "a set".into(),
        copyright: "© someone".into(),
        query: "q=їжак".into(),
    }
}

fn nearest(from: LonLat) -> LonLat {
    GROUND.borders().nearest_foreign(from, f64::INFINITY).unwrap().point
}

/// A port on the Danube, known to 500 m.
fn izmail(theme: &'static Theme, lang: Lang) -> Card<'static> {
    let port = place(28.8372, 45.3312);
    let romania =
        country_name(lang, GROUND.borders().territories().iter().find(|t| t.code == "ROU").unwrap());
    let (title, line, told, strong) = match lang {
        Lang::En => (
            "Drones hit grain stores in the port of Izmail",
            "2 August 2023 · Izmail, Odesa Oblast · port, destroyed",
            "0.1–1.4 km",
            format!("0.7 km (0.1–1.4 km) from {romania}"),
        ),
        Lang::Uk => (
            "Дрони влучили у зерносховища в порту Ізмаїл",
            "2 серпня 2023 · Ізмаїл, Одеська область · порт, знищено",
            "0,1–1,4 км",
            format!("0,7 км (0,1–1,4 км), {romania}"),
        ),
        Lang::Ro => (
            "Drone au lovit silozurile din portul Ismail",
            "2 august 2023 · Ismail, regiunea Odesa · port, distrus",
            "0,1–1,4 km",
            format!("0,7 km (0,1–1,4 km) de {romania}"),
        ),
    };
    Card {
        size: Size::CARD,
        theme,
        lang,
        caption: Caption { title: title.into(), lines: vec![line.into()], strong: Some(strong) },
        places: vec![port],
        mark: Mark::Within(500.0),
        event: 0,
        filling: Filling::Full,
        measured: Some(Measured { from: port, to: nearest(port), told: told.into() }),
    }
}

fn plain(places: Vec<LonLat>, mark: Mark) -> Card<'static> {
    Card { places, mark, measured: None, caption: Caption::default(), ..izmail(&LIGHT, Lang::En) }
}

/// Incidents around three cities, thinner farther out; the same each time.
fn dots(count: u32) -> Vec<Dot> {
    let share = |number: u64| {
        let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    };
    let around = [(36.2, 50.0), (30.7, 46.5), (30.5, 50.4)];
    (0..u64::from(count))
        .map(|number| {
            let (lon, lat) = around[(number % 3) as usize];
            let (away, angle) =
                (share(number).powi(2) * 2.5, share(number + 1_000_000) * std::f64::consts::TAU);
            Dot {
                place: place(lon + 1.5 * away * angle.cos(), lat + away * angle.sin()),
                event: number as usize / 3 % EVENTS.len(),
            }
        })
        .collect()
}

fn of_dots(dots: Vec<Dot>) -> Many<'static> {
    Many {
        size: Size::CARD,
        theme: &LIGHT,
        lang: Lang::En,
        caption: Caption { title: format!("{} incidents", dots.len()), ..Caption::default() },
        dots,
        bbox: None,
        legend: EVENTS.iter().enumerate().map(|(event, name)| (event, name.replace('_', " "))).collect(),
    }
}

/// Paints a scene and compares it with the picture that is kept.
fn kept(name: &str, scene: &Scene) -> Pixels {
    let pixels = paint(scene);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures").join(name);
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, smallest(&pixels)).unwrap();
    }
    let before =
        read(&std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())), scene.size);
    let differ = pixels.differ(&before, NEAR);
    assert!(
        differ <= MOST_OTHERS,
        "{name}: {differ} of the pixels are others than those kept; `make bless` keeps them"
    );
    pixels
}

fn smallest(pixels: &Pixels) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, pixels.size.width(), pixels.size.height());
    encoder.set_color(::png::ColorType::Rgb);
    encoder.set_compression(::png::Compression::High);
    encoder.write_header().unwrap().write_image_data(&pixels.rgb).unwrap();
    bytes
}

fn read(bytes: &[u8], size: Size) -> Pixels {
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut rgb).unwrap();
    assert_eq!(
        (info.width, info.height, info.color_type),
        (size.width(), size.height(), ::png::ColorType::Rgb)
    );
    Pixels { size, rgb }
}

/// How many pixels of a rectangle have this colour: left, top, right, bottom.
fn count(pixels: &Pixels, [left, top, right, bottom]: [u32; 4], color: Rgb) -> usize {
    (top..bottom)
        .flat_map(|y| (left..right).map(move |x| (x, y)))
        .filter(|(x, y)| pixels.at(*x, *y) == Some(color))
        .count()
}

const ALL: [u32; 4] = [0, 0, 1_200, 630];

#[test]
fn the_izmail_card_shows_land_border_circle_way_and_sign_in_three_languages_and_two_themes() {
    for theme in [&LIGHT, &DARK] {
        for lang in Lang::ALL {
            let name = format!("izmail-{}-{}.png", lang.tag(), theme.name);
            let pixels = kept(&name, &card(&GROUND, &izmail(theme, lang)));
            let tinted = theme.circle.mixed_with(theme.land, 0.09);
            for (what, color, least) in [
                ("land", theme.land, 400_000),
                ("border", theme.border, 500),
                ("circle", tinted, 3_000),
                ("way", theme.line, 100),
                ("sign", theme.events[0], 300),
                ("paper", theme.paper, 50_000),
                ("title", theme.ink, 1_000),
            ] {
                let found = count(&pixels, ALL, color);
                assert!(found >= least, "{name}: {found} pixels of {what}");
            }
            assert_eq!(count(&pixels, ALL, theme.sea), 0, "{name}: there is no sea at Izmail");
        }
    }
}

#[test]
fn fiji_is_shown_in_one_piece_across_the_antimeridian() {
    let taveuni = place(179.98, -16.85);
    let card_of = Card {
        measured: Some(Measured { from: taveuni, to: nearest(taveuni), told: "470 km".into() }),
        caption: Caption { title: "Taveuni, Fiji".into(), ..Caption::default() },
        ..plain(vec![taveuni], Mark::Within(50_000.0))
    };
    let pixels = kept("fiji.png", &card(&GROUND, &card_of));
    let sign: Vec<u32> =
        (0..1_200).filter(|x| (0..630).any(|y| pixels.at(*x, y) == Some(LIGHT.events[0]))).collect();
    let middle = (sign[0] + sign[sign.len() - 1]) / 2;
    let (tinted_sea, tinted_land) =
        (LIGHT.circle.mixed_with(LIGHT.sea, 0.09), LIGHT.circle.mixed_with(LIGHT.land, 0.09));
    for side in [[middle - 200, 0, middle, 600], [middle, 0, middle + 200, 600]] {
        assert!(count(&pixels, side, tinted_sea) > 500, "the circle goes on across the antimeridian");
        assert!(count(&pixels, side, tinted_land) > 20, "and so does the land in it");
    }
    // Nothing is drawn along the antimeridian itself: no column of coast or border from top to bottom.
    for x in 0..1_200 {
        let column = [x, 0, x + 1, 600];
        assert!(count(&pixels, column, LIGHT.coast) + count(&pixels, column, LIGHT.border) < 300, "{x}");
    }
}

#[test]
fn a_pole_is_at_the_edge_of_the_map_and_breaks_nothing() {
    let south = plain(vec![place(0.0, -90.0)], Mark::Within(300_000.0));
    let pixels = kept("south-pole.png", &card(&GROUND, &south));
    assert!(count(&pixels, ALL, LIGHT.land) > 100_000, "Antarctica");
    assert!(count(&pixels, ALL, LIGHT.events[0]) > 100, "the sign");
    for lat in [90.0, 89.999_999, -90.0, 85.06] {
        for radius in [0.0, 1_000.0, 5_000_000.0, 30_000_000.0] {
            let _ = paint(&card(
                &GROUND,
                &plain(vec![place(180.0, lat), place(-180.0, lat)], Mark::Within(radius)),
            ));
        }
    }
}

#[test]
fn ten_thousand_incidents_are_ten_thousand_dots() {
    let size = Size::new(800, 420).unwrap();
    let scene = many(&GROUND, &Many { size, ..of_dots(dots(10_000)) });
    let shapes: usize = scene.fills.iter().map(|fill| fill.shapes().count()).sum();
    assert!(shapes > 20_000, "each has a dot and a rim: {shapes} shapes");
    let pixels = kept("ten-thousand.png", &scene);
    for (event, color) in LIGHT.events.iter().enumerate() {
        assert!(count(&pixels, ALL, *color) > 300, "{}", EVENTS[event]);
    }
    let few = kept(
        "two-hundred.png",
        &many(&GROUND, &Many { size, theme: &DARK, lang: Lang::Uk, ..of_dots(dots(200)) }),
    );
    assert!(count(&few, ALL, DARK.events[0]) > 200);
}

#[test]
fn what_is_known_only_as_an_area_has_no_sign_and_no_circle() {
    let somewhere = place(30.5, 50.4);
    let pixels = paint(&card(&GROUND, &plain(vec![somewhere], Mark::Area)));
    let sign = paint(&card(&GROUND, &plain(vec![somewhere], Mark::Within(1.0))));
    // The frame is the same, and so the place: where the sign was full, there is land.
    let middle = (0..1_200 * 630)
        .map(|at| (at % 1_200, at / 1_200))
        .filter(|(x, y)| sign.at(*x, *y) == Some(LIGHT.events[0]));
    let (mut x, mut y, mut all) = (0, 0, 0);
    for (at_x, at_y) in middle {
        (x, y, all) = (x + at_x, y + at_y, all + 1);
    }
    assert!(all > 300);
    let (x, y) = (x / all, y / all);
    assert_eq!(count(&pixels, [x - 8, y - 8, x + 8, y + 8], LIGHT.events[0]), 0);
    assert!(
        count(&pixels, [x - 30, y - 30, x + 30, y + 30], LIGHT.events[0]) > 30,
        "a dashed ring stands around the point"
    );
}

#[test]
fn the_same_question_has_the_same_bytes_on_every_thread() {
    let draw = || png(&paint(&card(&GROUND, &izmail(&DARK, Lang::Uk))), &about());
    let first = draw();
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(draw)).collect();
    for thread in threads {
        assert!(thread.join().unwrap() == first);
    }
}

#[test]
fn the_file_says_who_drew_it_and_of_what() {
    let bytes = png(&paint(&card(&GROUND, &izmail(&LIGHT, Lang::En))), &about());
    let reader = ::png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
    let texts = &reader.info().uncompressed_latin1_text;
    let said =
        |keyword: &str| texts.iter().find(|text| text.keyword == keyword).map(|text| text.text.as_str());
    assert_eq!(said("Kordon-Painter"), Some("tiny-skia"));
    assert_eq!(said("Kordon-Borders"), Some("a set"));
    assert_eq!(said("Copyright"), Some("© someone"));
    assert_eq!(said("Kordon-Query"), Some("q=????"), "what is not Latin-1 is not told");
}

#[test]
fn another_painter_s_pixels_get_the_same_labels() {
    let scene = card(&GROUND, &izmail(&LIGHT, Lang::Ro));
    let without = paint(&Scene { labels: Vec::new(), ..scene.clone() });
    let rgba: Vec<u8> = without.rgb.chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
    assert!(letter(&scene, &rgba) == Some(paint(&scene)));
    assert_eq!(letter(&scene, &rgba[4..]), None);
    assert_eq!(letter(&scene, &vec![0; rgba.len()]), None, "pixels that are not opaque");
}

#[test]
fn labels_do_not_lie_on_each_other() {
    for scene in [
        card(&GROUND, &izmail(&LIGHT, Lang::Uk)),
        many(&GROUND, &of_dots(dots(50))),
        many(
            &GROUND,
            &Many { bbox: Some(BBox::new(-180.0, -85.0, 180.0, 85.0).unwrap()), ..of_dots(Vec::new()) },
        ),
    ] {
        // A label whose letters another one covers changes when that other one is left out.
        for (number, label) in scene.labels.iter().enumerate() {
            let alone = paint(&Scene { labels: vec![label.clone()], fills: Vec::new(), ..scene.clone() });
            let others: Vec<_> = scene
                .labels
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != number)
                .map(|(_, l)| l.clone())
                .collect();
            let rest = paint(&Scene { labels: others, fills: Vec::new(), ..scene.clone() });
            let both = alone.rgb.chunks_exact(3).zip(rest.rgb.chunks_exact(3));
            let background = [scene.background.0, scene.background.1, scene.background.2];
            let covered = both.filter(|(a, b)| *a != background && *b != background).count();
            assert_eq!(covered, 0, "{:?}", label.text);
            if number > 12 {
                break;
            }
        }
    }
}

#[test]
fn pictures_of_every_usual_size_have_a_scale() {
    for (width, height) in [(1_800, 945), (1_200, 630), (960, 600), (800, 500), (640, 640), (420, 300)] {
        let size = Size::new(width, height).unwrap();
        let one = card(&GROUND, &Card { size, ..izmail(&LIGHT, Lang::En) });
        let bbox = BBox::new(27.0, 44.0, 31.0, 46.5).ok();
        let all = many(&GROUND, &Many { size, bbox, ..of_dots(dots(50)) });
        for scene in [one, all] {
            let is_length = |label: &Label| {
                let (number, unit) = label.text.split_once(' ').unwrap_or_default();
                number.parse::<u32>().is_ok() && ["m", "km"].contains(&unit)
            };
            let bar = scene.labels.iter().find(|label| is_length(label)).expect("a scale");
            assert!(bar.at[1] < height as f32 && bar.at[1] > height as f32 * 0.8, "{size:?} {bar:?}");
        }
    }
}

fn any_place() -> impl Strategy<Value = LonLat> {
    let edge = prop_oneof![Just(-180.0), Just(180.0), Just(0.0), -180.0..=180.0];
    (edge, prop_oneof![Just(-90.0), Just(90.0), -90.0..=90.0]).prop_map(|(lon, lat)| place(lon, lat))
}

fn any_size() -> impl Strategy<Value = Size> {
    prop_oneof![
        (100_u32..500, 100_u32..400).prop_map(|(width, height)| Size::new(width, height).unwrap()),
        Just(Size::new(2_400, 100).unwrap()),
        Just(Size::new(100, 2_400).unwrap()),
    ]
}

fn is_sound(scene: &Scene) -> bool {
    // Far enough beyond the picture for lines that end there, and near enough for any painter.
    let most = 1e7;
    scene
        .fills
        .iter()
        .all(|fill: &Fill| fill.shapes().flatten().flatten().flatten().all(|part| part.abs() < most))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_card_breaks(
        size in any_size(),
        places in prop::collection::vec(any_place(), 0..4),
        to in any_place(),
        radius in prop_oneof![Just(0.0), Just(f64::NAN), Just(-5.0), Just(f64::INFINITY), 0.0..2e7],
        title in ".{0,80}",
        event in 0_usize..12,
        look in 0_usize..24,
    ) {
        let mark = if look % 5 == 0 { Mark::Area } else { Mark::Within(radius) };
        let measured = places.first().map(|from| Measured { from: *from, to, told: title.clone() });
        let scene = card(&GROUND, &Card {
            size,
            theme: if look % 2 == 0 { &LIGHT } else { &DARK },
            lang: Lang::ALL[look % 3],
            caption: Caption { title: title.clone(), lines: vec![title.clone(), String::new()], strong: Some(title) },
            places,
            mark,
            event,
            filling: [Filling::Full, Filling::Half, Filling::Hollow, Filling::Struck][look % 4],
            measured,
        });
        prop_assert!(is_sound(&scene));
        let _ = paint(&scene);
    }

    #[test]
    fn no_map_of_many_breaks(
        size in any_size(),
        places in prop::collection::vec(any_place(), 0..400),
        corners in (-180.0..=180.0_f64, -90.0..=90.0_f64, -180.0..=180.0_f64, -90.0..=90.0_f64),
        with_box in any::<bool>(),
    ) {
        let (west, a, east, b) = corners;
        let bbox = BBox::new(west, a.min(b), east, a.max(b)).ok().filter(|_| with_box);
        let dots = places.into_iter().enumerate().map(|(event, place)| Dot { place, event }).collect();
        let scene = many(&GROUND, &Many { size, bbox, ..of_dots(dots) });
        prop_assert!(is_sound(&scene));
        let _ = paint(&scene);
    }
}
