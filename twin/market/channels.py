"""Channels: the ways in which a customer is contacted.

Knows names and the order of axis h; not what a contact is worth, see :mod:`twin.response.parameters`.
"""

from __future__ import annotations

STANDARD = ("visit", "phone", "sms", "email", "ivr", "whatsapp", "web")
"""Channels of the contract; a mapping may declare more, which are appended."""

VISIT = 0
"""Index of the face-to-face visit on every channel axis."""


def channel_axis(declared: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names along axis h: the standard channels, then those that the company declared."""
    return STANDARD + tuple(name for name in dict.fromkeys(declared) if name not in STANDARD)
