"""The managers' desk in Telegram: handlers, views, and sending to managers.

No rules and no SQL live here.
"""
