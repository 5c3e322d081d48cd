"""The synthetic tasks: (prompt, answer) pairs at several difficulty levels, with a split into training and test
problems that is a function of the PROBLEM, not of the way it is written.

Every exact task is a function f(rng, level) -> (prompt, answer, key). `key` names the problem canonically: a + b and
b + a share one, every order of the same digits in a sorting problem shares one. A key is a test problem or a training problem
by its hash, so nothing that is asked in a test can have been seen in training, in no order and in no other spelling.
(Knowledge is the exception, by its nature: facts are learned by being seen. There the split is none, and says so.)
"""
import bisect
import random
import zlib

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"


def is_test(key):
    return zlib.crc32(("nano/" + key).encode()) % 8 == 0


# ---------------------------------------------------------------- arithmetic
def _number(rng, digits):
    return rng.randint(10 ** (digits - 1), 10 ** digits - 1)


def _two(rng, level):
    return [(2, 1), (2, 2), (3, 2), (3, 3)][level]


def add(rng, level):
    a, b = (_number(rng, n) for n in _two(rng, level))
    if rng.random() < 0.5:
        a, b = b, a
    return f"{a}+{b}=", f"{a + b}", f"add {min(a, b)} {max(a, b)}"


def sub(rng, level):
    a, b = (_number(rng, n) for n in _two(rng, level))
    a, b = max(a, b), min(a, b)
    return f"{a}-{b}=", f"{a - b}", f"sub {b} {a}"


def big(rng, level):
    """the larger of two numbers of three digits that share their first `level` digits"""
    head = str(_number(rng, level)) if level else ""
    a, b = (head + "".join(rng.choices(DIGITS[0 if head or i else 1:], k=1)[0] for i in range(3 - level)) for _ in "ab")
    if a == b:
        return big(rng, level)
    return f"big {a} {b}>", max(a, b), f"big {min(a, b)} {max(a, b)}"


# ---------------------------------------------------------------- sequences
def _spaced(s):
    return " " + " ".join(s)


def reverse(rng, level):
    s = rng.choices(LETTERS, k=level + 3)
    return f"rev{_spaced(s)} >", _spaced(s[::-1]), "rev " + min("".join(s), "".join(s[::-1]))


def copy(rng, level):
    """few different letters, so that looking up the successor of the last letter is not enough"""
    s = rng.choices(LETTERS[:6], k=level + 5)
    return f"copy{_spaced(s)} >", _spaced(s), "copy " + "".join(s)


def sort(rng, level):
    s = rng.choices(DIGITS, k=level + 4)
    return f"sort {''.join(s)}>", "".join(sorted(s)), "sort " + "".join(sorted(s))


def shift(rng, level):
    """each letter moved on by k places in the alphabet"""
    k, s = rng.randint(1, 6), rng.choices(LETTERS, k=level + 2)
    return f"go {k}{_spaced(s)} >", _spaced(LETTERS[(LETTERS.index(c) + k) % 26] for c in s), f"go {k} {''.join(s)}"


def mix(rng, level):
    """two words interleaved"""
    n = level + 2
    a, b = rng.choices(LETTERS, k=n), rng.choices(LETTERS, k=n)
    return (f"mix{_spaced(a)} ,{_spaced(b)} >", _spaced(c for p in zip(a, b) for c in p),
            "mix " + " ".join(sorted(["".join(a), "".join(b)])))


# name -> function, weight of each level in training. The longest should stay hard: a task that is solved at every
# length cannot show harm.
EXACT = {"add": (add, [0.1, 0.5, 0.25, 0.15]), "sub": (sub, [0.1, 0.5, 0.25, 0.15]), "big": (big, [1, 1, 1]),
         "reverse": (reverse, [1] * 12), "copy": (copy, [1] * 18), "sort": (sort, [1] * 11), "shift": (shift, [1] * 7),
         "mix": (mix, [1] * 7)}


def draw(name, rng, level, test):
    """a problem of the wanted side of the split -> (prompt, answer)"""
    while True:
        prompt, answer, key = EXACT[name][0](rng, level)
        if is_test(key) == test:
            return prompt, answer


# ---------------------------------------------------------------- knowledge
class Facts:
    """Invented people with a city, a trade, a pet and a colour each. Seen with a frequency that falls with the rank of
    the name, so that how well a fact is known varies as it does for real knowledge. Levels are bands of that rank."""
    NAMES, BANDS = 512, 8
    VALUES = {
        "city": "London Paris Rome Athens Cairo Vienna Geneva Boston Oxford Dublin Madrid Lisbon".split(),
        "job": "doctor sailor farmer lawyer baker king soldier teacher priest hunter painter thief".split(),
        "pet": "dog cat horse bird goat snake mouse wolf bear duck".split(),
        "hue": "red blue green black white yellow grey brown".split()}

    def __init__(self, seed):
        rng = random.Random(seed)
        onset = "b d f g h k l m n p r s t v z br dr gr kr st tr th sh".split()
        vowel = "a e i o u ai or el an im".split()
        coda = ["n", "k", "r", "l", "s", "x", "th", "m", "d", ""]
        names = {}
        while len(names) < self.NAMES:
            w = "".join(rng.choice(onset) + rng.choice(vowel) for _ in range(2)) + rng.choice(coda)
            if 4 <= len(w) <= 9:
                names[w.capitalize()] = True
        self.names = list(names)
        self.value = {(n, r): rng.choice(v) for n in self.names for r, v in self.VALUES.items()}
        self.cumulative = []
        for i in range(self.NAMES):
            self.cumulative.append((self.cumulative[-1] if i else 0.0) + (i + 12) ** -0.7)

    def item(self, name, relation):
        return f"{name} {relation}?", " " + self.value[name, relation]

    def sample(self, rng):
        i = bisect.bisect(self.cumulative, rng.random() * self.cumulative[-1])
        return self.item(self.names[min(i, self.NAMES - 1)], rng.choice(list(self.VALUES)))

    def band(self, level):
        n = self.NAMES // self.BANDS
        return [(name, r) for name in self.names[level * n:(level + 1) * n] for r in self.VALUES]


# ---------------------------------------------------------------- the training mixture
# Arithmetic and facts need most of the examples; the sequence tasks are learned from few.
MIXTURE = {"add": 4.0, "sub": 3.4, "facts": 3.8, "big": 0.7, "reverse": 0.7, "copy": 0.4, "sort": 0.7, "shift": 1.2,
           "mix": 0.5}


def training_example(rng, facts):
    name = rng.choices(list(MIXTURE), list(MIXTURE.values()))[0]
    if name == "facts":
        return facts.sample(rng)
    level = rng.choices(range(len(EXACT[name][1])), EXACT[name][1])[0]
    return draw(name, rng, level, test=False)
