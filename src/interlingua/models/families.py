"""The prompts of well-known models whose own files do not have them, as their authors' descriptions give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interlingua.models.card import Prompts

_E5 = Prompts(symmetric="query: ", query="query: ", document="passage: ")
_BGE_ENGLISH = Prompts(query="Represent this sentence for searching relevant passages: ")
_BGE_CHINESE = Prompts(query="为这个句子生成表示以用于检索相关文章：")

# By the name without its owner, so that a copy in a folder of that name is known too.
_KNOWN: Mapping[str, Prompts] = {
    **dict.fromkeys(("e5-small", "e5-base", "e5-large", "e5-small-v2", "e5-base-v2", "e5-large-v2"), _E5),
    **dict.fromkeys(("multilingual-e5-small", "multilingual-e5-base", "multilingual-e5-large"), _E5),
    **{f"bge-{size}-en{version}": _BGE_ENGLISH for size in ("small", "base", "large") for version in ("", "-v1.5")},
    **{f"bge-{size}-zh{version}": _BGE_CHINESE for size in ("small", "base", "large") for version in ("", "-v1.5")},
}
# The names under which models keep the prompt of what is searched in, in the order in which sentence-transformers looks.
_DOCUMENT_NAMES = ("document", "passage", "corpus")


def prompts_of(name: str, config: Mapping[str, Any]) -> Prompts:
    """The prompts that a model's own configuration has; where it has none, those that its family is known for.

    Args:
        name: the model's name, without an owner.
        config: what its ``config_sentence_transformers.json`` says.
    """
    given = config.get("prompts")
    prompts = {key: text for key, text in given.items() if isinstance(text, str)} if isinstance(given, dict) else {}
    if not any(prompts.values()):
        return _KNOWN.get(name.lower(), Prompts())
    query = prompts.get("query", "")
    # sentence-transformers saves an empty prompt under the first of these names, whatever the model's own is called.
    document = next((prompts[key] for key in _DOCUMENT_NAMES if prompts.get(key)), "")
    symmetric = prompts.get(str(config.get("default_prompt_name")), "")
    if not symmetric and (query, document) == (_E5.query, _E5.document):
        # E5 wants one of its two prompts before every text, whatever the task.
        symmetric = _E5.symmetric
    return Prompts(symmetric, query, document)
