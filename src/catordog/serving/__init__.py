"""Answers photos over HTTP: an API, a page, and what keeps both upright under load.

FastAPI and uvicorn are imported here and in `review`, nowhere else. Needs the `serve` extra.
"""
