#!/usr/bin/env bash
# Installs the named Debian packages, as root or through sudo; says what to do where it cannot.
set -euo pipefail
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "please install as root: apt-get install $*" >&2; exit 2; }
  as_root=(sudo)
fi
command -v apt-get >/dev/null || { echo "please install with your package manager: $*" >&2; exit 2; }
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
