"""The composition root: command line, settings, wiring, the HTTP application, logs.

It imports every room; nobody imports it. No rules live here.
"""
