"""What the real llm-compressor makes of the checkpoint, as checksums. fp8.py --checkpoint DIR --fp8 DIR --out DIR

Writes OUT/fp8.sha256 (sha256sum format, every file of the FP8 directory) and OUT/fp8_tensors.sha256 (one line a tensor:
sha256 of its bytes, name, dtype, shape). The FP8 directory itself is not kept: whoever derives it can prove it equal.
"""
import argparse
import hashlib
import json
import os
import shutil
import struct

IGNORE = ["lm_head", "re:.*embed.*", "re:.*router", "re:.*vision_tower.*", "re:.*norm.*"]


def files(folder):
    for root, dirs, names in os.walk(folder):
        dirs.sort()
        for n in sorted(names):
            yield os.path.relpath(os.path.join(root, n), folder)


def tensor_sums(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        body = f.read()
    for name, t in sorted(header.items()):
        if name != "__metadata__":
            begin, end = t["data_offsets"]
            shape = json.dumps(t["shape"], separators=(",", ":"))
            yield hashlib.sha256(body[begin:end]).hexdigest(), name, t["dtype"], shape


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--checkpoint", required=True), ap.add_argument("--fp8", required=True)
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    from llmcompressor import model_free_ptq
    shutil.rmtree(a.fp8, ignore_errors=True)
    model_free_ptq(model_stub=a.checkpoint, save_directory=a.fp8, scheme="FP8_DYNAMIC", ignore=IGNORE, max_workers=1,
                   device="cpu")
    with open(os.path.join(a.out, "fp8.sha256"), "w") as f:
        for name in files(a.fp8):
            with open(os.path.join(a.fp8, name), "rb") as g:
                f.write(f"{hashlib.sha256(g.read()).hexdigest()}  {name}\n")
    with open(os.path.join(a.out, "fp8_tensors.sha256"), "w") as f:
        for name in files(a.fp8):
            if name.endswith(".safetensors"):
                for row in tensor_sums(os.path.join(a.fp8, name)):
                    f.write("  ".join(row) + "\n")


if __name__ == "__main__":
    main()
