"""A durable index of documents: SQLite is the truth, what searches quickly is derived from it."""
