//! What a filter may ask of a kind of records: their properties and functions by name, and how a record tells their values.

use super::expression::{Expression, Name, Wrong};
use super::value::{Type, Value};

/// The names of one kind of records.
pub(crate) trait Schema {
    /// A property, looked up.
    type Property: Copy + PartialEq;
    /// A function with its operands, looked up.
    type Function;

    /// All names, for a hint to whoever wrote one wrong.
    fn names(&self) -> Vec<&str>;

    /// The property of this name, and what kind of thing it is.
    fn property(&self, name: &str) -> Option<(Self::Property, Type)>;

    /// The same property where it is asked about as a stretch of time; itself if that is no other.
    fn as_interval(&self, property: Self::Property) -> Self::Property;

    /// The property that is the interval between these two, if they are the ends of one.
    fn interval(&self, from: Self::Property, to: Self::Property) -> Option<Self::Property>;

    /// The function of this name with these operands; `None` when there is none.
    ///
    /// # Errors
    ///
    /// What is wrong with an operand.
    fn function(&self, name: &Name, operands: &[Expression])
    -> Option<Result<(Self::Function, Type), Wrong>>;

    /// How much it costs to ask for a property, compared with others.
    fn cost(&self, property: Self::Property) -> u32;
}

/// A record.
pub(crate) trait Record<P, F> {
    /// The value of a property.
    fn value(&self, property: P) -> Value<'_>;

    /// The value of a function. A number greater than `enough` may be told as infinite.
    fn call(&self, function: &F, enough: f64) -> Value<'_>;
}

/// The name that somebody most likely meant.
pub(crate) fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(64).collect();
    let distance = |known: &&&str| edits(&wanted, known);
    let best = names.iter().min_by_key(distance)?;
    (edits(&wanted, best) <= ((wanted.len() + 1) / 3).max(1)).then_some(*best)
}

/// How many letters have to be put in, taken out or changed.
fn edits(a: &[char], b: &str) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (number, c) in b.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], number + 1);
        for at in 0..a.len() {
            let changed = corner + usize::from(a[at] != c);
            corner = row[at + 1];
            row[at + 1] = changed.min(corner + 1).min(row[at] + 1);
        }
    }
    row[a.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_guessed_from_a_few_wrong_letters_and_not_from_many() {
        let names = ["event_type", "deaths_best", "geometry"];
        assert_eq!(nearest("eventtype", &names), Some("event_type"));
        assert_eq!(nearest("Deaths_bset", &names), Some("deaths_best"));
        assert_eq!(nearest("fatalities", &names), None);
    }
}
