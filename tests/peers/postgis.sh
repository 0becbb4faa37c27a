# PostgreSQL with PostGIS from Debian's packages, in a folder of its own and without a network port; to be sourced.
# `start SETTING…` starts it in $work, which is removed, and the server ended, when the shell exits; `sql` asks it.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
has_postgis() { compgen -G '/usr/share/postgresql/*/extension/postgis.control' >/dev/null; }
has_postgis || "$here/../policy/need.sh" postgresql postgresql-15-postgis-3
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)

work=$(mktemp -d "${KORDON_BENCH_DIR:-${TMPDIR:-/tmp}}/peers.XXXXXX")
as=()
# PostgreSQL refuses to run as root; its Debian package brings a user.
if [ "$(id -u)" = 0 ]; then as=(runuser -u postgres --); chown postgres "$work"; fi
end() {
  [ ! -d "$work/data" ] || "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate -s stop || true
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

start() {
  chmod -R a+rX "$work"
  "${as[@]}" "$bin/initdb" -D "$work/data" -A trust -U kordon --locale=C --encoding=UTF8 >/dev/null
  "${as[@]}" "$bin/pg_ctl" -D "$work/data" -s -w -l "$work/server.log" start -o "-k '$work' -c listen_addresses= \
    -c jit=off -c shared_buffers=1GB -c work_mem=256MB -c maintenance_work_mem=512MB $*"
}

sql() { "$bin/psql" -X -q -h "$work" -U kordon -v ON_ERROR_STOP=1 postgres "$@"; }

versions() {
  echo "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs), $(nproc) cores, $(date -u +%F);" \
    "PostgreSQL $("$bin/postgres" --version | grep -o '[0-9.]*' | head -n 1)," \
    "PostGIS $(sql -At -c 'SELECT postgis_lib_version()')"
}
