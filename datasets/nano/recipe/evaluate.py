"""Measure BF16 against FP8. evaluate.py --checkpoint DIR --fp8 DIR --data DIR --log train_log.json --out card.json

DATA holds items.jsonl and text.jsonl. Also checks model.py against transformers on some of the text.
"""
import argparse
import json
import math
import os
import time

import torch

import reference
from architecture import parameter_counts
from model import load
from quantized import Fp8Linear
from scoring import read_jsonl, score


@torch.no_grad()
def text_run(model, ids, linear=None):
    """-> log-probabilities [N,T,V], hidden states [layers][N,T,H], chosen experts [layers][N,T,K] sorted"""
    logp, hidden, index = [], [], []
    for chunk in ids.split(8):
        trace = {}
        logp.append(model.head(model(chunk, linear=linear, trace=trace)).log_softmax(-1))
        hidden.append(torch.stack(trace["hidden"]))
        index.append(torch.stack([i.view(*chunk.shape, -1) for i in trace["index"]]))
    return torch.cat(logp), torch.cat(hidden, 1), torch.cat(index, 1)


def mcnemar(lost, won):
    """exact, two-sided"""
    n = lost + won
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(lost, won) + 1)) / 2 ** n) if n else 1.0


def rounded(x, digits=4):
    return float(f"{float(x):.{digits}g}")


def divergence(p, q, ids):
    kl = (p.double().exp() * (p.double() - q.double())).sum(-1)[:, :-1].flatten()
    target = ids[:, 1:, None]
    nll = [-x[:, :-1].gather(-1, target).double().mean() for x in (p, q)]
    return {"tokens": kl.numel(), "kld_mean": rounded(kl.mean()), "kld_median": rounded(kl.median()),
            "kld_p99": rounded(kl.quantile(0.99)), "kld_max": rounded(kl.max()),
            "top1_agreement": rounded((p.argmax(-1) == q.argmax(-1))[:, :-1].double().mean()),
            "perplexity_bf16": rounded(nll[0].exp()), "perplexity_fp8": rounded(nll[1].exp())}


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    for name in ("checkpoint", "fp8", "data", "log", "out"):
        ap.add_argument("--" + name, required=True)
    a = ap.parse_args()
    torch.set_num_threads(1)
    model, fp8 = load(a.checkpoint), Fp8Linear(a.fp8)
    items = read_jsonl(os.path.join(a.data, "items.jsonl"))
    ids = torch.tensor([r["ids"] for r in read_jsonl(os.path.join(a.data, "text.jsonl"))])
    layers, experts = model.cfg["num_hidden_layers"], model.cfg["num_experts"]

    ours = model.head(model(ids[:8, :96]))
    theirs = reference.build(a.checkpoint)(input_ids=ids[:8, :96], use_cache=False).logits
    parity = float((ours - theirs).abs().max())
    print("model.py against transformers, max abs logit difference:", parity, flush=True)

    begun = time.time()
    p, hidden_p, index_p = text_run(model, ids)
    q, hidden_q, index_q = text_run(model, ids, fp8)
    same = (index_p.sort(-1).values == index_q.sort(-1).values).all(-1)
    text_load = torch.stack([torch.bincount(i.flatten(), minlength=experts) for i in index_p])
    task_load = torch.zeros(layers, experts, dtype=torch.long)
    base = score(model, items, load=list(task_load))
    test = score(model, items, fp8)

    tasks, flips = {}, [0, 0]
    for item, (ok, _), (ok8, _) in zip(items, base, test):
        t = tasks.setdefault(item["task"], {"kind": item["kind"], "items": 0, "bf16": 0, "fp8": 0, "lost": 0, "won": 0})
        t["items"] += 1
        t["bf16"] += ok
        t["fp8"] += ok8
        t["lost"] += ok and not ok8
        t["won"] += ok8 and not ok
    for t in tasks.values():
        flips[0] += t["lost"]
        flips[1] += t["won"]
        t["bf16"], t["fp8"] = (round(100 * t[k] / t["items"], 1) for k in ("bf16", "fp8"))
    d = torch.tensor([y - x for (_, x), (_, y) in zip(base, test)], dtype=torch.float64)
    with open(a.log) as f:
        log = json.load(f)
    stored, active = parameter_counts(model.cfg)
    n = len(items)
    tokens = sum(len(i["context"]) + (len(i["target"]) if i["kind"] == "exact" else sum(map(len, i["choices"])))
                 for i in items)
    card = {
        "parameters": stored, "active_parameters": active, "parity_with_transformers_max_abs_logit": rounded(parity, 2),
        "training": {k: log[k] for k in ("seed", "steps", "minutes", "cpu_minutes")} | {"last": log["log"][-1]},
        "text": divergence(p, q, ids),
        "layers": [{"hidden_relative_error": rounded((hidden_q[l] - hidden_p[l]).norm() / hidden_p[l].norm()),
                    "router_set_agreement": rounded(same[l].double().mean())} for l in range(layers)],
        "items": {"items": n, "tokens_with_shared_context": tokens,
                  "bf16": round(100 * sum(ok for ok, _ in base) / n, 2),
                  "fp8": round(100 * sum(ok for ok, _ in test) / n, 2), "lost": flips[0], "won": flips[1],
                  "flips_percent": round(100 * sum(flips) / n, 2), "mcnemar_p": rounded(mcnemar(*flips), 3),
                  "gold_logprob_difference_mean": rounded(d.mean()),
                  "gold_logprob_z": rounded(d.mean() / (d.std() / math.sqrt(n)), 3)},
        "tasks": tasks,
        "expert_load_percent": {name: [[round(100 * float(c) / float(row.sum()), 1) for c in row] for row in load]
                                for name, load in (("text", text_load), ("items", task_load))},
        "expert_load_least_percent": rounded(100 * min((x.double() / x.sum(-1, keepdim=True)).min()
                                                       for x in (text_load, task_load)), 3)}
    with open(a.out, "w") as f:
        json.dump(card, f, indent=1)
        f.write("\n")
    print(json.dumps({k: card[k] for k in ("text", "items")}, indent=1), f"{time.time() - begun:.0f} s")


if __name__ == "__main__":
    main()
