"""What was exported, read by strangers: files.py FILE FOLDER ADDRESS LOG.

FILE has the incidents; FOLDER what `kordon export` made of them, which a plain web server (nginx) gives out at ADDRESS by
byte ranges and notes in LOG. A part of a FlatGeobuf or PMTiles must be read from a part of the file. CSV is opened by
LibreOffice, which has its own mind about columns, formulas and letters.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

import geopandas
import openpyxl
import pyarrow.parquet
from pyogrio import read_dataframe

from check import AWKWARD, BOX, in_box


def ids(frame):
    return sorted(frame["id"])


class Served:
    """The files at an address, and how much of them was sent."""

    def __init__(self, folder, address, log):
        self.folder, self.address, self.log = folder, address, log

    def read(self, name, how, **choose):
        """What a reader finds in a file; it must have read less than half of it, by ranges."""
        heard = os.path.getsize(self.log)
        frame = how(f"{self.address}/{name}", **choose)
        with open(self.log, encoding="utf-8") as words:
            words.seek(heard)
            asked = [line.split() for line in words if f"GET /{name}" in line]
        parts = [int(words[-1]) for words in asked if words[-2] == "206"]
        assert asked and len(parts) == len(asked), asked
        whole = os.path.getsize(f"{self.folder}/{name}")
        assert sum(parts) * 2 < whole, f"{name}: {sum(parts)} of {whole} bytes"
        print(f"ok: {name} in a box: {len(frame)} incidents from {sum(parts)} of {whole} bytes in {len(parts)} ranges")
        return frame


def flatgeobuf(served, inside):
    by_gdal = served.read("incidents.fgb", lambda at, **box: read_dataframe(f"/vsicurl/{at}", **box), bbox=BOX)
    # Under another name, since the reader below GeoPandas is the same and keeps what it has.
    os.link(f"{served.folder}/incidents.fgb", f"{served.folder}/again.fgb")
    by_geopandas = served.read("again.fgb", geopandas.read_file, bbox=BOX)
    assert ids(by_gdal) == ids(by_geopandas) == inside
    debian = subprocess.run(
        ["ogrinfo", "-so", f"/vsicurl/{served.address}/incidents.fgb", "incidents", "-spat", *map(str, BOX)],
        capture_output=True, text=True, check=True).stdout
    assert f"Feature Count: {len(inside)}" in debian, debian


def pmtiles(served, inside):
    # The deepest tiles are as precise as a pixel of theirs; what lies that close to the box may be in or out.
    west, south, east, north = BOX
    meters = geopandas.GeoSeries.from_xy([west, east], [south, north], crs=4326).to_crs(3857).total_bounds
    found = served.read("incidents.pmtiles", lambda at, **box: read_dataframe(f"/vsicurl/{at}", **box), bbox=tuple(meters))
    assert found.crs.to_epsg() == 3857, found.crs
    assert len(set(inside) ^ set(found["id"])) <= 2, (len(inside), len(set(found["id"])))


def geoparquet(path, everything, inside):
    assert ids(geopandas.read_parquet(path)) == everything
    some = geopandas.read_parquet(path, bbox=BOX)
    assert ids(some) == inside and some.crs.to_string() == "OGC:CRS84", some.crs
    table = pyarrow.parquet.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    assert (geo["version"], geo["columns"]["geometry"]["covering"]["bbox"]["xmin"]) == ("1.1.0", ["bbox", "xmin"]), geo
    assert table.num_rows == len(everything) and b"kordon:citation" in table.schema.metadata
    print(f"ok: GeoParquet in pyarrow and GeoPandas: {table.num_rows} incidents, {len(some)} in a box")


def spreadsheet(path, features):
    with tempfile.TemporaryDirectory() as made:
        # As the dialog of LibreOffice would offer it: commas, double quotes, UTF-8.
        subprocess.run(
            ["soffice", "--headless", f"-env:UserInstallation=file://{made}/profile", "--infilter=CSV:44,34,76,1",
             "--convert-to", "xlsx", "--outdir", made, path], check=True, capture_output=True, timeout=300)
        sheet = openpyxl.load_workbook(f"{made}/incidents.xlsx").active
    head, *rows = sheet.iter_rows()
    names = [cell.value for cell in head]
    with open(path, encoding="utf-8-sig") as text:
        assert names == text.readline().rstrip("\r\n").split(","), names
    assert len(rows) == len(features), len(rows)
    truth = {one["id"]: one for one in features}
    for row in rows:
        cells = dict(zip(names, row, strict=True))
        assert all(cell.data_type != "f" for cell in row), "no cell became a formula"
        one = truth[cells["id"].value]
        lon, lat = one["geometry"]["coordinates"]
        assert (cells["lon"].value, cells["lat"].value) == (lon, lat), one["id"]
        assert cells["deaths_best"].value == one["properties"]["deaths_best"], one["id"]
        if one["id"] != AWKWARD:
            assert cells["title"].value == one["properties"]["title"], one["id"]
    awkward = next(row for row in rows if row[names.index("id")].value == AWKWARD)
    title = awkward[names.index("title")].value
    assert re.fullmatch(r"'?=1\+1, \"Ізмаїл\"; порт", title), title
    print(f"ok: CSV in LibreOffice: {len(names)} columns, {len(rows)} rows, no formula")


def main(file, folder, address, log):
    with open(file, encoding="utf-8") as lines:
        features = [json.loads(line) for line in lines]
    everything = sorted(one["id"] for one in features)
    inside = sorted(one["id"] for one in features if in_box(one))
    assert 10 < len(inside) < len(everything) / 10
    served = Served(folder, address, log)
    flatgeobuf(served, inside)
    pmtiles(served, inside)
    geoparquet(f"{folder}/incidents.parquet", everything, inside)
    spreadsheet(f"{folder}/incidents.csv", features)


if __name__ == "__main__":
    main(*sys.argv[1:])
