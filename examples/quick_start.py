"""One vector space for all languages: four sentences, of which three say the same.

Run: python examples/quick_start.py
"""

import interlingua as il

encoder = il.Encoder()  # the bundled e5-small, offline
sentences = [
    "How do I reset my password?",
    "Comment réinitialiser mon mot de passe ?",
    "パスワードを再設定するにはどうすればいいですか。",
    "The weather is lovely today.",
]
vectors = encoder.encode(sentences)
print(vectors.shape, vectors.dtype)
print((vectors @ vectors.T).round(2))  # the vectors have length 1, so these are the cosines

# With this model even unrelated sentences have a cosine of 0.7 or 0.8. Take the mean of each language out, and they are
# far apart.
centred = il.LanguageMeans.shipped(encoder.name).centre(vectors, ["en", "fr", "ja", "en"])
print((centred @ centred.T).round(2))
