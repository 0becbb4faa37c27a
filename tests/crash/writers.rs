//! People at work: writers that send reports, revise and withdraw them, and files that are imported, each with its tag.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::book::{Book, feature};
use crate::harness::{Random, Reply, Server, kordon};

const ITEMS: &str = "/collections/incidents/items";
const GEOJSON: &str = "application/geo+json";

/// One writer; `None` from its calls means that the server is gone.
pub struct Writer<'a> {
    pub server: &'a Server,
    pub book: &'a Mutex<Book>,
    name: String,
    made: usize,
    /// The last incident this writer made: key, number of its states, address.
    last: Option<(String, usize, String)>,
}

impl<'a> Writer<'a> {
    pub fn new(server: &'a Server, book: &'a Mutex<Book>, name: String) -> Self {
        Self { server, book, name, made: 0, last: None }
    }

    fn send(&self, method: &str, path: &str, tag: &str, body: &str) -> Option<Reply> {
        self.book.lock().unwrap().ask(tag);
        let reply =
            self.server.ask(method, path, &[("X-Write", tag), ("Content-Type", GEOJSON)], body.as_bytes())?;
        if reply.status < 300 {
            self.book.lock().unwrap().acknowledge(tag);
        }
        Some(reply)
    }

    pub fn make(&mut self) -> Option<Reply> {
        self.made += 1;
        let key = format!("{}-{}", self.name, self.made);
        let mut incident = feature(&format!("{key} v1"));
        incident.as_object_mut().unwrap().remove("id");
        let reply = self.send("POST", ITEMS, &format!("{key} 1 put"), &incident.to_string())?;
        self.last = reply.location().map(|path| (key, 1, path));
        Some(reply)
    }

    pub fn revise(&mut self) -> Option<Reply> {
        let Some((key, number, path)) = self.last.clone() else { return self.make() };
        let mut incident = feature(&format!("{key} v{}", number + 1));
        incident.as_object_mut().unwrap().remove("id");
        let reply = self.send("PUT", &path, &format!("{key} {} put", number + 1), &incident.to_string())?;
        self.last = Some((key, number + 1, path));
        Some(reply)
    }

    pub fn withdraw(&mut self) -> Option<Reply> {
        let Some((key, number, path)) = self.last.take() else { return self.make() };
        self.send("DELETE", &path, &format!("{key} {} gone", number + 1), "")
    }

    pub fn import(&mut self, records: usize) -> Option<Reply> {
        self.made += 1;
        let key = format!("{}-{}", self.name, self.made);
        let features: Vec<String> =
            (0..records).map(|i| feature(&format!("{key}/{i} v1")).to_string()).collect();
        let body = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
        self.send("POST", "/imports", &format!("{key} 1 batch:{records}"), &body)
    }

    /// The `step`-th of a mixed row of writes.
    pub fn work(&mut self, step: usize) -> Option<Reply> {
        match step % 8 {
            3 | 6 => self.revise(),
            7 => self.withdraw(),
            4 => self.import(3 + step % 20),
            _ => self.make(),
        }
    }
}

/// Imports so many records as one batch, and ends.
pub fn import_at_once(at: &Path, store: &str, records: usize) -> Book {
    let text: String = (0..records).map(|i| format!("{}\n", feature(&format!("first/{i} v1")))).collect();
    std::fs::write(at.join("first.ndjson"), text).unwrap();
    let said = kordon(at, &["import", "first.ndjson", "--store", store]);
    assert_eq!(said.code, 0, "{said:?}");
    let (mut book, tag) = (Book::default(), format!("first 1 batch:{records}"));
    book.ask(&tag);
    book.acknowledge(&tag);
    book
}

/// Records whose batch is long enough to be packed.
pub const LONG: usize = 1_600;

/// `writers` people write and one imports, until the server is gone or `over` is set.
pub fn crowd(server: &Server, book: &Mutex<Book>, name: &str, writers: usize, over: &AtomicBool) {
    std::thread::scope(|scope| {
        for number in 0..writers {
            scope.spawn(move || {
                let mut writer = Writer::new(server, book, format!("{name}w{number}"));
                let mut random = Random(number as u64 + 1);
                while !over.load(Ordering::Relaxed)
                    && match (random.unit() * 8.0) as u32 {
                        0 => writer.revise(),
                        1 => writer.withdraw(),
                        _ => writer.make(),
                    }
                    .is_some()
                {}
            });
        }
        scope.spawn(|| {
            let mut importer = Writer::new(server, book, format!("{name}import"));
            while !over.load(Ordering::Relaxed) && importer.import(40).is_some() {}
        });
    });
}
