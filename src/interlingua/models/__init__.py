"""Models: their cards, where their weights come from, and their conversion into files of our own."""
