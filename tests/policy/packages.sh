# The npm packages that border files are made of, for the scripts beside this one: `packages NAME…` unpacks each into a folder of
# its own, here, after it has proved to be the one that data/borders/SOURCE.md names.
packages() {
  npm pack --silent "$@"
  sha256sum --check --quiet --ignore-missing <<'SUMS'
e6c6958453386a44eff3d4a7ae1ee319804e06550721c92eb2d278d7db7f8110  geo-maps-countries-coastline-10m-0.6.0.tgz
c63144607cc8aeb5784f8e14b7bf8c8fcdaf2e000b93fe44b1991257773e13a1  geo-maps-countries-maritime-10m-0.6.0.tgz
7be1f7cfa579a05366e487e226582df0fad1927ab81818a9428ac982572875ef  geo-maps-earth-waterbodies-10m-0.6.0.tgz
e9af1dc88a1854fba3e2c4375c61388987a6a00f1eec0975978410019748ac60  osm_borders-maritime_10m-1.1.0.tgz
032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97  world-atlas-2.0.2.tgz
SUMS
  local package
  for package in *.tgz; do mkdir "${package%.tgz}"; tar xzf "$package" -C "${package%.tgz}"; done
}
