#!/usr/bin/env bash
# A store of made-up incidents, and PostGIS with the same incidents asked for the same: `make bench-store`.
#
# PostgreSQL keeps each document as the text it came in, with its place, time, kinds and words in columns of their own, an index on each,
# and no distances to borders. It is asked through its own pgbench, over a local socket; Kordon within its process.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/postgis.sh"
cargo=${CARGO:-cargo}
"$cargo" build --release --locked -q --manifest-path "$here/Cargo.toml"
peers=${CARGO_TARGET_DIR:-$here/target}/release/kordon-peers

export KORDON_BENCH_FILE=$work/incidents.ndjson
(cd "$here/../.." && "$cargo" bench --locked -q -p kordon-store --bench store) | tee "$work/ours"

cd "$work"
"$peers" prepare "$work"
start -c max_wal_size=8GB -c checkpoint_timeout=1h
sql <<'SQL'
CREATE EXTENSION postgis;
CREATE TABLE territories (code text, sovereign text, geom geometry);
\copy territories FROM 'territories.copy'
CREATE TABLE romania AS
  SELECT ST_Subdivide(ST_SetSRID(geom, 4326), 64)::geography AS geog FROM territories WHERE code = 'ROU';
CREATE TABLE whole_romania AS SELECT ST_SetSRID(geom, 4326)::geography AS geog FROM territories WHERE code = 'ROU';
CREATE INDEX ON romania USING gist (geog);
ANALYZE romania;
SQL
seconds() { date +%s.%N; }
begin=$(seconds)
sql <<'SQL'
CREATE UNLOGGED TABLE lines (line text);
\copy lines FROM 'incidents.ndjson' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
CREATE TABLE incidents AS
  SELECT (j->>'id')::uuid AS id, line AS document, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geom,
    ST_MakePoint(lon, lat)::geography AS geog, (j#>>'{properties,date_start}')::timestamptz AS date_start,
    (j#>>'{properties,location_radius_m}')::float8 AS radius_m, j#>>'{properties,sub_event_type}' AS kind,
    ARRAY(SELECT i->>'infrastructure' FROM jsonb_array_elements(j#>'{properties,impacts}') i) AS infrastructure,
    to_tsvector('simple', j#>>'{properties,title,en}') AS words
  FROM (SELECT line, line::jsonb AS j FROM lines) l,
    LATERAL (SELECT (j#>>'{geometry,coordinates,0}')::float8 AS lon, (j#>>'{geometry,coordinates,1}')::float8 AS lat) p;
ALTER TABLE incidents ADD PRIMARY KEY (id);
CREATE INDEX ON incidents USING gist (geom);
CREATE INDEX ON incidents USING gist (geog);
CREATE INDEX ON incidents (date_start);
CREATE INDEX ON incidents USING gin (infrastructure);
CREATE INDEX ON incidents USING gin (words);
CHECKPOINT;
SQL
import_s=$(awk "BEGIN { print $(seconds) - $begin }")
sql -c 'DROP TABLE lines' -c 'VACUUM ANALYZE incidents'

# A line of the bench: its median, in milliseconds.
ms() { awk '{ for (i = 2; i <= NF; i++) if ($i == "ms") { print $(i - 1); exit } }' | grep . || { echo "no time in: $*" >&2; exit 1; }; }
# ours LABEL: that of the line which begins so.
ours() { grep -m1 "^$1" ours | ms "$1"; }
# row WHAT OURS THEIRS: one line of the table, in milliseconds.
row() { awk -v what="$1" -v a="$2" -v b="$3" 'BEGIN { printf "| %s | %.4g | %.4g | %.0f× |\n", what, a, b, b / a }'; }
# ask WHAT RUNS OURS QUERY: the median of what pgbench measured, beside ours.
ask() {
  echo "$4;" >query.sql
  rm -f pgbench_log.*
  "$bin/pgbench" -n -h "$work" -U kordon -t "$2" -l -f query.sql postgres >/dev/null
  row "$1" "$3" "$(sort -n -k3 pgbench_log.* | awk '{ t[NR] = $3 } END { print t[int((NR + 1) / 2)] / 1000 }')"
}
# rate WHAT CLIENTS EACH LABEL: inserts a second, beside ours.
rate() {
  cat >query.sql <<'SQL'
INSERT INTO incidents SELECT gen_random_uuid(), document, geom, geog, date_start, radius_m, kind, infrastructure, words
  FROM (SELECT * FROM incidents LIMIT 1) one;
SQL
  local theirs ours
  theirs=$("$bin/pgbench" -n -h "$work" -U kordon -c "$2" -j 2 -t "$3" -f query.sql postgres | awk '/^tps/ { print $3 }')
  ours=$(grep -F "$4" ours | grep -oE '[0-9]+ a second' | grep -oE '[0-9]+')
  awk -v what="$1" -v a="$ours" -v b="$theirs" 'BEGIN { printf "| %s | %.0f | %.0f | %.1f× |\n", what, a, b, a / b }'
}

echo
versions
echo
echo "| what | Kordon, ms | PostGIS, ms | ratio |"
echo "|---|---:|---:|---:|"
row "import, durable and queryable" "$(awk '/^import:/ { for (i = 1; i < NF; i++) if ($(i + 1) == "s") print $i * 1000 }' ours | head -n 1)" \
  "$(awk "BEGIN { print $import_s * 1000 }")"
grep -oE '^box of ±[0-9.]+°.* [0-9]+ found' ours | while read -r line; do
  half=$(grep -oE '±[0-9.]+' <<<"$line" | tr -d '±')
  found=$(grep -oE '[0-9]+ found' <<<"$line" | cut -d' ' -f1)
  box=$(awk -v h="$half" 'BEGIN { printf "ST_MakeEnvelope(%.7f, %.7f, %.7f, %.7f, 4326)", 37.8 - h, 48 - h, 37.8 + h, 48 + h }')
  # Not geom && box alone: that compares boxes of single precision, which take in what lies beside the edge.
  where="ST_Intersects(geom, $box) AND date_start >= '2019-01-01Z'"
  [ "$found" -gt 10000 ] || where+=" AND infrastructure && '{energy,port}'"
  counted=$(sql -At -c "SELECT count(*) FROM incidents WHERE $where")
  [ "$counted" = "$found" ] || { echo "PostGIS finds $counted, Kordon $found: $where" >&2; exit 1; }
  runs=$((found > 10000 ? 9 : 101))
  # The line after the box's tells of its documents.
  documents=$(grep -FA1 "$line" ours | tail -n 1 | ms "$line")
  ask "box, time and category: $found documents" $runs "$documents" "SELECT document FROM incidents WHERE $where"
done
near="EXISTS (SELECT FROM romania r WHERE ST_DWithin(i.geog, r.geog, 50000))"
ask "within 50 km of Romania, the first time: count" 1 "$(ours "within 50 km of Romania, the first time: count")" "SELECT count(*) FROM incidents i WHERE $near"
ask "within 50 km of Romania: count" 3 "$(ours "within 50 km of Romania: count")" "SELECT count(*) FROM incidents i WHERE $near"
ask "within 50 km of Romania: all rows, measured" 3 "$(ours "within 50 km of Romania: all rows")" \
  "SELECT i.id, ST_Distance(i.geog, w.geog) FROM incidents i, whole_romania w WHERE $near"
ask "10 nearest" 101 "$(ours "10 nearest")" \
  "SELECT document FROM incidents ORDER BY geog <-> ST_MakePoint(28.84, 45.34)::geography LIMIT 10"
ask "two words, first 100" 11 "$(ours "two words")" \
  "SELECT document FROM incidents WHERE words @@ to_tsquery('simple', 'ізмаїл:* & drone:*') ORDER BY date_start DESC LIMIT 100"
ask "tile of the world (PostGIS: every point in it)" 1 "$(ours "tile of the world")" \
  "SELECT ST_AsMVT(t) FROM (SELECT id, kind, ST_AsMVTGeom(ST_Transform(geom, 3857), ST_TileEnvelope(0, 0, 0)) AS geom FROM incidents
   WHERE abs(ST_Y(geom)) < 85.05) t"
echo
echo "| what | Kordon, a second | PostGIS, a second | ratio |"
echo "|---|---:|---:|---:|"
rate "durable inserts, one writer" 1 300 "one writer:"
rate "durable inserts, 64 writers" 64 100 "64 writers:"
echo
sql -At -c "SELECT 'PostgreSQL: ' || pg_size_pretty(pg_total_relation_size('incidents')) || ' on the disk; ' ||
  (SELECT count(*) FROM incidents i WHERE $near) || ' incidents within 50 km of Romania, wherever in its circle each was'"
