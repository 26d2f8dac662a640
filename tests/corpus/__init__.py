"""The bad inputs of security.md section 10: one table, five channels, the same verdict in each."""
