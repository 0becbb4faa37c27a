//! Whole answers of a part's rows to one target, as far as they have been asked for: where its border is nearest, what stands
//! there, how far it is at least and at most.
//!
//! Measuring a row takes a core some microsecond, so that a long answer is mostly that; who asks again, or for a part of what was asked for
//! before, is told what was found. Only long answers are kept: of a short one no user would notice.
//!
//! Cost: 4 bytes a row for each target, and some hundred for each answer that is kept, up to one for every third row.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use kordon_borders::TerritoryId;

use crate::answer::Reached;

/// Fewer answers than these are not kept.
pub(crate) const KEPT_FROM: usize = 1_024;
/// So many targets of a part are known, the ones asked for last.
const TARGETS: usize = 4;
/// One answer is kept for so many rows at most.
const ROWS_PER_ANSWER: usize = 3;
/// No answer yet.
const UNKNOWN: u32 = u32::MAX;

/// Answers that were found together.
pub(crate) type Answered = Arc<Vec<Option<Reached>>>;

/// What is known of one target.
pub(crate) struct Told {
    members: Arc<[TerritoryId]>,
    /// The number of each row's answer, as if the lists stood one behind the other.
    numbers: Vec<AtomicU32>,
    lists: RwLock<Lists>,
}

/// The answers of one moment: more may be added meanwhile.
#[derive(Clone, Default)]
pub(crate) struct Lists {
    pub lists: Vec<Answered>,
    /// Where each list ends.
    ends: Vec<u32>,
}

impl Lists {
    fn len(&self) -> u32 {
        self.ends.last().copied().unwrap_or_default()
    }

    /// In which of the lists an answer is, and where there.
    fn place(&self, number: u32) -> Option<(u32, u32)> {
        let list = self.ends.partition_point(|&end| end <= number);
        let start = list.checked_sub(1).map_or(0, |before| self.ends[before]);
        (list < self.ends.len()).then(|| (list as u32, number - start))
    }
}

impl Told {
    fn new(members: &Arc<[TerritoryId]>, rows: usize) -> Self {
        let numbers = (0..rows).map(|_| AtomicU32::new(UNKNOWN)).collect();
        Self { members: Arc::clone(members), numbers, lists: RwLock::default() }
    }

    /// What is known by now.
    pub fn lists(&self) -> Lists {
        self.lists.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the answer of a row is among these, if it is known.
    pub fn find(&self, lists: &Lists, row: u32) -> Option<(u32, u32)> {
        lists.place(self.numbers[row as usize].load(Ordering::Relaxed))
    }

    fn kept(&self) -> usize {
        self.lists.read().unwrap_or_else(PoisonError::into_inner).len() as usize
    }

    /// Keeps answers: of which rows, and where in the list.
    fn keep(&self, answers: &Answered, rows: impl Iterator<Item = (u32, u32)>) {
        let first = {
            let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
            let first = lists.len();
            let Some(end) = u32::try_from(answers.len()).ok().and_then(|len| first.checked_add(len)) else {
                return;
            };
            lists.lists.push(Arc::clone(answers));
            lists.ends.push(end);
            first
        };
        // Who sees a number before it sees the list takes the row for one that is not known.
        rows.for_each(|(row, at)| self.numbers[row as usize].store(first + at, Ordering::Relaxed));
    }
}

/// What is known of the targets that a part was asked about last.
#[derive(Default)]
pub(crate) struct Tellings(Mutex<Vec<Arc<Told>>>);

impl Tellings {
    /// What is known of these territories.
    pub fn of(&self, members: &Arc<[TerritoryId]>) -> Option<Arc<Told>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|told| told.members == *members)?;
        // The one asked for last stands last, and goes last.
        let told = all.remove(at);
        all.push(Arc::clone(&told));
        Some(told)
    }

    /// Keeps answers of a part with so many rows, if there is room: of which rows, and where in the list.
    pub fn keep(
        &self,
        members: &Arc<[TerritoryId]>,
        of_rows: usize,
        answers: &Answered,
        rows: impl Iterator<Item = (u32, u32)>,
    ) {
        let room = of_rows / ROWS_PER_ANSWER;
        let known = self.of(members);
        if known.as_ref().map_or(0, |told| told.kept()) + answers.len() > room {
            return;
        }
        let told = known.unwrap_or_else(|| Arc::new(Told::new(members, of_rows)));
        told.keep(answers, rows);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.iter().any(|other| other.members == *members) {
            all.push(told);
        }
        let is_full = |all: &[Arc<Told>]| {
            all.len() > TARGETS || all.iter().map(|told| told.kept()).sum::<usize>() > room
        };
        while all.len() > 1 && is_full(&all) {
            all.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use kordon_borders::LonLat;

    use super::*;

    const ROWS: usize = 30;

    fn members(number: usize) -> Arc<[TerritoryId]> {
        let borders = kordon_borders::BorderSet::natural_earth().unwrap();
        let codes: Vec<&str> = borders.territories().iter().map(|one| one.code.as_str()).collect();
        Arc::from([borders.find(codes[number]).unwrap()])
    }

    /// Answers that say which row they are of.
    fn answers(rows: std::ops::Range<u32>) -> Answered {
        let place = LonLat::new(0.0, 0.0).unwrap();
        Arc::new(rows.map(|row| Some(Reached::Place(place, f64::from(row), None))).collect())
    }

    fn keep(tellings: &Tellings, of: &Arc<[TerritoryId]>, rows: std::ops::Range<u32>) {
        tellings.keep(of, ROWS, &answers(rows.clone()), rows.zip(0..));
    }

    /// The rows whose answers are known, each found to be its own.
    fn known(tellings: &Tellings, of: &Arc<[TerritoryId]>) -> Vec<u32> {
        let Some(told) = tellings.of(of) else { return Vec::new() };
        let lists = told.lists();
        let is_known = |row: &u32| {
            let Some((list, at)) = told.find(&lists, *row) else { return false };
            let answer = &lists.lists[list as usize][at as usize];
            matches!(answer, Some(Reached::Place(_, meters, _)) if *meters == f64::from(*row))
        };
        (0..ROWS as u32).filter(is_known).collect()
    }

    #[test]
    fn what_was_kept_is_found_and_nothing_else() {
        let (tellings, of) = (Tellings::default(), members(0));
        keep(&tellings, &of, 3..6);
        keep(&tellings, &of, 10..17);
        assert_eq!(known(&tellings, &of), [3, 4, 5, 10, 11, 12, 13, 14, 15, 16]);
        assert!(known(&tellings, &members(1)).is_empty());
    }

    #[test]
    fn a_list_that_was_added_meanwhile_is_not_looked_into() {
        let (tellings, of) = (Tellings::default(), members(0));
        keep(&tellings, &of, 3..6);
        let told = tellings.of(&of).unwrap();
        let before = told.lists();
        keep(&tellings, &of, 10..12);
        assert_eq!(told.find(&before, 5), Some((0, 2)));
        assert_eq!(told.find(&before, 10), None);
        assert_eq!(told.find(&told.lists(), 10), Some((1, 0)));
    }

    #[test]
    fn there_is_an_answer_for_every_third_row_and_the_target_asked_for_last_is_kept() {
        let (tellings, [a, b]) = (Tellings::default(), [members(0), members(1)]);
        keep(&tellings, &a, 0..8);
        keep(&tellings, &a, 8..11);
        assert_eq!(known(&tellings, &a).len(), 8);
        keep(&tellings, &b, 0..2);
        assert_eq!((known(&tellings, &b).len(), known(&tellings, &a).len()), (2, 8));
        keep(&tellings, &b, 5..6);
        assert_eq!((known(&tellings, &b).len(), known(&tellings, &a).len()), (3, 0));
    }

    #[test]
    fn no_more_targets_are_known_than_there_is_room_for() {
        let (tellings, all) = (Tellings::default(), [0, 1, 2, 3, 4].map(members));
        for of in &all {
            keep(&tellings, of, 0..1);
        }
        let kept = all.map(|of| known(&tellings, &of).len());
        assert_eq!(kept, [0, 1, 1, 1, 1]);
    }
}
