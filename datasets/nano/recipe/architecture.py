"""The shape of the bundled checkpoint: Gemma 4 26B-A4B's structure, every width made small."""
import math

BOS, EOS, PAD, NEWLINE = 2, 1, 0, 107
PREFIX = "model.language_model."          # text keys in the original (multimodal) layout

LAYERS = "ssfssf"                         # s = sliding window, f = full attention (26B-A4B: 5s + 1f, five times)
# A buffer of the real model, not a parameter: it multiplies the whole residual stream after each layer. Fixed before
# training, all different, none 1, so that an engine that ignores or misplaces it is visibly wrong.
LAYER_SCALAR = [0.5625, 0.8125, 0.90625, 0.65625, 0.84375, 0.75]


def text_config(vocab):
    kinds = ["full_attention" if c == "f" else "sliding_attention" for c in LAYERS]
    return {
        "attention_bias": False, "attention_dropout": 0.0, "attention_k_eq_v": True, "bos_token_id": BOS,
        "dtype": "bfloat16", "enable_moe_block": True, "eos_token_id": EOS, "final_logit_softcapping": 30.0,
        "global_head_dim": 64, "head_dim": 32, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 128,
        "hidden_size_per_layer_input": 0, "initializer_range": 0.02, "intermediate_size": 192, "layer_types": kinds,
        "max_position_embeddings": 4096, "model_type": "gemma4_text", "moe_intermediate_size": 64,
        "num_attention_heads": 4, "num_experts": 16, "num_global_key_value_heads": 1, "num_hidden_layers": len(kinds),
        "num_key_value_heads": 2, "num_kv_shared_layers": 0, "pad_token_id": PAD, "rms_norm_eps": 1e-6,
        "rope_parameters": {
            "full_attention": {"partial_rotary_factor": 0.25, "rope_theta": 1000000.0, "rope_type": "proportional"},
            "sliding_attention": {"rope_theta": 10000.0, "rope_type": "default"}},
        "sliding_window": 64, "tie_word_embeddings": True, "top_k_experts": 4,
        "use_bidirectional_attention": "vision", "use_cache": True, "use_double_wide_mlp": False,
        "vocab_size": vocab, "vocab_size_per_layer_input": vocab}


def outer_config(vocab):
    return {"architectures": ["Gemma4ForConditionalGeneration"], "audio_config": None, "dtype": "bfloat16",
            "eos_token_id": [EOS, 106], "initializer_range": 0.02, "model_type": "gemma4",
            "text_config": text_config(vocab), "tie_word_embeddings": True}


GENERATION_CONFIG = {"bos_token_id": BOS, "do_sample": False, "eos_token_id": [EOS, 106], "pad_token_id": PAD}


def parameter_counts(cfg):
    """(stored, active per token): the head is tied, so the embedding counts once."""
    h, n = cfg["hidden_size"], cfg["vocab_size"] * cfg["hidden_size"]
    total = active = n + h
    for kind in cfg["layer_types"]:
        full = kind == "full_attention"
        hd = cfg["global_head_dim" if full else "head_dim"]
        kv = cfg["num_global_key_value_heads" if full else "num_key_value_heads"]
        attention = 2 * h * cfg["num_attention_heads"] * hd + (1 if full else 2) * h * kv * hd + 2 * hd
        dense = 3 * h * cfg["intermediate_size"]
        router = cfg["num_experts"] * h + h + cfg["num_experts"]
        expert = 3 * h * cfg["moe_intermediate_size"]
        common = attention + dense + router + 7 * h + 1
        total += common + cfg["num_experts"] * expert
        active += common + cfg["top_k_experts"] * expert
    return total, active


def init_std(fan_in):
    return 1.0 / math.sqrt(fan_in)
