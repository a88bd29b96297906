"""Sign-in: who may do what, as a file of the deployment says it; checked before the server starts.

The provider says who somebody is; this file says what that allows. Nobody who is not named here gets in. Knows no
screen and no secret: secrets stay in a file of their own, outside of any checkout.
"""

from __future__ import annotations

import difflib
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from twin.errors import InputError, Problem

LOOK, DECIDE, LEARN, PLAN, CUSTOMERS = "look", "decide", "learn", "plan", "customers"
RIGHTS = (LOOK, DECIDE, LEARN, PLAN, CUSTOMERS)
ROLES: Mapping[str, frozenset[str]] = {
    "viewer": frozenset({LOOK}),
    "planner": frozenset({LOOK, PLAN, CUSTOMERS}),
    "analyst": frozenset({LOOK, LEARN, DECIDE, CUSTOMERS}),
    "manager": frozenset({LOOK, DECIDE, PLAN, CUSTOMERS}),
}
"""What each role may do: look at results; make scenarios and forecasts; bring data and calibrate; make and change
plans; see single customers."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_KEYS = ("claim", "session_hours", "company_totals", "roles", "people", "territories")
_SECRETS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_SHORTEST_SECRET, _FEWEST_LETTERS, _LEEWAY_SECONDS = 32, 8, 60.0
_LONGEST_HOURS = 720.0


@dataclass(frozen=True)
class SignIn:
    """What the access file says.

    Parameters
    ----------
    claim : str
        Claim of the identity token that holds groups or roles.
    session_hours : float
        How long a sign-in lasts; 0 for as long as the token itself says.
    roles : mapping from value of the claim to roles
    people : mapping from verified e-mail to roles
    territories : mapping from value of the claim, or e-mail, to territory ids
        Whoever is named here sees these only.
    company_totals : bool
        Whether they see forecasts of the whole company as well, which no territory can be taken out of.
    """

    claim: str = "groups"
    session_hours: float = 0.0
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    territories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    company_totals: bool = False


@dataclass(frozen=True)
class Person:
    """Somebody who has signed in.

    Parameters
    ----------
    name : str
        For others to read.
    roles : tuple of str
        None for somebody who is nowhere named.
    territories : frozenset of str, optional
        ``None`` for all.
    company : bool
        May see totals of the whole company.
    """

    name: str
    roles: tuple[str, ...] = ()
    territories: frozenset[str] | None = None
    company: bool = True

    @property
    def rights(self) -> frozenset[str]:
        """All that the roles allow."""
        return frozenset().union(*(ROLES[role] for role in self.roles))


EVERYBODY = Person("", tuple(ROLES))
"""Whoever sits at this machine, where no sign-in is asked for."""


def load(path: Path) -> SignIn:
    """Read an access file.

    Raises
    ------
    InputError
        With every fault of it.
    """
    try:
        raw = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        cure = "Name the access file with --access; docs/dashboard.md shows one."
        raise InputError([Problem(str(path), "file", "a TOML file", f"none ({error.strerror})", cure)]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            [Problem(path.name, "file", "sound TOML in UTF-8", str(error), "Correct the line.")]
        ) from error
    problems = [
        Problem(path.name, key, f"one of {', '.join(_KEYS)}", key, _nearest(key, _KEYS))
        for key in raw
        if key not in _KEYS
    ]
    claim, hours = raw.get("claim", "groups"), raw.get("session_hours", 0)
    if not isinstance(claim, str) or not claim:
        problems.append(Problem(path.name, "claim", "the name of a claim", repr(claim), 'Such as "groups".'))
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 <= hours <= _LONGEST_HOURS:
        cure = "0 follows the token of the provider."
        problems.append(
            Problem(path.name, "session_hours", f"a number from 0 to {_LONGEST_HOURS:g}", repr(hours), cure)
        )
        hours = 0
    company = raw.get("company_totals", False)
    if not isinstance(company, bool):
        problems.append(Problem(path.name, "company_totals", "true or false", repr(company), "Leave it out for false."))
    tables: dict[str, dict[str, tuple[str, ...]]] = {}
    for name in ("roles", "people", "territories"):
        tables[name] = _lists(path.name, name, raw.get(name, {}), problems)
    for name in ("roles", "people"):
        problems += [
            Problem(path.name, f"{name}.{key}", f"roles: {', '.join(ROLES)}", repr(role), _nearest(role, tuple(ROLES)))
            for key, roles in tables[name].items()
            for role in roles
            if role not in ROLES
        ]
    if not tables["roles"] and not tables["people"] and not problems:
        cure = 'Give at least one, such as [roles] with "sales-managers" = "manager".'
        problems.append(Problem(path.name, "roles", "who has which role", "nobody", cure))
    if problems:
        raise InputError(problems)
    people = {key.casefold(): roles for key, roles in tables["people"].items()}
    return SignIn(str(claim), float(hours), tables["roles"], people, tables["territories"], company is True)


def person(sign_in: SignIn, claims: Mapping[str, Any]) -> Person:
    """What the claims of a token make of somebody: nothing, unless the file names them.

    An e-mail counts only where the provider says that it was verified.
    """
    email = str(claims.get("email") or "").casefold() if claims.get("email_verified") is True else ""
    held = claims.get(sign_in.claim)
    values = [held] if isinstance(held, str) else [str(each) for each in held] if isinstance(held, list | tuple) else []
    roles = {role for value in values for role in sign_in.roles.get(value, ())} | set(sign_in.people.get(email, ()))
    places = [sign_in.territories[key] for key in (*values, email) if key and key in sign_in.territories]
    name = str(claims.get("name") or claims.get("email") or claims.get("sub") or "")
    limited = frozenset(place for each in places for place in each) if places else None
    company = limited is None or sign_in.company_totals
    return Person(name, tuple(role for role in ROLES if role in roles), limited, company)


def has_expired(sign_in: SignIn, claims: Mapping[str, Any], now: float) -> bool:
    """Whether a sign-in is over; one that does not say until when is.

    Parameters
    ----------
    sign_in : SignIn
    claims : mapping
        Of the token; ``exp`` and ``iat`` in seconds since 1970.
    now : float
        The same.
    """
    begun, until = _seconds(claims.get("iat")), _seconds(claims.get("exp"))
    if sign_in.session_hours:
        return begun is None or now > begun + sign_in.session_hours * 3600.0
    return until is None or now > until + _LEEWAY_SECONDS


def check_secrets(path: Path) -> str:
    """Check the secrets of the sign-in without ever saying one.

    Returns
    -------
    str
        Host of the address that people are sent back to.

    Raises
    ------
    InputError
        A secret that others may read, that is short, missing or kept in a checkout.
    """
    cure = "Keep them in a file of mode 600 outside of the project; docs/dashboard.md shows one."
    try:
        mode = path.stat().st_mode
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError([Problem(str(path), "file", "a TOML file", f"none ({error.strerror})", cure)]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # what the parser says could repeat a secret
        raise InputError([Problem(path.name, "file", "sound TOML in UTF-8", "a fault", "Correct it.")]) from error
    found: list[tuple[str, str, str, str]] = []
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        found.append(("mode", "readable by its owner alone", stat.filemode(mode), f"chmod 600 {path.name}"))
    if any((parent / ".git").exists() for parent in path.resolve().parents):
        found.append(("place", "a folder outside of any checkout", str(path.parent), cure))
    told = raw.get("auth", {})
    told = told if isinstance(told, dict) else {}
    inner = next((each for each in told.values() if isinstance(each, dict) and "client_id" in each), {})
    told = {**inner, **told}
    found += [(f"auth.{key}", "a text", "none", cure) for key in _SECRETS if not _text(told.get(key))]
    secret = _text(told.get("cookie_secret"))
    if secret and (len(secret) < _SHORTEST_SECRET or len(set(secret)) < _FEWEST_LETTERS):
        want = f"at least {_SHORTEST_SECRET} random letters"
        new = "`python -c 'import secrets; print(secrets.token_urlsafe(48))'` makes one."
        found.append(("auth.cookie_secret", want, "a shorter or simpler one", new))
    for key in ("redirect_uri", "server_metadata_url"):
        address = urlsplit(_text(told.get(key)))
        if _text(told.get(key)) and address.scheme != "https" and address.hostname not in LOOPBACK:
            found.append((f"auth.{key}", "an address that begins with https://", f"{address.scheme}://", cure))
    back = urlsplit(_text(told.get("redirect_uri")))
    if back.path and not back.path.endswith("/oauth2callback"):
        end = "Register the same address with the provider."
        found.append(("auth.redirect_uri", "an address that ends in /oauth2callback", back.path, end))
    if found:
        raise InputError([Problem(path.name, *each) for each in found])
    return back.hostname or ""


def _lists(file: str, name: str, raw: Any, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    """A table of texts, or lists of them, as lists."""
    cure = f'Write [{name}] and lines such as "group" = ["one", "two"].'
    if not isinstance(raw, dict):
        problems.append(Problem(file, name, "a table", repr(raw), cure))
        return {}
    made = {}
    for key, value in raw.items():
        each = [value] if isinstance(value, str) else value
        if not isinstance(each, list) or not all(isinstance(one, str) and one for one in each) or not each:
            problems.append(Problem(file, f"{name}.{key}", "a text or a list of texts", repr(value), cure))
            continue
        made[str(key)] = tuple(each)
    return made


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}."


def _seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
