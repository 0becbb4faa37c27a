//! Pairs are those that looking at every pair finds; a merge keeps what both say, and can be taken back.

use super::*;
use kordon_incidents::{Source, Traits};
use kordon_store::{Likely, NotMerged, Pair, TakeBackError};

fn all(store: &Store, score: f64) -> Vec<Pair> {
    let found = store
        .full()
        .duplicates(&Query::default(), Likely { score, limit: usize::MAX }, &|_, _| true)
        .unwrap();
    assert_eq!((found.matched, found.crowded), (found.pairs.len(), 0));
    found.pairs
}

/// Many incidents in few places on few days, so that pairs abound; of no dataset, so that each pair stands for itself.
fn crowded(dice: &mut Dice, count: u64) -> Vec<Incident> {
    let spots: Vec<LonLat> = (0..12)
        .map(|_| dice.place())
        .chain([-90.0, 90.0].map(|lat| LonLat::new(7.0, lat).unwrap()))
        .collect();
    let near = |dice: &mut Dice, spot: LonLat| {
        let (east, north) = (dice.between(-0.3, 0.3), dice.between(-0.3, 0.3));
        let lon = (spot.lon() + east + 540.0).rem_euclid(360.0) - 180.0;
        LonLat::new(lon, (spot.lat() + north).clamp(-90.0, 90.0)).unwrap()
    };
    let mut incidents = incidents(dice, count);
    for one in &mut incidents {
        let day = format!("2024-03-{:02}", 1 + dice.below(9));
        let date = match dice.below(6) {
            0 => "2024".to_owned(),
            1 => "2024-03".to_owned(),
            2 => format!("{day}T{:02}:30:00Z", dice.below(24)),
            _ => day,
        };
        one.properties.date_start = EventDate::parse(&date).unwrap();
        one.properties.same_as.clear();
        one.properties.location = Some(dice.one_of(&["Izmail", "Ізмаїл", "Reni"]).to_owned());
        one.places = one
            .places
            .iter()
            .map(|_| {
                let spot = dice.one_of(&spots);
                near(dice, spot)
            })
            .collect();
        if dice.below(3) == 0 {
            let url = Some(format!("https://news.example/{}", dice.below(40)));
            one.properties.sources = vec![Source { url, ..Source::default() }];
        }
    }
    incidents
}

#[test]
fn the_pairs_found_are_those_of_looking_at_every_two() {
    for seed in 1..=3 {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let mut dice = Dice(seed);
        let incidents = crowded(&mut dice, 400);
        store.put(incidents.clone(), &author()).unwrap();
        let shown: Vec<&Incident> =
            incidents.iter().filter(|one| store.full().get(one.id).is_some()).collect();
        let traits: Vec<Traits> = shown.iter().map(|one| Traits::of(one)).collect();
        let mut expected = Vec::new();
        for (at, one) in traits.iter().enumerate() {
            for (other_at, other) in traits.iter().enumerate().skip(at + 1) {
                let shares = one.keys().any(|key| other.keys().any(|of_other| of_other == key));
                let is_named = (one.places().is_empty() || other.places().is_empty())
                    && one.named().any(|name| other.named().any(|of_other| of_other == name));
                let is_near = one.is_near(other)
                    && if one.places().is_empty() || other.places().is_empty() { is_named } else { true };
                let likeness = one.compare(other, 0);
                if (shares || is_near) && likeness.score >= 0.3 {
                    let mut ids = [shown[at].id, shown[other_at].id];
                    ids.sort();
                    expected.push((ids, likeness.score));
                }
            }
        }
        let mut found: Vec<_> =
            all(&store, 0.3).into_iter().map(|pair| (pair.ids, pair.likeness.score)).collect();
        expected.sort_by_key(|pair| pair.0);
        found.sort_by_key(|pair| pair.0);
        assert!(expected.len() > 50, "{}", expected.len());
        let missed: Vec<_> = expected.iter().filter(|pair| !found.contains(pair)).collect();
        let added: Vec<_> = found.iter().filter(|pair| !expected.contains(pair)).collect();
        assert!(missed.is_empty() && added.is_empty(), "seed {seed}: missed {missed:?}, added {added:?}");
    }
}

fn report(number: u64, set: &str, title: &str) -> Incident {
    let mut p = Properties::new(EventDate::parse("2023-08-02").unwrap());
    p.title = Text::new("en", title);
    p.location_radius_m = Some(1_000.0);
    p.same_as = vec![format!("{set}:{number}")];
    let url = Some(format!("https://news.example/{set}/{number}"));
    p.sources = vec![Source { url, ..Source::default() }];
    let id = IncidentId::from_random([number as u8; 16]);
    Incident { id, places: vec![LonLat::new(28.8372, 45.3512).unwrap()], properties: p }
}

#[test]
fn of_the_reports_of_one_dataset_only_the_likeliest_is_the_event() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let told = "Drones hit grain elevator and hotel at the port of Izmail, no one hurt";
    let mut other =
        report(2, "feed", "Drones hit grain elevator and hotel at port of Izmail, warehouse on fire");
    let (one, same) = (report(1, "desk", told), report(3, "feed", told));
    other.properties.date_start = EventDate::parse("2023-08-03").unwrap();
    store.put(vec![one.clone(), other, same.clone()], &author()).unwrap();
    let pairs = all(&store, 0.5);
    assert_eq!(pairs.iter().map(|pair| pair.ids).collect::<Vec<_>>(), [[one.id, same.id]]);
}

#[test]
fn a_search_that_is_told_to_end_ends() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put(crowded(&mut Dice(5), 3_000), &author()).unwrap();
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let likely = Likely { score: 0.3, limit: 1 };
    let stop = |_, _| asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 2;
    let found = store.full().duplicates(&Query::default(), likely, &stop).unwrap();
    assert!(found.pairs.len() <= 1);
}

fn properties(store: &Store, id: IncidentId) -> Properties {
    let full = store.full();
    full.incident(&full.get(id).unwrap()).unwrap().properties
}

fn without_stamp(mut p: Properties) -> Properties {
    (p.revision, p.recorded_at, p.recorded_by) = (None, None, None);
    p
}

#[test]
fn a_merge_keeps_the_sources_of_both_and_is_taken_back_without_a_trace() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (one, other) = (report(1, "desk", "Port hit"), report(2, "feed", "Port of Izmail hit"));
    store.put(vec![one.clone(), other.clone()], &author()).unwrap();
    let before = [one.id, other.id].map(|id| without_stamp(properties(&store, id)));

    let put = store.merge(one.id, other.id, &author()).unwrap();
    assert_eq!(put.updated, 2);
    assert!(store.full().get(one.id).is_none() && store.public().get(one.id).is_none());
    assert_eq!(store.merged_into(one.id).unwrap(), Some(other.id));
    assert_eq!(store.merged_into(other.id).unwrap(), None);
    let merged = properties(&store, other.id);
    assert_eq!(merged.sources.len(), 2);
    assert_eq!(merged.same_as, ["feed:2", "desk:1"]);
    assert_eq!(store.merge(one.id, other.id, &author()).unwrap().updated, 0, "twice is once");

    // Both files are read again: nothing of the merge is lost, and nothing comes back.
    let again = store.put(vec![one.clone(), other.clone()], &author()).unwrap();
    assert_eq!((again.accepted, again.updated, again.unchanged), (0, 0, 2));
    let mut news = other.clone();
    news.properties.deaths_best = Some(1);
    assert_eq!(store.put(vec![news], &author()).unwrap().updated, 1);
    assert_eq!(
        properties(&store, other.id).sources.len(),
        2,
        "a report that knows nothing of the merge does not undo it"
    );
    assert_eq!(store.put(vec![other.clone()], &author()).unwrap().updated, 1);

    let store = {
        drop(store);
        open(dir.path())
    };
    assert_eq!(store.merged_into(one.id).unwrap(), Some(other.id), "after a restart");
    store.unmerge(one.id, &author()).unwrap();
    let after = [one.id, other.id].map(|id| without_stamp(properties(&store, id)));
    assert_eq!(after, before);
    assert!(store.public().get(one.id).is_some());
    assert_eq!(store.history(one.id).unwrap().len(), 3, "what happened stays told");
    store.verify().unwrap();
}

#[test]
fn a_merge_that_makes_no_sense_or_would_publish_what_is_withheld_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (open_one, mut hidden, gone) =
        (report(1, "a", "one"), report(2, "a", "two"), report(3, "a", "three"));
    hidden.properties.masking = Some(Masking { level: MaskingLevel::Hidden });
    store.put(vec![open_one.clone(), hidden.clone(), gone.clone()], &author()).unwrap();
    store.withdraw(gone.id, &author()).unwrap();
    let refused = |from, into| store.merge(from, into, &author()).unwrap_err();
    assert!(matches!(refused(open_one.id, open_one.id), PutError::NotMerged(NotMerged::Itself)));
    assert!(matches!(refused(hidden.id, open_one.id), PutError::NotMerged(NotMerged::WouldPublish { .. })));
    assert!(matches!(refused(gone.id, open_one.id), PutError::Withdrawn(id) if id == gone.id));
    assert!(matches!(refused(open_one.id, gone.id), PutError::Withdrawn(id) if id == gone.id));
    let nobody = IncidentId::from_random([9; 16]);
    assert!(matches!(refused(nobody, open_one.id), PutError::NoSuchIncident(id) if id == nobody));
    let unmerged = store.unmerge(open_one.id, &author()).unwrap_err();
    assert!(matches!(unmerged, PutError::NotMerged(NotMerged::NotMerged(id)) if id == open_one.id));
    assert_eq!(store.full().len(), 2);

    store.merge(open_one.id, hidden.id, &author()).unwrap();
    assert!(store.public().is_empty(), "what goes into a hidden one is hidden with it");
    store.unmerge(open_one.id, &author()).unwrap();
    assert_eq!(store.public().len(), 1);
}

#[test]
fn what_a_hidden_one_brought_is_left_out_when_what_it_was_merged_into_is_published() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let [mut hidden, mut middle, mut last] = [1, 2, 3].map(|number| report(number, "feed", "Port hit"));
    hidden.properties.masking = Some(Masking { level: MaskingLevel::Hidden });
    middle.properties.record_status = Some(RecordStatus::Draft);
    last.properties.record_status = Some(RecordStatus::Draft);
    store.put(vec![hidden.clone(), middle.clone(), last.clone()], &author()).unwrap();
    store.merge(hidden.id, middle.id, &author()).unwrap();
    store.merge(middle.id, last.id, &author()).unwrap();
    assert_eq!(properties(&store, last.id).same_as, ["feed:3", "feed:2", "feed:1"]);
    last.properties.record_status = Some(RecordStatus::Published);
    store.put_one(last.clone(), &author()).unwrap();
    let told = properties(&store, last.id);
    assert_eq!(
        (store.public().len(), &told.same_as[..]),
        (1, &["feed:3".to_owned(), "feed:2".to_owned()][..])
    );
    assert!(told.sources.len() == 2 && !format!("{told:?}").contains("/feed/1"), "{told:?}");
    assert_eq!(store.merged_into(hidden.id).unwrap(), Some(last.id), "it stays where it went");
}

#[test]
fn what_was_merged_twice_over_leads_to_the_last_and_is_taken_back_from_the_last_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let [one, other, third] = [1, 2, 3].map(|number| report(number, "feed", "Port hit"));
    store.put(vec![one.clone(), other.clone(), third.clone()], &author()).unwrap();
    store.merge(one.id, other.id, &author()).unwrap();
    store.merge(other.id, third.id, &author()).unwrap();
    assert_eq!(store.merged_into(one.id).unwrap(), Some(third.id));
    assert_eq!(properties(&store, third.id).sources.len(), 3);
    let refused = store.unmerge(one.id, &author()).unwrap_err();
    assert!(matches!(refused, PutError::NotMerged(NotMerged::MergedOn { into, .. }) if into == other.id));
    store.unmerge(other.id, &author()).unwrap();
    store.unmerge(one.id, &author()).unwrap();
    assert!([one.id, other.id, third.id].iter().all(|&id| properties(&store, id).sources.len() == 1));
}

/// The document that everybody may see.
fn told(store: &Store, id: IncidentId) -> String {
    let public = store.public();
    public.feature(&public.get(id).unwrap()).unwrap()
}

#[test]
fn what_is_withheld_after_it_was_merged_is_taken_back_from_what_is_public() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let [one, other, third] = [1, 2, 3].map(|number| report(number, "feed", "Port hit"));
    let all = vec![one.clone(), other.clone(), third.clone()];
    store.put(all.clone(), &author()).unwrap();
    let before = without_stamp(properties(&store, third.id));
    store.merge(one.id, other.id, &author()).unwrap();
    store.merge(other.id, third.id, &author()).unwrap();
    let has = |store: &Store, name: &str| told(store, third.id).contains(name);
    assert!(has(&store, "feed:1") && has(&store, "feed:2"));

    let mut hidden = one.clone();
    hidden.properties.masking = Some(Masking { level: MaskingLevel::Hidden });
    hidden.properties.sources.push(Source { name: Some("a witness".to_owned()), ..Source::default() });
    store.put(vec![hidden.clone()], &author()).unwrap();
    let store = {
        drop(store);
        open(dir.path())
    };
    // Nor does it come back when the others are reported again, or it says more.
    hidden.properties.tags.push("cellar".to_owned());
    for reports in [vec![], vec![other, third.clone()], vec![hidden]] {
        store.put(reports, &author()).unwrap();
        assert!(has(&store, "feed:2") && has(&store, "feed:3"));
        for theirs in ["feed:1", "a witness", "cellar"] {
            assert!(!has(&store, theirs), "{theirs}: {}", told(&store, third.id));
        }
    }
    store.unmerge(all[1].id, &author()).unwrap();
    assert_eq!(without_stamp(properties(&store, third.id)), before);
}

#[test]
fn what_is_erased_after_it_was_merged_is_taken_back_everywhere() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let [one, mut other] = [1, 2].map(|number| report(number, "feed", "Port hit"));
    other.properties.masking = Some(Masking { level: MaskingLevel::Hidden });
    store.put(vec![one.clone(), other.clone()], &author()).unwrap();
    let before = without_stamp(properties(&store, other.id));
    store.merge(one.id, other.id, &author()).unwrap();
    assert_eq!(properties(&store, other.id).sources.len(), 2);
    let put = store.erase(one.id, Reason::DangerToLife, &author()).unwrap();
    let ids: Vec<IncidentId> = put.ids.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [one.id, other.id]);
    assert_eq!(without_stamp(properties(&store, other.id)), before);
    store.verify().unwrap();
}

#[test]
fn a_report_whose_parts_were_merged_in_another_store_can_be_told_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (elsewhere, mut news) = (IncidentId::from_random([9; 16]), report(1, "feed", "Port hit"));
    let mut taken = news.clone();
    taken.properties.merged_from = vec![elsewhere];
    store.put(vec![taken], &author()).unwrap();
    news.properties.deaths_best = Some(1);
    assert_eq!(store.put(vec![news.clone()], &author()).unwrap().updated, 1);
    let told = properties(&store, news.id);
    assert_eq!((told.deaths_best, told.merged_from), (Some(1), vec![elsewhere]));
}

#[test]
fn a_batch_that_merged_is_not_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let [one, other] = [1, 2].map(|number| report(number, "feed", "Port hit"));
    store.put(vec![one.clone(), other.clone()], &author()).unwrap();
    store.merge(one.id, other.id, &author()).unwrap();
    let before = properties(&store, other.id);
    let refused = store.take_back(2, &author(), false).unwrap_err();
    assert!(matches!(refused, TakeBackError::HoldsMerge { batch: 2, id } if id == one.id), "{refused}");
    assert_eq!(properties(&store, other.id), before);
    // The batch that made both is left alone: the merge revised them.
    let taken = store.take_back(1, &author(), true).unwrap();
    assert_eq!((taken.left.len(), taken.withdrawn.len()), (2, 0), "{taken:?}");
}
