"""Public-domain texts -> training text and held-out passages that training never sees.

A passage is a whole stretch of a book cut out of the middle, with the rest of the book used for training: the held-out
sequences are then far apart from each other, and each may be counted as one independent cluster.
"""
import os
import re

SOURCES = ["botchan", "frankenstein", "sherlock-adventures", "tinyshakespeare", "us-constitution-declaration"]
PASSAGES = 60                  # in all, shared out by size
PASSAGE_CHARS = 3000


def read(folder, name):
    with open(os.path.join(folder, name + ".txt"), encoding="utf-8") as f:
        s = f.read()
    s = s.lstrip("\ufeff").replace("\r\n", "\n")
    # Project Gutenberg's own header and licence are not part of the public-domain work.
    start = re.search(r"\*\*\* START OF TH.*?\*\*\*\n", s)
    end = re.search(r"\*\*\* END OF TH", s)
    return s[start.end() if start else 0:end.start() if end else len(s)].strip() + "\n"


def split(folder):
    """-> (training texts, [(cluster id, passage)])"""
    books = {n: read(folder, n) for n in SOURCES}
    total = sum(map(len, books.values()))
    train, held = [], []
    for name, s in books.items():
        n = max(1, round(PASSAGES * len(s) / total))
        stride, last = len(s) // n, 0
        for i in range(n):
            begin = s.rfind("\n", 0, i * stride + (stride - PASSAGE_CHARS) // 2) + 1      # passages begin at a line
            end = s.find("\n", begin + PASSAGE_CHARS) + 1
            held.append((f"{name}/{i:02d}", s[begin:end]))
            train.append(s[last:begin])
            last = end
        train.append(s[last:])
    return train, held
