//! CQL2 text, read by descent: one function for each level of the grammar.
//!
//! Cost: one pass; depth and size are bounded ([`Size`]). Where the standard's grammar is silent or strict without need,
//! this is lenient: `!=` is `<>`, comparisons may have expressions on both sides, blanks are any of Unicode's.

use super::expression::{
    At, Expression, Geometry, Kind, Name, Operator, Size, ToDegrees, Wrong, instant, shortened,
};

/// Reads a filter whose positions are of another reference system.
pub(crate) fn read_in(text: &str, to_degrees: ToDegrees<'_>) -> Result<Expression, Wrong> {
    let mut reader = Reader { tokens: tokens(text)?, next: 0, size: Size::new(to_degrees), depth: 0 };
    let expression = reader.either()?;
    match reader.peek() {
        Token::End => Ok(expression),
        _ => Err(reader.unexpected("the end, AND or OR")),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A name or a keyword.
    Word(String),
    /// A name in double quotes, which is no keyword.
    Quoted(String),
    Text(String),
    Number(f64),
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 14] = ["<>", "<=", ">=", "!=", "(", ")", ",", "=", "<", ">", "+", "-", "*", "/"];
const MORE_SIGNS: [&str; 2] = ["^", "%"];

/// The words that begin a geometry.
pub(crate) const GEOMETRIES: [&str; 8] = [
    "point",
    "multipoint",
    "linestring",
    "multilinestring",
    "polygon",
    "multipolygon",
    "geometrycollection",
    "bbox",
];

fn tokens(text: &str) -> Result<Vec<(Token, At)>, Wrong> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first == '\'' {
            quoted(rest, '\'').map(|(text, length)| (Token::Text(text), length)).ok_or("this text has no end")
        } else if first == '"' {
            quoted(rest, '"')
                .map(|(text, length)| (Token::Quoted(text), length))
                .ok_or("this name has no end")
        } else if first.is_ascii_digit() || rest.starts_with('.') {
            number(rest).ok_or("this is no number")
        } else if is_in_name(first, true) {
            let length = rest.find(|c| !is_in_name(c, false)).unwrap_or(rest.len());
            Ok((Token::Word(rest[..length].to_owned()), length))
        } else if let Some(sign) = SIGNS.iter().chain(&MORE_SIGNS).find(|sign| rest.starts_with(**sign)) {
            Ok((Token::Sign(if *sign == "!=" { "<>" } else { sign }), sign.len()))
        } else {
            Err("this sign means nothing in a filter")
        }
        .map_err(|why| Wrong::new(At(at), why))?;
        tokens.push((token, At(at)));
        at += length;
    }
    tokens.push((Token::End, At(text.len())));
    Ok(tokens)
}

/// Letters of any script; not at the beginning also digits, points and marks.
pub(crate) fn is_in_name(c: char, first: bool) -> bool {
    let starts = c == '_' || c == ':' || c.is_alphabetic();
    starts
        || (!first && (c == '.' || c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)))
}

/// A text in marks, and how many bytes it takes. A mark in it is written twice, or behind a backslash in a text.
fn quoted(rest: &str, mark: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = letters.next() {
        match c {
            c if c == mark => match letters.next_if(|(_, next)| *next == mark) {
                Some(_) => text.push(mark),
                None => return Some((text, at + mark.len_utf8())),
            },
            '\\' if mark == '\'' && letters.next_if(|(_, next)| *next == mark).is_some() => text.push(mark),
            c => text.push(c),
        }
    }
    None
}

fn number(rest: &str) -> Option<(Token, usize)> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = bytes.get(length + 1 + sign..).map_or(0, |_| digits(length + 1 + sign));
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    let number: f64 = rest[..length].parse().ok()?;
    number.is_finite().then_some((Token::Number(number), length))
}

struct Reader<'a> {
    tokens: Vec<(Token, At)>,
    next: usize,
    size: Size<'a>,
    depth: usize,
}

type Read<T = Expression> = Result<T, Wrong>;

impl Reader<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn at(&self) -> At {
        self.tokens[self.next].1
    }

    fn take(&mut self) -> Token {
        let token = self.tokens[self.next].0.clone();
        // The last one, the end, is never passed.
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.take();
        }
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = *self.peek()
            == Token::Sign(match SIGNS.iter().find(|known| **known == sign) {
                Some(known) => known,
                None => return false,
            });
        if found {
            self.take();
        }
        found
    }

    fn expect_sign(&mut self, sign: &str) -> Read<()> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.unexpected(sign)) }
    }

    fn unexpected(&self, expected: &str) -> Wrong {
        let found = match self.peek() {
            Token::Word(word) | Token::Quoted(word) => shortened(word),
            Token::Text(text) => format!("'{}'", shortened(text)),
            Token::Number(number) => number.to_string(),
            Token::Sign(sign) => (*sign).to_owned(),
            Token::End => "the end".to_owned(),
        };
        Wrong::new(self.at(), format!("{found} stands where {expected} is expected"))
    }

    fn count(&mut self) -> Read<()> {
        let at = self.at();
        self.size.part(2 * self.depth).map_err(|why| Wrong::new(at, why))
    }

    fn operation(&mut self, operator: Operator, operands: Vec<Expression>) -> Read {
        self.count()?;
        self.bounded(Expression::Operation(operator, operands))
    }

    /// What was read, unless it would be too deep in CQL2 JSON: there, a sum of many lies as deep as it is long.
    fn bounded(&self, read: Expression) -> Read {
        Size::depth(read.steps()).map_err(|why| Wrong::new(self.at(), why))?;
        Ok(read)
    }

    /// Terms with a word between them; one alone stands for itself.
    fn joined(&mut self, word: &str, operator: Operator, term: fn(&mut Self) -> Read) -> Read {
        let first = term(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut terms = vec![first];
        while self.take_word(word) {
            terms.push(term(self)?);
        }
        self.operation(operator, terms)
    }

    fn either(&mut self) -> Read {
        self.joined("or", Operator::Or, Self::all)
    }

    fn all(&mut self) -> Read {
        self.joined("and", Operator::And, Self::denial)
    }

    fn denial(&mut self) -> Read {
        if !self.take_word("not") {
            return self.comparison();
        }
        let inner = self.deeper(Self::denial)?;
        self.operation(Operator::Not, vec![inner])
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.depth += 1;
        self.count()?;
        let found = read(self);
        self.depth -= 1;
        found
    }

    fn comparison(&mut self) -> Read {
        use Operator as O;
        let left = self.sum()?;
        for operator in [O::Equal, O::NotEqual, O::LessOrEqual, O::GreaterOrEqual, O::Less, O::Greater] {
            if self.take_sign(operator.word()) {
                let right = self.sum()?;
                return self.operation(operator, vec![left, right]);
            }
        }
        if self.take_word("is") {
            let denied = self.take_word("not");
            if !self.take_word("null") {
                return Err(self.unexpected("NULL"));
            }
            return self.denied(denied, O::IsNull, vec![left]);
        }
        let denied = self.take_word("not");
        if self.take_word("like") {
            let pattern = self.sum()?;
            return self.denied(denied, O::Like, vec![left, pattern]);
        }
        if self.take_word("between") {
            let low = self.sum()?;
            if !self.take_word("and") {
                return Err(self.unexpected("AND"));
            }
            let high = self.sum()?;
            return self.denied(denied, O::Between, vec![left, low, high]);
        }
        if self.take_word("in") {
            self.expect_sign("(")?;
            let list = self.deeper(|reader| reader.list(Self::either))?;
            return self.denied(denied, O::In, vec![left, Expression::List(list)]);
        }
        if denied { Err(self.unexpected("LIKE, BETWEEN or IN")) } else { Ok(left) }
    }

    fn denied(&mut self, denied: bool, operator: Operator, operands: Vec<Expression>) -> Read {
        let operation = self.operation(operator, operands)?;
        if denied { self.operation(Operator::Not, vec![operation]) } else { Ok(operation) }
    }

    fn sum(&mut self) -> Read {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Token::Sign("+") => Operator::Add,
                Token::Sign("-") => Operator::Subtract,
                _ => return Ok(left),
            };
            self.take();
            let right = self.product()?;
            left = self.operation(operator, vec![left, right])?;
        }
    }

    fn product(&mut self) -> Read {
        let mut left = self.power()?;
        loop {
            let operator = match self.peek() {
                Token::Sign("*") => Operator::Multiply,
                Token::Sign("/") => Operator::Divide,
                Token::Sign("%") => Operator::Modulo,
                Token::Word(word) if word.eq_ignore_ascii_case("div") => Operator::IntegerDivide,
                _ => return Ok(left),
            };
            self.take();
            let right = self.power()?;
            left = self.operation(operator, vec![left, right])?;
        }
    }

    fn power(&mut self) -> Read {
        let base = self.factor()?;
        if *self.peek() != Token::Sign("^") {
            return Ok(base);
        }
        self.take();
        let exponent = self.factor()?;
        self.operation(Operator::Power, vec![base, exponent])
    }

    fn factor(&mut self) -> Read {
        match self.peek() {
            Token::Sign("-") => {
                self.take();
                match self.deeper(Self::factor)? {
                    Expression::Number(number) => Ok(Expression::Number(-number)),
                    other => self.operation(Operator::Multiply, vec![Expression::Number(-1.0), other]),
                }
            }
            Token::Sign("+") => {
                self.take();
                self.deeper(Self::factor)
            }
            _ => self.primary(),
        }
    }

    fn primary(&mut self) -> Read {
        self.count()?;
        let read = self.unbounded()?;
        self.bounded(read)
    }

    fn unbounded(&mut self) -> Read {
        let (at, expected) = (self.at(), "a name, a value or (");
        match self.peek() {
            Token::Text(_) | Token::Number(_) | Token::Quoted(_) | Token::Word(_) => match self.take() {
                Token::Text(text) => Ok(Expression::Text(text)),
                Token::Number(number) => Ok(Expression::Number(number)),
                Token::Quoted(text) if self.take_sign("(") => self.call(Name { text, at }),
                Token::Quoted(text) => Ok(Expression::Property(Name { text, at })),
                Token::Word(word) => self.word(word, at),
                Token::Sign(_) | Token::End => Err(self.unexpected(expected)),
            },
            Token::Sign("(") => {
                self.take();
                let mut all = self.deeper(|reader| reader.list(Self::either))?;
                match (all.len(), all.pop()) {
                    (1, Some(one)) => Ok(one),
                    (_, Some(last)) => {
                        all.push(last);
                        Ok(Expression::List(all))
                    }
                    (_, None) => Ok(Expression::List(all)),
                }
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    /// What stands between parentheses, of which the first has been taken.
    fn list(&mut self, element: fn(&mut Self) -> Read) -> Read<Vec<Expression>> {
        let mut all = Vec::new();
        if self.take_sign(")") {
            return Ok(all);
        }
        loop {
            all.push(element(self)?);
            if self.take_sign(")") {
                return Ok(all);
            }
            if !self.take_sign(",") {
                return Err(self.unexpected(", or )"));
            }
        }
    }

    fn word(&mut self, word: String, at: At) -> Read {
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "true" => return Ok(Expression::Boolean(true)),
            "false" => return Ok(Expression::Boolean(false)),
            "and" | "or" | "not" | "like" | "between" | "in" | "is" | "null" | "div" => {
                let why = format!(
                    "{word} stands where a name or a value is expected; a property of that name is written \"{word}\""
                );
                return Err(Wrong::new(at, why));
            }
            _ => {}
        }
        if let Some(geometry) = self.geometry(&lower)? {
            return Ok(Expression::Geometry(geometry));
        }
        if !self.take_sign("(") {
            return Ok(Expression::Property(Name { text: word, at }));
        }
        match lower.as_str() {
            "date" | "timestamp" => {
                let at = self.at();
                let Token::Text(text) = self.take() else {
                    return Err(Wrong::new(at, "a date in single quotes is expected"));
                };
                self.expect_sign(")")?;
                match (instant(&text), lower.as_str()) {
                    (Ok(found @ Expression::Date(_)), "date") => Ok(found),
                    (Ok(found @ Expression::Timestamp(_)), "timestamp") => Ok(found),
                    (Ok(_), _) => Err(Wrong::new(at, format!("'{text}' is no {lower}"))),
                    (Err(why), _) => Err(Wrong::new(at, why)),
                }
            }
            "interval" => {
                let from = self.end_of_interval()?;
                self.expect_sign(",")?;
                let to = self.end_of_interval()?;
                self.expect_sign(")")?;
                Ok(Expression::Interval(Box::new([from, to])))
            }
            _ => self.call(Name { text: word, at }),
        }
    }

    fn end_of_interval(&mut self) -> Read {
        let at = self.at();
        match self.deeper(Self::primary)? {
            Expression::Text(text) if text == ".." => Ok(Expression::Open),
            Expression::Text(text) => instant(&text).map_err(|why| Wrong::new(at, why)),
            other => Ok(other),
        }
    }

    /// A function, of which name and parenthesis have been taken.
    fn call(&mut self, name: Name) -> Read {
        let operator = Operator::named(&name.text).filter(|one| one.kind() == Kind::Function);
        let operands = match operator {
            Some(one) if one.takes_lists() => self.deeper(|reader| reader.list(Self::list_or_value))?,
            _ => self.deeper(|reader| reader.list(Self::either))?,
        };
        let Some(operator) = operator else { return Ok(Expression::Call(name, operands)) };
        if operator.operands().contains(&operands.len()) {
            return Ok(Expression::Operation(operator, operands));
        }
        let why = format!(
            "{} takes {} operands, not {}",
            operator.word(),
            operator.operands().start(),
            operands.len()
        );
        Err(Wrong::new(name.at, why))
    }

    /// An operand of a function of lists: in parentheses, it is a list even of one.
    fn list_or_value(&mut self) -> Read {
        if self.take_sign("(") {
            return Ok(Expression::List(self.deeper(|reader| reader.list(Self::either))?));
        }
        self.sum()
    }

    /// A geometry, if the word just taken begins one.
    fn geometry(&mut self, word: &str) -> Read<Option<Geometry>> {
        if !GEOMETRIES.contains(&word) {
            return Ok(None);
        }
        if ["z", "m", "zm"].iter().any(|heights| self.is_word(heights)) {
            self.take();
        }
        if !self.take_sign("(") {
            return Ok(None);
        }
        self.deeper(|reader| reader.positions_of(word)).map(Some)
    }

    fn positions_of(&mut self, word: &str) -> Read<Geometry> {
        let geometry = match word {
            "point" => {
                let position = self.position()?;
                self.expect_sign(")")?;
                Geometry::Point(position)
            }
            "multipoint" => Geometry::MultiPoint(self.several(Self::position_perhaps_in_parentheses)?),
            "linestring" => Geometry::LineString(self.several(Self::position)?),
            "multilinestring" => Geometry::MultiLineString(self.several(Self::line)?),
            "polygon" => Geometry::Polygon(self.several(Self::line)?),
            "multipolygon" => Geometry::MultiPolygon(self.several(Self::polygon)?),
            "bbox" => {
                let at = self.at();
                let numbers = self.several(Self::ordinate)?;
                Geometry::Box(self.corners(&numbers).map_err(|why| Wrong::new(at, why))?)
            }
            _ => Geometry::Collection(self.several(Self::member)?),
        };
        Ok(geometry)
    }

    fn corners(&mut self, numbers: &[f64]) -> Result<[f64; 4], String> {
        let (west, south, east, north) = match numbers {
            [west, south, east, north] | [west, south, _, east, north, _] => (*west, *south, *east, *north),
            _ => return Err("BBOX takes west, south, east, north".to_owned()),
        };
        let ([west, south], [east, north]) =
            (self.size.vertex([west, south])?, self.size.vertex([east, north])?);
        Ok([west, south, east, north])
    }

    /// Things with commas between them, up to a closing parenthesis.
    fn several<T>(&mut self, one: fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut all = vec![one(self)?];
        while self.take_sign(",") {
            all.push(one(self)?);
        }
        self.expect_sign(")")?;
        Ok(all)
    }

    fn member(&mut self) -> Read<Geometry> {
        let at = self.at();
        let Token::Word(word) = self.take() else { return Err(Wrong::new(at, "a geometry is expected")) };
        match self.deeper(|reader| reader.geometry(&word.to_ascii_lowercase()))? {
            Some(Geometry::Collection(_) | Geometry::Box(_)) | None => {
                Err(Wrong::new(at, "a geometry of one kind is expected"))
            }
            Some(geometry) => Ok(geometry),
        }
    }

    fn polygon(&mut self) -> Read<Vec<Vec<[f64; 2]>>> {
        self.expect_sign("(")?;
        self.several(Self::line)
    }

    fn line(&mut self) -> Read<Vec<[f64; 2]>> {
        self.expect_sign("(")?;
        self.several(Self::position)
    }

    fn position_perhaps_in_parentheses(&mut self) -> Read<[f64; 2]> {
        let inside = self.take_sign("(");
        let position = self.position()?;
        if inside {
            self.expect_sign(")")?;
        }
        Ok(position)
    }

    /// Longitude, latitude, and a height that does not matter.
    fn position(&mut self) -> Read<[f64; 2]> {
        let at = self.at();
        let position = [self.ordinate()?, self.ordinate()?];
        while !matches!(self.peek(), Token::Sign("," | ")") | Token::End) {
            self.ordinate()?;
        }
        self.size.vertex(position).map_err(|why| Wrong::new(at, why))
    }

    fn ordinate(&mut self) -> Read<f64> {
        let negative = self.take_sign("-");
        match *self.peek() {
            Token::Number(number) => {
                self.take();
                Ok(if negative { -number } else { number })
            }
            _ => Err(self.unexpected("a number")),
        }
    }
}
