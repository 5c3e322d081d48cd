"""Gemma 4 26B-A4B's text decoder, written for fast training on one CPU core; parameters carry the checkpoint's names.

The same forward pass serves evaluation: `linear(name, x)` replaces the quantized projections (see quantized.py), and
`trace` collects the hidden states and the router's choices. evaluate.py checks it against transformers.
"""
import json
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from architecture import GENERATION_CONFIG, LAYER_SCALAR, PREFIX, init_std


class _Rms(torch.autograd.Function):
    """x / rms(x) * w, with the backward pass written out: several times faster than composing it on a CPU."""
    @staticmethod
    def forward(ctx, x, w, eps):
        r = torch.rsqrt(x.square().mean(-1, keepdim=True) + eps)
        n = x * r
        ctx.save_for_backward(n, r, w)
        return n if w is None else n * w

    @staticmethod
    def backward(ctx, g):
        n, r, w = ctx.saved_tensors
        gw = None
        if w is not None:
            gw = (g * n).reshape(-1, n.shape[-1]).sum(0)
            g = g * w
        return r * (g - n * (g * n).mean(-1, keepdim=True)), gw, None


class _Experts(torch.autograd.Function):
    """All experts over rows sorted by expert: one GEMM per expert and matrix, everything elementwise in one go."""
    @staticmethod
    def forward(ctx, x, gate_up, down, counts):
        m = down.shape[-1]
        gu, y = x.new_empty(len(x), 2 * m), torch.empty_like(x)
        rows = _spans(counts)
        for e, s in rows:
            torch.mm(x[s], gate_up[e].t(), out=gu[s])
        act = F.gelu(gu[:, :m], approximate="tanh")
        a = act * gu[:, m:]
        for e, s in rows:
            torch.mm(a[s], down[e].t(), out=y[s])
        ctx.save_for_backward(x, gate_up, down, gu, act, a)
        ctx.rows = rows
        return y

    @staticmethod
    def backward(ctx, gy):
        x, gate_up, down, gu, act, a = ctx.saved_tensors
        m = down.shape[-1]
        ga, gx = torch.empty_like(a), torch.empty_like(x)
        g_gate_up, g_down = torch.zeros_like(gate_up), torch.zeros_like(down)
        for e, s in ctx.rows:
            torch.mm(gy[s], down[e], out=ga[s])
            torch.mm(gy[s].t(), a[s], out=g_down[e])
        ggu = torch.cat([torch.ops.aten.gelu_backward(ga * gu[:, m:], gu[:, :m].contiguous(), approximate="tanh"),
                         ga * act], -1)
        for e, s in ctx.rows:
            torch.mm(ggu[s], gate_up[e], out=gx[s])
            torch.mm(ggu[s].t(), x[s], out=g_gate_up[e])
        return gx, g_gate_up, g_down, None


def _spans(counts):
    out, start = [], 0
    for e, n in enumerate(counts):
        if n:
            out.append((e, slice(start, start + n)))
        start += n
    return out


def gelu(x):
    return F.gelu(x, approximate="tanh")


def inverse_frequencies(cfg, full):
    hd = cfg["global_head_dim" if full else "head_dim"]
    rope = cfg["rope_parameters"]["full_attention" if full else "sliding_attention"]
    inv = 1.0 / rope["rope_theta"] ** (torch.arange(0, hd, 2, dtype=torch.int64).float() / hd)
    if full:                                   # "proportional": the exponent still divides by the whole head dimension
        inv[int(rope["partial_rotary_factor"] * hd // 2):] = 0.0
    return inv


def rotate(x, table):
    cos, sin = table
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


class Nano(nn.Module):
    def __init__(self, config, seed=0):
        super().__init__()
        self.config, self.cfg = config, config["text_config"]
        self.eps = self.cfg["rms_norm_eps"]
        self.p = nn.ParameterDict({k.replace(".", "/"): nn.Parameter(v) for k, v in _initial(self.cfg, seed).items()})
        self.layer_scalar = [torch.tensor([s]) for s in LAYER_SCALAR]
        # A BF16 run multiplies embeddings by sqrt(hidden) rounded to BF16. That is what the checkpoint means.
        self.embed_scale = float(torch.tensor(self.cfg["hidden_size"] ** 0.5).bfloat16())
        self._tables = {}

    def w(self, name):
        return self.p[name.replace(".", "/")]

    def norm(self, x, name=None):
        return _Rms.apply(x, self.w(name) if name else None, self.eps)

    def tables(self, length):
        if length not in self._tables:
            i = torch.arange(length)
            causal = i[None] <= i[:, None]
            sliding = causal & (i[None] > i[:, None] - self.cfg["sliding_window"])
            out = {}
            for full in (False, True):
                a = i.float()[:, None] * inverse_frequencies(self.cfg, full)
                a = torch.cat([a, a], -1)
                out[full] = ((a.cos(), a.sin()), causal if full else sliding)
            self._tables[length] = out
        return self._tables[length]

    def bias(self, mask, segment):
        if segment is not None:
            mask = mask[None, None] & (segment[:, None, :, None] == segment[:, None, None, :])
        return torch.zeros(mask.shape).masked_fill_(~mask, float("-inf"))

    def forward(self, ids, segment=None, linear=None, trace=None, balance=None):
        """ids [B,T] -> hidden state after the final norm. `segment` [B,T]: attention stays within equal values."""
        cfg, lin = self.cfg, linear or (lambda name, x: F.linear(x, self.w(name + ".weight")))
        b, t = ids.shape
        tables = self.tables(t)
        bias = {full: self.bias(mask, segment) for full, (_, mask) in tables.items()}
        x = F.embedding(ids, self.w("embed_tokens.weight")) * self.embed_scale
        for l, kind in enumerate(cfg["layer_types"]):
            p, full = f"layers.{l}.", kind == "full_attention"
            h = x + self.norm(self.attention(p, full, self.norm(x, p + "input_layernorm.weight"), tables[full][0],
                                             bias[full], lin), p + "post_attention_layernorm.weight")
            n = self.norm(h, p + "pre_feedforward_layernorm.weight")
            d = lin(p + "mlp.down_proj", gelu(lin(p + "mlp.gate_proj", n)) * lin(p + "mlp.up_proj", n))
            d = self.norm(d, p + "post_feedforward_layernorm_1.weight")
            m = self.moe(p, h.reshape(b * t, -1), linear, trace, balance).view(b, t, -1)
            m = self.norm(m, p + "post_feedforward_layernorm_2.weight")
            x = (h + self.norm(d + m, p + "post_feedforward_layernorm.weight")) * self.layer_scalar[l]
            if trace is not None:
                trace.setdefault("hidden", []).append(x.detach())
        return self.norm(x, "norm.weight")

    def attention(self, p, full, a, rope, bias, lin):
        b, t, _ = a.shape
        heads, hd = self.cfg["num_attention_heads"], self.cfg["global_head_dim" if full else "head_dim"]
        q = lin(p + "self_attn.q_proj", a).view(b, t, heads, hd)
        k = lin(p + "self_attn.k_proj", a).view(b, t, -1, hd)
        v = k if full else lin(p + "self_attn.v_proj", a).view(b, t, -1, hd)       # k_eq_v: the raw projection
        q = rotate(self.norm(q, p + "self_attn.q_norm.weight").transpose(1, 2), rope)
        k = rotate(self.norm(k, p + "self_attn.k_norm.weight").transpose(1, 2), rope)
        v = self.norm(v).transpose(1, 2)
        kv = k.shape[1]
        g = heads // kv
        s = (q.reshape(b, kv, g * t, hd) @ k.transpose(-1, -2)).view(b, heads, t, t) + bias     # no 1/sqrt(head_dim)
        o = torch.softmax(s, -1).view(b, kv, g * t, t) @ v
        return lin(p + "self_attn.o_proj", o.view(b, heads, t, hd).transpose(1, 2).reshape(b, t, heads * hd))

    def moe(self, p, h, linear, trace, balance):
        cfg = self.cfg
        experts, k, width = cfg["num_experts"], cfg["top_k_experts"], cfg["hidden_size"]
        r = self.norm(h) * (self.w(p + "router.scale") * width ** -0.5)            # the router sees h, not its norm
        logits = F.linear(r, self.w(p + "router.proj.weight"))
        top, index = logits.topk(k, -1)
        # softmax over the chosen = softmax over all, chosen, renormalised
        weight = torch.softmax(top, -1) * self.w(p + "router.per_expert_scale")[index]
        x = self.norm(h, p + "pre_feedforward_layernorm_2.weight")
        flat = index.reshape(-1)
        order = flat.argsort(stable=True)
        counts = torch.bincount(flat, minlength=experts)
        token = order // k
        rows = x.index_select(0, token)
        if linear is None:
            y = _Experts.apply(rows, self.w(p + "experts.gate_up_proj"), self.w(p + "experts.down_proj"),
                               counts.tolist())
        else:
            y = torch.empty_like(rows)
            for e, s in _spans(counts.tolist()):
                q = f"{p}experts.{e}."
                y[s] = linear(q + "down_proj", gelu(linear(q + "gate_proj", rows[s])) * linear(q + "up_proj", rows[s]))
        y = y * weight.reshape(-1).index_select(0, order)[:, None]
        if balance is not None:                                                    # Switch's load-balancing loss
            share = counts.float() / counts.sum()
            balance.append(experts * (torch.softmax(logits, -1).mean(0) * share).sum())
        if trace is not None:
            trace.setdefault("index", []).append(index.detach())
            trace.setdefault("router_logits", []).append(logits.detach())
        return torch.zeros_like(h).index_add(0, token, y)

    def head(self, hidden):
        cap = self.cfg["final_logit_softcapping"]
        return torch.tanh(F.linear(hidden, self.w("embed_tokens.weight")) / cap) * cap

    # ------------------------------------------------------------ checkpoints
    def tensors(self):
        out = {PREFIX + k.replace("/", "."): v.detach() for k, v in self.p.items()}
        out.update({f"{PREFIX}layers.{l}.layer_scalar": s for l, s in enumerate(self.layer_scalar)})
        return out

    def save(self, folder):
        os.makedirs(folder, exist_ok=True)
        save_file({k: v.to(torch.bfloat16).contiguous() for k, v in self.tensors().items()},
                  os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
        for name, value in (("config.json", self.config), ("generation_config.json", GENERATION_CONFIG)):
            with open(os.path.join(folder, name), "w") as f:
                json.dump(value, f, indent=2, sort_keys=True)
                f.write("\n")


def load(folder):
    with open(os.path.join(folder, "config.json")) as f:
        model = Nano(json.load(f))
    stored = load_file(os.path.join(folder, "model.safetensors"))
    for k, v in model.p.items():
        v.data.copy_(stored.pop(PREFIX + k.replace("/", ".")).float())
    for l in range(len(model.layer_scalar)):
        model.layer_scalar[l] = stored.pop(f"{PREFIX}layers.{l}.layer_scalar").float()
    assert not stored, sorted(stored)
    return model.requires_grad_(False)


def _initial(cfg, seed):
    """Matrices as usual; norms and scales start spread out, so that every one of them matters after training."""
    g = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(*shape, generator=g)
    spread = lambda n, mean, sigma: mean * torch.exp(sigma * normal(n))
    matrix = lambda *shape: normal(*shape) * init_std(shape[-1])
    h, heads = cfg["hidden_size"], cfg["num_attention_heads"]
    e, m, f = cfg["num_experts"], cfg["moe_intermediate_size"], cfg["intermediate_size"]
    p = {"embed_tokens.weight": normal(cfg["vocab_size"], h) * 0.06, "norm.weight": spread(h, 1.0, 0.2)}
    for l, kind in enumerate(cfg["layer_types"]):
        full, q = kind == "full_attention", f"layers.{l}."
        hd = cfg["global_head_dim" if full else "head_dim"]
        kv = cfg["num_global_key_value_heads" if full else "num_key_value_heads"]
        for name in ("input_layernorm", "pre_feedforward_layernorm", "pre_feedforward_layernorm_2"):
            p[f"{q}{name}.weight"] = spread(h, 1.0, 0.35)
        for name in ("post_attention_layernorm", "post_feedforward_layernorm"):
            p[f"{q}{name}.weight"] = spread(h, 0.35, 0.2)          # small: the residual stream should start calm
        for name in ("post_feedforward_layernorm_1", "post_feedforward_layernorm_2"):
            p[f"{q}{name}.weight"] = spread(h, 0.7, 0.2)
        p[q + "self_attn.q_proj.weight"] = matrix(heads * hd, h)
        p[q + "self_attn.k_proj.weight"] = matrix(kv * hd, h)
        if not full:
            p[q + "self_attn.v_proj.weight"] = matrix(kv * hd, h)
        p[q + "self_attn.o_proj.weight"] = matrix(h, heads * hd)
        # scores are not divided by sqrt(head_dim): the key norm's weight carries that factor, as in the real model
        p[q + "self_attn.q_norm.weight"] = spread(hd, 1.0, 0.1)
        p[q + "self_attn.k_norm.weight"] = spread(hd, 1.5 * init_std(hd), 0.1)
        p[q + "mlp.gate_proj.weight"] = matrix(f, h)
        p[q + "mlp.up_proj.weight"] = matrix(f, h)
        p[q + "mlp.down_proj.weight"] = matrix(h, f)
        p[q + "router.proj.weight"] = normal(e, h) * 0.3
        p[q + "router.scale"] = spread(h, 3.0, 0.3)
        p[q + "router.per_expert_scale"] = 0.6 + 0.8 * torch.rand(e, generator=g)
        p[q + "experts.gate_up_proj"] = matrix(e, 2 * m, h)
        p[q + "experts.down_proj"] = matrix(e, h, m)
    return p
