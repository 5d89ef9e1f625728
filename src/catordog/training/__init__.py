"""Trains, quantizes and exports models. Keras is imported here and nowhere else.

A network is cut in two: a frozen trunk, whose activations are computed once per photo and cached,
and a top, which Keras trains on them. Cut at the pooled features, the top is a linear head (the
default); cut lower, it is a fine-tuned upper half. Everything else is the same.
"""
