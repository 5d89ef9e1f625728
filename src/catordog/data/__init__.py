"""Photos as they lie on a disk: finding them, reading them, their labels and how they are split.

`photos` turns what a user names (files, folders, zips, patterns) into a stream of photos in a
stable order, and reads them; `labelled` adds what their names say they show; `split` holds some
out of training.
"""
