"""W8A8 as an FP8_DYNAMIC checkpoint is served: a replacement for the projections of model.py.

  s_x = max(amax / 448, 1 / (448 * 512)) per token;  q_x = e4m3(clamp(x / s_x));  y = (sum_k q_x q_w) * s_x * s_w

The codes and scales are read from what llm-compressor wrote, never derived here.
"""
import os

import torch
from safetensors.torch import load_file

from architecture import PREFIX

E4M3 = torch.float8_e4m3fn


class Fp8Linear:
    def __init__(self, folder, accumulate=torch.float32, noise=0.0, seed=0):
        """`noise`: relative error put on every activation before it is quantized: what a correct engine with another
        order of sums does to a code near a rounding boundary."""
        self.weights, self.accumulate, self.noise = {}, accumulate, noise
        self.generator = torch.Generator().manual_seed(seed)
        stored = load_file(os.path.join(folder, "model.safetensors"))
        for name, w in stored.items():
            if w.dtype == E4M3:
                scale = stored[name + "_scale"]
                assert name.endswith(".weight") and scale.dtype == torch.bfloat16 and scale.shape == (len(w), 1), name
                self.weights[name[len(PREFIX):-len(".weight")]] = (w.to(accumulate), scale.float()[:, 0])

    def __call__(self, name, x):
        w, s_w = self.weights[name]
        if self.noise:
            x = x * (1 + self.noise * torch.randn(x.shape, generator=self.generator))
        s_x = torch.maximum(x.abs().amax(-1, keepdim=True) / 448.0, torch.tensor(1.0) / torch.tensor(448.0 * 512.0))
        q = (x / s_x).clamp(-448.0, 448.0).to(E4M3).to(self.accumulate)
        return (q @ w.t()).float() * s_x * s_w
