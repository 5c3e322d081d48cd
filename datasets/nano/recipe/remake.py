"""Remake everything in this folder's parent by one command:

  python remake.py --texts FOLDER --work FOLDER [--out FOLDER] [--from STEP]

FOLDER of texts: the five files named in corpus.py. WORK takes what is not committed (the trained weights before the
spread, the FP8 directory). Steps: train, spread, items, leak, fp8, evaluate, golden, card; --from starts at a later one.
"""
import argparse
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
STEPS = ["train", "spread", "items", "leak", "fp8", "evaluate", "golden", "card"]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--texts", required=True), ap.add_argument("--work", required=True)
    ap.add_argument("--out", default=os.path.dirname(HERE))
    ap.add_argument("--from", dest="first", choices=STEPS, default="train")
    a = ap.parse_args()
    checkpoint, fp8 = os.path.join(a.out, "checkpoint"), os.path.join(a.work, "fp8")
    log, text = os.path.join(a.out, "train_log.json"), os.path.join(a.out, "text.jsonl")
    arguments = {
        "train": ["--texts", a.texts, "--work", a.work],
        "spread": ["--trained", os.path.join(a.work, "trained"), "--work", a.work, "--out", checkpoint],
        "items": ["--texts", a.texts, "--checkpoint", checkpoint, "--out", a.out],
        "leak": ["--texts", a.texts, "--work", a.work, "--data", a.out],
        "fp8": ["--checkpoint", checkpoint, "--fp8", fp8, "--out", a.out],
        "evaluate": ["--checkpoint", checkpoint, "--fp8", fp8, "--data", a.out, "--log", log,
                     "--out", os.path.join(a.out, "card.json")],
        "golden": ["--checkpoint", checkpoint, "--fp8", fp8, "--text", text,
                   "--out", os.path.join(a.out, "golden.safetensors")],
        "card": ["--data", a.out]}
    # one thread: sums in one order; no network: nothing here may depend on it
    env = dict(os.environ, OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="",
               PYTHONDONTWRITEBYTECODE="1")
    for step in STEPS[STEPS.index(a.first):]:
        print("==", step, flush=True)
        subprocess.run([sys.executable, os.path.join(HERE, step + ".py"), *arguments[step]], check=True, env=env)
        if step == "train":
            shutil.copyfile(os.path.join(a.work, "train_log.json"), log)


if __name__ == "__main__":
    main()
