"""Tokens of clouds, each from stand-ins for what the cloud has: metadata servers, token services, an authority.

The libraries read the environment of their process, some of them while they are imported: each case has a process of its own.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.errors import InputError
from bot.index.access.sources import open_cloud
from tests.loopback import NOT_FOUND, Answer, Asked, Loopback

Reply = Callable[[Asked], Answer]

_CHILD = """
import json, sys, time
from pathlib import Path
import os
from bot.errors import IndexFailure
from bot.index.access.entries import read_entries
from bot.index.access.secret import Keeper
(entry,) = read_entries(Path(sys.argv[1]), os.environ, time.time)
keeper = Keeper(entry.source, time.time)
try:
    first = keeper.get()
    second = keeper.renew(first)
    found = {"tokens": [first.password, second and second.password], "ends_in": first.ends_at - time.time()}
except IndexFailure as problem:
    found = {"problem": str(problem)}
print(json.dumps({"username": entry.username, **found}))
"""


class Cloud(Loopback):
    """``replies`` by method and path; ``asked`` are the requests."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.replies: dict[str, Reply] = {}
        self.asked: list[Asked] = []

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        reply = self.replies.get(f"{asked.method} {urlsplit(asked.path).path}")
        return NOT_FOUND if reply is None else reply(asked)

    @property
    def place(self) -> str:
        return self.root.partition("://")[2]

    def texts(self, path: str) -> list[Mapping[str, list[str]]]:
        """The forms that were posted to a path."""
        return [parse_qs(one.body.decode()) for one in self.asked if urlsplit(one.path).path == path]


def says(table: Mapping[str, object], **headers: str) -> Answer:
    return Answer(body=json.dumps(table).encode(), headers={"Content-Type": "application/json", **headers})


def one_after_the_other(make: Callable[[int], Answer]) -> Reply:
    count = iter(range(1, 100))
    return lambda _asked: make(next(count))


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud() as running:
        yield running


def ask(folder: Path, text: str, environment: Mapping[str, str]) -> Mapping[str, object]:
    """What the entry gives, in a process that has nothing of this machine's accounts."""
    file = folder / "credentials.toml"
    file.write_text(f"[[credentials]]\n{text}\n")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _CHILD, str(file)],
        env={
            "PATH": "",
            "HOME": str(folder),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "NO_PROXY": "127.0.0.1",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: Mapping[str, object] = json.loads(done.stdout)
    return found


def expect(found: Mapping[str, object], username: str, *tokens: str, lasts: float) -> None:
    assert (found["username"], found.get("tokens", found)) == (username, list(tokens))
    assert found["ends_in"] == pytest.approx(lasts, abs=60)


# --- Google ---------------------------------------------------------------------------------------

GOOGLE = 'prefix = "https://europe-python.pkg.dev/project/repository/"\n'
FLAVOR = {"Metadata-Flavor": "Google"}
TEXT = {**FLAVOR, "Content-Type": "application/text"}


def test_gcp_by_the_machines_own_account(cloud: Cloud, tmp_path: Path) -> None:
    accounts = "/computeMetadata/v1/instance/service-accounts"
    give = one_after_the_other(
        lambda n: says({"access_token": f"ya29.{n}", "expires_in": 3599, "token_type": "Bearer"}, **FLAVOR)
    )
    cloud.replies = {
        "GET /": lambda _: Answer(headers=FLAVOR),
        "GET /computeMetadata/v1/project/project-id": lambda _: Answer(body=b"project", headers=TEXT),
        "GET /computeMetadata/v1/universe/universe-domain": lambda _: Answer(body=b"googleapis.com", headers=TEXT),
        **{
            f"GET {accounts}/{name}/": lambda _: says(
                {"email": "me@example.org", "scopes": [], "aliases": []}, **FLAVOR
            )
            for name in ("default", "me@example.org")
        },
        **{f"GET {accounts}/{name}/token": give for name in ("default", "me@example.org")},
    }
    environment = {"GCE_METADATA_HOST": cloud.place, "GCE_METADATA_IP": cloud.place}
    found = ask(tmp_path, f"{GOOGLE}gcp = true", environment)
    expect(found, "oauth2accesstoken", "ya29.1", "ya29.2", lasts=3599)


@pytest.mark.parametrize("by", ["key_file", "variable"])
def test_gcp_by_a_key(cloud: Cloud, tmp_path: Path, by: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account",
        "project_id": "project",
        "private_key_id": "1",
        "private_key": text,
        "client_email": "me@example.org",
        "token_uri": f"{cloud.root}/token",
    }
    (tmp_path / "key.json").write_text(json.dumps(account))
    cloud.replies["POST /token"] = one_after_the_other(
        lambda n: says({"access_token": f"ya29.{n}", "expires_in": 3599, "token_type": "Bearer"})
    )
    path = str(tmp_path / "key.json")
    stated = f'{{ key_file = "{path}" }}' if by == "key_file" else "true"
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": path} if by == "variable" else {}
    found = ask(tmp_path, f"{GOOGLE}gcp = {stated}", {"NO_GCE_CHECK": "true", **environment})
    expect(found, "oauth2accesstoken", "ya29.1", "ya29.2", lasts=3599)
    assert text.splitlines()[1] not in cloud.asked[0].body.decode()


def test_gcp_without_any_account(tmp_path: Path) -> None:
    found = ask(tmp_path, f"{GOOGLE}gcp = true", {"NO_GCE_CHECK": "true"})
    assert str(found["problem"]).startswith("the credentials by gcp could not be obtained: ")


# --- AWS ------------------------------------------------------------------------------------------

AMAZON = 'prefix = "https://tools-123456789012.d.codeartifact.eu-west-1.amazonaws.com/pypi/main/"\n'
KEYS = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "very-secret", "AWS_EC2_METADATA_DISABLED": "true"}
ASSUMED = """\
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIA2</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2120-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


def codeartifact(cloud: Cloud) -> dict[str, str]:
    cloud.replies["POST /v1/authorization-token"] = one_after_the_other(
        lambda n: says({"authorizationToken": f"eyJ{n}", "expiration": time.time() + 43_200})
    )
    cloud.replies["POST /"] = lambda _: Answer(body=ASSUMED.encode(), headers={"Content-Type": "text/xml"})
    return {"AWS_ENDPOINT_URL_CODEARTIFACT": cloud.root, "AWS_ENDPOINT_URL_STS": cloud.root}


def test_aws_by_variables(cloud: Cloud, tmp_path: Path) -> None:
    found = ask(tmp_path, f"{AMAZON}aws-codeartifact = true", {**KEYS, **codeartifact(cloud)})
    expect(found, "aws", "eyJ1", "eyJ2", lasts=43_200)
    (first, *_) = cloud.asked
    assert first.path == "/v1/authorization-token?domain=tools&domain-owner=123456789012"
    assert "Credential=AKIA1/" in first.headers["authorization"]
    assert "/eu-west-1/codeartifact/" in first.headers["authorization"]
    assert "very-secret" not in str(cloud.asked)


@pytest.mark.parametrize("by", ["option", "profile"])
def test_aws_by_a_role(cloud: Cloud, tmp_path: Path, by: str) -> None:
    role = "arn:aws:iam::123456789012:role/reader"
    (tmp_path / "config").write_text(
        f"[profile reader]\nrole_arn = {role}\ncredential_source = Environment\nregion = eu-west-1\n"
    )
    stated = f'{{ role = "{role}" }}' if by == "option" else '{ profile = "reader" }'
    environment = {**KEYS, **codeartifact(cloud), "AWS_CONFIG_FILE": str(tmp_path / "config")}
    found = ask(tmp_path, f"{AMAZON}aws-codeartifact = {stated}", environment)
    expect(found, "aws", "eyJ1", "eyJ2", lasts=43_200)
    assert cloud.texts("/")[0]["RoleArn"] == [role]
    asked = [one for one in cloud.asked if one.path.startswith("/v1/")]
    assert all("Credential=ASIA2/" in one.headers["authorization"] for one in asked)


def test_aws_by_the_instances_own_role(cloud: Cloud, tmp_path: Path) -> None:
    roles = "/latest/meta-data/iam/security-credentials"
    keys = {"AccessKeyId": "ASIA3", "SecretAccessKey": "s", "Token": "t", "Expiration": "2120-01-01T00:00:00Z"}
    cloud.replies = {
        "PUT /latest/api/token": lambda _: Answer(body=b"session"),
        f"GET {roles}/": lambda _: Answer(body=b"reader"),
        f"GET {roles}/reader": lambda _: says({"Code": "Success", **keys}),
    }
    environment = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{cloud.root}/", **codeartifact(cloud)}
    found = ask(tmp_path, f"{AMAZON}aws-codeartifact = true", environment)
    expect(found, "aws", "eyJ1", "eyJ2", lasts=43_200)


def test_aws_that_says_no(cloud: Cloud, tmp_path: Path) -> None:
    environment = {**KEYS, **codeartifact(cloud)}
    cloud.replies["POST /v1/authorization-token"] = lambda _: Answer(
        status=403, body=b'{"message": "not for you"}', headers={"x-amzn-errortype": "AccessDeniedException"}
    )
    found = ask(tmp_path, f"{AMAZON}aws-codeartifact = true", environment)
    assert "AccessDeniedException" in str(found["problem"])
    assert "not for you" in str(found["problem"])
    environment = {**codeartifact(cloud), "AWS_EC2_METADATA_DISABLED": "true"}
    found = ask(tmp_path, f"{AMAZON}aws-codeartifact = true", environment)
    assert "Unable to locate credentials" in str(found["problem"])


def test_aws_takes_options_where_the_prefix_does_not_say(cloud: Cloud, tmp_path: Path) -> None:
    stated = '{ domain = "tools", owner = "123456789012", region = "eu-west-1" }'
    text = f'prefix = "https://packages.example.org/"\naws-codeartifact = {stated}'
    found = ask(tmp_path, text, {**KEYS, **codeartifact(cloud)})
    expect(found, "aws", "eyJ1", "eyJ2", lasts=43_200)


# --- Azure ----------------------------------------------------------------------------------------

MICROSOFT = 'prefix = "https://pkgs.dev.azure.com/organization/"\n'
SCOPE = "499b84ac-1321-427f-aa17-267ca6975798"


def test_azure_by_managed_identity(cloud: Cloud, tmp_path: Path) -> None:
    ends_at = str(int(time.time()) + 7200)
    cloud.replies["GET /token"] = one_after_the_other(
        lambda n: says({"access_token": f"eyJ{n}", "expires_on": ends_at, "resource": SCOPE, "token_type": "Bearer"})
    )
    environment = {"IDENTITY_ENDPOINT": f"{cloud.root}/token", "IDENTITY_HEADER": "header"}
    found = ask(tmp_path, f"{MICROSOFT}azure = true", environment)
    assert (found["username"], found.get("tokens", found)) == ("VssSessionToken", ["eyJ1", "eyJ2"])
    assert f"resource={SCOPE}" in cloud.asked[0].path
    assert cloud.asked[0].headers["x-identity-header"] == "header"


@contextmanager
def authority(certificate: Path) -> Iterator[Cloud]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with Cloud(tls) as running:
        tenant = f"{running.root}/tenant"
        running.replies = {
            "GET /tenant/v2.0/.well-known/openid-configuration": lambda _: says(
                {
                    "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{tenant}/oauth2/v2.0/token",
                    "issuer": f"{tenant}/v2.0",
                }
            ),
            "POST /tenant/oauth2/v2.0/token": one_after_the_other(
                lambda n: says({"access_token": f"eyJ{n}", "expires_in": 3599, "token_type": "Bearer"})
            ),
        }
        yield running


@pytest.mark.parametrize("by", ["secret", "secret_file"])
def test_azure_by_an_application(own_certificate: Path, tmp_path: Path, by: str) -> None:
    (tmp_path / "secret").write_text("hush-hush\n")
    with authority(own_certificate) as cloud:
        secret = f'secret_file = "{tmp_path}/secret"' if by == "secret_file" else 'secret = "hush-hush"'
        text = f'azure = {{ tenant = "tenant", client = "application", {secret}, authority = "{cloud.root}" }}'
        found = ask(tmp_path, MICROSOFT + text, {"REQUESTS_CA_BUNDLE": str(own_certificate)})
        assert (found["username"], found.get("tokens", found)) == ("VssSessionToken", ["eyJ1", "eyJ2"])
        (form, *_) = cloud.texts("/tenant/oauth2/v2.0/token")
    assert (form["client_id"], form["client_secret"]) == (["application"], ["hush-hush"])
    assert form["scope"] == [f"{SCOPE}/.default"]


def test_azure_that_says_no(cloud: Cloud, tmp_path: Path) -> None:
    cloud.replies["GET /token"] = lambda _: Answer(
        status=400, body=b'{"error": {"code": "x", "message": "no identity"}}'
    )
    environment = {"IDENTITY_ENDPOINT": f"{cloud.root}/token", "IDENTITY_HEADER": "header"}
    found = ask(tmp_path, f"{MICROSOFT}azure = true", environment)
    assert str(found["problem"]).startswith("the credentials by azure could not be obtained: ")


# --- what is not installed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "library", "extra"),
    [("gcp", "google.auth", "gcp"), ("aws-codeartifact", "botocore", "aws"), ("azure", "azure", "azure")],
)
def test_a_library_that_is_missing_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, kind: str, library: str, extra: str
) -> None:
    for name in [one for one in sys.modules if one == library or one.startswith(f"{library}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, f"bot.index.access.cloud_{kind.replace('-', '_')}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        InputError, match=rf"{kind} needs a library that is not installed .*uv tool install 'uv-lockbot\[.*{extra}.*\]'"
    ):
        open_cloud(kind, {}, "LOCKBOT_INDEX_CREDENTIALS: /c.toml: credentials 1")
