"""The verbs: install, update, rollback, remove, verify, repair, admit. Here trust, transfer and store meet.

Each verb is one story over a `Site`; it plans as a value first and acts second, and any failure leaves what is in
use as it was.
"""
