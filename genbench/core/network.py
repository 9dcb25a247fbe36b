"""Whether this process may use the network: `GENBENCH_OFFLINE=1` says that it may not."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

SWITCH = "GENBENCH_OFFLINE"


def is_offline() -> bool:
    """Whether downloads are switched off."""
    return os.environ.get(SWITCH, "") not in ("", "0")


@contextmanager
def allowed() -> Iterator[None]:
    """Around the code of other packages that may want to download: where the network is switched off, every look-up of
    an address and every connection of this process raises `OSError` inside."""
    if not is_offline():
        yield
        return
    known: dict[str, Any] = {"getaddrinfo": socket.getaddrinfo, "create_connection": socket.create_connection}
    connect = socket.socket.connect
    hub = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "1"  # its client would try many times
    for name in known:
        setattr(socket, name, _refuse)
    socket.socket.connect = _refuse  # type: ignore[method-assign]
    try:
        yield
    finally:
        for name, function in known.items():
            setattr(socket, name, function)
        socket.socket.connect = connect  # type: ignore[method-assign]
        if hub is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = hub


def _refuse(*_: object, **__: object) -> NoReturn:
    raise OSError(f"the network is switched off ({SWITCH})")
