r"""Rows that are no text are refused or skipped, as you say; damaged text is repaired; equal text has equal vectors.

Run: python examples/validate_input.py
"""

import unicodedata

import interlingua as il

ROWS = ["Guten Morgen", None, float("nan"), "", " \u200b ", b"bytes", "lone \ud83d surrogate", 42, "おはよう"]

encoder = il.Encoder()
vectors, kept = encoder.encode(ROWS, on_invalid="skip")
print(f"{len(vectors)} of {len(ROWS)} rows kept: {[(int(row), ROWS[row]) for row in kept]}")

try:
    encoder.encode(ROWS)  # on_invalid="error" is the default
except il.InterlinguaError as error:
    print(f"refused: {error}")

# Text in the wrong encoding, escapes, entities, stray white space. encode(…, clean=True) repairs them first.
for damaged in ["CafÃ© crÃ¨me", r"\u732b\u304c\u597d\u304d", "Fish &amp; chips", "  two\nlines "]:
    print(f"{damaged!r} -> {il.clean(damaged)!r}")

# An é can be one character (NFC) or an e and an accent (NFD); it looks and means the same.
composed = unicodedata.normalize("NFC", "Où est le café ?")
decomposed = unicodedata.normalize("NFD", composed)
a, b = encoder.encode([composed, decomposed])
print(f"NFC has {len(composed)} characters, NFD has {len(decomposed)}; the cosine is {a @ b:.4f}")
