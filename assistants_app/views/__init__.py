"""Floor 5: thin mouths for people. Three beats: fetch with access, act or validate, render.

One view per page; htmx is an `if`, never a second view. The permission is decided before the part
is chosen. Views read through `access`, write through `actions` and render through `pages`.
"""
