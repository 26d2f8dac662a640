"""House rules as tests: each finds what breaks it in the tree, and each is shown to find it."""
