#!/usr/bin/env bash
# The OpenAPI document beside what the server does: run.sh lint|fuzz|core KORDON.
#
# lint: spectral. fuzz: schemathesis asks every operation for what it should and should not take; no answer may be a 5xx or
# one that the document does not name. core: ogctests, a stranger's reading of OGC API - Features Part 1, which does not
# know features without a place (RFC 7946 does), so it is given the others.
# Installed into .make/; the sample incidents are served on a loopback port.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
made=$here/../../.make
kordon=$(realpath "$2")
work=$(mktemp -d)
server=
end() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"; }
trap end EXIT
trap 'exit 130' INT TERM
jq '.features |= map(select(.geometry))' "$here/../../data/samples/incidents.geojson" >"$work/placed.geojson"
case $1 in
core)
  "$kordon" import --store "$work/store" "$work/placed.geojson"
  # It takes a collection without an item for a fault.
  echo '{"type":"Feature","properties":{"name":"Port of Izmail"},"geometry":{"type":"Point","coordinates":[28.8372,45.3512]}}' >"$work/ports.geojson"
  "$kordon" layer add --store "$work/store" "$work/ports.geojson" --kind port --licence CC0-1.0
  serve=(serve --store "$work/store")
  ;;
*) serve=(demo) ;;
esac
"$kordon" "${serve[@]}" --listen 127.0.0.1:0 2>"$work/log" &
server=$!
for _ in $(seq 100); do
  base=$(grep -soE 'http://127\.0\.0\.1:[0-9]+' "$work/log" | head -n 1) && break
  sleep 0.1
done
python() {
  [ -x "$made/api/bin/python" ] || python3 -m venv "$made/api"
  "$made/api/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"
}
case $1 in
lint)
  npm install --silent --no-save --no-audit --no-fund --prefix "$made/spectral" @stoplight/spectral-cli@6.16.3
  curl -sf "$base/api" >"$work/api.json"
  "$made/spectral/node_modules/.bin/spectral" lint --ruleset "$here/spectral.yaml" --fail-severity warn "$work/api.json"
  ;;
fuzz)
  python
  # What is told without end is listened to by a test of the server.
  "$made/api/bin/schemathesis" run "$base/api" --exclude-path /live --max-examples "${EXAMPLES:-50}" --seed 7 \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
  ;;
core)
  python
  # Not `-m ogctests`, which ends well whatever it found.
  core=$("$made/api/bin/python" -c 'import importlib.util; print(*importlib.util.find_spec("ogctests").submodule_search_locations)')
  INSTANCE_URL=$base "$made/api/bin/python" -m pytest -p no:cacheprovider -p no:warnings "$core/features/core"
  ;;
esac
