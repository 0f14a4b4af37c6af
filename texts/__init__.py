"""Every sentence that a person reads, one catalogue per language; dates, numbers and plurals.

Who reads a sentence, and when, is decided elsewhere.
"""

from texts.words import LANGUAGES, Texts, catalogue

__all__ = ["LANGUAGES", "Texts", "catalogue"]
