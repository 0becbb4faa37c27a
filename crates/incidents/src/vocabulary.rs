//! The closed word lists of the model: one Rust enum each, written in snake_case on the wire.
//!
//! One macro makes the enum, its words, its parser and its serde form from a single table, so that the
//! checker, the JSON Schema and the documentation cannot disagree about what is allowed.
//!
//! `sub_event_type`, `sources[].type` and `damage_scheme` are open lists: any snake_case word is taken
//! ([`is_word`]); [`SUB_EVENT_TYPES`] holds the ones that are suggested.

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A word that is not in its list; says which are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of {}", .allowed.join(", "))]
pub struct NotInList {
    /// The words that would have been taken.
    pub allowed: &'static [&'static str],
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = concat!("`", $word, "`")] $(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in the order of the list.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// Every word, in the same order as [`Self::ALL`].
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = NotInList;
            fn from_str(word: &str) -> Result<Self, NotInList> {
                match word { $($word => Ok($name::$variant),)+ _ => Err(NotInList { allowed: Self::WORDS }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Words;
                impl de::Visitor<'_> for Words {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "one of {}", $name::WORDS.join(", "))
                    }
                    fn visit_str<E: de::Error>(self, word: &str) -> Result<$name, E> {
                        word.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(word), &self))
                    }
                }
                deserializer.deserialize_str(Words)
            }
        }
    };
}

vocabulary! {
    /// What kind of thing happened: ACLED's event types, and what ACLED does not count.
    EventType {
        Battles = "battles",
        ExplosionsRemoteViolence = "explosions_remote_violence",
        ViolenceAgainstCivilians = "violence_against_civilians",
        Protests = "protests",
        Riots = "riots",
        StrategicDevelopments = "strategic_developments",
        Disaster = "disaster",
        AccessConstraint = "access_constraint",
        Other = "other",
    }
}

vocabulary! {
    /// What was hit.
    Infrastructure {
        Residential = "residential",
        Health = "health",
        Education = "education",
        Energy = "energy",
        WaterSanitation = "water_sanitation",
        Port = "port",
        Vessel = "vessel",
        Rail = "rail",
        RoadBridge = "road_bridge",
        Airport = "airport",
        Postal = "postal",
        Telecom = "telecom",
        FoodStorage = "food_storage",
        Agriculture = "agriculture",
        Industrial = "industrial",
        Commercial = "commercial",
        Government = "government",
        Cultural = "cultural",
        Religious = "religious",
        Humanitarian = "humanitarian",
        EmergencyServices = "emergency_services",
        Media = "media",
        /// Works and installations containing dangerous forces (Additional Protocol I, article 56).
        DangerousForces = "dangerous_forces",
        Nuclear = "nuclear",
        Environment = "environment",
        Military = "military",
        Other = "other",
        Unknown = "unknown",
    }
}

vocabulary! {
    /// How badly it was hit: the UNOSAT classes.
    Damage {
        Destroyed = "destroyed",
        Severe = "severe",
        Moderate = "moderate",
        Possible = "possible",
        NoneVisible = "none_visible",
        PossibleAdjacent = "possible_adjacent",
        NotAssessed = "not_assessed",
    }
}

impl Damage {
    /// The class of a UNOSAT damage code; `None` for a code UNOSAT does not define.
    pub const fn from_unosat(code: u8) -> Option<Damage> {
        Some(match code {
            1 => Damage::Destroyed,
            2 => Damage::Severe,
            3 => Damage::Moderate,
            4 => Damage::Possible,
            6 => Damage::NoneVisible,
            11 => Damage::PossibleAdjacent,
            _ => return None,
        })
    }
}

vocabulary! {
    /// Whether what was hit still does its work.
    FunctionalStatus {
        Functional = "functional",
        PartiallyFunctional = "partially_functional",
        NonFunctional = "non_functional",
        Repaired = "repaired",
        Unknown = "unknown",
    }
}

vocabulary! {
    /// How far the report has been verified.
    Verification {
        Unverified = "unverified",
        UnderReview = "under_review",
        PartiallyVerified = "partially_verified",
        Verified = "verified",
        Disputed = "disputed",
        FalseOrMisleading = "false_or_misleading",
    }
}

vocabulary! {
    /// How well it is known who did it.
    Attribution {
        None = "none",
        Claimed = "claimed",
        Reported = "reported",
        Assessed = "assessed",
        ConfirmedByOfficial = "confirmed_by_official",
        Disputed = "disputed",
    }
}

vocabulary! {
    /// Sensitivity of the information, as OCHA grades it.
    Sensitivity {
        Low = "low",
        Moderate = "moderate",
        High = "high",
        Severe = "severe",
    }
}

vocabulary! {
    /// How coarse the public form of the place is.
    MaskingLevel {
        Exact = "exact",
        Cell001 = "cell_0.01",
        Cell01 = "cell_0.1",
        Cell1 = "cell_1",
        Admin2 = "admin2",
        Admin1 = "admin1",
        Country = "country",
        Hidden = "hidden",
    }
}

vocabulary! {
    /// How the place was found.
    LocationMethod {
        Gps = "gps",
        SatelliteMatch = "satellite_match",
        StreetMatch = "street_match",
        FacilityMatch = "facility_match",
        Gazetteer = "gazetteer",
        AdminCentroid = "admin_centroid",
        ReporterPin = "reporter_pin",
        Imported = "imported",
    }
}

vocabulary! {
    /// How much of the date is known.
    DatePrecision {
        Exact = "exact",
        Hour = "hour",
        Day = "day",
        Week = "week",
        Month = "month",
        Year = "year",
    }
}

vocabulary! {
    /// Where the record stands in its life.
    RecordStatus {
        Draft = "draft",
        Submitted = "submitted",
        InReview = "in_review",
        Published = "published",
        Embargoed = "embargoed",
        Withdrawn = "withdrawn",
        Merged = "merged",
    }
}

vocabulary! {
    /// Reliability of a source, Admiralty code: A completely reliable … E unreliable, F cannot be judged.
    Reliability {
        A = "A",
        B = "B",
        C = "C",
        D = "D",
        E = "E",
        F = "F",
    }
}

/// Suggested values of the open list `sub_event_type`: ACLED's, and those ACLED has no word for.
pub const SUB_EVENT_TYPES: &[&str] = &[
    "air_drone_strike",
    "shelling_artillery_missile",
    "remote_explosive_landmine_ied",
    "suicide_bomb",
    "chemical_weapon",
    "grenade",
    "armed_clash",
    "government_regains_territory",
    "non_state_actor_overtakes_territory",
    "attack",
    "abduction_forced_disappearance",
    "abduction",
    "sexual_violence",
    "peaceful_protest",
    "protest_with_intervention",
    "excessive_force_against_protesters",
    "violent_demonstration",
    "mob_violence",
    "looting_property_destruction",
    "arrests",
    "agreement",
    "change_to_group_activity",
    "disrupted_weapons_use",
    "headquarters_or_base_established",
    "non_violent_transfer_of_territory",
    "airspace_violation",
    "drone_debris",
    "fire",
    "flood",
    "earthquake",
    "other",
];

/// Whether `word` may stand in an open list: snake_case, 1 to 64 characters, beginning with a letter.
pub fn is_word(word: &str) -> bool {
    word.len() <= 64
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_the_value_it_was_written_for() {
        for (value, word) in EventType::ALL.iter().zip(EventType::WORDS) {
            assert_eq!(word.parse::<EventType>().unwrap(), *value);
            assert_eq!(value.to_string(), *word);
        }
        assert_eq!(Infrastructure::ALL.len(), 28);
        assert_eq!("cell_0.01".parse::<MaskingLevel>().unwrap(), MaskingLevel::Cell001);
    }

    #[test]
    fn an_unknown_word_names_the_allowed_ones() {
        let error = "ruined".parse::<Damage>().unwrap_err();
        assert!(error.to_string().contains("destroyed, severe, moderate"));
    }

    #[test]
    fn suggested_sub_event_types_are_themselves_words_of_the_open_list() {
        assert!(SUB_EVENT_TYPES.iter().all(|word| is_word(word)));
        assert!(!is_word("Air strike") && !is_word("") && !is_word("1st"));
    }
}
