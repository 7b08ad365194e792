"""The hook of ``.pre-commit-hooks.yaml``, as pre-commit installs and runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def letters(tmp_path: Path, root: Path) -> Path:
    """A repository of somebody who keeps drafts in it: two of them staged, and a file that is no draft."""
    folder = tmp_path / "letters"
    folder.mkdir()
    for name in ("draft.txt", "first-try.txt"):
        shutil.copy(root / "tests" / "data" / name, folder)
    (folder / "notes.py").write_text("print('not a draft')\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    return folder


def test_the_hook_is_installed_and_checks_what_is_staged(
    letters: Path, checkout: Path, tmp_path: Path
) -> None:
    # The hook gets an environment of its own. Its dependencies are those of this one, so that nothing is
    # downloaded; pip takes "0" in this variable for "no isolation".
    environment = {
        **os.environ,
        "PRE_COMMIT_HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith("site-packages")),
        "PYTHONWARNINGS": "",
    }
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(checkout), "notecheck", "--all-files"]
    result = subprocess.run(
        command, cwd=letters, env=environment, check=False, capture_output=True, text=True, timeout=600
    )
    assert result.returncode == 1, result.stdout + result.stderr
    assert "draft.txt: ready to send" in result.stdout
    assert "first-try.txt: not ready to send" in result.stdout
    assert "notes.py" not in result.stdout
