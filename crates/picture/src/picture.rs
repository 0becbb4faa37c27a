//! From pixels to a PNG that says where it comes from.

use crate::paint::Pixels;
use png::{BitDepth, ColorType, Compression, Encoder};

/// What a picture says of itself, as its `tEXt` chunks. Each value is Latin-1; other characters become question marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Who drew it: `tiny-skia`, or `maplibre-rs` and what it drew with.
    pub painter: String,
    /// The border set, its version and the view.
    pub borders: String,
    /// Credit and licence of the border sets.
    pub copyright: String,
    /// What was asked, as a query string or an id.
    pub query: String,
}

/// The bytes of a file.
#[must_use]
pub fn png(pixels: &Pixels, about: &About) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(pixels.rgb.len() / 8);
    let mut encoder = Encoder::new(&mut bytes, pixels.size.width(), pixels.size.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let texts = [
        ("Software", &format!("Kordon {}", env!("CARGO_PKG_VERSION"))),
        ("Kordon-Painter", &about.painter),
        ("Kordon-Borders", &about.borders),
        ("Kordon-Query", &about.query),
        ("Copyright", &about.copyright),
    ];
    for (keyword, text) in texts {
        let latin = text
            .chars()
            .map(|c| if matches!(c, ' '..='~' | '\u{a1}'..='\u{ff}') { c } else { '?' })
            .collect();
        encoder
            .add_text_chunk(keyword.to_owned(), latin)
            .expect("the keyword is short, and the text Latin-1");
    }
    let mut writer = encoder.write_header().expect("a vector takes all bytes, and the size is not zero");
    writer.write_image_data(&pixels.rgb).expect("three bytes for each pixel");
    writer.finish().expect("a vector takes all bytes");
    bytes
}
