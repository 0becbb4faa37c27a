"""The Python, R and QGIS blocks of docs/query.md run as they stand: questions.py BASE PAGE."""

import re
import subprocess
import sys

base, page = sys.argv[1:]
with open(page, encoding="utf-8") as text:
    text = text.read().replace("http://127.0.0.1:8080", base)


def blocks(language):
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found, language
    print(f"{len(found)} blocks of {language} in {page}", flush=True)
    return found


for block in blocks("python"):
    exec(compile(block, page, "exec"), {})
for block in blocks("r"):
    subprocess.run(["Rscript", "-e", block], check=True)
# What the console of QGIS has at hand. PyQGIS may crash while it ends, so it is ended before.
console = [
    "import os, sys", "from collections import Counter", "from qgis.core import *", "app = QgsApplication([], False)", "app.initQgis()",
    *blocks("qgis"), "sys.stdout.flush()", "os._exit(0)",
]
said = subprocess.run(["/usr/bin/python3", "-c", "\n".join(console)], capture_output=True, text=True, timeout=300)
print(said.stdout)
assert said.returncode == 0, said.stderr
