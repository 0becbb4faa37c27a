"""What real clients read, compared with a full scan: check.py make FILE | check.py ask BASE FILE LOG.

`make` writes incidents from a fixed seed. `ask` has each client ask the server at BASE for all of them, for a box, an
interval, an attribute and a CQL2 filter, counts by itself in FILE what there is, and looks into the server's log whether
the question arrived as a parameter: a client that downloads everything and chooses by itself would count the same.
"""

import json
import os
import random
import subprocess
import sys
import urllib.parse
import urllib.request
import uuid

BOX = (28.0, 45.0, 30.0, 46.0)
START, END = "2024-03-01T00:00:00Z", "2024-06-30T23:59:59Z"
ATTRIBUTE = "verification = 'verified'"
COUNTRY = "country = 'ROU'"
# Without the title, which is one for each language: QGIS of Debian has no texts to compare there.
PLAIN = "(sub_event_type = 'air_drone_strike') AND ((deaths_best > 3) OR (country LIKE 'R%'))"
CQL2 = "(sub_event_type = 'air_drone_strike') AND ((deaths_best > 3) OR (title LIKE '%22%'))"
AWKWARD = "5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e"
KINDS = ["air_drone_strike", "shelling_artillery_missile", "fire", "drone_debris"]


def make(file):
    rng = random.Random(20241125)
    with open(file, "w", encoding="utf-8") as out:
        # What a spreadsheet may take for a formula, for several columns, or for other letters.
        out.write(json.dumps({
            "type": "Feature", "id": AWKWARD, "geometry": {"type": "Point", "coordinates": [28.8372, 45.3512]},
            "properties": {
                "title": '=1+1, "Ізмаїл"; порт', "same_as": ["made-up:awkward"], "date_start": "2024-04-01T12:00:00Z",
                "date_precision": "exact", "country": "UKR", "event_type": "explosions_remote_violence",
                "sub_event_type": "shelling_artillery_missile", "deaths_best": 0, "injured_best": 3, "actor1": "007",
                "verification": "verified", "location_radius_m": 500}}) + "\n")
        for number in range(2500):
            deaths = rng.choice([0, 1, 2, 4, 9])
            out.write(json.dumps({
                "type": "Feature", "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                "geometry": {"type": "Point", "coordinates": [round(rng.uniform(22, 40), 5), round(rng.uniform(44, 52), 5)]},
                "properties": {
                    "title": f"Strike {number}", "same_as": [f"made-up:{number}"],
                    "date_start": f"{rng.randint(2022, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
                                  f"T{rng.randrange(24):02}:{rng.randrange(60):02}:00Z",
                    "date_precision": "exact", "country": rng.choice(["UKR", "MDA", "ROU"]), "event_type": "explosions_remote_violence",
                    "sub_event_type": rng.choice(KINDS), "deaths_best": deaths,
                    "verification": rng.choice(["verified", "unverified"]), "location_radius_m": 500,
                    **({"injured_best": number % 7} if number % 3 else {})}}) + "\n")


def in_box(f):
    lon, lat = f["geometry"]["coordinates"]
    return BOX[0] <= lon <= BOX[2] and BOX[1] <= lat <= BOX[3]


def in_interval(f):
    return START <= f["properties"]["date_start"] <= END


def verified(f):
    return f["properties"]["verification"] == "verified"


def in_romania_they_say(f):
    # Whatever the border set says of the place: the parameter `country` asks that, and is not what GDAL sends.
    return f["properties"]["country"] == "ROU"


def chosen(f):
    p = f["properties"]
    return p["sub_event_type"] == "air_drone_strike" and (p["deaths_best"] > 3 or "22" in p["title"])


def plainly_chosen(f):
    p = f["properties"]
    return p["sub_event_type"] == "air_drone_strike" and (p["deaths_best"] > 3 or p["country"].startswith("R"))


def ogrinfo(base, *args):
    said = subprocess.run(["ogrinfo", "-so", f"OAPIF:{base}", "incidents", *args], capture_output=True, text=True, check=True)
    return int(next(line for line in said.stdout.splitlines() if line.startswith("Feature Count:")).split()[-1])


def pyogrio(base, **choose):
    # A frame that is read, not a count that GDAL takes from the collection.
    from pyogrio import read_dataframe
    return len(read_dataframe(f"OAPIF:{base}", layer="incidents", use_arrow=False, **choose))


def geopandas(base, query=""):
    import geopandas
    return len(geopandas.read_file(f"{base}/collections/incidents/items?limit=10000{query}"))


def owslib(base, **choose):
    from owslib.ogcapi.features import Features
    found = Features(base).collection_items("incidents", limit=10000, **choose)
    assert found["numberMatched"] == len(found["features"]), found["numberMatched"]
    return len(found["features"])


QGIS = """
import os, sys
from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
layer = QgsVectorLayer(f"url='{sys.argv[1]}' typename='incidents' restrictToRequestBBOX='1' pageSize='1000' maxNumFeatures='100000'", "incidents", "OAPIF")
assert layer.isValid(), layer.error().message()
request = QgsFeatureRequest()
if len(sys.argv) == 3:
    assert layer.setSubsetString(sys.argv[2])
elif len(sys.argv) > 3:
    request.setFilterRect(QgsRectangle(*map(float, sys.argv[2:])))
print("count", sum(1 for _ in layer.getFeatures(request)), flush=True)
os._exit(0)  # PyQGIS may crash while it ends.
"""


def qgis(base, *chosen):
    said = subprocess.run(["/usr/bin/python3", "-c", QGIS, base, *map(str, chosen)], capture_output=True, text=True, timeout=120)
    lines = [line for line in said.stdout.splitlines() if line.startswith("count ")]
    assert lines, said.stdout + said.stderr
    return int(lines[0].split()[1])


def sent(base, filter, **more):
    query = urllib.parse.urlencode({"limit": 1000, "filter": filter, "filter-lang": "cql2-text", **more})
    found, at = 0, f"{base}/collections/incidents/items?{query}"
    while at:
        with urllib.request.urlopen(at) as answer:
            page = json.load(answer)
        found += len(page["features"])
        at = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    return found


def times(field):
    return f"{field} >= '{START}' AND {field} <= '{END}'"


# Client, question, what it must find, the parameter that must have arrived, how it is asked.
QUESTIONS = [
    ("GDAL of Debian", "all", None, "limit", lambda b: ogrinfo(b)),
    ("GDAL of Debian", "box", in_box, "bbox", lambda b: ogrinfo(b, "-spat", *map(str, BOX))),
    ("GDAL of Debian", "interval", in_interval, "filter|datetime", lambda b: ogrinfo(b, "-where", times("date_start"))),
    ("GDAL of Debian", "attribute", verified, "filter|verification", lambda b: ogrinfo(b, "-where", ATTRIBUTE)),
    ("GDAL of Debian", "property", in_romania_they_say, "filter", lambda b: ogrinfo(b, "-where", COUNTRY)),
    ("GDAL of Debian", "CQL2", chosen, "filter", lambda b: ogrinfo(b, "-where", CQL2)),
    ("GDAL of the wheel", "all", None, "limit", lambda b: pyogrio(b)),
    ("GDAL of the wheel", "box", in_box, "bbox", lambda b: pyogrio(b, bbox=BOX)),
    ("GDAL of the wheel", "interval", in_interval, "filter|datetime", lambda b: pyogrio(b, where=times("date_start"))),
    ("GDAL of the wheel", "attribute", verified, "filter|verification", lambda b: pyogrio(b, where=ATTRIBUTE)),
    ("GDAL of the wheel", "property", in_romania_they_say, "filter", lambda b: pyogrio(b, where=COUNTRY)),
    ("GDAL of the wheel", "CQL2", chosen, "filter", lambda b: pyogrio(b, where=CQL2)),
    ("GDAL of the wheel", "CQL2 in a box", lambda f: chosen(f) and in_box(f), "filter", lambda b: pyogrio(b, where=CQL2, bbox=BOX)),
    ("GeoPandas by address", "all", None, "limit", lambda b: geopandas(b)),
    ("GeoPandas by address", "interval", in_interval, "datetime", lambda b: geopandas(b, f"&datetime={START}/{END}")),
    ("OWSLib", "all", None, "limit", lambda b: owslib(b)),
    ("OWSLib", "box", in_box, "bbox", lambda b: owslib(b, bbox=list(BOX))),
    ("OWSLib", "interval", in_interval, "datetime", lambda b: owslib(b, datetime_=f"{START}/{END}")),
    ("OWSLib", "CQL2", chosen, "filter", lambda b: owslib(b, filter=CQL2)),
    ("QGIS", "all", None, "limit", lambda b: qgis(b)),
    ("QGIS", "box", in_box, "bbox", lambda b: qgis(b, *BOX)),
    ("QGIS", "interval", in_interval, "datetime", lambda b: qgis(b, times("date_start"))),
    # Before 3.32 QGIS chooses by properties itself; what later ones send is asked below.
    ("QGIS of Debian", "attribute", verified, "limit", lambda b: qgis(b, ATTRIBUTE)),
    ("QGIS of Debian", "CQL2", plainly_chosen, "limit", lambda b: qgis(b, PLAIN)),
    ("as QGIS 3.32 asks", "attribute", verified, "filter", lambda b: sent(b, '("verification" = \'verified\')')),
    ("as QGIS 3.32 asks", "CQL2 in a box", lambda f: plainly_chosen(f) and in_box(f), "filter",
     lambda b: sent(b, '(("sub_event_type" = \'air_drone_strike\') AND (("deaths_best" > 3) OR ("country" LIKE \'R%\')))',
                    bbox=",".join(map(str, BOX)))),
]


def ask(base, file, log):
    with open(file, encoding="utf-8") as lines:
        features = [json.loads(line) for line in lines]
    wrong = 0
    for client, question, keeps, parameter, how in QUESTIONS:
        truth = sum(1 for f in features if keeps is None or keeps(f))
        heard = os.path.getsize(log)
        try:
            found = how(base)
        except Exception as error:  # A client that gives up is one more thing to tell, after which the others are asked.
            found = f"{type(error).__name__}: {error}"
        with open(log, encoding="utf-8") as words:
            words.seek(heard)
            pages = [line for line in words if "findIncidents" in line]
        arrived = any(f'{name}' in line for line in pages for name in parameter.split("|"))
        sound = found == truth and arrived
        wrong += not sound
        print(f"{'ok' if sound else 'NOT'}: {client}, {question}: {found} of {truth}; "
              f"{len(pages)} requests, {parameter} {'arrived' if arrived else 'did not arrive'}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    {"make": make, "ask": ask}[sys.argv[1]](*sys.argv[2:])
