"""One module per command of ``python -m cdn``; `options` holds what they share."""
