"""Kill, lose, refuse: what must hold afterwards (reliability.md section 11)."""
