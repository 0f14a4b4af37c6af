"""How often and how many at once: ticks, drain loops and the clocks.

What is done then comes in as callables.
"""
