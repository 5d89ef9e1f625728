"""Asirra's challenge, twelve photos of cats and dogs: its rules, and the odds of passing it.

A demonstration of what became of it, not a protection to be put before anything.
"""
