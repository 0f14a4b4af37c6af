"""What managers see: pure functions from what is stored to texts, entities and buttons.

A customer's words are data: formatting is told by entities, so nothing in them can be read as markup.
"""
