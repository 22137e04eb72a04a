"""Bad input that needs no lab: `farshore check` as a person starts it, against the API in this process.

One clear sentence each, with exit code 2 for bad input and 1 for what the account refuses; the token is never shown.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bad_days_lab import Said, run

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "tidepool" / "api"))

from api_serving import TOKEN, Serving, serving

from farshore.drills.command import program
from tidepool.api.limits import Limits
from tidepool.api.tokens import Token

READ = frozenset(f"{what}:read" for what in ("account", "regions", "load_balancer", "droplet", "domain", "database"))
VIEW = frozenset({"database:view_credentials"})
ENOUGH = READ | VIEW
TOKENS = {f"dop_v1_no_{scope.replace(':', '_')}": ENOUGH - {scope} for scope in sorted(ENOUGH)}
NO_FILE = "there is no such file for the provider's token; create it with mode 0600."


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("api")
    tokens = (TOKEN, *(Token(secret, scopes) for secret, scopes in TOKENS.items()))
    with serving(folder, tokens=tokens, limits=Limits(per_minute=10**6, per_hour=10**6)) as made:
        made.cluster()
        yield made


@pytest.fixture
def folder(api: Serving, tmp_path: Path) -> Path:
    """A farshore.yaml by `farshore init`, and a good token."""
    (tmp_path / "token").touch(mode=0o600)
    (tmp_path / "token").write_text(TOKEN)
    words = ["--domain", "shop.example.com", "--first", "nyc3", "--second", "sfo3", "--endpoint", api.url]
    words += ["--ca-file", str(api.ca), "--token-file", str(tmp_path / "token"), "--dns-server", "127.0.0.1"]
    made = run([program("farshore"), "init", "--dir", str(tmp_path), *words, "--reference", f"{api.url}/"])
    assert made.code == 0, made.err
    return tmp_path


def check(folder: Path, *more: str) -> Said:
    said = run([program("farshore"), "check", "--config", str(folder / "farshore.yaml"), *more])
    assert TOKEN not in said.out + said.err
    return said


def finding(folder: Path, what: str) -> str:
    said = check(folder, "--json")
    assert (said.code, said.sentence) == (1, "")
    (found,) = [one for one in json.loads(said.out) if one["what"] == what]
    assert found["level"] == "fail"
    return f"{found['detail']} {found['remedy']}"


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "farshore.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_no_token_at_all(folder: Path) -> None:
    edit(folder, f'token_file: "{folder / "token"}"', "# none")
    assert check(folder).code == 2
    assert check(folder).sentence == (
        f"{folder / 'farshore.yaml'}: there is no token; set FARSHORE_TOKEN, or name a file of mode 0600 as "
        "provider.token_file."
    )


def test_a_token_file_that_is_missing_or_open_to_others(folder: Path) -> None:
    (folder / "token").chmod(0o644)
    said = check(folder)
    assert (said.code, said.sentence) == (
        2,
        f"{folder / 'token'}: the provider's token has mode 0644, so others may read it; "
        f"run: chmod 600 {folder / 'token'}",
    )
    (folder / "token").unlink()
    said = check(folder)
    assert (said.code, said.sentence) == (2, f"{folder / 'token'}: {NO_FILE}")


def test_a_wrong_token(folder: Path, api: Serving) -> None:
    (folder / "token").write_text("dop_v1_of_somebody_else")
    assert finding(folder, "token") == (
        f"The provider's API at {api.url} does not accept the token: Unable to authenticate you. "
        "Set a token that is valid."
    )


@pytest.mark.parametrize("scope", sorted(READ))
def test_a_token_without_a_scope(folder: Path, api: Serving, scope: str) -> None:
    (folder / "token").write_text(f"dop_v1_no_{scope.replace(':', '_')}")
    assert finding(folder, "token") == (
        f"The provider's API at {api.url} forbids this: You are not authorized to perform this operation. "
        f"Give the token the scope {scope}."
    )


def test_a_token_that_may_not_see_passwords(folder: Path) -> None:
    (folder / "token").write_text("dop_v1_no_database_view_credentials")
    assert finding(folder, "token") == (
        "The token may not see database passwords. Give it the scope database:view_credentials."
    )


def test_a_region_that_does_not_exist(folder: Path) -> None:
    edit(folder, "region: sfo3", "region: zzz9")
    assert finding(folder, "region zzz9") == "is not available to this account Correct regions in farshore.yaml."


def test_a_domain_that_is_not_in_the_account(folder: Path) -> None:
    said = finding(folder, "domain example.com")
    assert said == "is not in the account Add the domain there, or correct stores.zone."


def test_an_api_that_is_not_there(folder: Path, api: Serving) -> None:
    edit(folder, api.url, "https://127.0.0.1:1")
    said = finding(folder, "token")
    assert said.startswith("The provider's API at https://127.0.0.1:1 cannot be reached: ")
    assert said.endswith(" Check this machine's network and ca_file.")


def test_settings_that_are_no_settings(folder: Path) -> None:
    file = folder / "farshore.yaml"
    edit(folder, "engine: mysql", "engine: oracle")
    assert check(folder).code == 2
    assert check(folder).sentence.startswith(f"{file}, line ")
    file.write_text("group: [\n")
    assert (check(folder).code, check(folder).sentence.count("\n")) == (2, 0)
