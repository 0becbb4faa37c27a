//! `kordon layer`: reference layers beside the store, facilities and administrative units, and which facilities lie near incidents.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context;
use clap::{Args, Subcommand};
use comfy_table::{Table, TableStyle};
use kordon_incidents::Infrastructure;
use kordon_store::{LayerError, LayerInfo, Layers, Units, UnitsInfo, Which};
use serde::Serialize;

use crate::filter::Filter;
use crate::find::{look_into, shortened};
use crate::output::write_to;
use crate::terminal::say;
use crate::{Done, StoreArg};

/// The reference layers: hospitals, schools, ports, administrative units …
#[derive(Subcommand)]
pub enum Layer {
    /// Add a layer from GeoJSON: a FeatureCollection, or one Feature a line
    Add(Add),
    /// List the layers
    List(List),
    /// Take a layer away
    Remove(Remove),
    /// The facilities that lie near any incident that matches
    Near(Box<Near>),
}

/// What a layer is of.
#[derive(Clone, Copy)]
enum Kind {
    /// Administrative units.
    Admin,
    /// Facilities.
    Of(Infrastructure),
}

const ADMIN: &str = "admin";

impl FromStr for Kind {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        if word == ADMIN {
            return Ok(Self::Admin);
        }
        let kind = word.parse().map(Self::Of);
        kind.map_err(|_| format!("one of {ADMIN}, {}", Infrastructure::WORDS.join(", ")))
    }
}

#[derive(Args)]
pub struct Add {
    /// The file; points, or lines and outlines, of which the middle is taken; of units, their polygons
    file: PathBuf,
    /// What its facilities are: health, education, energy, port … (the words of infrastructure); or admin, for polygons of
    /// administrative units with their names and P-codes
    #[arg(long, env = "KORDON_KIND", value_name = "KIND")]
    kind: Kind,
    /// The name to ask for it by (default: the file's)
    #[arg(long, env = "KORDON_NAME", value_name = "NAME")]
    name: Option<String>,
    /// One line for people
    #[arg(long, env = "KORDON_TITLE", value_name = "TEXT")]
    title: Option<String>,
    /// The licence of the data, an SPDX identifier where there is one
    #[arg(long, env = "KORDON_LICENCE", value_name = "LICENCE")]
    licence: Option<String>,
    /// The credit that must stand beside what is shown of it
    #[arg(long, env = "KORDON_ATTRIBUTION", value_name = "TEXT")]
    attribution: Option<String>,
    /// Put it in the place of a layer of the same name
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    store: StoreArg,
}

#[derive(Args)]
pub struct List {
    /// Print JSON, one layer a line
    #[arg(long, env = "KORDON_JSON")]
    json: bool,
    #[command(flatten)]
    store: StoreArg,
}

#[derive(Args)]
pub struct Remove {
    /// Its name
    name: String,
    #[command(flatten)]
    store: StoreArg,
}

#[derive(Args)]
pub struct Near {
    /// At most so many meters from an incident, measured from its public place
    #[arg(long, env = "KORDON_WITHIN_M", value_name = "METERS", value_parser = meters)]
    within_m: f64,
    /// Any of these kinds
    #[arg(long, env = "KORDON_KIND", value_name = "KIND,…", value_delimiter = ',')]
    kind: Vec<Infrastructure>,
    /// Of this layer only
    #[arg(long, env = "KORDON_LAYER", value_name = "NAME")]
    layer: Option<String>,
    /// Print GeoJSON Features, one a line
    #[arg(long, env = "KORDON_JSON")]
    json: bool,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    store: StoreArg,
}

fn meters(text: &str) -> Result<f64, String> {
    let meters = text.parse().ok().filter(|meters: &f64| (0.0..=50_000.0).contains(meters));
    meters.ok_or_else(|| "give meters, at most 50000".to_owned())
}

impl Layer {
    pub fn run(self) -> anyhow::Result<Done> {
        match self {
            Layer::Add(add) => return add.run(),
            Layer::List(list) => list.run()?,
            Layer::Remove(Remove { name, store }) => {
                let units = Units::of_store(&store.store);
                match units.names()?.contains(&name) {
                    true => units.remove(&name)?,
                    false => Layers::of_store(&store.store).remove(&name)?,
                }
                say(&format!("{name} is removed"));
            }
            Layer::Near(near) => return near.run(),
        }
        Ok(Done::All)
    }
}

impl Add {
    fn run(self) -> anyhow::Result<Done> {
        let file = self.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stem = file.split('.').next().unwrap_or_default().to_lowercase().replace(' ', "-");
        let name = self.name.unwrap_or(stem);
        let title = self.title.unwrap_or_else(|| name.clone());
        let (licence, attribution) = (self.licence, self.attribution);
        let added_at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let input = File::open(&self.file).with_context(|| self.file.display().to_string())?;
        let input = BufReader::new(input);
        let (layers, units) = (Layers::of_store(&self.store.store), Units::of_store(&self.store.store));
        let added = match self.kind {
            // A layer is asked for by its name alone, whatever it is of.
            Kind::Admin if layers.names()?.contains(&name) => Err(LayerError::Taken(name)),
            Kind::Of(_) if units.names()?.contains(&name) => Err(LayerError::Taken(name)),
            Kind::Admin => {
                let info = UnitsInfo { name, title, licence, attribution, added_at, units: 0 };
                let added = units.add(input, &file, info, self.replace);
                added.map(|info| format!("{}: {} units", info.name, info.units))
            }
            Kind::Of(kind) => {
                let info = LayerInfo { name, kind, title, licence, attribution, added_at, facilities: 0 };
                let added = layers.add(input, &file, info, self.replace);
                added.map(|info| format!("{}: {} facilities", info.name, info.facilities))
            }
        };
        match added {
            Ok(words) => {
                say(&words);
                Ok(Done::All)
            }
            Err(LayerError::Faults { faults, total }) => {
                faults.iter().for_each(|fault| say(&fault.to_string()));
                say(&format!("{total} faults; nothing was added"));
                Ok(Done::SomeRefused)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// One line of the list.
#[derive(Serialize)]
struct Listed {
    name: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    facilities: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    units: Option<usize>,
    title: String,
    licence: Option<String>,
    attribution: Option<String>,
    added_at: String,
}

impl List {
    fn run(&self) -> anyhow::Result<()> {
        let facilities = Layers::of_store(&self.store.store).list()?.into_iter().map(|of| Listed {
            name: of.name,
            kind: of.kind.as_str(),
            facilities: Some(of.facilities),
            units: None,
            title: of.title,
            licence: of.licence,
            attribution: of.attribution,
            added_at: of.added_at,
        });
        let units = Units::of_store(&self.store.store).list()?.into_iter().map(|of| Listed {
            name: of.name,
            kind: ADMIN,
            facilities: None,
            units: Some(of.units),
            title: of.title,
            licence: of.licence,
            attribution: of.attribution,
            added_at: of.added_at,
        });
        let layers: Vec<Listed> = facilities.chain(units).collect();
        let mut table = Table::new();
        let header = ["layer", "kind", "of", "title", "licence", "added"];
        table.load_style(TableStyle::new()).set_header(header);
        write_to(None, |out| {
            for layer in &layers {
                if self.json {
                    writeln!(out, "{}", serde_json::to_string(layer)?)?;
                }
                let of = match (layer.facilities, layer.units) {
                    (Some(facilities), _) => format!("{facilities} facilities"),
                    (None, units) => format!("{} units", units.unwrap_or_default()),
                };
                table.add_row([
                    layer.name.clone(),
                    layer.kind.to_owned(),
                    of,
                    shortened(&layer.title),
                    shortened(layer.licence.as_deref().unwrap_or("not said")),
                    layer.added_at.clone(),
                ]);
            }
            if !self.json && !layers.is_empty() {
                writeln!(out, "{table}")?;
            }
            Ok(())
        })?;
        say(&format!("{} layers", layers.len()));
        Ok(())
    }
}

impl Near {
    fn run(self) -> anyhow::Result<Done> {
        let (store, borders, whole) = look_into(&self.store)?;
        let query = self.filter.query(&borders)?;
        let facilities = store.layers().facilities()?;
        let which = Which { bbox: None, kinds: self.kind, layer: self.layer };
        let mut found = facilities.near_any(&store.public(), &query, self.within_m, &which);
        found.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then(a.facility.cmp(&b.facility)));
        let mut table = Table::new();
        let header = ["distance", "interval", "facility", "kind", "layer", "incident"];
        table.load_style(TableStyle::new()).set_header(header);
        write_to(None, |out| {
            for near in &found {
                let Some(facility) = facilities.get(near.facility) else { continue };
                let (low_m, high_m) = near.interval(facility.extent_m);
                if let Some(feature) = facilities.feature_near(near).filter(|_| self.json) {
                    writeln!(out, "{feature}")?;
                }
                let layer = facilities.layer_of(facility);
                table.add_row([
                    format!("{:.0} m", near.distance_m),
                    format!("{low_m:.0} to {high_m:.0} m"),
                    shortened(facility.name.as_deref().unwrap_or("without a name")),
                    layer.kind.as_str().to_owned(),
                    layer.name.clone(),
                    near.incident.to_string(),
                ]);
            }
            if !self.json && !found.is_empty() {
                writeln!(out, "{table}")?;
            }
            Ok(())
        })?;
        say(&format!("{} facilities within {} m of an incident", found.len(), self.within_m));
        let credits = facilities.layers().iter().filter_map(|layer| layer.attribution.as_deref());
        credits.for_each(say);
        Ok(whole)
    }
}
