//! The program, through its pipes: the same pictures as tiny-skia, the same bytes each time, and nothing that it cannot refuse.
//!
//! Needs a Vulkan or GL driver; Debian's `mesa-vulkan-drivers` has one that needs no graphics card.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use kordon_borders::{BBox, BorderSet, LonLat};
use kordon_picture_scene::{
    Caption, Card, DARK, Dot, Fill, Filling, Ground, LIGHT, Lang, Many, Mark, Measured, Pixels, Reply, Rgb,
    Scene, Size, Theme, card, letter, many, paint, read_frame, read_reply, write_frame, write_scene,
};
use std::io::{BufReader, BufWriter};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, LazyLock};

/// The share of pixels that the two painters may draw otherwise: edges, where one has 4 samples a pixel and the other more.
const MOST_OTHERS: f64 = 0.01;
/// A channel that differs by no more is alike.
const NEAR: u8 = 96;

static GROUND: LazyLock<Ground> = LazyLock::new(|| {
    let (borders, coarse) = (BorderSet::default_set().unwrap(), BorderSet::natural_earth().unwrap());
    Ground::new(Arc::new(borders), Arc::new(coarse))
});

struct Program {
    child: Child,
    scenes: BufWriter<ChildStdin>,
    replies: BufReader<ChildStdout>,
}

impl Program {
    fn start() -> Self {
        Self::by(&mut Command::new(env!("CARGO_BIN_EXE_kordon-picture")))
    }

    fn by(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let scenes = BufWriter::new(child.stdin.take().unwrap());
        let replies = BufReader::new(child.stdout.take().unwrap());
        let mut program = Self { child, scenes, replies };
        match program.reply() {
            Reply::Ready(with) => assert!(with.starts_with("maplibre-rs 0.0.3, "), "{with}"),
            other => panic!("no graphics device here? {other:?}"),
        }
        program
    }

    fn reply(&mut self) -> Reply {
        read_reply(read_frame(&mut self.replies).unwrap().unwrap()).unwrap()
    }

    fn send(&mut self, frame: &[u8]) -> Reply {
        write_frame(&mut self.scenes, frame).unwrap();
        self.reply()
    }

    fn draw(&mut self, scene: &Scene) -> Pixels {
        match self.send(&write_scene(scene)) {
            Reply::Pixels(rgba) => letter(scene, &rgba).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn place(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

fn izmail(theme: &Theme, size: Size) -> Scene {
    let port = place(28.8372, 45.3312);
    let to = GROUND.borders().nearest_foreign(port, f64::INFINITY).unwrap().point;
    card(
        &GROUND,
        &Card {
            size,
            theme,
            lang: Lang::Uk,
            caption: Caption { title: "Порт Ізмаїл".into(), ..Caption::default() },
            places: vec![port],
            mark: Mark::Within(500.0),
            event: 0,
            filling: Filling::Half,
            measured: Some(Measured { from: port, to, told: "0,1–1,4 км".into() }),
        },
    )
}

fn dots(count: u32) -> Scene {
    let share = |number: u32| f64::from(number.wrapping_mul(2_654_435_769)) / f64::from(u32::MAX);
    let dots = (0..count).map(|number| Dot {
        place: place(22.0 + 18.0 * share(number), 44.5 + 7.5 * share(number.wrapping_mul(77) + 1)),
        event: number as usize % 9,
    });
    of_dots(dots.collect(), None)
}

fn of_dots(dots: Vec<Dot>, bbox: Option<BBox>) -> Scene {
    let caption = Caption { title: format!("{} incidents", dots.len()), ..Caption::default() };
    many(
        &GROUND,
        &Many { size: Size::CARD, theme: &LIGHT, lang: Lang::En, caption, dots, bbox, legend: Vec::new() },
    )
}

#[test]
fn both_painters_draw_the_same_but_for_the_softness_of_edges() {
    let mut program = Program::start();
    for (name, scene) in [
        ("Izmail", izmail(&LIGHT, Size::CARD)),
        ("Izmail in the dark", izmail(&DARK, Size::CARD)),
        ("Izmail, small", izmail(&LIGHT, Size::new(500, 400).unwrap())),
        ("Izmail, large", izmail(&LIGHT, Size::new(2_400, 1_200).unwrap())),
        ("Fiji", of_dots(Vec::new(), Some(BBox::new(176.0, -20.0, -178.0, -15.0).unwrap()))),
        ("a pole", of_dots(vec![Dot { place: place(0.0, -90.0), event: 1 }], None)),
        ("three hundred", dots(300)),
        ("ten thousand", dots(10_000)),
    ] {
        let (theirs, ours) = (program.draw(&scene), paint(&scene));
        let differ = theirs.differ(&ours, NEAR);
        println!(
            "{name}: {:.4} % differ by more than {NEAR}, {:.3} % at all",
            100.0 * differ,
            100.0 * theirs.differ(&ours, 0)
        );
        assert!(differ < MOST_OTHERS, "{name}: {differ} of the pixels are others");
    }
    // All coasts and borders of the world are more than there is room for; the server leaves such a picture to tiny-skia.
    let world = of_dots(Vec::new(), Some(BBox::new(-180.0, -85.0, 180.0, 85.0).unwrap()));
    let reply = program.send(&write_scene(&world));
    assert!(matches!(&reply, Reply::Refused(why) if why.contains("triangles")), "{reply:?}");
}

#[test]
fn the_same_scene_has_the_same_bytes_whatever_was_drawn_before_and_without_a_network() {
    let mut program = Program::start();
    let scene = izmail(&DARK, Size::CARD);
    let first = program.draw(&scene);
    program.draw(&dots(3_000));
    assert!(program.draw(&scene) == first);
    assert!(Program::start().draw(&scene) == first, "another process");
    // A network namespace of its own, in which there is not even a loopback.
    let mut alone = Command::new("unshare");
    alone.args(["--map-root-user", "--net", env!("CARGO_BIN_EXE_kordon-picture")]);
    assert!(Program::by(&mut alone).draw(&scene) == first, "without a network");
}

#[test]
fn what_cannot_be_drawn_is_refused_and_the_next_scene_is_drawn() {
    let mut program = Program::start();
    let mut huge = Fill::new(Rgb(1, 2, 3));
    for _ in 0..150_000 {
        huge.rectangle([0.0, 0.0, 5.0, 5.0]);
    }
    let scene = izmail(&LIGHT, Size::CARD);
    let with = |fills| Scene { fills, labels: Vec::new(), ..scene.clone() };
    let mut far = Fill::new(Rgb(1, 2, 3));
    far.shape([
        [f32::MAX, f32::MIN],
        [f32::MIN, f32::MAX],
        [f32::MAX, f32::MAX],
        [0.0, f32::MIN],
        [f32::MIN, 0.0],
    ]);
    for frame in [
        b"nonsense".to_vec(),
        Vec::new(),
        write_scene(&with(vec![huge])),
        write_scene(&with((0..500).map(|_| Fill::new(Rgb(0, 0, 0))).collect())),
    ] {
        assert!(matches!(program.send(&frame), Reply::Refused(_)));
    }
    assert!(matches!(program.send(&write_scene(&with(vec![far]))), Reply::Refused(_) | Reply::Pixels(_)));
    let whole = write_scene(&scene);
    for cut in (0..whole.len()).step_by(whole.len() / 50) {
        let mut broken = whole.clone();
        broken[cut] ^= 0x55;
        // Whatever it means now, there is one reply to it.
        assert!(matches!(program.send(&broken), Reply::Refused(_) | Reply::Pixels(_)));
    }
    assert!(program.draw(&scene).differ(&paint(&scene), NEAR) < MOST_OTHERS);
}

#[test]
fn memory_stays_as_it_is_over_a_thousand_pictures() {
    let mut program = Program::start();
    let scene = izmail(&LIGHT, Size::CARD);
    for _ in 0..100 {
        program.draw(&scene);
    }
    let before = program.memory_kib();
    for _ in 0..1_000 {
        assert!(matches!(program.send(&write_scene(&scene)), Reply::Pixels(_)));
    }
    let after = program.memory_kib();
    println!("{before} KiB after 100 pictures, {after} KiB after 1 100");
    assert!(after < before + before / 10, "{before} KiB, then {after} KiB");
}
