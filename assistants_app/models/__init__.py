"""Floor 2: nouns. Columns, states and QuerySet reads; no workflow, no writing verbs.

One file per noun, the same name on every floor. Rows are written by `actions` only; the tables of
`triggers.GUARDED` are append-only, and the database itself refuses to change them.
"""

from assistants_app.models.assistants import Assistant, Version
from assistants_app.models.audit import AuditEntry, AuditHead
from assistants_app.models.changes import Change, Contribution
from assistants_app.models.connections import AllowedOrigin, Connection, ConnectionHealth
from assistants_app.models.edit_steps import EditStep
from assistants_app.models.jobs import Job, JobItem
from assistants_app.models.listed import ListedAssistant
from assistants_app.models.people import User
from assistants_app.models.pushes import PushAttempt, PushOrder, UpstreamCopy
from assistants_app.models.receipts import Receipt
from assistants_app.models.resources import Resource, ResourceList
from assistants_app.models.reviews import Review
from assistants_app.models.threads import Comment, Seen, ShownText, Thread
from assistants_app.models.tokens import APIToken
from assistants_app.models.workspaces import Membership, Workspace

__all__ = [
    "APIToken",
    "AllowedOrigin",
    "Assistant",
    "AuditEntry",
    "AuditHead",
    "Change",
    "Comment",
    "Connection",
    "ConnectionHealth",
    "Contribution",
    "EditStep",
    "Job",
    "JobItem",
    "ListedAssistant",
    "Membership",
    "PushAttempt",
    "PushOrder",
    "Receipt",
    "Resource",
    "ResourceList",
    "Review",
    "Seen",
    "ShownText",
    "Thread",
    "UpstreamCopy",
    "User",
    "Version",
    "Workspace",
]
