"""The contract's rules of a document as nested REST framework serializers: the peer of V1."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from rest_framework import serializers

HALF_PAIR = re.compile("[\ud800-\udfff]")


class RankingOptions(serializers.Serializer[Any]):
    score_threshold = serializers.FloatField(min_value=0, max_value=1)
    ranker = serializers.ChoiceField(["auto", "default_2024_08_21"], required=False)


class FileSearch(serializers.Serializer[Any]):
    max_num_results = serializers.IntegerField(min_value=1, max_value=50, required=False)
    ranking_options = RankingOptions(required=False)


def _carried(value: Any, depth: int) -> None:
    """What no keyword says: depth, NUL, halves of surrogate pairs, numbers that stay exact."""
    if isinstance(value, str):
        if "\0" in value or HALF_PAIR.search(value):
            raise serializers.ValidationError("Holds a character that is not carried.")
    elif isinstance(value, int | float):
        if not abs(value) <= 2**53:
            raise serializers.ValidationError("Not a number that stays exact.")
    elif isinstance(value, dict | list):
        if depth > 64:
            raise serializers.ValidationError("Nested more than 64 levels.")
        for child in (*value, *value.values()) if isinstance(value, dict) else value:
            _carried(child, depth + 1)


class Node(serializers.Field[Any, Any, Any, Any]):
    """One node of a JSON Schema, judged by the one `Schema` serializer, however deep it stands."""

    def to_internal_value(self, data: Any) -> Any:
        return _schema().run_validation(data)

    def to_representation(self, value: Any) -> Any:
        return value


class Schema(serializers.Serializer[Any]):
    """The keywords of a JSON Schema that the measured documents use."""

    type = serializers.ChoiceField(
        ["object", "array", "string", "number", "integer", "boolean", "null"], required=False
    )
    description = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    enum = serializers.ListField(required=False)
    required = serializers.ListField(child=serializers.CharField(), required=False)  # type: ignore[assignment]
    properties = serializers.DictField(child=Node(), required=False)
    items = Node(required=False)

    def to_internal_value(self, data: Any) -> Any:
        # What it does not know stays, as in a document that is stored as it was typed.
        return {**data, **super().to_internal_value(data)}


@cache
def _schema() -> Schema:
    return Schema()


class Parameters(Node):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("type", "object") != "object":
            raise serializers.ValidationError("The outermost type must be object.")
        _carried(data, 4)
        return super().to_internal_value(data)


class Function(serializers.Serializer[Any]):
    name = serializers.RegexField(r"^[a-zA-Z0-9_-]{1,64}$")
    description = serializers.CharField(required=False, trim_whitespace=False)
    parameters = Parameters(required=False)
    strict = serializers.BooleanField(required=False, allow_null=True)


class Tool(serializers.Serializer[Any]):
    type = serializers.CharField()
    file_search = FileSearch(required=False)
    function = Function(required=False)


class Document(serializers.Serializer[Any]):
    model = serializers.CharField(max_length=256)
    name = serializers.CharField(max_length=256, required=False, allow_null=True)
    description = serializers.CharField(max_length=512, required=False, allow_null=True)
    instructions = serializers.CharField(max_length=256_000, required=False, allow_null=True)
    tools = serializers.ListField(child=Tool(), max_length=128, required=False)
    metadata = serializers.DictField(
        child=serializers.CharField(max_length=512), required=False, allow_null=True
    )
    temperature = serializers.FloatField(min_value=0, max_value=2, required=False, allow_null=True)
    top_p = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
