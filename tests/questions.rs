//! `docs/query.md` is true: every shell block runs as it stands, and prints what stands under it.
//!
//! `make test` installs what the blocks use (curl, jq, GDAL); without it this test fails rather than pass unseen.

use std::process::Command;

use crate::harness::{Server, folder, repository};

const ADDRESS: &str = "http://127.0.0.1:8080";

/// The blocks of a page with their languages, in order.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language, body.join("\n")));
        }
    }
    blocks
}

#[test]
fn every_question_of_the_page_is_answered_as_the_page_says() {
    let at = folder();
    let server = Server::start(at.path(), &["demo"]);
    let page = std::fs::read_to_string(repository("docs/query.md")).unwrap();
    let blocks = blocks(&page);
    let mut compared = 0;
    for (number, (language, block)) in blocks.iter().enumerate() {
        if *language != "sh" {
            continue;
        }
        let command = format!("set -euo pipefail\n{}", block.replace(ADDRESS, &server.url("")));
        let ran = Command::new("bash").args(["-c", &command]).current_dir(at.path()).output().unwrap();
        let printed = String::from_utf8_lossy(&ran.stdout).trim_end().to_owned();
        let words = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success() && !printed.is_empty(), "{block}\n{printed}\n{words}");
        match blocks.get(number + 1) {
            Some(("text", expected)) => {
                compared += 1;
                assert_eq!(printed, *expected, "{block}");
            }
            _ => panic!("nothing stands under\n{block}\nwhich prints\n{printed}"),
        }
    }
    assert!(compared >= 8, "{compared}");
}
