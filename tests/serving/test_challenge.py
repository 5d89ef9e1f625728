"""The challenge over HTTP, as a site, an old client and a stranger speak to it."""

from __future__ import annotations

import base64
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catordog.challenge.sheet import SHEET_BYTES
from catordog.serving.app import create_app
from catordog.serving.settings import ServeSettings
from tests.challenge.test_pool import drawn_cats
from tests.serving.conftest import SETTINGS, wait_until_ready

SECRET, OTHER = "correct-horse-battery-staple", "another-secret-of-another-site"


@pytest.fixture(scope="module")
def server(tiny_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("challenge")
    settings = ServeSettings(
        **SETTINGS,
        challenge_photos=str(tiny_zip),
        database_url=f"sqlite:///{folder}/challenge.db",
        challenge_sites=f"blog:{SECRET}:blog.example,shop:{OTHER}",
    )
    with TestClient(create_app(settings), raise_server_exceptions=False) as opened:
        wait_until_ready(opened)
        yield opened


def begin(server: TestClient, **site: str) -> str:
    response = server.post("/challenge/api/sessions", json=site)
    assert response.status_code == 201, response.text
    return str(response.json()["session"])


def show(server: TestClient, session: str) -> tuple[str, list[bool]]:
    """Returns a challenge, and the truth as the photos' colours tell."""
    response = server.post("/challenge/api/challenges", json={"session": session})
    assert response.status_code == 201, response.text
    shown = response.json()
    return shown["challenge"], drawn_cats(server.get(shown["sheet"]).content)


def solve(server: TestClient, **site: str) -> str:
    session = begin(server, **site)
    challenge, cats = show(server, session)
    body = {"session": session, "challenge": challenge, "picked": cats} | (
        {"hostname": site["hostname"]} if "hostname" in site else {}
    )
    answer = server.post("/challenge/api/answers", json=body).json()
    assert answer["passed"]
    return str(answer["ticket"])


def test_site_hears_of_a_good_ticket_what_other_services_say(server: TestClient) -> None:
    ticket = solve(server, site_key="blog", hostname="blog.example")
    response = server.post("/v1/siteverify", data={"secret": SECRET, "response": ticket})
    assert response.status_code == 200
    verified = response.json()
    assert verified["success"] is True
    assert verified["hostname"] == "blog.example"
    assert verified["error-codes"] == []
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", verified["challenge_ts"])
    again = server.post("/v1/siteverify", json={"secret": SECRET, "response": ticket}).json()
    assert (again["success"], again["error-codes"]) == (False, ["timeout-or-duplicate"])


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({}, ["missing-input-secret"]),
        ({"secret": "wrong"}, ["invalid-input-secret"]),
        ({"secret": SECRET}, ["missing-input-response"]),
        ({"secret": SECRET, "response": "made up"}, ["invalid-input-response"]),
    ],
)
def test_bad_requests_of_a_site_are_named(
    server: TestClient, fields: dict[str, str], codes: list[str]
) -> None:
    for sent in ({"data": fields}, {"json": fields}):
        answer = server.post("/v1/siteverify", **sent)  # type: ignore[arg-type]
        assert answer.status_code == 200
        assert (answer.json()["success"], answer.json()["error-codes"]) == (False, codes)


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_site_that_sends_nonsense_hears_so(server: TestClient, kind: str) -> None:
    answer = server.post("/v1/siteverify", content=b"[1, \xff", headers={"content-type": kind})
    assert answer.json() == {
        "success": False,
        "challenge_ts": None,
        "hostname": None,
        "error-codes": ["bad-request"],
    }


def test_ticket_works_only_where_the_player_was_if_the_site_compares(server: TestClient) -> None:
    ticket = solve(server, site_key="shop")
    fields = {"secret": OTHER, "response": ticket}
    other = server.post("/v1/siteverify", data=fields | {"remoteip": "192.0.2.9"})
    assert other.json()["success"] is False
    assert server.post("/v1/siteverify", data=fields).json()["success"] is True


def test_site_key_is_kept_to_its_hosts(server: TestClient) -> None:
    for site in ({"site_key": "blog", "hostname": "evil.example"}, {"site_key": "nobody"}):
        assert server.post("/challenge/api/sessions", json=site).status_code == 403


def test_old_client_works_with_its_host_changed(server: TestClient) -> None:
    """The calls and patterns of JSPWiki's client, then MediaWiki's and JSPWiki's validation."""
    created = server.get("/cgi/Asirra?action=CreateSession&rand=0.8529005243601243").text
    session = re.search(r'NewSessionComplete.+?"(.+?)"', created)
    pets = re.findall(r'ImgRec\("(.+?)","(.+?)",', created)
    assert session is not None and len(pets) == 12
    assert created.startswith(f'asirraState.NewSessionComplete(3, "{session[1]}");')
    assert created.count('",250,250)') == len({name for name, _ in pets}) == 12
    addresses = {url.partition("#")[0] for _, url in pets}
    assert [url.partition("#")[2] for _, url in pets] == [f"p{place}" for place in range(12)]
    views = server.get(f"http:{addresses.pop()}")
    assert not addresses and views.headers["content-type"] == "image/svg+xml"
    embedded = re.search(r'href="data:image/webp;base64,(.+?)"', views.text)
    assert embedded is not None
    bits = "".join("01"[is_cat] for is_cat in drawn_cats(base64.b64decode(embedded[1])))
    path = f"/cgi/Asirra?action=ScoreResponse&sessionId={session[1]}&response={bits}&rand=0.2"
    scored = server.get(path).text
    assert "/* correct */" in scored
    ticket = re.search(r'ScoreResponseComplete\("(.+?)"\)', scored)
    assert ticket is not None and ticket[1].startswith(f"3;{session[1]};")

    def validate(ticket: str) -> tuple[bool, str]:
        body = server.get("/cgi/Asirra", params={"action": "ValidateTicket", "ticket": ticket}).text
        root = ElementTree.fromstring(body)
        assert root.tag == "AsirraValidation"
        return "Pass" in body, root.findtext("Result") or ""

    assert validate("3;x;made up") == (False, "Fail")
    assert validate(ticket[1]) == (True, "Pass")
    assert validate(ticket[1]) == (False, "Fail")
    assert "/* correct */" not in server.get(path).text  # nor can the answer be sent again


def test_old_client_may_ask_again_after_a_wrong_answer(server: TestClient) -> None:
    created = server.get("/cgi/Asirra?action=CreateSession").text
    found = re.search(r'NewSessionComplete.+?"(.+?)"', created)
    assert found is not None
    session = found[1]
    wrong = f"/cgi/Asirra?action=ScoreResponse&sessionId={session}&response="
    for response in ("", "01", "x" * 12):
        assert "/* correct */" not in server.get(wrong + response).text
    again = server.get(f"/cgi/Asirra?action=GetChallenge&sessionId={session}").text
    assert again.startswith("asirraState.GetChallengeComplete(") and again.count("ImgRec(") == 12
    assert server.get("/cgi/Asirra?action=GetChallenge&sessionId=x").status_code == 410
    assert server.get("/cgi/Asirra?action=Nothing").status_code == 400


def test_tickets_of_the_two_protocols_do_not_mix(server: TestClient) -> None:
    ticket = solve(server, site_key="shop")
    body = server.get("/cgi/Asirra", params={"action": "ValidateTicket", "ticket": ticket}).text
    assert "Pass" not in body
    assert server.post("/v1/siteverify", data={"secret": OTHER, "response": ticket}).json()[
        "success"
    ]


def test_sheets_are_alike_in_headers_names_and_size(server: TestClient) -> None:
    bodies = [{"session": begin(server)} for _ in range(3)]
    shown = [server.post("/challenge/api/challenges", json=body).json() for body in bodies]
    responses = [server.get(one["sheet"]) for one in shown]
    headers = [{k: v for k, v in r.headers.items() if k != "date"} for r in responses]
    assert all(each == headers[0] for each in headers)
    assert headers[0]["cache-control"] == "no-store"
    assert {len(response.content) for response in responses} == {SHEET_BYTES}
    assert all(re.fullmatch(r"/challenge/sheets/[0-9a-f]{32}\.webp", s["sheet"]) for s in shown)
    assert server.get("/challenge/sheets/" + "0" * 32 + ".webp").status_code == 404


def test_clients_of_2007_get_the_same_file_for_all_photos(server: TestClient) -> None:
    session = begin(server)
    shown = server.post("/challenge/api/challenges", json={"session": session}).json()
    sheet = server.get(shown["sheet"]).content
    views = server.get(shown["sheet"].replace(".webp", ".svg")).content
    root = ElementTree.fromstring(views)
    image = root.find("{http://www.w3.org/2000/svg}image")
    assert image is not None and base64.b64decode(image.get("href", "").partition(",")[2]) == sheet
    assert b"script" not in views.replace(image.get("href", "").encode(), b"")
    assert server.get("/challenge/sheets/" + "0" * 32 + ".svg").status_code == 404


def test_stranger_learns_nothing_but_passed_or_not(server: TestClient) -> None:
    session = begin(server)
    challenge, cats = show(server, session)
    picked = [not cats[0], *cats[1:]]
    body = {"session": session, "challenge": challenge, "picked": picked}
    assert server.post("/challenge/api/answers", json=body).json() == {
        "passed": False,
        "ticket": None,
    }
    assert server.post("/challenge/api/answers", json=body).status_code == 410


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"{}", "application/json", 422),
        (b"[" * 8000, "application/json", 422),
        (b'{"session": "' + b"x" * 9000 + b'"}', "application/json", 413),
        (b'{"session": "\\ud800"}', "application/json", 422),
        (b'{"session": "x"}', "application/json", 410),
    ],
)
def test_bad_bodies_are_refused(server: TestClient, body: bytes, kind: str, status: int) -> None:
    headers = {"content-type": kind}
    response = server.post("/challenge/api/challenges", content=body, headers=headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_versus_tells_the_truth_and_both_answers(server: TestClient) -> None:
    session = begin(server, site_key="versus")
    challenge, cats = show(server, session)
    before = server.get("/versus/api/tallies").json()
    picked = [not cats[0], *cats[1:]]
    body = {"session": session, "challenge": challenge, "picked": picked, "took_ms": 12_345.6}
    response = server.post("/versus/api/answers", json=body)
    assert response.status_code == 200, response.text
    played = response.json()
    assert played["cats"] == cats
    assert played["you"] == {"picked": picked, "wrong": 1, "passed": False, "took_ms": 12_345.6}
    model = [p > q for p, q in zip(played["p_cat"], played["p_dog"], strict=True)]
    assert played["model"]["picked"] == model
    wrong = sum(p != q for p, q in zip(model, cats, strict=True))
    assert (played["model"]["wrong"], played["model"]["passed"]) == (wrong, wrong == 0)
    assert played["model"]["took_ms"] > 0
    after = server.get("/versus/api/tallies").json()
    assert after == played["tallies"]
    for who in ("people", "model"):
        assert after[who]["rounds"] == before[who]["rounds"] + 1
    assert after["people"]["wrong"] == before["people"]["wrong"] + 1


def test_versus_gives_no_ticket_and_takes_no_other_session(server: TestClient) -> None:
    session = begin(server)
    challenge, cats = show(server, session)
    body = {"session": session, "challenge": challenge, "picked": cats, "took_ms": 1}
    assert server.post("/versus/api/answers", json=body).status_code == 410  # tells nothing
    session = begin(server, site_key="versus")
    challenge, cats = show(server, session)
    body = {"session": session, "challenge": challenge, "picked": cats}
    assert server.post("/challenge/api/answers", json=body).json()["ticket"] is None


def test_pages_say_what_they_are(server: TestClient) -> None:
    for path in ("/challenge", "/versus"):
        response = server.get(path)
        assert response.status_code == 200
        assert "83.4" in response.text
        assert "'none'" in response.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert "not a protection" in server.get("/challenge").text
    assert "not a protection" in server.post("/challenge/api/sessions", json={}).json()["notice"]


def test_frame_may_be_shown_by_its_site_alone(server: TestClient) -> None:
    policy = server.get("/challenge/embed?sitekey=blog").headers["content-security-policy"]
    assert "frame-ancestors http://blog.example:* https://blog.example:*" in policy
    assert "script-src 'self'" in policy
    policy = server.get("/challenge/embed?sitekey=shop").headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    for path in ("/challenge/widget.js", "/js/AsirraClientSide.js"):
        assert server.get(path).headers["cross-origin-resource-policy"] == "cross-origin"


def test_description_names_the_routes_and_its_examples_fit(server: TestClient) -> None:
    described = server.get("/openapi.json").json()
    paths = described["paths"]
    assert {"/v1/siteverify", "/cgi/Asirra", "/challenge/api/answers"} <= set(paths)
    for path in ("/challenge/api/challenges", "/challenge/api/answers"):
        content = paths[path]["post"]["requestBody"]["content"]["application/json"]
        assert server.post(path, json=content["example"]).status_code == 410
    ours = {path: paths[path] for path in paths if path.startswith(("/challenge", "/versus"))}
    assert "#/$defs" not in json.dumps(ours)


def test_too_many_open_challenges_are_refused(
    server: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catordog.challenge.service.MAX_OPEN", 0)
    response = server.post("/challenge/api/challenges", json={"session": begin(server)})
    assert (response.status_code, response.headers["retry-after"]) == (429, "60")


def test_server_without_challenge_photos_has_no_challenge(client: Any) -> None:
    for path in ("/challenge", "/versus", "/cgi/Asirra?action=CreateSession"):
        assert client.get(path).status_code == 404
    for path in ("/", "/docs"):
        assert "challenge" not in client.get(path).text


def test_pages_lead_to_the_challenge(server: TestClient) -> None:
    for path in ("/", "/docs"):
        page = server.get(path).text
        assert '<a href="/challenge">Challenge</a><a href="/versus">Versus</a>' in page
        assert "<!--" not in page


def test_attack_over_http_is_told_nothing_but_whether_it_passed(
    server: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from catordog.challenge.attack import ServerOpponent, attack
    from tests.challenge.test_attack import KnowsColours

    def request(self: ServerOpponent, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {"content-type": "application/json"}
        response = server.request(method, path, content=body, headers=headers)
        assert response.status_code < 300
        return response.content

    monkeypatch.setattr(ServerOpponent, "_request", request)
    player: Any = KnowsColours(right=True)
    played = attack(ServerOpponent("http://127.0.0.1"), player, 3)
    assert (played.rounds, played.passed, played.wrong) == (3, 3, None)
