"""Speed and memory beside other linters, all in one run on one machine.

    python tests/benchmarks/peers.py > peers.md

builds a folder of notes from the ``tune`` notes of ``corpus/``, installs this project and the others in virtual
environments of their own under a temporary folder, runs them in turn, and writes Markdown. Needs a package index;
a peer that cannot be installed or run is left out, with a line that says so. Progress goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).with_name("inside.py")
WORDS = 140
#: Seconds after which an installation or a run is given up.
PATIENCE = 900

HARPER = """
import pathlib, sys
from harper import Linter
linter = Linter()
target = pathlib.Path(sys.argv[1])
for file in sorted(target.glob("*.txt")) if target.is_dir() else [target]:
    for lint in linter.lint(file.read_text(encoding="utf-8")):
        print(f"{file}:{lint.span.start}: {lint.message}")
"""

# The pipeline is the embedded one: no other English one can be had from a package index.
CONVOKIT = """
import pathlib, sys
import spacy
from convokit import Corpus, PolitenessStrategies, Speaker, TextParser, Utterance
target = pathlib.Path(sys.argv[1])
files = sorted(target.glob("*.txt")) if target.is_dir() else [target]
speaker = Speaker(id="writer")
corpus = Corpus(utterances=[
    Utterance(id=file.name, speaker=speaker, conversation_id=file.name, text=file.read_text(encoding="utf-8"))
    for file in files
])
corpus = TextParser(spacy_nlp=spacy.load(sys.argv[2]), verbosity=0).transform(corpus)
PolitenessStrategies(verbose=0).transform(corpus, markers=False)
"""


@dataclass
class Peer:
    """A program to measure.

    Attributes:
        name: what the table calls it.
        package: what is installed for it; several names for npm, which come from its registry.
        command: how it is started; ``{bin}`` is the folder of its programs, ``{on}`` what it reads.
        runs: (seconds, MiB) of each run on the folder.
        starts: seconds of each run on one note.
        trouble: why it is left out.
    """

    name: str
    package: str | tuple[str, ...]
    command: list[str]
    version: str = ""
    runs: list[tuple[float, float]] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    trouble: str = ""


def notes(count: int) -> Iterator[str]:
    """Notes of about `WORDS` words, made of the tune notes in the order of the corpus."""
    rows = [
        json.loads(line)
        for path in sorted((ROOT / "corpus").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    texts = [row["text"] for row in rows if row["split"] == "tune"]
    made, current, place = 0, "", 0
    while made < count:
        current = f"{current}\n\n{texts[place % len(texts)]}".strip()
        place += 1
        words = list(re.finditer(r"\S+", current))
        if len(words) >= WORDS - 10:
            yield current[: words[min(WORDS, len(words)) - 1].end()]
            made, current = made + 1, ""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def environment() -> dict[str, str]:
    """One thread for each process, and no cache or settings of the user's."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    }
    return kept | dict.fromkeys(names, "1")


def install(folder: Path, packages: Sequence[str]) -> str:
    """Make a virtual environment; what went wrong, or nothing."""
    venv.create(folder, with_pip=True)
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, env=environment(), check=False
        )
    except subprocess.TimeoutExpired:
        return f"not installed within {PATIENCE} s"
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return "" if done.returncode == 0 else (lines or ["not installed"])[-1]


def install_npm(folder: Path, packages: Sequence[str]) -> str:
    """Install packages of npm into a folder; what went wrong, or nothing."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not there"
    folder.mkdir(parents=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), *packages]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"not installed within {PATIENCE} s"
    return "" if done.returncode == 0 else (done.stderr.splitlines() or ["not installed"])[-1]


def npm_version_of(folder: Path, package: str) -> str:
    meta = folder / "node_modules" / package / "package.json"
    return str(json.loads(meta.read_text(encoding="utf-8"))["version"]) if meta.exists() else ""


def version_of(folder: Path, package: str) -> str:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run(
        [str(folder / "bin" / "python"), "-c", code], capture_output=True, text=True, check=False
    ).stdout.strip()


def run(command: Sequence[str]) -> tuple[float, float]:
    """Seconds and peak memory (MiB, of the process itself) of a run.

    Raises:
        RuntimeError: it failed.
    """
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, env=environment())
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        code = process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        text = errors.read().decode(errors="replace").strip()
    # Linters exit with 1, codespell with 65, when they have found something.
    if code not in (0, 1, 65) or "Traceback" in text:
        raise RuntimeError((text.splitlines() or [f"exit code {code}"])[-1])
    return seconds, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def machine() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = re.findall(r"model name\s*: (.*)", info.read_text())
        model = names[0] if names else model
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}; load before the run {load}; one thread a process."
    )


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--notes", type=int, default=1000, help="how many notes the folder has")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program; medians are written")
    parser.add_argument(
        "--keep", type=Path, help="work in this folder, and use what it has installed already"
    )
    parser.add_argument("--without", action="append", default=[], help="a peer to leave out")
    return parser.parse_args()


def main() -> None:
    arguments = parsed_arguments()
    work = arguments.keep or Path(tempfile.mkdtemp(prefix="notecheck-peers-"))
    try:
        work.mkdir(parents=True, exist_ok=True)
        compare(work.resolve(), arguments)
    finally:
        if arguments.keep is None:
            shutil.rmtree(work, ignore_errors=True)


def compare(work: Path, arguments: argparse.Namespace) -> None:
    before = machine()
    folder, one = work / "notes", work / "one" / "note.txt"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    one.parent.mkdir(exist_ok=True)
    for number, text in enumerate(notes(arguments.notes)):
        (folder / f"{number:05}.txt").write_text(text, encoding="utf-8")
        if number == 3:
            one.write_text(text, encoding="utf-8")
    (work / "run_harper.py").write_text(HARPER)
    (work / "run_convokit.py").write_text(CONVOKIT)
    ours = work / "notecheck"
    check = ["{bin}/notecheck", "check", "--isolated", "--format", "concise", "--no-cache"]
    peers = [
        Peer("notecheck --jobs 1", str(ROOT), [*check, "--jobs", "1", "{on}"]),
        Peer("notecheck --jobs 2", str(ROOT), [*check, "--jobs", "2", "{on}"]),
        Peer(
            "notecheck, unchanged folder",
            str(ROOT),
            [*check[:-1], "--cache-dir", str(work / "cache"), "{on}"],
        ),
        Peer("proselint", "proselint", ["{bin}/proselint", "check", "{on}"]),
        Peer("codespell", "codespell", ["{bin}/codespell", "{on}"]),
        Peer("harper-py", "harper-py", ["{bin}/python", str(work / "run_harper.py"), "{on}"]),
        Peer(
            "ConvoKit politeness",
            "convokit",
            ["{bin}/python", str(work / "run_convokit.py"), "{on}", "{model}"],
        ),
        Peer(
            "textlint, write-good",
            ("textlint", "textlint-rule-write-good"),
            ["{bin}/textlint", "--no-textlintrc", "--rule", "write-good", "{on}"],
        ),
        Peer("alex", ("alex",), ["{bin}/alex", "--quiet", "{on}"]),
    ]
    peers = [peer for peer in peers if not {peer.package, peer.package[0]} & set(arguments.without)]
    for peer in peers:
        if not isinstance(peer.package, str):
            home = work / peer.package[0]
            if not home.exists():
                say(f"installing {home.name}")
                peer.trouble = install_npm(home, peer.package)
            peer.version = npm_version_of(home, peer.package[0])
            programs = str(home / "node_modules" / ".bin")
            peer.command = [part if part == "{on}" else part.format(bin=programs) for part in peer.command]
            continue
        home = work / ("notecheck" if peer.package == str(ROOT) else peer.package)
        if not home.exists():
            say(f"installing {home.name}")
            peer.trouble = install(home, [peer.package])
        peer.version = version_of(home, home.name)
        site = next((ours / "lib").glob("python*")) / "site-packages"
        places = {"bin": str(home / "bin"), "model": str(site / "notecheck" / "pipeline" / "en")}
        peer.command = [part if part == "{on}" else part.format(**places) for part in peer.command]
    for number in range(arguments.runs + 1):
        for peer in peers:
            if not peer.trouble:
                say(f"run {number} of {arguments.runs}: {peer.name}")
                try:
                    seconds = run([str(folder) if part == "{on}" else part for part in peer.command])
                    start = run([str(one) if part == "{on}" else part for part in peer.command])[0]
                except RuntimeError as error:
                    peer.trouble = str(error)
                    continue
                if number:  # the first fills caches
                    peer.runs.append(seconds)
                    peer.starts.append(start)
    commands = {
        f"notecheck {' '.join(words)}": [str(ours / "bin" / "notecheck"), *words]
        for words in (["--version"], ["--help"], ["rules"], ["explain", "gratitude/thank"])
    }
    starts = {
        name: median([run(command)[0] for _ in range(arguments.runs)]) for name, command in commands.items()
    }
    say("inside one process")
    inside = subprocess.run(
        [str(ours / "bin" / "python"), str(INSIDE), str(folder)],
        capture_output=True, text=True, env=environment(), check=True,
    )  # fmt: skip
    print(table(before, peers, starts, json.loads(inside.stdout), arguments))


def table(
    before: str, peers: list[Peer], starts: dict[str, float], inside: dict[str, dict[str, float]],
    arguments: argparse.Namespace,
) -> str:  # fmt: skip
    """The Markdown."""
    beside = next((peer for peer in peers if peer.name == "proselint" and peer.runs), None)
    base = median([seconds for seconds, _ in beside.runs]) if beside else None
    start = median(beside.starts) if beside else None

    def ratio(value: float, of: float | None) -> str:
        return "" if of is None else f"{value / of:.2f}"

    out = [
        f"{before}",
        f"{arguments.notes:,} notes of about {WORDS} words; medians of {arguments.runs} runs in turn.",
        "",
        "| | version | notes/s | × proselint | cold start, one note (s) | × proselint | peak memory (MiB) |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for peer in peers:
        if not peer.runs:
            continue
        seconds = median([seconds for seconds, _ in peer.runs])
        memory = median([memory for _, memory in peer.runs])
        cold = median(peer.starts)
        faster = "" if base is None else f"{base / seconds:.2f}"
        out.append(
            f"| {peer.name} | {peer.version} | {arguments.notes / seconds:,.0f} | {faster} | {cold:.2f} "
            f"| {ratio(cold, start)} | {memory:.0f} |"
        )
    out += [f"\n{peer.name} is left out: {peer.trouble}" for peer in peers if not peer.runs]
    out += ["", "| command | cold start (s) | × proselint on one note |", "|---|--:|--:|"]
    out += [f"| `{name}` | {seconds:.2f} | {ratio(seconds, start)} |" for name, seconds in starts.items()]
    latency = inside["latency"]
    out += [
        "",
        f"One warm note through `Checker.check`: median {latency['median']:.1f} ms, p99 {latency['p99']:.1f} ms.",
        "",
        "| stage of it | median (ms) |",
        "|---|--:|",
        *(f"| {name} | {milliseconds:.2f} |" for name, milliseconds in inside["stages"].items()),
        "",
        "| words in one note | seconds | ms per 140 words | peak memory so far (MiB) |",
        "|--:|--:|--:|--:|",
    ]
    for words, (seconds, memory) in inside["curve"].items():
        each = 1000 * seconds * WORDS / int(words)
        out.append(f"| {int(words):,} | {seconds:.3f} | {each:.1f} | {memory:.0f} |")
    return "\n".join(out)


if __name__ == "__main__":
    main()
