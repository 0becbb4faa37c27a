"""Random CQL2 filters, asked of the server and of another program's evaluator: filters.py BASE FILE [COUNT] [SEED].

The other one is the crate cql2, from its Python wheel. It reads each incident in FILE by itself; what it cannot decide,
because a property is not there, is not chosen. Both must choose the same incidents, from CQL2 text and from CQL2 JSON.
"""

import json
import random
import sys
import urllib.parse
import urllib.request

import cql2

KINDS = ["air_drone_strike", "shelling_artillery_missile", "fire", "drone_debris", "never"]


def place(rng):
    return round(rng.uniform(22, 40), 3), round(rng.uniform(44, 52), 3)


def simple(rng):
    quoted = lambda words: ", ".join(f"'{word}'" for word in words)
    sign = rng.choice(["=", "<>", "<", "<=", ">", ">="])
    day = f"{rng.randint(2022, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T00:00:00Z"
    (west, south), (east, north) = place(rng), place(rng)
    west, east, south, north = min(west, east), max(west, east), min(south, north), max(south, north)
    ring = [place(rng) for _ in range(3)]
    ring = ", ".join(f"{lon} {lat}" for lon, lat in ring + ring[:1])
    return rng.choice([
        f"sub_event_type {rng.choice(['=', '<>', '<'])} '{rng.choice(KINDS)}'",
        f"sub_event_type {rng.choice(['', 'NOT '])}IN ({quoted(rng.sample(KINDS, 2))})",
        f"verification = '{rng.choice(['verified', 'unverified'])}'",
        f"deaths_best {sign} {rng.randint(0, 9)}",
        f"deaths_best {rng.choice(['', 'NOT '])}BETWEEN {rng.randint(0, 3)} AND {rng.randint(2, 9)}",
        f"deaths_best * {rng.randint(1, 3)} - {rng.randint(0, 4)} {sign} {rng.randint(0, 9)}",
        f"location_radius_m / 100 > deaths_best + {rng.randint(0, 5)}",
        "injured_best IS NULL", "injured_best IS NOT NULL", f"injured_best {sign} {rng.randint(0, 5)}",
        f"title LIKE '{rng.choice(['%22%', 'Strike 1_', 'Strike%', '%7', 'strike%'])}'",
        f"CASEI(title) LIKE CASEI('{rng.choice(['STRIKE 1%', '%E 2_3'])}')",
        f"date_start {sign} TIMESTAMP('{day}')",
        f"date_start {sign} '{day}'",
        f"T_BEFORE(date_start, TIMESTAMP('{day}'))",
        f"T_AFTER(date_start, TIMESTAMP('{day}'))",
        f"S_INTERSECTS(geometry, BBOX({west}, {south}, {east}, {north}))",
        f"S_DISJOINT(geometry, BBOX({west}, {south}, {east}, {north}))",
        f"S_WITHIN(geometry, POLYGON(({ring})))",
        f"S_INTERSECTS(geometry, POLYGON(({ring})))",
    ])


def some_filter(rng, depth):
    if depth == 0 or rng.random() < 0.3:
        return simple(rng)
    if rng.random() < 0.2:
        return f"NOT ({some_filter(rng, depth - 1)})"
    words = [f"({some_filter(rng, depth - 1)})" for _ in range(rng.randint(2, 3))]
    return rng.choice([" AND ", " OR "]).join(words)


def theirs(filter, features):
    expression = cql2.parse_text(filter)

    def holds(feature):
        try:
            return expression.matches(feature)
        except ValueError:
            return False
        except Exception as error:
            if "Could not reduce" in str(error):
                return False
            raise

    return {feature["id"] for feature in features if holds(feature)}


def ours(base, filter, lang):
    query = urllib.parse.urlencode({"filter": filter, "filter-lang": lang, "limit": 10000})
    with urllib.request.urlopen(f"{base}/collections/incidents/items?{query}") as answer:
        page = json.load(answer)
    assert page["numberMatched"] == len(page["features"]), filter
    return {feature["id"] for feature in page["features"]}


def main(base, file, count=200, seed=20251125):
    with open(file, encoding="utf-8") as lines:
        features = [json.loads(line) for line in lines]
    rng, wrong, chosen = random.Random(int(seed)), 0, 0
    for _ in range(int(count)):
        filter = some_filter(rng, 3)
        told = json.dumps(cql2.parse_text(filter).to_json())
        expected = theirs(filter, features)
        chosen += len(expected)
        for lang, said in [("cql2-text", filter), ("cql2-json", told)]:
            found = ours(base, said, lang)
            if found != expected:
                wrong += 1
                print(f"NOT: {lang} {said}: {len(found)}, and {len(expected)} by cql2, e.g. {sorted(found ^ expected)[:2]}")
    print(f"{'ok' if not wrong else 'NOT'}: {count} filters in two forms, {chosen} incidents chosen, {wrong} differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
