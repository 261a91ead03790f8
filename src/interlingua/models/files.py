"""The names of an imported model's files, where no ONNX library need be imported to know them."""

GRAPH_FILE = "model.onnx"
WEIGHTS_FILE = "weights.bin"
TOKENIZER_FILE = "tokenizer.json"
VOCABULARY_FILE = "vocabulary.bin"
NORMALIZER_FILE = "normalizer.json"
