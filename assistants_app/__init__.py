"""Assistants Dashboard: edit, review, publish, push and audit OpenAI-style assistants."""
