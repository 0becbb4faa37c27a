//! FILTER: the same words on the command line (`--bbox`) as in a query string (`bbox=`), read by the same code.

use anyhow::bail;
use clap::Args;
use kordon_borders::BorderSet;
use kordon_store::Query;

/// Which incidents.
#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub struct Filter {
    /// A box W,S,E,N in degrees; W > E crosses the antimeridian
    #[arg(long, env = "KORDON_BBOX", value_name = "W,S,E,N", allow_hyphen_values = true)]
    bbox: Option<String>,
    /// An RFC 3339 interval, open with ..: 2023-08-01/2023-09-30
    #[arg(long, env = "KORDON_DATETIME", value_name = "FROM/TO")]
    datetime: Option<String>,
    /// Within so many kilometers of --of
    #[arg(long, env = "KORDON_WITHIN_KM", value_name = "X", requires = "of")]
    within_km: Option<String>,
    /// A country (ROU), a set (NATO), or LON,LAT
    #[arg(long, env = "KORDON_OF", value_name = "WHAT", allow_hyphen_values = true)]
    of: Option<String>,
    /// Whether the whole interval must be within, or its lower end
    #[arg(long, env = "KORDON_CERTAINTY", value_name = "certain|possible")]
    certainty: Option<String>,
    /// Whether incidents inside the territory count as within (true, the default, or false)
    #[arg(long, env = "KORDON_INCLUDE_INSIDE", value_name = "BOOL")]
    include_inside: Option<String>,
    /// In this country's territory (every claimant counts)
    #[arg(long, env = "KORDON_COUNTRY", value_name = "CODE")]
    country: Option<String>,
    /// Any of these event types
    #[arg(long, env = "KORDON_EVENT_TYPE", value_name = "A,B")]
    event_type: Option<String>,
    /// Any of these kinds of infrastructure
    #[arg(long, env = "KORDON_INFRASTRUCTURE", value_name = "A,B")]
    infrastructure: Option<String>,
    /// Any of these grades of damage
    #[arg(long, env = "KORDON_DAMAGE", value_name = "A,B")]
    damage: Option<String>,
    /// Any of these states of verification
    #[arg(long, env = "KORDON_VERIFICATION", value_name = "A,B")]
    verification: Option<String>,
    /// Words in title, description or place
    #[arg(long, short, env = "KORDON_Q", value_name = "TEXT")]
    q: Option<String>,
    /// CQL2 text or JSON: "event_type = 'battles' AND border_distance('ROU') <= 10000"
    #[arg(long, env = "KORDON_FILTER", value_name = "CQL2")]
    filter: Option<String>,
    /// date_start, distance, title or recorded_at; - before it turns the order round
    #[arg(long, env = "KORDON_SORTBY", value_name = "FIELD", allow_hyphen_values = true)]
    sortby: Option<String>,
}

impl Filter {
    /// The query that these flags ask for.
    pub fn query(&self, borders: &BorderSet) -> anyhow::Result<Query> {
        match kordon_server::query_of(self.given(), borders) {
            Ok(query) => Ok(query),
            Err(problem) => bail!("{problem}"),
        }
    }

    /// The flags that were given, for people.
    pub fn words(&self) -> String {
        let words: Vec<String> = self.given().map(|(name, value)| format!("{name}={value}")).collect();
        words.join("; ")
    }

    fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        let flags = [
            ("bbox", &self.bbox),
            ("datetime", &self.datetime),
            ("within-km", &self.within_km),
            ("of", &self.of),
            ("certainty", &self.certainty),
            ("include-inside", &self.include_inside),
            ("country", &self.country),
            ("event-type", &self.event_type),
            ("infrastructure", &self.infrastructure),
            ("damage", &self.damage),
            ("verification", &self.verification),
            ("q", &self.q),
            ("filter", &self.filter),
            ("sortby", &self.sortby),
        ];
        flags.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}
