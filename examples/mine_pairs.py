"""Find the translations in two lists of which only a part belongs together, by margin scoring.

A pair counts when each is the other's nearest, and when the two are much nearer to each other than to their other
neighbours: the ratio of their cosine to the mean cosine with the four nearest on both sides (Artetxe and Schwenk, 2019).
Unlike a cosine, the ratio has the same scale in dense and in thin regions, so one threshold fits.

Run: python examples/mine_pairs.py
"""

import random

import interlingua as il

NEIGHBOURS, THRESHOLD = 4, 1.4

encoder = il.Encoder()
means = il.LanguageMeans.shipped(encoder.name)
english = il.load_corpus(["en"])[:36]
japanese = il.load_corpus(["ja"])[12:]  # 24 of these 36 are translations of English ones
random.Random(0).shuffle(japanese)

a = means.centre(encoder.encode([text.text for text in english]), "en")
b = means.centre(encoder.encode([text.text for text in japanese]), "ja")
there, back = il.nearest(a, b, NEIGHBOURS), il.nearest(b, a, NEIGHBOURS)
found = []
for i, j in enumerate(there.rows[:, 0]):
    margin = there.scores[i, 0] / ((there.scores[i].mean() + back.scores[j].mean()) / 2)
    if back.rows[j, 0] == i and margin >= THRESHOLD:
        found.append((margin, english[i], japanese[j]))

for margin, one, other in sorted(found, key=lambda pair: -pair[0]):
    print(f"{margin:.2f}  {one.text}  =  {other.text}")
right = sum(one.item == other.item for _, one, other in found)
true = len({text.item for text in english} & {text.item for text in japanese})
print(f"{len(found)} pairs found, {right} of them right, of {true} that there are")
print(f"precision {right / len(found):.0%}, recall {right / true:.0%}")
