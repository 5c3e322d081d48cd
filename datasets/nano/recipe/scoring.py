"""Score task items and text with a model: what items.jsonl and text.jsonl mean, in code."""
import json

import torch


def read_jsonl(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def write_jsonl(path, rows):
    with open(path, "w", encoding="utf-8") as f:
        for r in rows:
            f.write(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n")


def _rows(items):
    for n, item in enumerate(items):
        for c, ids in enumerate(item["choices"] if item["kind"] == "choice" else [item["target"]]):
            yield n, c, item["context"], ids


@torch.no_grad()
def score(model, items, linear=None, load=None, batch_tokens=6000):
    """-> [(correct, log-probability of the gold answer)] in the order of `items`.

    exact : every target token is the argmax after the true ones before it; the sum of the target's log-probabilities
    choice: the choice with the largest summed log-probability (the first of equals) is the gold one; its log-probability
    `load` (list of [E] counters, one per layer) collects which experts served.
    """
    rows = sorted(_rows(items), key=lambda r: (len(r[2]) + len(r[3]), r[0], r[1]))
    total = [[0.0] * len(i["choices"]) if i["kind"] == "choice" else [0.0] for i in items]
    greedy = [True] * len(items)
    while rows:
        take = max(1, min(len(rows), batch_tokens // (len(rows[-1][2]) + len(rows[-1][3]))))
        batch, rows = rows[-take:], rows[:-take]
        width = max(len(c) + len(t) for _, _, c, t in batch) - 1
        ids = torch.zeros(len(batch), width, dtype=torch.long)     # padding is to the right: causal attention hides it
        for i, (_, _, context, target) in enumerate(batch):
            seq = (context + target)[:-1]
            ids[i, :len(seq)] = torch.tensor(seq)
        trace = {} if load is not None else None
        hidden = model(ids, linear=linear, trace=trace)
        if load is not None:
            real = torch.arange(width)[None] < torch.tensor([[len(c) + len(t) - 1] for _, _, c, t in batch])
            for l, index in enumerate(trace["index"]):
                load[l] += torch.bincount(index[real.flatten()].flatten(), minlength=len(load[l]))
        for i, (n, c, context, target) in enumerate(batch):
            lp = model.head(hidden[i, len(context) - 1:len(context) + len(target) - 1]).log_softmax(-1)
            t = torch.tensor(target)
            total[n][c] = float(lp.gather(-1, t[:, None]).double().sum())
            if items[n]["kind"] == "exact":
                greedy[n] = bool((lp.argmax(-1) == t).all())
    out = []
    for n, item in enumerate(items):
        if item["kind"] == "exact":
            out.append((greedy[n], total[n][0]))
        else:
            best = max(range(len(total[n])), key=lambda c: (total[n][c], -c))
            out.append((best == item["gold"], total[n][item["gold"]]))
    return out
