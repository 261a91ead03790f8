"""Classification: trained on labels in one language, right in others, and silent where it does not know."""
