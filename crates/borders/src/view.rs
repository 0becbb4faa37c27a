//! World views: one answer where several states claim the same land.
//!
//! A border set keeps every claim; a place in Crimea lies in RUS and in UKR. A view turns the claimants into one territory
//! or says that it will not. The view `un` follows resolutions and lists of the United Nations; each line below names
//! its own. It takes no side where they do not: the answer is then `None`.
//!
//! A dependency and its sovereign are no dispute: France's polygon may hold French Polynesia's, and the place is then
//! French Polynesia's.
//!
//! Limits: a view chooses among the claimants that the set knows. Where a set draws land for one state only, as
//! OpenStreetMap does the Golan Heights, no view can say otherwise. Most overlaps in the default set are strips where two
//! neighbors draw their common border differently; these stay open.

use crate::territory::Territory;

/// A view of disputed land.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum View {
    /// The United Nations'.
    #[default]
    Un,
}

impl View {
    /// The name given in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Un => "un",
        }
    }

    /// The one of the claimants (codes, sorted) whose land it is in this view; `None` when nobody claims it or the
    /// view leaves it open.
    pub fn holder<'a>(self, claimants: &[&'a str]) -> Option<&'a str> {
        let sovereigns: Vec<String> =
            claimants.iter().map(|code| Territory::of_code(code).sovereign).collect();
        let has_dependency =
            |code: &str| claimants.iter().zip(&sovereigns).any(|(other, of)| of == code && *other != code);
        let claimants: Vec<&str> = claimants.iter().copied().filter(|code| !has_dependency(code)).collect();
        if let [only] = claimants[..] {
            return Some(only);
        }
        let (_, holder) = UN.iter().find(|(codes, _)| *codes == claimants)?;
        claimants.into_iter().find(|code| code == holder)
    }
}

/// Claimants, and the one among them.
const UN: &[(&[&str], &str)] = &[
    // Western Sahara: the list of Non-Self-Governing Territories under Chapter XI of the Charter (since 1963).
    (&["ESH", "MAR"], "ESH"),
    // Crimea and Sevastopol: General Assembly resolution 68/262 (2014).
    (&["RUS", "UKR"], "UKR"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crimea_is_ukraine_in_the_view_of_the_united_nations() {
        assert_eq!(View::Un.holder(&["RUS", "UKR"]), Some("UKR"));
    }

    #[test]
    fn a_dependency_goes_before_its_sovereign() {
        assert_eq!(View::Un.holder(&["FRA", "PYF"]), Some("PYF"));
        assert_eq!(View::Un.holder(&["HTI", "USA"]), None);
    }

    #[test]
    fn one_claimant_needs_no_view_and_no_claimant_has_none() {
        assert_eq!(View::Un.holder(&["ROU"]), Some("ROU"));
        assert_eq!(View::Un.holder(&[]), None);
    }

    #[test]
    fn claims_that_no_list_names_stay_open() {
        assert_eq!(View::Un.holder(&["AAA", "BBB"]), None);
    }

    #[test]
    fn every_holder_is_among_its_claimants_and_these_are_sorted() {
        for (claimants, holder) in UN {
            assert!(claimants.contains(holder), "{holder}");
            assert!(claimants.windows(2).all(|pair| pair[0] < pair[1]), "{claimants:?}");
        }
    }
}
