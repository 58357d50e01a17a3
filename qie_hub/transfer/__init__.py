"""Getting bytes: planned first, fetched from any mirror, counted only once their digest is right.

The rooms' story: `plan` turns wanted files into spans and copies; `engine` carries a plan out with a few streams;
`client` is the only door to HTTP; `journal` remembers verified chunks of one file so that no process, kill or power
cut makes them be fetched again; `mirrors` remembers who serves well.

Mirrors need no trust: every chunk is bound to a signed digest before it is written.
"""
