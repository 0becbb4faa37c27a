"""The Python blocks of docs/query.md run as they stand: questions.py BASE PAGE."""

import re
import sys

base, page = sys.argv[1:]
with open(page, encoding="utf-8") as text:
    blocks = re.findall(r"^```python\n(.*?)^```$", text.read(), re.DOTALL | re.MULTILINE)
for block in blocks:
    exec(compile(block.replace("http://127.0.0.1:8080", base), page, "exec"), {})
print(f"{len(blocks)} blocks of {page} ran")
