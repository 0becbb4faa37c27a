#!/usr/bin/env bash
# Builds the set of land from its npm packages and writes it beside the other border files.
set -euo pipefail
kordon=$(realpath "$1")
into=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent @geo-maps/countries-coastline-10m@0.6.0 @geo-maps/earth-waterbodies-10m@0.6.0 \
  @osm_borders/maritime_10m@1.1.0
sha256sum --check --quiet <<'SUMS'
e6c6958453386a44eff3d4a7ae1ee319804e06550721c92eb2d278d7db7f8110  geo-maps-countries-coastline-10m-0.6.0.tgz
7be1f7cfa579a05366e487e226582df0fad1927ab81818a9428ac982572875ef  geo-maps-earth-waterbodies-10m-0.6.0.tgz
e9af1dc88a1854fba3e2c4375c61388987a6a00f1eec0975978410019748ac60  osm_borders-maritime_10m-1.1.0.tgz
SUMS
for package in *.tgz; do mkdir "${package%.tgz}"; tar xzf "$package" -C "${package%.tgz}"; done
"$kordon" borders build --coastline geo-maps-countries-coastline-10m-0.6.0/package/map.geo.json \
  --waters geo-maps-earth-waterbodies-10m-0.6.0/package/map.geo.json \
  --osm osm_borders-maritime_10m-1.1.0/package/borders.geo.json -o "$into"
echo "install it with: kordon borders add $into/osm-coastline-10m.kbs"
