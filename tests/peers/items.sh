#!/usr/bin/env bash
# How many requests a second Kordon answers beside pygeoapi over PostGIS, on the same incidents in one run: `make bench-items`.
#
# items.sh KORDON. 100 000 made-up places around Ukraine with a title, a date and a kind each, of which the tables of PostGIS
# have an index by place. pygeoapi runs under gunicorn with a process for each core; Kordon tells of each incident its distance
# to the nearest border too. wrk asks both over loopback for the same boxes, 5 s each (LOAD_S), 4 connections.
# Fails when Kordon is not 20 times as fast for 10 features, and 10 times for 1 000.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/postgis.sh"
kordon=$(realpath "$1")
made=$here/../../.make
load_s=${LOAD_S:-5}
command -v wrk >/dev/null || "$here/../policy/need.sh" wrk
[ -x "$made/peers/bin/python" ] || python3 -m venv "$made/peers"
"$made/peers/bin/pip" install -q --disable-pip-version-check pygeoapi==0.21.0 gunicorn==23.0.0 psycopg2-binary==2.9.10 GeoAlchemy2==0.17.1

servers=()
end_all() { for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done; wait "${servers[@]}" 2>/dev/null || true; end; }
trap end_all EXIT
cd "$work"

"$made/peers/bin/python" - <<'PY'
import csv, json, random
dice = random.Random(7)
kinds = ["battles", "explosions_remote_violence", "violence_against_civilians", "protests", "riots"]
with open("incidents.ndjson", "w") as ours, open("incidents.csv", "w", newline="") as theirs:
    rows = csv.writer(theirs)
    for number in range(100_000):
        lon, lat = round(dice.uniform(22, 40), 5), round(dice.uniform(44.5, 52), 5)
        date = f"{dice.randrange(2015, 2026)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
        title, kind = f"Strike {number} near a port, two silos burned", dice.choice(kinds)
        properties = {"title": {"en": title}, "date_start": date, "event_type": kind, "location_radius_m": 1000}
        point = {"type": "Point", "coordinates": [lon, lat]}
        ours.write(json.dumps({"type": "Feature", "geometry": point, "properties": properties}) + "\n")
        rows.writerow([number, title, date, kind, 1000, f"SRID=4326;POINT({lon} {lat})"])
PY
"$kordon" import --store store incidents.ndjson 2>import.log || { cat import.log >&2; exit 1; }
start
sql <<'SQL'
CREATE EXTENSION postgis;
CREATE TABLE incidents (id int PRIMARY KEY, title text, date_start date, event_type text, location_radius_m float8,
  geom geometry(Point, 4326));
\copy incidents FROM 'incidents.csv' WITH (FORMAT csv)
CREATE INDEX ON incidents USING gist (geom);
VACUUM ANALYZE incidents;
SQL

# A free port, asked of the system.
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
theirs=http://127.0.0.1:$(port)
cat >pygeoapi.yml <<YAML
server:
  bind: { host: 127.0.0.1, port: ${theirs##*:} }
  url: $theirs
  mimetype: application/json; charset=UTF-8
  encoding: utf-8
  languages: [en-US]
  limits: { default_items: 10, max_items: 10000 }
  map: { url: "$theirs/none", attribution: none }
logging: { level: ERROR }
metadata:
  identification: { title: t, description: d, keywords: [k], keywords_type: theme, terms_of_service: none, url: "$theirs" }
  license: { name: none, url: "$theirs" }
  provider: { name: none, url: "$theirs" }
  contact: { name: none }
resources:
  incidents:
    type: collection
    title: incidents
    description: incidents
    keywords: [k]
    links: []
    extents: { spatial: { bbox: [-180, -90, 180, 90], crs: "http://www.opengis.net/def/crs/OGC/1.3/CRS84" } }
    providers:
      - type: feature
        name: PostgreSQL
        data: { host: "$work", port: 5432, dbname: postgres, user: kordon, password: none, search_path: [public] }
        id_field: id
        table: incidents
        geom_field: geom
YAML
export PYGEOAPI_CONFIG=$work/pygeoapi.yml PYGEOAPI_OPENAPI=$work/openapi.yml
"$made/peers/bin/pygeoapi" openapi generate "$PYGEOAPI_CONFIG" --output-file "$PYGEOAPI_OPENAPI" >pygeoapi.log 2>&1 ||
  { cat pygeoapi.log >&2; exit 1; }
"$made/peers/bin/gunicorn" -w "$(nproc)" -b "${theirs#http://}" pygeoapi.flask_app:APP >>pygeoapi.log 2>&1 &
servers+=($!)
ours=http://127.0.0.1:$(port)
"$kordon" serve --store store --listen "${ours#http://}" 2>kordon.log &
servers+=($!)
for base in "$ours" "$theirs"; do
  curl -sf --retry 60 --retry-delay 1 --retry-connrefused -o /dev/null "$base/conformance"
done

# rate BASE QUERY: answers a second, once there was a second to warm up; none may be an error.
rate() {
  local url="$1/collections/incidents/items?f=json&$2"
  wrk -t1 -c4 -d1s --timeout 30s "$url" >/dev/null
  wrk -t1 -c4 -d"${load_s}s" --timeout 30s "$url" >wrk.log
  if grep -E 'Non-2xx|Socket errors' wrk.log >&2; then return 1; fi
  awk '/^Requests\/sec/ { print $2 }' wrk.log
}
# row WANTED BOX LIMIT: both asked for the same box, which has more than LIMIT.
row() {
  local query="bbox=$2&limit=$3" a b
  for base in "$ours" "$theirs"; do
    curl -sf "$base/collections/incidents/items?f=json&$query" |
      jq -e --argjson limit "$3" '.features | length == $limit' >/dev/null ||
      { echo "$base does not give $3 features for $query" >&2; exit 1; }
  done
  a=$(rate "$ours" "$query")
  b=$(rate "$theirs" "$query")
  awk -v n="$3" -v a="$a" -v b="$b" -v wanted="$1" 'BEGIN {
    printf "| %d features | %.0f | %.1f | %.0f× |\n", n, a, b, a / b
    if (a < wanted * b) { printf "less than %d times as many\n", wanted > "/dev/stderr"; exit 1 }
  }'
}
echo "$(versions), pygeoapi 0.21.0, wrk"
echo
echo "| a page of | Kordon, a second | pygeoapi, a second | ratio |"
echo "|---|---:|---:|---:|"
row 20 30,48,30.3,48.2 10
row 10 30,48,33,50 1000
