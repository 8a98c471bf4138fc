"""HTTP/1.1 as nobody on the way could read it otherwise: a head whose lines two programs would tell apart differently
is refused before it is read.

h11 refuses the rest by itself: lengths that differ or are no numbers, codings it does not know, chunks that are none.
"""

from __future__ import annotations

import re

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_END = b"\r\n\r\n"
_AMBIGUOUS = re.compile(rb"(?<!\r)\n|\n[ \t]")
"""A line that ends by LF alone; a line that goes on in the next one (RFC 9112, 2.2 and 5.2)."""


class StrictProtocol(H11Protocol):
    """Uvicorn's own, with one look more at each head."""

    def handle_events(self) -> None:
        if self.conn.their_state is h11.IDLE:
            head = self.conn.trailing_data[0].partition(_END)[0]
            if _AMBIGUOUS.search(head):
                self.send_400_response("Lines of a request end by CR LF and are not continued.")
                return
        super().handle_events()
