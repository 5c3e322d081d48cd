"""Train: one run, by step count, one seed. train.py --texts DIR --work DIR [--steps N]

The learning rate follows a schedule of 1,850 steps and the run ends after 1,000: carried through, it solves most tasks,
and a task that is solved shows no harm.

Writes tokenizer and corpus into WORK, then WORK/trained (BF16, before the spread of spread.py) and WORK/train_log.json.
"""
import argparse
import json
import os
import random
import time

import torch
import torch.nn.functional as F

import corpus
import tokenizer
from architecture import BOS, outer_config, parameter_counts
from model import Nano
from stream import Stream
from tasks import Facts, training_example

SEED = 20260
SETTINGS = {"rows": 10, "length": 192, "text_share": 0.35, "prompt_weight": 0.05, "learning_rate": 4e-3, "warmup": 60,
            "constant_until": 0.3, "final_lr": 0.01, "weight_decay": 0.05, "betas": [0.9, 0.98], "clip": 1.0,
            "balance": 0.01}


def learning_rate(step, steps):
    """warm-up, flat, then linearly down"""
    s, done = SETTINGS, step / steps
    down = 1.0 if done < s["constant_until"] else max(s["final_lr"], (1 - done) / (1 - s["constant_until"]))
    return s["learning_rate"] * min(1.0, (step + 1) / s["warmup"]) * down


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--texts", required=True), ap.add_argument("--work", required=True)
    ap.add_argument("--steps", type=int, default=1000)
    ap.add_argument("--schedule", type=int, default=1850, help="steps of the learning-rate schedule")
    ap.add_argument("--save-every", type=int, default=0, help="also write WORK/partial every N steps")
    a = ap.parse_args()
    s = SETTINGS
    torch.set_num_threads(1)                  # sums are then in one order: the run is reproducible
    torch.manual_seed(SEED)
    os.makedirs(a.work, exist_ok=True)
    facts, rng = Facts(SEED), random.Random(SEED + 1)
    texts, held = corpus.split(a.texts)
    examples = [p + " " + r for p, r in (training_example(rng, facts) for _ in range(6000))]
    examples += [f"{n} city? {n} job?" for n in facts.names for _ in range(8)]
    sp = tokenizer.train(a.work, texts, examples)
    ids = [i for t in texts for i in sp.encode(t)]
    stream = Stream(sp, facts, ids, s["length"], s["text_share"], s["prompt_weight"], SEED + 2)
    model = Nano(outer_config(tokenizer.VOCAB), SEED)
    stored, active = parameter_counts(model.cfg)
    assert stored == sum(p.numel() for p in model.parameters()) + len(model.layer_scalar)
    head = {"seed": SEED, "steps": a.steps, "schedule_steps": a.schedule, "settings": s, "parameters": stored, "active_parameters": active,
            "training_text_tokens": len(ids), "held_out_passages": len(held),
            "characters_per_token": round(sum(map(len, texts)) / len(ids), 3)}
    print(json.dumps(head), flush=True)
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    opt = torch.optim.AdamW([{"params": matrices, "weight_decay": s["weight_decay"]},
                             {"params": vectors, "weight_decay": 0.0}], betas=tuple(s["betas"]), eps=1e-9, fused=True)
    held_ids = torch.tensor([[BOS] + sp.encode(p)[:160] for _, p in held[::3]])
    log, mean, begun, cpu = [], {}, time.time(), time.process_time()
    for step in range(a.steps):
        for group in opt.param_groups:
            group["lr"] = learning_rate(step, a.schedule)
        x, y, w, segment = (torch.from_numpy(v.copy()) for v in stream.batch(s["rows"]))
        balance = []
        hidden = model(x, segment=segment, balance=balance)
        use = w > 0
        ce = F.cross_entropy(model.head(hidden[use]), y[use], reduction="none")
        weight = w[use]
        loss = (ce * weight).sum() / weight.sum() + s["balance"] * sum(balance)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), s["clip"], foreach=True)
        opt.step()
        text = (w.amin(1, keepdim=True) == 1).expand_as(w)[use]
        now = {"balance": float(sum(b.detach() for b in balance)) / len(balance)}
        for name, pick in (("text_loss", text), ("task_loss", ~text & (weight == 1))):
            if pick.any():
                now[name] = float(ce.detach()[pick].mean())
        for k, v in now.items():
            mean[k] = v if k not in mean else 0.96 * mean[k] + 0.04 * v
        if (step + 1) % 50 == 0 or step + 1 == a.steps:
            row = {"step": step + 1, "tokens": (step + 1) * s["rows"] * s["length"],
                   "minutes": round((time.time() - begun) / 60, 2),
                   "cpu_minutes": round((time.process_time() - cpu) / 60, 2),
                   "lr": round(learning_rate(step, a.schedule), 6), **{k: round(v, 4) for k, v in mean.items()}}
            if (step + 1) % 250 == 0 or step + 1 == a.steps:
                with torch.no_grad():
                    logits = model.head(model(held_ids[:, :-1]))
                    held_loss = F.cross_entropy(logits.flatten(0, 1), held_ids[:, 1:].flatten())
                    row["held_out_loss"] = round(float(held_loss), 4)
            log.append(row)
            print(json.dumps(row), flush=True)
        if a.save_every and (step + 1) % a.save_every == 0:
            model.save(os.path.join(a.work, "partial"))
    model.save(os.path.join(a.work, "trained"))
    head.update(minutes=round((time.time() - begun) / 60, 2), cpu_minutes=round((time.process_time() - cpu) / 60, 2),
                log=log)
    with open(os.path.join(a.work, "train_log.json"), "w") as f:
        json.dump(head, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
