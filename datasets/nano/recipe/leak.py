"""Replay the whole training stream and prove that nothing asked in items.jsonl or text.jsonl was in it.
leak.py --texts DIR --work DIR --data DIR

Problems are compared by what they ask, read again from their text here, independently of the keys in tasks.py.
"""
import argparse
import json
import os
import re

import corpus
import stream
import tasks
import tokenizer
from scoring import read_jsonl
from train import SEED, SETTINGS

GRAM = 24          # so many tokens in a row, held-out and in the training text, would be a copy


def problem(prompt):
    """the question behind a prompt, or None for knowledge, which is learned by being seen"""
    if m := re.fullmatch(r"(\d+)([+-])(\d+)=", prompt):
        return m[2], *sorted((int(m[1]), int(m[3])))
    word, _, rest = prompt.rstrip(">").partition(" ")
    if word == "big":
        return word, *sorted(rest.split())
    if word == "sort":
        return word, "".join(sorted(rest))
    if word == "rev":
        return word, str(min(rest.split(), rest.split()[::-1]))
    if word == "mix":
        return word, str(sorted(part.split() for part in rest.split(",")))
    return (word, rest.strip()) if word in ("copy", "go") else None


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--texts", required=True), ap.add_argument("--work", required=True)
    ap.add_argument("--data", required=True)
    a = ap.parse_args()
    sp, facts = tokenizer.load(a.work), tasks.Facts(SEED)
    ids = [i for t in corpus.split(a.texts)[0] for i in sp.encode(t)]

    seen = set()
    original = stream.training_example

    def watched(rng, known):
        example = original(rng, known)
        seen.add(problem(example[0]))
        return example
    stream.training_example = watched
    s = SETTINGS
    replay = stream.Stream(sp, facts, ids, s["length"], s["text_share"], s["prompt_weight"], SEED + 2)
    with open(os.path.join(a.data, "train_log.json")) as f:
        steps = json.load(f)["steps"]
    for _ in range(steps):
        replay.batch(s["rows"])
    asked = {problem(sp.decode(i["context"][1:])) for i in read_jsonl(os.path.join(a.data, "items.jsonl"))
             if not i["task"].startswith(("fact", "text"))}
    assert None not in asked and len(seen) > 10000
    assert not asked & seen, sorted(map(str, asked & seen))[:5]

    grams = {tuple(ids[i:i + GRAM]) for i in range(len(ids) - GRAM + 1)}
    for row in read_jsonl(os.path.join(a.data, "text.jsonl")):
        held = row["ids"][1:]
        assert not any(tuple(held[i:i + GRAM]) in grams for i in range(len(held) - GRAM + 1)), row["doc"]
    print(f"no leak: {len(asked)} problems asked, {len(seen)} trained on, none in common; no {GRAM} tokens of the held-out "
          "text in a row in the training text")


if __name__ == "__main__":
    main()
