"""``interlingua classify train|predict``: from labelled rows to labels for others."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interlingua import CrossLingualClassifier, load_corpus

Run = Callable[..., Any]
Fails = Callable[..., str]
Write = Callable[..., str]

SOURCE = str(Path(__file__).resolve().parents[2] / "src")
TRAIN = ["--head", "centroid", "-m", "use"]


def jsonl(*langs: str, **more: Callable[[Any], object]) -> str:
    rows = [
        {"id": text.id, "text": text.text, "lang": text.lang, "topic": text.topic}
        | {name: value(text) for name, value in more.items()}
        for text in load_corpus(langs)
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def trained(run: Run, write: Write) -> str:
    """A classifier that was trained on English rows."""
    write("en.jsonl", jsonl("en"))
    assert run("classify", "train", "en.jsonl", "-o", "c", "--label-column", "topic", *TRAIN).code == 0
    return "c"


def test_training_says_what_was_learned(run: Run, write: Write) -> None:
    write("en.csv", "text,intent\n" + "".join(f'"{text.text}",{text.topic}\n' for text in load_corpus(["en"])))
    result = run("classify", "train", "en.csv", "-o", "c", *TRAIN)
    assert result.code == 0
    told = {line.split()[0]: line.split(maxsplit=1)[1] for line in result.out.splitlines()[2:]}
    assert told["rows"] == "48"
    assert told["labels"].startswith("8: account 6, delivery 6, ")
    assert told["languages"].startswith("1: en 4") or told["languages"].startswith("2: en 4")
    assert told["head"] == "centroid"
    assert "written: c; classify texts with: interlingua classify predict c FILE" in result.err
    texts = CrossLingualClassifier.load("c").trained_.texts
    assert texts is not None
    assert texts[0] == "How do I reset my password?"


def test_texts_need_not_be_kept(run: Run, trained: str) -> None:
    assert (
        run("classify", "train", "en.jsonl", "-o", trained, "--label-column", "topic", "--no-texts", *TRAIN).code == 0
    )
    assert CrossLingualClassifier.load(trained).trained_.texts is None
    result = run("classify", "explain", trained, "Wo ist mein Paket?", "-n", "1")
    assert "of the training data" in result.out


def test_rows_go_out_as_they_came(run: Run, write: Write, trained: str) -> None:
    write("de.jsonl", jsonl("de", nested=lambda _: {"a": [1]}))
    rows = run("classify", "predict", trained, "de.jsonl").rows
    given = [json.loads(line) for line in Path("de.jsonl").read_text(encoding="utf-8").splitlines()]
    new = ["label", "probability", "confidence", "second"]
    assert [{name: row[name] for name in row if name not in new} for row in rows] == given
    assert list(rows[0]) == [*given[0], *new]
    assert sum(row["label"] == row["topic"] for row in rows) >= 40
    assert all(0 < row["probability"] <= 1 and row["second"] != row["label"] for row in rows)


def test_csv_and_tsv(run: Run, write: Write, trained: str) -> None:
    write("de.csv", 'Nr,text,note\n1,"Wo ist mein Paket, bitte?","a ""b"""\n2,Wie setze ich mein Passwort zurück?,\n')
    result = run("classify", "predict", trained, "de.csv", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert [(row["Nr"], row["note"], row["label"], row["lang"]) for row in rows] == [
        ("1", 'a "b"', "delivery", "de"),
        ("2", "", "account", "de"),
    ]
    assert run("classify", "predict", trained, "de.csv", "-o", "out.tsv").code == 0
    lines = Path("out.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == ["Nr", "text", "note", "label", "probability", "confidence", "second", "lang"]
    assert lines[1].split("\t")[:4] == ["1", "Wo ist mein Paket, bitte?", 'a "b"', "delivery"]


def test_standard_input_and_a_given_language(run: Run, trained: str) -> None:
    result = run("classify", "predict", trained, "-", "--lang", "deu", stdin=b"Wo ist mein Paket?\n\nDas Auto.\n")
    assert [(row["text"], row["lang"]) for row in result.rows] == [("Wo ist mein Paket?", "de"), ("Das Auto.", "de")]
    assert result.rows[0]["label"] == "delivery"


def test_own_columns_are_not_overwritten(run: Run, fails: Fails, write: Write, trained: str) -> None:
    write("a.csv", "text,label\nWo ist mein Paket?,mine\n")
    (row,) = run("classify", "predict", trained, "a.csv").rows
    assert (row["label"], row["predicted_label"]) == ("mine", "delivery")
    assert "predicted_probability" in row
    (row,) = run("classify", "predict", trained, "a.csv", "--prefix", "new ").rows
    assert (row["label"], row["new label"]) == ("mine", "delivery")
    assert fails(1, "classify", "predict", trained, "a.csv", "--prefix", "") == (
        "a.csv, row 1: there is a column 'label' already; give the new ones another beginning with --prefix."
    )


def test_abstention(run: Run, fails: Fails, write: Write, trained: str) -> None:
    write("a.txt", "Where can I track my parcel?\nzxqv wrtk plmn bvcx\n")
    every = run("classify", "predict", trained, "a.txt").rows
    assert "unknown" not in [row["label"] for row in every]
    some = run("classify", "predict", trained, "a.txt", "--target-precision", "0.95", "--unknown", "?").rows
    assert [row["label"] for row in some] == ["delivery", "?"]
    assert some[1]["confidence"] < some[0]["confidence"]
    assert fails(2, "classify", "predict", trained, "a.txt", "--unknown", "?") == (
        "--unknown is for answers that are held back; give --target-precision."
    )
    assert "'travel' is one of the labels" in fails(
        2, "classify", "predict", trained, "a.txt", "--unknown", "travel", "--target-precision", "0.9"
    )
    assert fails(2, "classify", "predict", trained, "a.txt", "--target-precision", "95") == (
        "--target-precision is a number between 0 and 1, not 95.0."
    )


def test_several_labels(run: Run, fails: Fails, write: Write) -> None:
    both = {"account": ["account", "service"], "payment": ["payment", "service"]}
    write("m.jsonl", jsonl("en", topics=lambda text: both.get(text.topic, [text.topic])))
    options = ["--label-column", "topics", "-m", "use", "--head", "knn"]
    assert "m.jsonl, row 1: the label is a list; give --multi-label." in fails(
        1, "classify", "train", "m.jsonl", "-o", "m", *options
    )
    assert run("classify", "train", "m.jsonl", "-o", "m", "--multi-label", *options).code == 0
    rows = run("classify", "predict", "m", "m.jsonl").rows
    assert all(isinstance(row["label"], list) for row in rows)
    texts = "".join(f"{text.text}\t{'|'.join(both.get(text.topic, [text.topic]))}\n" for text in load_corpus(["en"]))
    write("m.tsv", "text\ttopics\n" + texts)
    assert run("classify", "train", "m.tsv", "-o", "t", "--multi-label", "--label-separator", "|", *options).code == 0
    assert CrossLingualClassifier.load("t").classes_.tolist() == CrossLingualClassifier.load("m").classes_.tolist()
    result = run("classify", "evaluate", "m", "m.jsonl", "--label-column", "topics", "--multi-label", "-f", "jsonl")
    assert result.rows[0]["confusion"] is None
    assert {one["label"]: one["support"] for one in result.rows[0]["classes"]}["service"] == 12


def test_labels_alone(run: Run, fails: Fails, write: Write) -> None:
    assert run("classify", "train", "--labels", "sports,politics,food", "-o", "z", "-m", "use").code == 0
    result = run("classify", "predict", "z", "-", stdin=b"Wir haben Suppe und Brot gegessen.\n")
    assert (result.rows[0]["label"], result.rows[0]["confidence"]) == ("food", None)
    write("l.txt", "sun\tIt is sunny and warm today.\nsun\tThe sky is blue.\nrain\tIt is raining all day.\n")
    assert run("classify", "train", "--labels", "l.txt", "-o", "w", "-m", "use").code == 0
    result = run("classify", "predict", "w", "-", stdin=b"Es regnet den ganzen Tag.\n")
    assert result.rows[0]["label"] == "rain"
    assert "When to abstain was not learned" in fails(2, "classify", "predict", "w", "-", "--target-precision", "0.9")
    for labels, code, message in (
        ("sports", 1, "--labels sports: that is one label, and no file of this name is there; give two at least."),
        ("a,,b", 2, "--labels takes different names with commas between, not 'a,,b'."),
        ("a,a", 2, "--labels takes different names with commas between, not 'a,a'."),
    ):
        assert fails(code, "classify", "train", "--labels", labels, "-o", "q") == message
    write("l.txt", "\tno label\n")
    assert (
        fails(1, "classify", "train", "--labels", "l.txt", "-o", "q")
        == "l.txt, line 1: there is no label before the tab."
    )


HAS_TWO = "text,label\na b,x\nc d,y\n"
NO_LABEL = "label them, or give --on-invalid skip to leave them out."
NAME_ANOTHER = "Name another: --label-column NAME."


@pytest.mark.parametrize(
    ("content", "options", "code", "message"),
    [
        (HAS_TWO, ["--label-column", "y"], 1, f"a.csv: there is no column 'y'; there are: text, label. {NAME_ANOTHER}"),
        (
            "text,kind\na b,x\n",
            [],
            1,
            "a.csv: no column is called label; there are: text, kind. Say which holds it: --label-column NAME.",
        ),
        ("text,label\na b,x\nc d,\ne f, \n", [], 1, f"a.csv: 2 rows (2, 3) have no label in 'label'; {NO_LABEL}"),
        ("text,label\na b,x\nc d,\n", [], 1, f"a.csv: row 2 has no label in 'label'; {NO_LABEL}"),
        ("text,label\na b,\nc d,\n", [], 1, "a.csv: no row has a label in 'label'."),
        (
            "text,label\na b,x\nc d,x\n",
            [],
            1,
            "a.csv: all 2 rows have the label 'x'; a classifier tells two labels apart at least.",
        ),
        (
            "text,label,lang\na b,x,jp\n",
            ["--lang-column", "lang"],
            1,
            "a.csv: line 2: 'jp' is not a language code but a country's; did you mean 'ja'?",
        ),
        (HAS_TWO, ["--lang", "jp"], 2, "'jp' is not a language code but a country's; did you mean 'ja'?"),
        (HAS_TWO, ["--c", "0"], 2, "--c must be a number above 0, not 0.0."),
        (HAS_TWO, ["--out-of-scope", "1"], 2, "--out-of-scope is a number between 0 and 1, not 1.0."),
        (HAS_TWO, ["--labels", "a,b"], 2, "Give a FILE of labelled rows, or --labels to do without one."),
        (
            HAS_TWO,
            ["--multi-label", "--label-separator", ""],
            2,
            "--label-separator is empty; give the sign that stands between labels.",
        ),
    ],
)
def test_errors_in_training(
    fails: Fails, write: Write, content: str, options: list[str], code: int, message: str
) -> None:
    write("a.csv", content)
    assert fails(code, "classify", "train", "a.csv", "-o", "c", "-m", "use", *options) == message


def test_an_empty_text(fails: Fails, write: Write) -> None:
    write("a.csv", "text,label\n,x\nc d,y\n")
    told = fails(1, "classify", "train", "a.csv", "-o", "c", "-m", "use")
    assert told.startswith("a.csv, row 1: ")
    assert told.endswith("; give --on-invalid skip to leave out such rows.")


def test_errors_about_folders(fails: Fails, write: Write, trained: str) -> None:
    write("a.txt", "some text\n")
    assert (
        fails(1, "classify", "train", "a.txt", "-o", "n")
        == "a.txt: txt has no column for labels; csv, tsv and jsonl have."
    )
    assert fails(2, "classify", "train", "en.jsonl") == "Where shall the classifier go? Give --out FOLDER."
    assert fails(1, "classify", "train", "en.jsonl", "-o", "a.txt") == "a.txt is a file; give the name of a folder."
    assert (
        fails(1, "classify", "train", "en.jsonl", "-o", "no/c") == "no/c cannot be written: its folder does not exist."
    )
    assert "is no trained classifier" in fails(1, "classify", "predict", "nowhere", "a.txt")
    assert "is no trained classifier" in fails(1, "classify", "predict", "a.txt", "a.txt")
    assert fails(1, "classify", "predict", trained, "b.txt") == "b.txt: no such file."
    assert fails(2, "classify", "predict", trained, "a.txt", "-o", "out.xml").startswith("--out out.xml: the ending")
    assert fails(2, "classify", "predict", trained, "en.jsonl", "-o", "en.jsonl") == (
        "--out en.jsonl is a file that is read or written already; give another name."
    )
    facts = json.loads(Path(trained, "classifier.json").read_text(encoding="utf-8"))
    Path(trained, "classifier.json").write_text(json.dumps(facts | {"fingerprint": "another"}), encoding="utf-8")
    assert "was trained on vectors of" in fails(2, "classify", "predict", trained, "a.txt")
    Path(trained, "arrays.npz").write_bytes(b"torn")
    assert "damaged" in fails(1, "classify", "predict", trained, "a.txt")


def test_rows_without_a_label_can_be_left_out(run: Run, write: Write) -> None:
    lines = jsonl("en").splitlines()
    lines[3] = json.dumps(json.loads(lines[3]) | {"topic": None})
    write("a.jsonl", "\n".join(lines) + "\n")
    result = run("classify", "train", "a.jsonl", "-o", "c", "--label-column", "topic", "--on-invalid", "skip", *TRAIN)
    assert result.code == 0
    assert "warning: a.jsonl: left out row 4 without a label" in result.err
    assert result.out.splitlines()[2].split() == ["rows", "47"]


def test_a_label_with_one_example_is_told(run: Run, write: Write) -> None:
    write("a.jsonl", jsonl("en") + '{"text": "The moon is full.", "lang": "en", "topic": "moon"}\n')
    result = run("classify", "train", "a.jsonl", "-o", "c", "--label-column", "topic", *TRAIN)
    assert result.code == 0
    assert (
        "warning: a.jsonl: the label 'moon' has a single example, which cannot be both learned from and tested on"
        in result.err
    )


def test_an_error_on_the_way_leaves_no_file(run: Run, write: Write, trained: str) -> None:
    write("a.jsonl", '{"text": "Where is my parcel?"}\n' * 1100 + '{"text": ""}\n')
    result = run("classify", "predict", trained, "a.jsonl", "-o", "out.jsonl")
    assert result.code == 1
    assert "a.jsonl, row 1101" in result.err
    assert sorted(os.listdir()) == ["a.jsonl", "c", "en.jsonl"]
    assert run("classify", "predict", trained, "a.jsonl", "-o", "out.jsonl", "--on-invalid", "skip").code == 0
    assert len(Path("out.jsonl").read_text(encoding="utf-8").splitlines()) == 1100


def test_prediction_does_not_import_sklearn(trained: str) -> None:
    assert trained == "c"
    code = (
        "import sys; sys.argv = ['interlingua', 'classify', 'predict', 'c', 'en.jsonl', '-o', 'out.csv']\n"
        "from interlingua.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'sklearn', 'scipy', 'pandas', 'torch', 'faiss'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": SOURCE},
    )
    assert done.stdout.decode().strip() == "[]"
    assert len(Path("out.csv").read_text(encoding="utf-8").splitlines()) == 49


@pytest.mark.skipif(os.name == "nt", reason="signals differ")
def test_ctrl_c_leaves_no_file(trained: str, write: Write, start: Callable[..., subprocess.Popen[bytes]]) -> None:
    # A job in the background has SIGINT ignored, and its children inherit that; a user's has not.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    write("a.txt", "".join(f"Where is parcel number {number}?\n" for number in range(200_000)))
    try:
        process = start("classify", "predict", trained, "a.txt", "-o", "out.jsonl")
    finally:
        signal.signal(signal.SIGINT, before)
    for _ in range(300):
        if any(name.startswith(".out.jsonl") for name in os.listdir()):
            break
        time.sleep(0.1)
    time.sleep(2)  # or it comes while modules are imported
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told.decode().splitlines()[-1]) == (130, "interrupted")
    assert sorted(os.listdir()) == ["a.txt", "c", "en.jsonl"]
