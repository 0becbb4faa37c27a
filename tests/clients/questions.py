"""The Python and R blocks of docs/query.md run as they stand: questions.py BASE PAGE."""

import re
import subprocess
import sys

base, page = sys.argv[1:]
with open(page, encoding="utf-8") as text:
    text = text.read().replace("http://127.0.0.1:8080", base)
for language in ["python", "r"]:
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert blocks, language
    for block in blocks:
        if language == "python":
            exec(compile(block, page, "exec"), {})
        else:
            subprocess.run(["Rscript", "-e", block], check=True)
    print(f"{len(blocks)} blocks of {language} in {page} ran")
