"""Results as pictures: similarity maps, score histograms, reliability diagrams; as PNG, SVG, HTML or text."""
