"""The committed test items and held-out text. items.py --texts DIR --checkpoint DIR --out DIR

A task whose accuracy is near 100 % or near chance cannot show harm. Each task therefore has difficulty levels, and the
levels to ask are chosen by the BF16 model's accuracy on a calibration pool drawn apart, by a fixed rule and before
anything is quantized; a task without a suitable range is left out. All of it is seeded.
"""
import argparse
import json
import os
import random

import corpus
import tasks
import tokenizer
from architecture import BOS
from model import load
from scoring import score, write_jsonl
from stream import encode_example
from train import SEED

PER_TASK, POOL = 140, 100          # committed items of a task; calibration items of a level
BAND, TARGET = (0.66, 0.90), 0.78  # accuracy of the chosen range, narrower than the band demanded (60 to 95 %)
USEFUL = (0.25, 0.97)              # accuracy of each level in the range
SEQUENCES, SEQUENCE = 40, 160      # held-out text: sequences, tokens each with <bos>
CHOICE_FROM = 200                  # choice items use a passage from this token on: text.jsonl uses what is before


class Exact:
    kind = "exact"

    def __init__(self, sp, name):
        self.sp, self.name, self.levels = sp, name, len(tasks.EXACT[name][1])

    def make(self, rng, level, final):
        prompt, answer = tasks.draw(self.name, rng, level, test=True)
        context, target = encode_example(self.sp, prompt, answer)
        return {"context": context, "target": target, "text": prompt + answer}


class FactRecall:
    """Half of the (name, relation) pairs are asked openly, the other half as a choice. Knowledge is finite: the
    calibration pool and the committed items come from the same pairs."""
    kind, levels = "exact", tasks.Facts.BANDS

    def __init__(self, sp, facts, parity=0):
        self.sp, self.facts, self.parity = sp, facts, parity

    def pair(self, rng, level):
        name, relation = rng.choice(self.facts.band(level))
        same = tasks.zlib.crc32(f"{name} {relation}".encode()) % 2 == self.parity
        return (name, relation) if same else self.pair(rng, level)

    def make(self, rng, level, final):
        prompt, answer = self.facts.item(*self.pair(rng, level))
        context, target = encode_example(self.sp, prompt, answer)
        return {"context": context, "target": target, "text": prompt + answer}


def choice(rng, context, gold, wrong, text):
    choices = [gold] + wrong
    rng.shuffle(choices)
    return {"context": context, "choices": choices, "gold": choices.index(gold), "text": text}


class FactChoice(FactRecall):
    kind = "choice"

    def __init__(self, sp, facts):
        super().__init__(sp, facts, parity=1)

    def make(self, rng, level, final):
        name, relation = self.pair(rng, level)
        prompt, answer = self.facts.item(name, relation)
        wrong = rng.sample([v for v in tasks.Facts.VALUES[relation] if " " + v != answer], 5)
        context, gold = encode_example(self.sp, prompt, answer)
        return choice(rng, context, gold, [encode_example(self.sp, prompt, " " + v)[1] for v in wrong], prompt + answer)


class FactTypo(FactChoice):
    """one letter of the name is wrong; more choices are harder"""
    others = (1, 2, 3, 5, 7)
    levels = len(others)

    def make(self, rng, level, final):
        name, relation = self.pair(rng, rng.randrange(tasks.Facts.BANDS // 2))       # of the better known half
        letters = list(name)
        i = rng.randrange(1, len(letters))
        letters[i] = rng.choice([c for c in tasks.LETTERS if c != letters[i]])
        typo = "".join(letters)
        if typo in self.facts.names:
            return self.make(rng, level, final)
        _, answer = self.facts.item(name, relation)
        prompt = f"{typo} {relation}?"
        wrong = rng.sample([v for v in tasks.Facts.VALUES[relation] if " " + v != answer], self.others[level])
        context, gold = encode_example(self.sp, prompt, answer)
        return choice(rng, context, gold, [encode_example(self.sp, prompt, " " + v)[1] for v in wrong], prompt + answer)


class AddChoice:
    """near misses: one or two off, a carry forgotten, a ten too many"""
    kind, levels = "choice", 4

    def __init__(self, sp):
        self.sp = sp

    def make(self, rng, level, final):
        prompt, answer = tasks.draw("add", rng, level, test=True)
        wrong = rng.sample([str(int(answer) + d) for d in (-20, -11, -10, -9, -2, -1, 1, 2, 9, 10, 11, 20)
                            if int(answer) + d > 9], 5)
        context, gold = encode_example(self.sp, prompt, answer)
        return choice(rng, context, gold, [encode_example(self.sp, prompt, w)[1] for w in wrong], prompt + answer)


class SortChoice:
    """every choice is sorted and as long as the right one: only the digits in it differ"""
    kind, levels, others = "choice", 11, 6

    def __init__(self, sp):
        self.sp = sp

    def make(self, rng, level, final):
        prompt, answer = tasks.draw("sort", rng, level, test=True)
        wrong = set()
        for _ in range(200):
            s = list(answer)
            i = rng.randrange(len(s))
            s[i] = str(min(9, max(0, int(s[i]) + rng.choice((-1, 1)))))
            s = "".join(sorted(s))
            if s != answer and len(wrong) < self.others:
                wrong.add(s)
        if len(wrong) < self.others:                                # 0099 and the like have fewer neighbours
            return self.make(rng, level, final)
        context, gold = encode_example(self.sp, prompt, answer)
        wrong = [encode_example(self.sp, prompt, w)[1] for w in sorted(wrong)]
        return choice(rng, context, gold, wrong, prompt + answer)


class Text:
    """Choices about held-out text; calibration and committed items use different passages."""
    kind, context = "choice", 24

    def __init__(self, sp, passages):
        self.sp = sp
        ids = [p[CHOICE_FROM:] for p in passages]
        self.pools = {False: ids[::3], True: [p for i, p in enumerate(ids) if i % 3]}

    def place(self, rng, final, length):
        p = rng.choice(self.pools[final])
        i = rng.randrange(len(p) - self.context - length)
        return [BOS] + p[i:i + self.context], p[i + self.context:i + self.context + length]

    def item(self, rng, context, gold, wrong):
        text = self.sp.decode(context[1:]) + " | " + self.sp.decode(gold)
        return choice(rng, context, gold, wrong, text)


class TextContinuation(Text):
    """the true continuation among three from elsewhere; shorter is harder"""
    lengths = (10, 7, 5, 4, 3, 2)
    levels = len(lengths)

    def make(self, rng, level, final):
        n = self.lengths[level]
        context, gold = self.place(rng, final, n)
        wrong = []
        while len(wrong) < 3:
            w = self.place(rng, final, n)[1]
            if w != gold and w not in wrong:
                wrong.append(w)
        return self.item(rng, context, gold, wrong)


class TextOrder(Text):
    """the true continuation against itself with two neighbouring tokens exchanged, here or there; more are harder"""
    others, length = (1, 2, 4, 9), 10
    levels = len(others)

    def make(self, rng, level, final):
        context, gold = self.place(rng, final, self.length)
        wrong = []
        for i in rng.sample(range(self.length - 1), self.length - 1):
            w = list(gold)
            w[i], w[i + 1] = w[i + 1], w[i]
            if w != gold and len(wrong) < self.others[level]:
                wrong.append(w)
        return self.item(rng, context, gold, wrong)


class TextWord(Text):
    """the next token, where a word begins, among others that also begin a word, as frequent as in the text"""
    others = (1, 2, 3, 5, 7, 11)
    levels = len(others)

    def begins(self, token):
        p = self.sp.id_to_piece(token)
        return p.startswith("\u2581") and p[1:].isalpha()

    def word(self, rng, final):
        context, gold = self.place(rng, final, 1)
        return (context, gold) if self.begins(gold[0]) else self.word(rng, final)

    def make(self, rng, level, final):
        context, gold = self.word(rng, final)
        wrong = []
        while len(wrong) < self.others[level]:
            w = self.word(rng, final)[1]
            if w != gold and w not in wrong:
                wrong.append(w)
        return self.item(rng, context, gold, wrong)


def collect(task, name, rng, levels, n, final):
    """n different items, the levels taken in turn; a level that has no new ones left is skipped"""
    out, seen, misses = [], set(), 0
    while len(out) < n and misses < 4000:
        item = {"id": "", "task": name, "kind": task.kind, **task.make(rng, levels[len(out) % len(levels)], final)}
        key = json.dumps([item["context"], sorted(item.get("choices", []))])
        if key in seen:
            misses += 1
            if misses % 400 == 0 and len(levels) > 1:
                levels = levels[1:] + levels[:1]
            continue
        seen.add(key)
        item["id"] = f"{name}/{len(out):04d}"
        out.append(item)
    return out


def choose(accuracy):
    """-> levels to ask, or None: the widest run of useful levels with its mean in BAND, of equals the nearest TARGET"""
    runs = []
    for i in range(len(accuracy)):
        for j in range(i + 1, len(accuracy) + 1):
            mean = sum(accuracy[i:j]) / (j - i)
            if BAND[0] <= mean <= BAND[1]:
                useful = all(USEFUL[0] <= a <= USEFUL[1] for a in accuracy[i:j])
                runs.append(((useful, j - i, -abs(mean - TARGET)), list(range(i, j))))
    return max(runs)[1] if runs else None


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--texts", required=True), ap.add_argument("--checkpoint", required=True)
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    sp, model = tokenizer.load(a.checkpoint), load(a.checkpoint)
    held = corpus.split(a.texts)[1]
    path = os.path.join(a.checkpoint, "tokenizer.json")
    compared, different = tokenizer.disagreements(sp, path, [p for _, p in held])
    assert not different, f"tokenizer.json differs from tokenizer.model on {different} of {compared} paragraphs"
    held = [(c, sp.encode(p)) for c, p in held]
    passages, facts = [p for _, p in held], tasks.Facts(SEED)
    bank = {name: Exact(sp, name) for name in tasks.EXACT}
    bank.update(facts=FactRecall(sp, facts), fact_choice=FactChoice(sp, facts),
                fact_typo=FactTypo(sp, facts), add_choice=AddChoice(sp),
                sort_choice=SortChoice(sp), text_continuation=TextContinuation(sp, passages),
                text_order=TextOrder(sp, passages), text_word=TextWord(sp, passages))
    items, plan = [], {}
    for k, (name, task) in enumerate(bank.items()):
        rng = random.Random(SEED + 100 + k)
        accuracy = []
        for level in range(task.levels):
            pool = collect(task, name, rng, [level], POOL, False)
            accuracy.append(sum(ok for ok, _ in score(model, pool)) / len(pool))
        levels = choose(accuracy)
        made = []
        if levels:
            made = collect(task, name, random.Random(SEED + 200 + k), levels, PER_TASK, True)
            items += made
        plan[name] = {"calibration": [round(100 * x, 1) for x in accuracy], "levels": levels, "items": len(made)}
        print(name, json.dumps(plan[name]), flush=True)
    step = len(held) / SEQUENCES
    picked = [held[int(i * step)] for i in range(SEQUENCES)]
    write_jsonl(os.path.join(a.out, "items.jsonl"), items)
    write_jsonl(os.path.join(a.out, "text.jsonl"),
                [{"doc": c, "ids": [BOS] + p[:SEQUENCE - 1]} for c, p in picked])
    with open(os.path.join(a.out, "items_plan.json"), "w") as f:
        json.dump(plan, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
