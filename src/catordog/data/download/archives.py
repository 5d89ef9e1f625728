"""The published copies of the data set: where they are, how large, and on what terms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from catordog.errors import ConfigError

__all__ = ["ARCHIVES", "Archive", "RemoteFile", "Way", "find_archive"]


class Way(Enum):
    """How a copy is fetched."""

    HTTPS = "https"
    KAGGLE = "kagglehub"
    HUGGING_FACE = "huggingface_hub"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file whose bytes are known beforehand.

    Attributes:
        url: where it is; https, or http on this machine.
        name: what it is called here.
        size_bytes: its exact size.
        sha256: of its bytes, 64 hex digits.
        holds: for a tar, the one folder in it that is unpacked; "" leaves the file as it is.
    """

    url: str
    name: str
    size_bytes: int
    sha256: str
    holds: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """One published copy of the data set.

    Attributes:
        name: what `catordog download` calls it.
        title: what its publisher calls it.
        licence: its licence, in few words.
        terms: what that asks of whoever downloads it.
        page: where to read about it.
        way: how it is fetched.
        folder: the folder below the output folder that it fills; "" if it is one file.
        handle: what Kaggle or Hugging Face calls it.
        files: what is fetched over HTTPS.
        size_bytes: what is sent; 0 if only the site knows.
        unpacked_bytes: what it takes on the disk besides, at most.
    """

    name: str
    title: str
    licence: str
    terms: str
    page: str
    way: Way
    folder: str = ""
    handle: str = ""
    files: tuple[RemoteFile, ...] = ()
    size_bytes: int = 0
    unpacked_bytes: int = 0


# About: a data page gives 543.16 and 271.15 binary megabytes.
_KAGGLE_BYTES = 854_000_000
_OXFORD = "https://thor.robots.ox.ac.uk/~vgg/data/pets/"

_PUBLISHED = (
    Archive(
        name="microsoft",
        title="Kaggle Cats and Dogs Dataset, Microsoft Download Center",
        licence="CDLA-Permissive-2.0",
        terms="Whoever passes the photos on passes the licence text on, which is in the zip.",
        page="https://www.microsoft.com/en-us/download/details.aspx?id=54765",
        way=Way.HTTPS,
        files=(
            RemoteFile(
                "https://download.microsoft.com/download/3/E/1/"
                "3E1C3F21-ECDB-4869-8368-6DEBA77B919F/kagglecatsanddogs_5340.zip",
                "kagglecatsanddogs_5340.zip",
                824_887_076,
                "b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9",
            ),
        ),
        size_bytes=824_887_076,
    ),
    Archive(
        name="kaggle",
        title="Dogs vs. Cats, Kaggle 2013",
        licence="the competition's rules",
        terms="Non-commercial research; not to be re-published without Microsoft Research's "
        "permission. The rules must have been accepted on the site.",
        page="https://www.kaggle.com/competitions/dogs-vs-cats",
        way=Way.KAGGLE,
        folder="dogs-vs-cats",
        handle="dogs-vs-cats",
        size_bytes=_KAGGLE_BYTES,
        unpacked_bytes=_KAGGLE_BYTES,
    ),
    Archive(
        name="redux",
        title="Dogs vs. Cats Redux: Kernels Edition, Kaggle 2016",
        licence="the competition's rules",
        terms="What the rules allow; not to be re-published. They must have been accepted on the "
        "site.",
        page="https://www.kaggle.com/competitions/dogs-vs-cats-redux-kernels-edition",
        way=Way.KAGGLE,
        folder="dogs-vs-cats-redux-kernels-edition",
        handle="dogs-vs-cats-redux-kernels-edition",
        size_bytes=_KAGGLE_BYTES,
        unpacked_bytes=_KAGGLE_BYTES,
    ),
    Archive(
        name="huggingface",
        title="microsoft/cats_vs_dogs, Hugging Face",
        licence="unknown, says its page",
        terms="A copy of Microsoft's download without what cannot be decoded; read both pages.",
        page="https://huggingface.co/datasets/microsoft/cats_vs_dogs",
        way=Way.HUGGING_FACE,
        folder="cats_vs_dogs",
        handle="microsoft/cats_vs_dogs",
    ),
    Archive(
        name="oxford-pet",
        title="The Oxford-IIIT Pet Dataset",
        licence="CC BY-SA 4.0",
        terms="Name the authors and share under the same licence; the photos' owners keep their "
        "copyright.",
        page="https://www.robots.ox.ac.uk/~vgg/data/pets/",
        way=Way.HTTPS,
        folder="oxford-iiit-pet",
        files=(
            RemoteFile(
                f"{_OXFORD}images.tar.gz",
                "images.tar.gz",
                791_918_971,
                "67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d",
                holds="images",
            ),
            RemoteFile(
                f"{_OXFORD}annotations.tar.gz",
                "annotations.tar.gz",
                19_173_078,
                "52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91",
                holds="annotations",
            ),
        ),
        size_bytes=811_092_049,
        unpacked_bytes=1_000_000_000,
    ),
)

ARCHIVES = {archive.name: archive for archive in _PUBLISHED}


def find_archive(name: str) -> Archive:
    """Finds a published copy by the name that the command gives it.

    Args:
        name: `microsoft`, `kaggle`, `redux`, `huggingface` or `oxford-pet`.

    Returns:
        What is known of it.

    Raises:
        ConfigError: there is no copy of that name; use one of those above.

    Example:
        >>> find_archive("oxford-pet").licence
        'CC BY-SA 4.0'
    """
    if name not in ARCHIVES:
        raise ConfigError(
            f"Cannot download '{name[:80]}': expected one of {', '.join(ARCHIVES)}, received "
            f"another name. Try: catordog download microsoft --out data"
        )
    return ARCHIVES[name]
