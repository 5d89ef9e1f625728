"""Answers many photos: one row each, exactly once, resumable, and sorted into folders if asked.

`store` keeps what is answered so far, `rows` writes the finished table, `sort` puts the photos
into a folder per class, and `score` runs the three in order.
"""
