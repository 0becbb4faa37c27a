//! A filter as it was said: the tree that CQL2 text and CQL2 JSON (OGC 21-065r2) both mean.
//!
//! Names are not looked up here and types are not checked: whatever the grammar allows can be told, written in
//! either form and read back as the same tree. A name knows where it stood, for whoever has to complain about it.

use std::fmt;

use crate::filter::time::Granule;

/// Deeper than this no filter is nested.
pub(crate) const MAX_DEPTH: usize = 48;
/// More parts than this no filter has: names, literals and operators together.
pub(crate) const MAX_PARTS: usize = 4_000;
/// More positions than this the geometries of a filter do not have together.
pub(crate) const MAX_VERTICES: usize = 5_000;
/// Longer than this no filter is, in bytes.
pub(crate) const MAX_BYTES: usize = 128 * 1024;

/// A part of a filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    Boolean(bool),
    Number(f64),
    Text(String),
    /// `YYYY-MM-DD`.
    Date(String),
    /// An RFC 3339 instant in UTC.
    Timestamp(String),
    /// `..`, the open end of an interval.
    Open,
    /// From, to.
    Interval(Box<[Expression; 2]>),
    Geometry(Geometry),
    List(Vec<Expression>),
    Property(Name),
    Operation(Operator, Vec<Expression>),
    /// A function that the standard does not know.
    Call(Name, Vec<Expression>),
}

impl Expression {
    /// How many steps of a path through CQL2 JSON lead to what lies deepest: two into operands, `args` and a number, one into a
    /// list.
    pub fn steps(&self) -> usize {
        let (own, parts) = match self {
            Self::Operation(_, parts) | Self::Call(_, parts) => (2, parts.as_slice()),
            Self::List(parts) => (1, parts.as_slice()),
            Self::Interval(ends) => (0, ends.as_slice()),
            _ => return 0,
        };
        parts.iter().map(|part| own + part.steps()).max().unwrap_or(0)
    }
}

/// A name, and where it stood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Name {
    pub text: String,
    pub at: At,
}

/// A place in a filter: a byte of a text, or the number of a JSON pointer. What means the same is equal wherever it stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At(pub usize);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A geometry in degrees, as it was written; heights are left out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Geometry {
    Point([f64; 2]),
    MultiPoint(Vec<[f64; 2]>),
    LineString(Vec<[f64; 2]>),
    MultiLineString(Vec<Vec<[f64; 2]>>),
    Polygon(Vec<Vec<[f64; 2]>>),
    MultiPolygon(Vec<Vec<Vec<[f64; 2]>>>),
    Collection(Vec<Geometry>),
    /// West, south, east, north; west > east crosses the antimeridian.
    Box([f64; 4]),
}

impl Geometry {
    /// Calls `each` with every position.
    pub fn each_position(&self, each: &mut impl FnMut([f64; 2])) {
        let mut list = |positions: &[[f64; 2]]| positions.iter().copied().for_each(&mut *each);
        match self {
            Self::Point(position) => list(&[*position]),
            Self::MultiPoint(positions) | Self::LineString(positions) => list(positions),
            Self::MultiLineString(lists) | Self::Polygon(lists) => lists.iter().for_each(|one| list(one)),
            Self::MultiPolygon(polygons) => polygons.iter().flatten().for_each(|one| list(one)),
            Self::Box([west, south, east, north]) => list(&[[*west, *south], [*east, *north]]),
            Self::Collection(members) => members.iter().for_each(|one| one.each_position(each)),
        }
    }
}

macro_rules! operators {
    ($($name:ident = $word:literal, $kind:ident, $least:literal, $most:expr;)+) => {
        /// What the standard knows to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Operator { $($name),+ }

        impl Operator {
            /// All of them.
            pub const ALL: &'static [Operator] = &[$(Operator::$name),+];

            /// Its name in CQL2 JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// How it is written in a text.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind),+ }
            }

            /// How many operands it takes.
            pub fn operands(self) -> std::ops::RangeInclusive<usize> {
                match self { $(Self::$name => $least..=$most),+ }
            }
        }
    };
}

/// How an operator is written in a text, from what binds least to what binds most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Power,
    /// As a function: a name, and operands in parentheses.
    Function,
}

operators! {
    Or = "or", Or, 2, usize::MAX;
    And = "and", And, 2, usize::MAX;
    Not = "not", Not, 1, 1;
    Equal = "=", Comparison, 2, 2;
    NotEqual = "<>", Comparison, 2, 2;
    Less = "<", Comparison, 2, 2;
    LessOrEqual = "<=", Comparison, 2, 2;
    Greater = ">", Comparison, 2, 2;
    GreaterOrEqual = ">=", Comparison, 2, 2;
    Like = "like", Comparison, 2, 2;
    Between = "between", Comparison, 3, 3;
    In = "in", Comparison, 2, 2;
    IsNull = "isNull", Comparison, 1, 1;
    Add = "+", Sum, 2, 2;
    Subtract = "-", Sum, 2, 2;
    Multiply = "*", Product, 2, 2;
    Divide = "/", Product, 2, 2;
    Modulo = "%", Product, 2, 2;
    IntegerDivide = "div", Product, 2, 2;
    Power = "^", Power, 2, 2;
    CaseI = "casei", Function, 1, 1;
    AccentI = "accenti", Function, 1, 1;
    SIntersects = "s_intersects", Function, 2, 2;
    SEquals = "s_equals", Function, 2, 2;
    SDisjoint = "s_disjoint", Function, 2, 2;
    STouches = "s_touches", Function, 2, 2;
    SWithin = "s_within", Function, 2, 2;
    SOverlaps = "s_overlaps", Function, 2, 2;
    SCrosses = "s_crosses", Function, 2, 2;
    SContains = "s_contains", Function, 2, 2;
    TAfter = "t_after", Function, 2, 2;
    TBefore = "t_before", Function, 2, 2;
    TContains = "t_contains", Function, 2, 2;
    TDisjoint = "t_disjoint", Function, 2, 2;
    TDuring = "t_during", Function, 2, 2;
    TEquals = "t_equals", Function, 2, 2;
    TFinishedBy = "t_finishedBy", Function, 2, 2;
    TFinishes = "t_finishes", Function, 2, 2;
    TIntersects = "t_intersects", Function, 2, 2;
    TMeets = "t_meets", Function, 2, 2;
    TMetBy = "t_metBy", Function, 2, 2;
    TOverlappedBy = "t_overlappedBy", Function, 2, 2;
    TOverlaps = "t_overlaps", Function, 2, 2;
    TStartedBy = "t_startedBy", Function, 2, 2;
    TStarts = "t_starts", Function, 2, 2;
    AContains = "a_contains", Function, 2, 2;
    AContainedBy = "a_containedBy", Function, 2, 2;
    AEquals = "a_equals", Function, 2, 2;
    AOverlaps = "a_overlaps", Function, 2, 2;
}

impl Operator {
    /// The operator of this name, in whatever case.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.word().eq_ignore_ascii_case(word))
    }

    /// Whether its operands are lists.
    pub fn takes_lists(self) -> bool {
        matches!(self, Self::AContains | Self::AContainedBy | Self::AEquals | Self::AOverlaps)
    }
}

/// From a position of another reference system to longitude and latitude.
pub(crate) type ToDegrees<'a> = &'a dyn Fn([f64; 2]) -> [f64; 2];

/// What counts while a filter is read, so that none is too large.
pub(crate) struct Size<'a> {
    to_degrees: ToDegrees<'a>,
    parts: usize,
    vertices: usize,
}

impl<'a> Size<'a> {
    pub fn new(to_degrees: ToDegrees<'a>) -> Self {
        Self { to_degrees, parts: 0, vertices: 0 }
    }

    /// Whether so many steps through CQL2 JSON are too many: two are a level.
    pub fn depth(steps: usize) -> Result<(), &'static str> {
        if steps / 2 > MAX_DEPTH { Err("it is nested too deeply; 48 levels are taken") } else { Ok(()) }
    }

    /// One more part, behind so many steps.
    pub fn part(&mut self, steps: usize) -> Result<(), &'static str> {
        self.parts += 1;
        Self::depth(steps)?;
        if self.parts > MAX_PARTS { Err("it has too many parts; 4000 are taken") } else { Ok(()) }
    }

    /// One more position, in degrees.
    pub fn vertex(&mut self, position: [f64; 2]) -> Result<[f64; 2], String> {
        self.vertices += 1;
        if self.vertices > MAX_VERTICES {
            return Err(format!("its geometries have too many positions; {MAX_VERTICES} are taken"));
        }
        let [lon, lat] = (self.to_degrees)(position);
        // Beyond 180 degrees a line may go on across the antimeridian; no place is beyond a pole.
        if (-360.0..=360.0).contains(&lon) && (-90.0..=90.0).contains(&lat) {
            Ok([lon, lat])
        } else {
            Err(format!("{lon} {lat} is no longitude and latitude"))
        }
    }
}

/// Why a filter cannot be read, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wrong {
    pub at: At,
    pub why: String,
}

impl Wrong {
    pub fn new(at: At, why: impl fmt::Display) -> Self {
        Self { at, why: why.to_string() }
    }
}

/// A date or an instant as a part of a filter.
pub(crate) fn instant(text: &str) -> Result<Expression, String> {
    match (Granule::read(text), text.len()) {
        (Some(_), 10) => Ok(Expression::Date(text.to_owned())),
        (Some(_), 11..) => Ok(Expression::Timestamp(text.to_owned())),
        _ => Err(format!("'{}' {}", shortened(text), crate::filter::time::EXPECTED)),
    }
}

/// What is said again of a text that somebody sent.
pub(crate) fn shortened(text: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = text.chars().take(40).map(clean).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}
