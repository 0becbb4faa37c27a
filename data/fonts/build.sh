#!/usr/bin/env bash
# Cuts the fonts of the pictures out of Debian's Noto: `data/fonts/build.sh`, or `--check` to compare with what is here.
# Needs the package fonts-noto-core (20201225-1) and fonttools 4.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
from=${NOTO:-/usr/share/fonts/truetype/noto}
out=$here
if [ "${1:-}" = --check ]; then out=$(mktemp -d); trap 'rm -rf "$out"' EXIT; fi

# Latin with all of Romanian, combining marks, Greek, Cyrillic with all of Ukrainian, dashes, quotes, arrows, currencies.
latin=U+0020-007E,U+00A0-017F,U+018F,U+0192,U+0218-021B,U+0259,U+02BB-02BC,U+02C6-02DD,U+0300-030C,U+0326-0328
latin=$latin,U+0370-03FF,U+0400-052F,U+1E80-1EFF,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+202F-2030,U+2032-2033
latin=$latin,U+2039-203A,U+20AC,U+20B4,U+2116,U+2122,U+2190-2193,U+2212,U+2248,U+2264-2265,U+FFFD
arabic=U+0020-0021,U+0028-0029,U+002C-003A,U+060C-061F,U+0621-063A,U+0640-0655,U+0660-066D,U+0670-06D5,U+06F0-06F9,U+200C-200F

cut() {
    pyftsubset "$from/$1.ttf" --unicodes="$2" --output-file="$out/$1.ttf" \
        --layout-features='*' --no-hinting --desubroutinize --name-IDs='*' --notdef-outline --no-recalc-timestamp
}
for weight in Regular Bold; do
    cut "NotoSans-$weight" "$latin"
    cut "NotoSansArabic-$weight" "$arabic"
done
if [ "$out" != "$here" ]; then
    for font in "$out"/*.ttf; do cmp "$font" "$here/$(basename "$font")"; done
    echo "the fonts are what the command makes"
fi
