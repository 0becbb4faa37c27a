//! The words of a text as numbers that agree across spellings, scripts and, for what incidents are made of, languages.
//!
//! Three kinds of word are told apart, since they say differently much when two reports share them:
//! - a **name** or any other word counts by its sound: `Ізмаїл`, `Измаил` and `Izmail` are one; so are most inflections;
//! - a **thing** of the table [`THINGS`] counts as that thing in whichever of the four languages it is told;
//! - a **number** counts as itself.
//!
//! Limits: names that are translated rather than transliterated differ; sounds are coarse, so that short names may fall
//! together. A text is compared as a set of words; their order says nothing.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// A word, reduced: two words that say the same have the same number. The upper two bits tell its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Word(u32);

const KIND_BITS: u32 = 30;
const NAME: u32 = 0;
const THING: u32 = 1;
const NUMBER: u32 = 2;

impl Word {
    fn new(kind: u32, text: &str) -> Self {
        // FNV-1a; the same on every machine.
        let hash =
            text.bytes().fold(0x811c_9dc5_u32, |hash, b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193));
        Self(kind << KIND_BITS | hash >> (32 - KIND_BITS))
    }

    /// The number itself.
    pub(super) fn number(self) -> u64 {
        self.0.into()
    }

    /// How much it says that two texts share this word.
    pub(super) fn weight(self) -> f32 {
        match self.0 >> KIND_BITS {
            THING => 0.5,
            NUMBER => 0.7,
            _ => 1.0,
        }
    }
}

/// The words of several texts together, ascending, each once.
pub(super) fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Box<[Word]> {
    let (mut words, mut word) = (Vec::with_capacity(32), String::new());
    for text in texts {
        for c in text.chars() {
            if matches!(c, '\'' | '’' | 'ʼ' | '`' | '\u{ad}') {
                continue;
            }
            if c.is_alphanumeric() {
                decompose_compatible(c, |part| {
                    if !is_combining_mark(part) {
                        word.extend(part.to_lowercase());
                    }
                });
            } else {
                words.extend(reduced(&word));
                word.clear();
            }
        }
        words.extend(reduced(&word));
        word.clear();
    }
    words.sort_unstable();
    words.dedup();
    words.into_boxed_slice()
}

/// What a word in lower case without marks comes to; nothing for the small words of every sentence.
fn reduced(word: &str) -> Option<Word> {
    if word.is_empty() || SMALL.binary_search(&word).is_ok() {
        return None;
    }
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Word::new(NUMBER, word));
    }
    if let Some((thing, _)) = THINGS.iter().find(|(_, stems)| stems.iter().any(|stem| is_of(word, stem))) {
        return Some(Word::new(THING, thing));
    }
    let sound = sound(word);
    (sound.len() > 1).then(|| Word::new(NAME, &sound))
}

/// Whether a word begins with this stem, or is it when the stem ends in `.`.
fn is_of(word: &str, stem: &str) -> bool {
    match stem.strip_suffix('.') {
        Some(whole) => word == whole,
        None => word.starts_with(stem),
    }
}

/// The consonants of a word, up to six, in coarse classes, behind its first vowel if it begins with one.
fn sound(word: &str) -> String {
    let mut out = String::with_capacity(8);
    let mut chars = word.chars().peekable();
    let mut is_first = true;
    while let Some(c) = chars.next() {
        let h = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| chars.next_if_eq(&'h').is_some();
        let class = match c {
            's' if h(&mut chars) => "x",
            'c' if h(&mut chars) => "c",
            'k' if h(&mut chars) => "k",
            'z' if h(&mut chars) => "z",
            't' if chars.next_if_eq(&'s').is_some() => "c",
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'j' | 'а' | 'е' | 'є' | 'ё' | 'и' | 'і' | 'ї' | 'о' | 'у'
            | 'ы' | 'э' | 'ю' | 'я' | 'й' | 'ь' | 'ъ' => {
                if is_first && !matches!(c, 'ь' | 'ъ') {
                    out.push(match c {
                        'a' | 'а' | 'я' => 'a',
                        'o' | 'о' => 'o',
                        'u' | 'у' | 'ю' => 'u',
                        _ => 'i',
                    });
                }
                is_first = false;
                continue;
            }
            'б' | 'b' => "b",
            'в' | 'v' | 'w' => "v",
            'г' | 'ґ' | 'g' | 'h' => "g",
            'д' | 'd' => "d",
            'ж' | 'з' | 'z' => "z",
            'к' | 'k' | 'q' | 'х' => "k",
            'л' | 'l' => "l",
            'м' | 'm' => "m",
            'н' | 'n' => "n",
            'п' | 'p' => "p",
            'р' | 'r' => "r",
            'с' | 's' => "s",
            'т' | 't' => "t",
            'ф' | 'f' => "f",
            'ц' | 'ч' | 'c' => "c",
            'ш' | 'щ' => "x",
            'x' => "ks",
            _ => {
                // Another script: as it stands.
                out.push(c);
                is_first = false;
                continue;
            }
        };
        is_first = false;
        if !out.ends_with(class) {
            out.push_str(class);
        }
        if out.len() >= 6 {
            break;
        }
    }
    out
}

/// Words that every sentence has, in four languages; ascending.
const SMALL: &[&str] = &[
    "a",
    "ad",
    "ai",
    "al",
    "ale",
    "all",
    "an",
    "and",
    "are",
    "as",
    "at",
    "au",
    "be",
    "been",
    "by",
    "ca",
    "care",
    "ce",
    "cu",
    "de",
    "din",
    "după",
    "e",
    "este",
    "for",
    "from",
    "had",
    "has",
    "have",
    "he",
    "i",
    "in",
    "is",
    "it",
    "its",
    "la",
    "mai",
    "near",
    "nu",
    "of",
    "on",
    "or",
    "over",
    "pe",
    "pentru",
    "s",
    "said",
    "says",
    "se",
    "si",
    "that",
    "the",
    "their",
    "they",
    "to",
    "un",
    "una",
    "unei",
    "unui",
    "was",
    "were",
    "which",
    "with",
    "а",
    "або",
    "але",
    "без",
    "був",
    "біля",
    "в",
    "во",
    "время",
    "від",
    "да",
    "для",
    "до",
    "его",
    "з",
    "за",
    "зі",
    "и",
    "из",
    "или",
    "к",
    "на",
    "не",
    "но",
    "о",
    "об",
    "от",
    "по",
    "при",
    "про",
    "під",
    "с",
    "со",
    "та",
    "у",
    "це",
    "час",
    "через",
    "что",
    "що",
    "щодо",
    "як",
    "є",
    "і",
    "із",
];

/// What incidents are made of: a name, and how English, Ukrainian, Russian and Romanian words for it begin.
const THINGS: &[(&str, &[&str])] = &[
    (
        "drone",
        &[
            "drone",
            "dron",
            "uav",
            "shahed",
            "geran",
            "дрон",
            "безпілотн",
            "беспилотн",
            "бпла",
            "шахед",
            "герань",
        ],
    ),
    (
        "missile",
        &[
            "missile",
            "rocket",
            "iskander",
            "kalibr",
            "ракет",
            "іскандер",
            "искандер",
            "калібр",
            "калибр",
            "rachet",
        ],
    ),
    (
        "shelling",
        &[
            "shell",
            "artiller",
            "mortar",
            "обстріл",
            "обстрел",
            "артилер",
            "артиллер",
            "мінометн",
            "минометн",
            "bombardam",
            "artilerie",
            "обстре",
        ],
    ),
    (
        "strike",
        &["strike", "struck", "attack", "hit.", "hits.", "удар", "атак", "влуч", "попад", "lovi", "atac"],
    ),
    ("explosion", &["explo", "blast", "вибух", "взрыв", "explozi", "підірв", "подорв"]),
    ("fire", &["fire.", "fires.", "blaze", "burn", "пожеж", "пожар", "incendi", "горит", "горить"]),
    (
        "kill",
        &[
            "kill",
            "dead.",
            "death",
            "die.",
            "died",
            "загину",
            "загибл",
            "убит",
            "вбит",
            "погиб",
            "смерт",
            "ucis",
            "mort",
            "deced",
        ],
    ),
    (
        "wound",
        &[
            "wound",
            "injur",
            "hurt",
            "поран",
            "травмован",
            "ранен",
            "пострада",
            "постражда",
            "ранит",
            "ranit",
            "rănit",
        ],
    ),
    (
        "port",
        &[
            "port.",
            "ports.",
            "harbo",
            "порт.",
            "порту.",
            "порта.",
            "порті.",
            "портов",
            "портах",
            "порты.",
            "порти.",
            "portul",
            "portua",
            "porturi",
        ],
    ),
    (
        "hospital",
        &["hospital", "clinic", "лікарн", "больниц", "шпитал", "госпитал", "spital", "поліклін", "поликлин"],
    ),
    (
        "school",
        &[
            "school",
            "kindergarten",
            "школ",
            "дитсад",
            "детсад",
            "садок",
            "scoal",
            "școal",
            "gradinit",
            "ліцей",
            "лицей",
            "гімназ",
            "гимназ",
        ],
    ),
    (
        "house",
        &[
            "house",
            "residential",
            "apartment",
            "building",
            "dwelling",
            "будин",
            "житлов",
            "дом.",
            "дома.",
            "домов",
            "жил",
            "квартир",
            "locuint",
            "cladir",
            "здани",
            "будівл",
        ],
    ),
    (
        "power",
        &[
            "power",
            "electric",
            "energ",
            "substation",
            "електр",
            "электр",
            "енерг",
            "энерг",
            "підстанц",
            "подстанц",
            "тец.",
            "тэц.",
            "грес.",
            "грэс.",
        ],
    ),
    ("water", &["water", "sewage", "вод.", "вода.", "водо", "водн", "apa.", "apei.", "apă."]),
    ("grain", &["grain", "elevator", "зерн", "елеватор", "элеватор", "cereal", "grane"]),
    (
        "warehouse",
        &["warehouse", "depot", "storage", "склад", "сховищ", "хранилищ", "depozit", "нафтобаз", "нефтебаз"],
    ),
    (
        "rail",
        &[
            "rail",
            "train",
            "station",
            "залізни",
            "железнодорож",
            "потяг",
            "поїзд",
            "поезд",
            "вокзал",
            "станц",
            "feroviar",
            "tren",
            "gara.",
            "gară.",
        ],
    ),
    ("bridge", &["bridge", "міст.", "мост", "podul", "pod.", "poduri"]),
    ("road", &["road", "highway", "дорог", "трас", "шосе", "шоссе", "drum", "sosea", "autostr"]),
    (
        "church",
        &["church", "cathedral", "monaster", "церкв", "собор", "храм", "монаст", "biseric", "catedral"],
    ),
    (
        "market",
        &[
            "market",
            "shop",
            "mall.",
            "supermarket",
            "ринок",
            "ринк",
            "рынок",
            "рынк",
            "магазин",
            "супермаркет",
            "piata",
            "magazin",
        ],
    ),
    ("post", &["post.", "postal", "пошт", "почт", "posta", "poșt"]),
    (
        "factory",
        &[
            "factor",
            "plant.",
            "refiner",
            "завод",
            "фабрик",
            "підприємств",
            "предприят",
            "нпз.",
            "fabric",
            "uzin",
            "rafinar",
        ],
    ),
    (
        "ship",
        &[
            "ship",
            "vessel",
            "boat",
            "ferry",
            "корабл",
            "судн",
            "суден",
            "катер",
            "пором",
            "паром",
            "nava.",
            "nave.",
            "navă.",
            "vapor",
        ],
    ),
    (
        "airport",
        &[
            "airport",
            "airfield",
            "airbase",
            "аеропорт",
            "аэропорт",
            "аеродром",
            "аэродром",
            "aeroport",
            "aerodrom",
        ],
    ),
    ("debris", &["debris", "wreck", "fragment", "уламк", "облом", "фрагмент", "resturi"]),
    (
        "mine",
        &[
            "mine.",
            "mines.",
            "landmine",
            "ied.",
            "мін.",
            "міна.",
            "міні.",
            "міною",
            "мина.",
            "мине.",
            "миной",
            "вибухівк",
            "mina.",
            "minei",
        ],
    ),
    (
        "fight",
        &[
            "clash",
            "fight",
            "battle",
            "combat",
            "бої.",
            "боїв",
            "бой.",
            "боях",
            "боев",
            "бойов",
            "зіткнен",
            "столкновен",
            "lupt",
        ],
    ),
    (
        "soldier",
        &[
            "soldier",
            "troop",
            "serviceme",
            "militar",
            "військов",
            "солдат",
            "военн",
            "боєц",
            "бійц",
            "боец",
            "бойц",
        ],
    ),
    (
        "civilian",
        &["civilian", "resident", "цивільн", "мирн", "жител", "мешкан", "граждан", "civil", "locuitor"],
    ),
    (
        "child",
        &["child", "дит.", "дити", "діт", "дет.", "дети.", "детей", "ребен", "ребён", "copil", "copii"],
    ),
    (
        "damage",
        &[
            "damag",
            "destroy",
            "пошкод",
            "зруйнов",
            "знищ",
            "поврежд",
            "разруш",
            "уничтож",
            "avari",
            "distrus",
        ],
    ),
    ("night", &["night", "ніч", "ночі", "ночь", "ночи", "ночью", "noapte", "nopti"]),
    ("region", &["region", "oblast", "district", "област", "район", "raion", "regiun", "judet", "provinc"]),
    ("city", &["city", "town", "місто", "міста", "місті", "город", "oras"]),
    (
        "village",
        &[
            "village",
            "settlement",
            "сел.",
            "село",
            "села",
            "селі",
            "селищ",
            "поселк",
            "посёл",
            "sat.",
            "satul",
            "comun",
        ],
    ),
    ("russia", &["russia", "росі", "росс", "рф.", "rusia", "rus.", "rusesc", "окупант", "оккупант"]),
    ("ukraine", &["ukrain", "україн", "украин", "ucrain", "зсу.", "всу."]),
    ("earthquake", &["earthquake", "quake", "землетрус", "землетряс", "cutremur", "seism"]),
    ("flood", &["flood", "повін", "паводк", "затоплен", "наводнен", "inundat"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        words([one]) == words([other])
    }

    #[test]
    fn a_name_is_the_same_in_three_scripts_and_spellings() {
        for (one, other) in [
            ("Ізмаїл", "Izmail"),
            ("Измаил", "Ізмаїлі"),
            ("Харків", "Kharkiv"),
            ("Харьков", "Харків"),
            ("Київ", "Kyiv"),
            ("Киев", "Kiev"),
            ("Одеса", "Odessa"),
            ("Galați", "Galati"),
            ("Чернігів", "Chernihiv"),
            ("Запоріжжя", "Zaporizhzhia"),
        ] {
            assert!(same(one, other), "{one} {}, {other} {}", sound(one), sound(other));
        }
        for (one, other) in [("Рені", "Ізмаїл"), ("Вилкове", "Kiliia"), ("Одеса", "Херсон")]
        {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_thing_is_the_same_in_four_languages() {
        assert!(same("port drone fire", "пожежа у порту, дрон"));
        assert!(same("Drone strikes the port.", "Удар дрона по порту"));
        assert!(same("спiталь hospital".split(' ').next_back().unwrap_or_default(), "больница"));
        assert!(same("explozie", "вибух"));
    }

    #[test]
    fn small_words_say_nothing_and_numbers_say_themselves() {
        assert!(words(["in the of", "на та у"]).is_empty());
        assert!(same("17", "17,") && !same("17", "18"));
        assert!(SMALL.is_sorted(), "a search by halves needs order");
    }
}
