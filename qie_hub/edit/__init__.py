"""Editing: sentences into operations, pictures in and out, the pipelines."""
