"""Languages: one code for each, their names and scripts, and which language a text is in.

Importing this costs next to nothing: the code tables and the identification model are read when they are first needed.
"""

from __future__ import annotations

from interlingua.languages.codes import Language, canonical, language
from interlingua.languages.identification import Identified, identify, identify_all, preload
from interlingua.languages.scripts import script_of

__all__ = ["Identified", "Language", "canonical", "identify", "identify_all", "language", "preload", "script_of"]
