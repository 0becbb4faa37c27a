#!/usr/bin/env python3
"""How many duplicates `kordon duplicates` finds, and how many of those it names are none.

    measure.py KORDON DATA

DATA is a folder with real incident files, which are not part of this project:
  ucdp_ukraine/UCDP-Ukraine.csv, ucdp_hdx_ukr/conflict_data_ukr.csv   two publications of UCDP's events in Ukraine
  usgs_earthquakes/eq_data_{1,7}_day_m1.geojson                       two feeds of USGS's earthquakes
  viina/VIINA_*.csv                                                   events from Ukrainian and Russian news

The labels:
- ucdp: each event of one publication is the event of the same id in the other, and no other; the two give dates in other
  forms, and many places, texts and sources differ. Both are read under names of their own, so the ids join nothing. Left
  out are events that read the same as another of their publication in date, place, text and deaths (MemoryBook lists one
  soldier a row): nothing in them says which is which.
- usgs: the same of the two feeds, by USGS's ids. Aftershocks are what could be confused.
- viina: every second event is told again by a made-up report, drawn with a fixed seed: moved by up to 3 km (its radius is
  that of a town), one day late in a fifth of the cases, with a third of the words dropped and the others shuffled, half of
  them in Latin letters (the table of Ukraine's Resolution 55), half with another page as source. Pairs within VIINA have no
  label, since it has one row for each place and day of a news text; they are counted apart.

Any other pair that is named is counted as wrong. Precision is the share of named pairs
that are right, recall the share of labelled pairs that are named.
"""

import csv
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

LATIN = dict(zip("абвгґдезиіклмнопрстуфхцчшщьыэъ", "a b v h g d e z y i k l m n o p r s t u f kh ts ch sh shch . y e .".split()))
LATIN |= {"є": "ie", "ж": "zh", "ї": "i", "й": "i", "ю": "iu", "я": "ia", "ё": "io"}


def latin(text: str) -> str:
    return "".join(LATIN.get(c, c) for c in text.lower()).replace(".", "")


def retold(row: dict, number: int, chance: random.Random) -> list:
    words = row["representative_text"].split()
    kept = [word for word in words if chance.random() < 2 / 3] or words
    chance.shuffle(kept)
    text = " ".join(kept)
    date = row["date"]
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    if chance.random() < 0.2:
        day = subprocess.check_output(["date", "-d", f"{day} + 1 day", "+%F"], text=True).strip()
    east, north = (chance.uniform(-1, 1) * 2.1 for _ in range(2))
    lat = float(row["latitude"]) + north / 111.2
    lon = float(row["longitude"]) + east / 111.2 / 0.66
    page = row["source_urls"].split(";")[0] if chance.random() < 0.5 else f"https://news.example/{number}"
    return [number, day, f"{lon:.5f}", f"{lat:.5f}", latin(text) if chance.random() < 0.5 else text, page, 3000]


def run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode == 2:
        sys.exit(f"{command}: {done.stderr}")
    return done.stdout


class Case:
    """One store, in which two incidents with the same number are one event."""

    def __init__(self, kordon: str, folder: Path, name: str):
        self.kordon, self.name, self.store = kordon, name, folder / name

    def read(self, file: Path, *options: str) -> "Case":
        run(self.kordon, "import", file, "--store", self.store, "--on-error", "quarantine", *options)
        return self

    def judge(self) -> tuple[int, int, int]:
        features = [json.loads(line) for line in run(self.kordon, "find", "--json", "--store", self.store).splitlines()]
        alike = Counter(reading(feature) for feature in features)
        of_id = {feature["id"]: name(feature) for feature in features}
        unclear = {number(name(feature)) for feature in features if alike[reading(feature)] > 1 and self.name == "ucdp"}
        numbers = {}
        for one in of_id.values():
            numbers.setdefault(number(one), []).append(one)
        labelled = {frozenset(of) for key, of in numbers.items() if len(of) == 2 and key not in unclear}
        named, apart = set(), 0
        for line in run(self.kordon, "duplicates", "--json", "--store", self.store).splitlines():
            one, other = (of_id[id] for id in json.loads(line)["ids"])
            if self.name == "viina" and "again" not in (source(one), source(other)):
                apart += 1
            elif not {number(one), number(other)} & unclear:
                named.add(frozenset((one, other)))
        right = len(named & labelled)
        print(
            f"{self.name:6} {len(of_id):6} incidents  {len(labelled):5} labelled pairs  {len(named):5} named"
            f"  precision {right / max(len(named), 1):.3f}  recall {right / len(labelled):.3f}"
            + (f"  ({apart} more without a label)" if apart else "")
        )
        return right, len(named), len(labelled)


def name(feature: dict) -> str:
    return feature["properties"]["same_as"][0]


def source(name: str) -> str:
    return name.split(":", 1)[0]


def number(name: str) -> str:
    return name.split(":", 1)[1]


def reading(feature: dict) -> tuple:
    """What tells one event from another of its publication."""
    p, geometry = feature["properties"], feature["geometry"] or {"coordinates": []}
    place = tuple(round(degrees, 2) for degrees in geometry["coordinates"])
    return source(name(feature)), p["date_start"], place, str(p.get("description")), p.get("deaths_best")


def main() -> None:
    kordon, data = sys.argv[1], Path(sys.argv[2])
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        ucdp = Case(kordon, folder, "ucdp")
        ucdp.read(data / "ucdp_ukraine/UCDP-Ukraine.csv", "--source", "one", "--encoding", "cp1252", "--date-order", "mdy")
        ucdp.read(data / "ucdp_hdx_ukr/conflict_data_ukr.csv", "--source", "other")
        usgs = Case(kordon, folder, "usgs")
        for days, source in (1, "one"), (7, "other"):
            usgs.read(data / f"usgs_earthquakes/eq_data_{days}_day_m1.geojson", "--source", source)
        viina, again = Case(kordon, folder, "viina"), folder / "again.csv"
        with open(again, "w", newline="") as out:
            write = csv.writer(out)
            write.writerow(["id", "date", "lon", "lat", "title", "source_url", "location_radius_m"])
            for file in sorted(data.glob("viina/VIINA_*.csv")):
                viina.read(file, "--source", f"viina{re.search('[0-9]{4}', file.name)[0]}")
                for at, row in enumerate(csv.DictReader(open(file, newline=""))):
                    if at % 2 == 0 and row["longitude"]:
                        write.writerow(retold(row, row["event_id_1pd"], chance))
        viina.read(again, "--source", "again")
        sums = [sum(of) for of in zip(ucdp.judge(), usgs.judge(), viina.judge())]
        right, named, labelled = sums
        print(f"together: precision {right / named:.3f}, recall {right / labelled:.3f}")


main()
