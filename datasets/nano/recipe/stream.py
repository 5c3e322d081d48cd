"""The training stream: rows of text and rows of packed task examples, from one seeded generator."""
import random

import numpy as np

from architecture import BOS, NEWLINE
from tasks import training_example


def encode_example(sp, prompt, answer):
    """How a task becomes tokens, said in one place: prompt and answer encoded apart, the answer ends at a newline."""
    return [BOS] + sp.encode(prompt), sp.encode(answer) + [NEWLINE]


class Stream:
    def __init__(self, sp, facts, text_ids, length, text_share, prompt_weight, seed):
        self.sp, self.facts, self.text, self.length = sp, facts, text_ids, length
        self.text_share, self.prompt_weight = text_share, prompt_weight
        self.rng = random.Random(seed)

    def text_row(self):
        n = self.length
        i = self.rng.randrange(len(self.text) - n)
        return [BOS] + self.text[i:i + n], [1.0] * n, [0] * n

    def task_row(self):
        """Examples packed one after the other. Attention does not leave an example and each begins with <bos>, so it is
        trained exactly as it will be asked."""
        n, ids, weight, segment, k = self.length, [], [], [], 0
        while len(ids) < n + 1:
            context, target = encode_example(self.sp, *training_example(self.rng, self.facts))
            ids += context + target
            weight += [self.prompt_weight] * (len(context) - 1) + [1.0] * len(target) + [0.0]   # nothing predicts <bos>
            segment += [k] * (len(context) + len(target))
            k += 1
        return ids[:n + 1], weight[:n], segment[:n]

    def batch(self, rows):
        out = [self.text_row() if self.rng.random() < self.text_share else self.task_row() for _ in range(rows)]
        ids = np.array([r[0] for r in out], dtype=np.int64)
        return ids[:, :-1], ids[:, 1:], np.array([r[1] for r in out], dtype=np.float32), np.array([r[2] for r in out])
