"""Floor 6: the commands, and what only they need.

A command parses its arguments, calls an action or `serving`, and prints plain lines. What goes
wrong is a CommandError: one sentence on stderr, code 1. Nothing here writes but through `actions`;
`practice` and `roundtrip` are the quickstart's, `samples` its data.
"""
