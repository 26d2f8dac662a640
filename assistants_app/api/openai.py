"""`/v1`: the Assistants API, answered from our own database (contract.md section 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import transaction
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from assistants_app import contract
from assistants_app.actions import assistants, publishing, receipts
from assistants_app.api import paging
from assistants_app.api.endpoint import Endpoint
from assistants_app.api.errors import UnknownPath
from assistants_app.api.parsers import body
from assistants_app.contract.problems import shown
from assistants_app.errors import Invalid
from assistants_app.models import Assistant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest
    from rest_framework.request import Request

    from assistants_app.api.parsers import Body
    from assistants_app.policies import Right

_READ: Final[tuple[Right, ...]] = ("workspace.read",)
_WRITE: Final[tuple[Right, ...]] = ("change.write", "change.publish")
_KEY_MAX: Final = 255
_ID_MAX: Final = 512  # characters that the answer repeats
_UPSTREAM_STAYS: Final = "deleted here only: the connected server keeps its assistant"


class AssistantList(Endpoint):
    """`/v1/assistants`: list and create."""

    rights: ClassVar = {"GET": _READ, "POST": _WRITE}

    def get(self, request: Request) -> Response:
        page = paging.page(self.workspace, paging.asked(request.query_params))
        return Response(_list([_served(row) for row in page.rows], has_more=page.has_more))

    def post(self, request: Request) -> Response:
        sent = body(request)
        accepted = contract.accept(sent.tree, "create")
        answer = self._created(sent, accepted.document, _receipt_key(request))
        return _noted(Response(answer), accepted.notes)

    @transaction.atomic
    def _created(self, sent: Body, document: contract.Document, key: str) -> contract.JSON:
        """The first answer to this key, kept in the transaction of what it tells."""
        if key and (earlier := receipts.first(self.actor, key, sent.raw)):
            return contract.parse(earlier.answer)
        made = publishing.write_through(self.workspace, None, document, actor=self.actor)
        answer = _served(Assistant.objects.get(pk=made.pk))
        if key:
            receipts.keep(
                actor=self.actor, key=key, body=sent.raw, status=200, answer=contract.dumps(answer)
            )
        return answer


class OneAssistant(Endpoint):
    """`/v1/assistants/{id}`: retrieve, modify and delete."""

    rights: ClassVar = {"GET": _READ, "POST": _WRITE, "DELETE": ("assistant.delete",)}

    def get(self, request: Request, assistant_id: str) -> Response:  # noqa: ARG002
        return Response(_served(self._found(assistant_id)))

    def post(self, request: Request, assistant_id: str) -> Response:
        accepted = contract.accept(body(request).tree, "modify")
        with transaction.atomic():
            now = self._found(assistant_id, lock=True)
            document = contract.merge(now.document(), accepted.document)
            publishing.write_through(self.workspace, now, document, actor=self.actor)
        return _noted(Response(_served(self._found(assistant_id))), accepted.notes)

    @transaction.atomic
    def delete(self, request: Request, assistant_id: str) -> Response:  # noqa: ARG002
        now = self._found(assistant_id, lock=True)
        assistants.archive(now, actor=self.actor, right="assistant.delete")
        told = {"id": assistant_id, "object": "assistant.deleted", "deleted": True}
        return _noted(Response(told), [_UPSTREAM_STAYS] if self.workspace.upstream else [])

    def _found(self, public: str, *, lock: bool = False) -> Assistant:
        """The live assistant; locked until the transaction ends where `lock` asks for it.

        The locking query joins nothing: PostgreSQL, having waited for another writer, would look
        for the new live Version among the rows of before, and find no assistant at all.
        """
        rows = Assistant.objects.live().filter(workspace=self.workspace)
        rows = rows.select_for_update() if lock else rows
        row = paging.answering(rows, public).first()
        if row is None:
            raise NotFound(f"No assistant found with id '{shown(public, _ID_MAX)}'.")
        row.workspace = self.workspace
        return row


class Models(Endpoint):
    """`/v1/models`: the catalogue, so that a dashboard connected to us can offer it."""

    rights: ClassVar = {"GET": _READ}

    def get(self, request: Request) -> Response:  # noqa: ARG002
        rows = [
            {"id": name, "object": "model", "created": 0, "owned_by": "openai"}
            for name in contract.MODELS
        ]
        return Response({"object": "list", "data": rows})


class NothingKept(Endpoint):
    """`/v1/files` and `/v1/vector_stores`: this server keeps none, so pickers find empty pages."""

    rights: ClassVar = {"GET": _READ}

    def get(self, request: Request) -> Response:  # noqa: ARG002
        return Response(_list([], has_more=False))


class Unknown(Endpoint):
    """Any other address under `/v1`: a 404 in the envelope, whoever asks and however."""

    permission_classes = ()

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002
        raise UnknownPath(f"Unknown request URL: {request.method} {request.path}")


def _served(assistant: Assistant) -> contract.Document:
    return contract.served(
        assistant.document(),
        id=assistant.answers_to,
        created_at=int(assistant.created_at.timestamp()),
    )


def _list(rows: list[contract.Document], *, has_more: bool) -> contract.Document:
    first, last = (rows[0]["id"], rows[-1]["id"]) if rows else (None, None)
    return {
        "object": "list",
        "data": rows,
        "first_id": first,
        "last_id": last,
        "has_more": has_more,
    }


def _noted(response: Response, notes: Iterable[str]) -> Response:
    if text := "; ".join(notes):
        response["x-dashboard-notes"] = text
    return response


def _receipt_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > _KEY_MAX:
        raise Invalid("Idempotency-Key", f"{len(key)} characters; the limit is {_KEY_MAX}.")
    return key
