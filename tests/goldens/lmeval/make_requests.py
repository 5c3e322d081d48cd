#!/usr/bin/env python3
"""What lm-evaluation-harness 0.4.13 makes of requests with the bundled tokenizer: token ids that are read and scored.
   make_requests.py TOKENIZER_JSON OUT.json   (needs lm-eval==0.4.13; methods of lm_eval.models.huggingface.HFLM, called
   on an object without a model)"""
import json, sys, types
from transformers import PreTrainedTokenizerFast
from lm_eval import utils
from lm_eval.models.huggingface import HFLM

PAIRS = [["Question: 1 + 1?\nAnswer:", " 2"], ["a b ", "c"], ["a b  \n", "c d"], ["word", "s and more"], ["", "alone"],
         ["", "<bos>alone"], ["<bos>a b", " c"], ["a\u00a0", "b"], ["x\u2003 ", "y"], ["the end", ". Next, please"],
         ["a" * 40, "b" * 10], ["one two three four five six seven eight nine ten eleven", " twelve"],
         ["gr\u00fc\u00dfe \U0001f600", " und"], ["tab\t", "\tx"]]
TEXTS = ["", "a", "one two three four five six seven eight nine ten", "z" * 50, "<bos>a b c", "caf\u00e9 \U0001f600 end"]

tok = PreTrainedTokenizerFast(tokenizer_file=sys.argv[1], bos_token="<bos>", eos_token="<eos>")
cases = []
for add_bos in (None, True, False):
    for max_length in (5, 12, 64):
        lm = object.__new__(HFLM)
        lm.tokenizer, lm.add_bos_token, lm._max_length = tok, add_bos, max_length
        lm.custom_prefix_token_id, lm.backend, lm.enable_thinking = None, "causal", False
        got = []
        lm._loglikelihood_tokens = lambda requests, **kw: got.extend(requests) or [0.0] * len(requests)
        pairs = []
        for context, continuation in PAIRS:
            got.clear()
            lm.loglikelihood([types.SimpleNamespace(args=(context, continuation))], disable_tqdm=True)
            (_, ctx, cont) = got[0]
            ok = len(ctx) > 0 and 0 < len(cont) <= max_length
            pairs.append({"ids": (ctx + cont)[-(max_length + 1):], "scored": len(cont)} if ok else None)
        rolling = []
        for text in TEXTS:
            windows = map(utils.make_disjoint_window, utils.get_rolling_token_windows(
                token_list=lm.tok_encode(text), prefix_token=lm.prefix_token_id, max_seq_len=max_length, context_len=1))
            rolling.append([{"ids": (a + b)[-(max_length + 1):], "scored": len(b)} for a, b in windows])
        prompts = [lm.tok_encode(c)[-(max_length - 3):] for c, _ in PAIRS]
        cases.append({"add_bos": add_bos, "max_length": max_length, "pairs": pairs, "rolling": rolling, "prompts": prompts})
json.dump({"pairs": PAIRS, "texts": TEXTS, "room": 3, "cases": cases}, open(sys.argv[2], "w"), separators=(",", ":"))
