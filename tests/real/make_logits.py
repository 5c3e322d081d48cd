#!/usr/bin/env python3
"""Logits of a real checkpoint as transformers computes them in float32: goldens/logits_MODEL.json.

  make_logits.py FP8BENCH_REAL/smollm2 goldens/logits_smollm2.json
  make_logits.py FP8BENCH_REAL/gemma3 goldens/logits_gemma3.json

Made with transformers 5.17.0, torch 2.14.0, eager attention, one thread. The embedding's multiplier of Gemma 3 is rounded
to BF16, as the model that was trained has it and every BF16 engine; transformers alone keeps it in float32 here.
"""
import hashlib
import json
import os
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

TEXTS = [
    "FP8 halves the bytes of a weight. What it costs is how far the logits move, and nobody sees that in a single answer.",
    "def median(values):\n    ordered = sorted(values)\n    middle = len(ordered) // 2\n    return ordered[middle]\n\n"
    "Grüße aus Zürich! 今天天气很好。 1234567890 <tag> \"quoted\"\n",
    None,  # longer than Gemma's sliding window of 512
]
LONG = ("The {n}th measurement was taken at {h}:{m:02d}; the balance showed {a} grams, the thermometer {b} degrees, and "
        "the observer noted that the light had changed. ")
LONG_TOKENS = 700
POSITIONS = 16  # of each sequence, evenly spread, the first and the last among them
TOP = 8
FIXED = 24  # words spread over the vocabulary


def main():
    folder, out = sys.argv[1:3]
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    embed = model.model.embed_tokens
    if hasattr(embed, "embed_scale"):
        embed.embed_scale = embed.embed_scale.to(torch.bfloat16).float()
    vocab = model.config.vocab_size
    fixed = [i * (vocab - 1) // (FIXED - 1) for i in range(FIXED)]
    long_text = "".join(LONG.format(n=n, h=n % 24, m=7 * n % 60, a=13 * n % 997, b=n * n % 41) for n in range(1, 40))
    sequences = []
    for text in TEXTS:
        ids = tokenizer(text or long_text).input_ids[:LONG_TOKENS]
        if text is None:
            assert len(ids) == LONG_TOKENS
        logits = model(torch.tensor([ids])).logits[0]
        positions = sorted({i * (len(ids) - 1) // (POSITIONS - 1) for i in range(POSITIONS)})
        rows = []
        for p in positions:
            values, words = logits[p].topk(TOP)
            rows.append({"position": p, "top": words.tolist(), "top_logits": [round(v, 6) for v in values.tolist()],
                         "fixed_logits": [round(float(logits[p, w]), 6) for w in fixed],
                         "log_sum_exp": round(float(torch.logsumexp(logits[p].double(), -1)), 6)})
        sequences.append({"ids": ids, "rows": rows})
    weights = hashlib.sha256(open(os.path.join(folder, "model.safetensors"), "rb").read()).hexdigest()
    golden = {"made_by": "tests/real/make_logits.py", "transformers": transformers.__version__,
              "torch": torch.__version__.split("+")[0], "weights_sha256": weights, "fixed": fixed, "sequences": sequences}
    with open(out, "w", encoding="utf-8") as f:
        json.dump(golden, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
