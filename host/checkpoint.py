"""Hugging Face directories: config.json, safetensors (one file or shards), tokenizer.json.

What is wrong with a directory is said in one sentence, as a SerranoError.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import ml_dtypes  # noqa: F401  gives numpy the bfloat16 that safetensors asks it for
import numpy as np
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer

from host.errors import SerranoError
from models.reference import Llama

DTYPES = ("F32", "BF16", "F16")


@dataclass
class Checkpoint:
    model: Llama
    weights: dict[str, np.ndarray]  # float32, Hugging Face names, matrices (out, in)
    end_tokens: tuple[int, ...]
    tokenizer: Tokenizer = None  # None where the directory has none


def load(directory) -> Checkpoint:
    directory = Path(directory)
    if not directory.is_dir():
        raise SerranoError(f"there is no checkpoint directory {directory}")
    config = _read_json(directory / "config.json")
    model = read_model(config)
    end = config.get("eos_token_id")
    end_tokens = () if end is None else tuple(end) if isinstance(end, list) else (end,)
    return Checkpoint(model, _weights(directory, model), end_tokens, load_tokenizer(directory))


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise SerranoError(f"the checkpoint has no {path.name} ({path})") from None
    except (OSError, ValueError) as error:
        raise SerranoError(f"{path} cannot be read: {error}") from None


# -- config.json ----------------------------------------------------------------------------------------------------


def read_model(config: dict) -> Llama:
    """The shape that a config.json describes. Raises SerranoError for one that Serrano does not run."""
    architecture = (config.get("architectures") or [config.get("model_type", "unknown")])[0]
    if architecture not in ("LlamaForCausalLM", "llama"):
        raise SerranoError(f"the architecture {architecture} is not one that Serrano runs (LlamaForCausalLM)")
    for key in ("attention_bias", "mlp_bias"):
        if config.get(key):
            raise SerranoError(f"a Llama with {key} is not one that Serrano runs")
    if config.get("hidden_act", "silu") != "silu":
        raise SerranoError(f"the activation {config['hidden_act']} is not one that Serrano runs (silu)")
    try:
        heads = int(config["num_attention_heads"])
        theta, scaling = _rope(config)
        model = Llama(
            hidden=int(config["hidden_size"]),
            feed_forward=int(config["intermediate_size"]),
            layers=int(config["num_hidden_layers"]),
            heads=heads,
            kv_heads=int(config.get("num_key_value_heads") or heads),
            head_size=int(config.get("head_dim") or config["hidden_size"] // heads),
            vocabulary=int(config["vocab_size"]),
            context=int(config.get("max_position_embeddings", 2048)),
            epsilon=float(config.get("rms_norm_eps", 1e-6)),
            rope_theta=theta,
            rope_scaling=scaling,
            tied=bool(config.get("tie_word_embeddings", False)),
        )
    except KeyError as error:
        raise SerranoError(f"config.json lacks {error.args[0]}") from None
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise SerranoError(f"config.json holds a value that is not a number: {error}") from None
    sizes = ("hidden", "feed_forward", "layers", "heads", "kv_heads", "head_size", "vocabulary", "context")
    for name in sizes:
        if getattr(model, name) <= 0:
            raise SerranoError(f"config.json describes a model whose {name} is {getattr(model, name)}")
    if model.heads % model.kv_heads:
        raise SerranoError(f"{model.heads} query heads cannot share {model.kv_heads} key and value heads evenly")
    if model.head_size % 2:
        raise SerranoError(f"a head size of {model.head_size} has no halves to rotate")
    return model


def _rope(config: dict) -> tuple[float, tuple | None]:
    """theta and the llama3 scaling, from rope_parameters (transformers 5) or rope_theta and rope_scaling (4)."""
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = float(rope.get("rope_theta", config.get("rope_theta", 10000.0)))
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "default":
        return theta, None
    if kind != "llama3":
        raise SerranoError(f"the rotary scaling {kind} is not one that Serrano runs (default, llama3)")
    keys = ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings")
    return theta, tuple(float(rope[key]) for key in keys)


# -- tensors --------------------------------------------------------------------------------------------------------


def tensor_shapes(c: Llama) -> dict[str, tuple]:
    """Every tensor that the model needs, by Hugging Face name."""
    q, kv = c.heads * c.head_size, c.kv_heads * c.head_size
    shapes = {"model.embed_tokens.weight": (c.vocabulary, c.hidden), "model.norm.weight": (c.hidden,)}
    if not c.tied:
        shapes["lm_head.weight"] = (c.vocabulary, c.hidden)
    for layer in range(c.layers):
        at = f"model.layers.{layer}."
        shapes |= {
            at + "input_layernorm.weight": (c.hidden,),
            at + "self_attn.q_proj.weight": (q, c.hidden),
            at + "self_attn.k_proj.weight": (kv, c.hidden),
            at + "self_attn.v_proj.weight": (kv, c.hidden),
            at + "self_attn.o_proj.weight": (c.hidden, q),
            at + "post_attention_layernorm.weight": (c.hidden,),
            at + "mlp.gate_proj.weight": (c.feed_forward, c.hidden),
            at + "mlp.up_proj.weight": (c.feed_forward, c.hidden),
            at + "mlp.down_proj.weight": (c.hidden, c.feed_forward),
        }
    return shapes


def _weights(directory: Path, model: Llama) -> dict[str, np.ndarray]:
    shapes, weights = tensor_shapes(model), {}
    for path, names in _files(directory, shapes).items():
        try:
            with safe_open(path, "np") as file:
                present = set(file.keys())
                for name in names:
                    if name not in present:
                        raise SerranoError(f"the checkpoint lacks the tensor {name}")
                    weights[name] = _tensor(file, name, shapes[name])
        except FileNotFoundError:
            raise SerranoError(f"the checkpoint lacks the file {path.name} ({path})") from None
        except (SafetensorError, OSError) as error:
            raise SerranoError(f"{path} cannot be read: {error}") from None
    return weights


def _files(directory: Path, shapes: dict) -> dict[Path, list[str]]:
    """Which tensors are looked for in which file."""
    index = directory / "model.safetensors.index.json"
    if not index.exists():
        return {directory / "model.safetensors": list(shapes)}
    places = _read_json(index).get("weight_map", {})
    files = {}
    for name in shapes:
        if name not in places:
            raise SerranoError(f"the checkpoint lacks the tensor {name}")
        files.setdefault(directory / places[name], []).append(name)
    return files


def _tensor(file, name: str, shape: tuple) -> np.ndarray:
    info = file.get_slice(name)
    if tuple(info.get_shape()) != shape:
        raise SerranoError(f"the tensor {name} has shape {tuple(info.get_shape())}, and the config asks for {shape}")
    if info.get_dtype() not in DTYPES:
        raise SerranoError(f"the tensor {name} is {info.get_dtype()}, which is none of {', '.join(DTYPES)}")
    return file.get_tensor(name).astype(np.float32)


# -- tokenizer ------------------------------------------------------------------------------------------------------


def load_tokenizer(directory) -> Tokenizer | None:
    path = Path(directory) / "tokenizer.json"
    if not path.exists():
        return None
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001 (tokenizers raises nothing narrower)
        raise SerranoError(f"{path} cannot be read: {error}") from None
