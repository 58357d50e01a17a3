"""Telling a subject from its background: cutting it out, judging the cut, and putting it on something else."""
