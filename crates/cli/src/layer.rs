//! `kordon layer`: reference layers beside the store, and which facilities lie near incidents.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use comfy_table::{Table, TableStyle};
use kordon_incidents::Infrastructure;
use kordon_store::{LayerError, LayerInfo, Layers, Which};

use crate::filter::Filter;
use crate::find::{look_into, shortened};
use crate::output::write_to;
use crate::terminal::say;
use crate::{Done, StoreArg};

/// The reference layers: hospitals, schools, ports …
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

#[derive(Args)]
pub struct Add {
    /// The file; points, or lines and outlines, of which the middle is taken
    file: PathBuf,
    /// What its facilities are: health, education, energy, port … (the words of infrastructure)
    #[arg(long, env = "KORDON_KIND", value_name = "KIND")]
    kind: Infrastructure,
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
                Layers::of_store(&store.store).remove(&name)?;
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
        let info = LayerInfo {
            title: self.title.unwrap_or_else(|| name.clone()),
            name,
            kind: self.kind,
            licence: self.licence,
            attribution: self.attribution,
            added_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            facilities: 0,
        };
        let input = File::open(&self.file).with_context(|| self.file.display().to_string())?;
        let layers = Layers::of_store(&self.store.store);
        match layers.add(BufReader::new(input), &file, info, self.replace) {
            Ok(info) => {
                say(&format!("{}: {} facilities", info.name, info.facilities));
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

impl List {
    fn run(&self) -> anyhow::Result<()> {
        let layers = Layers::of_store(&self.store.store).list()?;
        let mut table = Table::new();
        let header = ["layer", "kind", "facilities", "title", "licence", "added"];
        table.load_style(TableStyle::new()).set_header(header);
        write_to(None, |out| {
            for layer in &layers {
                if self.json {
                    writeln!(out, "{}", serde_json::to_string(layer)?)?;
                }
                table.add_row([
                    layer.name.clone(),
                    layer.kind.as_str().to_owned(),
                    layer.facilities.to_string(),
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
