"""People: add one, switch an account off and on, and what they may change about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from assistants_app import policies
from assistants_app.actions import audit, sessions, texts
from assistants_app.errors import Conflict, Invalid, NotAllowed
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
    if "@" in username and actor.kind != "system" and not policies.is_operator(actor):
        # Else anybody's address could be the name of somebody else, and be taken for its owner.
        raise Invalid("username", "This is an address: choose a user name, without @.")
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


def _refuse_taken(username: str, email: str, *, but: int = 0) -> None:
    """Sign-in takes either and ignores case: whoever shares one locks the other out."""
    others = User.objects.exclude(pk=but)
    for field, word in {"username": username, "email": email}.items():
        same = Q(username__iexact=word) | Q(email__iexact=word)
        if word and others.filter(same).exists():
            thing = "name" if field == "username" else "address"
            raise Invalid(field, f"Someone has this {thing} already.")


def find(username: str) -> User | None:
    """The person of this user name, whatever its case.

    Nobody is found by their e-mail address: others wrote it down and nobody has checked it, so a
    stranger could be taken for its owner. Raises Invalid (`username`) where somebody gave it.
    """
    found = User.objects.filter(username__iexact=username).first()
    if found is None and "@" in username and User.objects.filter(email__iexact=username).exists():
        raise Invalid(
            "username",
            "Somebody here gave this address, but nobody has checked that it is theirs. "
            "Enter their user name.",
        )
    return found


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


def check_address(user: User, email: str) -> None:
    """Raise Invalid (`email`) unless this person could have this address."""
    texts.fit(User, email=email)
    if email == user.email:
        raise Invalid("email", "This is your address already.")
    _refuse_taken("", email, but=user.pk)


@transaction.atomic
def change_address(user: User, *, actor: Actor, email: str) -> None:
    """Make an address theirs that they have shown to read. Raises Invalid (`email`)."""
    policies.require_self(user, actor)
    check_address(user, email)
    EmailAddress.objects.filter(user=user).delete()  # what allauth noted of the former one
    user.email = email
    user.save(update_fields=["email"])
    audit.record("account.address_changed", actor=actor, on=user)


@transaction.atomic
def password_changed(user: User, *, actor: Actor) -> None:
    """Note in the audit log that this person's password was changed by themselves."""
    policies.require_self(user, actor)
    audit.record("account.password_changed", actor=actor, on=user)


@transaction.atomic
def one_time_path(user: User, *, actor: Actor, workspace: Workspace | None = None) -> str:
    """The path of a link that works once, for an hour, and lets the person set a password.

    For commands; and for the operator, or an admin about a member of `workspace` and of none that
    is not theirs, while the person never had a password and never signed in, so that nobody takes
    over an account in use or rights that are not theirs to give.
    """
    _may_add(actor, workspace)
    if not may_link(user, actor=actor, workspace=workspace):
        raise NotAllowed("Only this person can do this.", right="account.own")
    key = default_token_generator.make_token(user)
    audit.record("person.link_made", actor=actor, workspace=workspace, on=user)
    return reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key}
    )


@audit.bookkeeping
@transaction.atomic
def void_links(user: User) -> None:
    """Nobody awaits this invited person any more: the links made for them stop working.

    Part of an action, which has an audit entry of its own.
    """
    user.set_unusable_password()  # a link stands for the password of when it was made
    user.save(update_fields=["password"])


def may_link(user: User, *, actor: Actor, workspace: Workspace | None) -> bool:
    """True when the actor, who may add people, may also make a one-time link for this one."""
    if actor.kind == "system":
        return True
    if not user.is_invited or not user.is_active:
        return False
    if policies.is_operator(actor):
        return True
    places = [row.workspace for row in user.memberships.select_related("workspace")]
    is_member = workspace in places and not user.is_superuser
    return is_member and all(policies.allowed(actor, "settings.write", place) for place in places)


@transaction.atomic
def deactivate(user: User, *, actor: Actor) -> None:
    """Switch an account off: they are signed out everywhere, their tokens and approvals are void.

    For commands and the operator, but not about themselves. Raises Conflict (`self`, `state`).
    """
    _require_operator(actor)
    if actor.user is not None and actor.user.pk == user.pk:
        raise Conflict("You cannot switch off your own account.", code="self")
    _switch(user, is_active=False)
    data = {"ended": sessions.drop(user)}
    audit.record("person.deactivated", actor=actor, on=user, data=data)


@transaction.atomic
def reactivate(user: User, *, actor: Actor) -> None:
    """Switch an account on again, with the roles and tokens it had. Raises Conflict (`state`)."""
    _require_operator(actor)
    _switch(user, is_active=True)
    audit.record("person.reactivated", actor=actor, on=user)


def _require_operator(actor: Actor) -> None:
    # Locked first: of two operators who switch each other off at once, one must find it refused.
    list(User.objects.select_for_update(no_key=True).filter(is_superuser=True).order_by("pk"))
    if actor.user is not None:
        actor.user.refresh_from_db(fields=["is_active", "is_superuser"])
    if actor.kind != "system" and not policies.is_operator(actor):
        raise NotAllowed("Only the operator does this.", right="person.switch")


def _switch(user: User, *, is_active: bool) -> None:
    rows = User.objects.filter(pk=user.pk, is_active=not is_active)
    if not rows.update(is_active=is_active):
        raise Conflict("Somebody did this already.", code="state")
    user.is_active = is_active


@transaction.atomic
def remove_factors(user: User, *, actor: Actor) -> None:
    """Take away all second factors of somebody who lost them; their password still counts.

    For commands and the operator, but not about themselves: their own account page does that.
    Raises Conflict (`self`), and (`state`) when there are none.
    """
    _require_operator(actor)
    if actor.user is not None and actor.user.pk == user.pk:
        raise Conflict("Remove your own on the page of your account.", code="self")
    removed, _ = Authenticator.objects.filter(user=user).delete()
    if not removed:
        raise Conflict("They have no second factor.", code="state")
    data = {"ended": sessions.drop(user)}
    audit.record("person.factors_removed", actor=actor, on=user, data=data)
