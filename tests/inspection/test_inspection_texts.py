"""Addresses, placeholders, copies, languages, lengths, ends, repetitions, names and negation."""

from __future__ import annotations

import time

import pytest

from interlingua.inspection.findings import Finding, Pair
from interlingua.inspection.inspecting import inspect
from interlingua.inspection.marks import find_marks
from interlingua.inspection.romanising import skeleton, sounds_like


def found(source: str, target: str, target_lang: str = "fr", source_lang: str = "en") -> dict[str, Finding]:
    return {one.kind: one for one in inspect(Pair(source, target, source_lang, target_lang)).findings}


@pytest.mark.parametrize(
    "mark",
    [
        "{name}", "{0}", "{}", "{price:.2f}", "{user!r}", "%s", "%d", "%1$s", "%(count)d", "%@", "%.2f", "$path", "${home}",
        "{{ total }}", "%{name}", "<b>", "</a>", "<br/>", '<a href="x">', "[[NAME]]",
    ],
)  # fmt: skip
def test_a_lost_placeholder_is_found(mark: str) -> None:
    lost = found(f"The value is {mark} today.", "La valeur est aujourd'hui.")["placeholder"]
    assert lost.severity == "error"
    assert f"“{mark}”" in lost.message
    assert lost.source_spans == ((13, 13 + len(mark)),)
    assert "placeholder" not in found(f"The value is {mark} today.", f"Aujourd'hui {mark} est la valeur.")


@pytest.mark.parametrize(
    "text", ["100% done", "50 % of all", "It costs $5", "a < b and c > d", "R&D", "C:\\temp", "5% discount"]
)
def test_what_only_looks_like_a_placeholder(text: str) -> None:
    assert "placeholder" not in found(text, "rien de tout cela")


def test_a_changed_placeholder_names_both() -> None:
    one = found("Hello {name}!", "Bonjour {nom} !")["placeholder"]
    assert one.message == "Placeholder missing in the target: “{name}”; placeholder only in the target: “{nom}”."
    assert one.target_spans == ((8, 13),)


def test_placeholders_without_names_keep_their_order() -> None:
    assert "another order" in found("%s has %d files", "%d fichiers de %s")["placeholder"].message
    assert "placeholder" not in found("%1$s has %2$d files", "%2$d fichiers de %1$s")


def test_plural_forms_may_be_more_or_fewer() -> None:
    source = "{n, plural, one {# file of {name}} other {# files of {name}}}"
    target = "{n, plural, one {# plik {name}} few {# pliki {name}} other {# plików {name}}}"
    assert "placeholder" not in found(source, target, "pl")


def test_addresses() -> None:
    assert "“https://a.org/x”" in found("See https://a.org/x.", "Voir https://a.org/y.")["url"].message
    assert "url" not in found("See https://a.org/en/x.", "Voir https://a.org/fr/x/")
    assert "url" not in found("(https://a.org/x)", "（https://a.org/x）。", "zh")
    assert "email" in found("Write to help@a.org", "Écrivez à aide@a.org")


@pytest.mark.parametrize("run", ["f0", "a.", "%0", "a@", "%", "0", "x" * 64 + "@a.", "<a ", "{a"])
def test_marks_in_a_long_run_take_no_time(run: str) -> None:
    text = f"Write to help@a.org {run * (200_000 // len(run))}"
    start = time.process_time()
    assert find_marks(text)[0].text == "help@a.org"
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("source", "target", "severity"),
    [
        ("Open the settings page.", "Open the settings page.", "error"),
        ("Open the settings page and save it now.", "Open the settings page and save it Now!", "error"),
        ("Python", "Python", "note"),
        ("Microsoft Office", "Microsoft Office", "note"),
    ],
)
def test_copies(source: str, target: str, severity: str) -> None:
    assert found(source, target)["untranslated"].severity == severity


def test_a_part_left_untranslated() -> None:
    one = found(
        "Press the key. This part was never translated by anyone at all.",
        "Appuyez sur la touche. This part was never translated by anyone at all.",
    )["untranslated"]
    assert one.severity == "warning"
    assert "9 words in a row" in one.message


def test_the_wrong_language() -> None:
    german = "Das Wetter ist heute in Berlin schön und sonnig, morgen regnet es."
    one = found("The weather in Berlin is fine and sunny today, tomorrow it rains.", german)["language"]
    assert one.message == "The target is in German, not in French."
    assert "language" not in found("The weather is fine.", german, "de")
    assert "language" in found("Привет, как дела?", "Hello, how are you?", "en", "fr")
    mixed = "EU / EEA দেশ এবং যুক্তরাজ্যে COVID-19 ঘটনাসমূহ"
    assert found("COVID-19 cases in EU / EEA countries and the UK", mixed, "zh")["language"].message == (
        "The target is in Bengali, not in Chinese."
    )
    # Names and code are not another language.
    assert "language" not in found("Use PyConfig.write_bytecode instead.", "改用 PyConfig.write_bytecode。", "zh")
    # Relatives are not told apart by so little.
    assert "language" not in found(
        "I saw the house yesterday with my brother.", "Jeg så huset i går sammen med min bror.", "no"
    )


def test_the_length() -> None:
    source = "The committee met on Monday and discussed the budget for the coming year in great detail."
    assert (
        found(source, "Le comité.")["length"].message
        == "The target is too short: 10 characters, where about 106 are to be expected."
    )
    whole = "Le comité s'est réuni lundi et a discuté en détail du budget de l'année à venir."
    assert "length" not in found(source, whole)
    assert "length" not in found(source, "委员会周一开会，详细讨论了来年的预算。", "zh")


def test_a_text_that_breaks_off() -> None:
    source = "Open the file, check the settings, and press the green button."
    assert found(source, "Ouvrez le fichier, vérifiez les paramètres et")["truncated"].severity in ("error", "warning")
    assert (
        found(source, "Ouvrez le fichier, vérifiez les paramètres et appuyez sur le bouton vert")["truncated"].severity
        == "note"
    )
    assert "truncated" not in found(source, "เปิดไฟล์ ตรวจสอบการตั้งค่า แล้วกดปุ่มสีเขียว", "th")
    assert "truncated" not in found(source, "ファイルを開き、設定を確認して、緑のボタンを押します。", "ja")


def test_repetitions() -> None:
    assert (
        found("He is in the house.", "Il est dans dans la maison.")["repeated"].message == "The target repeats “dans”."
    )
    loop = found("It is good.", "C'est bien et bon et bon et bon et bon.")["repeated"]
    assert (loop.severity, loop.message) == ("error", "The target says “et bon” 4 times in a row.")
    assert "repeated" not in found("They sit down.", "Vous vous asseyez.")
    assert "repeated" not in found("The children play.", "Anak anak bermain.", "id")
    assert "repeated" not in found("It is very very good.", "C'est très très bien.")


def test_damage() -> None:
    assert found("The café is closed.", "Le cafÃ© est fermÃ©.")["damaged"].severity == "error"
    assert "damaged" not in found("The cafÃ© is closed.", "Le cafÃ© est fermÃ©.")


@pytest.mark.parametrize(
    ("name", "word"), [("London", "लंदन"), ("Moscow", "Москва"), ("Müller", "मुलर"), ("Tokyo", "토쿄"), ("Peter", "بيتر")]
)
def test_names_sound_alike_in_other_scripts(name: str, word: str) -> None:
    assert sounds_like(name, [word], joined=True) or skeleton(name)[:2] == skeleton(word)[:2]


def test_names() -> None:
    assert "name" not in found("She met Caroline in Lisbon.", "Она встретила Каролину в Лиссабоне.", "ru")
    one = found("Yesterday she met Caroline there.", "Вчера она встретила там Наталью.", "ru")["name"]
    assert one.message == "“Caroline” in the source is not found in the target, which has “Наталью” instead."
    assert one.severity == "warning"
    assert "name" not in found("In May the Germans met.", "Im Mai trafen sich die Deutschen.", "de")


@pytest.mark.parametrize(
    ("source", "target", "lang", "negates"),
    [
        ("He does not smoke.", "Il fume.", "fr", True),
        ("He does not smoke.", "Il ne fume pas.", "fr", False),
        ("You must not open it.", "Öffnen Sie es.", "de", True),
        ("You must not open it.", "Öffnen Sie es nicht.", "de", False),
        ("This is not allowed.", "这是允许的。", "zh", True),
        ("This is not allowed.", "这是不允许的。", "zh", False),
        ("I do not have time.", "N-am timp.", "ro", False),
        ("He will not come.", "N-o să vină.", "ro", False),
        ("He will not come.", "El vine acum.", "ro", True),
        ("I have never seen him.", "Я никогда его не видел.", "ru", False),
        ("Isn't it nice?", "C'est beau, n'est-ce pas ?", "fr", False),
    ],
)
def test_negation_is_a_note(source: str, target: str, lang: str, negates: bool) -> None:
    kinds = found(source, target, lang)
    assert ("negation" in kinds) is negates
    assert not negates or kinds["negation"].severity == "note"


def test_a_good_translation_has_nothing() -> None:
    for target, lang in (
        ("Le 3 mai, {name} a envoyé 1 200 messages à Lisbonne, voir https://a.org.", "fr"),
        ("Am 3. Mai hat {name} 1.200 Nachrichten nach Lissabon geschickt, siehe https://a.org.", "de"),
        ("5月3日，{name} 向里斯本发送了1200条消息，参见 https://a.org。", "zh"),
    ):
        source = "On 3 May {name} sent 1,200 messages to Lisbon, see https://a.org."
        assert found(source, target, lang) == {}
