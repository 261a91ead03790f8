"""The demo corpus: 48 everyday sentences in 18 languages, written for Interlingua."""
