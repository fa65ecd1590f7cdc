# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as results and reports write them: ISO 8601 in UTC. Pure but for `now`.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone


def now() -> str:
    """The current time."""
    return _text(datetime.now(timezone.utc))


def parse_time(text: str) -> datetime:
    """The time that a text means; ValueError if it means none."""
    # Fractions of a second do not matter here, and Python 3.10 rejects the seven digits that Microsoft writes.
    return datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))


def in_utc(text: str) -> str:
    """The same time as results write it; ValueError if the text means none."""
    return _text(parse_time(text).astimezone(timezone.utc))


def before(text: str, span: timedelta) -> str:
    """The time that is so long before another one."""
    return _text(parse_time(text) - span)


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
