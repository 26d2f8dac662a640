"""Floor 4: verbs, the only writers. One verb = one function = one transaction = one audit entry.

Keyword-only `actor`; policy, then state, then a narrow write, then `audit.record` last. Bookkeeping
(claims, leases, budgets, progress) is written here too, carries `@audit.bookkeeping` and leaves no
entry. `pushing` and `pulling` carry `@audit.sends`: they speak to the upstream between two short
transactions, never inside one.
"""
