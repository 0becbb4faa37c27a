#!/usr/bin/env bash
# The same made-up reports read by Kordon, GDAL and DuckDB: `make bench-check`.
#
# Kordon reads and checks them, and stores nothing. ogr2ogr copies them into memory, and DuckDB into a table in memory, with two threads; neither
# knows what a date or a P-code may be. All are compared by processor time, user and system, so that the figures stand on a machine
# that others use too.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cargo=${CARGO:-cargo}
command -v ogr2ogr >/dev/null || "$here/../policy/need.sh" gdal-bin
work=$(mktemp -d "${KORDON_BENCH_DIR:-${TMPDIR:-/tmp}}/check.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
python=$here/../../.make/duckdb/bin/python
[ -x "$python" ] || { python3 -m venv "$here/../../.make/duckdb" && "$python" -m pip install -q duckdb; }

export KORDON_BENCH_RECORDS=${KORDON_BENCH_RECORDS:-400000} KORDON_BENCH_DIR=$work
(cd "$here/../.." && "$cargo" bench --locked -q -p kordon-incidents --bench check) | tee "$work/ours"

# best COMMAND…: the least processor time of three runs, in seconds.
best() {
  local TIMEFORMAT='%U %S'
  for _ in 1 2 3; do { time "$@" >/dev/null 2>"$work/words"; } 2>&1; done |
    awk '{ s = $1 + $2; if (!best || s < best) best = s } END { print best }'
}
gdal() { ogr2ogr -f Memory copy "$@"; }
duckdb() { "$python" -c "import duckdb; duckdb.sql('SET threads = 2'); duckdb.sql(\"CREATE TABLE t AS SELECT * FROM $1\")"; }
# row FORM PEER SECONDS: one line of the table.
row() {
  awk -v form="$1" -v peer="$2" -v s="$3" -v n="$KORDON_BENCH_RECORDS" -F', ' \
    '$0 ~ "^" form ":" { split($2, words, " "); printf "| %s | %s | %.0f | %.0f | %.1f× |\n", form, peer, words[1], n / s, words[1] * s / n }' "$work/ours"
}
echo
echo "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs), $(nproc) cores, $(date -u +%F); $(ogr2ogr --version | cut -d, -f1)," \
  "DuckDB $("$python" -c 'import duckdb; print(duckdb.__version__)'); load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| form | peer | Kordon, a second of processor time | peer | ratio |"
echo "|---|---|---:|---:|---:|"
row ndjson ogr2ogr "$(best gdal "GeoJSONSeq:$work/records.ndjson")"
row ndjson DuckDB "$(best duckdb "read_json('$work/records.ndjson', format = 'newline_delimited')")"
row csv ogr2ogr "$(best gdal "$work/records.csv" -oo X_POSSIBLE_NAMES=lon -oo Y_POSSIBLE_NAMES=lat -oo AUTODETECT_TYPE=YES)"
row csv DuckDB "$(best duckdb "read_csv('$work/records.csv')")"
