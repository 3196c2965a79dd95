"""Options, help, settings and what is asked wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.aws_files import AwsFiles
from tests.running_program import RunHere
from tests.servers.fault_proxy import refused_port
from tests.servers.moto import MotoServer
from tfm import __version__
from tfm.cli.options import StorageOptions
from tfm.cli.parser import Parser, add_storage_options
from tfm.cli.verbs import VERBS

_LONG_HELP = {"cp": 34, "mv": 33, "find": 28}
"""Lines of those verbs that have many options."""


@pytest.mark.parametrize("verb", [[], *([verb] for verb in VERBS)])
def test_help_fits_a_small_screen(tfm: RunHere, monkeypatch: pytest.MonkeyPatch, verb: list[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    outcome = tfm(*verb, "--help")
    assert (outcome.code, outcome.errors) == (0, "")
    assert len(outcome.lines) <= _LONG_HELP.get("".join(verb), 23)
    assert max(map(len, outcome.lines)) <= 80
    for option in ("--profile", "--region", "--endpoint-url", "--no-sign-request", "--request-payer", "--config"):
        assert option in outcome.output.decode()


def test_help_names_every_verb(tfm: RunHere) -> None:
    shown = tfm("--help").output.decode()
    assert {*VERBS, "demo"} <= set(shown.split())


def test_version(tfm: RunHere) -> None:
    assert tfm("--version").lines == [f"tfm {__version__}"]


@pytest.mark.parametrize(
    "arguments", [["ls", "--no-such"], ["ls", "--rec"], ["ls", "--json", "-0"], ["cat"], ["--no-such"], ["a", "b", "c"]]
)
def test_a_wrong_option_is_exit_code_2(tfm: RunHere, arguments: list[str]) -> None:
    outcome = tfm(*arguments)
    assert (outcome.code, outcome.output) == (2, b"")
    assert outcome.errors.startswith("usage: tfm")
    assert len(outcome.errors.splitlines()) == 2


def test_a_wrong_option_cannot_act_on_the_terminal(tfm: RunHere) -> None:
    assert "\x1b" not in tfm("ls", "--\x1b]0;owned\x07").errors


def test_a_word_that_is_no_verb_is_a_path(tfm: RunHere, here: Path) -> None:
    outcome = tfm("lss")
    assert outcome.code == 2
    assert outcome.errors == (
        f"tfm: {here}/lss: There is nothing here. Name a directory or a verb; tfm --help lists those.\n"
    )


def test_a_file_is_no_directory(tfm: RunHere, here: Path) -> None:
    (here / "file").touch()
    outcome = tfm(str(here / "file"))
    assert (outcome.code, outcome.errors) == (
        2,
        f"tfm: {here}/file: This is not a directory. Name the directory it is in.\n",
    )


@pytest.mark.parametrize("right", ["s3:///x", "s3://im possible/", "gopher://host/", ""])
def test_a_malformed_place_for_a_pane(tfm: RunHere, right: str) -> None:
    outcome = tfm("s3://bucket/", right)
    assert outcome.code == 2
    assert len(outcome.errors.splitlines()) == 1


def test_names_like_options_and_verbs(tfm: RunHere, here: Path) -> None:
    (here / "-l").mkdir()
    (here / "-l" / "inside").touch()
    (here / "cat").mkdir()
    assert tfm("ls", "--", "-l").lines == ["inside"]
    assert tfm("ls", "./-l").lines == ["inside"]
    assert tfm("ls", "cat").lines == []
    # The panes: there is no terminal here, but the directory was found.
    assert "terminal" in tfm("--", "cat").errors
    assert "terminal" in tfm("./cat").errors


def test_storage_options_may_stand_before_the_verb(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"x": b""})
    assert tfm("--region", "ls", "ls", "s3://bucket").lines == ["x"]
    assert tfm("--no-sign-request", "--config=/dev/null", "ls", "s3://bucket").lines == ["x"]


def test_a_profile_brings_its_own_endpoint(
    tfm: RunHere, moto: MotoServer, aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {"x": b""})
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
    aws_files.add_profile("work", access_key="work", secret_key="secret", endpoint_url=moto.url)
    outcome = tfm("ls", "--profile", "work", "s3://bucket/")
    assert outcome.lines == ["x"]
    authorization = moto.records()[-1].headers["authorization"]
    assert "Credential=work/" in authorization


def test_an_endpoint_url_goes_before_the_environment(
    tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {"x": b""})
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", refused_port())
    monkeypatch.setenv("TFM_S3_ENDPOINT_URL", refused_port())
    assert tfm("ls", "--endpoint-url", moto.url, "s3://bucket/").lines == ["x"]
    wrong = tfm("ls", "--endpoint-url", "not a url", "s3://bucket/")
    assert wrong.code == 2
    assert "https://host" in wrong.errors


def test_region_requester_and_signature_options_reach_the_request(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"x": b""})
    tfm("ls", "--region", "eu-west-3", "--request-payer", "s3://bucket/")
    tfm("ls", "--no-sign-request", "s3://bucket/")
    signed, unsigned = moto.records()
    assert "/eu-west-3/s3/" in signed.headers["authorization"]
    assert signed.headers["x-amz-request-payer"] == "requester"
    assert "authorization" not in unsigned.headers


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("class Config:\n    S3_CACHE_TTL = 'soon'\n", "S3_CACHE_TTL must be a number of 0 or more, not 'soon'"),
        ("class Config:\n    S3_CASHE_TTL = 5\n", "there is no setting S3_CASHE_TTL"),
        ("class Config\n", "line 1"),
        (None, "there is no such configuration file"),
    ],
)
def test_wrong_settings_are_exit_code_2_and_one_line(tfm: RunHere, tmp_path: Path, body: str | None, said: str) -> None:
    config = tmp_path / "config.py"
    if body is not None:
        config.write_text(body)
    outcome = tfm("ls", ".", "--config", str(config))
    assert (outcome.code, outcome.output) == (2, b"")
    assert len(outcome.errors.splitlines()) == 1
    assert outcome.errors.startswith(f"tfm: {config}")
    assert said in outcome.errors


def test_a_wrong_setting_does_not_keep_anybody_from_the_panes(tfm: RunHere, tmp_path: Path) -> None:
    config = tmp_path / "config.py"
    config.write_text("class Config:\n    S3_CACHE_TTL = 'soon'\n")
    outcome = tfm("--config", str(config))
    # Past the settings: what is missing here is a terminal. In one, the panes say what they have left out.
    assert outcome.code == 1
    assert "The panes need a terminal" in outcome.errors


@pytest.mark.parametrize("body", [None, "class Config\n"])
def test_a_file_that_was_named_and_cannot_be_read_is_an_error_for_the_panes_too(
    tfm: RunHere, tmp_path: Path, body: str | None
) -> None:
    config = tmp_path / "config.py"
    if body is not None:
        config.write_text(body)
    outcome = tfm("--config", str(config))
    assert (outcome.code, outcome.output) == (2, b"")
    assert outcome.errors.startswith(f"tfm: {config}")


def test_a_wrong_variable_is_exit_code_2(tfm: RunHere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFM_S3_CACHE_TTL", "soon")
    outcome = tfm("ls", ".")
    assert (outcome.code, outcome.errors) == (2, "tfm: TFM_S3_CACHE_TTL must be a number, not 'soon'.\n")


def test_a_configuration_file_counts(tfm: RunHere, moto: MotoServer, tmp_path: Path) -> None:
    moto.put("bucket", {"x": b""})
    config = tmp_path / "config.py"
    config.write_text(f"class Config:\n    S3_ENDPOINT_URL = {refused_port()!r}\n    MAX_ATTEMPTS = 1\n")
    assert "the connection was refused" in tfm("ls", "--config", str(config), "s3://bucket/").errors


def test_without_options_everything_is_as_the_parser_has_it() -> None:
    parser = Parser("tfm", "", description="", epilog="")
    add_storage_options(parser)
    assert vars(parser.parse_args([])) == StorageOptions()._asdict()
