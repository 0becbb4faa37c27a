//! `kordon export`: the public incidents that match, in a form that others read.
//!
//! Written a few at a time, so memory stays bounded, and through a new file that takes the old one's place when it is
//! complete. What the public may not see is counted on the terminal, never written: whoever publishes the file must not
//! tell by it that there is more.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{Args, ValueEnum};
use kordon_incidents::{
    About, Csv, FlatGeobuf, Form, GeoParquet, Kml, Layer, Layout, PmTiles, Shown, TableOptions, Tileset,
    csvw, hilbert_of, is_language, tile_id,
};
use kordon_server::{Asked, described, features};
use kordon_store::{Hit, Query};
use rayon::prelude::*;

use crate::filter::Filter;
use crate::find::{look_into, named};
use crate::output::{file, write_to};
use crate::terminal::say;
use crate::when::WhenArgs;
use crate::{Done, StoreArg};

/// Records turned into another form at a time.
const CHUNK: usize = 500;

/// Write incidents to a file.
#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    when: WhenArgs,
    #[command(flatten)]
    store: StoreArg,
    /// Where to write; stdout when absent
    #[arg(short, long, env = "KORDON_OUTPUT", value_name = "FILE")]
    output: Option<PathBuf>,
    /// The format; without it, the file's name tells
    #[arg(long, env = "KORDON_FORMAT", value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    table: Table,
    /// The deepest zoom of tiles; a map shows that one enlarged beyond
    #[arg(long, env = "KORDON_MAX_ZOOM", value_name = "Z", default_value_t = 12, value_parser = clap::value_parser!(u8).range(0..=16))]
    max_zoom: u8,
    /// The language of texts, or the nearest to it there is
    #[arg(long, env = "KORDON_LANG", value_name = "TAG", default_value = "en")]
    lang: String,
}

/// How a table is written.
#[derive(Args)]
struct Table {
    /// Begin a table with a byte order mark, by which a spreadsheet knows UTF-8
    #[arg(long, env = "KORDON_BOM")]
    bom: bool,
    /// Put a row of HXL tags below the names of a table
    #[arg(long, env = "KORDON_HXL")]
    hxl: bool,
    /// Name the columns of a table as another dataset does
    #[arg(long, env = "KORDON_PROFILE", value_parser = clap::builder::PossibleValuesParser::new(Layout::WORDS))]
    profile: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Geojson,
    Geojsonseq,
    Csv,
    /// CSV with a row of HXL tags
    Hxl,
    /// With an index of places, for GDAL, QGIS and maps that read ranges
    Flatgeobuf,
    Geoparquet,
    Kml,
    /// Vector tiles in one file, which a map reads from any web server
    Pmtiles,
}

impl Format {
    fn of(path: Option<&Path>) -> anyhow::Result<Format> {
        let Some(ending) = path.and_then(Path::extension) else { return Ok(Format::Geojson) };
        match ending.to_string_lossy().as_ref() {
            "geojson" | "json" => Ok(Format::Geojson),
            "geojsonseq" | "geojsons" => Ok(Format::Geojsonseq),
            "csv" => Ok(Format::Csv),
            "fgb" => Ok(Format::Flatgeobuf),
            "parquet" | "geoparquet" => Ok(Format::Geoparquet),
            "kml" => Ok(Format::Kml),
            "pmtiles" => Ok(Format::Pmtiles),
            other => bail!(
                ".{other} is no format that is written here: .geojson, .geojsonseq, .csv, .fgb, .parquet, .kml or .pmtiles; \
                 or say --format"
            ),
        }
    }

    fn is_table(self) -> bool {
        matches!(self, Format::Csv | Format::Hxl)
    }
}

impl Table {
    fn options(&self, format: Format) -> anyhow::Result<TableOptions> {
        let options = TableOptions {
            layout: self.profile.as_deref().and_then(|word| word.parse().ok()).unwrap_or_default(),
            bom: self.bom,
            hxl: self.hxl || format == Format::Hxl,
        };
        if !format.is_table() && options != TableOptions::default() {
            bail!("--bom, --hxl and --profile say how a table is written: add --format csv");
        }
        Ok(options)
    }
}

impl Export {
    pub fn run(self) -> anyhow::Result<Done> {
        let (store, borders, whole) = look_into(&self.store)?;
        let query = self.filter.query(&borders)?;
        let output = self.output.as_deref().and_then(file);
        let format = match self.format {
            Some(format) => format,
            None => Format::of(output)?,
        };
        let table = self.table.options(format)?;
        if !is_language(&self.lang) {
            bail!("--lang: {:?} is no language tag such as en, uk or ro", self.lang);
        }
        let asked = self.when.ask(&store)?;
        let matched = asked.snapshot.count(&query);
        let about = asked.about(&borders, &self.filter.words(), matched, None);
        let export = Task {
            asked: &asked,
            query,
            about: &about,
            table,
            language: &self.lang,
            max_zoom: self.max_zoom,
            output,
        };
        let written = write_to(output, |out| export.write(format, out))?;
        if let Some(path) = output.filter(|_| format.is_table()) {
            describe_beside(path, table, &about)?;
        }
        let info = borders.info();
        // Of staff's view there is no past.
        let withheld = match asked.is_now {
            true => format!(
                "{} records of the store are withheld from the public; ",
                store.full().len() - asked.snapshot.len()
            ),
            false => String::new(),
        };
        say(&format!(
            "wrote {written} incidents; {withheld}borders {} {}, {}, {}{}",
            info.name,
            info.version,
            info.licence,
            info.attribution,
            named(&asked)
        ));
        Ok(whole)
    }
}

/// Writes the description of a table where CSV on the Web looks for it: beside the file, with this ending.
fn describe_beside(path: &Path, table: TableOptions, about: &About) -> anyhow::Result<()> {
    let Some(name) = path.file_name() else { return Ok(()) };
    let mut beside = OsString::from(name);
    beside.push("-metadata.json");
    let told = csvw(&name.to_string_lossy(), table, about);
    write_to(Some(&path.with_file_name(beside)), |out| Ok(writeln!(out, "{told:#}")?))
}

/// Appends what was written aside.
fn append(aside: BufWriter<File>, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut aside = aside.into_inner().map_err(|error| error.into_error())?;
    aside.seek(SeekFrom::Start(0))?;
    std::io::copy(&mut aside, out)?;
    Ok(())
}

/// What is to be written.
struct Task<'a> {
    asked: &'a Asked,
    query: Query,
    about: &'a About,
    table: TableOptions,
    language: &'a str,
    max_zoom: u8,
    output: Option<&'a Path>,
}

impl Task<'_> {
    fn write(&self, format: Format, out: &mut dyn Write) -> anyhow::Result<usize> {
        match format {
            Format::Geojson => self.geojson(out),
            Format::Geojsonseq => self.sequence(out),
            Format::Csv | Format::Hxl => self.form(&mut Csv(self.table), &self.in_order(), out),
            Format::Kml => self.form(&mut Kml::new(self.about), &self.in_order(), out),
            Format::Geoparquet => self.geoparquet(out),
            Format::Flatgeobuf => self.flatgeobuf(out),
            Format::Pmtiles => self.pmtiles(out),
        }
    }

    fn in_order(&self) -> Vec<Hit> {
        self.asked.snapshot.hits(&self.query).rows
    }

    /// All that match, near ones near each other: so a reader of a region needs few ranges of the file. Those of one place stay in
    /// order.
    fn by_place(&self) -> Vec<Hit> {
        let snapshot = &self.asked.snapshot;
        let mut hits = self.in_order();
        hits.par_sort_by_cached_key(|hit| hilbert_of(snapshot.places(*hit)));
        hits
    }

    fn geoparquet(&self, out: &mut dyn Write) -> anyhow::Result<usize> {
        self.form(&mut GeoParquet::new(self.about), &self.by_place(), out)
    }

    /// The features go to a file of their own first, since the index stands before them.
    fn flatgeobuf(&self, out: &mut dyn Write) -> anyhow::Result<usize> {
        let hits = self.by_place();
        let mut form = FlatGeobuf::indexed(self.about, self.layer(&hits));
        let mut features = BufWriter::new(self.aside()?);
        let written = self.form(&mut form, &hits, &mut features)?;
        form.write_head(out)?;
        append(features, out)?;
        Ok(written)
    }

    fn layer(&self, hits: &[Hit]) -> Layer {
        Layer::of(hits.iter().map(|hit| self.asked.snapshot.places(*hit)))
    }

    fn pmtiles(&self, out: &mut dyn Write) -> anyhow::Result<usize> {
        let snapshot = &self.asked.snapshot;
        let mut tiles: Vec<(u64, (u8, u32, u32))> = snapshot
            .tiles_with(&self.query, self.max_zoom)
            .into_iter()
            .map(|(z, x, y)| (tile_id(z, x, y), (z, x, y)))
            .collect();
        tiles.par_sort_unstable();
        let mut archive = PmTiles::default();
        let mut bodies = BufWriter::new(self.aside()?);
        for some in tiles.chunks(CHUNK) {
            let made: Vec<Vec<u8>> =
                some.par_iter().map(|&(_, (z, x, y))| snapshot.tile(&self.query, z, x, y)).collect();
            for ((id, _), tile) in some.iter().zip(made).filter(|(_, tile)| !tile.is_empty()) {
                archive.add(*id, &tile, &mut bodies)?;
            }
        }
        let hits = self.in_order();
        let bounds = self.layer(&hits).envelope();
        let set = Tileset {
            zooms: [0, self.max_zoom],
            bounds: bounds.unwrap_or([-180.0, -85.0, 180.0, 85.0]),
            metadata: self.about.to_tilejson(self.max_zoom),
        };
        archive.write_head(&set, out)?;
        append(bodies, out)?;
        Ok(hits.len())
    }

    /// A file without a name, where the output will be.
    fn aside(&self) -> anyhow::Result<File> {
        Ok(match self.output.and_then(Path::parent) {
            Some(folder) if !folder.as_os_str().is_empty() => tempfile::tempfile_in(folder)?,
            Some(_) => tempfile::tempfile_in(".")?,
            None => tempfile::tempfile()?,
        })
    }

    fn geojson(&self, out: &mut dyn Write) -> anyhow::Result<usize> {
        out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
        let mut before: &[u8] = b"\n";
        let written = self.features(|feature| {
            out.write_all(before)?;
            before = b",\n";
            out.write_all(feature.as_bytes())
        })?;
        out.write_all(b"\n]")?;
        if let (Some(name), Some(citation)) = (&self.about.snapshot, &self.about.citation) {
            let [citation, licences] =
                [citation, &self.about.licences()].map(|text| serde_json::Value::from(text.as_str()));
            write!(out, r#","snapshot":"{name}","citation":{citation},"licences":{licences}"#)?;
        }
        out.write_all(b"}\n")?;
        Ok(written)
    }

    fn sequence(&self, out: &mut dyn Write) -> anyhow::Result<usize> {
        self.features(|feature| {
            out.write_all(b"\x1e")?;
            out.write_all(feature.as_bytes())?;
            out.write_all(b"\n")
        })
    }

    /// Hands out all documents in order; says how many there were.
    fn features(&self, mut each: impl FnMut(&str) -> std::io::Result<()>) -> anyhow::Result<usize> {
        let snapshot = &self.asked.snapshot;
        let hits = self.in_order();
        for some in hits.chunks(CHUNK) {
            let mut done = Ok(());
            features(snapshot, &snapshot.rows(&self.query, some), |feature| {
                if done.is_ok() {
                    done = each(feature);
                }
            })?;
            done?;
        }
        Ok(hits.len())
    }

    /// Any form that is written one incident after the other.
    fn form(&self, form: &mut dyn Form, hits: &[Hit], out: &mut dyn Write) -> anyhow::Result<usize> {
        let (snapshot, mut piece) = (&self.asked.snapshot, Vec::new());
        let name = self.about.snapshot.as_deref().unwrap_or_default();
        form.begin(&mut piece)?;
        for some in hits.chunks(CHUNK) {
            for described in &described(snapshot, &snapshot.rows(&self.query, some))? {
                form.add(Shown { described, language: self.language, snapshot: name }, &mut piece)?;
            }
            out.write_all(&piece)?;
            piece.clear();
        }
        form.end(&mut piece)?;
        out.write_all(&piece)?;
        Ok(hits.len())
    }
}
