"""Tokens of Microsoft Entra for Azure Artifacts: the machine's managed identity, or an application with its secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import azure.core.credentials
import azure.core.exceptions
import azure.identity

from bot.errors import InputError
from bot.index.access.secret import NoSecretError, Secret, SecretSource
from bot.index.access.secret_file import FileSecret

#: Azure DevOps, of which Azure Artifacts is a part.
_SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
_OPTIONS = ("tenant", "client", "secret", "secret_file", "authority")


def open_source(options: Mapping[str, str], where: str) -> SecretSource:
    """Options: ``client`` (of a managed identity, where the machine has several), or ``tenant``, ``client`` and ``secret`` or
    ``secret_file`` of an application. ``authority``: of a cloud of its own."""
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        raise InputError(f"{where}: azure has no option {unknown[0]}", hint=f"it has {', '.join(_OPTIONS)}")
    is_whole = {"tenant", "client"} <= set(options) and ("secret" in options) is not ("secret_file" in options)
    if not is_whole and not {"tenant", "secret", "secret_file"}.isdisjoint(options):
        raise InputError(
            f"{where}: an application of azure is told by tenant, client and either secret or secret_file",
            hint="leave all but client out for a managed identity",
        )
    return _EntraTokens(options)


class _EntraTokens:
    kind = "azure"

    def __init__(self, options: Mapping[str, str]) -> None:
        self._options = options
        self._file = FileSecret(Path(options["secret_file"])) if "secret_file" in options else None

    def obtain(self) -> Secret:
        try:
            # Made anew each time: these remember tokens, also one that was refused.
            token = self._open().get_token(_SCOPE)
        except azure.core.exceptions.AzureError as problem:
            raise NoSecretError(_first_line(str(problem))) from None
        return Secret(password=token.token, ends_at=float(token.expires_on))

    def _open(self) -> azure.core.credentials.TokenCredential:
        options = self._options
        if "tenant" not in options:
            return azure.identity.ManagedIdentityCredential(client_id=options.get("client"))
        authority = {"authority": options["authority"]} if "authority" in options else {}
        return azure.identity.ClientSecretCredential(
            tenant_id=options["tenant"],
            client_id=options["client"],
            client_secret=self._read_secret(),
            # The authority is the operator's word; asking Microsoft whether it knows it tells nothing.
            disable_instance_discovery=bool(authority),
            **authority,
        )

    def _read_secret(self) -> str:
        return self._options["secret"] if self._file is None else self._file.obtain().password

    def has_changed(self) -> bool:
        return self._file is not None and self._file.has_changed()


def _first_line(said: str) -> str:
    return next((line for line in said.splitlines() if line.strip()), "no reason was given")[:300]
