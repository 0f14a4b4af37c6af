"""Side-by-side measurements: `python -m bench` runs all pieces, `python -m bench accept` one of them.

Stands outside the house: it may use every room, no room uses it, and it asserts nothing about time.
"""
