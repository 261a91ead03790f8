"""Learn topics from English examples, apply them to French, German, Spanish and Japanese.

The test is honest: what is tested was not seen in training in any language. Six times, one item of each topic is set
aside; a classifier learns from the other items in English, and is tested on those set aside in every language. A guess
would be right one time in six; English is there to compare with.

Needs scikit-learn: pip install "interlingua[sklearn]"
Run: python examples/classify_across_languages.py
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

import interlingua as il

LANGUAGES = ["en", "fr", "de", "es", "ja"]
TOPICS = ["account", "delivery", "payment", "technical", "product", "travel"]  # six items each

encoder = il.Encoder()
texts = [text for text in il.load_corpus(LANGUAGES) if text.topic in TOPICS]
topics, langs = np.array([text.topic for text in texts]), np.array([text.lang for text in texts])
vectors = encoder.encode([text.text for text in texts])
vectors = il.LanguageMeans.shipped(encoder.name).centre(vectors, langs.tolist())  # so that English is like the others

item = np.arange(len(texts)) // len(LANGUAGES)  # the corpus goes item by item, each in all languages
predicted = np.empty_like(topics)
for fold in range(6):
    aside = item % 6 == fold
    learnt = LogisticRegression(C=10).fit(vectors[~aside & (langs == "en")], topics[~aside & (langs == "en")])
    predicted[aside] = learnt.predict(vectors[aside])
for lang in LANGUAGES:
    print(f"{lang}: {np.mean(predicted[langs == lang] == topics[langs == lang]):.0%} right")
