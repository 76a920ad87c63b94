"""Patterns of Vensim's language that other patterns are made of, as text.

Compiles none, so that a command that reads no model starts without them.
"""

from __future__ import annotations

QUOTED = r'"(?:[^"\\]|\\.)*+"'
COMMENT = r"\{[^{}]*+\}"
for _ in range(7):  # comments nest
    COMMENT = rf"\{{(?:[^{{}}]++|{COMMENT})*+\}}"
