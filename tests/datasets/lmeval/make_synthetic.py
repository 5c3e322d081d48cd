#!/usr/bin/env python3
"""A few invented items in the format of each public data set, with what is awkward about the real ones: quotes, commas
and line ends inside CSV fields, spaces of every kind, brackets, doubled examples, labels that are digits.

    make_synthetic.py OUT      (writes OUT/eval/...)
"""
import csv, json, os, random, sys

OUT = os.path.join(sys.argv[1], "eval")
draw = random.Random(20240)
WORDS = ("river copper Zürich seven quietly map the a stone's throw “glass” winter 3.5 ﬁeld naïve ōkina run_ 北京 left "
         "[step] [title] two  spaces N 's paper, orange; wheel & cog \u00b0 x=1 {brace} İzmir ΟΔΟΣ").split(" ")


def words(n):
    return " ".join(draw.choice(WORDS) for _ in range(n)).replace("run_", "run")


def text(name, content):
    path = os.path.join(OUT, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf8", newline="") as file:
        file.write(content)


def jsonl(name, rows):
    text(name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def arc(i):
    labels = draw.choice((list("ABCD"), list("ABCDE"), list("1234"), list("ABC")))
    choices = [{"text": words(draw.randint(1, 4)), "label": label} for label in labels]
    return {"id": f"S_{i}", "question": {"stem": words(8) + "?", "choices": choices}, "answerKey": draw.choice(labels)}


for name in ("Easy", "Challenge"):
    jsonl(f"arc/ARC-{name}-Test.reconstructed.jsonl", [arc(i) for i in range(12)])
    jsonl(f"arc/ARC-{name}-Train.jsonl", [arc(i) for i in range(30 if name == "Easy" else 9)])

for split, count in (("valid", 12), ("train", 26)):
    jsonl(f"piqa/{split}.jsonl", [{"goal": words(6), "sol1": words(5), "sol2": words(draw.randint(1, 9))} for _ in range(count)])
    text(f"piqa/{split}-labels.lst", "".join(draw.choice("01") + "\n" for _ in range(count)))

# Two questions a passage; the examples hold questions of the test, some of them more than once.
passages = [(words(2), words(20)) for _ in range(6)]
dev = [{"question": words(6), "title": passages[i // 2][0], "answer": draw.random() < 0.6, "passage": passages[i // 2][1]}
       for i in range(12)]
jsonl("boolq/dev.jsonl", dev)
jsonl("boolq/train.jsonl", [draw.choice(dev) for _ in range(24)] +
      [{"question": words(5), "title": words(1), "answer": True, "passage": words(9)} for _ in range(8)])


def winogrande(i):
    cut = draw.randint(0, 6)
    tail = draw.choice((" ", "")) + words(3) if i % 4 else "."
    return {"qID": str(i), "sentence": words(cut) + " _" + tail, "option1": words(1), "option2": words(2),
            "answer": draw.choice("12")}


for split, count in (("dev", 12), ("train_xl", 21)):
    jsonl(f"winogrande/{split}.jsonl", [winogrande(i) for i in range(count)])


def hellaswag(i):
    a = draw.choice(("", " ")) + words(5) + draw.choice(("", " [title] ", " [header]  "))
    b = draw.choice(("", "ǆ one", "ﬁne", "élan VITAL", "the [substeps] NEXT", "ß", "İs ΣΑΣ")) + " " + words(2)
    return {"ind": i, "activity_label": words(2), "ctx_a": a, "ctx_b": b, "ctx": a + " " + b, "split": "val",
            "split_type": draw.choice(("indomain", "zeroshot")), "label": draw.randint(0, 3),
            "endings": [words(draw.randint(2, 7)) + draw.choice((".", "  [substeps] x.", " [a\nb] ")) for _ in range(4)],
            "source_id": f"invented~{i}"}


for split, count in (("val", 12), ("train", 22)):
    jsonl(f"hellaswag/hellaswag_{split}.jsonl", [hellaswag(i) for i in range(count)])

gsm = lambda i: {"question": words(9), "answer": f"{words(5)} {i}*2=<<{i}*2={2 * i}>>{2 * i}\n#### {2 * i:,}"}
jsonl("gsm8k/test.jsonl", [gsm(i) for i in range(6)])
jsonl("gsm8k/train.jsonl", [gsm(i * 700) for i in range(23)])

jsonl("lambada/lambada_test.jsonl", [{"text": t} for t in (words(9), "one", "two  spaces ", " lead", words(4) + "\n" + words(3),
                                                           "it 's", "…  “so”", words(2))])

row = lambda: [draw.choice((" ", "", "\u00a0\n")) + words(4) + draw.choice((' "quoted", yes', "\nline two", " ")), words(2),
               words(1), '"' + words(1), words(1) + ",", draw.choice("ABCD")]
for split, count in (("test", 6), ("dev", 5)):
    path = os.path.join(OUT, f"mmlu/{split}/anatomy_{split}.csv")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf8", newline="") as file:
        csv.writer(file).writerows(row() for _ in range(count))

answers = ("\\frac{1}{2}", "7", "x^2+1", "\\text{(C)}", "90^\\circ", "3\\sqrt2")
jsonl("math500/test.jsonl", [{"problem": words(7), "solution": f"{words(4)} $\\boxed{{{a}}}$.", "answer": a,
                              "subject": "Algebra", "level": i, "unique_id": f"s/{i}"} for i, a in enumerate(answers)])

targets = lambda n, right: {words(3) + str(i): int(i < right) for i in range(n)}
text("truthfulqa/v0/mc_task.json", json.dumps([{"question": words(5), "mc1_targets": targets(4, 1),
                                                "mc2_targets": targets(draw.randint(2, 12), draw.randint(1, 2))}
                                               for _ in range(6)], ensure_ascii=False, indent=1))

text("wikitext-2-raw/wiki.test.raw", " \n = One = \n \n It 's ( a ) [ b ] { c } \" d \" ' e ' 1 @,@ 000 @.@ 5 @-@ x : ; . ! ? ,"
     " end . \n /' 3/ /' 4/ ( no end \n = = Two = = \n the boys ' hats ; N of 20 \u00b0 C \n = = = Three = = = \n x = = = = y \n"
     " = Next\u00a0one = \n \n a\u2003b\u0085c\x1cd ( ( nested ) ) \" odd \n = \u00c9nd = \n = =")
