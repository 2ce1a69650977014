"""Tokens of AWS CodeArtifact, by whatever credentials the machine has: variables, profiles, roles, the instance's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import botocore.config
import botocore.exceptions
import botocore.session

from bot.errors import InputError
from bot.index.access.secret import NoSecretError, Secret, SecretSource

#: ``DOMAIN-OWNER.d.codeartifact.REGION.amazonaws.com``
_HOST = re.compile(r"https://(.+)-([0-9]{12})\.d\.codeartifact\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/")
_OPTIONS = ("domain", "owner", "region", "role", "profile")
_CONFIG = botocore.config.Config(connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 3})


def open_source(options: Mapping[str, str], where: str) -> SecretSource:
    """Options: ``domain``, ``owner`` and ``region``, which the ``prefix`` says too; ``role`` to take on, ``profile``."""
    unknown = sorted(set(options) - {*_OPTIONS, "prefix"})
    if unknown:
        raise InputError(f"{where}: aws-codeartifact has no option {unknown[0]}", hint=f"it has {', '.join(_OPTIONS)}")
    found = _HOST.match(options.get("prefix", ""))
    named = dict(zip(("domain", "owner", "region"), found.groups(), strict=True)) if found else {}
    stated = named | {key: text for key, text in options.items() if key != "prefix"}
    missing = [key for key in ("domain", "owner", "region") if key not in stated]
    if missing:
        raise InputError(
            f"{where}: the prefix does not say the {missing[0]} of the repository",
            hint=f"add {missing[0]} to the options",
        )
    return _CodeArtifactTokens(stated)


class _CodeArtifactTokens:
    kind = "aws-codeartifact"

    def __init__(self, options: Mapping[str, str]) -> None:
        self._options = options
        self._session: Any = None

    def obtain(self) -> Secret:
        options = self._options
        try:
            session = self._session or botocore.session.Session(profile=options.get("profile"))
            client = session.create_client(
                "codeartifact", region_name=options["region"], config=_CONFIG, **self._taken_on(session)
            )
            said = client.get_authorization_token(domain=options["domain"], domainOwner=options["owner"])
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as problem:
            raise NoSecretError(str(problem)) from None
        self._session = session
        return Secret(password=said["authorizationToken"], ends_at=said["expiration"].timestamp())

    def _taken_on(self, session: Any) -> Mapping[str, str]:
        """Short-lived credentials of the role that is to be taken on."""
        role = self._options.get("role")
        if role is None:
            return {}
        client = session.create_client("sts", region_name=self._options["region"], config=_CONFIG)
        said = client.assume_role(RoleArn=role, RoleSessionName="lockbot")["Credentials"]
        return {
            "aws_access_key_id": said["AccessKeyId"],
            "aws_secret_access_key": said["SecretAccessKey"],
            "aws_session_token": said["SessionToken"],
        }

    def has_changed(self) -> bool:
        return False
