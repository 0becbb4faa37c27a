//! Nothing that was acknowledged is lost: shown by breaking things.
//!
//! Programs are killed, the power is cut at every file operation, calls fail, disks fill up. What a store promised is in a [`book`]; what it keeps is what its binary says when it is opened again. Each
//! kind of fault has a negative control: a disk or a record that is bad in a way that must be noticed, so that these
//! tests cannot pass by looking away.
//!
//! The short form runs with all tests; `KORDON_CRASH=long` (`make crash`) tries everything. `KORDON_SEED=7` draws
//! other moments. Disks that lie about a flush are beyond this.

mod book; // What was asked and acknowledged, and whether a store keeps it.
mod damage; // Flipped bits, edits by hand, rollbacks.
mod disk; // A disk that forgets what was not made safe.
mod faults; // Calls that fail, full disks, disks that take no writes.
mod kill; // The process ends at any moment.
mod packed; // A long batch, packed.
mod power; // The machine ends at any moment.
mod recording; // What a program did to its files, in order.
mod writers; // People at work.

use book::{Reopened, Verdict};

/// How often something is tried: in every test run, or when there is time.
fn runs(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

fn is_long() -> bool {
    std::env::var("KORDON_CRASH").is_ok_and(|form| form == "long")
}

fn seed() -> u64 {
    std::env::var("KORDON_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

#[expect(clippy::print_stdout, reason = "what was tried, and what was not, belongs beside the result")]
fn say(line: &str) {
    println!("crash: {line}");
}

/// What became of many tries of one kind of fault.
#[derive(Default)]
struct Tally {
    what: String,
    runs: usize,
    acknowledged: usize,
    lost: usize,
    torn: usize,
    wrong: usize,
    unopenable: usize,
    panics: usize,
    /// The first few things that went wrong, each with its place.
    examples: Vec<String>,
}

impl Tally {
    fn of(what: &str) -> Self {
        Self { what: what.to_owned(), ..Self::default() }
    }

    fn judge(&mut self, place: &str, verdict: &Verdict) {
        self.lost += verdict.lost.len();
        self.torn += verdict.torn.len();
        self.wrong += verdict.wrong.len();
        if !verdict.is_good() {
            self.example(format!("{place}: {verdict:?}"));
        }
    }

    fn opened(&mut self, place: &str, reopened: &Reopened) {
        self.unopenable += usize::from(!reopened.problems.is_empty());
        if !reopened.problems.is_empty() {
            self.example(format!("{place}: {:?}", reopened.problems));
        }
    }

    fn example(&mut self, text: String) {
        if self.examples.len() < 5 {
            self.examples.push(text);
        }
    }

    fn is_good(&self) -> bool {
        self.lost + self.torn + self.wrong + self.unopenable + self.panics == 0
    }

    /// Prints the line of the table; fails if anything was lost.
    fn end(&self) {
        let Self { what, runs, acknowledged, lost, torn, wrong, unopenable, panics, .. } = self;
        say(&format!(
            "{what}: runs {runs}, acknowledged {acknowledged}, lost {lost}, torn {torn}, wrong {wrong}, \
             unopenable {unopenable}, panics {panics} (seed {})",
            seed()
        ));
        assert!(self.is_good() && self.examples.is_empty(), "{what}: {:#?}", self.examples);
        assert!(*runs > 0, "{what}: nothing was tried");
    }
}
