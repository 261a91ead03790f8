"""What a text and its counterpart show on their face, without a model: numbers, dates, names, marks, lengths, copies, languages."""
