"""The contract's rules of a document as nested REST framework serializers: the peer of V1."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class RankingOptions(serializers.Serializer[Any]):
    score_threshold = serializers.FloatField(min_value=0, max_value=1)
    ranker = serializers.ChoiceField(["auto", "default_2024_08_21"], required=False)


class FileSearch(serializers.Serializer[Any]):
    max_num_results = serializers.IntegerField(min_value=1, max_value=50, required=False)
    ranking_options = RankingOptions(required=False)


class Schema(serializers.Field[Any, Any, Any, Any]):
    """A JSON Schema object, walked to its leaves as ours is."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("type", "object") != "object":
            raise serializers.ValidationError("The outermost type must be object.")
        self._walk(data, 0)
        return data

    def to_representation(self, value: Any) -> Any:
        return value

    def _walk(self, node: Any, depth: int) -> None:
        if depth > 64:
            raise serializers.ValidationError("Nested more than 64 levels.")
        for child in node.values() if isinstance(node, dict) else node:
            if isinstance(child, dict | list):
                self._walk(child, depth + 1)


class Function(serializers.Serializer[Any]):
    name = serializers.RegexField(r"^[a-zA-Z0-9_-]{1,64}$")
    description = serializers.CharField(required=False, trim_whitespace=False)
    parameters = Schema(required=False)
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
