"""Learn topics from 30 English sentences, recognise them in French, German, Spanish and Japanese.

The test is honest: no sentence that is tested was learnt from in any language. Six times, one item of each topic is set
aside; a classifier learns the others in English, and is asked about those set aside in all languages. English is there
to compare with; a guess is right one time in six.

Needs scikit-learn to train: pip install ".[sklearn]"
Run: python examples/classify_across_languages.py
"""

import numpy as np

import interlingua as il

LANGUAGES = ["en", "fr", "de", "es", "ja"]
TOPICS = ["account", "delivery", "payment", "technical", "product", "travel"]  # of six items each

encoder = il.Encoder()
texts = [text for text in il.load_corpus(LANGUAGES) if text.topic in TOPICS]
topics, langs = np.array([text.topic for text in texts]), np.array([text.lang for text in texts])
vectors = encoder.encode([text.text for text in texts])  # once; the classifier takes texts just as well

item = np.arange(len(texts)) // len(LANGUAGES)  # the corpus goes item by item, each in all languages
predicted = np.empty_like(topics)
for fold in range(6):
    aside = item % 6 == fold
    learn = ~aside & (langs == "en")
    classifier = il.CrossLingualClassifier(encoder).fit(vectors[learn], topics[learn], langs="en")
    predicted[aside] = classifier.predict(vectors[aside], langs=langs[aside].tolist())
for lang in LANGUAGES:
    print(f"{lang}: {np.mean(predicted[langs == lang] == topics[langs == lang]):.0%} right")
