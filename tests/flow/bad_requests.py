"""The catalogue of bad and odd inputs: requests to a market that is learned. Numbers as in :mod:`bad_inputs`.

A case has the words of a command after its verb (``FILE`` stands for the scenario that the case writes) and what the
message must name. A flag that is out of range is wrong usage (status 2), a faulty file is at fault (status 1).
"""

from __future__ import annotations

from dataclasses import dataclass

NAME = 'name = "s"\n'
_USAGE = 2


@dataclass(frozen=True)
class Request:
    """One command that must be refused."""

    verb: str
    text: str
    words: tuple[str, ...]
    more: tuple[object, ...] = ()
    status: int = 1
    file: str = "s.toml"


BOMB = 'a: &a ["x","x","x","x"]\nb: &b [*a,*a,*a,*a]\nname: [*b,*b,*b,*b]\n'

REFUSED_REQUESTS = {
    "54 aliases of another language": Request("forecast", BOMB, ("s.yaml", "row 1", "TOML", "README"), file="s.yaml"),
    "54 lists within lists": Request("forecast", "x = " + "[" * 5000, ("s.toml", "lists inside lists", "flatter")),
    "54 a file of megabytes": Request("forecast", NAME + f'note = "{"x" * 1_100_000}"\n', ("s.toml", "1000000 bytes",
        "Check that this is a scenario")),
    "55 key twice": Request("plan", NAME + "[horizon]\nweeks = 12\nweeks = 13\n", ("s.toml", "row 4", "overwrite")),
    "55 key misspelt": Request("plan", NAME + "[horizn]\nweeks = 12\n", ("s.toml", "horizn", "horizon")),
    "56 no for false": Request("forecast", NAME + "[competitors]\nlearned_campaigns = NO\n", ("s.toml", "row 3",
        "TOML")),
    "56 false in quotes": Request("forecast", NAME + '[competitors]\nlearned_campaigns = "NO"\n', ("s.toml",
        "competitors.learned_campaigns", "true or false", "'NO'", "without quotes")),
    "56 a number that is octal elsewhere": Request("forecast", NAME + "[horizon]\nweeks = 010\n", ("s.toml", "row 3")),
    "56 a clock for a number": Request("forecast", NAME + "[horizon]\nweeks = 12:30:00\n", ("s.toml", "horizon.weeks",
        "12:30:00", "whole number")),
    "56 powers of ten for a whole number": Request("forecast", NAME + "[horizon]\nweeks = 1e3\n", ("horizon.weeks",
        "1000.0", "whole number from 1 to 520")),
    "56 number for a text": Request("forecast", "name = 10\n", ("s.toml", "name", "a text", "10", "quotes")),
    "60 name of 300 letters": Request("forecast", f'name = "{"x" * 300}"\n', ("s.toml", "name", "120 letters", "300")),
    "60 name with a mark of writing direction": Request("forecast", 'name = "plan\\u202egpj"\n', ("s.toml", "name",
        "U+202E", "Take it out")),
    "60 name with NUL": Request("plan", 'name = "plan\\u0000"\n', ("s.toml", "name", "U+0000")),
    "60 name of blanks": Request("plan", 'name = "  "\n', ("s.toml", "name", "empty")),
    "29 name in letters of two alphabets": Request("forecast", 'name = "\u0410urum"\n', ("s.toml", "name",
        "one alphabet", "Retype")),
    "67 a horizon without end": Request("forecast", NAME + "[horizon]\nweeks = 1000000000\n", ("s.toml",
        "horizon.weeks", "1 to 520", "1000000000")),
    "67 a horizon without end, as a flag": Request("forecast", NAME, ("--weeks", "1 to 520", "1000000000"),
        ("--weeks", 10**9), _USAGE),
    "67 draws without end": Request("forecast", NAME, ("--draws", "1 to 10000", "1000000000"), ("--draws", 10**9),
        _USAGE),
    "67 runs without end": Request("forecast", NAME, ("--replicates", "1 to 1000"), ("--replicates", 10**9), _USAGE),
    "67 a plan without end": Request("plan", NAME, ("--weeks", "1 to 26"), ("--weeks", 10**6), _USAGE),
    "67 a plan of no week": Request("plan", NAME, ("--weeks", "1 to 26", "'0'"), ("--weeks", 0), _USAGE),
    "67 capacity below nought": Request("forecast", NAME + "[field_force]\ncapacity_factor = -1\n", ("s.toml",
        "field_force.capacity_factor", "0 to 100", "-1")),
}  # fmt: skip
"""Refused, with the words that the message must have; the workspace stays as it is."""

PATHS = ("..", "../../outside", "/etc/outside", "a/b", "CON", "dot.", ".hidden", "C:\\outside")
"""Number 60: names of scenarios that look like paths. They are labels, and no file is ever called so."""

ELSEWHERE = {
    11: "test_bad_input.py::test_a_faulty_bundle_is_refused_with_place_and_cure",
    14: "test_bad_requests.py::test_a_file_that_changes_while_it_is_read_is_refused",
    40: "test_bad_requests.py::test_a_history_shorter_than_the_memory_of_a_visit_leaves_its_effect_to_the_prior",
    48: "test_bad_requests.py::test_sales_that_never_vary_are_told_and_identify_nothing",
    50: "test_bad_requests.py::test_a_market_all_unknown_and_one_all_known_are_learned",
    52: "test_bad_requests.py::test_visits_that_fall_with_promotions_are_told_with_their_condition_number",
    53: "test_bad_requests.py::test_a_plan_with_a_row_that_is_none_is_neither_published_nor_written",
    60: "test_bad_requests.py::test_a_name_that_looks_like_a_path_is_a_label",
    61: "test_bad_requests.py::test_a_cell_that_a_spreadsheet_would_run_is_a_text",
    64: "test_bad_requests.py::test_a_model_that_the_workspace_did_not_write_is_never_loaded",
    68: "test_bad_requests.py::test_whoever_publishes_second_is_told_and_the_first_stays",
}
"""Numbers whose input is more than a file: the test that goes through them."""
