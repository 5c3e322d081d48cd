#!/usr/bin/env python3
"""What lm-eval 0.4.13 makes of local files: prompts (as hashes), and the metrics and figures of seeded random answers.

    pip install lm-eval==0.4.13
    make_goldens.py --data DIR --set public|synthetic|chat --out FILE

DIR/eval/... holds the original files under the names of datasets/eval/eval_tasks.cc. lm-eval's own task files are used
as they are; only where the documents come from is replaced. No model is needed: a stand-in answers at random. The set
"chat" is the prompts as chats, by a template that prints the messages themselves.
"""
import argparse, csv, functools, hashlib, json, os, random, shutil, tempfile
import yaml
import lm_eval
import lm_eval.utils
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

lm_eval.utils.env.from_string = functools.lru_cache(lm_eval.utils.env.from_string)  # the same templates, ten times faster
TASKS = os.path.join(os.path.dirname(lm_eval.__file__), "tasks")
args = argparse.ArgumentParser()
for name in ("data", "set", "out"):
    args.add_argument("--" + name, required=True)
args = args.parse_args()
EVAL = os.path.join(args.data, "eval")
WORK = tempfile.mkdtemp()


class Function(str):
    pass


class Loader(yaml.SafeLoader):
    pass


class Dumper(yaml.SafeDumper):
    pass


Loader.add_constructor("!function", lambda loader, node: Function(node.value))
Dumper.add_representer(Function, lambda dumper, value: dumper.represent_scalar("!function", str(value)))


def load(relative):
    with open(os.path.join(TASKS, relative), encoding="utf8") as file:
        config = yaml.load(file, Loader)
    if "include" in config:
        base = load(os.path.join(os.path.dirname(relative), config.pop("include")))
        config = {**base, **config}
    return config


def put(name, rows):
    path = os.path.join(WORK, name + ".jsonl")
    with open(path, "w", encoding="utf8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def local(relative, files, copy=()):
    """lm-eval's task with its documents from files {split: rows}."""
    config = load(relative)
    task = config["task"]
    config.pop("dataset_name", None)
    config["dataset_path"] = "json"
    config["dataset_kwargs"] = {"data_files": {split: put(f"{task}_{split}", rows) for split, rows in files.items()}}
    for key in ("training_split", "validation_split", "test_split"):
        if config.get(key) and config[key] not in files:
            config.pop(key)
    with open(os.path.join(WORK, task + ".yaml"), "w", encoding="utf8") as file:
        yaml.dump(config, file, Dumper, allow_unicode=True, sort_keys=False)
    for name in copy:  # two families call their helper utils.py
        shutil.copy(os.path.join(TASKS, os.path.dirname(relative), name), os.path.join(WORK, name))


def lines(name):
    path = os.path.join(EVAL, name)
    return [json.loads(line) for line in open(path, encoding="utf8")] if os.path.exists(path) else None


def splits(**files):
    return {split: rows for split, rows in files.items() if rows is not None}


def mapped(rows, function):
    return None if rows is None else [function(row) for row in rows]


def arc(row):
    choices = row["question"]["choices"]
    return {"id": row["id"], "question": row["question"]["stem"],
            "choices": {"text": [c["text"] for c in choices], "label": [c["label"] for c in choices]},
            "answerKey": row["answerKey"]}


def piqa(split):
    rows = lines(f"piqa/{split}.jsonl")
    if rows is None:
        return None
    labels = [int(x) for x in open(os.path.join(EVAL, f"piqa/{split}-labels.lst"))]
    return [{"goal": r["goal"], "sol1": r["sol1"], "sol2": r["sol2"], "label": y} for r, y in zip(rows, labels)]


def boolq(row):
    return {"question": row["question"], "passage": row["title"] + " -- " + row["passage"], "label": int(row["answer"])}


def winogrande(row):
    return {key: row[key] for key in ("sentence", "option1", "option2", "answer")}


def hellaswag(row):
    keys = ("ind", "activity_label", "ctx_a", "ctx_b", "ctx", "endings", "source_id", "split", "split_type")
    return {**{key: row[key] for key in keys}, "label": str(row["label"])}


def mmlu(subject, split):
    with open(os.path.join(EVAL, f"mmlu/{split}/{subject}_{split}.csv"), encoding="utf8") as file:
        return [{"question": r[0], "subject": subject, "choices": r[1:5], "answer": "ABCD".index(r[5])}
                for r in csv.reader(file)]


def pages():
    found, page = [], []
    for line in open(os.path.join(EVAL, "wikitext-2-raw/wiki.test.raw"), encoding="utf8").read().split("\n"):
        bare = line.replace("= = =", "===").replace("= =", "==").strip()
        if bare.startswith("= ") and bare.endswith(" ="):
            if "\n".join(page).strip():
                found.append("\n".join(page))
            page = []
        page.append(line)
    return [{"page": page} for page in found + ["\n".join(page)]]


def truthfulqa():
    lists = lambda targets: {"choices": list(targets), "labels": list(targets.values())}
    with open(os.path.join(EVAL, "truthfulqa/v0/mc_task.json"), encoding="utf8") as file:
        return [{"question": r["question"], "mc1_targets": lists(r["mc1_targets"]),
                 "mc2_targets": lists(r["mc2_targets"])} for r in json.load(file)]


class Guess(LM):
    """Seeded random answers; a generated one is often the right one, written in another way."""

    def __init__(self, seed):
        super().__init__()
        self.random = random.Random(seed)

    def number(self):
        return -round(self.random.random() * 60, 3)

    def loglikelihood(self, requests):
        return [(self.number(), self.random.random() < 0.3) for _ in requests]

    def loglikelihood_rolling(self, requests):
        return [self.number() * 100 for _ in requests]

    def generate_until(self, requests):
        return [self.answer(r.doc["answer"]) for r in requests]

    def answer(self, right):
        pick = self.random.choice
        short = right.split("#### ")[-1]
        if pick((0, 0, 0, 1)):
            return pick(("", "no idea", "####", "#### ", "$", "$$", "[invalid]", "\\frac", "1/x", "#### 7.", "\u00a07 \n"))
        if "####" in right:
            return pick((right, f"#### {short}", f"It is ${short}.00.", f"So {short}", f"#### {short}.", f"{short}, not 3",
                         f"#### {short[0]},{short[1:]} #### 5", f"= {short} =", f"#### -{short}", f"a #### ,{short}\nb"))
        return pick((short, f"${short}$", f" the answer is $ {short} $.", short.replace("frac", "dfrac"), short + "\\%",
                     short.replace("{", "").replace("}", ""), f"x={short}", f"\\text{{ {short}", short.replace("\\", ""),
                     f"$1$ and ${short}$", f"{short}\\text{{ cm}}", f"{short}^\\circ", f"\\left{short}\\right"))


sha = lambda text: hashlib.sha256(text.encode()).hexdigest()


def document(task, requests):
    first = requests[0]
    doc = json.dumps(first.doc, indent=2, ensure_ascii=False)
    hashes = [sha(doc), sha(first.arguments[0]), sha(str(task.doc_to_target(first.doc)))]
    return sha(json.dumps([[r.args for r in requests], *hashes], ensure_ascii=False))


def template(messages, add_generation_prompt=True):
    return json.dumps(messages, ensure_ascii=False) + ("answer:" if add_generation_prompt else "")


def all_documents(manager, name, shots, **chat):
    task = manager.load([name])["tasks"][name]
    if task.get_config("num_fewshot") != 0:
        task.set_config("num_fewshot", shots)
    task.set_fewshot_seed(1234)
    task.build_all_requests(limit=None, rank=0, world_size=1, **chat)
    by_document = {}
    for instance in task.instances:
        by_document.setdefault(instance.doc_id, []).append(instance)
    found = [document(task, by_document[key]) for key in sorted(by_document)]
    return {"count": len(found), "first": [x[:16] for x in found[:5]], "sha256": sha("\n".join(found))}


def evaluated(manager, name, shots, limit, seed):
    result = lm_eval.simple_evaluate(Guess(seed), tasks=[name], limit=limit, num_fewshot=shots, task_manager=manager,
                                     log_samples=True, torch_random_seed=None)
    plain = lambda value: value if isinstance(value, (int, float)) else str(value)
    figures = {task: {key: plain(value) for key, value in values.items() if "," in key}
               for task, values in result["results"].items()}
    rows = {task: [[s["filter"], s["resps"] if s["filter"] in ("none", "strict-match") else None, s["filtered_resps"],
                    {metric: s[metric] for metric in s["metrics"]}] for s in samples]
            for task, samples in result["samples"].items()}
    return figures, rows


local("arc/arc_easy.yaml", splits(test=mapped(lines("arc/ARC-Easy-Test.reconstructed.jsonl"), arc),
                                  train=mapped(lines("arc/ARC-Easy-Train.jsonl"), arc)))
local("arc/arc_challenge.yaml", splits(test=mapped(lines("arc/ARC-Challenge-Test.reconstructed.jsonl"), arc),
                                       train=mapped(lines("arc/ARC-Challenge-Train.jsonl"), arc)))
local("piqa/piqa.yaml", splits(validation=piqa("valid"), train=piqa("train")))
local("super_glue/boolq/default.yaml", splits(validation=mapped(lines("boolq/dev.jsonl"), boolq),
                                              train=mapped(lines("boolq/train.jsonl"), boolq)))
local("winogrande/default.yaml", splits(validation=mapped(lines("winogrande/dev.jsonl"), winogrande),
                                        train=mapped(lines("winogrande/train_xl.jsonl"), winogrande)),
      copy=["preprocess_winogrande.py"])
local("gsm8k/gsm8k.yaml", splits(test=lines("gsm8k/test.jsonl"), train=lines("gsm8k/train.jsonl")))
local("lambada/lambada_openai.yaml", splits(test=mapped(lines("lambada/lambada_test.jsonl"), lambda r: {"text": r["text"]})))
local("wikitext/wikitext.yaml", {"test": pages()}, copy=["preprocess_wikitext.py"])
local("truthfulqa/truthfulqa_mc1.yaml", {"validation": truthfulqa()})
managers = [(TaskManager(include_path=WORK, include_defaults=False), None)]
SUBJECTS = sorted(name[: -len("_test.csv")] for name in os.listdir(os.path.join(EVAL, "mmlu/test")))
for subject in SUBJECTS:
    local(f"mmlu/default/mmlu_{subject}.yaml", {"test": mmlu(subject, "test"), "dev": mmlu(subject, "dev")})
for name in ("_mmlu.yaml", "_mmlu_stem.yaml", "_mmlu_other.yaml", "_mmlu_social_sciences.yaml", "_mmlu_humanities.yaml"):
    if len(SUBJECTS) == 57:
        shutil.copy(os.path.join(TASKS, "mmlu/default", name), WORK)

# (task, shots, documents that get an answer)
PUBLIC = [("arc_easy", 0, 0), ("arc_challenge", 0, 0), ("piqa", 0, 0), ("winogrande", 0, 0), ("wikitext", 0, 5),
          ("boolq", 0, 40), ("gsm8k", 5, 50), ("gsm8k", 0, 20), ("gsm8k", 8, 0), ("lambada_openai", 0, 100),
          ("lambada_openai", 3, 0), ("truthfulqa_mc1", 0, 40), ("truthfulqa_mc2", 0, 40), ("hendrycks_math500", 0, 120),
          ("hendrycks_math500", 4, 0), ("mmlu", 5, 2)]
PUBLIC += [(f"mmlu_{subject}", shots, 0) for subject in SUBJECTS for shots in ((0, 5) if subject[0] in "aw" else (5,))]
SYNTHETIC = [(task, shots, 12) for task in ("arc_easy", "arc_challenge", "piqa", "boolq", "winogrande", "hellaswag")
             for shots in (0, 1, 5, 7)]
SYNTHETIC += [("gsm8k", 2, 0), ("wikitext", 0, 4), ("lambada_openai", 2, 8), ("truthfulqa_mc2", 0, 6),
              ("mmlu_anatomy", 2, 6), ("hendrycks_math500", 1, 6)]

# The spaces at the ends: where lm-eval then writes no delimiter before a task's description.
INSTRUCTIONS = [None, "Be brief.", "Be brief.\n", "Be brief.\u2003"]
CHAT = [(task, shots, apply, multiturn, INSTRUCTIONS[(row + shots) % 4])
        for row, task in enumerate(("arc_easy", "arc_challenge", "piqa", "boolq", "winogrande", "hellaswag", "gsm8k",
                                    "wikitext", "lambada_openai", "truthfulqa_mc1", "truthfulqa_mc2", "mmlu_anatomy",
                                    "hendrycks_math500"))
        for shots in (0, 1, 2) if not shots or task not in ("wikitext", "truthfulqa_mc1", "truthfulqa_mc2")
        for apply, multiturn in ((True, True), (True, False), (False, False))]
CHAT += [("mmlu_anatomy", 1, True, True, text) for text in INSTRUCTIONS]
CHAT += [("mmlu_anatomy", 1, False, False, text) for text in INSTRUCTIONS]


def helpers(config, name, also):
    """The families whose helper is called utils.py live in folders of their own."""
    global WORK
    WORK = tempfile.mkdtemp()
    local(config, also, copy=["utils.py"])
    managers.append((TaskManager(include_path=WORK, include_defaults=False), name))


main = WORK
helpers("truthfulqa/truthfulqa_mc2.yaml", "truthfulqa_mc2", {"validation": truthfulqa()})
helpers("hendrycks_math/hendrycks_math500.yaml", "hendrycks_math500", {"test": lines("math500/test.jsonl")})
if os.path.exists(os.path.join(EVAL, "hellaswag/hellaswag_val.jsonl")):
    helpers("hellaswag/hellaswag.yaml", "hellaswag",
            splits(validation=mapped(lines("hellaswag/hellaswag_val.jsonl"), hellaswag),
                   train=mapped(lines("hellaswag/hellaswag_train.jsonl"), hellaswag)))
managers[0] = (TaskManager(include_path=main, include_defaults=False), None)

entries = []
if args.set == "chat":
    PUBLIC, SYNTHETIC = [], []
    for task, shots, apply, multiturn, system in CHAT:
        manager = next((m for m, name in managers if name == task), managers[0][0])
        chat = {"apply_chat_template": apply, "fewshot_as_multiturn": multiturn, "system_instruction": system}
        found = all_documents(manager, task, shots, chat_template=template if apply else None, **chat)
        entries.append({"task": task, "num_fewshot": shots, **chat, "documents": found})
for seed, (task, shots, limit) in enumerate(PUBLIC if args.set == "public" else SYNTHETIC):
    manager = next((m for m, name in managers if name == task), managers[0][0])
    entry = {"task": task, "num_fewshot": shots, "limit": limit}
    if task != "mmlu":
        entry["documents"] = all_documents(manager, task, shots)
    if limit:
        entry["figures"], entry["rows"] = evaluated(manager, task, shots, limit, seed)
    entries.append(entry)
    print(task, shots, limit, flush=True)
with open(args.out, "w", encoding="utf8") as file:
    head = {"script": "tests/datasets/lmeval/make_goldens.py", "lm_eval": lm_eval.__version__, "set": args.set}
    file.write(json.dumps(head)[:-1] + ', "entries": [\n')
    file.write(",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries) + "\n]}\n")
