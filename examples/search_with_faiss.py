"""Search documents in five languages through a FAISS index of your own.

Where a ranking is all you want, ``il.search`` does the same in one call, with texts or records.

A question favours documents in its own language: without the language means, the five documents nearest to the Japanese
question below are all Japanese, and four of them are about something else.

Run: python examples/search_with_faiss.py
"""

import faiss

import interlingua as il

encoder = il.Encoder()
documents = il.load_corpus(["en", "fr", "de", "es", "ja"])  # each has a text and its lang
questions = ["Where is my package?", "I was made to pay two times", "新しいパスワードが必要です。"]

# Questions and documents are encoded differently, so each kind has language means of its own.
document_means = il.LanguageMeans.shipped(encoder.name, "document")
query_means = il.LanguageMeans.shipped(encoder.name, "query")
pool = encoder.encode_document([document.text for document in documents])
centred_pool = document_means.centre(pool, [document.lang for document in documents])
asked = encoder.encode_query(questions)
centred_asked = query_means.centre(asked, ["en", "en", "ja"])

index = faiss.IndexFlatIP(encoder.dimension)
index.add(centred_pool)
scores, rows = index.search(centred_asked, 5)
for question, values, picked in zip(questions, scores, rows, strict=True):
    print(question)
    for score, row in zip(values, picked, strict=True):
        print(f"  {score:.2f}  {documents[row].lang}  {documents[row].text}")
