//! Scenes and pixels as bytes on a pipe: what the server and the program `kordon-picture` say to each other.
//!
//! A frame is a length in four bytes, little end first, and so many bytes. The server writes scenes; the program answers each with a
//! [`Reply`]. Only fills are sent: labels need fonts, which the program does not have. Both ends check all of it: a length is
//! bounded before a byte of it is read, and every number that leads into a list is within the list.

use crate::scene::{Fill, Point, Rgb, Scene, Size};
use std::io::{self, Read, Write};

/// The longest frame, in bytes: some three million points, or the largest picture.
pub const MOST_FRAME_BYTES: u32 = 32 * 1024 * 1024;
/// The begin of every scene: the version of this form.
const MAGIC: &[u8; 4] = b"KSC1";

/// Why a frame cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadFrame {
    /// The pipe broke.
    #[error("the pipe broke: {0}")]
    Io(#[from] io::Error),
    /// A frame that would be too long.
    #[error("a frame of {0} bytes; at most {MOST_FRAME_BYTES} are taken")]
    TooLong(u64),
    /// It does not begin as a scene does.
    #[error("not a scene of this version")]
    NotAScene,
    /// It ends before it should, or goes on behind its end.
    #[error("a frame with too few or too many bytes")]
    Length,
    /// A size, a point or a number of a list that cannot be.
    #[error("a frame that says what cannot be: {0}")]
    Unsound(&'static str),
}

/// What the program says to a scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is ready, and draws with this.
    Ready(String),
    /// The picture: four bytes a pixel, red, green, blue and 255, row by row.
    Pixels(Vec<u8>),
    /// It cannot draw this scene.
    Refused(String),
}

/// Reads one frame; `None` at the end of the pipe.
///
/// # Errors
///
/// [`BadFrame`] when the pipe breaks within a frame, or one is too long.
pub fn read_frame(from: &mut impl Read) -> Result<Option<Vec<u8>>, BadFrame> {
    let mut length = [0; 4];
    let mut have = 0;
    while have < length.len() {
        match from.read(&mut length[have..])? {
            0 if have == 0 => return Ok(None),
            0 => return Err(BadFrame::Length),
            more => have += more,
        }
    }
    let length = u32::from_le_bytes(length);
    if length > MOST_FRAME_BYTES {
        return Err(BadFrame::TooLong(length.into()));
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

/// Writes one frame.
///
/// # Errors
///
/// [`BadFrame`] when the pipe breaks, or the frame is too long.
pub fn write_frame(to: &mut impl Write, bytes: &[u8]) -> Result<(), BadFrame> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= MOST_FRAME_BYTES);
    let length = length.ok_or(BadFrame::TooLong(bytes.len() as u64))?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(bytes)?;
    to.flush()?;
    Ok(())
}

/// The fills of a scene as the bytes of a frame.
#[must_use]
pub fn write_scene(scene: &Scene) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let number = |bytes: &mut Vec<u8>, number: u32| bytes.extend(number.to_le_bytes());
    number(&mut bytes, scene.size.width());
    number(&mut bytes, scene.size.height());
    number(&mut bytes, color_number(scene.background));
    number(&mut bytes, scene.fills.len() as u32);
    for fill in &scene.fills {
        number(&mut bytes, color_number(fill.color));
        for length in [fill.points.len(), fill.rings.len(), fill.shapes.len()] {
            number(&mut bytes, length as u32);
        }
        for part in fill.points.iter().flatten() {
            bytes.extend(part.to_le_bytes());
        }
        for end in fill.rings.iter().chain(&fill.shapes) {
            number(&mut bytes, *end);
        }
    }
    bytes
}

/// A scene without labels, from the bytes of a frame.
///
/// # Errors
///
/// [`BadFrame`] unless [`write_scene`] could have written it.
pub fn read_scene(bytes: &[u8]) -> Result<Scene, BadFrame> {
    let mut rest = bytes.strip_prefix(MAGIC).ok_or(BadFrame::NotAScene)?;
    let (width, height) = (take(&mut rest)?, take(&mut rest)?);
    let size = Size::new(width, height).map_err(|_| BadFrame::Unsound("a size out of bounds"))?;
    let background = color_of(take(&mut rest)?)?;
    let mut fills = Vec::new();
    for _ in 0..take(&mut rest)? {
        let color = color_of(take(&mut rest)?)?;
        let [points, rings, shapes] = [take(&mut rest)?, take(&mut rest)?, take(&mut rest)?];
        let points = list(&mut rest, points, 8, |at| -> Point { [float(&at[..4]), float(&at[4..])] })?;
        if !points.iter().flatten().all(|part| part.is_finite()) {
            return Err(BadFrame::Unsound("a point that is no number"));
        }
        let rings = list(&mut rest, rings, 4, whole)?;
        let shapes = list(&mut rest, shapes, 4, whole)?;
        if !leads_into(&rings, points.len(), 3) || !leads_into(&shapes, rings.len(), 1) {
            return Err(BadFrame::Unsound("rings that are not there"));
        }
        fills.push(Fill { color, points, rings, shapes });
    }
    if !rest.is_empty() {
        return Err(BadFrame::Length);
    }
    Ok(Scene { size, background, fills, labels: Vec::new() })
}

/// A reply as the bytes of a frame.
#[must_use]
pub fn write_reply(reply: &Reply) -> Vec<u8> {
    let (kind, body): (u8, &[u8]) = match reply {
        Reply::Ready(with) => (b'R', with.as_bytes()),
        Reply::Pixels(pixels) => (b'P', pixels),
        Reply::Refused(why) => (b'E', why.as_bytes()),
    };
    [&[kind], body].concat()
}

/// A reply, from the bytes of a frame.
///
/// # Errors
///
/// [`BadFrame`] for what is none.
pub fn read_reply(mut bytes: Vec<u8>) -> Result<Reply, BadFrame> {
    if bytes.is_empty() {
        return Err(BadFrame::Length);
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match bytes.remove(0) {
        b'R' => Ok(Reply::Ready(text(&bytes))),
        b'P' => Ok(Reply::Pixels(bytes)),
        b'E' => Ok(Reply::Refused(text(&bytes))),
        _ => Err(BadFrame::Unsound("a reply of an unknown kind")),
    }
}

fn color_number(color: Rgb) -> u32 {
    u32::from_le_bytes([color.0, color.1, color.2, 255])
}

fn color_of(number: u32) -> Result<Rgb, BadFrame> {
    match number.to_le_bytes() {
        [r, g, b, 255] => Ok(Rgb(r, g, b)),
        _ => Err(BadFrame::Unsound("a colour that is not opaque")),
    }
}

fn take(rest: &mut &[u8]) -> Result<u32, BadFrame> {
    let (head, tail) = rest.split_at_checked(4).ok_or(BadFrame::Length)?;
    *rest = tail;
    Ok(whole(head))
}

fn whole(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|at| bytes[at]))
}

fn float(bytes: &[u8]) -> f32 {
    f32::from_bits(whole(bytes))
}

/// So many things of so many bytes each; nothing is allocated for what is not there.
fn list<T>(rest: &mut &[u8], count: u32, each: usize, read: impl Fn(&[u8]) -> T) -> Result<Vec<T>, BadFrame> {
    let length = (count as usize).checked_mul(each).ok_or(BadFrame::Length)?;
    let (head, tail) = rest.split_at_checked(length).ok_or(BadFrame::Length)?;
    *rest = tail;
    Ok(head.chunks_exact(each).map(read).collect())
}

/// Whether these are the ends of runs of at least so many, of which the last ends with the list.
fn leads_into(ends: &[u32], length: usize, least: u32) -> bool {
    let mut before = 0;
    for &end in ends {
        if end < before + least {
            return false;
        }
        before = end;
    }
    before as usize == length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scene() -> Scene {
        let mut fill = Fill::new(Rgb(1, 2, 3));
        fill.ring([[0.0, 0.0], [900.0, -5.5], [9.0, 9.0]]);
        fill.ring([[3.0, 1.0], [4.0, 2.0], [4.0, 1.0]]);
        fill.end_shape();
        fill.rectangle([0.0, 0.0, 1.0, 1.0]);
        Scene {
            size: Size::CARD,
            background: Rgb(9, 8, 7),
            fills: vec![fill, Fill::new(Rgb(0, 0, 0))],
            labels: Vec::new(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read_scene(&write_scene(&scene())).unwrap(), scene());
        for reply in
            [Reply::Ready("llvmpipe".into()), Reply::Pixels(vec![1, 2, 3, 255]), Reply::Refused("no".into())]
        {
            assert_eq!(read_reply(write_reply(&reply)).unwrap(), reply);
        }
        let mut pipe = Vec::new();
        write_frame(&mut pipe, b"abc").unwrap();
        write_frame(&mut pipe, b"").unwrap();
        let mut pipe = pipe.as_slice();
        assert_eq!(read_frame(&mut pipe).unwrap().unwrap(), b"abc");
        assert_eq!(read_frame(&mut pipe).unwrap().unwrap(), b"");
        assert!(read_frame(&mut pipe).unwrap().is_none());
    }

    #[test]
    fn a_frame_that_is_cut_or_says_it_is_huge_is_refused_before_it_is_read() {
        assert!(matches!(read_frame(&mut [1, 0].as_slice()), Err(BadFrame::Length)));
        assert!(matches!(read_frame(&mut [9, 0, 0, 0, 1].as_slice()), Err(BadFrame::Io(_))));
        assert!(matches!(read_frame(&mut [255; 4].as_slice()), Err(BadFrame::TooLong(_))));
        let whole = write_scene(&scene());
        for length in 0..whole.len() {
            assert!(read_scene(&whole[..length]).is_err(), "{length}");
        }
        assert!(read_scene(&[whole.as_slice(), &[0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn changed_bytes_give_a_sound_scene_or_none(at in 0_usize..200, byte in 0_u8..=255) {
            let mut bytes = write_scene(&scene());
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(read) = read_scene(&bytes) {
                let points: usize = read.fills.iter().flat_map(Fill::shapes).flatten().map(<[_]>::len).sum();
                prop_assert_eq!(points, read.fills.iter().map(Fill::point_count).sum::<usize>());
            }
        }
    }
}
