#!/usr/bin/env python3
"""Small tokenizers, one for every part of tokenizer.json that harness/text reads, with ids and decodes of Hugging Face's
library.  pip install tokenizers==0.23.3;  make_small_tokenizers.py > small_tokenizers.json"""
import json
import sys

import tokenizers

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
TEXTS = [
    "", " ", "a", "Hello world", "hello  world   ", "  lead", "it's IT'S we'll WE'LL don\u2019t", "12345 a1b22c333 \u00b2\u2163\u0663",
    "tabs\tand\r\nlines\n\n\n  end\n", "caf\u00e9 cafe\u0301 \u1100\u1161\u11a8 \ufb01 \u212b", "\u4f60\u597d\uff0c\u4e16\u754c\u3002 \u65e5\u672c",
    "\U0001f600\U0001f468\u200d\U0001f469", "<s>hello</s> <mask>  <w>x<w> a<w> \u00e9<w>\u00e9", "a<l>b  <l>  <r>  b<r>c",
    "\u2581a\u2581 \u2581", "nbsp\u00a0x\u180ey\u2003z\u0085w\u200bv", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "!?...--- $5.00/x",
    "\ufdfa ha\u0308lt \u00c4", "fooBarBAZ Qux\u01c5x", "x" * 3 + "zz" * 50, "<0x41>\x00\x7f", "a-b--c---d", "say hello<s> world",
]


def train(normalizer, pre, corpus):
    """Merges by plain counting: any merges do, they only have to be many."""
    from tokenizers import models, trainers
    base = json.loads(tokenizers.Tokenizer(models.BPE()).to_str())
    base["normalizer"], base["pre_tokenizer"] = normalizer, pre
    made = tokenizers.Tokenizer.from_str(json.dumps(base))
    made.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=400, show_progress=False, min_frequency=1))
    return json.loads(made.to_str())["model"]


def added(ident, content, **flags):
    entry = {"id": ident, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": False}
    entry.update(flags)
    return entry


def build(normalizer, pre, post, decoder, drop="", byte_tokens=False, extra=(), **model_keys):
    corpus = [t for t in TEXTS if t] * 2
    model = train(normalizer, pre, corpus)
    vocab = {}
    for piece in model["vocab"]:
        if piece not in drop:
            vocab[piece] = len(vocab)
    merges = [m for m in model["merges"] if all(x in vocab for x in (*m, "".join(m)))]
    for piece in list(extra) + ([f"<0x{b:02X}>" for b in range(256)] if byte_tokens else []):
        vocab.setdefault(piece, len(vocab))
    keys = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": vocab, "merges": merges}
    keys.update(model_keys)
    ids = {}
    for content in ("<s>", "</s>", "<w>", "<l>", "<r>", "<mask>", "caf\u00e9", "hello"):  # new ones count on from the vocabulary
        ids[content] = vocab.get(content, len(vocab) + sum(c not in vocab for c in ids))
    flags = {"<s>": {"special": True}, "</s>": {"special": True}, "<w>": {"single_word": True}, "<l>": {"lstrip": True},
             "<r>": {"rstrip": True}, "<mask>": {"special": True, "lstrip": True, "normalized": True},
             "caf\u00e9": {"normalized": True}, "hello": {"normalized": True}}
    tokens = [added(ids[content], content, **flags[content]) for content in ids]
    if post == "template":
        post = {"type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                           {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {c: {"id": c, "ids": [ids[c]], "tokens": [c]} for c in ("<s>", "</s>")}}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": normalizer,
            "pre_tokenizer": pre, "post_processor": post, "decoder": decoder, "model": keys}


def split(regex, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: regex}, "behavior": behavior, "invert": invert}


def sequence(key, *parts):
    return {"type": "Sequence", key: list(parts)}


BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
GPT2 = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
TO_MARK = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
FROM_MARK = {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}
FUSE = {"type": "Fuse"}
FALL = {"type": "ByteFallback"}


def metaspace(scheme, cut=True):
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": cut}


def cases():
    yield "llama3", build(None, sequence("pretokenizers", split(LLAMA3), BYTES), "template", GPT2, ignore_merges=True)
    yield "qwen2", build({"type": "NFC"}, sequence("pretokenizers", split(QWEN2), BYTES), BYTES, BYTES)
    yield "o200k", build(None, sequence("pretokenizers", split(O200K), BYTES), None, BYTES)
    yield "gpt2", build(None, GPT2, GPT2, GPT2)
    yield "smollm2", build(None, sequence("pretokenizers", {"type": "Digits", "individual_digits": True},
                                          dict(GPT2, add_prefix_space=False)), None, GPT2)
    yield "digits together", build(None, {"type": "Digits", "individual_digits": False}, None, None, unk_token="<unk>",
                                   extra=["<unk>"], drop="e\u4f60", fuse_unk=True)
    yield "gemma", build(TO_MARK, split(" ", "MergedWithPrevious", kind="String"), "template",
                         sequence("decoders", FROM_MARK, FALL, FUSE), drop="z\u4f60\U0001f600\x7f", byte_tokens=True,
                         unk_token="<unk>", extra=["<unk>"], fuse_unk=True, byte_fallback=True)
    yield "llama2", build(sequence("normalizers", {"type": "Prepend", "prepend": "\u2581"}, TO_MARK), None, "template",
                          sequence("decoders", FROM_MARK, FALL, FUSE, {"type": "Strip", "content": " ", "start": 1, "stop": 0}),
                          drop="z\u4f60\U0001f600\x7f", byte_tokens=True, unk_token="<unk>", extra=["<unk>"], fuse_unk=True,
                          byte_fallback=True)
    for scheme in ("always", "first", "never"):
        yield f"metaspace {scheme}", build(None, metaspace(scheme), None, metaspace(scheme))
    yield "metaspace whole", build(None, metaspace("always", False), None, metaspace("always", False))
    for behavior in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
        yield f"split {behavior}", build(None, split("-", behavior, kind="String"), None, FUSE)
        yield f"split {behavior} inverted", build(None, split(r"[a-z]+", behavior, True), None, FUSE)
    yield "unknown, one each", build(None, None, None, FUSE, drop="el\u4f60", unk_token="<unk>", extra=["<unk>"])
    yield "unknown, fused", build(None, None, None, FUSE, drop="el\u4f60", unk_token="<unk>", extra=["<unk>"], fuse_unk=True)
    yield "unknown, dropped", build(None, None, None, FUSE, drop="el\u4f60")
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        yield form, build({"type": form}, None, None, FUSE)
    yield "replace by regex", build({"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": "_"}, None, None,
                                    {"type": "Replace", "pattern": {"Regex": "_+"}, "content": " "})


def main():
    out = []
    for name, spec in cases():
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps(spec))
        items = []
        for text in TEXTS:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            items.append({"text": text, "ids": ids, "with_special": tokenizer.encode(text).ids,
                          "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                          "decoded_skip": tokenizer.decode(ids, skip_special_tokens=True)})
        out.append({"name": name, "tokenizer": spec, "items": items})
    json.dump({"tokenizers_version": tokenizers.__version__, "cases": out}, sys.stdout, ensure_ascii=True,
              separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
