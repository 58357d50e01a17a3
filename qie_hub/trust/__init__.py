"""Trust: who signed what, how fresh the view of an origin is, and what must never come back. docs/trust.md."""
