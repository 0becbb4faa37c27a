//! Answers as NDJSON or CSV, written by hand; the tests hold what is written to what general printers print.

use std::io::Write;

use kordon_borders::{BorderSet, LonLat, Nearest, Target, push_rounded};
use rayon::prelude::*;

use super::row::Id;

/// Lines that are written in one go.
const RUN: usize = 4_096;

/// The columns of a batch answer, in order.
pub const COLUMNS: [&str; 12] = [
    "id",
    "territory",
    "to",
    "distance_m",
    "nearest_lon",
    "nearest_lat",
    "azimuth_deg",
    "foreign",
    "foreign_distance_m",
    "foreign_lon",
    "foreign_lat",
    "foreign_azimuth_deg",
];

/// One line of the output.
pub struct Line<'a> {
    pub id: &'a Id<'a>,
    /// The number of its row, from 0.
    pub number: u64,
    /// Its place, and which of the chunk's places that is; `None` for a row that was refused.
    pub asked: Option<(usize, LonLat)>,
    /// Which target it is measured to.
    pub target: Option<usize>,
}

/// The lines as text, in their order. `foreign` has one answer for each place, `to` one for each line.
pub fn texts(
    borders: &BorderSet,
    targets: &[Target],
    lines: &[Line],
    foreign: &[Option<Nearest>],
    to: &[Option<Nearest>],
    csv: bool,
) -> Vec<Vec<u8>> {
    let runs = lines.par_chunks(RUN).zip(to.par_chunks(RUN));
    runs.map(|(lines, to)| {
        let mut out = Cells { out: Vec::with_capacity(lines.len() * 320), csv, next: 0 };
        for (line, to) in lines.iter().zip(to) {
            let foreign = line.asked.and_then(|(place, _)| foreign[place]);
            out.line(borders, targets, line, foreign.as_ref(), to.as_ref());
        }
        out.out
    })
    .collect()
}

struct Cells {
    out: Vec<u8>,
    csv: bool,
    /// The column that comes next.
    next: usize,
}

impl Cells {
    fn line(
        &mut self,
        borders: &BorderSet,
        targets: &[Target],
        line: &Line,
        foreign: Option<&Nearest>,
        to: Option<&Nearest>,
    ) {
        self.next = 0;
        self.name();
        match line.id {
            Id::Text(text) => self.text(text),
            Id::Json(json) if self.csv => self.csv_text(if json == "null" { "" } else { json }),
            Id::Json(json) => self.out.extend_from_slice(json.as_bytes()),
            Id::Number => write!(self.out, "{}", line.number).expect("a Vec takes every byte"),
        }
        self.name();
        match line.asked {
            Some((_, place)) => self.territory(borders, place),
            None => self.null(),
        }
        self.name();
        match line.target {
            Some(target) => self.text(targets[target].name()),
            None => self.null(),
        }
        self.nearest(to);
        self.name();
        match foreign {
            Some(foreign) => self.text(&borders.territory(foreign.territory).code),
            None => self.null(),
        }
        self.nearest(foreign);
        self.out.extend_from_slice(if self.csv { b"\n" } else { b"}\n" });
    }

    fn territory(&mut self, borders: &BorderSet, place: LonLat) {
        let claims = borders.containing(place);
        let codes = || claims.iter().map(|id| borders.territory(*id).code.as_str());
        match codes().count() {
            0 => self.text(""),
            1 => codes().for_each(|code| self.text(code)),
            _ => self.text(&codes().collect::<Vec<_>>().join(";")),
        }
    }

    fn nearest(&mut self, nearest: Option<&Nearest>) {
        let Some(nearest) = nearest else {
            for _ in 0..4 {
                self.name();
                self.null();
            }
            return;
        };
        self.name();
        push_rounded::<4>(&mut self.out, nearest.distance_m);
        self.name();
        push_rounded::<9>(&mut self.out, nearest.point.lon());
        self.name();
        push_rounded::<9>(&mut self.out, nearest.point.lat());
        self.name();
        match nearest.azimuth_deg {
            Some(azimuth) => push_rounded::<6>(&mut self.out, azimuth),
            None => self.null(),
        }
    }

    /// What stands before the value of the next column.
    fn name(&mut self) {
        let first = self.next == 0;
        if self.csv {
            self.out.extend_from_slice(if first { b"" } else { b"," });
        } else {
            self.out.extend_from_slice(if first { b"{\"" } else { b",\"" });
            self.out.extend_from_slice(COLUMNS[self.next].as_bytes());
            self.out.extend_from_slice(b"\":");
        }
        self.next += 1;
    }

    fn null(&mut self) {
        if !self.csv {
            self.out.extend_from_slice(b"null");
        }
    }

    fn text(&mut self, text: &str) {
        if self.csv {
            return self.csv_text(text);
        }
        self.out.push(b'"');
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => self.out.extend_from_slice(&[b'\\', byte]),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                0..b' ' => write!(self.out, "\\u{byte:04x}").expect("a Vec takes every byte"),
                _ => self.out.push(byte),
            }
        }
        self.out.push(b'"');
    }

    fn csv_text(&mut self, text: &str) {
        if !text.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
            self.out.extend_from_slice(text.as_bytes());
            return;
        }
        self.out.push(b'"');
        for byte in text.bytes() {
            self.out.extend_from_slice(if byte == b'"' { b"\"\"" } else { std::slice::from_ref(&byte) });
        }
        self.out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(csv: bool) -> Cells {
        Cells { out: Vec::new(), csv, next: 0 }
    }

    #[test]
    fn a_number_is_printed_as_a_general_printer_prints_it() {
        let mut number = 1.234_567_891_234_f64;
        for _ in 0..5_000 {
            number = -(number * 1.618_033_988_75) % 20_003_931.0;
            for number in [number, number.trunc(), number / 1e6, 0.0, -0.0, 180.0, 0.5] {
                let mut out = cells(false);
                push_rounded::<4>(&mut out.out, number);
                let expected = serde_json::Value::from((number * 1e4).round() / 1e4 + 0.0).to_string();
                if !expected.contains('e') {
                    assert_eq!(String::from_utf8(out.out).unwrap(), expected, "{number}");
                }
            }
        }
    }

    #[test]
    fn a_text_is_quoted_as_general_printers_quote_it() {
        for text in ["", "a", "a\"b", "a\\b", "a,b", "two\nlines\r\n\t", "\u{1}\u{8}\u{c}\u{7f}", "Ізмаїл"]
        {
            let mut json = cells(false);
            json.text(text);
            let read: String = serde_json::from_slice(&json.out).unwrap();
            assert_eq!(read, text);
            let mut csv = cells(true);
            csv.text(text);
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record([text, "x"]).unwrap();
            csv.out.extend_from_slice(b",x\n");
            assert_eq!(writer.into_inner().unwrap(), csv.out);
        }
    }
}
