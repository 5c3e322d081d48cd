#!/usr/bin/env python3
"""What lm-eval 0.4.13 makes of chats with SmolLM2-135M-Instruct in float32: hashes of prompts, log-likelihoods, hashes of
generated texts. No text of a data set is written.

    pip install lm-eval==0.4.13 torch transformers
    make_chat_goldens.py --model DIR --tasks DIR --out FILE

DIR of --tasks: lm-eval's task files NAME_local.yaml, as they are but with local files as data sets.
"""
import argparse, hashlib, json
import lm_eval, torch, transformers
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

RUNS = [("arc_easy", 4, 0, True, None, None), ("mmlu_anatomy", 3, 5, True, None, None),
        ("mmlu_anatomy", 3, 5, False, "Answer briefly.", None), ("winogrande", 3, 0, True, None, None),
        ("gsm8k", 2, 5, True, None, "max_gen_toks=48"), ("gsm8k", 1, 5, False, "Answer briefly.", "max_gen_toks=48")]
parser = argparse.ArgumentParser()
for name in ("model", "tasks", "out"):
    parser.add_argument("--" + name, required=True)
args = parser.parse_args()
torch.set_grad_enabled(False)
model = transformers.AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32)
lm = HFLM(pretrained=model, tokenizer=transformers.AutoTokenizer.from_pretrained(args.model), batch_size=1,
          max_length=2048, device="cpu")
manager = TaskManager(include_path=args.tasks)
runs = []
for task, limit, shots, multiturn, system, settings in RUNS:
    result = lm_eval.simple_evaluate(lm, tasks=[task + "_local"], limit=limit, num_fewshot=shots, task_manager=manager,
                                     log_samples=True, bootstrap_iters=0, apply_chat_template=True,
                                     fewshot_as_multiturn=multiturn, system_instruction=system, gen_kwargs=settings)
    rows = []
    for sample in result["samples"][task + "_local"]:
        answers = [r[0] if isinstance(r[0], str) else [float(r[0][0]), bool(r[0][1])] for r in sample["resps"]]
        rows.append({"doc_id": sample["doc_id"], "filter": sample["filter"], "prompt_hash": sample["prompt_hash"],
                     "resps": [hashlib.sha256(a.encode()).hexdigest() if isinstance(a, str) else a for a in answers],
                     "metrics": {name: sample[name] for name in sample["metrics"]}})
    runs.append({"task": task, "limit": limit, "num_fewshot": shots, "fewshot_as_multiturn": multiturn,
                 "system_instruction": system, "gen_kwargs": settings, "rows": rows})
with open(args.out, "w", encoding="utf8") as file:
    head = {"script": "tests/real/make_chat_goldens.py", "lm_eval": lm_eval.__version__, "torch": torch.__version__,
            "transformers": transformers.__version__}
    file.write(json.dumps(head)[:-1] + ', "runs": [\n' + ",\n".join(json.dumps(run) for run in runs) + "\n]}\n")
