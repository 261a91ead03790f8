"""Find the translations in two lists of which only a part belongs together, by margin scoring.

Candidates are each other's nearest. Their margin is their cosine divided by the mean of their cosines with the four
nearest on both sides (Artetxe and Schwenk, 2019): it tells a translation from what merely is the nearest there is, which
has a margin near 1. ``il.mine`` does this and more, and needs no threshold; this shows what margins are.

Run: python examples/mine_pairs.py
"""

import random

import interlingua as il

THRESHOLD = 1.2  # set yours on a few pairs that you know

encoder = il.Encoder()
means = il.LanguageMeans.shipped(encoder.name)
english = random.Random(0).sample(il.load_corpus(["en"]), 36)
japanese = random.Random(1).sample(il.load_corpus(["ja"]), 36)

a = means.centre(encoder.encode([text.text for text in english]), "en")
b = means.centre(encoder.encode([text.text for text in japanese]), "ja")
there, back = il.nearest(a, b, 4), il.nearest(b, a, 4)
candidates = []
for i, j in enumerate(there.rows[:, 0]):
    if back.rows[j, 0] == i:
        margin = there.scores[i, 0] / ((there.scores[i].mean() + back.scores[j].mean()) / 2)
        candidates.append((margin, english[i], japanese[j]))

for margin, one, other in sorted(candidates, key=lambda candidate: -candidate[0]):
    print(f"{margin:.2f}  {'=' if margin >= THRESHOLD else '≠'}  {one.text}  |  {other.text}")
found = [one.item == other.item for margin, one, other in candidates if margin >= THRESHOLD]
true = len({text.item for text in english} & {text.item for text in japanese})
print(f"{len(found)} pairs found, {sum(found)} of them right, of {true} that there are")
print(f"precision {sum(found) / len(found):.0%}, recall {sum(found) / true:.0%}")
