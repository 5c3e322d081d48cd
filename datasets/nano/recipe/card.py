"""Write the measured figures of card.json, items_plan.json and train_log.json into README.md, between its two markers.
card.py --data DIR"""
import argparse
import json
import os

BEGIN, END = "<!-- figures: made by recipe/card.py -->", "<!-- end of figures -->"


def table(head, rows):
    lines = ["| " + " | ".join(map(str, head)) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(c) for c in r) + " |" for r in rows]) + "\n"


def figures(card, plan, log):
    t, i, last = card["text"], card["items"], log["log"][-1]
    held = [r for r in log["log"] if "held_out_loss" in r]
    out = [f"{card['parameters']:,} parameters ({card['active_parameters']:,} active per token). Training: "
           f"{log['steps']:,} steps, {last['tokens']:,} tokens, {log['cpu_minutes']:.0f} CPU minutes on one core ({log['minutes']:.0f} "
           f"minutes by the clock on a shared machine), seed {log['seed']}; last losses: text {last['text_loss']:.2f}, "
           f"tasks {last['task_loss']:.3f}, held-out text {held[-1]['held_out_loss']:.2f}. The training module against "
           f"transformers: max logit difference {card['parity_with_transformers_max_abs_logit']:.1e}.\n"]
    out.append("### Tasks, BF16 and FP8 (W8A8)\n")
    rows = [[f"`{k}`", v["kind"], v["items"], f"{v['bf16']:.1f}", f"{v['fp8']:.1f}", v["lost"], v["won"]]
            for k, v in card["tasks"].items()]
    rows.append(["**all**", "", i["items"], f"**{i['bf16']:.1f}**", f"**{i['fp8']:.1f}**", i["lost"], i["won"]])
    out.append(table(["task", "kind", "items", "BF16 %", "FP8 %", "right to wrong", "wrong to right"], rows))
    out.append(f"Flips {i['flips_percent']} %, exact McNemar p = {i['mcnemar_p']}, paired gold log-probability z = "
               f"{i['gold_logprob_z']} (mean difference {i['gold_logprob_difference_mean']}).\n")
    out.append("### Held-out text, FP8 against BF16\n")
    out.append(table(["tokens", "KLD mean", "median", "p99", "max", "top-1 agreement", "perplexity BF16", "FP8"],
                     [[t["tokens"], t["kld_mean"], t["kld_median"], t["kld_p99"], t["kld_max"],
                       f"{100 * t['top1_agreement']:.1f} %", t["perplexity_bf16"], t["perplexity_fp8"]]]))
    out.append("### Layers and experts\n")
    load = card["expert_load_percent"]
    out.append(f"Load of the experts in percent (even would be {100 / len(load['text'][0]):.2f}); the least used has "
               f"{card['expert_load_least_percent']} %.\n")
    for name in load:
        n = len(load[name][0])
        out.append(table([name + ", layer", *range(n)], [[l, *row] for l, row in enumerate(load[name])]))
    out.append(table(["layer", "relative error of the hidden state", "same experts chosen"],
                     [[l, v["hidden_relative_error"], f"{100 * v['router_set_agreement']:.1f} %"]
                      for l, v in enumerate(card["layers"])]))
    out.append("### Calibration of the tasks\n\nBF16 accuracy in percent at each difficulty level of the calibration "
               "pool, and the levels asked.\n")
    out.append(table(["task", "accuracy by level", "levels asked"],
                     [[f"`{k}`", ", ".join(f"{x:.0f}" for x in v["calibration"]),
                       f"{v['levels'][0]} to {v['levels'][-1]}" if v["levels"] else "left out"]
                      for k, v in plan.items()]))
    return "\n".join(out)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data", required=True)
    a = ap.parse_args()
    parts = []
    for name in ("card.json", "items_plan.json", "train_log.json"):
        with open(os.path.join(a.data, name)) as f:
            parts.append(json.load(f))
    path = os.path.join(a.data, "README.md")
    with open(path) as f:
        text = f.read()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    text = before + BEGIN + "\n" + figures(*parts) + END + after
    with open(path, "w") as f:
        f.write(text)


if __name__ == "__main__":
    main()
