"""Schemas of every shape as JSON texts, from a seed: quick enough for ten thousand."""

from __future__ import annotations

import random

_NAMES = ("a", "2", "type", "properties", "items", "a/b", "c~d", "", "ü", "required", "anyOf")
_NUMBERS = ("1", "1.0", "1e3", "1.50", "12345678901234567890", "-0", "0.1e-7")
_SCALARS = ('"x"', "true", "null", *_NUMBERS)
_LEAVES = (
    '{"type":"string","minLength":1.0,"x-own":[1e3,{"b":null,"a":2}]}',
    '{"type":["string","null"],"description":"d","enum":["b","a",null]}',
    '{"type":"integer","minimum":-0,"multipleOf":12345678901234567890}',
    '{"description":"Why","type":"number","maximum":1.50,"default":null}',
    '{"type":"boolean","const":true}',
    '{"$ref":"#/$defs/shape","description":"Shared"}',
    '{"$ref":"https://example.com/other"}',
    '{"anyOf":[{"type":"string"},{"type":"null"}],"title":"T"}',
    '{"anyOf":[{"type":"null"},{"$ref":"#/$defs/shape"}]}',
    '{"oneOf":[{"type":"string"},{"type":"integer"}]}',
    '{"enum":[1,1.0,"1",false]}',
    '{"type":["integer","string"]}',
    '{"type":"string","description":null}',
    "{}",
    "true",
    "false",
)


def text(seed: int) -> str:
    """One schema with an object at its root."""
    chance = random.Random(seed)  # the same every time
    return _group(chance, 4, is_root=True)


def _schema(chance: random.Random, levels: int) -> str:
    pick = chance.random()
    if levels == 0 or pick < 0.5:
        return chance.choice(_LEAVES)
    if pick < 0.75:
        return _group(chance, levels - 1)
    items = chance.choice((_schema(chance, levels - 1), '[{"type":"string"}]', "true"))
    kind = chance.choice(('"array"', '["array","null"]'))
    return f'{{"type":{kind},"items":{items},"maxItems":{chance.choice(_NUMBERS)}}}'


def _group(chance: random.Random, levels: int, *, is_root: bool = False) -> str:
    names = chance.sample(_NAMES, chance.randint(0, 4))
    held = ",".join(f'"{name}":{_schema(chance, levels)}' for name in names)
    required = [f'"{name}"' for name in names if chance.random() < 0.5]
    if chance.random() < 0.3:
        chance.shuffle(required)
    kind = '"object"' if is_root else chance.choice(('"object"', '["object","null"]'))
    parts = [f'"type":{kind}', f'"properties":{{{held}}}']
    if chance.random() < 0.8:
        parts.append(f'"required":[{",".join(required)}]')
    if chance.random() < 0.5:
        parts.append(f'"additionalProperties":{chance.choice(("false", "true", "{}"))}')
    if chance.random() < 0.4:
        parts.append(f'"x-kept":{chance.choice(_SCALARS)}')
    if is_root:
        parts.append('"$defs":{"shape":{"type":"object","properties":{}}}')
    chance.shuffle(parts)
    return "{" + ",".join(parts) + "}"
