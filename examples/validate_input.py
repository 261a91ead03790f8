r"""Rows that are no text, and text that was damaged on its way: what is refused, what is skipped, what is repaired.

Run: python examples/validate_input.py
"""

import unicodedata

import interlingua as il

ROWS = ["Guten Morgen", None, float("nan"), "", " \u200b ", b"bytes", "lone \ud83d surrogate", 42, "おはよう"]

encoder = il.Encoder()
vectors, kept = encoder.encode(ROWS, on_invalid="skip")
print(f"{len(vectors)} of {len(ROWS)} rows kept: {[ROWS[row] for row in kept]}")

try:
    encoder.encode(ROWS)  # on_invalid="error" is the default: nothing is dropped unless you say so
except il.InterlinguaError as error:
    print(f"rows {list(error.rows)} refused. The message: {error}")

# clean() undoes text decoded in the wrong encoding, literal escapes and HTML entities; encode(…, clean=True) does it first.
for damaged in ["CafÃ© crÃ¨me", r"\u732b\u304c\u597d\u304d", "Fish &amp; chips", "  two\nlines "]:
    print(f"{damaged!r} -> {il.clean(damaged)!r}")

# é can be one code point (NFC) or two (NFD). The vector is the same.
composed = unicodedata.normalize("NFC", "Où est le café ?")
decomposed = unicodedata.normalize("NFD", composed)
a, b = encoder.encode([composed, decomposed])
print(f"NFC has {len(composed)} characters, NFD has {len(decomposed)}: cosine {a @ b:.4f}")
