from __future__ import annotations

import string

import pytest

from catordog.challenge.tickets import TicketClaim, TicketSigner, find_site, new_id, parse_sites
from catordog.errors import ConfigError

CLAIM = TicketClaim("a" * 32, "blog", 2_000_000_000.5)


def test_ticket_says_what_was_signed() -> None:
    assert TicketSigner("secret").read(TicketSigner("secret").sign(CLAIM)) == CLAIM


def test_changed_ticket_is_none() -> None:
    signer = TicketSigner("secret")
    ticket = signer.sign(CLAIM)
    claims, _, signature = ticket.rpartition(".")
    for index in range(len(claims)):
        other = "A" if claims[index] != "A" else "B"
        assert signer.read(f"{claims[:index]}{other}{claims[index + 1 :]}.{signature}") is None
    for index in range(len(signature) - 1):  # the last character has bits to spare
        other = "A" if signature[index] != "A" else "B"
        assert signer.read(f"{claims}.{signature[:index]}{other}{signature[index + 1 :]}") is None


@pytest.mark.parametrize("ticket", ["", ".", "x", "\ud800", "é.é", "a" * 10_000, "W10.x"])
def test_no_ticket_is_none(ticket: str) -> None:
    assert TicketSigner("secret").read(ticket) is None


def test_ticket_of_another_secret_is_none() -> None:
    assert TicketSigner("other").read(TicketSigner("secret").sign(CLAIM)) is None


def test_ticket_goes_into_a_form_and_an_address_as_it_is() -> None:
    allowed = set(string.ascii_letters + string.digits + "-_.")
    assert set(TicketSigner("secret").sign(CLAIM)) <= allowed


def test_addresses_are_hidden_and_one_ipv6_network_is_one() -> None:
    signer = TicketSigner("secret")
    assert "192" not in signer.hide("192.0.2.7") or len(signer.hide("192.0.2.7")) == 32
    assert signer.hide("192.0.2.7") == signer.hide("::ffff:192.0.2.7")
    assert signer.hide("192.0.2.7") != signer.hide("192.0.2.8")
    assert signer.hide("2001:db8::1") == signer.hide("2001:db8::2")
    assert signer.hide("2001:db8::1") != signer.hide("2001:db8:0:1::1")
    assert signer.hide("192.0.2.7") != TicketSigner("other").hide("192.0.2.7")


def test_site_is_found_by_its_secret_alone() -> None:
    sites = parse_sites("blog:correct-horse-battery, shop:staple-staple-staple:shop.example")
    assert [find_site(sites, site.secret) for site in sites] == sites
    for wrong in ("", "blog", "correct-horse-batter", "correct-horse-battery ", "\ud800"):
        assert find_site(sites, wrong) is None
    assert sites[1].hostnames == ("shop.example",)


@pytest.mark.parametrize("text", ["blog", "blog:short", ":correct-horse-battery"])
def test_site_without_a_proper_secret_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="expected KEY:SECRET"):
        parse_sites(text)


def test_site_named_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="one of them twice"):
        parse_sites("a:correct-horse-battery,b:correct-horse-battery")


def test_ids_are_long_and_differ() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000
    assert len(new_id()) == 32
