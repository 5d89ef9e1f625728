"""Takes a port to serve on, and says under which address it is found."""

from __future__ import annotations

import ipaddress
import os
import socket

from catordog.errors import ConfigError

_MAX_PORT = 65_535


def is_loopback(host: str) -> bool:
    """Says whether a host, without port, is this computer by a name that nobody can redirect.

    Example:
        >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("cats.example")
        (True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def open_socket(host: str, port: int, *, what: str, is_shared: bool = False) -> socket.socket:
    """Takes a port of this computer.

    Args:
        host: one of this computer's addresses, such as 127.0.0.1, ::1, localhost or 0.0.0.0.
        port: 0 for any free one.
        what: is to be served, for the message.
        is_shared: other processes take the same port too, and the system deals connections out
            to all that listen (SO_REUSEPORT). Such a socket does not listen yet.

    Raises:
        ConfigError: the host is no address of this computer, or the port is taken or not allowed.
    """
    opened: socket.socket | None = None
    try:
        address = "127.0.0.1" if host == "localhost" else host.strip("[]")
        is_v6 = ipaddress.ip_address(address).version == 6
        opened = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET)
        if os.name == "posix":  # elsewhere this would share a port that another program uses
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        opened.bind((address, port))
        if not is_shared:
            opened.listen()
    except (OSError, ValueError) as exc:
        if opened is not None:
            opened.close()
        other = port + 1 if port < _MAX_PORT else 0
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else exc
        raise ConfigError(
            f"Cannot serve {what} on {host}, port {port}: expected an address of this computer "
            f"and a port that is free, received: {reason}. Is it open already, in another "
            f"terminal? Or take another: --port {other}"
        ) from exc
    return opened


def url_of(opened: socket.socket) -> str:
    """Returns where a browser finds what is served on a socket."""
    host, port = opened.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
