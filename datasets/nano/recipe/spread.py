"""The exported checkpoint: BF16 weights with outlier channels. spread.py --trained DIR --work DIR --out DIR

Channels of a real model differ in size by orders of magnitude; those of a small one hardly do, and then per-tensor
scales or static activation scales look harmless. The spread makes them differ without changing what is computed: a
power of two moves from a norm's weight into the columns that read it, and from a row of `up` into the column of `down`
that reads it. Powers of two do not round, so the BF16 logits stay bit for bit the same (checked here).
"""
import argparse
import os
import shutil

import torch

import tokenizer
from model import load

BITS, SEED = 6, 7


@torch.no_grad()
def spread(model):
    g = torch.Generator().manual_seed(SEED)
    cfg = model.cfg
    power = lambda *shape: torch.exp2(torch.randint(-BITS, BITS + 1, shape, generator=g).float())
    h, m = cfg["hidden_size"], cfg["moe_intermediate_size"]
    for l in range(cfg["num_hidden_layers"]):
        p = f"layers.{l}."
        readers = {"input_layernorm.weight": [f"self_attn.{x}_proj.weight" for x in "qkv"],
                   "pre_feedforward_layernorm.weight": ["mlp.gate_proj.weight", "mlp.up_proj.weight"],
                   "pre_feedforward_layernorm_2.weight": ["experts.gate_up_proj"]}
        for norm, names in readers.items():
            s = power(h)
            model.w(p + norm).mul_(s)
            for n in names:
                if (p + n).replace(".", "/") in model.p:             # full layers have no v_proj
                    model.w(p + n).div_(s)
        s = power(cfg["intermediate_size"])
        model.w(p + "mlp.up_proj.weight").mul_(s[:, None])
        model.w(p + "mlp.down_proj.weight").div_(s)
        s = power(cfg["num_experts"], m)
        model.w(p + "experts.gate_up_proj")[:, m:].mul_(s[..., None])
        model.w(p + "experts.down_proj").div_(s[:, None])


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--trained", required=True), ap.add_argument("--work", required=True)
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    torch.set_num_threads(1)
    model = load(a.trained)
    ids = torch.randint(0, model.cfg["vocab_size"], (4, 160), generator=torch.Generator().manual_seed(1))
    before = model.head(model(ids))
    spread(model)
    model.save(a.out)
    after = load(a.out)
    assert torch.equal(before, after.head(after(ids))), "the spread changed the logits"
    print("spread: logits bit for bit the same")
    shutil.copyfile(os.path.join(a.work, "tokenizer.model"), os.path.join(a.out, "tokenizer.model"))
    tokenizer.write_json(tokenizer.load(a.out), os.path.join(a.out, "tokenizer.json"))


if __name__ == "__main__":
    main()
