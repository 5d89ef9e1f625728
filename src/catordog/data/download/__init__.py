"""Fetches published copies of the data set, and checks that they are whole.

`run.download` is the way in. `archives` says what there is, `transfer` fetches single files over
HTTPS, `kaggle` and `huggingface` call those sites' own clients.
"""
