"""The upstream over HTTP: no Django, no database.

Sync loads nothing and records nothing: an action hands it an Endpoint and what to say, and gets
back values. Nothing here sends a write twice; what an answer means is said in `outcomes`, what
follows from it is the action's. May import contract, errors, secret and killpoints only;
`requests` is used in `transport` alone, the pools of urllib3 under it in `lines`.
"""
