//! `kordon borders`: what sets there are, what is in one, and how one is built from its source.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use kordon_borders::{BorderSet, Evidence, build_natural_earth, build_osm_maritime};

use crate::output::write_to;
use crate::terminal::say;
use crate::{Done, sets};

/// The border sets.
#[derive(Subcommand)]
pub enum Borders {
    /// List the built-in sets
    List,
    /// Say what a set is: version, licence, accuracy, contents, checksum
    Info(OneSet),
    /// Build the compact file of a set from its npm package
    Build(Build),
    /// Read a set in full and verify its checksum
    Check(OneSet),
}

#[derive(Args)]
pub struct OneSet {
    /// A built-in name or a .kbs file
    set: String,
}

/// Build the two built-in sets from their npm packages. The same input gives the same bytes.
#[derive(Args)]
pub struct Build {
    /// borders.geo.json of @osm_borders/maritime_10m 1.1.0
    #[arg(long, value_name = "FILE")]
    osm: PathBuf,
    /// map.geo.json of @geo-maps/earth-waterbodies-10m 0.6.0, which tells rivers and seas from land
    #[arg(long, value_name = "FILE")]
    waters: PathBuf,
    /// map.geo.json of @geo-maps/countries-maritime-10m 0.6.0, the older edition that tells how accurate each stretch is
    #[arg(long, value_name = "FILE")]
    older: PathBuf,
    /// countries-10m.json of world-atlas 2.0.2
    #[arg(long, value_name = "FILE")]
    natural_earth: PathBuf,
    /// The folder to write to
    #[arg(short, long, value_name = "DIR", default_value = "data/borders")]
    output: PathBuf,
}

impl Build {
    fn run(&self) -> anyhow::Result<()> {
        let read = |path: &PathBuf| std::fs::read(path).with_context(|| path.display().to_string());
        let natural_earth = build_natural_earth(&read(&self.natural_earth)?)
            .with_context(|| self.natural_earth.display().to_string())?;
        let osm = build_osm_maritime(&read(&self.osm)?, &read(&self.waters)?, &read(&self.older)?)
            .with_context(|| {
                format!("{} with {} and {}", self.osm.display(), self.waters.display(), self.older.display())
            })?;
        for (name, bytes) in sets::BUILT_IN.into_iter().zip([osm, natural_earth]) {
            let set = BorderSet::decode(&bytes)?;
            let path = self.output.join(name).with_extension("kbs");
            std::fs::write(&path, &bytes).with_context(|| path.display().to_string())?;
            say(&format!(
                "{}: {} bytes, {} edges, sha256 {}",
                path.display(),
                bytes.len(),
                set.edge_count(),
                set.checksum()
            ));
            if !set.stretches().is_empty() {
                let path = self.output.join("accuracy.csv");
                write_to(Some(&path), |out| write_accuracy(&set, out))?;
            }
        }
        Ok(())
    }
}

impl Borders {
    pub fn run(self) -> anyhow::Result<Done> {
        let mut out = std::io::stdout().lock();
        match self {
            Self::List => {
                for name in sets::BUILT_IN {
                    let set = sets::load(name)?;
                    let info = set.info();
                    writeln!(
                        out,
                        "{name}  {}  {} territories  {} edges  ±{} m  {}",
                        info.version,
                        set.territories().len(),
                        set.edge_count(),
                        info.accuracy_m,
                        info.licence
                    )?;
                }
            }
            Self::Info(OneSet { set: name }) => {
                let set = sets::load(&name)?;
                let mut described = serde_json::to_value(set.info())?;
                described["territories"] = set.territories().len().into();
                described["edges"] = set.edge_count().into();
                described["checksum"] = set.checksum().into();
                writeln!(out, "{}", serde_json::to_string_pretty(&described)?)?;
            }
            Self::Check(OneSet { set: name }) => {
                let set = sets::load(&name)?;
                say(&format!("{name}: sound, sha256 {}", set.checksum()));
            }
            Self::Build(build) => build.run()?,
        }
        Ok(Done::All)
    }
}

/// The table of what each stretch is worth, one row a stretch.
fn write_accuracy(set: &BorderSet, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record([
        "one",
        "other",
        "kind",
        "accuracy_m",
        "unsettled",
        "samples",
        "median_m",
        "p95_m",
        "max_m",
    ])?;
    for stretch in set.stretches() {
        let [one, other] = stretch.between.each_ref().map(|codes| codes.join(";"));
        let evidence = stretch.evidence.as_ref();
        let figure = |of: fn(&Evidence) -> f64| evidence.map(of).map(|meters| meters.to_string());
        table.write_record([
            one,
            other,
            stretch.kind.as_str().to_owned(),
            stretch.accuracy_m.to_string(),
            stretch.unsettled.to_string(),
            evidence.map_or(0, |evidence| evidence.samples).to_string(),
            figure(|evidence| evidence.median_m).unwrap_or_default(),
            figure(|evidence| evidence.p95_m).unwrap_or_default(),
            figure(|evidence| evidence.max_m).unwrap_or_default(),
        ])?;
    }
    table.flush()?;
    Ok(())
}
