"""How alike two texts are: translations, paraphrases, and texts that have nothing in common.

With e5-small the bare cosine of unrelated sentences is about 0.8, whatever they say, and higher where both are in one
language: below, two unrelated French sentences have more than a translation into Japanese. Look at the centred cosine,
for which the mean of each text's language is taken out first: the unrelated texts below all have less than any
translation, whatever the languages.

Run: python examples/similarity_of_pairs.py
"""

import interlingua as il

PAIRS = [
    ("translation", "Where can I track my parcel?", "¿Dónde puedo hacer el seguimiento de mi paquete?"),
    ("translation", "The instructions were missing from the box.", "箱の中に説明書が入っていませんでした。"),
    ("paraphrase", "My card was refused when I paid.", "The payment with my credit card did not go through."),
    ("paraphrase", "I am not able to sign in.", "Je n'arrive pas à me connecter à mon compte."),
    ("unrelated", "The server has not been responding.", "Dinner is ready, please come to the table."),
    ("unrelated", "Pourquoi votre site web est-il si lent aujourd'hui ?", "Ce café est trop chaud pour être bu."),
    ("unrelated", "How long is the warranty on this device?", "Ich möchte meine Hotelbuchung stornieren."),
    ("unrelated", "This jacket is too small for me.", "今朝からサーバーが応答していません。"),
]

encoder = il.Encoder()
found = il.similarity(encoder, [a for _, a, _ in PAIRS], [b for _, _, b in PAIRS])
print("pair         languages  cosine  centred cosine")
for (kind, _, _), pair in zip(PAIRS, found, strict=True):
    print(f"{kind:12} {pair.lang_a}-{pair.lang_b}      {pair.cosine:6.2f}  {pair.centred_cosine:14.2f}")
