//! `kordon profiles`: the sources whose columns are known, and what is known of them.

use anyhow::bail;
use clap::Args;
use kordon_incidents::Profile;

use crate::Done;
use crate::output::write_to;

/// The known sources, or the file of one.
#[derive(Args)]
pub struct Profiles {
    /// Print this profile, to read it or to begin one of your own
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

impl Profiles {
    pub fn run(self) -> anyhow::Result<Done> {
        let known = Profile::known();
        let text = match &self.name {
            None => known.iter().map(|it| format!("{:<20}{}\n", it.name(), it.title())).collect::<String>(),
            Some(name) => match known.iter().find(|it| it.name() == name) {
                Some(profile) => profile.text().to_owned(),
                None => bail!("there is no profile {name}; kordon profiles lists them"),
            },
        };
        write_to(None, |out| Ok(out.write_all(text.as_bytes())?))?;
        Ok(Done::All)
    }
}
