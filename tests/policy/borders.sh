#!/usr/bin/env bash
# Builds the border files anew from their npm packages, twice, and compares them byte by byte with those in the repository.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
kordon=$(realpath "$1")
have=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
packages @osm_borders/maritime_10m@1.1.0 @geo-maps/earth-waterbodies-10m@0.6.0 \
  @geo-maps/countries-maritime-10m@0.6.0 world-atlas@2.0.2
for run in first second; do
  mkdir "$run"
  "$kordon" borders build --osm osm_borders-maritime_10m-1.1.0/package/borders.geo.json \
    --waters geo-maps-earth-waterbodies-10m-0.6.0/package/map.geo.json \
    --older geo-maps-countries-maritime-10m-0.6.0/package/map.geo.json \
    --natural-earth world-atlas-2.0.2/package/countries-10m.json -o "$run"
done
for file in osm-maritime-10m.kbs natural-earth-10m.kbs accuracy.csv; do
  cmp "first/$file" "second/$file"
  cmp "first/$file" "$have/$file"
done
echo "the border files and the table of their accuracy are what their sources give, the same bytes twice"
