"""Our own `/v1`: one file per endpoint and per promise that holds for all of them."""
