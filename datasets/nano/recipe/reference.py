"""transformers' own Gemma 4 as the reference, in float32 on the BF16 weights, with the BF16 embedding multiplier."""
import json
import os

import torch
from safetensors.torch import load_file

from architecture import PREFIX


def build(folder):
    from transformers import Gemma4TextConfig
    from transformers.models.gemma4.modeling_gemma4 import Gemma4ForCausalLM
    with open(os.path.join(folder, "config.json")) as f:
        text = json.load(f)["text_config"]
    cfg = Gemma4TextConfig(**{k: v for k, v in text.items() if k not in ("model_type", "dtype")})
    cfg._attn_implementation = cfg._experts_implementation = "eager"
    model = Gemma4ForCausalLM(cfg).float().eval().requires_grad_(False)
    stored = load_file(os.path.join(folder, "model.safetensors"))
    missing, unexpected = model.load_state_dict({"model." + k[len(PREFIX):]: v.float() for k, v in stored.items()},
                                                strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    model.lm_head.weight = model.model.embed_tokens.weight
    embed = model.model.embed_tokens
    embed.embed_scale = embed.embed_scale.to(torch.bfloat16).to(torch.float32)      # what a BF16 run multiplies with
    return model


class _Linear(torch.nn.Module):
    def __init__(self, fp8, name):
        super().__init__()
        self.fp8, self.name = fp8, name

    def forward(self, x):
        return self.fp8(self.name, x)


class _Experts(torch.nn.Module):
    """The hidden state and the intermediate are quantized per (token, expert); the routing weight comes after."""
    def __init__(self, fp8, prefix, experts, act):
        super().__init__()
        self.fp8, self.prefix, self.experts, self.act = fp8, prefix, experts, act

    def forward(self, hidden, index, weight):
        out = torch.zeros_like(hidden)
        for e in range(self.experts):
            token, rank = torch.where(index == e)
            if len(token):
                p, x = f"{self.prefix}{e}.", hidden[token]
                y = self.act(self.fp8(p + "gate_proj", x)) * self.fp8(p + "up_proj", x)
                out.index_add_(0, token, self.fp8(p + "down_proj", y) * weight[token, rank, None])
        return out


def quantize(model, fp8):
    """Put W8A8 arithmetic under every projection that the FP8 checkpoint has as FP8."""
    used = set()
    for name, _ in list(model.model.named_modules()):
        if name in fp8.weights:
            parent, _, child = name.rpartition(".")
            setattr(model.model.get_submodule(parent), child, _Linear(fp8, name))
            used.add(name)
    for l, layer in enumerate(model.model.layers):
        prefix = f"layers.{l}.experts."
        layer.experts = _Experts(fp8, prefix, model.config.num_experts, layer.mlp.act_fn)
        used |= {n for n in fp8.weights if n.startswith(prefix)}
    assert used == set(fp8.weights), set(fp8.weights) - used
    return model


@torch.no_grad()
def run(model, ids):
    """-> tensors by the names of golden.safetensors, for one sequence"""
    out, handles = {}, []

    def keep(name, pick=lambda o: o[0] if isinstance(o, tuple) else o):
        def hook(_module, _args, output):
            v = pick(output).detach().clone()
            out[name] = v[0] if v.dim() == 3 else v
        return hook

    m = model.model
    handles.append(m.embed_tokens.register_forward_hook(keep("embed")))
    handles.append(m.norm.register_forward_hook(keep("final_norm")))
    for l, layer in enumerate(m.layers):
        handles.append(layer.register_forward_hook(keep(f"layer.{l}.out")))
        handles.append(layer.router.proj.register_forward_hook(keep(f"layer.{l}.router_logits")))
        for name, pick in (("topk_weights", lambda o: o[1]), ("topk_index", lambda o: o[2].to(torch.int32))):
            handles.append(layer.router.register_forward_hook(keep(f"layer.{l}.{name}", pick)))
    out["logits"] = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0].float()
    for h in handles:
        h.remove()
    return out
