"""Settings: the environment over the file, keys made once for this user's eyes only, and what production refuses."""

import os
import threading
from pathlib import Path

import pytest

from workers import settings
from workers.keys import keyfile
from workers.settings import Settings, SettingsError

KEY = "0123456789abcdef"
CHANNEL = '[[channels]]\nname = "kayes"\nprovider = "africastalking"\ntoken = {token}\nservice_codes = ["*384*36#"]\n'


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of ours, an empty working directory."""
    for name in (*settings._ENVIRONMENT, "PALABRE_CONFIG", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "palabre.toml") -> None:
    Path(name).write_text(text)


def refusal() -> str:
    with pytest.raises(SettingsError) as refused:
        settings.load()
    line = str(refused.value)
    assert "secret/part" not in line
    assert "\n" not in line
    return line


def test_without_any_setting_everything_is_in_var(tmp_path: Path) -> None:
    loaded = settings.load()
    assert loaded.data_dir == str(tmp_path / "var")
    assert loaded.database_url == f"sqlite:///{tmp_path}/var/palabre.db"
    assert loaded.redis_url == loaded.queue_url == settings.embedded_redis_url(tmp_path / "var")
    assert (loaded.embeds_redis, loaded.address, loaded.durability) == (True, "http://127.0.0.1:8000", "always")


def test_the_environment_stands_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write('organisation = "AJDK"\nport = 9000\nphone_keys = ["one"]\n')
    monkeypatch.setenv("PORT", "9001")
    monkeypatch.setenv("PALABRE_PHONE_KEYS", " newest , older,")
    monkeypatch.setenv("PALABRE_REDIS_URL", "redis://elsewhere")
    monkeypatch.setenv("PALABRE_ORGANISATION", "")  # empty is not set
    loaded = settings.load()
    assert (loaded.port, loaded.organisation) == (9001, "AJDK")
    assert loaded.phone_keys == ("newest", "older")
    assert (loaded.embeds_redis, loaded.queue_url) == (False, "redis://elsewhere")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense = 1", "nonsense"),
        ('perimeter = ["Nioro du Sahel"]', "perimeter: 'Nioro du Sahel' is not among bafoulabe"),
        ('perimeter = ["sadiola"]', "'sadiola'"),  # a cercle of 2023: which communes it took is not known
        ("port = 'many'", "port"),
        ("port = ", "palabre.toml"),
        ('durability = "never"', "PALABRE_DURABILITY"),
        (CHANNEL.format(token='"x"') + "colour = 1", "colour"),
        (CHANNEL.format(token='"x"') + "page_septets = 500", "page_septets"),
        (CHANNEL.format(token='"x"') + "rate = 0", "rate"),
        ('[[channels]]\nname = "kayes"', "provider"),
        (CHANNEL.format(token='"x"').replace("africastalking", "kannell"), "channel kayes: no provider 'kannell'; there are:"),
        (CHANNEL.format(token='"x"').replace("africastalking", "twilio"), "twilio needs also account_sid, auth_token"),
        (CHANNEL.format(token='"x"').replace("africastalking", "orange"), "sender_address"),
        (CHANNEL.format(token='"x"') + CHANNEL.format(token='"y"'), "two channels have this name"),
        (
            CHANNEL.format(token='["x", "a"]') + CHANNEL.format(token='"a"').replace("kayes", "b"),
            "channel b: another africastalking channel has its token",
        ),
        (CHANNEL.format(token='"secret/part"'), "letters, digits and"),
        (CHANNEL.format(token='""'), "letters, digits and"),
    ],
)
def test_a_setting_that_is_wrong_is_one_line(text: str, said: str) -> None:
    write(text)
    assert said in refusal()


def test_the_perimeter_is_the_historical_region_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.load().perimeter == ("bafoulabe", "diema", "kayes", "kenieba", "kita", "nioro", "yelimane")
    monkeypatch.setenv("PALABRE_PERIMETER", "kita, nioro")
    assert settings.load().perimeter == ("kita", "nioro")


def test_a_named_file_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALABRE_CONFIG", "elsewhere.toml")
    assert "elsewhere.toml" in refusal()
    write('organisation = "AJDK"', "elsewhere.toml")
    assert settings.load().organisation == "AJDK"


def test_a_port_that_is_no_number_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    assert "port" in refusal()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"PALABRE_SECRET_KEY": KEY}, "PALABRE_PHONE_KEYS"),
        ({"PALABRE_PHONE_KEYS": KEY}, "PALABRE_SECRET_KEY"),
        ({"PALABRE_SECRET_KEY": KEY, "PALABRE_PHONE_KEYS": KEY, "PALABRE_DEMONSTRATION": "1"}, "demonstration"),
    ],
)
def test_production_refuses_what_is_missing_and_what_is_for_show(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    for name, value in {"PALABRE_ENV": "production", **given}.items():
        monkeypatch.setenv(name, value)
    assert said in refusal()


@pytest.mark.parametrize("token", ['"demo"', f'["{KEY}", "short"]', "[]", '""'])
def test_production_refuses_a_channel_without_a_long_token(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    for name, value in {"ENV": "production", "SECRET_KEY": KEY, "PHONE_KEYS": KEY}.items():
        monkeypatch.setenv(f"PALABRE_{name}", value)
    write(CHANNEL.format(token=f'"{KEY}"'))
    assert settings.load().is_production
    write(CHANNEL.format(token=token))
    assert "kayes" in refusal()


def test_keys_are_made_once_for_the_user_s_eyes_only(tmp_path: Path) -> None:
    first = settings.with_secrets(settings.load())
    kept = keyfile.read(tmp_path / "var" / "secrets.toml")
    assert len(first.secret_key) == len(kept.phone_keys[0]) == 64
    assert first.secret_key == kept.secret_key != kept.phone_keys[0]
    assert first.phone_keys == ()
    assert (tmp_path / "var" / "secrets.toml").stat().st_mode & 0o777 == 0o600
    assert settings.with_secrets(settings.load()) == first
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secrets.toml"]


def test_processes_that_start_at_once_find_the_same_keys(tmp_path: Path) -> None:
    found = []
    bare = settings.load()

    def start() -> None:
        if (child := os.fork()) == 0:
            (tmp_path / f"keys-{os.getpid()}").write_text(settings.with_secrets(bare).secret_key)
            os._exit(0)
        found.append(os.waitpid(child, 0)[1])

    starts = [threading.Thread(target=start) for _ in range(8)]
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join()
    assert found == [0] * 8
    assert len({path.read_text() for path in tmp_path.glob("keys-*")}) == 1


def test_a_key_that_is_set_stands_over_the_one_that_was_made() -> None:
    settings.with_secrets(settings.load())
    assert settings.with_secrets(Settings(data_dir="var", secret_key=KEY)).secret_key == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret_key = ",
        'secret_key = "one"',  # no phone keys
        'secret_key = "one"\nphone_keys = []',
        'secret_key = "one"\nphone_keys = "two"',
        "\x00\x01",  # what is left of one that was overwritten
    ],
)
def test_keys_that_cannot_be_read_are_one_line_and_are_not_made_anew(text: str) -> None:
    Path("var").mkdir()
    write(text, "var/secrets.toml")
    with pytest.raises(SettingsError, match=r"secrets\.toml") as refused:
        settings.with_secrets(settings.load())
    assert "\n" not in str(refused.value)
    assert Path("var/secrets.toml").read_text() == text


def test_a_data_directory_that_cannot_be_made_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    write("", "file")
    monkeypatch.setenv("PALABRE_DATA_DIR", "file")
    with pytest.raises(SettingsError, match="file"):
        settings.with_secrets(settings.load())


def test_a_socket_s_path_is_never_longer_than_a_socket_s_path_may_be(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    url = settings.embedded_redis_url(deep)
    assert len(os.fsencode(url.removeprefix("unix://"))) <= 107
    assert url != settings.embedded_redis_url(deep / "other")
