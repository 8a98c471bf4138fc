"""Errors of the queue, each with what the visitor or the clerk can do.

NotFound
├── UnknownTicket       no ticket has that token                                          404
├── UnknownWindow       the building has no such window                                   404
└── UnknownQueue        no department, or no item, of that name takes tickets             404
Conflict
├── NoWindowOpen        nobody serves this now: no ticket is given                        409
├── QueueFull           as many wait as ever may                                          409
├── AlreadyWaiting      this visitor holds a ticket of today that has not ended           409
├── WrongState          the ticket is past, or not yet at, the point where this is done   409
├── WindowClosed        the window is not open                                            409
├── WindowOffline       the window's terminal does not answer: it calls nobody            409
├── WindowBusy          the window still has a visitor                                    409
├── WindowHeld          somebody else staffs the window                                   409
├── NobodyWaiting       there is nobody to call                                           409
└── NothingCalled       the window has no visitor to go on with                           409
TooMany
└── TooManyTickets      one address took more tickets than a crowd behind it would        429
"""

from __future__ import annotations

from services.kernel.errors import Conflict, NotFound, TooMany


class UnknownTicket(NotFound):
    code = "queue.ticket_unknown"

    def __init__(self) -> None:
        super().__init__(zh="没有这个号。", en="There is no such ticket.")


class UnknownWindow(NotFound):
    code = "queue.window_unknown"

    def __init__(self, window: str) -> None:
        super().__init__(zh=f"没有 {window} 窗口。", en=f"There is no window {window}.", window=window)


class UnknownQueue(NotFound):
    code = "queue.unknown"

    def __init__(self, word: str) -> None:
        super().__init__(zh="没有可以取号的这项业务。", en="No tickets are given for that.", queue=word)


class NoWindowOpen(Conflict):
    code = "queue.no_window_open"

    def __init__(self, department: str) -> None:
        super().__init__(
            zh="现在没有窗口在办这项业务，暂时不能取号。请问咨询台，或稍后再来。",
            en="No window serves this now, so no ticket is given. Ask at the desk or come back later.",
            queue=department,
        )


class QueueFull(Conflict):
    code = "queue.full"

    def __init__(self, department: str) -> None:
        super().__init__(
            zh="等的人太多，暂时不再发号。", en="Too many are waiting: no more tickets for now.", queue=department
        )


class AlreadyWaiting(Conflict):
    code = "queue.already_waiting"

    def __init__(self) -> None:
        super().__init__(
            zh="您今天已经有一个号还没办完，办完或取消后才能再取。",
            en="You already hold a ticket of today. Finish it or give it up before you take another.",
        )


class WrongState(Conflict):
    code = "queue.wrong_state"

    def __init__(self, *, number: str, state: str, wanted: str) -> None:
        super().__init__(
            zh=f"{number} 号现在的状态不能这样操作。",
            en=f"Ticket {number} is {state}; this needs it to be {wanted}.",
            number=number,
            state=state,
        )


class WindowClosed(Conflict):
    code = "queue.window_closed"

    def __init__(self, window: str) -> None:
        super().__init__(zh=f"{window} 窗口没有开。", en=f"Window {window} is not open.", window=window)


class WindowOffline(Conflict):
    code = "queue.window_offline"

    def __init__(self, window: str) -> None:
        super().__init__(
            zh=f"{window} 窗口的终端离线，不能叫号。请换窗口或报修。",
            en=f"The terminal of window {window} is offline: it cannot call. Use another window, or report it.",
            window=window,
        )


class WindowBusy(Conflict):
    code = "queue.window_busy"

    def __init__(self, window: str, number: str) -> None:
        super().__init__(
            zh=f"{window} 窗口还有 {number} 号，请先办结或过号。",
            en=f"Window {window} still has {number}: finish it or mark it absent first.",
            window=window,
            number=number,
        )


class WindowHeld(Conflict):
    code = "queue.window_held"

    def __init__(self, window: str) -> None:
        super().__init__(
            zh=f"{window} 窗口由别的同事在用。", en=f"Window {window} is held by a colleague.", window=window
        )


class NobodyWaiting(Conflict):
    code = "queue.nobody_waiting"

    def __init__(self, window: str) -> None:
        super().__init__(zh="没有人在等。", en="Nobody is waiting.", window=window)


class NothingCalled(Conflict):
    code = "queue.nothing_called"

    def __init__(self, window: str) -> None:
        super().__init__(
            zh=f"{window} 窗口现在没有叫到的号。", en=f"Window {window} has no visitor now.", window=window
        )


class TooManyTickets(TooMany):
    code = "queue.too_many_tickets"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            zh=f"这个网络刚才取的号太多，请 {retry_after_s} 秒后再试，或在大厅自助机上取号。",
            en=f"Too many tickets came from this network: try again in {retry_after_s} s, or take one at a machine.",
            retry_after_s=retry_after_s,
        )
