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
print((vectors @ vectors.T).round(2))  # unit length: the inner products are the cosines

# The scale of these cosines is the model's own: unrelated text still has 0.7. With the mean of each language taken out,
# unrelated text is near 0 or below.
centred = il.LanguageMeans.shipped(encoder.name).centre(vectors, ["en", "fr", "ja", "en"])
print((centred @ centred.T).round(2))
