"""The settings of a server that concern the challenge."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from catordog.cache_folder import CACHE


class ChallengeSettings(BaseSettings):
    """Without `challenge_photos` there is no challenge, and the others do nothing."""

    challenge_photos: str = Field(
        default="", description="Labelled data set to draw challenges from; none: no challenge."
    )
    database_url: SecretStr = Field(
        default=SecretStr(f"sqlite:///{CACHE}/challenge.db"),
        description="Where sessions and tickets are kept: SQLite or PostgreSQL.",
    )
    challenge_sites: SecretStr = Field(
        default=SecretStr(""),
        description="Sites that may show challenges: KEY:SECRET[:HOST+HOST], with commas between.",
    )
    challenge_secret: SecretStr = Field(
        default=SecretStr(""), description="Signs tickets; none: one that the database keeps."
    )
    challenge_partial_credit: bool = Field(
        default=False, description="Whether two challenges with one photo wrong pass as well."
    )
    challenge_refill: int = Field(
        default=1, ge=0, le=100, description="Of an empty token bucket; 0 for no token buckets."
    )
    challenge_session_tokens: int = Field(
        default=10, ge=1, description="Wrong answers until a session's bucket is empty."
    )
    challenge_address_tokens: int = Field(
        default=100, ge=1, description="Wrong answers until an address's bucket is empty, in a day."
    )
