"""The permission table: every URL name, and for each method what it takes to use it.

A page's author adds its line here. A right is one of `policies.RIGHTS`, asked in the workspace of
the object that the address names (of the current workspace where it names none), or one of the
words below; a scope of a token for the addresses of the API. What is not listed is refused: another
method with 405, and a URL name that is missing here fails `test_routes.py`.
"""

from __future__ import annotations

ANYONE = "anyone"
SIGNED_IN = "signed in"
OPERATOR = "operator"  # in person; for everybody else there is nothing there
BUILDERS = "where DEBUG is on"  # signed in; elsewhere there is nothing
SAMPLE = "sample sign-in"  # anyone, in the quickstart's own process only; 404 elsewhere

OWN_OR = "own or "  # one's own, and everybody's with the right that follows

COMMENT = "change.comment"
READ, WRITE, REVIEW, PUBLISH = "workspace.read", "change.write", "change.review", "change.publish"
PUSH, SEE, SET = "push", "settings.read", "settings.write"
ARCHIVE, WITHDRAW = "assistant.archive", OWN_OR + "change.withdraw_any"

ROUTES: dict[str, dict[str, str]] = {
    "home": {"GET": SIGNED_IN},
    "counts": {"GET": SIGNED_IN},
    "gallery": {"GET": BUILDERS},
    "notice_list": {"GET": SIGNED_IN},
    "notices_read": {"POST": SIGNED_IN},
    "account_address": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "account_address_confirm": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "account_notices": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "health": {"GET": ANYONE},
    "csp_report": {"POST": ANYONE},
    # assistants and their versions
    "assistant_list": {"GET": READ},
    "assistant_filters": {"GET": READ},
    # each action asks for its own right besides: tests/views/test_bulk.py
    "assistant_bulk": {"GET": READ, "POST": READ},
    "assistant_duplicate": {"POST": WRITE},
    "assistant_new": {"GET": WRITE, "POST": WRITE},
    "import": {"GET": PUSH},
    "import_look": {"POST": PUSH},
    "import_choose": {"POST": PUSH},
    "import_file": {"POST": PUSH},
    "import_relink": {"POST": PUSH},
    "assistant": {"GET": READ},
    "change_open": {"POST": WRITE},
    "assistant_archive": {"GET": ARCHIVE, "POST": ARCHIVE},
    "assistant_restore": {"GET": ARCHIVE, "POST": ARCHIVE},
    "version": {"GET": READ},
    "live_again": {"POST": WRITE},
    "compare": {"GET": READ},
    # changes
    "change": {"GET": READ},
    "change_part": {"GET": READ, "POST": WRITE},
    "change_check": {"POST": WRITE},
    "change_labels": {"POST": WRITE},
    "change_instructions": {"POST": WRITE},
    "change_insert": {"GET": WRITE, "POST": WRITE},
    "change_model": {"GET": WRITE, "POST": WRITE},
    "change_resources": {"GET": WRITE, "POST": WRITE},
    "change_reply": {"GET": WRITE, "POST": WRITE},
    "reply_fields": {"GET": WRITE, "POST": WRITE},
    "reply_ops": {"POST": WRITE},
    "reply_fix": {"GET": WRITE, "POST": WRITE},
    "reply_json": {"GET": WRITE, "POST": WRITE},
    "tool_list": {"GET": WRITE, "POST": WRITE},
    "tool_copy": {"GET": WRITE, "POST": WRITE},
    "tool": {"GET": WRITE, "POST": WRITE},
    "tool_import": {"GET": WRITE, "POST": WRITE},
    "tool_ops": {"POST": WRITE},
    "tool_fix": {"GET": WRITE, "POST": WRITE},
    "tool_try": {"POST": WRITE},
    "change_submit": {"GET": WRITE, "POST": WRITE},
    "change_update": {"GET": WRITE, "POST": WRITE},
    "change_withdraw": {"GET": WITHDRAW, "POST": WITHDRAW},
    "model_list": {"GET": READ},
    # review and publish
    "review_list": {"GET": READ},
    "review": {"GET": READ},
    "review_send": {"GET": REVIEW, "POST": REVIEW},
    "review_seen": {"POST": READ},
    "comment_new": {"GET": COMMENT, "POST": COMMENT},
    "comment_send": {"POST": COMMENT},
    "comment_drop": {"POST": COMMENT},
    "thread_resolve": {"POST": COMMENT},
    "thread_reopen": {"POST": COMMENT},
    "change_publish": {"GET": PUBLISH, "POST": PUBLISH},
    # sync
    "sync": {"GET": READ},
    "sync_check": {"POST": PUSH},
    "sync_retry": {"POST": PUSH},
    "sync_pause": {"POST": SET},
    "sync_resume": {"POST": SET},
    "sync_confirm": {"POST": SET},
    "upstream": {"GET": READ, "POST": PUSH},
    "push_retry": {"POST": PUSH},
    "job": {"GET": READ},
    "job_again": {"POST": PUSH},
    "job_stop": {"POST": PUSH},
    # audit
    "audit_list": {"GET": READ},
    "audit_entry": {"GET": OWN_OR + "audit.read"},
    "audit_export": {"POST": "audit.verify"},
    "audit_verify": {"POST": "audit.verify"},
    # settings of a workspace
    "welcome": {"GET": SET},
    "workspace_list": {"GET": SIGNED_IN},
    "workspace_new": {"GET": OPERATOR, "POST": OPERATOR},
    "workspace_restore": {"GET": OPERATOR, "POST": OPERATOR},
    "workspace_general": {"GET": SEE, "POST": SET},
    "workspace_archive": {"GET": SET, "POST": SET},
    "workspace_members": {"GET": SEE},
    "workspace_member_add": {"POST": SET},
    "workspace_member": {"GET": SET, "POST": SET},
    "workspace_member_remove": {"GET": SET, "POST": SET},
    "workspace_member_link": {"POST": SET},
    "workspace_rules": {"GET": SEE, "POST": SET},
    "workspace_connection": {"GET": SEE, "POST": SET},
    "workspace_connection_test": {"POST": SET},
    "workspace_connection_remove": {"GET": SET, "POST": SET},
    "workspace_tokens": {"GET": READ, "POST": READ},
    "workspace_token_revoke": {"POST": OWN_OR + SET},
    # everybody who signs in here
    "person_list": {"GET": OPERATOR},
    "person_deactivate": {"GET": OPERATOR, "POST": OPERATOR},
    "person_reactivate": {"GET": OPERATOR, "POST": OPERATOR},
    "person_factors": {"GET": OPERATOR, "POST": OPERATOR},
    # one's own account
    "account_profile": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "account_sessions": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "sample_signin": {"POST": SAMPLE},
    "sign_in_again": {"POST": ANYONE},
}

# Pages of allauth: it guards the methods itself.
ALLAUTH: dict[str, str] = {
    "account_login": ANYONE,
    "account_logout": SIGNED_IN,
    "account_inactive": ANYONE,
    "account_reauthenticate": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "account_set_password": SIGNED_IN,
    "account_reset_password": ANYONE,
    "account_reset_password_done": ANYONE,
    "account_reset_password_from_key": ANYONE,
    "account_reset_password_from_key_done": ANYONE,
    "account_signup": ANYONE,
    "mfa_index": SIGNED_IN,
    "mfa_authenticate": ANYONE,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_add_webauthn": SIGNED_IN,
    "mfa_edit_webauthn": SIGNED_IN,
    "mfa_remove_webauthn": SIGNED_IN,
    "mfa_login_webauthn": ANYONE,
    "mfa_reauthenticate_webauthn": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
}

# Our own API: the scope that the token must carry; tests/api judges the owner's roles.
API: dict[str, dict[str, str]] = {
    "v1_assistant_list": {"GET": "assistants:read", "POST": "assistants:write"},
    "v1_assistant": {
        "GET": "assistants:read",
        "POST": "assistants:write",
        "DELETE": "assistants:write",
    },
    "v1_model_list": {"GET": "assistants:read"},
    "v1_file_list": {"GET": "assistants:read"},
    "v1_vector_store_list": {"GET": "assistants:read"},
    "v1_unknown": {},  # nothing is there, for nobody
}
