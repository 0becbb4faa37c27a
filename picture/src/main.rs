//! Paints maps with maplibre-rs: reads scenes on standard input, writes pixels on standard output.
//!
//! A frame is a length and so many bytes (`crates/picture/src/wire.rs`). The first frame out says with what is drawn, or why nothing
//! can be drawn here; then each scene in has one reply out. At the end of its input the program ends. It reads no file but those of
//! the graphics driver, and opens no connection: the one function of maplibre-rs that would is called nowhere.
//!
//! What breaks in the tessellator is refused and the next scene is drawn. What breaks in the graphics driver ends the
//! program; whoever started it starts it again.

mod layers; // polygons as triangles
mod renderer; // triangles as pixels

use kordon_picture_scene::{BadFrame, Reply, read_frame, read_scene, write_frame, write_reply};
use renderer::Renderer;
use std::io::{BufReader, BufWriter, Write};
use std::panic::catch_unwind;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut scenes = BufReader::new(std::io::stdin().lock());
    let mut replies = BufWriter::new(std::io::stdout().lock());
    match paint_all(&mut scenes, &mut replies) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kordon-picture: {error}");
            ExitCode::FAILURE
        }
    }
}

fn paint_all(scenes: &mut impl std::io::Read, replies: &mut impl Write) -> Result<(), BadFrame> {
    let mut reply = |reply: &Reply| write_frame(replies, &write_reply(reply));
    // Without a graphics device maplibre-rs panics.
    let Ok(mut renderer) = catch_unwind(Renderer::new) else {
        return reply(&Reply::Refused(
            "there is no graphics device that maplibre-rs can draw with".to_owned(),
        ));
    };
    reply(&Reply::Ready(renderer.draws_with()))?;
    while let Some(frame) = read_frame(scenes)? {
        let scene = match read_scene(&frame) {
            Ok(scene) => scene,
            Err(error) => {
                reply(&Reply::Refused(error.to_string()))?;
                continue;
            }
        };
        match catch_unwind(|| layers::of(&scene)) {
            Ok(Ok(layers)) => reply(&Reply::Pixels(renderer.draw(scene.size, layers)))?,
            Ok(Err(refused)) => reply(&Reply::Refused(refused.to_string()))?,
            Err(_) => reply(&Reply::Refused("the tessellator broke".to_owned()))?,
        }
    }
    Ok(())
}
