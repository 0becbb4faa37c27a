//! Two reports of one event become one incident, and two again.
//!
//! The incident that stays keeps every value of its own. It takes over what can stand side by side: sources, impacts,
//! names elsewhere and tags of the other; and it says whom it has taken in. The other is kept as it is, under its id.

use std::mem;

use crate::incident::{Impact, Incident, IncidentId, Properties};

impl Incident {
    /// Takes in another report of the same event. Done twice, it changes nothing more.
    pub fn absorb(&mut self, other: &Incident) {
        let (own, theirs) = (&mut self.properties, &other.properties);
        let mut numbers = Vec::with_capacity(theirs.sources.len());
        for source in &theirs.sources {
            let at = own.sources.iter().position(|known| known == source);
            numbers.push(at.unwrap_or(own.sources.len()));
            if at.is_none() {
                own.sources.push(source.clone());
            }
        }
        for impact in &theirs.impacts {
            let source = impact.source.and_then(|source| numbers.get(source).copied());
            add(&mut own.impacts, Impact { source, ..impact.clone() });
        }
        theirs.same_as.iter().for_each(|name| add(&mut own.same_as, name.clone()));
        theirs.tags.iter().for_each(|tag| add(&mut own.tags, tag.clone()));
        add(&mut own.merged_from, other.id);
    }

    /// Gives back another report that was taken in: what came with it goes again, which is what any revision of it says and
    /// none of those that are `kept`. Whatever was changed since stays.
    pub fn release(&mut self, id: IncidentId, theirs: &[Properties], kept: &[&Properties]) {
        let own = &mut self.properties;
        own.merged_from.retain(|merged| *merged != id);
        let came = |says: &dyn Fn(&Properties) -> bool| {
            theirs.iter().any(says) && !kept.iter().any(|properties| says(properties))
        };
        own.same_as.retain(|name| !came(&|properties| properties.same_as.contains(name)));
        own.tags.retain(|tag| !came(&|properties| properties.tags.contains(tag)));
        own.impacts
            .retain(|impact| !came(&|properties| properties.impacts.iter().any(|one| is_like(one, impact))));
        let mut numbers = Vec::with_capacity(own.sources.len());
        let mut stay = 0;
        for source in mem::take(&mut own.sources) {
            // What an impact rests on that was written since cannot go.
            let goes = came(&|properties| properties.sources.contains(&source))
                && own.impacts.iter().all(|impact| impact.source != Some(numbers.len()));
            numbers.push((!goes).then_some(stay));
            if !goes {
                own.sources.push(source);
                stay += 1;
            }
        }
        for impact in &mut own.impacts {
            impact.source = impact.source.and_then(|source| numbers.get(source).copied().flatten());
        }
    }
}

/// Whether two impacts say the same; where their source stands in the list is another matter in each incident.
fn is_like(one: &Impact, other: &Impact) -> bool {
    Impact { source: None, ..one.clone() } == Impact { source: None, ..other.clone() }
}

fn add<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if !list.contains(&one) {
        list.push(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventDate, Source};

    fn incident(number: u8, urls: &[&str]) -> Incident {
        let mut properties = Properties::new(EventDate::parse("2025-05-30").unwrap());
        let source = |url: &&str| Source { url: Some((*url).to_owned()), ..Source::default() };
        properties.sources = urls.iter().map(source).collect();
        properties.same_as = vec![format!("feed:{number}")];
        properties.tags = vec!["port".to_owned()];
        let facility = Some(format!("facility {number}"));
        properties.impacts = vec![Impact { facility, source: Some(urls.len() - 1), ..Impact::default() }];
        Incident { id: IncidentId::from_random([number; 16]), places: Vec::new(), properties }
    }

    #[test]
    fn what_stands_side_by_side_is_taken_over_once() {
        let (mut one, other) = (
            incident(1, &["https://a.example/", "https://b.example/"]),
            incident(2, &["https://b.example/"]),
        );
        one.absorb(&other);
        let again = {
            one.absorb(&other);
            one.clone()
        };
        assert_eq!(one, again);
        assert_eq!(one.properties.sources.len(), 2);
        assert_eq!(
            one.properties.impacts[1].source,
            Some(1),
            "an impact points to its source in the new list"
        );
        assert_eq!(one.properties.same_as, ["feed:1", "feed:2"]);
        assert_eq!(one.properties.tags, ["port"]);
        assert_eq!(one.properties.merged_from, [other.id]);
    }

    #[test]
    fn what_was_taken_over_goes_again_and_what_was_changed_since_stays() {
        let before = incident(1, &["https://a.example/"]);
        let other = incident(2, &["https://b.example/", "https://c.example/"]);
        let mut with = before.clone();
        with.absorb(&other);
        let mut alone = with.clone();
        let theirs = [other.properties.clone()];
        alone.release(other.id, &theirs, &[&before.properties]);
        assert_eq!(alone, before, "nothing was changed since");

        // What the other said only later, and the incident has taken in since, goes as well.
        let mut later = other.clone();
        later.properties.sources.push(Source { name: Some("later".to_owned()), ..Source::default() });
        let mut again = with.clone();
        again.absorb(&later);
        assert_eq!(again.properties.sources.len(), 4);
        again.release(other.id, &[other.properties.clone(), later.properties], &[&before.properties]);
        assert_eq!(again, before);

        let mut changed = with.clone();
        changed.properties.tags.push("checked".to_owned());
        changed.properties.sources.push(Source { name: Some("a witness".to_owned()), ..Source::default() });
        changed.properties.impacts.push(Impact {
            facility: Some("crane".to_owned()),
            source: Some(3),
            ..Impact::default()
        });
        changed.release(other.id, &theirs, &[&before.properties]);
        assert_eq!(changed.properties.tags, ["port", "checked"]);
        assert_eq!(changed.properties.sources.len(), 2);
        assert_eq!(changed.properties.impacts.last().unwrap().source, Some(1));
    }
}
