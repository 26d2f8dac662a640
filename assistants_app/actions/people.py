"""People: add one, and what a person may change about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from assistants_app import policies
from assistants_app.actions import audit, texts
from assistants_app.errors import Invalid, NotAllowed
from assistants_app.models import User, Workspace

if TYPE_CHECKING:
    from assistants_app.policies import Actor


@transaction.atomic
def add(
    username: str,
    *,
    actor: Actor,
    email: str = "",
    full_name: str = "",
    is_operator: bool = False,
    is_sample: bool = False,
    workspace: Workspace | None = None,
) -> User:
    """Add a person without a password; they set it through a one-time link.

    For commands, the operator, and an admin of `workspace`, who makes ordinary people only. Raises
    Invalid on username, email or full_name.
    """
    _may_add(actor, workspace, is_ordinary=not (is_operator or is_sample))
    _check(username, email)
    first, last = _names(full_name)
    user = User(
        username=username,
        email=email,
        first_name=first,
        last_name=last,
        is_superuser=is_operator,
        is_sample=is_sample,
    )
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise Invalid("username", "Someone has this name already.") from None
    audit.record("person.added", actor=actor, workspace=workspace, on=user)
    return user


def _may_add(actor: Actor, workspace: Workspace | None, *, is_ordinary: bool = True) -> None:
    if actor.kind == "system" or policies.is_operator(actor):
        return
    if workspace is None or not is_ordinary:
        raise NotAllowed("Only the operator adds people.", right="person.add")
    policies.require(actor, "settings.write", workspace, on=workspace)


def _check(username: str, email: str) -> None:
    texts.fit(User, username=username, email=email)
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        raise Invalid("username", "Letters, numbers and @ . + - _ only.") from None
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise Invalid("email", "This is not an e-mail address.") from None
    _refuse_taken(username, email)


def _refuse_taken(username: str, email: str) -> None:
    """Sign-in takes either and ignores case: whoever shares one locks the other out."""
    for field, word in {"username": username, "email": email}.items():
        same = Q(username__iexact=word) | Q(email__iexact=word)
        if word and User.objects.filter(same).exists():
            thing = "name" if field == "username" else "address"
            raise Invalid(field, f"Someone has this {thing} already.")


def _names(full_name: str) -> tuple[str, str]:
    first, _, last = full_name.partition(" ")
    try:
        texts.fit(User, first_name=first, last_name=last)
    except Invalid as wrong:
        raise Invalid("full_name", str(wrong)) from None
    return first, last


@transaction.atomic
def update_own(user: User, *, actor: Actor, first_name: str, last_name: str, theme: str) -> User:
    """Change one's own name and theme. Raises Invalid on either name or the theme."""
    policies.require_self(user, actor)
    texts.fit(User, first_name=first_name, last_name=last_name)
    if theme not in User.Theme.values:
        raise Invalid("theme", "Must be one of: " + ", ".join(User.Theme.values) + ".")
    user.first_name, user.last_name, user.theme = first_name, last_name, theme
    user.save(update_fields=["first_name", "last_name", "theme"])
    audit.record("account.updated", actor=actor, on=user)
    return user


@transaction.atomic
def password_changed(user: User, *, actor: Actor) -> None:
    """Note in the audit log that this person's password was changed by themselves."""
    policies.require_self(user, actor)
    audit.record("account.password_changed", actor=actor, on=user)


@transaction.atomic
def one_time_path(user: User, *, actor: Actor, workspace: Workspace | None = None) -> str:
    """The path of a link that works once, for an hour, and lets the person set a password.

    For commands; and for the operator, or an admin about a member of `workspace`, while the person
    never had a password and never signed in, so that nobody takes over an account in use.
    """
    _may_add(actor, workspace)
    is_new = not user.has_usable_password() and user.last_login is None
    if actor.kind != "system" and not (is_new and _is_in_reach(user, actor, workspace)):
        raise NotAllowed("Only this person can do this.", right="account.own")
    key = default_token_generator.make_token(user)
    audit.record("person.link_made", actor=actor, workspace=workspace, on=user)
    return reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key}
    )


def _is_in_reach(user: User, actor: Actor, workspace: Workspace | None) -> bool:
    if policies.is_operator(actor):
        return True
    is_member = workspace is not None and workspace.memberships.filter(user=user).exists()
    return is_member and not user.is_superuser
