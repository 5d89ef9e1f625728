"""Opens the challenge of a server, and builds its routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import APIRouter

from catordog.challenge.buckets import Policy
from catordog.challenge.pool import open_pools
from catordog.challenge.service import ChallengeService
from catordog.challenge.store import ChallengeStore
from catordog.challenge.tables import open_database
from catordog.challenge.tallies import TallyBook
from catordog.challenge.tickets import parse_sites
from catordog.serving.challenge.page_routes import challenge_page_routes
from catordog.serving.challenge.play_routes import play_routes
from catordog.serving.challenge.verify_routes import verify_routes
from catordog.serving.challenge.versus_routes import versus_routes
from catordog.serving.challenge_settings import ChallengeSettings
from catordog.serving.service import Service


def open_challenge(
    settings: ChallengeSettings, service: Service
) -> tuple[Sequence[APIRouter], Callable[[], None]]:
    """Opens data set and database, and begins to draw challenges.

    Args:
        settings: with `challenge_photos`.
        service: answers photos, at `/versus`.

    Returns:
        The routes, and what ends it all.

    Raises:
        ConfigError: the database cannot be opened, or a setting is not allowed.
        DatasetError: the data set has too few labelled photos.
    """
    policy = Policy(
        partial_credit=settings.challenge_partial_credit,
        refill=settings.challenge_refill,
        session_tokens=settings.challenge_session_tokens,
        address_tokens=settings.challenge_address_tokens,
    )
    sites = parse_sites(settings.challenge_sites.get_secret_value())
    pools = open_pools(settings.challenge_photos)
    engine = open_database(settings.database_url.get_secret_value())
    challenge = ChallengeService(
        ChallengeStore(engine),
        pools,
        policy=policy,
        sites=sites,
        secret=settings.challenge_secret.get_secret_value(),
    )
    routers = (
        play_routes(challenge),
        verify_routes(challenge),
        versus_routes(challenge, TallyBook(engine), service),
        challenge_page_routes(challenge),
    )
    return routers, challenge.close
