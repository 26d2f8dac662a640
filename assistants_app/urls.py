"""Every address of the pages and of `/v1`; the permission table of the tests names each one."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from assistants_app.views import (
    account,
    assistant_list,
    assistant_new,
    assistants,
    audit,
    changes,
    connections,
    history,
    home,
    imports,
    my_work,
    people,
    reviews,
    sessions,
    submitting,
    sync,
    tokens,
    updating,
    upstream,
    workspaces,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", my_work.home, name="home"),
    path("-/health/", home.health, name="health"),
    path("-/csp/", home.csp_report, name="csp_report"),
    # assistants and their versions
    path("assistants/", assistant_list.assistant_list, name="assistant_list"),
    path("assistants/new/", assistant_new.assistant_new, name="assistant_new"),
    path("assistants/import/", imports.import_page, name="import"),
    path("assistants/import/look/", imports.look, name="import_look"),
    path("assistants/import/choose/", imports.choose, name="import_choose"),
    path("assistants/import/file/", imports.from_file, name="import_file"),
    path("assistants/<int:pk>/", assistants.assistant, name="assistant"),
    path("assistants/<int:pk>/edit/", assistants.change_open, name="change_open"),
    path("assistants/<int:pk>/archive/", assistants.archive, name="assistant_archive"),
    path("assistants/<int:pk>/restore/", assistants.restore, name="assistant_restore"),
    path("assistants/<int:pk>/versions/<int:n>/", assistants.version, name="version"),
    path("assistants/<int:pk>/versions/<int:n>/live/", history.live_again, name="live_again"),
    path("assistants/<int:pk>/compare/<str:sides>/", history.compare, name="compare"),
    # changes
    path("changes/<int:pk>/", changes.change, name="change"),
    path("changes/<int:pk>/part/<slug:part>/", changes.change_part, name="change_part"),
    path("changes/<int:pk>/submit/", submitting.submit, name="change_submit"),
    path("changes/<int:pk>/update/", updating.update, name="change_update"),
    path("changes/<int:pk>/withdraw/", submitting.withdraw, name="change_withdraw"),
    # review and publish
    path("reviews/", reviews.review_list, name="review_list"),
    path("changes/<int:pk>/review/", reviews.review, name="review"),
    path("changes/<int:pk>/approve/", reviews.approve, name="review_approve"),
    path(
        "changes/<int:pk>/request-changes/",
        reviews.request_changes,
        name="review_request_changes",
    ),
    path("changes/<int:pk>/publish/", reviews.publish, name="change_publish"),
    # sync
    path("sync/", sync.sync, name="sync"),
    path("sync/check/", sync.check, name="sync_check"),
    path("sync/retry/", sync.retry_all, name="sync_retry"),
    path("sync/pause/", sync.pause, name="sync_pause"),
    path("sync/resume/", sync.resume, name="sync_resume"),
    path("sync/confirm/", sync.confirm_gone, name="sync_confirm"),
    path("assistants/<int:pk>/upstream/", upstream.upstream, name="upstream"),
    path("assistants/<int:pk>/upstream/push/", sync.retry, name="push_retry"),
    path("jobs/<int:pk>/", connections.job, name="job"),
    path("jobs/<int:pk>/again/", imports.again, name="job_again"),
    # audit
    path("audit/", audit.audit_list, name="audit_list"),
    path("audit/<int:seq>/", audit.audit_entry, name="audit_entry"),
    path("audit/verify/", audit.verify, name="audit_verify"),
    # settings of a workspace
    path("workspaces/<slug:slug>/members/", workspaces.members, name="workspace_members"),
    path("workspaces/<slug:slug>/members/add/", workspaces.member_add, name="workspace_member_add"),
    path(
        "workspaces/<slug:slug>/members/<int:user_pk>/",
        workspaces.member,
        name="workspace_member",
    ),
    path(
        "workspaces/<slug:slug>/members/<int:user_pk>/remove/",
        workspaces.member_remove,
        name="workspace_member_remove",
    ),
    path(
        "workspaces/<slug:slug>/members/<int:user_pk>/link/",
        workspaces.member_link,
        name="workspace_member_link",
    ),
    path("workspaces/<slug:slug>/rules/", workspaces.rules, name="workspace_rules"),
    path(
        "workspaces/<slug:slug>/connection/",
        connections.connection,
        name="workspace_connection",
    ),
    path(
        "workspaces/<slug:slug>/connection/test/",
        connections.test,
        name="workspace_connection_test",
    ),
    path(
        "workspaces/<slug:slug>/connection/remove/",
        connections.remove,
        name="workspace_connection_remove",
    ),
    path("workspaces/<slug:slug>/tokens/", tokens.token_list, name="workspace_tokens"),
    path(
        "workspaces/<slug:slug>/tokens/<uuid:public_id>/revoke/",
        tokens.revoke,
        name="workspace_token_revoke",
    ),
    # everybody who signs in here, for the operator
    path("people/", people.person_list, name="person_list"),
    path("people/<int:pk>/off/", people.deactivate, name="person_deactivate"),
    path("people/<int:pk>/on/", people.reactivate, name="person_reactivate"),
    path("people/<int:pk>/factors/", people.remove_factors, name="person_factors"),
    # one's own account
    path("account/", account.profile, name="account_profile"),
    path("account/sample/<int:pk>/", account.sample_signin, name="sample_signin"),
    path("account/sessions/", sessions.session_list, name="account_sessions"),
    path("account/again/", account.sign_in_again, name="sign_in_again"),
    # our own API
    path("", include("assistants_app.api.urls")),
]
