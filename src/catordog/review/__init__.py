"""A local page to go through suspicious photos; it touches no photo, only a log of decisions.

Needs the `explore` extra.
"""
