"""Whose telemetry goes when not all can be kept: the noisiest devices' first, down to a line that all stay below."""

from __future__ import annotations

from collections.abc import Iterable

SHARE_MAX = 1.0


def fair_line(rates: Iterable[float], kept: float) -> float:
    """The rate to which all above it are cut so that this part of the whole is kept (water filling)."""
    noisiest_first = sorted(rates, reverse=True)
    total = sum(noisiest_first)
    over = total * (1 - kept)
    cut = 0.0
    for count, rate in enumerate(noisiest_first, 1):
        cut += rate
        line = (cut - over) / count
        below = noisiest_first[count] if count < len(noisiest_first) else 0.0
        if line >= below:
            return max(0.0, line)
    return 0.0


class FairShare:
    """Not thread-safe. ``note`` counts, ``settle`` decides once a second, ``keeps`` answers for each message."""

    def __init__(self, *, window_s: float) -> None:
        self._fade = 1 - 1 / window_s
        self._rates: dict[str, float] = {}
        self._counted: dict[str, int] = {}
        self._shares: dict[str, float] = {}
        self._credit: dict[str, float] = {}
        self._others = SHARE_MAX

    def note(self, device: str, count: int = 1) -> None:
        self._counted[device] = self._counted.get(device, 0) + count

    def settle(self, kept: float) -> None:
        """A second is over. ``kept``: the part of all telemetry that there is room for, 1 for all of it."""
        fade, counted = self._fade, self._counted
        self._rates = {d: left for d, rate in self._rates.items() if (left := rate * fade) > 1 or d in counted}
        for device, count in counted.items():
            self._rates[device] = self._rates.get(device, 0.0) + count
        self._counted = {}
        line = fair_line(self._rates.values(), kept)
        self._shares = {d: line / rate for d, rate in self._rates.items() if rate > line} if kept < 1 else {}
        self._credit = {d: self._credit.get(d, 0.0) for d in self._shares}
        self._others = SHARE_MAX if kept > 0 else 0.0

    def keeps(self, device: str) -> bool:
        """Whether this one is kept: of a noisy device as many as its share, evenly."""
        share = self._shares.get(device, self._others)
        if share >= 1:
            return True
        credit = self._credit.get(device, 0.0) + share
        self._credit[device] = credit - 1 if credit >= 1 else credit
        return credit >= 1

    @property
    def noisy(self) -> list[str]:
        """Whose telemetry is being cut now, the noisiest first."""
        return sorted(self._shares, key=lambda device: self._shares[device])
