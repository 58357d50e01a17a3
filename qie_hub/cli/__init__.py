"""The command line: a face on `Hub` and `Editor`.

A command turns its arguments into a request, calls one method, and hands a `layout.Page` to `render.Render`, the only
printer. `main` is the edge where errors become text and exit codes.
"""
