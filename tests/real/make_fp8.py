#!/usr/bin/env python3
"""FP8_DYNAMIC of the real models by llm-compressor, and its hashes: goldens/fp8_hashes.json.

  make_fp8.py FP8BENCH_REAL OUT_FOLDER goldens/fp8_hashes.json

Made with llm-compressor's model_free_ptq, versions in the file.
"""
import hashlib
import importlib.metadata
import json
import os
import sys

MODELS = ["smollm2", "gemma3"]
IGNORE = ["lm_head", "re:.*embed.*", "re:.*norm.*"]
FILES = ["config.json", "generation_config.json", "model.safetensors", "model.safetensors.index.json"]


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        for block in iter(lambda: f.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def main():
    real, out, golden = sys.argv[1:4]
    models = {}
    for name in MODELS:
        source, made = os.path.join(real, name), os.path.join(out, name)
        if not os.path.exists(os.path.join(made, "model.safetensors")):  # else: made by an earlier call
            from llmcompressor import model_free_ptq
            model_free_ptq(model_stub=source, save_directory=made, scheme="FP8_DYNAMIC", ignore=IGNORE, max_workers=1,
                           device="cpu")
        models[name] = {"weights_sha256": sha256(os.path.join(source, "model.safetensors")),
                        "fp8_sha256": {f: sha256(os.path.join(made, f)) for f in FILES}}
    versions = {p: importlib.metadata.version(p).split("+")[0] for p in ("llmcompressor", "compressed-tensors", "torch")}
    with open(golden, "w", encoding="utf-8") as f:
        json.dump({"made_by": "tests/real/make_fp8.py", "versions": versions, "ignore": IGNORE, "models": models}, f,
                  indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
