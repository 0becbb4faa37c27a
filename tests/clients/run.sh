#!/usr/bin/env bash
# Real clients read the same as a full scan, and the server hears their filters: `make clients`.
#
# GDAL of Debian and of the newest wheel, GeoPandas, OWSLib, and QGIS without a window. The program (its path is the argument) serves
# made-up incidents on a loopback port; its log tells which parameters arrived.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kordon=$(realpath "$1")
need=()
command -v ogrinfo >/dev/null || need+=(gdal-bin)
/usr/bin/python3 -c 'import qgis.core' 2>/dev/null || need+=(python3-qgis qgis-providers)
[ ${#need[@]} = 0 ] || "$here/../policy/need.sh" "${need[@]}"
venv=$here/../../.make/clients
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"

work=$(mktemp -d)
server=
end() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"; }
trap end EXIT
trap 'exit 130' INT TERM
"$venv/bin/python" "$here/check.py" make "$work/incidents.ndjson"
"$kordon" import --store "$work/store" "$work/incidents.ndjson"
KORDON_LOG=kordon_server=debug "$kordon" serve --store "$work/store" --listen 127.0.0.1:0 2>"$work/log" &
server=$!
for _ in $(seq 100); do
  base=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$work/log" | head -n 1) && break
  sleep 0.1
done
export QT_QPA_PLATFORM=offscreen XDG_RUNTIME_DIR=$work HOME=$work
"$venv/bin/python" "$here/filters.py" "$base" "$work/incidents.ndjson"
"$venv/bin/python" "$here/check.py" ask "$base" "$work/incidents.ndjson" "$work/log"
"$venv/bin/python" "$here/questions.py" "$base" "$here/../../docs/query.md"
