#!/usr/bin/env bash
# The border engine beside its peers: starts PostgreSQL with PostGIS from Debian's packages in a folder of its own, without
# a network port, has it answer, ends it, and prints one table. `make bench-borders`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/postgis.sh"
"${CARGO:-cargo}" build --release --locked -q --manifest-path "$here/Cargo.toml"
peers=${CARGO_TARGET_DIR:-$here/target}/release/kordon-peers
cd "$work"

"$peers" prepare "$work"
start -c fsync=off -c max_parallel_workers_per_gather=0 -c autovacuum=off

sql <<'SQL'
CREATE EXTENSION postgis;
CREATE TABLE territories (code text, sovereign text, geom geometry);
CREATE TABLE borders (code text, sovereign text, geom geometry);
CREATE TABLE places (id int, class text, lon float8, lat float8, own text[]);
\copy territories FROM 'territories.copy'
\copy borders FROM 'lines.copy'
\copy places FROM 'places.copy'
UPDATE territories SET geom = ST_SetSRID(geom, 4326);
ALTER TABLE territories ADD geog geography;
UPDATE territories SET geog = geom::geography;
ALTER TABLE places ADD m geometry, ADD g geography;
UPDATE places SET m = ST_SetSRID(ST_MakePoint(lon, lat), 4326);
UPDATE places SET g = m::geography;
CREATE TABLE pieces AS SELECT code, sovereign, ST_Subdivide(geom, 128) AS geom FROM territories;
ALTER TABLE pieces ADD geog geography;
UPDATE pieces SET geog = geom::geography;
CREATE TABLE lines AS
  SELECT code, sovereign, ST_Subdivide(ST_SetSRID(geom, 4326), 64)::geography AS geog FROM borders;
CREATE TABLE named_lines AS SELECT * FROM lines WHERE code = 'ROU';
CREATE INDEX ON territories USING gist (geom);
CREATE INDEX ON pieces USING gist (geom);
CREATE INDEX ON pieces USING gist (geog);
CREATE INDEX ON lines USING gist (geog);
CREATE INDEX ON named_lines USING gist (geog);
VACUUM ANALYZE;
SQL

# ask CLASS WORK WORDS PLACES QUERY: one query in a connection of its own, its processor time, its answers. The first run
# warms the caches; the second is measured.
n=0
ask() {
  n=$((n + 1))
  local file=answer$n.csv query="${5//CLASS/p.class = \'$1\' AND p.id < $4}"
  query=${query//$'\n'/ }
  if ! PGOPTIONS="-c statement_timeout=120000" "$bin/psql" -X -q -At -h "$work" -U kordon -v ON_ERROR_STOP=1 postgres >"times$n" <<SQL
SELECT pg_backend_pid() AS pid \\gset
\\setenv PID :pid
\\copy ($query) TO '$file' CSV
\\! cut -d' ' -f1 /proc/\$PID/schedstat
\\copy ($query) TO '$file' CSV
\\! cut -d' ' -f1 /proc/\$PID/schedstat
SQL
  then echo "PostGIS: $3, $2, $1: no answer within 120 s" >&2; return; fi
  printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$(paste -s "times$n")" "$file" >>cpu.tsv
}
for class in ukraine borders land; do
  ask $class "nearest foreign" "PostGIS, KNN over subdivided border lines" 1000 \
    "SELECT p.id, n.d FROM places p CROSS JOIN LATERAL (SELECT ST_Distance(p.g, l.geog) AS d FROM lines l
     WHERE NOT l.sovereign = ANY(p.own) ORDER BY p.g <-> l.geog LIMIT 1) n WHERE CLASS"
  ask $class "nearest foreign" "PostGIS, best of 8 by KNN" 1000 \
    "SELECT p.id, min(n.d) FROM places p CROSS JOIN LATERAL (SELECT ST_Distance(p.g, l.geog) AS d FROM lines l
     WHERE NOT l.sovereign = ANY(p.own) ORDER BY p.g <-> l.geog LIMIT 8) n WHERE CLASS GROUP BY p.id"
  ask $class "nearest foreign" "PostGIS, KNN over subdivided polygons" 200 \
    "SELECT p.id, n.d FROM places p CROSS JOIN LATERAL (SELECT ST_Distance(p.g, l.geog) AS d FROM pieces l
     WHERE NOT l.sovereign = ANY(p.own) ORDER BY p.g <-> l.geog LIMIT 1) n WHERE CLASS"
  ask $class "to Romania" "PostGIS, ST_Distance to the whole polygon" 1000 \
    "SELECT p.id, ST_Distance(p.g, t.geog) FROM places p, territories t WHERE t.code = 'ROU' AND CLASS"
  ask $class "to Romania" "PostGIS, KNN over subdivided border lines" 1000 \
    "SELECT p.id, CASE WHEN 'ROU' = ANY(p.own) THEN 0 ELSE n.d END FROM places p CROSS JOIN LATERAL (SELECT
     ST_Distance(p.g, l.geog) AS d FROM named_lines l ORDER BY p.g <-> l.geog LIMIT 1) n WHERE CLASS"
  ask $class containing "PostGIS, ST_Covers(geometry), subdivided" 1000 \
    "SELECT p.id, (SELECT string_agg(DISTINCT t.code, ';' ORDER BY t.code) FROM pieces t
     WHERE ST_Covers(t.geom, p.m)) FROM places p WHERE CLASS"
  ask $class containing "PostGIS, ST_Covers(geography), subdivided" 1000 \
    "SELECT p.id, (SELECT string_agg(DISTINCT t.code, ';' ORDER BY t.code) FROM pieces t
     WHERE ST_Covers(t.geog, p.g)) FROM places p WHERE CLASS"
  ask $class containing "PostGIS, ST_Covers(geometry), whole" 200 \
    "SELECT p.id, (SELECT string_agg(t.code, ';' ORDER BY t.code) FROM territories t
     WHERE ST_Covers(t.geom, p.m)) FROM places p WHERE CLASS"
done

versions
echo
"$peers" report "$work"
