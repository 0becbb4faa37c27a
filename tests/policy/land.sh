#!/usr/bin/env bash
# Builds the set of land from its npm packages and writes it beside the other border files.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
kordon=$(realpath "$1")
into=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
packages @geo-maps/countries-coastline-10m@0.6.0 @geo-maps/earth-waterbodies-10m@0.6.0 \
  @osm_borders/maritime_10m@1.1.0
"$kordon" borders build --coastline geo-maps-countries-coastline-10m-0.6.0/package/map.geo.json \
  --waters geo-maps-earth-waterbodies-10m-0.6.0/package/map.geo.json \
  --osm osm_borders-maritime_10m-1.1.0/package/borders.geo.json -o "$into"
echo "install it with: kordon borders add $into/osm-coastline-10m.kbs"
