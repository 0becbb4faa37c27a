//! Text in XML 1.0: escaped, and without the characters that XML cannot hold.

use std::borrow::Cow;

/// A text as content of an element or of an attribute in double quotation marks.
///
/// Control characters but tab and line breaks, U+FFFE and U+FFFF have no form in XML, not even an escaped one: they are
/// left out.
pub fn xml(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(may_be_special) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars().filter(|&c| is_allowed(c)) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A bare one would be read as a line feed.
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether a byte is, or may begin, something that is not written as it stands: U+FFFE and U+FFFF begin with 0xEF.
fn may_be_special(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"' | 0xef) || (byte < 0x20 && !matches!(byte, b'\t' | b'\n'))
}

/// The characters of XML 1.0 §2.2.
fn is_allowed(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_escaped_and_what_xml_cannot_hold_is_left_out() {
        assert_eq!(xml("a<b>&\"c\"\u{0}\u{1b}\u{ffff}\t\n\r🜨"), "a&lt;b&gt;&amp;&quot;c&quot;\t\n&#13;🜨");
        assert!(matches!(xml("Порт, 'Izmail'\t\n"), Cow::Borrowed(_)));
        for c in ('\0'..='\u{ffff}').filter(|c| !matches!(c, '&' | '<' | '>' | '"' | '\r')) {
            let told = if is_allowed(c) { c.to_string() } else { String::new() };
            assert_eq!(xml(&c.to_string()), told, "{c:?}");
        }
    }
}
