"""Keeps requests that a repository caused away from the operator's own network.

The check is made on the resolved address at the moment of connecting, and the connection goes to exactly that
address, so neither redirects nor a name that resolves differently the second time get around it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from bot.errors import IndexFailure
from bot.values import value

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefusedError(IndexFailure):
    """A host name leads to an address that this server does not call."""


@value
class Guard:
    """Public addresses pass, and those inside ``allowed``."""

    allowed: tuple[Network, ...] = ()

    def permits(self, address: Address) -> bool:
        """Whether a connection to ``address`` may be made; addresses that embed an IPv4 one are judged by it."""
        inner = _embedded(address)
        if any(candidate in network for candidate in {address, inner} for network in self.allowed):
            return True
        return _is_public(inner)

    def check(self, host: str, addresses: Iterable[Address]) -> None:
        """Raise ``AddressRefusedError`` unless connections to all ``addresses`` of ``host`` may be made."""
        for address in addresses:
            if not self.permits(address):
                raise AddressRefusedError(
                    f"{host} leads to {address}, which is not a public address; this server does not call it "
                    "unless its operator allows that network"
                )

    def open_socket(
        self, host: str, family: int, kind: int, protocol: int, place: tuple[object, ...] | bytes
    ) -> socket.socket:
        """A socket for a connection to ``place``, to which ``host`` was resolved; raises ``AddressRefusedError``."""
        if family not in (socket.AF_INET, socket.AF_INET6) or isinstance(place, bytes):
            raise AddressRefusedError(f"{host} is not reached over the internet; this server does not call it")
        self.check(host, [_parse_address(place)])
        return socket.socket(family, kind, protocol)


def resolve_guarded(guard: Guard, host: str, port: int) -> str:
    """The one checked address that another program is to use for ``host``; raises ``AddressRefusedError``."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise AddressRefusedError(f"{host} has no address ({problem})") from problem
    addresses = [_parse_address(entry[4]) for entry in found]
    guard.check(host, addresses)
    return str(addresses[0])


def _parse_address(socket_address: tuple[object, ...]) -> Address:
    return ip_address(str(socket_address[0]).partition("%")[0])


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_unspecified


def _embedded(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address
