"""The database of answers: its tables, and what is asked of them.

A photo's key is its full path, so that its answer is found whatever folder a run is started in; its
path is as the user gave it.
"""

from __future__ import annotations

APPLICATION_ID = 0x4361446F  # "CaDo", in the file's header: tells it from any other database
VERSION = 2
SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE listing(
    position INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, path BLOB NOT NULL, archive BLOB,
    relative BLOB NOT NULL
);
CREATE TABLE answers(
    key BLOB PRIMARY KEY, label TEXT, p_cat REAL, p_dog REAL, width INTEGER, height INTEGER,
    error TEXT NOT NULL
) WITHOUT ROWID;
"""
LIST = "INSERT OR IGNORE INTO listing(key, path, archive, relative) VALUES (?, ?, ?, ?)"
COUNT = """
SELECT COUNT(*), TOTAL(label IS NOT NULL), TOTAL(error IS NOT NULL AND label IS NULL),
       TOTAL(label IS NOT NULL AND error <> ''), TOTAL(label = 'cat'), TOTAL(label = 'dog'),
       TOTAL(label = 'both'), TOTAL(label = 'neither')
FROM listing LEFT JOIN answers USING (key)
"""
PENDING = """
SELECT position, path, archive, relative FROM listing LEFT JOIN answers USING (key)
WHERE position > ? AND label IS NULL ORDER BY position LIMIT ?
"""
ROWS = """
SELECT path, label, p_cat, p_dog, width, height, COALESCE(error, '')
FROM listing LEFT JOIN answers USING (key) ORDER BY position
"""
SORTABLE = """
SELECT path, archive, relative, label
FROM listing LEFT JOIN answers USING (key) ORDER BY position
"""
