"""Signing in, end to end in a browser, with a provider on the loopback; and who may do what, without one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from browsing import CHROMIUM, FLAGS, answered, free_port
from fake_provider import CLIENT, SECRET, Provider, provided
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import access
from dashboard.words import LANGUAGES, Words
from twin.errors import InputError
from twin.tasks.service import jobs, serve, sign_in

ENTRY = Path(dashboard.__file__).with_name("app.py")
RULES = """
claim = "groups"
[roles]
"sales-viewers" = "viewer"
"sales-analysts" = ["analyst", "planner"]
"sales-managers" = "manager"
[people]
"ayse@example.com" = "planner"
[territories]
"west" = ["T1"]
"""
PATIENCE = 120_000
"""Milliseconds: a busy machine draws slowly."""
COOKIE_SECRET = "made-up-for-tests-0123456789-abcdefghij-ABCDEFGHIJ"


def secrets_file(folder: Path, provider: str, port: int, cookie: str = COOKIE_SECRET) -> Path:
    file = folder / "secrets.toml"
    file.write_text(f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{cookie}"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{provider}/.well-known/openid-configuration"
""")
    file.chmod(0o600)
    return file


def access_file(folder: Path, text: str = RULES) -> Path:
    file = folder / "access.toml"
    file.write_text(text, encoding="utf-8")
    return file


# --- the rules, without a browser -----------------------------------------------------------------------------------


def claims(**told: Any) -> dict[str, Any]:
    return {"sub": "1", "name": "Ayşe Yılmaz", "iat": 1000, "exp": 5000, **told}


@pytest.fixture
def rules(tmp_path: Path) -> sign_in.SignIn:
    return sign_in.load(access_file(tmp_path))


def test_nobody_who_is_not_named_has_a_right(rules):
    assert sign_in.person(rules, claims(groups=["cleaners"])).rights == frozenset()
    assert sign_in.person(rules, claims()).rights == frozenset()


@pytest.mark.parametrize(
    ("group", "may", "may_not"),
    [
        ("sales-viewers", {"look"}, {"decide", "learn", "plan", "customers"}),
        ("sales-managers", {"look", "decide", "plan", "customers"}, {"learn"}),
        ("sales-analysts", {"look", "decide", "learn", "plan", "customers"}, set()),
    ],
)
def test_a_role_allows_what_it_says_and_no_more(rules, group, may, may_not):
    rights = sign_in.person(rules, claims(groups=[group])).rights
    assert may <= rights and not may_not & rights


def test_an_email_counts_only_where_it_was_verified(rules):
    assert sign_in.person(rules, claims(email="Ayse@Example.com", email_verified=True)).roles == ("planner",)
    assert sign_in.person(rules, claims(email="ayse@example.com")).roles == ()
    assert sign_in.person(rules, claims(email="ayse@example.com", email_verified="true")).roles == ()


def test_territories_limit_whoever_is_named_for_them(rules):
    limited = sign_in.person(rules, claims(groups=["sales-managers", "west"]))
    assert limited.territories == frozenset({"T1"})
    assert sign_in.person(rules, claims(groups=["sales-managers"])).territories is None


@pytest.mark.parametrize(
    ("told", "hours", "now", "over"),
    [
        ({}, 0, 4999, False),
        ({}, 0, 5061, True),
        ({"exp": None}, 0, 1001, True),
        ({"exp": "5000"}, 0, 1001, True),
        ({}, 2, 1000 + 7199, False),
        ({}, 2, 1000 + 7201, True),
        ({"iat": None}, 2, 1001, True),
    ],
)
def test_a_sign_in_ends_when_its_token_does_or_its_hours_are_over(told, hours, now, over):
    rules = sign_in.SignIn(session_hours=hours)
    assert sign_in.has_expired(rules, claims(**told), now) is over


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "roles"),
        ('[roles]\n"x" = "king"', "roles.x"),
        ('claims = "groups"\n[roles]\n"x" = "viewer"', "claims"),
        ('session_hours = -1\n[roles]\n"x" = "viewer"', "session_hours"),
        ('[roles]\n"x" = 3', "roles.x"),
        ("[roles", "file"),
    ],
)
def test_a_faulty_access_file_is_refused_with_a_cure(tmp_path, text, where):
    with pytest.raises(InputError) as caught:
        sign_in.load(access_file(tmp_path, text))
    assert where in [problem.where for problem in caught.value.problems]
    assert all(problem.cure for problem in caught.value.problems)


def test_the_server_does_not_listen_beyond_its_machine_without_a_sign_in(tmp_path):
    with pytest.raises(InputError, match="--address"):
        serve.server_options(8501, "0.0.0.0", None, None)
    with pytest.raises(InputError, match="--secrets"):
        serve.server_options(8501, "0.0.0.0", access_file(tmp_path), None)
    assert serve.server_options(8501, "127.0.0.1", None, None)["server.address"] == "127.0.0.1"


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
@pytest.mark.parametrize("fault", ["mode", "short", "checkout", "plain", "none"])
def test_secrets_that_are_not_safe_are_refused_and_never_said(tmp_path, fault):
    file = secrets_file(tmp_path, "http://127.0.0.1:9", 8501, "short" if fault == "short" else COOKIE_SECRET)
    if fault == "mode":
        file.chmod(0o644)
    elif fault == "checkout":
        (tmp_path / ".git").mkdir()
    elif fault == "plain":
        file.write_text(file.read_text().replace("http://127.0.0.1:9", "http://login.example.com"))
    elif fault == "none":
        file = tmp_path / "missing.toml"
    with pytest.raises(InputError) as caught:
        sign_in.check_secrets(file)
    said = str(caught.value)
    assert COOKIE_SECRET not in said and SECRET not in said and '"short"' not in said


def test_only_named_hosts_reach_the_server(tmp_path):
    pytest.importorskip("httpx")
    told = serve.server_options(
        8501, "0.0.0.0", access_file(tmp_path), secrets_file(tmp_path, "http://127.0.0.1:9", 8501), ["twin.example.com"]
    )
    assert told["server.allowedHosts"] == ["127.0.0.1", "localhost", "twin.example.com"]
    assert told["browser.gatherUsageStats"] == "false" and told["server.enableXsrfProtection"] == "true"
    assert told["client.disableDataExport"] == "true", "a table could be copied without a record"


def test_an_access_file_of_the_surroundings_does_not_count(tmp_path, monkeypatch):
    monkeypatch.setenv(serve.ACCESS_VARIABLE, "/somebody/elses.toml")
    assert serve.ACCESS_VARIABLE not in serve.environment_of(tmp_path, None)


# --- pages and actions, with a stubbed identity ---------------------------------------------------------------------


@dataclass
class User:
    """Stands in for whoever Streamlit says is signed in."""

    told: dict[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        return self.told.get(name, default)

    def to_dict(self) -> dict[str, Any]:
        return self.told


def as_person(monkeypatch: pytest.MonkeyPatch, folder: Path, *groups: str, **told: Any) -> None:
    monkeypatch.setenv(serve.ACCESS_VARIABLE, str(access_file(folder)))
    user = User({"is_logged_in": True, "name": "Ayşe", "iat": 1, "exp": 4e9, "groups": list(groups), **told})
    monkeypatch.setattr(access, "st", SimpleNamespace(**{**vars(access.st), "user": user}))


def opened(workspace: Path, language: str = "en") -> AppTest:
    app = AppTest.from_file(ENTRY, default_timeout=60)
    app.query_params["lang"] = language
    return app.run()


@pytest.mark.parametrize("language", LANGUAGES)
def test_somebody_without_a_role_sees_nothing_but_whom_to_ask(language, full, tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    as_person(monkeypatch, tmp_path, "cleaners")
    app = opened(full, language)
    assert [title.value for title in app.title] == [Words(language)("access.no_role")]
    assert not app.dataframe and not app.metric and full.name not in "".join(each.value for each in app.caption)


def test_an_ended_sign_in_shows_nothing(full, tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    as_person(monkeypatch, tmp_path, "sales-managers", exp=1000)
    assert [title.value for title in opened(full).title] == [Words("en")("access.expired")]


def _typed(view: str) -> None:
    import importlib

    from dashboard import access as door

    door.guarded(
        "learn" if view == "data" else "customers", importlib.import_module(f"dashboard.views.{view}").render
    )()


@pytest.mark.parametrize("view", ["data", "potential"])
def test_a_page_asks_even_when_its_address_is_typed(view, full, tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    as_person(monkeypatch, tmp_path, "sales-viewers")
    page = AppTest.from_function(_typed, default_timeout=60, kwargs={"view": view}).run()
    assert len(page.error) == 1 and not page.title and not page.dataframe


def _acts(verb: str) -> None:
    import streamlit as page

    from dashboard import jobs_panel

    if not page.session_state.get("once"):
        page.session_state["once"] = True
        jobs_panel.start(verb, [])


@pytest.mark.parametrize(("verb", "started"), [("calibrate", False), ("plan", True), ("forecast", True)])
def test_the_function_that_starts_a_run_asks_itself(verb, started, full, tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    as_person(monkeypatch, tmp_path, "sales-managers")
    asked = []
    monkeypatch.setattr(jobs, "start", lambda workspace, verb, arguments=(), who="": asked.append((verb, who)))
    AppTest.from_function(_acts, default_timeout=60, kwargs={"verb": verb}).run()
    assert bool(asked) is started
    assert not started or asked[0] == (verb, "Ayşe")


def _limited(version: str) -> None:
    import streamlit as page

    from dashboard import state

    rows = state.customers(version)
    page.write(sorted(rows["territory_id"].unique()), len(rows), len(state.table(version, "potential")))
    page.write(sorted(set(state.bricks(version)["territory_id"])))


def test_rows_are_cut_to_the_territories_of_whoever_looks(full, tmp_path, monkeypatch):
    from twin.tasks import results

    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    version = results.heads(full)["calibration"].id
    as_person(monkeypatch, tmp_path, "sales-managers", "west")
    page = AppTest.from_function(_limited, default_timeout=60, kwargs={"version": version}).run()
    assert not page.exception
    whole = results.table(full, version, "potential")
    n = int((whole["territory_id"] == "T1").sum())
    assert 0 < n < len(whole)
    told = "".join(str(each.value) for each in (*page.markdown, *page.json))
    assert "T1" in told and "T2" not in told and str(n) in told and str(len(whole)) not in told


# --- the whole way, in a browser ------------------------------------------------------------------------------------


@contextmanager
def served(workspace: Path, folder: Path, provider: Provider, port: int) -> Iterator[str]:
    """The dashboard as ``twin dashboard`` serves it to people who sign in."""
    command = [
        sys.executable, "-m", "twin", "dashboard", "-w", str(workspace), "--port", str(port),
        "--access", str(access_file(folder)), "--secrets", str(secrets_file(folder, provider.address, port)),
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=ENTRY.parents[1], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        answered(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(2)
        server.wait(20)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_people_sign_in_see_what_their_role_allows_and_sign_out(full, tmp_path):
    pytest.importorskip("httpx")
    playwright = pytest.importorskip("playwright.sync_api")
    words = Words("en")
    menu = {name: words(f"menu.{name}") for name in ("overview", "data", "potential", "visit_plan")}
    with (
        provided(free_port()) as provider,
        served(full, tmp_path, provider, free_port()) as address,
        playwright.sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))

        def enter(**told: Any) -> Any:
            provider.claims = {"sub": "1", "name": "Ayşe Yılmaz", **told}
            page = browser.new_context().new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(f"{address}/?lang=en")
            page.get_by_role("heading", name=words("access.title")).wait_for(timeout=PATIENCE)
            assert page.get_by_text(menu["overview"]).count() == 0, "the menu was shown to a stranger"
            page.get_by_role("button", name=words("access.sign_in")).click()
            return page

        page = enter(groups=["sales-viewers"])
        page.get_by_role("link", name=menu["overview"]).wait_for(timeout=PATIENCE)
        assert page.get_by_role("link", name=menu["data"]).count() == 0
        assert page.get_by_role("link", name=menu["potential"]).count() == 0
        assert page.get_by_text("Ayşe Yılmaz").count() == 1
        page.get_by_role("button", name=words("access.sign_out")).click()
        page.get_by_role("heading", name=words("access.title")).wait_for(timeout=PATIENCE)

        page = enter(groups=["sales-analysts"])
        page.get_by_role("link", name=menu["data"]).click()
        page.get_by_role("heading", name=words("data.title"), level=1).wait_for(timeout=PATIENCE)

        page = enter(groups=["strangers"])
        page.get_by_role("heading", name=words("access.no_role")).wait_for(timeout=PATIENCE)

        provider.lasts_seconds = -3600
        page = enter(groups=["sales-managers"])
        # a token that is over before it begins does not even sign in
        page.get_by_role("heading", name=words("access.title")).wait_for(timeout=PATIENCE)
        browser.close()
