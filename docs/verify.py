#!/usr/bin/env python3
"""Checks a Kordon ledger without anything of Kordon: docs/ledger.md in Python, standard library only.

    python3 verify.py kordon-data/ledger                          hashes, chain, batches, erasures, Merkle root
    python3 verify.py kordon-data/ledger checkpoint.txt KEY       and whether it extends an older checkpoint

KEY is what `kordon verify` printed when the checkpoint was made. Exit code 1 and the place when something is off.
"""

import base64, hashlib, json, pathlib, re, sys, zlib

MEMBER = re.compile(
    rb'"seq":(0|[1-9]\d*),"batch":(0|[1-9]\d*),"index":(0|[1-9]\d*),"of":(0|[1-9]\d*),"op":"(put|withdraw|erase)",'
    rb'"(salt|commitment)":"([0-9a-f]{64})","prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"}}\n'
)
ERASED = re.compile(rb'{"type":"Feature","geometry":null,"properties":{} *')


MAGIC = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff"


class Convicted(Exception):
    """What is wrong, and where."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def records(ledger):
    """The hash of each record, having checked it and its place, and how many there are of a batch that was never acknowledged."""
    prev, seq, batch, left, of = sha256((ledger / "format.json").read_bytes()), 0, 0, 0, 0
    hashes, erased, explained, torn = [], set(), set(), False
    plain = {file.name: file for file in ledger.glob("*.geojsons")}
    # Of a plain segment and the same one packed the plain one counts.
    packed = {file.name[:-3]: file for file in ledger.glob("*.geojsons.gz")}
    files = [file for _, file in sorted((packed | plain).items())]
    for number, file in enumerate(files, 1):
        if file.name.removesuffix(".gz") != f"{number:06}.geojsons":
            raise Convicted(f"segment {number} is missing")
        data, at = file.read_bytes(), 0
        is_packed = file.name.endswith(".gz")
        # Only what was whole is packed.
        was_packed = file.name.removesuffix(".gz") in packed
        if is_packed:
            data = unpacked(file.name, data)
        while at < len(data):
            end = data.find(b"\n", at) + 1
            place = f"{file.name}: byte {at}{' of its text' if is_packed else ''}: record {seq + 1}"
            if file == files[-1] and not was_packed and is_torn(data, at, end):
                torn = True
                break
            if data[at] != 0x1E or not end:
                raise Convicted(f"{place}: the frame is broken")
            body, _, member = data[at + 1 : end].rpartition(b',"kordon":{')
            found = MEMBER.fullmatch(member)
            if not found:
                raise Convicted(f'{place}: the member "kordon" is malformed')
            here, its_batch, index, its_of = map(int, found.group(1, 2, 3, 4))
            secret, its_prev, hash_ = (bytes.fromhex(found[n].decode()) for n in (7, 8, 9))
            if found[6] == b"commitment":
                if not ERASED.fullmatch(body):
                    raise Convicted(f"{place}: it is erased, and something stands in its place")
                erased.add(here)
            commitment = secret if found[6] == b"commitment" else sha256(secret, body)
            numbers = [here.to_bytes(8, "big"), its_batch.to_bytes(8, "big"), index.to_bytes(4, "big"), its_of.to_bytes(4, "big")]
            if sha256(its_prev, commitment, *numbers, found[5]) != hash_:
                raise Convicted(f"{place}: the hash does not match")
            if its_prev != prev or here != seq + 1:
                raise Convicted(f"{place}: it does not follow from the one before")
            if (its_batch, index, its_of) != ((batch, of - left, of) if left else (batch + 1, 0, its_of)):
                raise Convicted(f"{place}: not the next of its batch")
            if found[5] == b"erase":
                explained.update(json.loads(body + b"}")["properties"]["erased"])
            prev, seq, batch, of, left, at = hash_, here, its_batch, its_of, its_of - index - 1, end
            hashes.append(hash_)
        if left and was_packed:
            raise Convicted(f"{file.name}: its batch is not whole")
    if erased - explained:
        raise Convicted(f"records {sorted(erased - explained)} are erased, and no later record says so")
    begun = of - left if left else 0
    return hashes[: len(hashes) - begun], begun + torn


def unpacked(name, data):
    """The text of a packed segment, having checked every byte of the file."""
    text, rows, table, length, start, at, kinds, said = [], [], b"", 0, 0, 0, b"", b""
    while at < len(data):
        number = lambda place, size: int.from_bytes(data[at + place : at + place + size], "little")
        own = number(14, 2)
        size = number(16 + own + 4, 2) + 1
        member, kind = data[at : at + size], data[at + 12 : at + 14]
        said, deflated = member[20 : 16 + own], member[16 + own + 6 : -8]
        head = MAGIC + (own + 10).to_bytes(2, "little") + kind + own.to_bytes(2, "little")
        is_member = len(member) == size and member.startswith(head) and member[16 + own :].startswith(b"BC\2\0")
        if not is_member or number(16, 4) != zlib.crc32(member[20:], zlib.crc32(member[:16])):
            raise Convicted(f"{name}: byte {at} of the file: not as it was written")
        inflate = zlib.decompressobj(-15)
        part = inflate.decompress(deflated)
        if not inflate.eof or inflate.unused_data or (zlib.crc32(part), len(part)) != (number(size - 8, 4), number(size - 4, 4)):
            raise Convicted(f"{name}: byte {at} of the file: its text does not match")
        at, kinds = at + size, kinds + kind
        if bool(part) != (kind == b"KB"):
            raise Convicted(f"{name}: byte {at - size} of the file: only blocks have text")
        if kind == b"KB":
            if said != length.to_bytes(8, "little"):
                raise Convicted(f"{name}: byte {at - size} of the file: its text does not belong here")
            rows.append((size - 1).to_bytes(2, "little") + len(part).to_bytes(2, "little"))
            text.append(part)
            length, start = length + len(part), at
        table += said if kind == b"KT" else b""
    end = b"".join(number.to_bytes(8, "little") for number in (length, len(rows), start))
    if not re.fullmatch(b"(KB)*(KT)*KE", kinds) or (said, table) != (end, b"".join(rows)):
        raise Convicted(f"{name}: what says where its blocks lie is missing or does not match")
    return b"".join(text)


def is_torn(data, at, end):
    """Whether bytes are missing of the record there, and none of a later batch follows: the power went while it was written."""
    if not end:
        # One that lacks nothing but its end was changed, not cut.
        return not MEMBER.fullmatch(data[at:-1].rpartition(b',"kordon":{')[2] + b"\n")
    # A sector that was never written.
    return bytes(512) in data[at:end] and b',"index":0,"of":' not in data[end:]


def root(hashes):
    """The Merkle root of RFC 9162 section 2.1.1, level by level; an odd one out goes up as it is."""
    level = [sha256(b"\x00", one) for one in hashes]
    while len(level) > 1:
        pairs = [sha256(b"\x01", *level[i : i + 2]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0] if level else sha256()


def checkpoint(note, key):
    """Size and root of a C2SP checkpoint, its signature checked."""
    name, id_, encoded = key.split("+", 2)
    public = base64.b64decode(encoded)
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, signature = line.split(" ")
        signature = base64.b64decode(signature)
        if dash == "\u2014" and signer == name and signature[:4] == bytes.fromhex(id_) == sha256(f"{name}\n".encode(), public)[:4]:
            if public[0] != 1 or not ed25519(public[1:], text.encode(), signature[4:]):
                raise Convicted("the signature of the checkpoint is wrong")
            origin, size, root_ = text.splitlines()[:3]
            return int(size), base64.b64decode(root_)
    raise Convicted("the checkpoint is not signed by this key")


P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(p, q):
    (x1, y1), (x2, y2) = p, q
    k = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P


def times(n, p):
    total = (0, 1)
    while n:
        total, p, n = (add(total, p) if n & 1 else total), add(p, p), n >> 1
    return total


def point(encoded):
    y, sign = int.from_bytes(encoded, "little") & (2**255 - 1), encoded[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square:
        raise Convicted("not a point of the curve")
    return (x if x & 1 == sign else P - x), y


def ed25519(public, text, signature):
    """RFC 8032 section 5.1.7, in affine coordinates: slow, and short enough to read."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(r + public + text).digest(), "little") % L
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    return len(signature) == 64 and s < L and times(s, base) == add(point(r), times(k, point(public)))


def main(ledger, note=None, key=None):
    hashes, torn = records(pathlib.Path(ledger))
    if torn:
        print(f"{torn} records of a last batch that is not whole, and was never acknowledged, are left out")
    print(f"{len(hashes)} records; head {hashes[-1].hex() if hashes else None}; root {root(hashes).hex()}")
    if note:
        size, expected = checkpoint(pathlib.Path(note).read_text(encoding="utf-8"), key)
        if size > len(hashes):
            raise Convicted(f"the checkpoint speaks of {size} records: some were taken away")
        if root(hashes[:size]) != expected:
            raise Convicted(f"the first {size} records are not those of the checkpoint: the store was rewritten")
        print(f"its first {size} records are those of the checkpoint")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Convicted as problem:
        sys.exit(str(problem))
