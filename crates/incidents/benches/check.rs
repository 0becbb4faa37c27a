//! How fast reports are read and checked, without being stored: `cargo bench -p kordon-incidents`.
//!
//! As `kordon import` does it: records are cut out of the bytes on one core while those before are checked on all. Records are
//! made up from a fixed seed; `KORDON_BENCH_RECORDS` says how many (200 000), and `KORDON_BENCH_DIR` where they are left as
//! files, for a peer to read the same. The figures are the best of five runs: whatever else the machine does only makes them less.
//! Of a machine that others use too only the processor time tells something: `make bench-check` compares by it.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints, and stops where it fails")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use kordon_incidents::{Format, IncidentId, ReadOptions, Report, check, read};

/// Records that are checked at a time.
const CHUNK: usize = 4_096;
const WORDS: [&str; 8] = ["drone", "debris", "port", "grain", "пожежа", "зерно", "Ізмаїл", "dronă"];
const HIT: [&str; 4] = ["residential", "health", "energy", "port"];

/// Numbers that are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn one_of<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len() as u64) as usize]
    }

    fn degrees(&mut self, from: u64, to: u64) -> f64 {
        from as f64 + self.below((to - from) * 1_000_000) as f64 / 1e6
    }
}

/// The same incidents as lines of Features and as a table.
fn made_up(count: u64) -> [(Format, String); 2] {
    let (mut lines, mut table) =
        (String::new(), String::from("id,lon,lat,date,title,infrastructure,radius_m\n"));
    let mut dice = Dice(20_220_224);
    for number in 0..count {
        let (lon, lat) = (dice.degrees(22, 41), dice.degrees(44, 53));
        let title = [dice.one_of(&WORDS), dice.one_of(&WORDS), dice.one_of(&WORDS)].join(" ");
        let (month, day, hour) = (dice.below(12) + 1, dice.below(28) + 1, dice.below(24));
        let date = format!("{}-{month:02}-{day:02}T{hour:02}:30:00Z", 2014 + dice.below(12));
        let hit = dice.one_of(&HIT);
        let radius = [50, 1_000, 3_000][dice.below(3) as usize];
        writeln!(
            lines,
            r#"{{"type":"Feature","geometry":{{"type":"Point","coordinates":[{lon:.6},{lat:.6}]}},"properties":{{"title":{{"en":"{title}"}},"date_start":"{date}","date_precision":"hour","event_type":"explosions_remote_violence","sub_event_type":"attack","impacts":[{{"infrastructure":"{hit}","damage":"severe"}}],"location_radius_m":{radius},"same_as":["made-up:{number}"],"verification":"verified"}}}}"#
        )
        .unwrap();
        writeln!(table, "{number},{lon:.6},{lat:.6},{date},{title},{hit},{radius}").unwrap();
    }
    [(Format::NdJson, lines), (Format::Csv, table)]
}

/// Reads and checks all records; how many were sound.
fn sound(text: &str, format: Format) -> usize {
    let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
    let mut reader = read(text.as_bytes(), &options).unwrap();
    let mut next = || reader.by_ref().take(CHUNK).map(Result::unwrap).collect::<Vec<Report>>();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (mut reports, mut sound) = (next(), 0);
    while !reports.is_empty() {
        reports = thread::scope(|scope| {
            let share = reports.len().div_ceil(cores);
            let workers: Vec<_> = reports
                .chunks(share)
                .map(|share| scope.spawn(|| share.iter().filter(is_sound).count()))
                .collect();
            let following = next();
            sound += workers.into_iter().map(|worker| worker.join().unwrap()).sum::<usize>();
            following
        });
    }
    sound
}

fn is_sound(report: &&Report) -> bool {
    check(report, &mut || IncidentId::from_random([7; 16])).is_ok()
}

/// Seconds of processor time, of all threads and of the system for them; in hundredths, where there is `/proc`.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in brackets, may hold blanks.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

fn main() {
    let count = std::env::var("KORDON_BENCH_RECORDS").ok().and_then(|n| n.parse().ok()).unwrap_or(200_000);
    for (format, text) in made_up(count) {
        if let Some(dir) = std::env::var_os("KORDON_BENCH_DIR") {
            let name = if format == Format::Csv { "records.csv" } else { "records.ndjson" };
            std::fs::write(PathBuf::from(dir).join(name), &text).unwrap();
        }
        let (mut best_s, mut best_cpu_s) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..5 {
            let (begin, cpu_s) = (Instant::now(), processor_s());
            assert_eq!(sound(&text, format) as u64, count);
            best_s = best_s.min(begin.elapsed().as_secs_f64());
            best_cpu_s = best_cpu_s.min(processor_s() - cpu_s);
        }
        let (count, megabytes) = (count as f64, text.len() as f64 / 1e6);
        println!(
            "{}: {:.0} records a second, {:.0} a second of processor time, {:.0} MB a second ({count} records, {megabytes:.0} MB)",
            format.as_str(),
            count / best_s,
            count / best_cpu_s,
            megabytes / best_s
        );
    }
}
