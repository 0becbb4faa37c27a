#!/usr/bin/env python3
"""Prints a Kordon border set as GeoJSON, without anything of Kordon: docs/border-file.md in Python, standard library only.

    python3 read_borders.py osm-maritime-10m.kbs ROU MDA       those territories; all when none is named

Rings that cross the antimeridian are left as they are.
"""

import hashlib, json, sys

FIXED, CHECKSUM = 22, 32


class Body:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        value, shift = 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self):
        value = self.number()
        return value >> 1 ^ -(value & 1)


def read(file):
    content, checksum = file[:-CHECKSUM], file[-CHECKSUM:]
    if file[:8] != b"KORDONBS" or hashlib.sha256(content).digest() != checksum:
        sys.exit("no border set, or a damaged one")
    version = int.from_bytes(file[8:10], "little")
    if version != 1:
        sys.exit(f"version {version} is not known here")
    body_at = FIXED + int.from_bytes(file[10:14], "little")
    header = json.loads(content[FIXED:body_at])
    body = Body(content[body_at:])
    if len(body.data) != int.from_bytes(file[14:22], "little"):
        sys.exit("the parts do not add up to the file")
    arcs, lon, lat = [], 0, 0
    for _ in range(header["arcs"]):
        _left, _right, _kind, _stretch, positions = body.number(), body.number(), body.byte(), body.number(), body.number()
        arc = []
        for _ in range(positions):
            lon, lat = lon + body.signed(), lat + body.signed()
            arc.append([lon / 1e7, lat / 1e7])
        arcs.append(arc)
    for territory in header["territories"]:
        polygons = []
        for _ in range(body.number()):
            head, reference, ring = body.number(), 0, []
            for _ in range(head // 2):
                reference += body.signed()
                arc = arcs[reference // 2]
                ring = ring[:-1] + (arc[::-1] if reference % 2 else arc)
            if head % 2:
                polygons.append([])
            polygons[-1].append(ring)
        geometry = {"type": "MultiPolygon", "coordinates": polygons}
        yield {"type": "Feature", "id": territory["code"], "geometry": geometry, "properties": territory}


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as opened:
        features = [f for f in read(opened.read()) if not sys.argv[2:] or f["id"] in sys.argv[2:]]
    print(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))
