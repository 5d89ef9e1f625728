"""The service on both databases; the truth about a challenge is read from the photos' colours."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from catordog.challenge import service as service_module
from catordog.challenge.buckets import Policy
from catordog.challenge.service import ORIGINAL_SITE, VERSUS_SITE, ChallengeService
from catordog.challenge.tables import METADATA, open_database
from catordog.challenge.tallies import Tally, TallyBook
from catordog.errors import ConfigError
from tests.challenge.conftest import OTHER_SITE, SITE, Clock
from tests.challenge.test_pool import drawn_cats

Make = Callable[..., ChallengeService]


def solve(
    service: ChallengeService, session_id: str = "", *, wrong: int = 0, address: str = "192.0.2.1"
) -> tuple[bool, str]:
    """Plays one challenge, with so many photos wrong; returns whether it passed, and the ticket."""
    session = (
        service.find_session(session_id) if session_id else service.begin_session(SITE.key, address)
    )
    assert session is not None
    shown = service.show_challenge(session)
    assert shown is not None
    cats = drawn_cats(service.read_sheet(shown.sheet))
    picked = [cat != (index < wrong) for index, cat in enumerate(cats)]
    scored = service.score(session.id, picked, challenge_id=shown.id, hostname="blog.example")
    assert scored is not None
    return scored[0].passed, scored[1]


def test_solved_challenge_gives_a_ticket_that_works_once(make_service: Make, clock: Clock) -> None:
    service = make_service()
    passed, ticket = solve(service)
    assert passed
    clock.now += 10
    verified = service.verify(SITE.secret, ticket)
    assert verified.success
    assert verified.hostname == "blog.example"
    assert verified.issued_at == clock.now - 10
    for _ in range(3):
        again = service.verify(SITE.secret, ticket)
        assert (again.success, again.errors) == (False, ["timeout-or-duplicate"])


def test_wrong_answer_gives_none_and_ends_the_challenge(make_service: Make) -> None:
    service = make_service()
    assert solve(service, wrong=1) == (False, "")
    session = service.begin_session(SITE.key, "192.0.2.1")
    shown = service.show_challenge(session)
    assert shown is not None
    service.score(session.id, [False] * 12, challenge_id=shown.id)
    assert service.score(session.id, [True] * 12, challenge_id=shown.id) is None
    assert service.read_sheet(shown.sheet) is None


def test_new_challenge_replaces_the_old_one(make_service: Make) -> None:
    service = make_service()
    session = service.begin_session(SITE.key, "192.0.2.1")
    first, second = service.show_challenge(session), service.show_challenge(session)
    assert first is not None and second is not None
    assert first.sheet != second.sheet
    assert service.read_sheet(first.sheet) is None
    assert service.score(session.id, [False] * 12, challenge_id=first.id) is None
    assert service.score(session.id, [False] * 12, challenge_id=second.id) is not None


def test_tickets_sessions_challenges_and_photos_expire(make_service: Make, clock: Clock) -> None:
    service = make_service()
    _, ticket = solve(service)
    clock.now += service_module.TICKET_S
    assert service.verify(SITE.secret, ticket).errors == ["timeout-or-duplicate"]
    session = service.begin_session(SITE.key, "192.0.2.1")
    shown = service.show_challenge(session)
    assert shown is not None
    clock.now += service_module.CHALLENGE_S
    assert service.read_sheet(shown.sheet) is None
    assert service.score(session.id, [False] * 12) is None
    clock.now += service_module.SESSION_S
    assert service.find_session(session.id) is None


def test_expired_rows_are_removed_by_and_by(
    make_service: Make, clock: Clock, database_url: str
) -> None:
    service = make_service()
    solve(service)
    solve(service, wrong=3)
    clock.now += 2 * 24 * 3600
    session = service.begin_session(SITE.key, "192.0.2.1")
    service.show_challenge(session)
    engine = open_database(database_url)
    with engine.connect() as connection:
        rows = {
            table.name: connection.scalar(select(func.count()).select_from(table))
            for table in METADATA.sorted_tables
        }
    engine.dispose()
    assert rows == {
        "challenge_facts": 2,
        "challenge_sessions": 1,
        "challenges": 1,
        "challenge_pictures": 1,
        "challenge_buckets": 0,
        "challenge_tickets": 0,
        "challenge_tallies": 0,
    }


def test_ticket_of_one_site_is_none_at_another(make_service: Make) -> None:
    service = make_service()
    _, ticket = solve(service)
    assert service.verify(OTHER_SITE.secret, ticket).errors == ["invalid-input-response"]
    assert not service.verify_original(ticket)
    assert service.verify("no such secret", ticket).errors == ["invalid-input-secret"]
    assert service.verify("", ticket).errors == ["missing-input-secret"]
    assert service.verify(SITE.secret, "").errors == ["missing-input-response"]
    assert service.verify(SITE.secret, ticket).success  # none of that used it up


def test_ticket_solved_at_another_address_is_none_where_the_site_compares(
    make_service: Make,
) -> None:
    service = make_service()
    _, ticket = solve(service, address="192.0.2.1")
    assert not service.verify(SITE.secret, ticket, address="192.0.2.2").success
    assert service.verify(SITE.secret, ticket, address="192.0.2.1").success


def test_same_request_may_be_sent_again(make_service: Make) -> None:
    service = make_service()
    _, ticket = solve(service)
    first = service.verify(SITE.secret, ticket, used_by="request 1")
    assert first.success
    assert service.verify(SITE.secret, ticket, used_by="request 1") == first
    assert not service.verify(SITE.secret, ticket, used_by="request 2").success
    assert not service.verify(SITE.secret, ticket).success


def test_ten_thousand_bad_tickets_are_none_of_them_accepted(
    make_service: Make, clock: Clock
) -> None:
    service, chance = make_service(), random.Random(0)
    replayed, fresh = solve(service)[1], solve(service)[1]
    assert service.verify(SITE.secret, replayed).success
    stranger = make_service(secret="the secret of another server")
    foreign = solve(stranger)[1]
    accepted = tried = 0
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    for round in range(2500):
        at = chance.randrange(len(fresh) - 1)
        changed = fresh[:at] + chance.choice(letters.replace(fresh[at], "")) + fresh[at + 1 :]
        claims, signature = fresh.rpartition(".")[0], replayed.rpartition(".")[2]
        made_up = "".join(chance.choices(letters, k=chance.randrange(1, 200)))
        for ticket in (changed, (replayed, foreign, f"{claims}.{signature}")[round % 3], made_up):
            accepted += service.verify(SITE.secret, ticket).success
            tried += 1
        accepted += service.verify(OTHER_SITE.secret, fresh).success
        tried += 1
    assert (tried, accepted) == (10_000, 0)
    assert service.verify(SITE.secret, fresh).success  # and the good one still is


def test_ticket_that_many_bring_at_once_is_accepted_once(make_service: Make) -> None:
    services = [make_service(), make_service()]  # as two processes would
    for _ in range(5):
        _, ticket = solve(services[0])
        with ThreadPoolExecutor(8) as threads:
            verify = [services[n % 2].verify for n in range(16)]
            results = list(threads.map(lambda one: one(SITE.secret, ticket).success, verify))  # noqa: B023
        assert sum(results) == 1


def test_answers_that_come_at_once_are_scored_once(make_service: Make) -> None:
    service = make_service()
    session = service.begin_session(SITE.key, "192.0.2.1")
    shown = service.show_challenge(session)
    assert shown is not None
    picked = drawn_cats(service.read_sheet(shown.sheet))
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: service.score(session.id, picked), range(8)))
    assert sum(result is not None for result in results) == 1


def test_restart_keeps_tickets_and_sessions(make_service: Make) -> None:
    before = make_service()
    _, ticket = solve(before)
    session = before.begin_session(SITE.key, "192.0.2.1")
    before.close()
    after = make_service()
    assert after.find_session(session.id) == session
    assert after.verify(SITE.secret, ticket).success
    assert not after.verify(SITE.secret, ticket).success


def test_empty_bucket_of_a_session_wants_two_right_answers(make_service: Make) -> None:
    service = make_service(policy=Policy(session_tokens=2))
    session = service.begin_session(SITE.key, "192.0.2.1")
    assert [solve(service, session.id, wrong=3)[0] for _ in range(2)] == [False, False]
    assert [solve(service, session.id)[0] for _ in range(2)] == [False, True]
    assert solve(service)[0]  # another session is not concerned


def test_empty_bucket_of_an_address_holds_for_its_new_sessions_and_forgets(
    make_service: Make, clock: Clock
) -> None:
    service = make_service(policy=Policy(address_tokens=2))
    for _ in range(2):
        solve(service, wrong=3)
    assert not solve(service)[0]
    assert solve(service, address="192.0.2.2")[0]
    solve(service, wrong=3)
    clock.now += 25 * 3600
    assert solve(service)[0]


def test_partial_credit_is_off_unless_it_is_switched_on(make_service: Make) -> None:
    for policy, expected in ((Policy(), False), (Policy(partial_credit=True), True)):
        service = make_service(policy=policy)
        session = service.begin_session(SITE.key, "192.0.2.1")
        assert [solve(service, session.id, wrong=1)[0] for _ in range(2)] == [False, expected]


def test_hosts_of_a_site_are_kept_to(make_service: Make) -> None:
    service = make_service()
    assert service.knows_site(SITE.key, "Blog.example")
    assert not service.knows_site(SITE.key, "evil.example")
    assert service.knows_site(OTHER_SITE.key, "anywhere.example")
    assert service.knows_site(ORIGINAL_SITE, "")
    assert not service.knows_site("nobody", "")


def test_versus_gives_no_ticket_and_takes_no_tokens(make_service: Make) -> None:
    service = make_service(policy=Policy(address_tokens=1))
    for _ in range(3):
        session = service.begin_session(VERSUS_SITE, "192.0.2.1")
        assert solve(service, session.id, wrong=3) == (False, "")
    session = service.begin_session(VERSUS_SITE, "192.0.2.1")
    assert solve(service, session.id) == (True, "")
    assert solve(service)[0]


def test_no_address_is_kept(make_service: Make, database_url: str) -> None:
    service = make_service()
    solve(service, wrong=3, address="198.51.100.23")
    engine = open_database(database_url)
    with engine.connect() as connection:
        for table in METADATA.sorted_tables:
            assert "198.51.100.23" not in str(connection.execute(select(table)).all())
    engine.dispose()


def test_tally_adds_up(database_url: str) -> None:
    engine = open_database(database_url)
    book = TallyBook(engine)
    assert book.read("people") == Tally()
    book.add("people", Tally(1, 1, 12, 0, 9000.0))
    assert book.add("people", Tally(1, 0, 12, 2, 5000.0)) == Tally(2, 1, 24, 2, 14_000.0)
    assert book.read("model") == Tally()
    engine.dispose()


def test_photo_is_not_decoded_while_somebody_waits(make_service: Make) -> None:
    """What a request takes does not depend on the photos it is about."""
    service = make_service()
    session = service.begin_session(SITE.key, "192.0.2.1")
    time.sleep(1)  # the challenges drawn ahead are ready
    service._drawn._is_closed.set()
    assert service.show_challenge(session) is not None


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite:////proc/no/such/file.db"])
def test_database_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="expected SQLite or PostgreSQL"):
        open_database(url)


def test_refusal_shows_no_password() -> None:
    with pytest.raises(ConfigError) as refused:
        open_database("postgresql://user:hunter2@127.0.0.1:1/name")
    assert "hunter2" not in str(refused.value)
