"""golden.safetensors: one sequence through transformers, BF16 weights and W8A8, for engines to be checked against.
golden.py --checkpoint DIR --fp8 DIR --text text.jsonl --out FILE

  seq0.input_ids [T] i32
  f32b.seq0.*   float32 activations, BF16 weights and embedding multiplier: embed, layer.N.out, layer.N.router_logits,
                layer.N.topk_index, layer.N.topk_weights (best first, after per_expert_scale), final_norm, logits
  fp8.seq0.*    W8A8 with exact products, summed in float64: layer.N.out, layer.N.topk_index, logits
  fp8.seq0.noise [T] f32   largest change of a position's logits over 16 runs with 2e-7 relative noise on every
                activation before it is quantized. Below 1e-3, no code lies near a rounding boundary and an FP8 engine
                can be held to 1e-3; elsewhere another order of sums may flip a code, and all after it, in a correct engine.
"""
import argparse

import torch
from safetensors.torch import save_file

import reference
from model import load
from quantized import Fp8Linear
from scoring import read_jsonl

TOKENS, RUNS, NOISE, WITHIN = 96, 16, 2e-7, 1e-3


@torch.no_grad()
def noise(model, folder, ids, clean):
    worst = torch.zeros(len(ids))
    for seed in range(RUNS):
        noisy = model.head(model(torch.tensor([ids]), linear=Fp8Linear(folder, torch.float64, NOISE, seed)))[0]
        worst = torch.maximum(worst, (noisy - clean).abs().amax(-1))
    return worst


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--checkpoint", required=True), ap.add_argument("--fp8", required=True)
    ap.add_argument("--text", required=True), ap.add_argument("--out", required=True)
    a = ap.parse_args()
    torch.set_num_threads(1)
    model, fp8 = load(a.checkpoint), Fp8Linear(a.fp8, torch.float64)
    best = None
    for row in read_jsonl(a.text):                           # the sequence with the most stable positions
        ids = row["ids"][:TOKENS]
        worst = noise(model, a.fp8, ids, model.head(model(torch.tensor([ids]), linear=fp8))[0])
        stable = int((worst <= WITHIN).sum())
        if best is None or stable > best[0]:
            best = (stable, worst, ids, row["doc"])
    stable, worst, ids, doc = best
    plain = reference.run(reference.build(a.checkpoint), ids)
    quantized = reference.run(reference.quantize(reference.build(a.checkpoint), fp8), ids)
    out = {"seq0.input_ids": torch.tensor(ids, dtype=torch.int32), "fp8.seq0.noise": worst}
    out.update({f"f32b.seq0.{k}": v for k, v in plain.items()})
    out.update({f"fp8.seq0.{k}": v for k, v in quantized.items()
                if k == "logits" or k.endswith((".out", "topk_index"))})
    save_file({k: v.contiguous() for k, v in out.items()}, a.out, metadata={"doc": doc, "tokens": str(len(ids))})
    print("golden:", doc, "stable positions", stable, "of", len(ids))


if __name__ == "__main__":
    main()
