"""What QGIS 3.32 and later send when somebody edits a layer, with a token and without: edit.py BASE TOKEN.

QGIS of Debian is older and only reads, so its requests are made here as its source makes them: OPTIONS says what may be
done, a new feature has every property that the schema offers, null where nothing was filled in, a moved point or a changed
property is a merge patch without an ETag, and the feature is read again behind each.
"""

import json
import sys
import urllib.error
import urllib.request

MERGE = "application/merge-patch+json"


def ask(method, address, token, body=None, media="application/geo+json", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if body is not None:
        headers["Content-Type"] = media
        body = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body, headers, method=method)) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read()


def main(base, token):
    items = f"{base}/collections/incidents/items"

    def allowed(address):
        return ask("OPTIONS", address, token)[1]["Allow"].split(", ")

    def read(address):
        status, _, body = ask("GET", address, token)
        assert status == 200, (status, body)
        return json.loads(body)

    assert "POST" in allowed(items), allowed(items)
    first = read(f"{items}?limit=1")["features"][0]["id"]
    assert {"PUT", "PATCH", "DELETE"} <= set(allowed(f"{items}/{first}")), allowed(f"{items}/{first}")
    links = read(f"{base}/collections/incidents")["links"]
    schema = read(next(link["href"] for link in links if link["rel"] == "http://www.opengis.net/def/rel/ogc/1.0/schema"))
    fields = [name for name, said in schema["properties"].items()
              if "type" in said and name != "id" and not said.get("readOnly")]
    assert {"title", "date_start", "deaths_best", "verification"} <= set(fields), fields

    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [28.8372, 45.3512]},
               "properties": dict.fromkeys(fields)}
    feature["properties"].update(title={"en": "Drawn in QGIS"}, date_start="2025-05-30", verification="unverified")
    status, _, body = ask("POST", items, None, feature)
    assert status == 401, (status, body)
    status, headers, body = ask("POST", items, token, feature)
    assert status == 201, (status, body)
    at = headers["Location"]
    assert at.startswith(f"{items}/"), at
    made = read(at)
    assert made["properties"]["title"] == {"en": "Drawn in QGIS"}, made
    assert "extra" not in made["properties"], made

    def changed(method, body, media, **headers):
        status, _, said = ask(method, at, token, body, media, **headers)
        assert status in (200, 204), (method, status, said)
        return read(at)

    moved = changed("PATCH", {"geometry": {"type": "Point", "coordinates": [28.84, 45.33]}}, MERGE)
    assert moved["geometry"]["coordinates"] == [28.84, 45.33], moved
    # A layer in EPSG:4326 has latitude first, and its system in a header, without angle brackets.
    point = {"geometry": {"type": "Point", "coordinates": [45.34, 28.85]}}
    moved = changed("PATCH", point, MERGE, Content_Crs="http://www.opengis.net/def/crs/EPSG/0/4326")
    assert moved["geometry"]["coordinates"] == [28.85, 45.34], moved
    filled = changed("PATCH", {"properties": {"deaths_best": 3, "verification": "verified"}}, MERGE)
    assert (filled["properties"]["deaths_best"], filled["properties"]["verification"]) == (3, "verified"), filled
    emptied = changed("PATCH", {"properties": {"deaths_best": None}}, MERGE)
    assert "deaths_best" not in emptied["properties"], emptied
    whole = {"type": "Feature", "id": made["id"], "geometry": emptied["geometry"],
             "properties": {name: emptied["properties"].get(name) for name in fields}}
    whole["properties"]["title"] = {"en": "Drawn in QGIS, replaced"}
    replaced = changed("PUT", whole, "application/geo+json")
    assert replaced["properties"]["title"] == {"en": "Drawn in QGIS, replaced"}, replaced
    status, _, body = ask("DELETE", at, None)
    assert status == 401, (status, body)
    status, _, body = ask("DELETE", at, token)
    assert status == 204, (status, body)
    status, _, body = ask("GET", at, token)
    assert status == 410, (status, body)
    print("ok: made, moved, filled in, emptied, replaced and withdrawn as QGIS does, with a token and not without")


if __name__ == "__main__":
    main(*sys.argv[1:])
