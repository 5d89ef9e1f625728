"""Tells from a file's name what it most likely is, and where it comes in an order people expect."""

from __future__ import annotations

import re

_TEXTS = "csv doc docx htm html ini json jsonl key log md numbers odp ods odt pdf ppt pptx rst rtf"
_RECORDS = "db parquet sqlite tex toml tsv txt url xls xlsx xml yaml yml"
_SIDECARS = "aae icc lnk lrcat md5 pp3 sha256 thm xmp"
_MOVIES = "3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg mts webm wmv"
_SOUNDS = "aac flac m4a mp3 ogg opus wav wma"
_CODE = "bat c cpp css exe h ipynb java js lock partial ps1 py pyc r sh ts"
_MODELS = "h5 joblib keras npy npz onnx pkl pt pth safetensors tfrecord"
_ARCHIVES = "7z bz2 gz iso rar tar tgz xz zip zst"

NOT_PHOTO_SUFFIXES = frozenset(
    f".{suffix}"
    for group in (_TEXTS, _RECORDS, _SIDECARS, _MOVIES, _SOUNDS, _CODE, _MODELS, _ARCHIVES)
    for suffix in group.split()
)
"""Suffixes that say a file is no photo; one whose bytes begin like a picture is a photo anyway."""

_LITTER = frozenset(
    [
        *("thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"),
        *("__macosx", "@eadir", "lost+found"),
    ]
)
_DIGITS = re.compile(r"[0-9]+")


def natural_key(name: str) -> str:
    """Returns a sorting key by which 2.jpg comes before 10.jpg, and case counts last.

    A string, not a tuple: a folder of a million photos holds a million of them while it is sorted.

    Example:
        >>> sorted(["b10", "B9", "b2", "a"], key=natural_key)
        ['a', 'b2', 'B9', 'b10']
    """

    def with_length(match: re.Match[str]) -> str:
        digits = match[0].lstrip("0")
        return f"{len(digits):04d}{digits}"

    return f"{_DIGITS.sub(with_length, name.lower())}\1{name}"


def is_litter(name: str) -> bool:
    """Tells whether an operating system left a file or folder of this name, or it is hidden.

    Example:
        >>> [is_litter(name) for name in (".DS_Store", "Thumbs.db", "cat.jpg")]
        [True, True, False]
    """
    return (name.startswith(".") and name not in (".", "..")) or name.lower() in _LITTER


def suffix_of(name: str) -> str:
    """Returns a name's last suffix, in lower case with its dot; empty if it has none.

    Example:
        >>> suffix_of("a.tar.GZ"), suffix_of("README")
        ('.gz', '')
    """
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""
