//! What Kordon promises, through its doors: the real binary, its files, its HTTP, and GDAL as a stranger's client.
//!
//! Nothing here knows the crates: only commands, addresses and bytes. Each test has a folder and a port of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod borders;
mod crash; // Killed at any moment, nothing acknowledged is lost.
mod distance; // The answers people ask for, and batches of them.
mod duplicates; // One strike in two reports.
mod evidence; // Files that incidents rest on.
mod formats; // Other forms, read by strangers' programs.
mod gdal; // A stranger's client reads the ledger and the API.
mod harness; // The binary, a server that ends with its test, and a small HTTP client.
mod hostile;
mod http; // The wire: filters, paging, writes, and what bad input gets.
mod import; // Files in, counts that add up, faults that name their place.
mod ledger; // What the ledger says can be shown, to strangers too.
mod pictures; // Maps and reports as files, and who paints them.
mod questions; // The page of worked questions is true.
