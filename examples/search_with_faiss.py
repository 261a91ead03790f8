"""Search documents in five languages with English questions, in a FAISS index.

Where only the ranking is wanted, ``il.search(encoder, questions, documents)`` does all of this. Do it yourself, as here,
to keep the vectors in an index of your own.

Run: python examples/search_with_faiss.py
"""

import faiss

import interlingua as il

encoder = il.Encoder()
documents = il.load_corpus(["en", "fr", "de", "es", "ja"])  # each has an id, a lang and a text
questions = ["I forgot my password", "Where is my package?", "My bag did not arrive with the plane"]

# Queries and documents have prompts of their own, so also language means of their own. Without the means, English
# questions favour English documents.
pool = encoder.encode_document([document.text for document in documents])
pool = il.LanguageMeans.shipped(encoder.name, "document").centre(pool, [document.lang for document in documents])
asked = il.LanguageMeans.shipped(encoder.name, "query").centre(encoder.encode_query(questions), "en")

index = faiss.IndexFlatIP(encoder.dimension)
index.add(pool)
scores, rows = index.search(asked, 5)
for question, values, picked in zip(questions, scores, rows, strict=True):
    print(question)
    for score, row in zip(values, picked, strict=True):
        print(f"  {score:.2f}  {documents[row].lang}  {documents[row].text}")
