//! `kordon borders`: what sets there are, what is in one, how one is added, and how the built-in ones are built.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{ArgGroup, Args, Subcommand};
use comfy_table::{Table, TableStyle};
use kordon_borders::{
    BorderSet, BuildError, Day, Evidence, Kind, LonLat, Reading, SetInfo, TerritoryId, build_natural_earth,
    build_osm_coastline, build_osm_maritime,
};
use kordon_store::{BorderSets, Listed};
use sha2::{Digest, Sha256};

use crate::output::write_to;
use crate::terminal::say;
use crate::{Done, StoreArg, sets};

/// The border sets.
#[derive(Subcommand)]
pub enum Borders {
    /// List the built-in sets and those installed beside the store
    List(List),
    /// Say what a set is: version, licence, accuracy, validity, contents, checksum
    Info(OneSet),
    /// Install a set of your own from GeoJSON, or a ready .kbs file, beside the store
    Add(Box<Add>),
    /// Build the built-in sets from their npm packages
    Build(Build),
    /// Read a set in full and verify its checksum
    Check(OneSet),
}

#[derive(Args)]
pub struct List {
    #[command(flatten)]
    store: StoreArg,
}

#[derive(Args)]
pub struct OneSet {
    /// A name that `kordon borders list` shows, or a .kbs file
    set: String,
    #[command(flatten)]
    store: StoreArg,
}

/// Build the sets whose sources are given: the default one (--older) with the table of its accuracy, the coarse one
/// (--natural-earth), that of land (--coastline). The same input gives the same bytes.
#[derive(Args)]
#[command(group(ArgGroup::new("sets").args(["older", "coastline", "natural_earth"]).required(true).multiple(true)))]
pub struct Build {
    /// borders.geo.json of @osm_borders/maritime_10m 1.1.0
    #[arg(long, value_name = "FILE")]
    osm: Option<PathBuf>,
    /// map.geo.json of @geo-maps/earth-waterbodies-10m 0.6.0, which tells rivers and seas from land
    #[arg(long, value_name = "FILE")]
    waters: Option<PathBuf>,
    /// map.geo.json of @geo-maps/countries-maritime-10m 0.6.0, the older edition that tells how accurate each stretch is
    #[arg(long, value_name = "FILE", requires_all = ["osm", "waters"])]
    older: Option<PathBuf>,
    /// map.geo.json of @geo-maps/countries-coastline-10m 0.6.0, countries without their seas
    #[arg(long, value_name = "FILE", requires_all = ["osm", "waters"])]
    coastline: Option<PathBuf>,
    /// countries-10m.json of world-atlas 2.0.2
    #[arg(long, value_name = "FILE")]
    natural_earth: Option<PathBuf>,
    /// The folder to write to
    #[arg(short, long, value_name = "DIR", default_value = "data/borders")]
    output: PathBuf,
}

/// Install a set: any polygons with codes, such as admin units, front lines, exclusion zones, borders of the past.
#[derive(Args)]
pub struct Add {
    /// A GeoJSON FeatureCollection of polygons, or a .kbs file, which describes itself
    file: PathBuf,
    /// The name to ask for it by: lower-case letters, digits, '.', '_', '-'
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How far a line may lie from the truth, in meters
    #[arg(long, value_name = "METERS")]
    accuracy_m: Option<f64>,
    /// The licence of the data, an SPDX identifier where there is one
    #[arg(long, value_name = "LICENCE")]
    licence: Option<String>,
    /// The credit that must stand beside a map made of it
    #[arg(long, value_name = "TEXT")]
    attribution: Option<String>,
    /// One line for people; the name when absent
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The version of the data; "1" when absent
    #[arg(long, value_name = "TEXT")]
    edition: Option<String>,
    /// The first day on which these were the borders
    #[arg(long, value_name = "YYYY-MM-DD")]
    valid_from: Option<Day>,
    /// The last day on which these were the borders
    #[arg(long, value_name = "YYYY-MM-DD")]
    valid_to: Option<Day>,
    /// The property that holds a territory's code; by default isoA3, iso_a3, ISO_A3, ADM0_A3, A3, code, the id or name
    #[arg(long, value_name = "PROPERTY")]
    code: Option<String>,
    /// Where only one territory ends lies the sea
    #[arg(long)]
    coast: bool,
    /// Put it in the place of an installed set of the same name
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    store: StoreArg,
}

impl Borders {
    pub fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::List(List { store }) => list(&store.store)?,
            Self::Info(OneSet { set, store }) => info(&set, &store.store)?,
            Self::Check(OneSet { set: name, store }) => {
                let set = sets::load(&name, &store.store)?;
                say(&format!("{name}: sound, sha256 {}", set.checksum()));
            }
            Self::Add(add) => add.run()?,
            Self::Build(build) => build.run()?,
        }
        Ok(Done::All)
    }
}

fn list(store: &Path) -> anyhow::Result<()> {
    let mut table = Table::new();
    let header = ["set", "version", "territories", "size", "accuracy", "valid", "licence"];
    table.load_style(TableStyle::new()).set_header(header);
    for Listed { name, path, bytes, summary } in BorderSets::of_store(store).list()? {
        let size = format!("{:.1} MB", bytes as f64 / 1e6);
        match summary {
            Ok(summary) => {
                let info = summary.info;
                let place = if path.is_some() { "" } else { " (built in)" };
                table.add_row([
                    format!("{name}{place}"),
                    info.version.clone(),
                    summary.territories.to_string(),
                    size,
                    format!("{} m", info.accuracy_m),
                    validity(&info),
                    info.licence,
                ]);
            }
            Err(why) => say(&format!("{name}: {why}")),
        }
    }
    writeln!(std::io::stdout().lock(), "{table}")?;
    Ok(())
}

fn validity(info: &SetInfo) -> String {
    let day = |day: Option<Day>| day.map_or("..".to_owned(), |day| day.to_string());
    match (info.valid_from, info.valid_to) {
        (None, None) => String::new(),
        (from, to) => format!("{}/{}", day(from), day(to)),
    }
}

fn info(name: &str, store: &Path) -> anyhow::Result<()> {
    let set = sets::load(name, store)?;
    let mut described = serde_json::to_value(set.info())?;
    let stretches = set.stretches();
    let mut accuracies: Vec<f64> = stretches.iter().map(|stretch| stretch.accuracy_m).collect();
    accuracies.sort_by(f64::total_cmp);
    described["territories"] = set.territories().len().into();
    described["edges"] = set.edge_count().into();
    described["checksum"] = set.checksum().into();
    if let [least, .., greatest] = accuracies[..] {
        described["stretches"] = serde_json::json!({
            "count": stretches.len(),
            "unsettled": stretches.iter().filter(|stretch| stretch.unsettled).count(),
            "accuracy_m": { "least": least, "median": accuracies[accuracies.len() / 2], "greatest": greatest },
        });
    }
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string_pretty(&described)?)?;
    Ok(())
}

impl Add {
    fn run(&self) -> anyhow::Result<()> {
        let installed = BorderSets::of_store(&self.store.store);
        let name = || self.file.display().to_string();
        let bytes = std::fs::read(&self.file).with_context(name)?;
        let bytes = if bytes.starts_with(b"KORDONBS") {
            self.only_for_geojson()?;
            bytes
        } else {
            let info = self.info(&bytes)?;
            // Before the work, and again after it.
            installed.check_free(&info.name, self.replace)?;
            let outer = if self.coast { Kind::Maritime } else { Kind::Land };
            Reading { code: self.code.clone(), outer }.build(&bytes, info).with_context(name)?
        };
        let set = BorderSet::decode(&bytes).with_context(name)?;
        refuse_exchanged(&set).with_context(name)?;
        let path = installed.install(&bytes, self.replace)?;
        say(&format!(
            "{}: {} territories, {} edges, {} bytes, sha256 {}",
            path.display(),
            set.territories().len(),
            set.edge_count(),
            bytes.len(),
            set.checksum()
        ));
        Ok(())
    }

    /// What the set says of itself, from the flags.
    fn info(&self, bytes: &[u8]) -> anyhow::Result<SetInfo> {
        let Some(name) = self.name.clone() else {
            bail!("a GeoJSON file needs a name to ask for it by: --name NAME")
        };
        let Some(accuracy_m) = self.accuracy_m else {
            bail!(
                "how far may a line lie from the truth? Say --accuracy-m METERS: every answer carries it, and distances that \
                 it swallows are refused"
            )
        };
        if !(0.0..=1e6).contains(&accuracy_m) {
            bail!("--accuracy-m is a length in meters, from 0 to 1 000 000");
        }
        let Some(licence) = self.licence.clone() else {
            bail!("say under which licence the data stands: --licence CC-BY-4.0, or --licence own for yours")
        };
        if let (Some(from), Some(to)) = (self.valid_from, self.valid_to)
            && from > to
        {
            bail!("--valid-from {from} is after --valid-to {to}");
        }
        let file = self.file.file_name().map_or_else(String::new, |file| file.to_string_lossy().into_owned());
        let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(SetInfo {
            title: self.title.clone().unwrap_or_else(|| name.clone()),
            name,
            version: self.edition.clone().unwrap_or_else(|| "1".to_owned()),
            licence,
            attribution: self.attribution.clone().unwrap_or_default(),
            origin: format!("{file}, SHA-256 {sha256}"),
            accuracy_m,
            accuracy_method: "stated by whoever added the set".to_owned(),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            world_view: "as in its source".to_owned(),
            edge_model: "rfc7946".to_owned(),
        })
    }

    fn only_for_geojson(&self) -> anyhow::Result<()> {
        let described =
            [&self.name, &self.licence, &self.attribution, &self.title, &self.edition, &self.code];
        let given = described.iter().any(|flag| flag.is_some())
            || self.accuracy_m.is_some()
            || self.valid_from.is_some()
            || self.valid_to.is_some()
            || self.coast;
        if given {
            bail!(
                "{} is a ready set that describes itself; only --replace and --store go with it",
                self.file.display()
            );
        }
        Ok(())
    }
}

/// Refuses a set whose positions lie in the territory that they name only when latitude is taken for longitude: Kyiv
/// exchanged is a valid place in Iran, so nothing else tells.
///
/// # Errors
///
/// Names the first such territory.
fn refuse_exchanged(set: &BorderSet) -> anyhow::Result<()> {
    let known = BorderSet::default_set()?;
    for (index, territory) in set.territories().iter().enumerate() {
        let Some(there) = known.find(&territory.code) else { continue };
        let Some(here) = set.find(&set.territories()[index].code) else { continue };
        let [right, exchanged] = shares_within(&known, there, &set.rings(here));
        if exchanged > 0.5 && right < 0.1 {
            bail!(
                "longitude and latitude look exchanged: the positions of {} lie in {} only the other way round; longitude \
                 comes first, as in GeoJSON",
                territory.code,
                territory.name
            );
        }
    }
    Ok(())
}

/// Which share of some positions lies in a territory, as they are and exchanged.
fn shares_within(known: &BorderSet, there: TerritoryId, rings: &[Vec<[f64; 2]>]) -> [f64; 2] {
    let positions: Vec<[f64; 2]> = rings.iter().flatten().copied().collect();
    let some: Vec<[f64; 2]> =
        positions.iter().step_by(positions.len().div_ceil(100).max(1)).copied().collect();
    let within = |lon, lat| LonLat::new(lon, lat).is_ok_and(|place| known.containing(place).contains(&there));
    let share = |count: usize| count as f64 / some.len().max(1) as f64;
    [
        share(some.iter().filter(|[lon, lat]| within(*lon, *lat)).count()),
        share(some.iter().filter(|[lon, lat]| within(*lat, *lon)).count()),
    ]
}

impl Build {
    fn run(&self) -> anyhow::Result<()> {
        if let Some(file) = &self.natural_earth {
            self.put(&[file], |files| build_natural_earth(&files[0]))?;
        }
        let (Some(osm), Some(waters)) = (&self.osm, &self.waters) else {
            return Ok(());
        };
        if let Some(older) = &self.older {
            let set =
                self.put(&[osm, waters, older], |files| build_osm_maritime(&files[0], &files[1], &files[2]))?;
            write_to(Some(&self.output.join("accuracy.csv")), |out| write_accuracy(&set, out))?;
        }
        if let Some(coastline) = &self.coastline {
            self.put(&[coastline, waters, osm], |files| {
                build_osm_coastline(&files[0], &files[1], &files[2])
            })?;
        }
        Ok(())
    }

    /// Builds a set of some files and writes it under its name.
    fn put(
        &self,
        files: &[&PathBuf],
        build: impl Fn(&[Vec<u8>]) -> Result<Vec<u8>, BuildError>,
    ) -> anyhow::Result<BorderSet> {
        let read = |path: &&PathBuf| std::fs::read(path).with_context(|| path.display().to_string());
        let contents = files.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
        let names = || files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        let bytes = build(&contents).with_context(names)?;
        let set = BorderSet::decode(&bytes)?;
        let path = self.output.join(&set.info().name).with_extension("kbs");
        std::fs::write(&path, &bytes).with_context(|| path.display().to_string())?;
        say(&format!(
            "{}: {} bytes, {} edges, sha256 {}",
            path.display(),
            bytes.len(),
            set.edge_count(),
            set.checksum()
        ));
        Ok(set)
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
