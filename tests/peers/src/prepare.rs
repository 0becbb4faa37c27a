//! Territories, borders and places as PostgreSQL's COPY reads them: text, tabs, WKB in hexadecimal.

use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use kordon_borders::BorderSet;

use crate::{ASKED, Class, sovereigns};

/// Well-known binary, little-endian, as hexadecimal digits.
struct Wkb(String);

impl Wkb {
    fn new(kind: u32) -> Self {
        let mut wkb = Self(String::new());
        wkb.begin(kind);
        wkb
    }

    fn begin(&mut self, kind: u32) {
        self.0.push_str("01");
        self.count(kind);
    }

    fn count(&mut self, count: u32) {
        count.to_le_bytes().iter().for_each(|b| write!(self.0, "{b:02x}").expect("a String takes all"));
    }

    fn line(&mut self, points: &[[f64; 2]]) {
        self.count(points.len() as u32);
        for degrees in points.iter().flatten() {
            degrees.to_le_bytes().iter().for_each(|b| write!(self.0, "{b:02x}").expect("a String takes all"));
        }
    }
}

const LINE: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

pub fn write(set: &BorderSet, classes: &[Class], folder: &Path) -> Result<(), Box<dyn Error>> {
    let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let mut out = create("territories.copy")?;
    for territory in set.territories() {
        let id = set.find(&territory.code).ok_or("a territory of the set")?;
        let polygons = set.polygons(id);
        let mut wkb = Wkb::new(MULTI_POLYGON);
        wkb.count(polygons.len() as u32);
        for polygon in &polygons {
            wkb.begin(POLYGON);
            wkb.count(polygon.len() as u32);
            polygon.iter().for_each(|ring| wkb.line(ring));
        }
        writeln!(out, "{}\t{}\t{}", territory.code, territory.sovereign, wkb.0)?;
    }
    out.flush()?;

    // Each border once for each territory that it ends: the seam at the antimeridian is none.
    let mut out = create("lines.copy")?;
    for arc in set.arcs() {
        let mut wkb = Wkb::new(LINE);
        wkb.line(&arc.points);
        for id in arc
            .left
            .iter()
            .filter(|id| !arc.right.contains(id))
            .chain(arc.right.iter().filter(|id| !arc.left.contains(id)))
        {
            let territory = set.territory(*id);
            writeln!(out, "{}\t{}\t{}", territory.code, territory.sovereign, wkb.0)?;
        }
    }
    out.flush()?;

    let mut out = create("places.copy")?;
    for class in classes {
        for (i, place) in class.places[..ASKED].iter().enumerate() {
            let own = sovereigns(set, &set.containing(*place)).join(",");
            writeln!(out, "{i}\t{}\t{}\t{}\t{{{own}}}", class.name, place.lon(), place.lat())?;
        }
    }
    Ok(out.flush()?)
}
