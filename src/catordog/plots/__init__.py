"""Pictures of tables and photos: arrays in, Matplotlib figures out.

Nothing here reads a data set or touches pyplot, so that a notebook's own figures and backend stay
as they are.
"""
