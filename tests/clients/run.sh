#!/usr/bin/env bash
# Real clients read the same as a full scan, and the server hears their filters: `make clients`.
#
# GDAL of Debian and of the newest wheel, GeoPandas, OWSLib, R, and QGIS without a window. The program (its path is the argument) serves
# made-up incidents on a loopback port; its log tells which parameters arrived. What it exports is given out by nginx, and opened by
# LibreOffice and pyarrow.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kordon=$(realpath "$1")
need=()
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || need+=(nginx-light)
command -v soffice >/dev/null || need+=(libreoffice-calc-nogui)
command -v ogrinfo >/dev/null || need+=(gdal-bin)
/usr/bin/python3 -c 'import qgis.core' 2>/dev/null || need+=(python3-qgis qgis-providers)
Rscript -e 'library(sf); library(httr2); library(jsonlite)' >/dev/null 2>&1 || need+=(r-cran-sf r-cran-httr2 r-cran-jsonlite)
[ ${#need[@]} = 0 ] || "$here/../policy/need.sh" "${need[@]}"
venv=$here/../../.make/clients
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"

work=$(mktemp -d)
servers=()
end() { [ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null || true; rm -rf "$work"; }
trap end EXIT
trap 'exit 130' INT TERM

# serve LOG ARGUMENTS…: starts the program, and sets `base` to its address.
serve() {
  local log=$1
  shift
  (cd "$work" && KORDON_LOG=kordon_server=debug exec "$kordon" "$@" --listen 127.0.0.1:0) 2>"$log" &
  servers+=($!)
  for _ in $(seq 100); do
    base=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$log" | head -n 1) && return
    sleep 0.1
  done
  cat "$log" >&2
  return 1
}

"$venv/bin/python" "$here/check.py" make "$work/incidents.ndjson"
"$kordon" import --store "$work/store" "$work/incidents.ndjson"
token=$("$kordon" token add --store "$work/store" qgis)
export QT_QPA_PLATFORM=offscreen XDG_RUNTIME_DIR=$work HOME=$work
serve "$work/log" serve --store "$work/store"
"$venv/bin/python" "$here/filters.py" "$base" "$work/incidents.ndjson"
"$venv/bin/python" "$here/check.py" ask "$base" "$work/incidents.ndjson" "$work/log"
"$venv/bin/python" "$here/edit.py" "$base" "$token"

mkdir "$work/files"
for ending in fgb pmtiles parquet; do
  "$kordon" export --store "$work/store" -o "$work/files/incidents.$ending"
done
"$kordon" export --store "$work/store" --bom -o "$work/files/incidents.csv"
port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$work/nginx.conf" <<NGINX
daemon off;
pid $work/nginx.pid;
error_log stderr;
events {}
http {
  client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
  log_format sent '\$request \$status \$body_bytes_sent';
  access_log $work/nginx.log sent;
  server { listen 127.0.0.1:$port; root $work/files; }
}
NGINX
PATH=$PATH:/usr/sbin nginx -p "$work" -c "$work/nginx.conf" 2>"$work/nginx.err" &
servers+=($!)
curl -sf --retry 20 --retry-delay 1 --retry-connrefused -o /dev/null -I "http://127.0.0.1:$port/incidents.fgb" || { cat "$work/nginx.err" >&2; exit 1; }
"$venv/bin/python" "$here/files.py" "$work/incidents.ndjson" "$work/files" "http://127.0.0.1:$port" "$work/nginx.log"
# The questions of the documentation are about the samples.
serve "$work/demo.log" demo
"$venv/bin/python" "$here/questions.py" "$base" "$here/../../docs/query.md"
