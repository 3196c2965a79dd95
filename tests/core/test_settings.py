"""Settings by name: from config.py's values and from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields

import pytest

from tfm.core.errors import SettingsError
from tfm.core.settings import Settings, setting_names, settings_from_environment, with_settings


def test_the_defaults() -> None:
    settings = Settings()
    assert settings.s3_cache_ttl == 60
    assert settings.connect_timeout_seconds == 3
    assert settings.read_timeout_seconds == 20
    assert settings.interactive_timeout_seconds == 10


def test_every_setting_has_a_name_in_capitals_and_one_line_of_help() -> None:
    names = setting_names()
    assert set(names) == {item.name.upper() for item in fields(Settings)} - {"ORIGINS"}
    for text in names.values():
        assert text.endswith(".")
        assert text.isprintable()


def test_values_replace_defaults_and_leave_the_rest() -> None:
    before = Settings()
    after = with_settings(before, {"S3_CACHE_TTL": 300, "S3_ANONYMOUS": True, "S3_REGION": "eu"}, source="config.py")
    assert (after.s3_cache_ttl, after.s3_anonymous, after.s3_region) == (300, True, "eu")
    assert after.cache_max_bytes == before.cache_max_bytes
    assert before == Settings()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"S3_CACHE_TTL": "60"}, "a number of 0 or more, not '60'"),
        ({"S3_CACHE_TTL": -1}, "a number of 0 or more, not -1"),
        ({"S3_CACHE_TTL": True}, "a number"),
        ({"S3_CACHE_TTL": None}, "a number"),
        ({"S3_CACHE_TTL": float("nan")}, "a number"),
        ({"S3_CACHE_TTL": float("inf")}, "a number"),
        ({"CACHE_MAX_BYTES": 1.5}, "a whole number"),
        ({"MAX_ATTEMPTS": 0}, "a whole number of 1 or more"),
        ({"S3_ANONYMOUS": 1}, "True or False"),
        ({"S3_REGION": 3}, "text in quotes"),
        ({"S3_CACHE_TLT": 60}, "no setting S3_CACHE_TLT"),
        ({"s3_cache_ttl": 60}, "no setting s3_cache_ttl"),
        ({"": 60}, "no setting"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(values: Mapping[str, object], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        with_settings(Settings(), values, source="config.py")
    text = str(caught.value)
    assert text.startswith("config.py: ")
    assert words in text
    assert text.isprintable()


def test_an_unknown_setting_is_told_which_there_are() -> None:
    with pytest.raises(SettingsError, match="S3_CACHE_TTL"):
        with_settings(Settings(), {"TTL": 1}, source="config.py")


def test_a_large_whole_number_is_a_number() -> None:
    assert with_settings(Settings(), {"CACHE_MAX_BYTES": 10**400}, source="x").cache_max_bytes == 10**400


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("true", True), (" Yes ", True), ("on", True), ("0", False), ("", False)]
)
def test_a_switch_in_the_environment(text: str, value: bool) -> None:
    assert settings_from_environment(Settings(), {"TFM_S3_ANONYMOUS": text}).s3_anonymous is value


def test_numbers_and_text_in_the_environment() -> None:
    settings = settings_from_environment(
        Settings(),
        {
            "TFM_S3_CACHE_TTL": "0.5",
            "TFM_MAX_ATTEMPTS": "3",
            "TFM_S3_REGION": "eu",
            "TFM_OTHER": "x",
            "S3_REGION": "no",
        },
    )
    assert (settings.s3_cache_ttl, settings.max_attempts, settings.s3_region) == (0.5, 3, "eu")


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("TFM_S3_CACHE_TTL", "soon"),
        ("TFM_S3_CACHE_TTL", "-1"),
        ("TFM_S3_CACHE_TTL", "nan"),
        ("TFM_MAX_ATTEMPTS", "1.5"),
        ("TFM_S3_ANONYMOUS", "perhaps"),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(variable: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_from_environment(Settings(), {variable: text})
    assert variable.removeprefix("TFM_") in str(caught.value)
    assert "TFM_" in str(caught.value)


def test_a_table_is_a_dict_of_texts_and_keeps_its_order() -> None:
    settings = with_settings(Settings(), {"KEYS": {"g d": "go_to ~/data", "x": ""}}, source="config.py")
    assert settings.keys == (("g d", "go_to ~/data"), ("x", ""))


@pytest.mark.parametrize(("value", "part"), [(["x"], "KEYS must be a dict"), ({"x": 1}, "KEYS['x'] must be text")])
def test_a_wrong_table_is_refused_with_its_row(value: object, part: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(part)):
        with_settings(Settings(), {"KEYS": value}, source="config.py")


def test_a_setting_with_choices_takes_no_other() -> None:
    with pytest.raises(SettingsError, match=r"config\.py, line 3: KEYMAP must be one of orthodox, vim, not 'emacs'"):
        with_settings(Settings(), {"KEYMAP": "emacs"}, source="config.py", lines={"KEYMAP": 3})


def test_who_hears_complaints_gets_the_rest_of_the_settings() -> None:
    heard: list[str] = []
    values = {"KEYMAP": "emacs", "S3_CACHE_TTL": 5, "NO_SUCH": 1}
    settings = with_settings(Settings(), values, source="config.py", complain=heard.append)
    assert (settings.keymap, settings.s3_cache_ttl, len(heard)) == ("orthodox", 5, 2)


def test_a_table_in_the_environment_is_json() -> None:
    assert settings_from_environment(Settings(), {"TFM_KEYS": '{"x": "copy"}'}).keys == (("x", "copy"),)
    with pytest.raises(SettingsError, match="TFM_KEYS must be a JSON object"):
        settings_from_environment(Settings(), {"TFM_KEYS": "x=copy"})


def test_a_setting_knows_where_it_was_said() -> None:
    lines = {"KEYS": 4, "KEYS x": 5}
    settings = with_settings(Settings(), {"KEYS": {"x": "copy", "y": "move"}}, source="config.py", lines=lines)
    assert settings.origin("KEYS", "x") == "config.py, line 5"
    assert settings.origin("KEYS", "y") == "config.py"
    assert settings.origin("KEYS") == "config.py, line 4"
