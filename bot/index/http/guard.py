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
#: The second half of interface identifiers that end with an IPv4 address (RFC 5214).
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
#: IANA's special-purpose addresses, those that aren't assigned, and Azure's own to its machines (168.63.129.16).
_SPECIAL = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    )
)  # fmt: skip
_UNICAST = IPv6Network("2000::/3")
#: Of these, 2001::/23 also holds Teredo, which carries two IPv4 addresses and is gone from the net.
_SPECIAL_6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))


class AddressRefusedError(IndexFailure):
    """A host name leads to an address that this server does not call."""


@value
class Guard:
    """Public addresses pass, and those inside ``allowed``."""

    allowed: tuple[Network, ...] = ()

    def permits(self, address: Address) -> bool:
        """Whether a connection to ``address`` may be made; addresses that carry an IPv4 one are judged by it."""
        return self._allows(address) or all(self._allows(one) or _is_public(one) for one in _judged(address))

    def _allows(self, address: Address) -> bool:
        return any(address in network for network in self.allowed)

    def check_host(self, host: str) -> None:
        """Raise ``AddressRefusedError`` where ``host`` is, or here means, an address that is not called.

        For what a proxy connects to. A name that means nothing here is the proxy's to know.
        """
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        self.check(host, [_parse_address(entry[4]) for entry in found])

    def check(self, host: str, addresses: Iterable[Address]) -> None:
        """Raise ``AddressRefusedError`` unless connections to all ``addresses`` of ``host`` may be made."""
        for address in addresses:
            if not self.permits(address):
                raise AddressRefusedError(
                    f"{host} leads to {address}, which is not a public address; this server does not call it "
                    "unless its operator allows that network (LOCKBOT_ALLOW_PRIVATE_NETWORK)"
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


def _judged(address: Address) -> tuple[Address, ...]:
    """What a connection to ``address`` may reach: itself, or the IPv4 address that it carries, or both."""
    if isinstance(address, IPv4Address):
        return (address,)
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None or address in _NAT64:
        return (low,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    return (address, low) if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP else (address,)


def _is_public(address: Address) -> bool:
    # Not ``is_global``: what that says depends on the version of Python.
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL)
    return address in _UNICAST and not any(address in network for network in _SPECIAL_6)
