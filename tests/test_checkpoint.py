"""Hugging Face directories: what is read, and the one sentence for each thing that is wrong with one."""

import dataclasses
import json
import re

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel
from tokenizers.models import WordLevel

from host import compiler
from host.checkpoint import load, read_model
from host.errors import SerranoError
from host.generate import find_config, pieces, prepare
from tests.llamas import random_llama

TENSOR = "model.layers.1.mlp.up_proj.weight"


def config_of(model) -> dict:
    return {
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": model.hidden,
        "intermediate_size": model.feed_forward,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "num_key_value_heads": model.kv_heads,
        "head_dim": model.head_size,
        "vocab_size": model.vocabulary,
        "max_position_embeddings": model.context,
        "rms_norm_eps": model.epsilon,
        "rope_theta": model.rope_theta,
        "tie_word_embeddings": model.tied,
        "eos_token_id": [2, 7],
    }


@pytest.fixture
def checkpoint():
    return random_llama()


@pytest.fixture
def directory(tmp_path, checkpoint):
    (tmp_path / "config.json").write_text(json.dumps(config_of(checkpoint.model)))
    save_file(checkpoint.weights, tmp_path / "model.safetensors")
    return tmp_path


def change_config(directory, remove=(), **changes):
    path = directory / "config.json"
    config = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({k: v for k, v in config.items() if k not in remove}))


# -- what is read ---------------------------------------------------------------------------------------------------


def test_what_was_written_is_read(directory, checkpoint):
    read = load(directory)
    assert read.model == checkpoint.model and read.end_tokens == (2, 7) and read.tokenizer is None
    assert read.weights.keys() == checkpoint.weights.keys()
    assert all(np.array_equal(read.weights[n], w) for n, w in checkpoint.weights.items())


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_short_floats(directory, checkpoint, dtype):
    short = {n: w.astype(dtype) for n, w in checkpoint.weights.items()}
    save_file(short, directory / "model.safetensors")
    read = load(directory)
    assert all(np.array_equal(read.weights[n], w.astype(np.float32)) for n, w in short.items())
    assert all(w.dtype == np.float32 for w in read.weights.values())


def test_shards(directory, checkpoint):
    (directory / "model.safetensors").unlink()
    names = sorted(checkpoint.weights)
    shards = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, here in shards.items():
        save_file({n: checkpoint.weights[n] for n in here}, directory / file)
    index = {"weight_map": {n: file for file, here in shards.items() for n in here}}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))
    read = load(directory)
    assert all(np.array_equal(read.weights[n], w) for n, w in checkpoint.weights.items())
    (directory / "b.safetensors").unlink()
    with pytest.raises(SerranoError, match=r"lacks the file b\.safetensors"):
        load(directory)


def test_defaults_of_a_config(checkpoint):
    config = config_of(checkpoint.model)
    for key in ("head_dim", "num_key_value_heads", "rope_theta", "tie_word_embeddings", "rms_norm_eps"):
        del config[key]
    model = read_model(config)
    assert (model.head_size, model.kv_heads, model.rope_theta) == (16, 4, 10000.0)
    assert (model.tied, model.epsilon) == (False, 1e-6)


def test_llama3_scaling_in_either_place(checkpoint):
    scaling = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    old = config_of(checkpoint.model) | {"rope_scaling": scaling | {"rope_type": "llama3"}, "rope_theta": 5e5}
    new = config_of(checkpoint.model) | {"rope_parameters": scaling | {"rope_type": "llama3", "rope_theta": 5e5}}
    del new["rope_theta"]
    assert read_model(old) == read_model(new)
    assert read_model(old).rope_scaling == (8.0, 1.0, 4.0, 64.0) and read_model(old).rope_theta == 5e5


# -- one sentence each ----------------------------------------------------------------------------------------------


def test_no_directory(tmp_path):
    with pytest.raises(SerranoError, match=r"no checkpoint directory .*nowhere"):
        load(tmp_path / "nowhere")


def test_no_config(directory):
    (directory / "config.json").unlink()
    with pytest.raises(SerranoError, match=r"has no config\.json"):
        load(directory)


def test_a_config_that_is_no_json(directory):
    (directory / "config.json").write_text("{")
    with pytest.raises(SerranoError, match=r"config\.json cannot be read"):
        load(directory)


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"architectures": ["MixtralForCausalLM"]}, "architecture MixtralForCausalLM is not one that Serrano runs"),
        ({"attention_bias": True}, "a Llama with attention_bias"),
        ({"mlp_bias": True}, "a Llama with mlp_bias"),
        ({"hidden_act": "gelu"}, "activation gelu"),
        ({"rope_scaling": {"type": "yarn"}}, "rotary scaling yarn"),
        ({"rope_scaling": {"rope_type": "llama3"}}, "lacks factor"),
        ({"num_key_value_heads": 3}, "4 query heads cannot share 3 key and value heads"),
        ({"head_dim": 15}, "head size of 15"),
        ({"hidden_size": "wide"}, "not a number"),
        ({"num_hidden_layers": 0}, "whose layers is 0"),
        ({"hidden_size": 60}, r"model.embed_tokens.weight has shape \(100, 64\), and the config asks for \(100, 60\)"),
        ({"num_hidden_layers": 3}, r"lacks the tensor model\.layers\.2\."),
        ({"tie_word_embeddings": False}, r"lacks the tensor lm_head\.weight"),
    ],
)
def test_configs_that_are_refused(directory, changes, sentence):
    change_config(directory, **changes)
    with pytest.raises(SerranoError, match=sentence):
        load(directory)


def test_a_config_without_a_size(directory):
    change_config(directory, remove=["intermediate_size"])
    with pytest.raises(SerranoError, match=r"config\.json lacks intermediate_size"):
        load(directory)


def test_a_tensor_of_another_type(directory, checkpoint):
    save_file(
        checkpoint.weights | {TENSOR: checkpoint.weights[TENSOR].astype(np.int32)}, directory / "model.safetensors"
    )
    with pytest.raises(SerranoError, match=f"{TENSOR} is I32, which is none of F32, BF16, F16"):
        load(directory)


def test_no_weights_and_broken_weights(directory):
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(SerranoError, match=r"model\.safetensors cannot be read"):
        load(directory)
    path.unlink()
    with pytest.raises(SerranoError, match=r"lacks the file model\.safetensors"):
        load(directory)


def test_a_broken_tokenizer(directory):
    (directory / "tokenizer.json").write_text("{}")
    with pytest.raises(SerranoError, match=r"tokenizer\.json cannot be read"):
        load(directory)


@pytest.mark.parametrize(
    "prompt, options, sentence",
    [
        ("", {}, "the prompt is empty"),
        ([], {}, "the prompt has no tokens"),
        ("words", {}, r"no tokenizer\.json"),
        ([3, 100], {}, "token id 100 is outside the vocabulary of 100"),
        ([-1], {}, "token id -1 is outside"),
        ([1] * 250, {}, "250 tokens and 8 to come do not fit the context of 256"),
        ([1] * 20, {"context": 24}, "20 tokens and 8 to come do not fit the context of 24"),
        ([1], {"tokens": 0}, "0 tokens are no reply"),
        ([1], {"weights": "int3"}, "no weights in int3; there are mxfp4, mxint8"),
        ([1], {"config": "huge"}, "no CONFIG=huge; there are tiny, small, base"),
        ([1], {"memory": 10000}, r"the model needs \d+ bytes of memory, and there are 10000"),
    ],
)
def test_requests_that_are_refused(checkpoint, prompt, options, sentence):
    with pytest.raises(SerranoError, match=sentence):
        prepare(checkpoint, **({"config": "tiny", "prompt": prompt, "tokens": 8} | options))


def test_a_model_too_wide_for_the_chip(monkeypatch):
    """Is told the least that it needs, not what the fastest way would."""
    wide, choices, needs = random_llama(hidden=20000, layers=1, vocabulary=8), compiler._choices, []
    for number in (None, 1):
        monkeypatch.setattr(compiler, "_choices", lambda *given, number=number: list(choices(*given))[:number])
        with pytest.raises(SerranoError) as refused:
            prepare(wide, "tiny", prompt=[1])
        said = r"the model does not fit the chip: the program needs (\d+) of .* memory and CONFIG=tiny has \d+"
        needs.append(int(re.fullmatch(said, str(refused.value))[1]))
    assert needs[0] < needs[1]


def test_find_config():
    assert find_config("small").port_bytes == 16


# -- text -----------------------------------------------------------------------------------------------------------


def test_a_character_of_several_tokens_waits_for_its_last():
    tokenizer = Tokenizer(WordLevel({"a": 0, "Ã": 1, "©": 2, "b": 3}, unk_token="a"))
    tokenizer.decoder = ByteLevel()
    assert list(pieces(tokenizer, [1, 2, 3], given=[0])) == ["", "é", "b"]


def test_a_checkpoint_is_plain_data(checkpoint):
    assert dataclasses.is_dataclass(checkpoint.model)
