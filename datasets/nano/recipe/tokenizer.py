"""SentencePiece BPE with Gemma's ids for the special tokens, and the same as a Hugging Face tokenizer.json."""
import io
import json
import os

import sentencepiece as spm

from architecture import NEWLINE

VOCAB = 1536
SPECIAL = {4: "<mask>", 46: "<|tool>", 47: "<tool|>", 48: "<|tool_call>", 49: "<tool_call|>", 50: "<|tool_response>",
           51: "<tool_response|>", 52: '<|"|>', 98: "<|think|>", 100: "<|channel>", 101: "<channel|>",
           105: "<|turn>", 106: "<turn|>", 107: "\n", 108: "\n\n", 109: "\n\n\n"}
FIRST_BYTE, FIRST_PIECE = 238, 494        # as in Gemma: bytes 0x00..0xFF are ids 238..493


def train(folder, texts, examples):
    """examples: task lines, so that their words and numerals get pieces of their own"""
    lines = "\n".join([*texts, *examples]).split("\n")
    model = io.BytesIO()                      # from memory to memory: a model trained from files keeps their paths
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, vocab_size=VOCAB, model_type="bpe",
        byte_fallback=True, character_coverage=0.9995, split_digits=True, add_dummy_prefix=False,
        remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, normalization_rule_name="identity",
        pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", bos_piece="<bos>", eos_piece="<eos>",
        unk_piece="<unk>", user_defined_symbols=[SPECIAL.get(i, f"<unused{i}>") for i in range(4, FIRST_BYTE)],
        num_threads=1, minloglevel=2, max_sentence_length=100000)
    with open(os.path.join(folder, "tokenizer.model"), "wb") as f:
        f.write(model.getvalue())
    return load(folder)


def load(folder):
    sp = spm.SentencePieceProcessor(model_file=os.path.join(folder, "tokenizer.model"))
    assert sp.get_piece_size() == VOCAB and sp.piece_to_id("<|turn>") == 105
    assert sp.piece_to_id("<0x00>") == FIRST_BYTE and sp.encode("\n") == [NEWLINE]
    return sp


def write_json(sp, path):
    """SentencePiece merges by the score of the RESULT; Hugging Face by the rank of the PAIR. A piece may be made from
    several pairs: all of them get the piece's rank, in a fixed order."""
    pieces = [sp.id_to_piece(i) for i in range(VOCAB)]
    ids = {p: i for i, p in enumerate(pieces)}
    merges = []
    for i in (108, 109, *range(FIRST_PIECE, VOCAB)):
        p = pieces[i]
        pairs = [(p[:k], p[k:]) for k in range(1, len(p)) if p[:k] in ids and p[k:] in ids]
        rank = 0.0 if i < FIRST_BYTE else 1.0 - sp.get_score(i)           # newline runs before everything else
        merges += [(rank, ids[a], ids[b], a, b) for a, b in pairs]
    merges.sort()
    space = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
    bos = {"SpecialToken": {"id": "<bos>", "type_id": 0}}
    out = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": i, "content": pieces[i], "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True}
                         for i in range(FIRST_BYTE) if i not in (107, 108, 109)],
        "normalizer": space,
        "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
                          "invert": False},
        "post_processor": {"type": "TemplateProcessing", "single": [bos, {"Sequence": {"id": "A", "type_id": 0}}],
                           "pair": [bos, {"Sequence": {"id": "A", "type_id": 0}},
                                    {"SpecialToken": {"id": "<bos>", "type_id": 1}},
                                    {"Sequence": {"id": "B", "type_id": 1}}],
                           "special_tokens": {"<bos>": {"id": "<bos>", "ids": [2], "tokens": ["<bos>"]}}},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                  "vocab": ids, "merges": [[a, b] for *_, a, b in merges]}}
    with open(path, "w", encoding="utf-8") as f:
        json.dump(out, f, ensure_ascii=False, indent=1)
        f.write("\n")


def disagreements(sp, path, texts):
    """-> (paragraphs, paragraphs on which tokenizer.json and tokenizer.model differ)"""
    from tokenizers import Tokenizer
    hf = Tokenizer.from_file(path)
    paragraphs = [p for t in texts for p in t.split("\n\n") if p]
    return len(paragraphs), sum(sp.encode(p) != hf.encode(p, add_special_tokens=False).ids for p in paragraphs)
